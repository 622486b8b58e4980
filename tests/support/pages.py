"""Pages for a browser, read as strictly as the standard has it."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

_LOADING = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "form", "base"}


class Page:
    """A page that is valid, loads nothing and runs nothing; else making it raises ``AssertionError``."""

    def __init__(self, html: str) -> None:
        try:
            self._root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
        except html5lib.html5parser.ParseError as error:
            raise AssertionError(f"not valid: {error}") from error
        everything = list(self._root.iter())
        assert _LOADING.isdisjoint(element.tag for element in everything)
        assert not any(name.startswith("on") for element in everything for name in element.attrib)
        assert "url(" not in html
        assert "@import" not in html
        self.ids = [element.attrib["id"] for element in everything if "id" in element.attrib]
        assert len(self.ids) == len(set(self.ids))
        assert {link.removeprefix("#") for link in self.links if link.startswith("#")} <= set(self.ids)
        assert all(re.match(r"#|https?://|tel:", link) for link in self.links)
        labels = {e.attrib[n] for e in everything for n in ("aria-labelledby", "for") if n in e.attrib}
        assert labels <= set(self.ids)

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [element.attrib["href"] for element in self._root.iter("a")]

    def all(self, tag: str, kind: str = "") -> list[Element]:
        """Return the elements of one tag, or of one tag and class."""
        return [e for e in self._root.iter(tag) if not kind or kind in e.attrib.get("class", "").split()]

    def part(self, anchor: str) -> Element:
        """Return the element with an id."""
        return next(element for element in self._root.iter() if element.attrib.get("id") == anchor)

    @property
    def text(self) -> str:
        """All that can be read on it."""
        return text_of(self._root.find("body"))


def text_of(element: Element | None) -> str:
    """Return what can be read in an element, blanks made one."""
    assert element is not None
    return " ".join("".join(_texts(element)).split())


def _texts(element: Element) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        yield from _texts(inner)
        yield " "[: inner.tag in ("p", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "div", "summary", "span")]
        yield inner.tail or ""
