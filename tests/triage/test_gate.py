"""The red-flag gate: a text in, the most urgent danger sign out, or nothing.

Most tests let a stand-in say what the classifier sees, so that each promise is tested by itself and no new fit of
the weights breaks one; those about wordings use the real one with the real encoder.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import Level, Signs
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import Heard, Preparer
from bot.triage.classifier import Resemblance, SignClassifier
from bot.triage.gate import _URGENT_SHARE, UNKNOWN, Finding, Gate
from bot.triage.rules import Idea, RedFlag
from bot.triage.weights import THRESHOLD, WEIGHTS
from tests.support.model import entry, group, knowledge_base

CLOT_SIGN, COUGH_SIGN = "my calf is swollen and hot", "my calf is swollen and I cough blood"
CHEST_SIGN, BONE_SIGN = "my chest hurts and I cannot breathe", "hopping on my foot is agony"
OF_TWO_SENTENCES = "I went over on my ankle. It cracked"
LOOK_ALIKE = "my calf felt hot in the sauna"
KNOWLEDGE = knowledge_base(
    [
        entry("hurt", "does dry needling hurt", "is it painful", "how sore will I be afterwards"),
        entry("run", "when may I go running again", "can I run the next day"),
        entry("cost", "what does a session cost", "price list please", menu="practical"),
    ],
    [
        group(
            "bone",
            BONE_SIGN,
            "my shin aches at night even at rest",
            OF_TWO_SENTENCES,
            level=Level.BEFORE,
            words={"shin": ("shin",), "night": ("at night",)},
            together=[("shin", "night")],
        ),
        group(
            "clot",
            CLOT_SIGN,
            "one lower leg has grown to twice its size",
            level=Level.TODAY,
            words={"calf": ("calf",), "swollen": ("swollen",), "hot": ("hot",), "cough": ("cough",)},
            together=[("calf", "swollen"), ("calf", "hot")],
            raised=Signs(Level.NOW, (COUGH_SIGN,), (("calf", "swollen", "cough"),)),
            look_alikes=(LOOK_ALIKE, "can you needle a calf that is swollen after a bruise"),
        ),
        group(
            "fever",
            "a hot red calf and I shiver",
            level=Level.TODAY,
            words={"calf": ("calf",), "hot": ("hot",)},
            together=[("calf", "hot")],
        ),
        group(
            "chest",
            CHEST_SIGN,
            "crushing chest pain since the session",
            level=Level.NOW,
            words={"chest": ("chest",), "pain": ("pain", "hurts"), "breathless": ("cannot breathe",)},
            together=[("chest", "pain"), ("breathless",)],
            look_alikes=("can you needle my chest muscles",),
        ),
    ],
    off_topic=("will it rain tomorrow", "who won the match"),
)
PREPARER = Preparer.for_knowledge(KNOWLEDGE)
CODES = frozenset((one.id, name) for one in KNOWLEDGE.red_flags.values() for name in one.words)

BONE, CLOT, COUGH, FEVER, CHEST = (
    RedFlag("bone", Level.BEFORE),
    RedFlag("clot", Level.TODAY),
    RedFlag("clot", Level.NOW),
    RedFlag("fever", Level.TODAY),
    RedFlag("chest", Level.NOW),
)
CALF, SWOLLEN, COUGHING = ("clot", "calf"), ("clot", "swollen"), ("clot", "cough")
NOTHING = Finding(None, frozenset())


def alike(score: float, *best: tuple[RedFlag, float]) -> Resemblance:
    return Resemblance(score, best, to_signs=0.0, to_look_alikes=0.0, meaning=(0.0, 0.0, 0.0))


class Sees(SignClassifier):
    """A stand-in that sees the same in every text, but for those it is told of."""

    def __init__(self, score: float, *best: tuple[RedFlag, float], told: Mapping[str, Resemblance] = {}) -> None:
        self._seen, self._told = alike(score, *best), told

    def judge(self, parts: Sequence[Heard]) -> list[Resemblance]:
        return [self._told.get(part.repaired, self._seen) for part in parts]


def undecided() -> float:
    """Return the score at which a word combination tips the balance, and nothing less does."""
    needed = math.log(THRESHOLD / (1 - THRESHOLD)) - WEIGHTS.constant
    return (needed - WEIGHTS.word_combination / 2) / WEIGHTS.score


CALM, UNDECIDED, SURE = Sees(-9.0), Sees(undecided()), Sees(9.0, (CHEST, 0.5), (CLOT, 0.1))


def examined(text: str, classifier: SignClassifier = UNDECIDED, earlier: Sequence[Idea] = ()) -> Finding:
    return Gate(KNOWLEDGE, PREPARER, classifier).examine(PREPARER.prepare(text), earlier)


# --- the quick look ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        (CHEST_SIGN.upper(), True),
        (OF_TWO_SENTENCES, False),  # no words of a sign; listed as a whole only, which is too much to ask
        ("what does it cost? and my chest realy hurts", True),
        ("my chest is tight. it hurts", True),
        ("my chest does not hurt", False),
        ("does dry needling hurt", False),
        ("", False),
    ],
)
def test_the_quick_look_sees_what_staff_wrote_down_and_nothing_else(text: str, suspected: bool) -> None:
    assert Gate(KNOWLEDGE, PREPARER, CALM).suspects(PREPARER.sentences(text)) is suspected


# --- what staff listed is law -------------------------------------------------------------

LISTED = [(BONE_SIGN, BONE), (CLOT_SIGN, CLOT), (COUGH_SIGN, COUGH), (CHEST_SIGN, CHEST)]


@pytest.mark.parametrize(("sign", "flag"), LISTED)
@pytest.mark.parametrize(
    "frame",
    ["{}", "I ran today.\n{}", "{}\nWhat can I do?", "One thing - {} - and another", "I ran. I ate; {}"],
)
def test_a_listed_sign_alarms_at_its_level_whatever_the_classifier_sees(
    sign: str, flag: RedFlag, frame: str
) -> None:
    assert examined(frame.format(sign), CALM).flag == flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("MY  CALF is swollen and hot", CLOT),
        ("my claf is swolen and hot", CLOT),
        ("I ran.\nhoping on my foot is agony", BONE),
        (OF_TWO_SENTENCES, BONE),
        (OF_TWO_SENTENCES.lower(), BONE),
    ],
)
def test_a_listed_sign_is_known_misspelt_and_of_several_sentences(text: str, flag: RedFlag) -> None:
    assert examined(text, CALM).flag == flag


@pytest.mark.parametrize("text", [LOOK_ALIKE, LOOK_ALIKE.upper(), "my  claf felt hot in the sauna"])
def test_a_listed_look_alike_alone_is_clear_and_leaves_no_ideas_behind(text: str) -> None:
    assert examined(text, SURE) == NOTHING
    assert examined(text, SURE, earlier=[SWOLLEN]) == NOTHING


@pytest.mark.parametrize("more", ["I ran today", "can you needle my chest muscles", "it is bad"])
def test_a_look_alike_does_not_excuse_what_stands_beside_it(more: str) -> None:
    assert examined(f"{LOOK_ALIKE}\n{more}", SURE).flag is not None
    assert examined(f"{more}\n{LOOK_ALIKE}", SURE).flag is not None


@pytest.mark.parametrize("lines", [*permutations([LOOK_ALIKE, CHEST_SIGN, "I ran today"])], ids=" / ".join)
def test_a_sign_beside_a_look_alike_wins(lines: Sequence[str]) -> None:
    assert examined("\n".join(lines), CALM).flag == CHEST


def test_a_text_listed_both_as_a_sign_and_as_a_look_alike_is_a_sign() -> None:
    knowledge = knowledge_base([], [group("clot", CLOT_SIGN), group("sauna", look_alikes=(CLOT_SIGN,))])
    preparer = Preparer.for_knowledge(knowledge)
    gate = Gate(knowledge, preparer, CALM)
    assert gate.examine(preparer.prepare(CLOT_SIGN)).flag == RedFlag("clot", Level.NOW)


# --- word combinations --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("the calf is swollen", CLOT),
        ("swollen, the whole calf", CLOT),
        ("the calf", None),
        ("swollen all over", None),
        ("the shin aches at night", BONE),
        ("calf swollen with a cough", COUGH),
        ("the chest hurts", CHEST),
        ("I cannot breathe", CHEST),
    ],
)
def test_a_word_combination_tips_the_balance(text: str, flag: RedFlag | None) -> None:
    assert examined(text).flag == flag


def test_a_word_combination_alone_is_no_law() -> None:
    """Staff list words with a sign in mind; a text that is nothing like one may well hold them all."""
    assert examined("the calf is swollen", CALM).flag is None


@pytest.mark.parametrize(
    ("text", "ideas"),
    [
        ("the calf is not swollen", {CALF, ("fever", "calf")}),
        ("no swollen calf", set()),
        ("the calf isn't swollen, nor hot", {CALF, ("fever", "calf")}),
        ("no chest pain, never a cough", set()),
        ("the calf was never swollen.\nNo pain, no chest trouble", {CALF, ("fever", "calf")}),
    ],
)
def test_a_denied_sign_is_clear_and_its_ideas_are_not_kept(text: str, ideas: set[Idea]) -> None:
    assert examined(text) == Finding(None, frozenset(ideas))


@pytest.mark.parametrize("text", ["not hot but the calf is swollen", "no pain, my calf is swollen"])
def test_denying_something_else_does_not_clear_a_sign(text: str) -> None:
    assert examined(text).flag == CLOT


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("The calf. Swollen.", CLOT),
        ("Swollen. The calf.", CLOT),
        ("I ran. The calf. Swollen.", CLOT),
        ("The calf. Swollen. I ran.", CLOT),
        ("I ran. The calf. Swollen. I ate.", CLOT),
        ("The calf. I ran. Swollen.", None),
        ("The calf. I ran. I ate. Swollen.", None),
        ("The calf. Not swollen.", None),
        ("The calf swells. Swollen. A cough.", CLOT),
        ("Calf and cough. Swollen.", COUGH),
    ],
)
def test_neighbouring_sentences_add_up_to_a_sign_and_others_do_not(text: str, flag: RedFlag | None) -> None:
    assert examined(text).flag == flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("I ran. I ate. The calf. Swollen.", CLOT),
        ("The calf. Swollen. I ran. I ate.", CLOT),
        ("A cough, swollen and hot. I ran. The chest. Pain.", CHEST),
    ],
)
def test_the_message_as_a_whole_has_the_ideas_of_the_neighbours_that_add_up_to_a_sign(
    text: str, flag: RedFlag
) -> None:
    units = Gate(KNOWLEDGE, PREPARER, UNDECIDED).units(PREPARER.prepare(text))
    assert len(units) == 5
    assert units[-1].part == PREPARER.prepare(text).whole
    assert units[-1].rule_flags == (flag,)


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("The calf. Swollen.", [True, True]),
        ("I ran. The calf. Swollen.", [False, True, True]),
        ("The calf. Swollen. I ran.", [True, False, False]),
        ("I ran. The calf. Swollen. I ate.", [False, True, False, False]),
        ("The calf. I ran. Swollen.", [False, False, False]),
    ],
)
def test_a_sentence_has_the_ideas_of_the_one_after_it_and_the_last_those_of_the_one_before(
    text: str, telling: list[bool]
) -> None:
    *sentences, _ = Gate(KNOWLEDGE, PREPARER, UNDECIDED).units(PREPARER.prepare(text))
    assert [unit.rule_flags == (CLOT,) for unit in sentences] == telling


@pytest.mark.parametrize(("text", "count"), [("", 0), ("The calf.", 1), ("One. Two.", 3), ("One. Two. Three.", 4)])
def test_each_sentence_is_judged_and_several_once_more_together(text: str, count: int) -> None:
    assert len(Gate(KNOWLEDGE, PREPARER, UNDECIDED).units(PREPARER.prepare(text))) == count


@pytest.mark.parametrize(
    ("text", "earlier", "flag"),
    [
        ("it is swollen", [CALF], CLOT),
        ("it is the calf", [SWOLLEN], CLOT),
        ("and now a cough", [CALF, SWOLLEN], COUGH),
        ("I ran. It is swollen. I ate.", [CALF], CLOT),
        ("it is swollen", [], None),
        ("it is swollen", [("fever", "calf")], None),
        ("it is not swollen", [CALF], None),
        ("thanks a lot", [CALF, SWOLLEN, COUGHING], None),
    ],
)
def test_ideas_mentioned_earlier_complete_a_sign_but_are_none_without_a_new_one(
    text: str, earlier: Sequence[Idea], flag: RedFlag | None
) -> None:
    assert examined(text, earlier=earlier).flag == flag


# --- which sign it is ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (f"{BONE_SIGN}\n{CLOT_SIGN}", CLOT),
        (f"{CLOT_SIGN}\n{BONE_SIGN}", CLOT),
        (f"{CLOT_SIGN}\n{CHEST_SIGN}\n{BONE_SIGN}", CHEST),
        (f"{CLOT_SIGN}\nthe chest hurts", CHEST),
        (f"the shin aches at night\n{CLOT_SIGN}", CLOT),
        ("the shin aches at night and the calf is swollen", CLOT),
        ("the calf is swollen, the chest hurts", CHEST),
        ("The chest hurts. I ran. The calf is swollen.", CHEST),
        ("The calf is swollen. I ran. The chest hurts.", CHEST),
    ],
)
def test_the_most_urgent_sign_wins_wherever_it_stands(text: str, flag: RedFlag) -> None:
    assert examined(text).flag == flag


@pytest.mark.parametrize(
    ("best", "flag"),
    [
        ([(CLOT, 0.3), (FEVER, 0.2)], CLOT),
        ([(FEVER, 0.3), (CLOT, 0.2)], FEVER),
        ([(FEVER, 0.3), (CLOT, 0.2), (COUGH, 0.1)], FEVER),
        ([(COUGH, 0.3), (FEVER, 0.2), (CLOT, 0.1)], CLOT),
        ([(CHEST, 0.4), (FEVER, 0.2), (CLOT, 0.1)], FEVER),
        ([(FEVER, -0.1), (CLOT, -0.2)], FEVER),
        ([], CLOT),
    ],
    ids=[
        "clot",
        "fever",
        "fever before both levels of clot",
        "clot by its other level",
        "whose words are there",
        "below nothing",
        "the first written, without a classifier",
    ],
)
def test_of_equally_urgent_groups_that_share_words_the_classifiers_likeliest_comes_first(
    best: Sequence[tuple[RedFlag, float]], flag: RedFlag
) -> None:
    assert examined("the calf is hot", Sees(9.0, *best)).flag == flag


SAYS_CLOT, SAYS_FEVER, SAYS_CHEST = (alike(2.0, (flag, 0.5)) for flag in (CLOT, FEVER, CHEST))


@pytest.mark.parametrize(
    ("sooner", "later", "flag"),
    [
        (SAYS_CLOT, SAYS_FEVER, CLOT),
        (SAYS_FEVER, SAYS_CLOT, FEVER),
        (replace(SAYS_CLOT, score=1.5), SAYS_FEVER, FEVER),
        (SAYS_CLOT, replace(SAYS_FEVER, score=1.5), CLOT),
        (replace(SAYS_CHEST, score=1.5), SAYS_CLOT, CHEST),
        (SAYS_CLOT, replace(SAYS_CHEST, score=1.5), CHEST),
    ],
    ids=["the first", "the other first", "the surer later", "the surer first", "urgent first", "urgent later"],
)
def test_of_equally_urgent_sentences_the_surest_comes_first_and_else_the_one_said_first(
    sooner: Resemblance, later: Resemblance, flag: RedFlag
) -> None:
    assert examined("it is bad\nit is odd", Sees(-9.0, told={"it is bad": sooner, "it is odd": later})).flag == flag


def test_urgency_goes_before_likeliness() -> None:
    assert examined("the calf is hot, the chest hurts", Sees(9.0, (CLOT, 0.9), (CHEST, 0.1))).flag == CHEST


@pytest.mark.parametrize(
    ("best", "flag"),
    [
        ([(BONE, 0.4), (CLOT, 0.3), (CHEST, 0.3)], BONE),
        ([(CLOT, 0.4), (COUGH, 0.4 * _URGENT_SHARE + 0.01)], COUGH),
        ([(CLOT, 0.5), (COUGH, 0.5 * _URGENT_SHARE)], COUGH),
        ([(CLOT, 0.4), (COUGH, 0.4 * _URGENT_SHARE - 0.01)], CLOT),
        ([(CLOT, 0.4), (CHEST, 0.39)], CLOT),
        ([(CLOT, 0.4), (CHEST, 0.39), (COUGH, 0.38)], COUGH),
        ([(COUGH, 0.4), (CLOT, 0.39)], COUGH),
        ([], None),
    ],
    ids=[
        "the likeliest",
        "in doubt a level up",
        "at the share itself",
        "without doubt no level up",
        "another group raises nothing",
        "not only the runner-up raises",
        "never a level down",
        "no flags known",
    ],
)
def test_without_words_of_a_sign_the_classifier_names_it(
    best: Sequence[tuple[RedFlag, float]], flag: RedFlag | None
) -> None:
    assert examined("something is wrong", Sees(9.0, *best)).flag == flag


def test_a_judge_that_failed_counts_as_the_most_urgent() -> None:
    assert RedFlag(None, Level.NOW) == UNKNOWN
    assert max(Level) is Level.NOW


# --- what is given back -------------------------------------------------------------------

NO_WORDS = pytest.mark.parametrize("text", ["", "   ", "\n\n", "…?!", "🦵", "\u200b"])


@NO_WORDS
def test_where_there_are_no_words_there_is_nothing(text: str) -> None:
    assert examined(text, SURE) == NOTHING
    assert examined(text, SURE, earlier=[CALF, SWOLLEN]) == NOTHING


@pytest.mark.parametrize(
    ("text", "ideas"),
    [
        ("my calf", {CALF, ("fever", "calf")}),
        ("The calf. I ran. Swollen.", {CALF, ("fever", "calf"), SWOLLEN}),
        ("I ran. The chest. I ate. A cough. I slept.", {("chest", "chest"), COUGHING}),
        ("I ran.", set()),
    ],
)
def test_the_ideas_of_all_sentences_are_given_back(text: str, ideas: set[Idea]) -> None:
    assert examined(text).ideas == ideas


@pytest.mark.parametrize("text", ["it is swollen", "I ran. Swollen. I ate."])
def test_ideas_mentioned_earlier_are_not_given_back_as_new(text: str) -> None:
    assert examined(text, earlier=[CALF]).ideas == {SWOLLEN}


FRAGMENTS = ["my calf", "swollen", "hot", "not", "no", "chest", "hurts", "cough", ".", ",", "but", "\n", "zebra"]
MIXED = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=12).map(" ".join)


@given(MIXED)
def test_ideas_are_codes_and_never_what_was_typed(text: str) -> None:
    assert examined(text).ideas <= CODES


@given(MIXED, st.lists(st.sampled_from(sorted(CODES)), max_size=4))
def test_what_was_mentioned_earlier_never_calms(text: str, earlier: list[Idea]) -> None:
    alone, later = examined(text).flag, examined(text, earlier=earlier).flag
    assert alone is None or (later is not None and later.level >= alone.level)


@given(MIXED)
def test_knowledge_without_danger_signs_never_alarms(text: str) -> None:
    assert WITHOUT_SIGNS.examine(PREPARER.prepare(text)) == NOTHING


WITHOUT_SIGNS = Gate(replace(KNOWLEDGE, red_flags={}), PREPARER)


# --- with the real classifier and encoder -------------------------------------------------


@pytest.fixture(scope="module")
def preparer(encoder: Encoder) -> Preparer:
    return Preparer.for_knowledge(KNOWLEDGE, encoder)


@pytest.fixture(scope="module")
def gate(preparer: Preparer) -> Gate:
    return Gate(KNOWLEDGE, preparer)


HARMLESS = [
    "does it hurt",
    "I ran ten miles today",
    "when can I go running again",
    "how much is a session",
    "thanks a lot",
    "can you needle my chest muscles",
    LOOK_ALIKE,
    "my calf felt a bit tight after the hills",
    "what are the symptoms of a blood clot",
    "ten years ago my chest hurt, all fine since",
]
DANGERS = [
    (CLOT_SIGN, CLOT),
    (COUGH_SIGN, COUGH),
    (CHEST_SIGN, CHEST),
    (BONE_SIGN, BONE),
    ("my chest pain is crushing and I can't breathe", CHEST),
    ("my lower leg has grown to double its size and is hot", CLOT),
    ("swollen calf and I coughed up blood", COUGH),
    ("my shin hurts at night, even when I rest", BONE),
]
"""Listed signs, and the same in other words."""


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_is_clear(gate: Gate, preparer: Preparer, text: str) -> None:
    assert gate.examine(preparer.prepare(text)).flag is None


@pytest.mark.parametrize(("text", "flag"), DANGERS)
def test_a_sign_alarms_in_its_own_words_and_in_others(
    gate: Gate, preparer: Preparer, text: str, flag: RedFlag
) -> None:
    assert gate.examine(preparer.prepare(text)).flag == flag


@given(st.sampled_from(LISTED), st.text(), st.text())
def test_no_text_around_a_listed_sign_hides_it(
    gate: Gate, preparer: Preparer, listed: tuple[str, RedFlag], before: str, after: str
) -> None:
    sign, flag = listed
    found = gate.examine(preparer.prepare(f"{before}\n{sign}\n{after}")).flag
    assert found is not None
    assert found.level >= flag.level


SENTENCES = st.lists(st.sampled_from(HARMLESS).map(lambda text: f"{text}. "), max_size=4).map("".join)


@given(SENTENCES)
def test_harmless_sentences_do_not_add_up_to_a_sign(gate: Gate, preparer: Preparer, text: str) -> None:
    assert gate.examine(preparer.prepare(text)).flag is None


@given(st.sampled_from(DANGERS), SENTENCES, SENTENCES, st.sampled_from([".", "!", "...", "!!"]))
def test_harmless_sentences_around_a_sign_do_not_hide_it(
    gate: Gate, preparer: Preparer, danger: tuple[str, RedFlag], before: str, after: str, end: str
) -> None:
    """A neighbour's words may make it look more urgent, never less."""
    sign, flag = danger
    found = gate.examine(preparer.prepare(f"{before}{sign}{end} {after}")).flag
    assert found is not None
    assert found.level >= flag.level


@st.composite
def retyped(draw: st.DrawFn) -> tuple[str, str]:
    """Return a text and the same in other letters, blanks and marks at its end."""
    text = draw(st.sampled_from([*HARMLESS, *(sign for sign, _ in DANGERS)]))
    cased = "".join(letter.upper() if draw(st.booleans()) else letter for letter in text)
    blanks = st.sampled_from([" ", "  ", "\t", " \u00a0 "])
    spaced = "".join(draw(blanks) if letter == " " else letter for letter in cased)
    around, mark = st.sampled_from(["", " ", "\n", "  "]), st.sampled_from(["", ".", "!", "?", "…", " !!", "?!"])
    return text, draw(around) + spaced + draw(mark) + draw(around)


@given(retyped())
def test_case_blanks_and_marks_at_the_end_change_no_verdict(
    gate: Gate, preparer: Preparer, texts: tuple[str, str]
) -> None:
    plain, typed = (gate.examine(preparer.prepare(text)).flag for text in texts)
    assert typed == plain
