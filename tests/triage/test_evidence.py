"""What is gathered about a text reaches the verdict under its own name, with its own weight."""

import ast
import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.triage.weights
from bot.knowledge.model import Level
from bot.text.likeness.phrasebook import Likeness
from bot.text.likeness.utterance import Heard, Preparer
from bot.text.normalise import Normalised
from bot.triage.classifier import Resemblance
from bot.triage.cues import Cues
from bot.triage.evidence import Evidence
from bot.triage.gate import Gate, Unit, evidence, probability
from bot.triage.rules import Mentioned, RedFlag
from bot.triage.weights import ALARM, MEAN, PROVED_ALARM, SCREENING, TOP, WHOLE
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


def odds(*units: Unit) -> float:
    """Return the logarithm of the odds that a message with ``units`` tells of a danger sign."""
    likely = probability(units)
    return math.log(likely / (1 - likely))


def parts(units: Sequence[Unit]) -> tuple[Evidence, Evidence, Evidence]:
    """Return the evidence of the mean over the sentences, of the most suspicious one and of the whole message."""
    found = evidence(units)
    assert found.shape == (3 * SIZE,)
    mean, top, whole = (Evidence(*map(float, part)) for part in found.reshape(3, SIZE))
    return mean, top, whole


SIZE = len(Evidence._fields)


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
    told = found.evidence()._asdict()
    assert {field: told[field] for field in expected} == pytest.approx(expected, abs=1e-3)


# --- from the units to the evidence about a message ----------------------------------------

SUSPICIOUS, MILD, ODD = unit(score=0.5, now=1), unit(score=-0.5, past=2), unit(asks=1, meaning=(0.5, 0.25, 0.125))
TOGETHER = unit(score=9.0, told=3, part=heard("word " * 8))
"""Three sentences, and a whole that is more suspicious than each."""
SUMS = Evidence(*map(sum, zip(MEAN, TOP, WHOLE, strict=True)))
"""What a finding weighs in a message of one sentence."""


@pytest.mark.parametrize("sentences", [*permutations([SUSPICIOUS, MILD, ODD])])
def test_the_evidence_is_the_mean_of_the_sentences_the_most_suspicious_one_and_the_whole(
    sentences: Sequence[Unit],
) -> None:
    mean, top, whole = parts([*sentences, TOGETHER])
    third = {"meaning_to_signs": 0.5 / 3, "meaning_to_look_alikes": 0.25 / 3, "meaning_to_harmless": 0.125 / 3}
    assert mean._asdict() == pytest.approx(
        NO_EVIDENCE._replace(score=0.0, now=1 / 3, past=2 / 3, asks=1 / 3, **third)._asdict()
    )
    assert top == SUSPICIOUS.evidence()
    assert whole == TOGETHER.evidence()


def test_an_only_sentence_is_the_mean_the_most_suspicious_one_and_the_whole() -> None:
    assert parts([SUSPICIOUS]) == (SUSPICIOUS.evidence(),) * 3


@pytest.mark.parametrize(
    ("changes", "less"),
    [
        ({"score": 0.5}, {"score": 0.4}),
        ({"best": ((FLAG, 0.5),)}, {"best": ((FLAG, 0.4),)}),
        ({"best": ((FLAG, 0.5),)}, {"score": 0.4}),
        ({"score": 0.3, "best": ((FLAG, 0.3),)}, {"best": ((FLAG, 0.5),)}),
        ({"rule_flags": (FLAG,)}, {"score": 0.4}),
        ({"rule_flags": (FLAG,)}, {"denied": True, "to_signs": 1.0, "now": 3}),
        ({"score": 0.6}, {"rule_flags": (FLAG, OTHER)}),
        ({"score": 0.1}, {"past": 0}),
        ({}, {"score": -0.1}),
    ],
    ids=[
        "by score",
        "by its likeliest flag",
        "as much by one as by the other",
        "by both together",
        "by a word combination",
        "and by nothing else",
        "a combination is no more than half",
        "by little",
        "of harmless ones too",
    ],
)
def test_the_most_suspicious_sentence_is_found_wherever_it_stands(
    changes: Mapping[str, Any], less: Mapping[str, Any]
) -> None:
    more, other = unit(**changes), unit(**less)
    for sentences in permutations([more, other, MILD]):
        assert parts([*sentences, TOGETHER])[1] == more.evidence()


def test_of_equally_suspicious_sentences_the_first_counts() -> None:
    first, second = unit(score=0.5, now=1), unit(score=0.5, past=1)
    assert parts([first, second, BLANK])[1] == first.evidence()
    assert parts([second, first, BLANK])[1] == second.evidence()


UNITS = st.builds(
    lambda score, best, proved, past: unit(
        score=score, best=((FLAG, best),), rule_flags=(FLAG,) if proved else (), past=past
    ),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.booleans(),
    st.integers(0, 3),
)


