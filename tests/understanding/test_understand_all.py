"""Many messages understood at once: quicker, and as one by one."""

from pathlib import Path

import pytest

from bot.text.likeness.utterance import Preparer
from bot.understanding.mind import Mind
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, QUESTIONS, SUSPICIOUS, mind_for, write_knowledge

TEXTS = (
    *QUESTIONS,
    OFF_TOPIC,
    DANGER,
    SUSPICIOUS,
    "",
    "🏃",
    "dank je wel voor de hulp",
    "Hi there. I ran on Sunday. Will it hurt? And what does a session cost?",
    *(f"does needle number {n} hurt" for n in range(70)),
    QUESTION,
)


def test_each_message_is_understood_as_it_is_alone(mind: Mind) -> None:
    found = list(mind.understand_all(TEXTS))
    alone = [mind.understand(text) for text in TEXTS]
    assert [type(one) for one in found] == [type(one) for one in alone]
    for one, other in zip(found, alone, strict=True):
        assert getattr(one, "flag", None) == getattr(other, "flag", None)
        assert [type(d) for d in getattr(one, "decisions", ())] == [
            type(d) for d in getattr(other, "decisions", ())
        ]
        ranked = [[c.entry_id for c in getattr(u, "ranking", ())[:1]] for u in (one, other)]
        assert ranked[0] == ranked[1]


def test_nothing_is_prepared_one_by_one(mind: Mind, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    compare = Preparer.compared

    def counted(self: Preparer, messages: list[object]) -> object:
        compared.append(len(messages))
        return compare(self, messages)  # type: ignore[arg-type]

    monkeypatch.setattr(Preparer, "compared", counted)
    texts = ["does it hurt", "what does it cost, and does it hurt?", "tight calves"]
    assert len(list(mind.understand_all(texts))) == len(texts)
    assert len(compared) == 1


def test_what_had_to_be_encoded_is_kept_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    mind = mind_for(write_knowledge(tmp_path / "knowledge"))
    list(mind.understand_all(["zorble frump"]))
    assert not list((tmp_path / "cache").glob("asked/*"))
    list(mind.understand_all(["zorble frump"], "asked"))
    assert [file.suffix for file in (tmp_path / "cache" / "asked").iterdir()] == [".npz"]
