"""The sentence encoder itself, loaded once for the session, and what happens where it cannot be."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import file_digest
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot import bootstrap
from bot.assistant import Assistant
from bot.dialogue.reply import Outcome
from bot.knowledge.model import KnowledgeBase
from bot.storage.memory import MemoryStore
from bot.text.likeness.arrays import Floats
from bot.text.likeness.encoder import DIMENSIONS, FOLDER, Encoder, EncoderError
from bot.understanding.mind import Mind
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, mind_for, speaker

FILES = ("model.onnx", "words.bin", "layers.bin", "tokenizer.json")
LONGEST = 128
_CHUNK = 1 << 20
TEXTS = [
    "shin splints",
    "Is dry needling the same as acupuncture?",
    "a bruise the size of a coin since my glute was done yesterday",
    "12 km",
    "the day I ran along the river " * 40,
    "zażółć 🦵 needles",
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The encoder's files under other names, to be replaced, and never to be written into: a hundred megabytes."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    for name in (*FILES, "checksums.json"):
        try:
            os.link(FOLDER / name, folder / name)
        except OSError:  # another disk
            shutil.copyfile(FOLDER / name, folder / name)
    yield folder
    shutil.rmtree(folder)


def near(encoder: Encoder, one: str, other: str) -> float:
    first, second = encoder.encode([one, other])
    return float(first @ second)


def assert_plain(error: EncoderError) -> None:
    """One or two sentences for a person: what, why, and a remedy; no trace of the machinery."""
    text = str(error)
    assert text.startswith("The sentence encoder is off: ") and text.endswith(".")
    assert "\n" not in text and "Traceback" not in text


def refused(folder: Path) -> str:
    """Return the sentence about files that cannot be used, which says what to do about them."""
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert_plain(caught.value)
    assert str(folder) in str(caught.value)
    assert "Install the project again, or rebuild" in str(caught.value)
    return str(caught.value)


# --- its vectors ----------------------------------------------------------------------


def test_every_vector_has_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_text_without_tokens_gets_zeros(encoder: Encoder) -> None:
    vectors = encoder.encode(["", "needles", "  \n"])
    assert not vectors[0].any() and not vectors[2].any() and vectors[1].any()
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=1e-3)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], alone, atol=1e-3)


def test_many_texts_encoded_by_threads_get_the_same_vectors_in_the_same_order(encoder: Encoder) -> None:
    few = ["does it hurt", "can I run tomorrow", "price of a session"]
    many = encoder.encode(few * 60)
    np.testing.assert_allclose(many, np.tile(encoder.encode(few), (60, 1)), atol=1e-3)


def test_the_same_text_always_gets_the_same_vector(encoder: Encoder) -> None:
    assert np.array_equal(encoder.encode(TEXTS), encoder.encode(TEXTS))


def test_like_meanings_are_nearer_than_unlike_ones(encoder: Encoder) -> None:
    for text, like, unlike in (
        ("does it hurt?", "is it painful", "what does it cost?"),
        ("when may I run again", "how soon can I go jogging", "is it covered by insurance"),
        ("my calf is swollen", "swelling in my lower leg", "which shoes are best"),
    ):
        assert near(encoder, text, like) > near(encoder, text, unlike)


def test_the_vectors_are_those_of_the_published_weights(encoder: Encoder) -> None:
    reference = json.loads((FOLDER / "reference_vectors.json").read_text(encoding="utf-8"))
    expected: Floats = np.array(reference["vectors"], dtype=np.float32)
    cosines = np.sum(encoder.encode(reference["sentences"]) * expected, axis=1)
    assert np.all(cosines >= 0.98)  # the rest is the price of int8


def test_a_long_text_is_cut(encoder: Encoder) -> None:
    run = "run " * 200
    endings = encoder.encode([run, run + "my calf hurts", "run " * 20, "run " * 20 + "my calf hurts"])
    np.testing.assert_allclose(endings[0], endings[1], atol=1e-3)
    assert float(endings[2] @ endings[3]) < 0.9


def test_tokens_count_what_would_be_read_with_a_mark_at_either_end(encoder: Encoder) -> None:
    assert [encoder.tokens(text) for text in ("", "  \n", "needle", "Does it hurt?")] == [2, 2, 3, 6]
    assert encoder.tokens("run " * (LONGEST - 3)) == LONGEST - 1
    assert [encoder.tokens("run " * many) for many in (LONGEST - 2, LONGEST - 1, 4000)] == [LONGEST] * 3


@pytest.mark.parametrize("text", ["\ud83e", "my \udcff calf", "\x00", "🦵" * 9])
def test_halves_of_characters_and_other_odd_ones_are_read_without_a_failure(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode([text, "needle"])).all()
    assert 2 <= encoder.tokens(text) <= LONGEST


def test_it_knows_whole_english_words_and_no_pieces(encoder: Encoder) -> None:
    known = encoder.vocabulary()
    assert {"running", "horse", "needle"} <= known
    assert len(known) > 10_000 and all(word.isalpha() and len(word) > 3 for word in known)


# --- where it cannot be used ------------------------------------------------------------


def _replaced(path: Path, content: Iterator[bytes]) -> None:
    """Put another file in place of ``path``, which may be the project's own."""
    other = path.with_suffix(".other")
    with other.open("wb") as file:
        file.writelines(content)
    other.replace(path)


def _missing(path: Path) -> None:
    path.unlink()


def _truncated(path: Path) -> None:
    with path.open("rb") as file:
        beginning = file.read(1000)
    _replaced(path, iter([beginning]))


