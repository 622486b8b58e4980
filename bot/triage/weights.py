"""The weights of the gate's evidence, printed by ``tests/benchmarks/fit_gate.py``.

Fitted on the signs, look-alikes, phrasings and off-topic examples of the project's knowledge, each judged
by a classifier that had not seen it, and on the messages of ``messages.yaml``; last before the signs were read by
a second person. Fitted anew since, the weights find the same signs of the development sets and take 9 of the 592
messages for a sign instead of 4, so these were kept.
"""

import numpy as np

FEATURES = (
    "score",
    "best flag",
    "to signs",
    "to look-alikes",
    "meaning: to signs",
    "meaning: to look-alikes",
    "meaning: to harmless",
    "word combination",
    "denied word combination",
    "asks",
    "supposes",
    "past",
    "told",
    "denies",
    "now",
    "length",
    "constant",
)
WEIGHTS = np.array(
    [
        5.133,
        4.718,
        4.393,
        -8.689,
        6.102,
        0.707,
        -2.203,
        3.324,
        -1.453,
        -1.536,
        -1.097,
        -3.918,
        -1.534,
        0.052,
        0.411,
        2.557,
        -6.127,
    ]
)
THRESHOLD = 0.3
