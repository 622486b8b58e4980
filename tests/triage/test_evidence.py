"""What is gathered about a text reaches the verdict under its own name, with its own weight."""

import ast
import inspect
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bot.triage.weights
from bot.knowledge.model import Level
from bot.text.likeness.phrasebook import Likeness
from bot.text.likeness.utterance import Heard, Preparer
from bot.text.normalise import Normalised
from bot.triage.classifier import Resemblance
from bot.triage.cues import Cues
from bot.triage.evidence import Evidence
from bot.triage.gate import Gate, Unit, probability
from bot.triage.rules import Mentioned, RedFlag
from bot.triage.weights import THRESHOLD, WEIGHTS
from tests.support.model import entry, group, knowledge_base

FLAG, OTHER = RedFlag("clot", Level.TODAY), RedFlag("chest", Level.NOW)


def heard(text: str) -> Heard:
    nothing = np.zeros(0, dtype=np.float32)
    return Heard(Normalised(text), Normalised(text), Likeness(nothing, nothing))


NO_CUES = Cues(asks=0, supposes=0, past=0, told=0, denies=0, now=0)
UNLIKE = Resemblance(score=0.0, best=(), to_signs=0.0, to_look_alikes=0.0, meaning=(0.0, 0.0, 0.0))
BLANK = Unit(heard(""), Mentioned(), (), False, NO_CUES, UNLIKE)
NO_EVIDENCE = Evidence(**dict.fromkeys(Evidence._fields, 0.0) | {"constant": 1.0})


def unit(**changes: Any) -> Unit:
    """Return a unit without any evidence but for ``changes``, which may go into its resemblance or its cues."""
    seen = {name: changes.pop(name) for name in [*changes] if hasattr(UNLIKE, name)}
    cues = {name: changes.pop(name) for name in [*changes] if hasattr(NO_CUES, name)}
    return replace(BLANK, resemblance=replace(UNLIKE, **seen), cues=replace(NO_CUES, **cues), **changes)


def odds(of: Unit) -> float:
    """Return the logarithm of the odds that ``of`` tells of a danger sign."""
    likely = probability(of)
    return math.log(likely / (1 - likely))


# --- from what was found to the evidence --------------------------------------------------

ONE_THING: Mapping[str, tuple[Mapping[str, Any], float]] = {
    "score": ({"score": -0.5}, -0.5),
    "best_flag": ({"best": ((FLAG, 0.75), (OTHER, 0.5))}, 0.75),
    "to_signs": ({"to_signs": 0.25}, 0.25),
    "to_look_alikes": ({"to_look_alikes": 0.25}, 0.25),
    "meaning_to_signs": ({"meaning": (0.25, 0.0, 0.0)}, 0.25),
    "meaning_to_look_alikes": ({"meaning": (0.0, 0.25, 0.0)}, 0.25),
    "meaning_to_harmless": ({"meaning": (0.0, 0.0, 0.25)}, 0.25),
    "word_combination": ({"rule_flags": (FLAG, OTHER)}, 1.0),
    "denied_combination": ({"denied": True}, 1.0),
    "asks": ({"asks": 2}, 2.0),
    "supposes": ({"supposes": 2}, 2.0),
    "past": ({"past": 2}, 2.0),
    "told": ({"told": 2}, 2.0),
    "denies": ({"denies": 2}, 2.0),
    "now": ({"now": 2}, 2.0),
    "length": ({"part": heard("ten words " * 5)}, 0.25),
}
"""Per field: what alone is told of a unit, and what the field then holds."""
CHANGES = pytest.mark.parametrize(("field", "changes", "value"), [(f, *told) for f, told in ONE_THING.items()])


def test_the_table_names_every_field_but_the_constant() -> None:
    assert {*ONE_THING, "constant"} == set(Evidence._fields)


def test_about_a_unit_without_evidence_only_the_constant_speaks() -> None:
    assert BLANK.evidence() == NO_EVIDENCE


@CHANGES
def test_one_finding_moves_the_field_of_its_name_and_no_other(
    field: str, changes: Mapping[str, Any], value: float
) -> None:
    assert unit(**changes).evidence() == NO_EVIDENCE._replace(**{field: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"mentioned": Mentioned(frozenset([("clot", "calf")]), frozenset([("clot", "hot")]))},
        {"part": heard("!?, ...")},
    ],
    ids=["ideas without a sign", "a text without words"],
)
def test_what_is_no_evidence_moves_nothing(changes: Mapping[str, Any]) -> None:
    assert unit(**changes).evidence() == NO_EVIDENCE


