from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.markup import BulletList, Paragraph, Span, is_safe_address, parse, plain


def test_paragraphs_lists_bold_and_links_are_read() -> None:
    blocks = parse("One\nline **bold** [site](https://a.org/x).\n\nList:\n- first\n  goes on\n- second")
    assert blocks == (
        Paragraph(
            (Span("One line "), Span("bold", bold=True), Span(" "), Span("site", url="https://a.org/x"), Span("."))
        ),
        Paragraph((Span("List:"),)),
        BulletList(((Span("first goes on"),), (Span("second"),))),
    )


def test_a_line_before_a_list_stays_before_it() -> None:
    assert plain(parse("Try:\n- rest\n- walk\nThen run.")) == "Try:\n\n• rest\n• walk\n\nThen run."


def test_addresses_other_than_web_and_telephone_stay_text() -> None:
    text = "[click](javascript:alert(1)) [x](ftp://a.b)"
    assert plain(parse(text)) == text
    assert not is_safe_address("ftp://a.b")
    assert is_safe_address("tel:+44123")


@given(st.text())
def test_no_word_is_lost_whatever_is_typed(text: str) -> None:
    shown = plain(parse(text))
    letters = [c for c in text if c.isalnum()]
    assert [c for c in shown if c.isalnum()] == letters


@given(st.text(alphabet="ab *[]()\n-", max_size=80))
def test_half_finished_markup_never_fails(text: str) -> None:
    assert isinstance(plain(parse(text)), str)
