"""The weights of the gate's evidence, printed by ``tests/benchmarks/fit_gate.py``.

Fitted on the signs, look-alikes, phrasings and off-topic examples of the project's knowledge, each judged
by a classifier that had not seen it, and on the messages of ``messages.yaml``.
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
        4.209,
        4.777,
        1.583,
        -6.118,
        2.261,
        -2.406,
        -1.708,
        4.008,
        -1.007,
        -1.215,
        -1.007,
        -3.684,
        -2.767,
        0.416,
        0.572,
        3.65,
        -3.53,
    ]
)
THRESHOLD = 0.3
