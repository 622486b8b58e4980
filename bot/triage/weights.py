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
        4.604,
        4.517,
        2.49,
        -4.944,
        3.034,
        -1.399,
        -3.276,
        3.356,
        -0.99,
        -1.467,
        -1.035,
        -4.015,
        -2.422,
        0.2,
        0.513,
        3.468,
        -2.823,
    ]
)
THRESHOLD = 0.3
