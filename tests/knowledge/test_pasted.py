"""What other programs leave in a file. What is said of it: ``tests/broken_knowledge``."""

from bot.knowledge.pasted import findings, unread

TEXT = "answer: |\n  Yes.\n"


def lines(text: str) -> list[int]:
    return [problem.place.line for problem in unread(text, "faq/cold.yaml")]


def test_a_remark_at_the_edge_below_a_text_is_told() -> None:
    assert lines(f"{TEXT}# and rest\n") == [3]


def test_what_is_part_of_a_text_is_no_remark() -> None:
    assert lines(f'{TEXT}  # A heading\n  # - "more"\nask:\n  # - "less"\n') == [6]


def test_each_line_with_a_hidden_sign_is_told_once() -> None:
    found = findings("a\n\x07b\x07\n\n\x0bc\n", "faq/cold.yaml")
    assert [(p.place.line, p.rule) for p in found] == [(2, "hidden-character"), (4, "hidden-line-end")]
