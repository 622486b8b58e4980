"""The sentence encoder itself, loaded once for the session, and what happens where it cannot be."""

import json
import shutil
import sys
from collections.abc import Callable
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
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, speaker

FILES = ("model.onnx", "tokenizer.json")
TEXTS = [
    "shin splints",
    "Is dry needling the same as acupuncture?",
    "a bruise the size of a coin since my glute was done yesterday",
    "12 km",
    "the day I ran along the river " * 40,
    "zażółć 🦵 needles",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the encoder's files, to be spoilt."""
    return shutil.copytree(FOLDER, tmp_path / "encoder", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def near(encoder: Encoder, one: str, other: str) -> float:
    first, second = encoder.encode([one, other])
    return float(first @ second)


def assert_plain(error: EncoderError) -> None:
    """One or two sentences for a person: what, why, and a remedy; no trace of the machinery."""
    text = str(error)
    assert text.startswith("The sentence encoder is off: ") and text.endswith(".")
    assert "\n" not in text and "Traceback" not in text


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
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=1e-6)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], alone, atol=1e-6)


def test_many_texts_encoded_by_threads_get_the_same_vectors_in_the_same_order(encoder: Encoder) -> None:
    few = ["does it hurt", "can I run tomorrow", "price of a session"]
    many = encoder.encode(few * 60)
    np.testing.assert_allclose(many, np.tile(encoder.encode(few), (60, 1)), atol=1e-6)


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
    assert np.all(cosines > 0.95)  # the rest is the price of int8


def test_it_knows_whole_english_words_and_no_pieces(encoder: Encoder) -> None:
    known = encoder.vocabulary()
    assert {"running", "horse", "needle"} <= known
    assert len(known) > 10_000 and all(word.isalpha() and len(word) > 3 for word in known)


# --- where it cannot be used ------------------------------------------------------------


def _missing(path: Path) -> None:
    path.unlink()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", [_truncated, _altered], ids=["truncated", "altered"])
def test_a_spoilt_file_is_named_in_a_plain_sentence(folder: Path, name: str, spoil: Callable[[Path], None]) -> None:
    spoil(folder / name)
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert str(folder / name) in str(caught.value)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", [*FILES, "checksums.json"])
def test_a_missing_file_is_told_in_a_plain_sentence_with_its_folder(folder: Path, name: str) -> None:
    _missing(folder / name)
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert str(folder) in str(caught.value)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    _missing(folder / name)
    with pytest.raises(EncoderError, match=name):
        Encoder(folder)


@pytest.mark.parametrize("content", ["", "{", '{"model.onnx": 1}', '{"gone.onnx": "00"}'])
def test_a_spoilt_list_of_checksums_is_told_in_a_plain_sentence(folder: Path, content: str) -> None:
    (folder / "checksums.json").write_text(content, encoding="utf-8")
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert_plain(caught.value)


@pytest.mark.parametrize("content", ["[]", "{}", '"x"'])
def test_a_list_of_checksums_without_the_model_is_told_in_a_plain_sentence(folder: Path, content: str) -> None:
    (folder / "checksums.json").write_text(content, encoding="utf-8")
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert_plain(caught.value)


def test_files_with_the_right_checksums_that_cannot_be_read_are_told_in_a_plain_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _truncated(folder / "model.onnx")
    monkeypatch.setattr("bot.text.likeness.encoder._verified", lambda _: {"model.onnx": "0" * 64})
    with pytest.raises(EncoderError) as caught:
        Encoder(folder)
    assert_plain(caught.value)


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers"])
def test_a_machine_without_the_libraries_is_told_which_one_lacks(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EncoderError, match=module) as caught:
        Encoder()
    assert_plain(caught.value)


def test_the_bot_starts_without_an_encoder_and_says_so_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
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
