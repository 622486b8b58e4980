"""What speaks for and against a danger sign, by name: gathered, weighed and fitted by the same names."""

from typing import NamedTuple


class Evidence(NamedTuple):
    """The evidence about one unit, or the weight of each kind of it."""

    score: float
    """The classifier's: how much more a sign than not, about -1 to 1."""
    best_flag: float
    """The classifier's score of the likeliest flag."""
    to_signs: float
    """Mean similarity to the nearest three signs, in [0, 1]; likewise below."""
    to_look_alikes: float
    meaning_to_signs: float
    """Mean cosine of the sentence vectors to the nearest three signs; likewise below."""
    meaning_to_look_alikes: float
    meaning_to_harmless: float
    word_combination: float
    """1 where the words of a danger sign are asserted, 0 else."""
    denied_combination: float
    """1 where they would be, but for a negation, 0 else."""
    asks: float
    """How often each kind of cue occurs, from 0 to 3; see ``Cues``."""
    supposes: float
    past: float
    told: float
    denies: float
    now: float
    length: float
    """Words, as a share of a long text, at most 1."""
    constant: float = 1.0
