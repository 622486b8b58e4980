from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.markup import BulletList, Paragraph, Span, is_safe_address, lines, parse, parts, plain


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


def test_a_list_belongs_to_the_line_that_leads_to_it_and_each_of_its_lines_can_be_read_with_it() -> None:
    first, listed, alone = parts(parse("One.\n\nTry:\n- rest\n- walk\n\nLast."))
    assert [plain(part) for part in (first, listed, alone)] == ["One.", "Try:\n\n• rest\n• walk", "Last."]
    assert [plain(line) for line in lines(listed)] == ["Try:\n\n• rest", "Try:\n\n• walk"]
    assert lines(first) == (first,)


@given(st.text(alphabet="ab:.\n- ", max_size=80))
def test_parts_leave_nothing_out_and_keep_the_order(text: str) -> None:
    blocks = parse(text)
    assert tuple(block for part in parts(blocks) for block in part) == blocks
