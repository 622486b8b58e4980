"""What runners would see as it was typed. What is said of it: ``tests/broken_knowledge``."""

import pytest

from bot.knowledge import markup, shown
from bot.knowledge.problems import Place
from bot.knowledge.yaml_reader import Scalar


def rules(text: str) -> list[str]:
    typed = Scalar(text, Place("faq/cold.yaml"), "|")
    return [problem.rule for problem in (*shown.findings(typed), *shown.unfinished(typed))]


@pytest.mark.parametrize("sign", ["*", "{", "{a"])
def test_a_long_line_of_one_sign_is_told_at_once(sign: str) -> None:
    assert rules(f"x {sign * 30_000} x") == (["raw-markup"] if sign == "*" else [])


@pytest.mark.parametrize(
    "link",
    [
        "[a](https://example.org/a_(b))",
        "[a](https://example.org/(a))",
        "[a](https://example.org/a(b(c)))",
        "[a](https://example.org/((a)",
        "[a](https://example.org/a",
        "[a](tel:+44(0)12)",
    ],
)
def test_a_link_that_is_not_shown_as_one_is_told(link: str) -> None:
    assert not any(span.url for block in markup.parse(link) for span in block.spans)  # type: ignore[union-attr]
    assert rules(f"See {link} or ask.") == ["bad-address"]


@pytest.mark.parametrize("link", ["[a](https://example.org/a_b)", "([a](https://example.org/a))", "[a](tel:+4412)"])
def test_a_link_that_is_shown_as_one_passes(link: str) -> None:
    assert rules(f"See {link} or ask.") == []
