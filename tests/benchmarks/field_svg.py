"""The bar chart of ``field``, as SVG text: readable in light and dark, by screen readers, and without colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
_LEFT, _SCALE, _TOP, _ROW, _BAR = 210, 4.0, 96, 56, 18
_BOTTOM = 44
_STYLE = """
    .ground { fill: #ffffff; stroke: #d0d7de } .grid { stroke: #d8dee4 }
    text { fill: #1f2328; font: 14px system-ui, -apple-system, "Segoe UI", sans-serif }
    .title { font-size: 17px; font-weight: 600 } .small { font-size: 12px; fill: #59636e } .own { font-weight: 700 }
    .first { fill: #0a6b5e } .three { fill: #8fd0c5 } .other.first { fill: #57606a } .other.three { fill: #b9c0c8 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; stroke: #3d444d } .grid { stroke: #2f353d }
      text { fill: #f0f6fc } .small { fill: #9198a1 }
      .first { fill: #3fc5b0 } .three { fill: #1d6157 }
      .other.first { fill: #9198a1 } .other.three { fill: #4b535d }
    }
  """


@dataclass(frozen=True)
class Bar:
    """One way to rank: its two shares, from 0 to 1, and its milliseconds a message."""

    name: str
    first: float
    in_three: float
    median_ms: float


def chart(bars: Sequence[Bar], questions: int, phrases: int) -> str:
    """Return the chart; the last bar is the bot's own."""
    bottom = _TOP + _ROW * len(bars)
    height = bottom + _BOTTOM
    told = "; ".join(f"{b.name}: {b.first:.0%} first, {b.in_three:.0%} in three" for b in bars)
    title = "How often the right answer is found"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" aria-labelledby="title told">',
        f'  <title id="title">{title}</title>',
        f'  <desc id="told">{escape(told)}.</desc>',
        f"  <style>{_STYLE}</style>",
        f'  <rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        _text(20, 32, title, "title"),
        _text(20, 54, f"{questions:,} questions; every way knows the same {phrases:,} phrases"),
        _text(20, 78, "Upper bar: ranked first. Lower bar: among the best three.", "small"),
        _text(WIDTH - 20, 78, "ms a message", "small", "end"),
    ]
    for tick in range(0, 101, 25):
        x = _LEFT + tick * _SCALE
        lines.append(f'  <path class="grid" d="M{x:g} {_TOP - 4}V{bottom}"/>')
        lines.append(_text(x, bottom + 20, f"{tick} %", "small", "middle"))
    for place, bar in enumerate(bars):
        lines += _pair(bar, _TOP + _ROW * place + 6, own=place == len(bars) - 1)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _pair(bar: Bar, y: float, *, own: bool) -> list[str]:
    weight, kind = ("own", "") if own else ("", "other ")
    lines = [_text(_LEFT - 12, y + 24, bar.name, weight, "end")]
    for step, (name, value) in enumerate((("first", bar.first), ("three", bar.in_three))):
        top = y + step * (_BAR + 3)
        width = 100 * value * _SCALE
        lines.append(
            f'  <rect class="{kind}{name}" x="{_LEFT}" y="{top:g}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
        )
        lines.append(_text(_LEFT + width + 8, top + 14, f"{value:.0%}".replace("%", " %"), weight))
    lines.append(_text(WIDTH - 20, y + 24, f"{bar.median_ms:.1f}", weight, "end"))
    return lines


def _text(x: float, y: float, words: str, name: str = "", anchor: str = "start") -> str:
    kind = f' class="{name}"' if name else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'  <text x="{x:g}" y="{y:g}"{kind}{place}>{escape(words)}</text>'
