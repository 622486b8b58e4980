"""Cut a long reply into messages that Telegram takes, at paragraphs where that is possible."""

from collections.abc import Sequence

from bot.knowledge.markup import Block, BulletList, Paragraph, Span, plain

LONGEST_MESSAGE = 4096
"""Telegram's limit, counted after the markup is read, in UTF-16 units to be on the safe side."""


def length(blocks: Sequence[Block]) -> int:
    """Return the length of ``blocks`` as one message, in UTF-16 units."""
    return len(plain(blocks).encode("utf-16-le")) // 2


def split(blocks: Sequence[Block], longest: int) -> list[tuple[Block, ...]]:
    """Return ``blocks`` in as few messages as fit, none longer than ``longest`` units, nothing left out.

    A paragraph or list item that is too long by itself is cut at blanks, and inside a word only
    when there is none.
    """
    messages: list[tuple[Block, ...]] = []
    current: tuple[Block, ...] = ()
    for piece in (piece for block in blocks for piece in _pieces(block, longest)):
        if current and length((*current, piece)) > longest:
            messages.append(current)
            current = ()
        current = (*current, piece)
    return [*messages, current] if current or not messages else messages


def _pieces(block: Block, longest: int) -> list[Block]:
    if length((block,)) <= longest:
        return [block]
    if isinstance(block, BulletList):
        return [
            BulletList((piece,))
            for item in block.items
            for piece in _cut_spans(item, longest - 2)  # the bullet and its blank
        ]
    return [Paragraph(piece) for piece in _cut_spans(block.spans, longest)]


def _cut_spans(spans: tuple[Span, ...], longest: int) -> list[tuple[Span, ...]]:
    pieces: list[tuple[Span, ...]] = []
    current: tuple[Span, ...] = ()
    for piece in (piece for span in spans for piece in _cut_span(span, longest)):
        if current and length((Paragraph((*current, piece)),)) > longest:
            pieces.append(current)
            current = ()
        current = (*current, piece)
    return [*pieces, current] if current else pieces


def _cut_span(span: Span, longest: int) -> list[Span]:
    pieces = []
    rest = span.text
    # A linked text shows its address too when read as plain text.
    room = max(1, longest - (len(span.url) + 3 if span.url else 0))
    while _units(rest) > room:
        end = room
        while _units(rest[:end]) > room:
            end -= 1
        blank = rest.rfind(" ", 1, end + 1)
        cut = blank if blank > 0 else max(end, 1)
        pieces.append(Span(rest[:cut], span.bold, span.url))
        rest = rest[cut:]
    return [*pieces, Span(rest, span.bold, span.url)]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
