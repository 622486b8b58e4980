"""The bar chart of ``field``, as SVG text: readable in light and dark, by screen readers, and without colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.review.svg import page, percent, text

WIDTH = 760
_LEFT, _SCALE, _TOP, _BAR = 210, 4.0, 116, 18
_ROW = 3 * (_BAR + 3) + 15
_BOTTOM = 44
_STYLE = """
    .first { fill: #0a6b5e } .three { fill: #8fd0c5 } .right { fill: #ffffff; stroke: #0a6b5e; stroke-width: 2 }
    .other.first { fill: #57606a } .other.three { fill: #b9c0c8 } .other.right { fill: #ffffff; stroke: #57606a }
    @media (prefers-color-scheme: dark) {
      .first { fill: #3fc5b0 } .three { fill: #1d6157 } .right { fill: #0d1117; stroke: #3fc5b0 }
      .other.first { fill: #9198a1 } .other.three { fill: #4b535d } .other.right { fill: #0d1117; stroke: #9198a1 }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One way to rank: its three shares, from 0 to 1, and its milliseconds a message."""

    name: str
    first: float
    in_three: float
    right: float
    """Answered right, by a threshold that lets no more wrong answers through than the bot gives."""
    median_ms: float


def chart(bars: Sequence[Bar], questions: int, phrases: int, wrong: float) -> str:
    """Return the chart; the last bar is the bot's own, ``wrong`` its share of wrong answers."""
    bottom = _TOP + _ROW * len(bars)
    told = "; ".join(
        f"{b.name}: {b.first:.0%} first, {b.in_three:.0%} in three, {b.right:.0%} answered right" for b in bars
    )
    drawn = [
        text(20, 54, f"{questions:,} questions; every way knows the same {phrases:,} phrases"),
        text(20, 78, "Upper bar: ranked first. Middle bar: among the best three.", "small"),
        text(
            20,
            96,
            f"Hollow bar: answered right, at the bot's share of wrong answers, {percent(wrong, 1)} at most.",
            "small",
        ),
        text(WIDTH - 20, 96, "ms a message", "small", "end"),
    ]
    for tick in range(0, 101, 25):
        x = _LEFT + tick * _SCALE
        drawn.append(f'  <path class="grid" d="M{x:g} {_TOP - 4}V{bottom}"/>')
        drawn.append(text(x, bottom + 20, f"{tick} %", "small", "middle"))
    for place, bar in enumerate(bars):
        drawn += _drawn(bar, _TOP + _ROW * place + 6, own=place == len(bars) - 1)
    return page((WIDTH, bottom + _BOTTOM), "How often the right answer is found", f"{told}.", _STYLE, drawn)


def _drawn(bar: Bar, y: float, *, own: bool) -> list[str]:
    weight, kind = ("own", "") if own else ("", "other ")
    middle = y + 1.5 * _BAR + 8
    lines = [text(_LEFT - 12, middle, bar.name, weight, "end")]
    for step, (name, value) in enumerate((("first", bar.first), ("three", bar.in_three), ("right", bar.right))):
        top = y + step * (_BAR + 3)
        width = 100 * value * _SCALE
        lines.append(
            f'  <rect class="{kind}{name}" x="{_LEFT}" y="{top:g}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
        )
        lines.append(text(_LEFT + width + 8, top + 14, percent(value), weight))
    lines.append(text(WIDTH - 20, middle, f"{bar.median_ms:.1f}", weight, "end"))
    return lines