@given(st.lists(UNITS, min_size=2, max_size=6), UNITS)
def test_the_mean_lies_between_the_sentences_and_the_top_is_one_of_them(sentences: list[Unit], whole: Unit) -> None:
    mean, top, all_of = parts([*sentences, whole])
    found = [sentence.evidence() for sentence in sentences]
    for field in ("score", "best_flag", "word_combination", "past"):
        values = [getattr(one, field) for one in found]
        assert min(values) - 1e-9 <= getattr(mean, field) <= max(values) + 1e-9
    assert top in found
    assert all_of == whole.evidence()
    assert mean.constant == top.constant == all_of.constant == 1.0


def test_the_evidence_about_a_text_is_that_of_its_sentences_and_of_all_of_it() -> None:
    units = GATE.units(PREPARER.prepare("I ran in 1998. My calf is swollen. Suddenly."))
    assert [one.part.repaired for one in units] == [
        "i ran in 1998.",
        "my calf is swollen.",
        "suddenly.",
        "i ran in 1998. my calf is swollen. suddenly.",
    ]
    mean, top, whole = parts(units)
    assert (mean.past, mean.now, mean.word_combination) == pytest.approx((1 / 3, 1 / 3, 1))
    assert (top.past, top.now, top.word_combination) == (0, 0, 1)
    assert (whole.past, whole.now, whole.word_combination) == (1, 1, 1)
    assert (mean.length, top.length, whole.length) == pytest.approx((9 / 3 / 40, 4 / 40, 9 / 40))


# --- from the evidence to the verdict -----------------------------------------------------

PARTS = {"MEAN": MEAN, "TOP": TOP, "WHOLE": WHOLE}


@pytest.mark.parametrize("name", PARTS)
def test_each_weight_is_given_by_name_and_none_is_left_out(name: str) -> None:
    """A left-out constant would be 1, the default of the evidence, and the gate would alarm at everything."""
    (given_,) = [
        node.value
        for node in ast.parse(inspect.getsource(bot.triage.weights)).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    assert isinstance(given_, ast.Call)
    assert not given_.args
    assert [keyword.arg for keyword in given_.keywords] == [*Evidence._fields]


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("field", Evidence._fields)
def test_every_weight_is_a_number(name: str, field: str) -> None:
    assert math.isfinite(getattr(PARTS[name], field))


def test_one_constant_is_enough() -> None:
    assert MEAN.constant == TOP.constant == 0
    assert WHOLE.constant < 0


@CHANGES
def test_each_field_is_weighed_by_the_weights_of_its_name(
    field: str, changes: Mapping[str, Any], value: float
) -> None:
    assert odds(unit(**changes)) - odds(BLANK) == pytest.approx(getattr(SUMS, field) * value)


@CHANGES
def test_what_stands_in_the_whole_alone_is_weighed_as_such(
    field: str, changes: Mapping[str, Any], value: float
) -> None:
    moved = odds(BLANK, BLANK, unit(**changes)) - odds(BLANK, BLANK, BLANK)
    assert moved == pytest.approx(getattr(WHOLE, field) * value)


@CHANGES
def test_what_stands_in_a_sentence_that_is_not_the_most_suspicious_is_weighed_as_its_share_of_the_mean(
    field: str, changes: Mapping[str, Any], value: float
) -> None:
    top = unit(score=2.0)
    moved = odds(top, unit(**changes), BLANK, BLANK) - odds(top, BLANK, BLANK, BLANK)
    assert moved == pytest.approx(getattr(MEAN, field) * value / 3)


def test_the_same_sentence_once_more_changes_nothing_but_the_whole() -> None:
    assert odds(SUSPICIOUS, SUSPICIOUS, SUSPICIOUS, BLANK) == pytest.approx(odds(SUSPICIOUS, SUSPICIOUS, BLANK))


def test_without_evidence_nothing_is_asked() -> None:
    assert odds(BLANK) == pytest.approx(WHOLE.constant)
    assert probability([BLANK]) < SCREENING


@pytest.mark.parametrize("field", ["score", "best_flag", "to_signs", "word_combination"])
def test_what_speaks_for_a_sign_never_calms(field: str) -> None:
    assert getattr(SUMS, field) > 0


@pytest.mark.parametrize("field", ["meaning_to_look_alikes", "meaning_to_harmless", "past"])
def test_what_speaks_against_a_sign_never_alarms(field: str) -> None:
    assert getattr(SUMS, field) < 0


def test_an_asserted_combination_weighs_more_than_a_denied_one() -> None:
    assert SUMS.word_combination > SUMS.denied_combination


def test_the_less_stands_behind_a_sign_the_likelier_it_must_be() -> None:
    """A false alarm costs a visit to a doctor, a missed sign may cost a life: a question is asked early."""
    assert 0 < SCREENING < PROVED_ALARM < ALARM < 1
    assert PROVED_ALARM < 0.5
