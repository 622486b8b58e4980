"""Blocks as HTML for pages that people open in a browser."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from bot.knowledge.markup import Block, BulletList, Span, is_safe_address


def to_html(blocks: Iterable[Block]) -> Markup:
    """Return ``blocks`` as paragraphs and lists, everything that people typed escaped."""
    return Markup("\n").join(map(_block, blocks))


def line(spans: Sequence[Span]) -> Markup:
    """Return one run of text with its bold words and links; an address that no link may lead to is left out."""
    return Markup("").join(map(_span, spans))


def _block(block: Block) -> Markup:
    if isinstance(block, BulletList):
        items = Markup("").join(Markup("<li>{}</li>").format(line(item)) for item in block.items)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(line(block.spans))


def _span(span: Span) -> Markup:
    if is_safe_address(span.url):
        return Markup('<a href="{}">{}</a>').format(span.url, span.text)
    return Markup("<b>{}</b>").format(span.text) if span.bold else escape(span.text)
