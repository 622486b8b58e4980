"""Which lines that pass for harmless are a listed danger sign, and so must not teach the gate the opposite."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from bot.knowledge.model import RedFlagGroup

NEAR_COPY = 90
"""RapidFuzz ratio from which two lines say the same in other letters: "short of breath after my / the session"."""
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def near_signs(lines: Sequence[str], groups: Iterable[RedFlagGroup]) -> dict[str, str]:
    """Return those of ``lines`` that are almost a sign of ``groups``, each with its group's id.

    Case, punctuation and blanks do not count.
    """
    signs = [(message, group.id) for group in groups for signs in group.signs for message in signs.messages]
    if not lines or not signs:
        return {}
    ratios = process.cdist(
        [_plain(line) for line in lines],
        [_plain(sign) for sign, _ in signs],
        scorer=fuzz.ratio,
        score_cutoff=NEAR_COPY,
        dtype=np.uint8,
    )
    nearest = ratios.argmax(axis=1)
    return {
        line: signs[at][1]
        for line, at, ratio in zip(lines, nearest, ratios.max(axis=1), strict=True)
        if ratio >= NEAR_COPY
    }


def _plain(text: str) -> str:
    if text.isascii():
        return " ".join(_WORD.findall(text.translate(_APOSTROPHES).lower()))
    composed = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    visible = "".join(c for c in composed if unicodedata.category(c) != "Cf")
    return " ".join(_WORD.findall(visible))
