"""What staff wrote down about danger signs, found in a text: whole messages, and ideas that together are one."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import Level, Signs
from bot.text.likeness.utterance import Preparer
from bot.triage.rules import Idea, Mentioned, RedFlag, WordRules, most_urgent
from tests.support.model import entry, group, knowledge_base

SIGN = "my calf is swollen and hot"
LOOK_ALIKE = "my calf felt hot in the sauna"
KNOWLEDGE = knowledge_base(
    [entry("run", "when may I go running again")],
    [
        group(
            "clot",
            SIGN,
            level=Level.TODAY,
            words={"calf": ("calf", "lower leg"), "swollen": ("swollen", "size of"), "hot": ("hot",)},
            together=[("calf", "swollen"), ("calf", "hot")],
            raised=Signs(Level.NOW, ("my calf is swollen and I cough blood",), (("calf", "swollen", "hot"),)),
            look_alikes=(LOOK_ALIKE,),
        ),
        group(
            "fever",
            "my knee is red and I shiver",
            level=Level.NOW,
            words={"hot": ("hot",), "shiver": ("shivering",), "chills": ("can't get warm",), "calf": ("shin",)},
            together=[("hot", "shiver"), ("chills",)],
            look_alikes=("I shiver in the ice bath",),
        ),
    ],
    synonyms={"gastroc": "calf"},
)
PREPARER = Preparer.for_knowledge(KNOWLEDGE)
RULES = WordRules(KNOWLEDGE, PREPARER)

CALF, SWOLLEN, HOT = ("clot", "calf"), ("clot", "swollen"), ("clot", "hot")
FEVER_HOT, SHIVER, CHILLS, SHIN = ("fever", "hot"), ("fever", "shiver"), ("fever", "chills"), ("fever", "calf")
ALL = (CALF, SWOLLEN, HOT, FEVER_HOT, SHIVER, CHILLS, SHIN)
TODAY, NOW, FEVER = RedFlag("clot", Level.TODAY), RedFlag("clot", Level.NOW), RedFlag("fever", Level.NOW)

ideas = st.frozensets(st.sampled_from(ALL))


def listed(text: str) -> RedFlag | None:
    return RULES.listed(PREPARER.part(text).repaired)


def is_look_alike(text: str) -> bool:
    return RULES.is_look_alike(PREPARER.part(text).repaired)


def mentioned(text: str) -> Mentioned:
    return RULES.mentioned(PREPARER.part(text).repaired)


def flags(*asserted: Idea, earlier: Iterable[Idea] = ()) -> list[RedFlag]:
    return RULES.flags(Mentioned(frozenset(asserted)), frozenset(earlier))


# --- word for word ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (SIGN, TODAY),
        ("my calf is swollen and I cough blood", NOW),
        ("my knee is red and I shiver", FEVER),
    ],
)
def test_a_listed_sign_has_the_group_and_the_level_it_is_listed_under(text: str, flag: RedFlag) -> None:
    assert listed(text) == flag


SPELLINGS = pytest.mark.parametrize(
    "spelt",
    [
        str.upper,
        lambda text: text.replace(" ", "  \t "),
        lambda text: f"  {text} ",
        lambda text: text.replace("calf", "claf"),
        lambda text: text.replace("calf", "calffff"),
        lambda text: text.replace("calf", "ca\u00adlf"),
        lambda text: text.replace("calf", "ｃａｌｆ"),
        lambda text: text.replace("calf", "gastroc"),
        lambda text: text.replace("calf", "Gastorc"),
    ],
    ids=[
        "shouted",
        "blanks within",
        "blanks around",
        "letters swapped",
        "stretched",
        "soft hyphen",
        "wide letters",
        "synonym",
        "misspelt synonym",
    ],
)


@SPELLINGS
def test_a_listed_text_is_known_however_it_is_spelt(spelt: Callable[[str], str]) -> None:
    assert (listed(spelt(SIGN)), is_look_alike(spelt(SIGN))) == (TODAY, False)
    assert (listed(spelt(LOOK_ALIKE)), is_look_alike(spelt(LOOK_ALIKE))) == (None, True)


@pytest.mark.parametrize(
    "text",
    ["", "calf", "my calf is swollen", f"{SIGN} today", f"{LOOK_ALIKE} today", "when may I go running again"],
)
def test_what_is_only_like_a_listed_text_is_not_listed(text: str) -> None:
    assert listed(text) is None
    assert not is_look_alike(text)


def test_look_alikes_of_every_group_are_known() -> None:
    assert is_look_alike("I shiver in the ice bath")


def test_a_sign_is_listed_under_the_words_it_was_mended_to() -> None:
    """A sign may be written with a synonym, and a message with the word it stands for."""
    knowledge = knowledge_base([], [group("clot", "my gastroc doubled")], synonyms={"gastroc": "calf"})
    preparer = Preparer.for_knowledge(knowledge)
    assert WordRules(knowledge, preparer).listed(preparer.part("my calf doubled").repaired) == NOW


# --- ideas in a sentence ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asserted", "denied"),
    [
        ("", [], []),
        ("when may I go running again", [], []),
        ("my calf", [CALF], []),
        ("my calf's sore, and both shins", [CALF, SHIN], []),
        ("the lower leg", [CALF], []),
        ("one leg is lower", [], []),
        ("the size of a melon", [SWOLLEN], []),
        ("a big size", [], []),
        ("my claf is swolen", [CALF, SWOLLEN], []),
        ("a hot shot", [HOT, FEVER_HOT], []),
        ("a shot of gin", [], []),
        ("no swollen calf", [], [CALF, SWOLLEN]),
        ("my calf is not swollen", [CALF], [SWOLLEN]),
        ("not swollen but hot", [HOT, FEVER_HOT], [SWOLLEN]),
        ("swollen, not hot", [SWOLLEN], [HOT, FEVER_HOT]),
        ("my calf isn't hot", [CALF], [HOT, FEVER_HOT]),
        ("no idea why it is swollen", [SWOLLEN], []),
        ("hot at night, not hot by day", [HOT, FEVER_HOT], [HOT, FEVER_HOT]),
        ("I can't get warm", [CHILLS], []),
        ("never shivering", [], [SHIVER]),
    ],
)
def test_a_sentence_mentions_its_ideas_and_a_negation_denies_those_it_covers(
    text: str, asserted: list[Idea], denied: list[Idea]
) -> None:
    assert mentioned(text) == Mentioned(frozenset(asserted), frozenset(denied))


@pytest.mark.parametrize("text", ["my calf", "my gastroc", "my claf", "my gastorc"])
def test_a_list_may_hold_a_synonym_and_both_it_and_the_word_it_stands_for_are_found(text: str) -> None:
    knowledge = knowledge_base([], [group("clot", words={"calf": ("gastroc",)})], synonyms={"gastroc": "calf"})
    preparer = Preparer.for_knowledge(knowledge)
    rules, part = WordRules(knowledge, preparer), preparer.part(text)
    assert rules.mentioned(part.repaired).asserted == {CALF}
    assert text != "my gastroc" or rules.mentioned(part.normalised).asserted == {CALF}


@given(ideas, ideas, ideas, ideas)
def test_joined_ideas_are_those_of_both_texts(
    a: frozenset[Idea], b: frozenset[Idea], c: frozenset[Idea], d: frozenset[Idea]
) -> None:
    assert Mentioned(a, b).joined(Mentioned(c, d)) == Mentioned(a | c, b | d)


# --- what ideas add up to -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asserted", "expected"),
    [
        ([], []),
        ([CALF], []),
        ([SWOLLEN, HOT], []),
        ([CALF, SWOLLEN], [TODAY]),
        ([CALF, HOT], [TODAY]),
        ([CALF, SWOLLEN, HOT], [TODAY, TODAY, NOW]),
        ([CHILLS], [FEVER]),
        ([FEVER_HOT], []),
        ([CHILLS, CALF, SWOLLEN], [TODAY, FEVER]),
    ],
)
def test_only_all_the_ideas_of_a_row_are_a_sign(asserted: list[Idea], expected: list[RedFlag]) -> None:
    assert flags(*asserted) == expected


@pytest.mark.parametrize(
    "asserted",
    [[SHIN, SWOLLEN], [SHIN, HOT], [CALF, FEVER_HOT], [HOT, SHIVER]],
)
def test_an_idea_of_another_group_never_completes_a_row(asserted: list[Idea]) -> None:
    assert flags(*asserted) == []
    assert flags(asserted[0], earlier=asserted[1:]) == []


@pytest.mark.parametrize(
    ("new", "earlier", "expected"),
    [
        ([SWOLLEN], [CALF], [TODAY]),
        ([CALF], [SWOLLEN], [TODAY]),
        ([HOT], [CALF, SWOLLEN], [TODAY, NOW]),
        ([CALF, SWOLLEN], [CALF, SWOLLEN], [TODAY]),
        ([CHILLS], [CHILLS], [FEVER]),
        ([], [CALF, SWOLLEN, HOT, CHILLS], []),
        ([SHIVER], [CALF, SWOLLEN], []),
        ([SWOLLEN], [HOT], []),
    ],
)
def test_an_earlier_idea_completes_a_sign_only_together_with_a_new_one(
    new: list[Idea], earlier: list[Idea], expected: list[RedFlag]
) -> None:
    assert flags(*new, earlier=earlier) == expected


@given(ideas, ideas, ideas)
def test_more_ideas_never_hide_a_sign(
    new: frozenset[Idea], more: frozenset[Idea], earlier: frozenset[Idea]
) -> None:
    found = RULES.flags(Mentioned(new), earlier)
    assert set(found) <= set(RULES.flags(Mentioned(new | more), earlier))
    assert set(found) <= set(RULES.flags(Mentioned(new), earlier | more))


@given(ideas, ideas, ideas)
def test_what_is_denied_never_adds_up_to_a_sign(
    asserted: frozenset[Idea], denied: frozenset[Idea], earlier: frozenset[Idea]
) -> None:
    assert RULES.flags(Mentioned(asserted, denied), earlier) == RULES.flags(Mentioned(asserted), earlier)


@pytest.mark.parametrize(
    ("asserted", "denied", "expected"),
    [
        ([], [CALF, SWOLLEN], [TODAY]),
        ([CALF], [SWOLLEN], [TODAY]),
        ([CALF], [SWOLLEN, HOT], [TODAY, TODAY, NOW]),
        ([], [CHILLS], [FEVER]),
        ([], [CALF], []),
        ([SWOLLEN], [SHIN], []),
        ([CALF, SWOLLEN], [], []),
        ([CALF, SWOLLEN], [SWOLLEN], []),
        ([CALF, SWOLLEN], [HOT], [TODAY, NOW]),
    ],
)
def test_a_sign_is_denied_where_only_a_negation_keeps_its_row_from_being_complete(
    asserted: list[Idea], denied: list[Idea], expected: list[RedFlag]
) -> None:
    assert RULES.denied_flags(Mentioned(frozenset(asserted), frozenset(denied))) == expected


def test_a_list_of_words_without_a_row_is_no_sign() -> None:
    knowledge = knowledge_base([], [group("clot", SIGN, words={"calf": ("calf",)})])
    rules = WordRules(knowledge, Preparer.for_knowledge(knowledge))
    assert rules.flags(Mentioned(frozenset([CALF]))) == []


def test_knowledge_without_danger_signs_finds_nothing() -> None:
    knowledge = knowledge_base([entry("run", "may I run")])
    preparer = Preparer.for_knowledge(knowledge)
    rules, text = WordRules(knowledge, preparer), preparer.part(SIGN).repaired
    assert (rules.listed(text), rules.is_look_alike(text)) == (None, False)
    assert rules.mentioned(text) == Mentioned()


# --- the most urgent ----------------------------------------------------------------------

A, B, C = (RedFlag(name, Level.BEFORE) for name in "abc")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], None),
        ([A], A),
        ([A, B, C], A),
        ([C, A], C),
        ([A, TODAY, B], TODAY),
        ([TODAY, A, NOW, FEVER], NOW),
        ([TODAY, FEVER, NOW], FEVER),
    ],
)
def test_the_highest_level_is_the_most_urgent_and_the_first_of_equals(
    found: list[RedFlag], expected: RedFlag | None
) -> None:
    assert most_urgent(found) == expected
