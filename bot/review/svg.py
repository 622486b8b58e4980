"""What the charts share: SVG text that reads well in light and dark, by screen readers, and needs no other file."""

from collections.abc import Iterable
from html import escape

_STYLE = """
    .ground { fill: #ffffff; stroke: #d0d7de } .grid { stroke: #d8dee4 }
    text { fill: #1f2328; font: 14px system-ui, -apple-system, "Segoe UI", sans-serif }
    .title { font-size: 17px; font-weight: 600 } .small { font-size: 12px; fill: #59636e } .own { font-weight: 700 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; stroke: #3d444d } .grid { stroke: #2f353d }
      text { fill: #f0f6fc } .small { fill: #9198a1 }
    }
"""


def page(size: tuple[int, int], title: str, told: str, style: str, drawn: Iterable[str]) -> str:
    """Return a chart of ``size``, width and height, with ``title`` at its head.

    ``told`` is what a screen reader says instead of what is ``drawn``; ``style`` is added to what charts share.
    """
    width, height = size
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title told">',
        f'  <title id="title">{escape(title)}</title>',
        f'  <desc id="told">{escape(told)}</desc>',
        f"  <style>{_STYLE}{style}  </style>",
        f'  <rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        text(20, 32, title, "title"),
        *drawn,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def text(x: float, y: float, words: str, name: str = "", anchor: str = "start") -> str:
    """Return ``words`` at a place, of the class ``name``; ``anchor`` says which end of them stands there."""
    kind = f' class="{name}"' if name else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'  <text x="{x:g}" y="{y:g}"{kind}{place}>{escape(words)}</text>'


def percent(share: float, decimals: int = 0) -> str:
    """Return a share from 0 to 1 as people read it."""
    return f"{share:.{decimals}%}".replace("%", " %")
