"""Telegram's ``parse_mode=HTML``, as strict as its servers: what of a text is shown, what is formatted.

Written from the Bot API's description, not with the bot's own code, so that it can judge it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TAGS = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "code",
        "del",
        "em",
        "i",
        "ins",
        "pre",
        "s",
        "span",
        "strike",
        "strong",
        "tg-emoji",
        "tg-spoiler",
        "u",
    ]
)
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:\s+[^<>]*?)?)\s*>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENTITY = re.compile(r"&(?:#(?P<number>\d+)|#x(?P<hex>[0-9a-fA-F]+)|(?P<name>lt|gt|amp|quot));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class MarkupError(ValueError):
    """Telegram would refuse the text; the message is what it would say."""


@dataclass(frozen=True)
class Entity:
    """A formatted run of the shown text."""

    tag: str
    text: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """What a person sees."""

    text: str
    entities: tuple[Entity, ...] = ()


def read_html(html: str) -> Shown:
    """Return what Telegram shows for ``html``; raise ``MarkupError`` where it would refuse it."""
    text = ""
    entities: list[Entity] = []
    open_tags: list[tuple[str, int, dict[str, str]]] = []
    at = 0
    while at < len(html):
        start = html.find("<", at)
        text += _decode(html[at : start if start >= 0 else len(html)])
        if start < 0:
            break
        tag = _TAG.match(html, start)
        if tag is None:
            raise MarkupError(f"Unclosed start tag at byte offset {_bytes(html, start)}")
        name = tag["name"].lower()
        if tag["close"]:
            if not open_tags or open_tags[-1][0] != name:
                raise MarkupError(f"Unexpected end tag at byte offset {_bytes(html, start)}")
            _, begin, attributes = open_tags.pop()
            entities.append(Entity(name, text[begin:], attributes))
        elif name not in _TAGS:
            raise MarkupError(f'Unsupported start tag "{name}" at byte offset {_bytes(html, start)}')
        else:
            open_tags.append((name, len(text), _attributes(tag["attributes"])))
        at = tag.end()
    if open_tags:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return Shown(text, tuple(entities))


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): _decode(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _decode(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    if match["name"]:
        return _NAMED[match["name"]]
    return chr(int(match["number"]) if match["number"] else int(match["hex"], 16))


def _bytes(html: str, at: int) -> int:
    return len(html[:at].encode("utf-8", "surrogatepass"))
