"""The bot's own sentences: what an older ``texts.yaml`` lacks is lent."""

from pathlib import Path

import pytest

from bot.knowledge.loader import Loaded, load
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.problems import Severity
from bot.knowledge.texts import TEXT_KEYS
from tests.support.knowledge import stand_in_texts, write_knowledge

URGENT = ("red_flag_short", "screening_unknown", "screening_reminder", "self_harm_short", "self_harm_reminder")


def with_texts(tmp_path: Path, texts: str) -> Loaded:
    return load(write_knowledge(tmp_path / "knowledge", {"texts.yaml": texts}))


def without(*keys: str) -> str:
    """Return a ``texts.yaml`` of stand-ins from before ``keys`` were added."""
    return "".join(
        line for line in stand_in_texts().splitlines(keepends=True) if line.partition(":")[0] not in keys
    )


@pytest.mark.parametrize(
    "keys", [("screening_again",), ("button_screening_no", "screening_unknown"), tuple(TEXT_KEYS)]
)
def test_texts_that_an_older_file_lacks_are_lent_with_a_notice(
    tmp_path: Path, real_knowledge: KnowledgeBase, keys: tuple[str, ...]
) -> None:
    read = with_texts(tmp_path, without(*keys) or "{}")
    assert read.knowledge is not None
    assert {key: read.knowledge.texts[key] for key in keys} == {key: real_knowledge.texts[key] for key in keys}
    kept = set(TEXT_KEYS) - set(keys)
    assert all(read.knowledge.texts[key] != real_knowledge.texts[key] for key in kept)
    [notice] = read.problems
    assert (notice.place.file, notice.severity, notice.rule) == ("texts.yaml", Severity.NOTICE, "lent")
    assert all(key in notice.message for key in keys)


def test_a_complete_file_gets_nothing_lent(tmp_path: Path) -> None:
    assert with_texts(tmp_path, stand_in_texts()).problems == ()


def test_a_text_that_was_emptied_is_an_error_and_not_lent(tmp_path: Path) -> None:
    [problem] = with_texts(tmp_path, stand_in_texts(screening_again="")).problems
    assert (problem.severity, problem.rule) == (Severity.ERROR, "missing-field")


def test_a_misspelt_key_is_an_error_although_the_text_is_lent(tmp_path: Path) -> None:
    read = with_texts(tmp_path, stand_in_texts().replace("screening_again:", "screening_agian:"))
    assert read.knowledge is None
    [error] = [problem for problem in read.problems if problem.severity is Severity.ERROR]
    assert 'Did you mean "screening_again"?' in error.message


@pytest.mark.parametrize("key", URGENT)
def test_what_is_said_about_danger_names_a_way_to_help(real_knowledge: KnowledgeBase, key: str) -> None:
    for wording in real_knowledge.texts[key]:
        assert any(way in wording for way in ("local emergency number", "medical help", "findahelpline.com"))
