"""The lines of a file as their looks tell."""

from bot.knowledge.lines import Lines


def test_the_lines_around_one_are_those_that_are_neither_blank_nor_remarks() -> None:
    lines = Lines("# why\n\ntitle: x\n\n# more\nask:\n  - y\n\n")
    assert [lines.before(at) for at in range(9)] == [-1, -1, -1, 2, 2, 2, 5, 6, 6]
    assert [lines.below(at) for at in range(-1, 9)] == [2, 2, 2, 5, 5, 5, 6, -1, -1, -1]


def test_a_file_of_remarks_has_no_lines_around_any() -> None:
    lines = Lines("# why\n")
    assert (lines.below(-1), lines.below(0), lines.before(1)) == (-1, -1, -1)
