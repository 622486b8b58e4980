"""How far to rely on a confidence: what it says beside the share that is right, as figures and as a diagram."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.calibration import calibration_error
from bot.review.evaluate import RowVerdict, share
from bot.review.svg import page, percent, text

BINS = 10
_SURE = 1.96
"""Standard errors on each side of a share that take in its true value 95 times in 100."""
_LEFT, _TOP, _STEP, _TALL = 106, 104, 62, 340
_WIDTH, _BOTTOM = 760, _TOP + _TALL
_HEIGHT = _BOTTOM + 106
_STYLE = """
    .bar { fill: #8fd0c5; stroke: #0a6b5e } .ideal { stroke: #59636e; stroke-width: 2; stroke-dasharray: 7 5 }
    .range { stroke: #1f2328; stroke-width: 1.5; fill: none } .mean { fill: #1f2328; stroke: #ffffff }
    @media (prefers-color-scheme: dark) {
      .bar { fill: #1d6157; stroke: #3fc5b0 } .ideal { stroke: #9198a1 }
      .range { stroke: #f0f6fc } .mean { fill: #f0f6fc; stroke: #0d1117 }
    }
"""


@dataclass(frozen=True)
class Top:
    """The entry ranked first for a message: how sure the matcher is of it, from 0 to 1, and whether it is right."""

    confidence: float
    right: bool


@dataclass(frozen=True)
class Bin:
    """The messages whose confidence lies in one tenth; both shares are from 0 to 1, and 0 without messages."""

    messages: int
    confidence: float
    """On average."""
    right: float


def tops(verdicts: Iterable[RowVerdict]) -> list[Top]:
    """Return the entry ranked first for each message with a ranking; out of scope none is ever right."""
    return [Top(verdict.top, verdict.ranked == 0) for verdict in verdicts if verdict.ranking]


def binned(found: Iterable[Top]) -> tuple[Bin, ...]:
    """Return ten bins, of the confidences from 0 up to 0.1 and so on; the last one takes in 1."""
    parts: list[list[Top]] = [[] for _ in range(BINS)]
    for top in found:
        parts[min(int(top.confidence * BINS), BINS - 1)].append(top)
    return tuple(
        Bin(len(part), sum(top.confidence for top in part) / max(1, len(part)), share(top.right for top in part))
        for part in parts
    )


def diagram(found: Sequence[Top]) -> str:
    """Return the reliability diagram of ``found`` as an SVG file that needs nothing beside it."""
    error = calibration_error(np.array([top.confidence for top in found]), np.array([top.right for top in found]))
    bins = binned(found)
    title = f"How far to rely on a confidence: expected calibration error {error:.3f}"
    told = "; ".join(
        f"confidence {_span(place)}: {percent(one.right)} right of {one.messages}"
        for place, one in enumerate(bins)
        if one.messages
    )
    drawn = [
        text(20, 54, f"{len(found):,} messages, by the confidence of the entry ranked first"),
        text(
            20,
            78,
            "Bar: the share that is right; upright line: its 95 % range. Dot: at the average confidence.",
            "small",
        ),
        text(_LEFT - 12, 92, "right", "small", "end"),
        *_grid(),
    ]
    for place, one in enumerate(bins):
        drawn += _column(place, one)
    drawn += [
        f'  <path class="ideal" d="M{_LEFT} {_BOTTOM}L{_LEFT + BINS * _STEP} {_TOP}"/>',
        *(line for place, one in enumerate(bins) if one.messages for line in _marks(place, one)),
        text(_LEFT - 18, _BOTTOM + 20, "confidence", "small", "end"),
        text(_LEFT - 12, _BOTTOM + 44, "right", "", "end"),
        text(_LEFT - 12, _BOTTOM + 66, "messages", "", "end"),
        text(
            20,
            _BOTTOM + 92,
            "Dashed: where a confidence is just what it says; below it the bot is too sure.",
            "small",
        ),
    ]
    return page((_WIDTH, _HEIGHT), title, f"{told or 'no messages'}.", _STYLE, drawn)


def likely(share_right: float, messages: int) -> tuple[float, float]:
    """Return between what the true share lies, 95 times in 100 (Wilson 1927)."""
    spread = _SURE**2 / messages
    middle = (share_right + spread / 2) / (1 + spread)
    reach = _SURE / (1 + spread) * math.sqrt(share_right * (1 - share_right) / messages + spread / (4 * messages))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _grid() -> list[str]:
    lines = []
    for tenth in range(0, BINS + 1, 2):
        y = _height(tenth / BINS)
        lines.append(f'  <path class="grid" d="M{_LEFT} {y:g}H{_LEFT + BINS * _STEP}"/>')
        lines.append(text(_LEFT - 12, y + 4, percent(tenth / BINS), "small", "end"))
    lines += [
        text(_LEFT + edge * _STEP, _BOTTOM + 20, f"{edge / BINS:.1f}", "small", "middle")
        for edge in range(BINS + 1)
    ]
    return lines


def _column(place: int, one: Bin) -> list[str]:
    left = _LEFT + place * _STEP
    middle = left + _STEP / 2
    figures = [
        text(middle, _BOTTOM + 44, percent(one.right) if one.messages else "–", "", "middle"),
        text(middle, _BOTTOM + 66, f"{one.messages:,}", "", "middle"),
    ]
    if not one.messages:
        return figures
    y = _height(one.right)
    bar = f'  <rect class="bar" x="{left + 4}" y="{y:.1f}" width="{_STEP - 8}" height="{_BOTTOM - y:.1f}" rx="2"/>'
    return [bar, *figures]


def _marks(place: int, one: Bin) -> list[str]:
    middle = _LEFT + (place + 0.5) * _STEP
    low, high = (_height(end) for end in likely(one.right, one.messages))
    mean = _LEFT + one.confidence * BINS * _STEP
    ends = "".join(f"M{middle - 6:g} {y:.1f}H{middle + 6:g}" for y in (low, high))
    return [
        f'  <path class="range" d="M{middle:g} {low:.1f}V{high:.1f}{ends}"/>',
        f'  <circle class="mean" cx="{mean:.1f}" cy="{_height(one.right):.1f}" r="5"/>',
    ]


def _height(share_right: float) -> float:
    return _BOTTOM - share_right * _TALL


def _span(place: int) -> str:
    return f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}"
