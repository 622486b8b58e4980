"""The little markup staff may use in answers: paragraphs, ``- `` lists, **bold**, [text](address).

``parse`` never fails: what is not markup stays text, so nothing an editor typed is lost.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SPAN = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|\[(?P<label>[^\[\]\n]+)\]\((?P<url>[^()\s]+)\)")
_SAFE_ADDRESS = re.compile(
    r"https?://(?:[^\s<>\"'/.?#]+\.)+[^\s<>\"'/.?#]+(?:[/?#:][^\s<>\"']*)?|tel:\+?[\d().-]*\d", re.IGNORECASE
)
_BULLET = re.compile(r"\s*[-*•]\s+")


@dataclass(frozen=True)
class Span:
    """A run of text, bold or linked to ``url`` or neither."""

    text: str
    bold: bool = False
    url: str = ""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class BulletList:
    """A list, one tuple of spans for each item."""

    items: tuple[tuple[Span, ...], ...]


Block = Paragraph | BulletList


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of ``text``; lines of one paragraph are joined with a space."""
    blocks: list[Block] = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in chunk.splitlines() if line.strip()]
        prose: list[str] = []
        items: list[str] = []
        for line in lines:
            if bullet := _BULLET.match(line):
                blocks.extend(_paragraph(prose))
                prose = []
                items.append(line[bullet.end() :].strip())
            elif items and line[:1].isspace():
                items[-1] += " " + line.strip()
            else:
                blocks.extend(_bullets(items))
                items = []
                prose.append(line.strip())
        blocks.extend(_bullets(items))
        blocks.extend(_paragraph(prose))
    return tuple(blocks)


def plain(blocks: Iterable[Block]) -> str:
    """Return the text as a person reads it, without tags; a link's address follows its label."""
    return "\n\n".join(_plain_block(block) for block in blocks)


def parts(blocks: Iterable[Block]) -> tuple[tuple[Block, ...], ...]:
    """Return ``blocks`` in parts that can be read alone: a paragraph, or a list with what leads to it."""
    found: list[tuple[Block, ...]] = []
    for block in blocks:
        if found and isinstance(block, BulletList) and plain(found[-1]).endswith(":"):
            found[-1] = (*found[-1], block)
        else:
            found.append((block,))
    return tuple(found)


def lines(part: tuple[Block, ...]) -> tuple[tuple[Block, ...], ...]:
    """Return one part for each line of the list that ``part`` ends with, or ``part`` itself."""
    *lead, last = part
    return tuple((*lead, BulletList((item,))) for item in last.items) if isinstance(last, BulletList) else (part,)


def text_block(text: str) -> Paragraph:
    """Return a paragraph holding ``text`` as it stands, with no markup read from it."""
    return Paragraph((Span(text),))


def led(intro: Iterable[Block], blocks: Iterable[Block]) -> list[Block]:
    """Return ``blocks`` with ``intro`` at the head of their first paragraph, or above a list."""
    match (*intro, *blocks):
        case (Paragraph(heading), Paragraph(first), *others):
            return [Paragraph((*heading, Span(" "), *first)), *others]
        case together:
            return [*together]


def is_safe_address(address: str) -> bool:
    """Return whether a link may lead there: http, https or tel, without blanks."""
    return _SAFE_ADDRESS.fullmatch(address) is not None


def _paragraph(lines: list[str]) -> list[Block]:
    return [Paragraph(_spans(" ".join(lines)))] if lines else []


def _bullets(items: list[str]) -> list[Block]:
    return [BulletList(tuple(_spans(item) for item in items))] if items else []


def _spans(text: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    end = 0
    for match in _SPAN.finditer(text):
        if match["url"] and not is_safe_address(match["url"]):
            continue
        if match.start() > end:
            spans.append(Span(text[end : match.start()]))
        if match["bold"]:
            spans.append(Span(match["bold"], bold=True))
        else:
            spans.append(Span(match["label"], url=match["url"]))
        end = match.end()
    if end < len(text):
        spans.append(Span(text[end:]))
    return tuple(spans)


def _plain_block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _plain_spans(block.spans)
    return "\n".join("• " + _plain_spans(item) for item in block.items)


def _plain_spans(spans: tuple[Span, ...]) -> str:
    return "".join(f"{s.text} ({s.url})" if s.url else s.text for s in spans)
