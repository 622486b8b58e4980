"""Is a text typed so that it can be read? What is said of mistakes: ``tests/broken_knowledge``."""

import pytest

from bot.knowledge.quoting import fault


@pytest.mark.parametrize(
    "sound",
    ["[]", "[ ]", "[a]", "[ a b , c, ]", "[\"a, b\", 'it''s' , c d]", "{ }", '"a"  # why', "|-"],
)
def test_a_list_or_text_that_can_be_read_has_no_fault(sound: str) -> None:
    assert fault(sound) is None


@pytest.mark.parametrize(
    "value",
    [
        "[" + "word , " * 40 + "last",
        "[" + "two words  , " * 40 + "[",
        "[a" + " " * 4_000 + "b",
        "[" + " " * 4_000 + "{",
        "[a," + " " * 4_000 + "{",
    ],
    ids=["cells", "words", "blanks", "blanks-first", "blanks-last"],
)
def test_a_long_list_that_is_not_closed_is_told_at_once(value: str) -> None:
    found = fault(value)
    assert found is not None
    assert found[0] == "brackets"


def test_a_line_of_quotation_marks_is_told_at_once() -> None:
    found = fault("'" * 40_001)
    assert found is not None
    assert found[0] == "apostrophe"
