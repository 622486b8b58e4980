"""The weights of the gate's evidence, printed by ``tests/benchmarks/fit_gate.py``, and its thresholds.

``MEAN`` weighs the mean over a message's sentences, ``TOP`` its most suspicious sentence, ``WHOLE`` the message as a
whole.
"""

from bot.triage.evidence import Evidence

MEAN = Evidence(
    score=1.567,
    best_flag=2.579,
    to_signs=1.945,
    to_look_alikes=-0.145,
    meaning_to_signs=0.224,
    meaning_to_look_alikes=-1.765,
    meaning_to_harmless=-1.829,
    word_combination=3.538,
    denied_combination=1.183,
    asks=-0.025,
    supposes=-0.080,
    past=-0.079,
    told=-0.409,
    denies=-1.232,
    now=0.733,
    length=-0.154,
    constant=0.000,
)
TOP = Evidence(
    score=2.925,
    best_flag=4.962,
    to_signs=1.973,
    to_look_alikes=-0.429,
    meaning_to_signs=-0.968,
    meaning_to_look_alikes=-1.833,
    meaning_to_harmless=-1.880,
    word_combination=0.763,
    denied_combination=0.915,
    asks=0.577,
    supposes=0.539,
    past=-0.599,
    told=2.525,
    denies=0.950,
    now=0.172,
    length=0.596,
    constant=0.000,
)
WHOLE = Evidence(
    score=3.952,
    best_flag=5.537,
    to_signs=2.730,
    to_look_alikes=1.356,
    meaning_to_signs=1.886,
    meaning_to_look_alikes=1.058,
    meaning_to_harmless=-0.770,
    word_combination=0.233,
    denied_combination=-0.554,
    asks=-0.754,
    supposes=-0.154,
    past=-0.498,
    told=-0.260,
    denies=0.925,
    now=-0.249,
    length=3.010,
    constant=-7.478,
)
ALARM = 0.5
"""Probability from which a message is answered with the urgent text."""
PROVED_ALARM = 0.25
"""The same, where a word combination of the staff's stands behind it."""
SCREENING = 0.03
"""Probability from which a message is asked about."""
