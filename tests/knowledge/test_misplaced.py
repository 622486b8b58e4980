"""Files that hold what belongs elsewhere. What is said of them: ``tests/broken_knowledge``."""

import pytest

from bot.knowledge.misplaced import wrong_folder


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("golden.yaml", ["pain", "out-of-scope"]),
        ("golden.yaml", ["near", "far"]),
        ("messages.yaml", ["pain", "follow-ups"]),
        ("menu.yaml", ["basics", "cry"]),
        ("synonyms.yaml", ["small-talk"]),
    ],
)
def test_one_word_of_another_file_does_not_refuse_a_file(place: str, names: list[str]) -> None:
    assert wrong_folder(place, names) is None


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("menu.yaml", ["start", "fallback"]),
        ("synonyms.yaml", ["small-talk", "basics"]),
        ("faq/a.yaml", ["level", "signs"]),
    ],
)
def test_what_belongs_elsewhere_is_refused(place: str, names: list[str]) -> None:
    problem = wrong_folder(place, names)
    assert problem is not None
    assert problem.rule == "wrong-folder"