@pytest.mark.parametrize(
    ("words", "length"), [(0, 0), (1, 0.025), (20, 0.5), (39, 0.975), (40, 1), (41, 1), (4000, 1)]
)
def test_length_is_a_share_of_a_long_text_and_at_most_all_of_it(words: int, length: float) -> None:
    assert unit(part=heard("word " * words)).evidence().length == pytest.approx(length)


def test_length_counts_the_words_as_mended() -> None:
    assert replace(BLANK, part=replace(heard("swollen calf"), normalised=Normalised("swollencalf"))).evidence() == (
        NO_EVIDENCE._replace(length=0.05)
    )


# --- from a text to the evidence ----------------------------------------------------------

KNOWLEDGE = knowledge_base(
    [entry("run", "may I run again")],
    [
        group(
            "clot",
            "my calf is swollen",
            words={"calf": ("calf",), "swollen": ("swollen",)},
            together=[("calf", "swollen")],
            look_alikes=("my calf is tight",),
        )
    ],
)
PREPARER = Preparer.for_knowledge(KNOWLEDGE)
GATE = Gate(KNOWLEDGE, PREPARER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the calf is swollen", {"word_combination": 1, "denied_combination": 0}),
        ("the calf is not swollen", {"word_combination": 0, "denied_combination": 1, "denies": 1}),
        ("the calf", {"word_combination": 0, "denied_combination": 0}),
        ("my calf is swollen", {"to_signs": 1}),
        ("my calf is tight", {"to_look_alikes": 1}),
        ("what are the symptoms of it", {"asks": 1, "length": 6 / 40}),
        ("what if", {"supposes": 1}),
        ("in 1998", {"past": 1}),
        ("a podcast", {"told": 1}),
        ("suddenly", {"now": 1}),
        ("qwzx plok", {"to_signs": 0, "to_look_alikes": 0, "length": 2 / 40, "constant": 1}),
    ],
)
def test_what_a_text_says_reaches_the_evidence(text: str, expected: Mapping[str, float]) -> None:
    (found,) = GATE.units(PREPARER.prepare(text))
    evidence = found.evidence()._asdict()
    assert {field: evidence[field] for field in expected} == pytest.approx(expected, abs=1e-3)


# --- from the evidence to the verdict -----------------------------------------------------


def test_each_weight_is_given_by_name_and_none_is_left_out() -> None:
    """A left-out constant would be 1, the default of the evidence, and the gate would alarm at everything."""
    (given,) = [
        node.value
        for node in ast.parse(inspect.getsource(bot.triage.weights)).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WEIGHTS"
    ]
    assert isinstance(given, ast.Call)
    assert not given.args
    assert [keyword.arg for keyword in given.keywords] == [*Evidence._fields]


@pytest.mark.parametrize("field", Evidence._fields)
def test_every_weight_is_a_number(field: str) -> None:
    assert math.isfinite(getattr(WEIGHTS, field))


@CHANGES
def test_each_field_is_weighed_by_the_weight_of_its_name(
    field: str, changes: Mapping[str, Any], value: float
) -> None:
    assert odds(unit(**changes)) - odds(BLANK) == pytest.approx(getattr(WEIGHTS, field) * value)


def test_without_evidence_there_is_no_alarm() -> None:
    assert odds(BLANK) == pytest.approx(WEIGHTS.constant)
    assert probability(BLANK) < THRESHOLD


@pytest.mark.parametrize("field", ["score", "best_flag", "to_signs", "meaning_to_signs", "word_combination", "now"])
def test_what_speaks_for_a_sign_never_calms(field: str) -> None:
    assert getattr(WEIGHTS, field) > 0


@pytest.mark.parametrize(
    "field", ["to_look_alikes", "meaning_to_harmless", "denied_combination", "asks", "supposes", "past", "told"]
)
def test_what_speaks_against_a_sign_never_alarms(field: str) -> None:
    assert getattr(WEIGHTS, field) < 0


def test_a_no_that_covers_nothing_weighs_less_than_one_that_covers_the_words_of_a_sign() -> None:
    """ "I cannot breathe" says no as well."""
    assert WEIGHTS.denies > WEIGHTS.denied_combination


def test_the_threshold_is_a_probability_below_a_half() -> None:
    """A false alarm costs a visit to a doctor, a missed sign may cost a life."""
    assert 0 < THRESHOLD < 0.5