def _altered(path: Path) -> None:
    def content() -> Iterator[bytes]:
        with path.open("rb") as file:
            first = bytearray(file.read(_CHUNK))
            first[len(first) // 2] ^= 1
            yield bytes(first)
            while chunk := file.read(_CHUNK):
                yield chunk

    _replaced(path, content())


def _another(path: Path) -> None:
    """As many bytes, and others."""
    size = path.stat().st_size
    path.unlink()
    with path.open("wb") as file:
        file.truncate(size)


SPOILT = {"truncated": _truncated, "altered": _altered, "of another version": _another}


def sealed(folder: Path) -> None:
    """Write the right checksums of whatever is there."""
    checksums = {}
    for name in FILES:
        with (folder / name).open("rb") as file:
            checksums[name] = file_digest(file, "sha256").hexdigest()
    (folder / "checksums.json").unlink()
    (folder / "checksums.json").write_text(json.dumps(checksums), encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_file_is_named(folder: Path, name: str, spoil: Callable[[Path], None]) -> None:
    spoil(folder / name)
    assert f"{folder / name} is not the file this version came with" in refused(folder)


@pytest.mark.parametrize("name", [*FILES, "checksums.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    _missing(folder / name)
    assert f"{folder / name} is missing or cannot be read" in refused(folder)


@pytest.mark.parametrize("name", [*FILES, "checksums.json"])
def test_a_folder_in_place_of_a_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    assert f"{folder / name} is missing or cannot be read" in refused(folder)


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "{}", '"x"', "7", "\xff"),
        *('{"model.onnx": "00"}', '{"gone.onnx": "00"}', '{"model.onnx": "00", "tokenizer.json": "00"}'),
        json.dumps(dict.fromkeys((*FILES, "more.bin"), "00")),
    ],
)
def test_a_list_of_checksums_that_is_spoilt_or_names_other_files_is_named(folder: Path, content: str) -> None:
    _replaced(folder / "checksums.json", iter([content.encode("latin-1")]))
    assert f"{folder / 'checksums.json'} is missing or cannot be read" in refused(folder)


def test_checksums_that_are_none_fit_no_file(folder: Path) -> None:
    _replaced(folder / "checksums.json", iter([json.dumps(dict.fromkeys(FILES, 1)).encode()]))
    assert f"{folder / FILES[0]} is not the file" in refused(folder)


@pytest.mark.parametrize("name", FILES)
def test_files_with_the_right_checksums_that_cannot_be_used_are_told_with_their_folder(
    folder: Path, name: str
) -> None:
    _truncated(folder / name)
    sealed(folder)
    assert f"its files in {folder} cannot be read" in refused(folder)


def test_the_project_s_own_files_are_untouched_by_these_tests(encoder: Encoder) -> None:
    assert Encoder().fingerprint == encoder.fingerprint


@pytest.mark.parametrize("name", ["layers.bin", "checksums.json"])
async def test_with_a_spoilt_encoder_the_bot_says_so_and_answers_by_words_alone(
    folder: Path, small_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _missing(folder / name)
    monkeypatch.setattr(bootstrap, "Encoder", partial(Encoder, folder))
    with capture_logs() as lines:
        assert bootstrap.load_encoder() is None
    [line] = lines
    assert (line["event"], line["log_level"]) == ("sentence encoder off", "warning")
    assert str(folder / name) in line["reason"]
    mind = mind_for(small_folder)
    assert mind.preparer.book.vectors is None
    reply = await Assistant(mind, MemoryStore()).reply(QUESTION, speaker("a"))
    assert reply.outcome in (Outcome.ANSWER, Outcome.CHOICES)
    assert "pain" in (*reply.entries, *reply.choices)
    assert (await Assistant(mind, MemoryStore()).reply(DANGER, speaker("b"))).red_flag == "chest"


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers"])
def test_a_machine_without_the_libraries_is_told_which_one_lacks(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EncoderError, match=module) as caught:
        Encoder()
    assert_plain(caught.value)


def test_the_bot_starts_without_an_encoder_and_says_so_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "Encoder", Encoder)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with capture_logs() as lines:
        assert bootstrap.load_encoder() is None
    [line] = lines
    assert line["event"] == "sentence encoder off" and line["log_level"] == "warning"
    assert "onnxruntime" in line["reason"]


def test_an_encoder_that_loads_is_not_spoken_of(encoder: Encoder) -> None:
    with capture_logs() as lines:
        loaded = bootstrap.load_encoder()
    assert loaded is not None and loaded.fingerprint == encoder.fingerprint
    assert lines == []


async def test_without_an_encoder_questions_and_danger_signs_are_still_understood(
    knowledge: KnowledgeBase,
) -> None:
    mind = Mind.for_knowledge(knowledge, encoder=None)
    for entry in knowledge.published:
        ranking = mind.matcher.rank(mind.preparer.prepare(entry.ask[0]))
        assert ranking[0].entry_id == entry.id
    reply = await Assistant(mind, MemoryStore()).reply(QUESTION, speaker("a"))
    assert reply.outcome in (Outcome.ANSWER, Outcome.CHOICES)
    assert "pain" in (*reply.entries, *reply.choices)
    assert (await Assistant(mind, MemoryStore()).reply(OFF_TOPIC, speaker("b"))).outcome is not Outcome.ANSWER
    reply = await Assistant(mind, MemoryStore()).reply(DANGER, speaker("c"))
    assert reply.red_flag == "chest"
