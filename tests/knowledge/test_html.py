"""Blocks as HTML: what people typed is text, and only safe links are links."""

from bot.knowledge.html import line, to_html
from bot.knowledge.markup import Span, parse


def test_paragraphs_lists_bold_words_and_links_are_shown_as_such() -> None:
    blocks = parse("One **bold** word.\n\n- a\n- [b & c](https://example.org/?a=1&b=2)")
    assert to_html(blocks) == (
        "<p>One <b>bold</b> word.</p>\n"
        '<ul><li>a</li><li><a href="https://example.org/?a=1&amp;b=2">b &amp; c</a></li></ul>'
    )


def test_html_that_somebody_typed_is_text_and_an_unsafe_address_is_no_link() -> None:
    assert to_html(parse('<b onclick="x">&amp;')) == "<p>&lt;b onclick=&#34;x&#34;&gt;&amp;amp;</p>"
    for address in ("javascript:alert(1)", "data:text/html,x", 'https://a"onclick=alert(1)', "//example.org"):
        assert line([Span("label", url=address)]) == "label"
