"""What is shipped covers all that a start and a check would compute, so that neither encodes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.bootstrap import load_knowledge
from bot.cli.check import talk
from bot.knowledge.model import KnowledgeBase
from bot.review.check import check
from bot.review.shipping import Made, make, unshipped
from bot.text.likeness.arrays import Floats
from bot.text.likeness.shipped import Shipped, ShippedError
from bot.understanding.context import NO_CONTEXT
from bot.understanding.mind import Flagged, Mind, NoWords
from tests.support.encoder import WordEncoder
from tests.support.knowledge import changed_file, write_knowledge

TODAY = date(2026, 1, 9)
SEVERAL = "how much money is an appointment and does the needle hurt a lot"
STORY = "I ran far on Sunday. My calves are tight! Can a needle do anything for them?"
GOLDEN = f"""\
pain:
  - "will the needles hurt me"
  - "{SEVERAL}"
calf:
  - "{STORY}"
"""
MESSAGES = """\
cost:
  - "what do I pay. is it much?"
heel:
  - "PF for months now, what about neddles"
out-of-scope:
  - "which gels for a marathon; and is rain bad for shoes?"
"""


class DeafEncoder(WordEncoder):
    """Fails when it is asked for anything but what it said before."""

    def encode(self, texts: Sequence[str]) -> Floats:
        if texts:
            raise AssertionError(f"encoded: {texts}")
        return super().encode(texts)


@dataclass(frozen=True)
class Shipping:
    """A small knowledge folder, and the folder into which all it needs was shipped."""

    source: Path
    folder: Path
    made: Made
    encoder: WordEncoder

    @property
    def knowledge(self) -> KnowledgeBase:
        return load_knowledge(self.source)

    @property
    def shipped(self) -> Shipped:
        return Shipped(self.encoder.fingerprint, self.folder)

    def mind(self, cache: Path | None = None, knowledge: KnowledgeBase | None = None) -> Mind:
        """Return what a start builds that cannot encode anything."""
        known = knowledge or self.knowledge
        return Mind.for_knowledge(known, encoder=DeafEncoder(), cache=cache, shipped=self.shipped)


def written(folder: Path, **changes: str) -> Path:
    return write_knowledge(folder, {"golden.yaml": GOLDEN, "messages.yaml": MESSAGES, **changes})


@pytest.fixture(scope="module")
def shipping(tmp_path_factory: pytest.TempPathFactory) -> Shipping:
    source = written(tmp_path_factory.mktemp("shipping") / "knowledge")
    folder = tmp_path_factory.mktemp("made")
    encoder = WordEncoder()
    return Shipping(source, folder, make(load_knowledge(source), encoder, None, folder), encoder)


def test_it_tells_what_it_made(shipping: Shipping) -> None:
    assert shipping.made.texts == shipping.made.encoded == len(shipping.shipped) > 50
    assert len(shipping.encoder.encoded) == len(set(shipping.encoder.encoded)) == shipping.made.texts
    assert shipping.made.size == sum(path.stat().st_size for path in shipping.folder.iterdir())
    assert sorted(path.name.partition("-")[0] for path in shipping.folder.iterdir()) == [
        *("about.json", "entries", "keys.npy", "sample", "signs", "vectors.npy")
    ]


def test_a_first_start_encodes_nothing_and_fits_nothing(shipping: Shipping, tmp_path: Path) -> None:
    mind = shipping.mind(tmp_path / "cache")
    assert mind.preparer.book.vectors is not None
    assert not (tmp_path / "cache").exists()


def test_every_golden_question_message_and_example_is_understood_without_encoding(shipping: Shipping) -> None:
    mind = shipping.mind()
    known = mind.knowledge
    texts = [text for group in (known.golden, known.messages) for many in group.values() for text in many]
    assert {SEVERAL, STORY} <= {*texts}
    for text in (*texts, *known.texts["examples"]):
        understood = mind.understand(text)
        assert not isinstance(understood, NoWords)
        assert not (isinstance(understood, Flagged) and understood.failure), text
        # Whatever the gate thinks of it: one that it lets pass some day is taken apart.
        mind.reader.read(mind.preparer.prepare(text), text, NO_CONTEXT)


def test_every_phrase_is_judged_without_encoding(shipping: Shipping) -> None:
    mind = shipping.mind()
    for phrase in mind.preparer.book.phrases:
        mind.gate.examine(mind.preparer.prepare(phrase))


def test_a_check_encodes_nothing_and_has_nothing_to_say_of_it(shipping: Shipping) -> None:
    found = check(shipping.source, lambda knowledge: shipping.mind(knowledge=knowledge), TODAY, talk)
    assert "not-shipped" not in {problem.rule for problem in found.problems}


def test_a_start_with_it_understands_as_one_without(shipping: Shipping) -> None:
    with_it = shipping.mind()
    without = Mind.for_knowledge(shipping.knowledge, encoder=WordEncoder())
    ours, fresh = with_it.matcher.calibration, without.matcher.calibration
    np.testing.assert_allclose(ours.scope, fresh.scope, rtol=1e-5)
    np.testing.assert_allclose(ours.choice, fresh.choice, rtol=1e-5)
    for text in (SEVERAL, STORY, "will the needles hurt me"):
        ranked, expected = (mind.matcher.rank(mind.preparer.prepare(text)) for mind in (with_it, without))
        assert [c.entry_id for c in ranked] == [c.entry_id for c in expected]
        assert [c.confidence for c in ranked] == pytest.approx([c.confidence for c in expected], abs=1e-5)


def test_what_is_shipped_is_not_encoded_again(shipping: Shipping, tmp_path: Path) -> None:
    again = make(shipping.knowledge, DeafEncoder(), shipping.shipped, tmp_path / "again")
    assert (again.texts, again.encoded, again.size) == (shipping.made.texts, 0, shipping.made.size)
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == {
        path.name: path.read_bytes() for path in shipping.folder.iterdir()
    }


def test_it_can_be_made_into_the_folder_that_it_is_read_from(shipping: Shipping, tmp_path: Path) -> None:
    first = tmp_path / "made"
    make(shipping.knowledge, WordEncoder(), None, first)
    again = make(shipping.knowledge, DeafEncoder(), Shipped(shipping.encoder.fingerprint, first), first)
    assert again.encoded == 0
    assert len(Shipped(shipping.encoder.fingerprint, first)) == again.texts


def test_only_what_was_edited_is_encoded_and_what_is_gone_is_not_shipped(
    shipping: Shipping, tmp_path: Path
) -> None:
    edited = changed_file("faq/pain.yaml", "painful or not?", "how sore does it get")
    knowledge = load_knowledge(written(tmp_path / "knowledge", **{"faq/pain.yaml": edited}))
    encoder = WordEncoder()
    made = make(knowledge, encoder, shipping.shipped, tmp_path / "made")
    assert encoder.encoded == ["how sore does it get"]
    assert (made.texts, made.encoded) == (shipping.made.texts, 1)
    again = Shipped(encoder.fingerprint, tmp_path / "made")
    assert again.missing(["painful or not"]) == 1
    assert again.missing(["how sore does it get"]) == 0


def test_what_is_not_shipped_is_counted_and_told_by_a_check(
    shipping: Shipping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unshipped(shipping.mind()) == 0
    edited = changed_file("faq/pain.yaml", "painful or not?", "how sore does it get")
    source = written(tmp_path / "knowledge", **{"faq/pain.yaml": edited})
    encoder = WordEncoder()
    mind = Mind.for_knowledge(load_knowledge(source), encoder=encoder, shipped=shipping.shipped)
    assert set(encoder.encoded) == {"how sore does it get"}
    share = unshipped(mind)
    assert 0 < share < 0.02
    told = [p.rule for p in check(source, lambda _: mind, TODAY, talk).problems]
    assert "not-shipped" not in told  # a clinic's own folder is never shipped
    monkeypatch.setattr("bot.review.check.OWN_FOLDER", source.resolve())
    [problem] = [p for p in check(source, lambda _: mind, TODAY, talk).problems if p.rule == "not-shipped"]
    assert f"{share:.1%} of the texts" in problem.message
    assert "make vectors" in problem.message


def test_without_an_encoder_nothing_lacks_and_with_nothing_shipped_everything(shipping: Shipping) -> None:
    assert unshipped(Mind.for_knowledge(shipping.knowledge)) == 0
    assert unshipped(Mind.for_knowledge(shipping.knowledge, encoder=WordEncoder())) == 1


def test_no_phrase_can_be_read_in_the_files(shipping: Shipping) -> None:
    content = b"".join(path.read_bytes().lower() for path in shipping.folder.iterdir())
    assert not any(word in content for word in (b"needl", b"plantar", b"marathon", b"calves", b"appointment"))


def test_where_nothing_can_be_written_it_is_told(shipping: Shipping, tmp_path: Path) -> None:
    (tmp_path / "made").write_text("in the way", encoding="utf-8")
    with pytest.raises(ShippedError, match="cannot be written into"):
        make(shipping.knowledge, DeafEncoder(), shipping.shipped, tmp_path / "made")
