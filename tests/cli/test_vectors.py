"""``vectors``: makes what is shipped, here always into a folder of the test's own."""

from functools import partial
from pathlib import Path

import pytest

from bot.review.shipping import make
from bot.text.likeness.encoder import EncoderError
from bot.text.likeness.shipped import FOLDER, Shipped
from tests.cli.conftest import Command
from tests.support.encoder import WordEncoder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it writes to, instead of the project's own folder."""
    folder = tmp_path / "made"
    encoder = WordEncoder()
    monkeypatch.setattr("bot.cli.vectors.make", partial(make, folder=folder))
    monkeypatch.setattr("bot.cli.vectors.Encoder", lambda: encoder)
    monkeypatch.setattr("bot.bootstrap.Shipped", lambda fingerprint: Shipped(fingerprint, folder))
    return folder


def test_it_tells_what_it_made_and_how_much_of_it_was_new(
    command: Command, small_folder: Path, folder: Path
) -> None:
    own = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    code, out, err = command("vectors", "--knowledge", small_folder)
    texts = len(Shipped("stand-in", folder))
    assert code == 0
    assert out.startswith(f"{texts} vectors, {texts} of them new, and the fits: ")
    assert "about.json is missing" in err  # nothing was there before

    code, out, err = command("vectors", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    assert out.startswith(f"{texts} vectors, 0 of them new, and the fits: ")
    assert {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == own


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    command: Command, small_folder: Path, folder: Path
) -> None:
    folder.write_text("in the way", encoding="utf-8")
    code, out, err = command("vectors", "--knowledge", small_folder)
    assert (code, out) == (1, "")
    assert f"The vectors cannot be written into {folder}" in err
    assert "Traceback" not in err


def test_without_an_encoder_there_is_nothing_to_make(
    command: Command, small_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off() -> None:
        raise EncoderError("The sentence encoder is off: it is gone.")

    monkeypatch.setattr("bot.cli.vectors.Encoder", off)
    code, out, err = command("vectors", "--knowledge", small_folder)
    assert (code, out, err) == (1, "", "The sentence encoder is off: it is gone.\n")
    assert not folder.exists()


def test_without_knowledge_nothing_is_made(command: Command, tmp_path: Path, folder: Path) -> None:
    code, out, err = command("vectors", "--knowledge", tmp_path / "gone")
    assert (code, out) == (2, "")
    assert "There is no knowledge folder" in err
    assert not folder.exists()
