"""The red-flag gate: a text in; out comes what is done about it, and which danger sign it may tell of.

Most tests let a stand-in say what the classifier sees. How likely a message is to tell of a danger sign they
choose, and compute from the weights what the stand-in must see for it: each promise is tested by itself, and no
new fit of the weights breaks one. The tests about wordings use the real classifier with the real encoder.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.knowledge.model import Level, Signs
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import MOST_WINDOWS, Heard, Preparer
from bot.text.normalise import normalise, words
from bot.text.sentences import split_sentences
from bot.triage.classifier import Resemblance, SignClassifier
from bot.triage.gate import (
    _FEW_WORDS,
    _SURE_GUESS,
    _SURE_OF_SELF_HARM,
    _URGENT_SHARE,
    CLEAR,
    Band,
    Finding,
    Gate,
    Unit,
    evidence,
    probability,
)
from bot.triage.rules import SELF_HARM, UNKNOWN, Idea, RedFlag
from bot.triage.weights import ALARM, MEAN, PROVED_ALARM, SCREENING, TOP, WHOLE
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
        group(
            SELF_HARM,
            "I wish I were not alive",
            level=Level.TODAY,
            words={"end": ("end it",), "life": ("life",), "many": ("too many",), "tablets": ("tablets",)},
            together=[("end", "life")],
            raised=Signs(Level.NOW, ("I took the whole packet",), (("many", "tablets"),)),
        ),
    ],
    off_topic=("will it rain tomorrow", "who won the match"),
)
PREPARER = Preparer.for_knowledge(KNOWLEDGE)
CODES = frozenset((one.id, name) for one in KNOWLEDGE.red_flags.values() for name in one.words)

BONE, CLOT, COUGH, FEVER, CHEST, HARM, HARM_NOW = (
    RedFlag("bone", Level.BEFORE),
    RedFlag("clot", Level.TODAY),
    RedFlag("clot", Level.NOW),
    RedFlag("fever", Level.TODAY),
    RedFlag("chest", Level.NOW),
    RedFlag(SELF_HARM, Level.TODAY),
    RedFlag(SELF_HARM, Level.NOW),
)
FLAGS = [BONE, CLOT, COUGH, FEVER, CHEST, HARM, HARM_NOW]
CALF, SWOLLEN, COUGHING = ("clot", "calf"), ("clot", "swollen"), ("clot", "cough")

CALM, ASKED_ABOUT, IN_DOUBT, SURE = (
    SCREENING / 2,
    (SCREENING + PROVED_ALARM) / 2,
    (PROVED_ALARM + ALARM) / 2,
    (ALARM + 1) / 2,
)
"""How likely a message tells of a danger sign, once per band; ``IN_DOUBT`` it is an alarm where it is proved."""
LITTLE = 1e-6

Best = tuple[tuple[RedFlag, float], ...]
NONE_TOLD: Mapping[str, Resemblance] = {}


def alike(score: float, *best: tuple[RedFlag, float]) -> Resemblance:
    return Resemblance(score, best, to_signs=0.0, to_look_alikes=0.0, meaning=(0.0, 0.0, 0.0))


class Sees(SignClassifier):
    """A stand-in that sees the same in every text, but for those it is told of; ``score`` counts for all."""

    def __init__(
        self, score: float, *best: tuple[RedFlag, float], told: Mapping[str, Resemblance] = NONE_TOLD
    ) -> None:
        self._score, self._seen, self._told = score, alike(0.0, *best), told

    def judge(self, parts: Sequence[Heard]) -> list[Resemblance]:
        seen = [self._told.get(part.repaired, self._seen) for part in parts]
        return [replace(one, score=one.score + self._score) for one in seen]


UNMOVED = Sees(-9.0)


def mended(text: str) -> str:
    return PREPARER.part(text).repaired


def odds(likely: float) -> float:
    return math.log(likely / (1 - likely))


def stand_in(
    text: str,
    likely: float,
    *best: tuple[RedFlag, float],
    earlier: Iterable[Idea] = (),
    told: Mapping[str, Resemblance] = NONE_TOLD,
) -> Sees:
    """Return what must be seen so that ``text``, with its words, cues and length, is as ``likely`` as said."""
    units = Gate(KNOWLEDGE, PREPARER, Sees(0.0, *best, told=told)).units(PREPARER.prepare(text), frozenset(earlier))
    score = 0.0
    if units:
        rest = float(evidence(units) @ np.array((*MEAN, *TOP, *WHOLE)))
        score = (odds(likely) - rest) / (MEAN.score + TOP.score + WHOLE.score)
    return Sees(score, *best, told=told)


def gate_for(text: str, likely: float, *best: tuple[RedFlag, float]) -> Gate:
    return Gate(KNOWLEDGE, PREPARER, stand_in(text, likely, *best))


def examined(
    text: str,
    likely: float = IN_DOUBT,
    *best: tuple[RedFlag, float],
    earlier: Sequence[Idea] = (),
    told: Mapping[str, Resemblance] = NONE_TOLD,
) -> Finding:
    classifier = stand_in(text, likely, *best, earlier=earlier, told=told)
    return Gate(KNOWLEDGE, PREPARER, classifier).examine(PREPARER.prepare(text), earlier)


def proved(text: str, *best: tuple[RedFlag, float], earlier: Sequence[Idea] = ()) -> RedFlag | None:
    """Return the flag that a word combination or a listed sign proves: in doubt only these make an alarm."""
    found = examined(text, IN_DOUBT, *best, earlier=earlier)
    assert found.band is (Band.ALARM if found.proved else Band.SCREENING)
    return found.flag if found.proved else None


@pytest.mark.parametrize("likely", [CALM, ASKED_ABOUT, IN_DOUBT, SURE])
@pytest.mark.parametrize("text", ["something is odd", "Not swollen. My calf. I ran. What if it is a clot?"])
def test_the_stand_in_makes_a_message_as_likely_as_it_is_told_to(text: str, likely: float) -> None:
    units = gate_for(text, likely, (CLOT, 0.3)).units(PREPARER.prepare(text))
    assert probability(units) == pytest.approx(likely)


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
    assert Gate(KNOWLEDGE, PREPARER, UNMOVED).suspects(PREPARER.sentences(text)) is suspected


# --- the bands ----------------------------------------------------------------------------

UNPROVED_TEXT, PROVED_TEXT = "something about me is not right today", "the calf is swollen"
BANDS = [
    (SCREENING - LITTLE, Band.CLEAR, Band.CLEAR),
    (SCREENING + LITTLE, Band.SCREENING, Band.SCREENING),
    (PROVED_ALARM - LITTLE, Band.SCREENING, Band.SCREENING),
    (PROVED_ALARM + LITTLE, Band.SCREENING, Band.ALARM),
    (ALARM - LITTLE, Band.SCREENING, Band.ALARM),
    (ALARM + LITTLE, Band.ALARM, Band.ALARM),
    (1 - LITTLE, Band.ALARM, Band.ALARM),
]
"""How likely it is, and the band without and with a word combination behind it."""


@pytest.mark.parametrize(("likely", "band", "_"), BANDS)
def test_without_proof_the_band_follows_the_likelihood(likely: float, band: Band, _: Band) -> None:
    found = examined(UNPROVED_TEXT, likely, (FEVER, 0.5))
    assert found == Finding(band, None if band is Band.CLEAR else FEVER, frozenset(), proved=False)


@pytest.mark.parametrize(("likely", "_", "band"), BANDS)
def test_where_a_word_combination_stands_behind_it_less_likelihood_is_an_alarm(
    likely: float, _: Band, band: Band
) -> None:
    found = examined(PROVED_TEXT, likely, (FEVER, 0.5))
    assert (found.band, found.flag) == (band, None if band is Band.CLEAR else CLOT)
    assert found.proved is (band is not Band.CLEAR)


@pytest.mark.parametrize(
    ("threshold", "likely", "text", "band"),
    [
        ("SCREENING", SCREENING, UNPROVED_TEXT, Band.SCREENING),
        ("PROVED_ALARM", PROVED_ALARM, PROVED_TEXT, Band.ALARM),
        ("ALARM", ALARM, UNPROVED_TEXT, Band.ALARM),
    ],
)
def test_at_a_threshold_itself_the_band_is_the_more_urgent_one(
    monkeypatch: pytest.MonkeyPatch, threshold: str, likely: float, text: str, band: Band
) -> None:
    utterance, gate = PREPARER.prepare(text), gate_for(text, likely)
    monkeypatch.setattr(f"bot.triage.gate.{threshold}", probability(gate.units(utterance)))
    assert gate.examine(utterance).band is band


def test_an_alarm_is_the_most_urgent_band() -> None:
    assert sorted(Band) == [Band.CLEAR, Band.SCREENING, Band.ALARM]


FEW = " ".join(["zebra"] * _FEW_WORDS)


@pytest.mark.parametrize("text", ["zebra", FEW, FEW.replace(" ", "! "), FEW + "?!"])
@pytest.mark.parametrize("likely", [ASKED_ABOUT, ALARM + LITTLE, 1 - LITTLE])
def test_a_message_of_few_words_is_at_most_asked_about(text: str, likely: float) -> None:
    assert examined(text, likely, (CHEST, 0.9)) == Finding(Band.SCREENING, CHEST, frozenset(), proved=False)


@pytest.mark.parametrize("text", [f"{FEW} zebra", FEW.replace(" ", ". ") + "\nzebra"])
def test_one_word_more_is_an_alarm_however_it_is_split(text: str) -> None:
    assert len(words(PREPARER.prepare(text).whole.repaired)) == _FEW_WORDS + 1
    assert examined(text, ALARM + LITTLE).band is Band.ALARM


def test_few_harmless_words_are_clear() -> None:
    assert examined(FEW, SCREENING - LITTLE) == CLEAR


@pytest.mark.parametrize(("text", "flag"), [("calf swollen", CLOT), ("chest. hurts.", CHEST)])
def test_few_words_that_staff_wrote_down_are_an_alarm(text: str, flag: RedFlag) -> None:
    found = examined(text, PROVED_ALARM + LITTLE)
    assert (found.band, found.flag, found.proved) == (Band.ALARM, flag, True)


def test_a_listed_sign_of_few_words_is_an_alarm() -> None:
    knowledge = knowledge_base([], [group("clot", "numb")])
    preparer = Preparer.for_knowledge(knowledge)
    found = Gate(knowledge, preparer, UNMOVED).examine(preparer.prepare("Numb"))
    assert found == Finding(Band.ALARM, RedFlag("clot", Level.NOW), frozenset(), proved=True)


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
    for likely in (LITTLE, CALM, ASKED_ABOUT, SURE):
        found = examined(frame.format(sign), likely, (HARM_NOW, 0.9))
        assert (found.band, found.flag, found.proved) == (Band.ALARM, flag, True)


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
    found = examined(text, CALM)
    assert (found.band, found.flag, found.proved) == (Band.ALARM, flag, True)


def test_a_listed_sign_is_known_among_more_sentences_than_are_compared() -> None:
    around = ["I ran. I ate."] * MOST_WINDOWS
    text = " ".join([*around, f"{CLOT_SIGN}.", *around, "I ran."])
    found = examined(text, CALM)
    assert (found.band, found.flag, found.proved) == (Band.ALARM, CLOT, True)


@pytest.mark.parametrize("text", [LOOK_ALIKE, LOOK_ALIKE.upper(), "my  claf felt hot in the sauna"])
def test_a_listed_look_alike_alone_is_clear_and_leaves_no_ideas_behind(text: str) -> None:
    assert examined(text, 1 - LITTLE, (CHEST, 0.9)) == CLEAR
    assert examined(text, 1 - LITTLE, (CHEST, 0.9), earlier=[SWOLLEN]) == CLEAR


@pytest.mark.parametrize("more", ["I ran today", "can you needle my chest muscles", "it is bad"])
def test_a_look_alike_does_not_excuse_what_stands_beside_it(more: str) -> None:
    assert examined(f"{LOOK_ALIKE}\n{more}", SURE).band is Band.ALARM
    assert examined(f"{more}\n{LOOK_ALIKE}", SURE).band is Band.ALARM


@pytest.mark.parametrize("lines", [*permutations([LOOK_ALIKE, CHEST_SIGN, "I ran today"])], ids=" / ".join)
def test_a_sign_beside_a_look_alike_wins(lines: Sequence[str]) -> None:
    found = examined("\n".join(lines), CALM)
    assert (found.band, found.flag) == (Band.ALARM, CHEST)


def test_a_text_listed_both_as_a_sign_and_as_a_look_alike_is_a_sign() -> None:
    knowledge = knowledge_base([], [group("clot", CLOT_SIGN), group("sauna", look_alikes=(CLOT_SIGN,))])
    preparer = Preparer.for_knowledge(knowledge)
    found = Gate(knowledge, preparer, UNMOVED).examine(preparer.prepare(CLOT_SIGN))
    assert (found.band, found.flag) == (Band.ALARM, RedFlag("clot", Level.NOW))


FRAGMENTS = ["my calf", "swollen", "hot", "not", "no", "chest", "hurts", "cough", ".", ",", "but", "\n", "zebra"]
MIXED = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=12).map(" ".join)


ENDS = st.sampled_from(["", ".", "!", "?!", "...", " 😭"])


@given(st.lists(MIXED | st.just(LOOK_ALIKE) | st.text(), max_size=6), st.sampled_from(LISTED), ENDS, st.data())
def test_a_listed_sign_as_a_further_sentence_makes_any_text_an_alarm_at_least_at_its_level(
    lines: list[str], listed: tuple[str, RedFlag], end: str, data: st.DataObject
) -> None:
    sign, flag = listed
    at = data.draw(st.integers(0, len(lines)))
    text = "\n".join([*lines[:at], sign + end, *lines[at:]])
    assume(len(split_sentences(text)) <= MOST_WINDOWS)  # more are judged in groups
    found = Gate(KNOWLEDGE, PREPARER, UNMOVED).examine(PREPARER.prepare(text))
    assert found.band is Band.ALARM
    assert found.proved
    assert found.flag is not None
    assert found.flag.level >= flag.level


@pytest.mark.parametrize(
    "frame", ["{}.", "{}!!", "{} 😭", "{}\n😭", "😭\n{}", "Hi. {}. Bye.", "Hi! {}...", "I ran today\n{} :("]
)
def test_marks_and_faces_around_a_listed_sign_do_not_hide_it(frame: str) -> None:
    found = examined(frame.format(CHEST_SIGN), CALM)
    assert (found.band, found.flag) == (Band.ALARM, CHEST)


@pytest.mark.parametrize("frame", ["{}?", "{}!", "{} 🦵", "\n{}.\n"])
def test_marks_and_faces_around_a_listed_look_alike_do_not_make_it_a_sign(frame: str) -> None:
    assert examined(frame.format(LOOK_ALIKE), SURE) == CLEAR


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
def test_a_word_combination_is_proof(text: str, flag: RedFlag | None) -> None:
    assert proved(text) == flag


@pytest.mark.parametrize("text", ["the calf is swollen", "the chest hurts", "I ran. The calf. Swollen."])
def test_a_word_combination_alone_is_no_law(text: str) -> None:
    """Staff list words with a sign in mind; a text that is nothing like one may well hold them all."""
    found = examined(text, CALM)
    assert (found.band, found.flag, found.proved) == (Band.CLEAR, None, False)


@pytest.mark.parametrize(
    ("text", "ideas"),
    [
        ("the calf is not swollen", {CALF, ("fever", "calf")}),
        ("no swollen calf", set()),
        ("the calf isn't swollen, nor hot", {CALF, ("fever", "calf")}),
        ("no chest pain, never a cough", set()),
        ("the calf was never swollen.\nNo pain, no chest trouble", {CALF, ("fever", "calf")}),
        ("I never wanted to end it, I love life", {(SELF_HARM, "life")}),
    ],
)
def test_a_denied_sign_proves_nothing_and_its_ideas_are_not_kept(text: str, ideas: set[Idea]) -> None:
    assert examined(text) == Finding(Band.SCREENING, UNKNOWN, frozenset(ideas), proved=False)


@pytest.mark.parametrize("text", ["not hot but the calf is swollen", "no pain, my calf is swollen"])
def test_denying_something_else_does_not_clear_a_sign(text: str) -> None:
    assert proved(text) == CLOT


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
    assert proved(text) == flag


def units_of(text: str) -> list[Unit]:
    return Gate(KNOWLEDGE, PREPARER, UNMOVED).units(PREPARER.prepare(text))


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("I ran. I ate. The calf. Swollen.", [CLOT]),
        ("The calf. Swollen. I ran. I ate.", [CLOT]),
        ("A cough, swollen and hot. I ran. The chest. Pain.", [CHEST]),
        ("The chest. Pain. I ran. The calf is swollen with a cough.", [CLOT, COUGH]),
        ("The calf. I ran. I ate. Swollen.", []),
    ],
)
def test_the_message_as_a_whole_has_the_ideas_of_the_neighbours_that_add_up_to_most(
    text: str, flags: list[RedFlag]
) -> None:
    units = units_of(text)
    assert len(units) == len(PREPARER.sentences(text)) + 1
    assert units[-1].part == PREPARER.prepare(text).whole
    assert [*units[-1].rule_flags] == flags


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
    *sentences, _ = units_of(text)
    assert [unit.rule_flags == (CLOT,) for unit in sentences] == telling


@pytest.mark.parametrize(("text", "count"), [("", 0), ("The calf.", 1), ("One. Two.", 3), ("One. Two. Three.", 4)])
def test_each_sentence_is_judged_and_several_once_more_together(text: str, count: int) -> None:
    assert len(units_of(text)) == count


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
    assert proved(text, earlier=earlier) == flag


# --- self-harm ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("I took too many tablets", []),
        ("too many tablets", []),
        ("It was a fine day. I ran. I took tablets. Far too many. What does a session cost?", []),
        ("too many", [(SELF_HARM, "tablets")]),
    ],
)
def test_self_harm_at_now_in_the_words_of_the_staff_is_an_alarm_however_unlikely(
    text: str, earlier: Sequence[Idea]
) -> None:
    found = examined(text, LITTLE, (CHEST, 0.9), earlier=earlier)
    assert (found.band, found.flag, found.proved) == (Band.ALARM, HARM_NOW, True)


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("I did not take too many tablets", ()),
        ("please let us end it, life is short", ()),
        (UNPROVED_TEXT, ((HARM_NOW, 0.9),)),
        ("the chest hurts", ((HARM_NOW, 0.9),)),
    ],
    ids=["denied", "a milder level", "a guess", "another group"],
)
def test_nothing_less_is_an_alarm_however_unlikely(text: str, best: Best) -> None:
    assert examined(text, CALM, *best).band is Band.CLEAR


# --- which sign it is, where it is proved -------------------------------------------------


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
def test_the_most_urgent_proved_sign_wins_wherever_it_stands(text: str, flag: RedFlag) -> None:
    assert proved(text) == flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [("the shin aches at night", BONE), ("I ran.\nMy calf is hot", CLOT), (f"I ran\n{CLOT_SIGN}", CLOT)],
)
@pytest.mark.parametrize("likely", [ASKED_ABOUT, IN_DOUBT, SURE])
def test_a_proved_sign_outranks_a_more_urgent_guess(text: str, flag: RedFlag, likely: float) -> None:
    found = examined(text, likely, (CHEST, 0.9), (HARM_NOW, 0.8), (CLOT, 0.1))
    assert (found.flag, found.proved) == (flag, True)


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
    assert proved("the calf is hot", *best) == flag


@pytest.mark.parametrize("lines", [("It went odd.", "My calf is hot."), ("My calf is hot.", "It went odd.")])
def test_likeliest_is_the_group_that_any_sentence_or_the_whole_is_most_like(lines: Sequence[str]) -> None:
    text = " ".join(lines)
    for seen_in in (*lines, text):
        told = {mended(seen_in): alike(0.0, (FEVER, 0.3), (CLOT, 0.0))}
        assert examined(text, IN_DOUBT, (CLOT, 0.2), (FEVER, 0.1), told=told).flag == FEVER
    assert examined(text, IN_DOUBT, (CLOT, 0.2), (FEVER, 0.1)).flag == CLOT


def test_urgency_goes_before_likeliness() -> None:
    assert proved("the calf is hot, the chest hurts", (CLOT, 0.9), (CHEST, 0.1)) == CHEST


# --- which sign it is, where it is a guess ------------------------------------------------

ODD = "it has all gone wrong with me"


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
        ([(BONE, _SURE_GUESS)], BONE),
        ([(BONE, _SURE_GUESS - LITTLE), (CHEST, _SURE_GUESS - LITTLE)], UNKNOWN),
        ([(HARM, _SURE_OF_SELF_HARM)], HARM),
        ([(HARM, _SURE_OF_SELF_HARM), (HARM_NOW, 0.3)], HARM_NOW),
        ([(HARM, _SURE_OF_SELF_HARM - LITTLE)], UNKNOWN),
        ([(HARM_NOW, _SURE_OF_SELF_HARM - LITTLE), (CHEST, 0.3)], UNKNOWN),
        ([(CHEST, _SURE_OF_SELF_HARM - LITTLE), (HARM_NOW, 0.3)], CHEST),
        ([(BONE, -0.1)], UNKNOWN),
        ([], UNKNOWN),
    ],
    ids=[
        "the likeliest",
        "in doubt a level up",
        "at the share itself",
        "without doubt no level up",
        "another group raises nothing",
        "not only the runner-up raises",
        "never a level down",
        "just sure enough",
        "not sure enough of any",
        "just sure enough of self-harm",
        "self-harm, in doubt a level up",
        "not sure enough of self-harm",
        "nor of what is less likely than it",
        "self-harm second",
        "unlike all",
        "no flags known",
    ],
)
@pytest.mark.parametrize(("likely", "band"), [(ASKED_ABOUT, Band.SCREENING), (SURE, Band.ALARM)])
def test_without_words_of_a_sign_the_classifier_names_it_if_it_is_sure_enough(
    best: Sequence[tuple[RedFlag, float]], flag: RedFlag, likely: float, band: Band
) -> None:
    assert examined(ODD, likely, *best) == Finding(band, flag, frozenset(), proved=False)


def test_what_could_not_be_judged_or_named_counts_as_the_most_urgent() -> None:
    assert RedFlag(None, Level.NOW) == UNKNOWN
    assert max(Level) is Level.NOW


def test_self_harm_takes_more_than_another_group_to_be_guessed() -> None:
    assert _SURE_OF_SELF_HARM > _SURE_GUESS


SURER = 1.0
"""A score by which a sentence is the most suspicious one."""
SENTENCES_SEEN = [
    (alike(0.0, (CLOT, 0.6)), alike(SURER, (FEVER, 0.5)), CLOT),
    (alike(0.0, (CLOT, 0.5)), alike(SURER, (FEVER, 0.6)), FEVER),
    (alike(0.0, (CLOT, 0.5), (FEVER, 0.4)), alike(SURER, (BONE, 0.6), (FEVER, 0.3)), FEVER),
    (alike(0.0, (CLOT, 0.3)), alike(SURER, (CLOT, 0.2)), CLOT),
    (alike(0.0, (CLOT, 0.3)), alike(SURER, (CLOT, 0.19)), UNKNOWN),
    (alike(0.0, (CLOT, 0.49)), alike(SURER), UNKNOWN),
    (alike(0.0), alike(SURER, (CLOT, 0.5)), CLOT),
    (alike(0.0, (CLOT, 0.5)), alike(SURER, (COUGH, 0.5)), COUGH),
]
"""What is seen in the whole, in the most suspicious sentence, and the guess."""


@pytest.mark.parametrize(("whole", "top", "flag"), SENTENCES_SEEN)
@pytest.mark.parametrize("text", ["It is bad. It is odd. I ran.", "I ran. It is odd. It is bad."])
def test_a_guess_is_half_the_whole_and_half_the_most_suspicious_sentence_and_no_other(
    whole: Resemblance, top: Resemblance, flag: RedFlag, text: str
) -> None:
    told = {mended(text): whole, mended("It is odd."): top, mended("It is bad."): alike(-SURER, (CHEST, 0.9))}
    assert examined(text, SURE, told=told).flag == flag


GUESSES = st.dictionaries(st.sampled_from(FLAGS), st.floats(-1, 1), max_size=len(FLAGS))


@given(GUESSES, GUESSES, GUESSES)
def test_a_weak_guess_is_never_named(
    whole: dict[RedFlag, float], one: dict[RedFlag, float], other: dict[RedFlag, float]
) -> None:
    """Least of all self-harm."""
    told = {
        mended(text): alike(0.0, *sorted(scores.items(), key=lambda item: -item[1]))
        for text, scores in (("It is bad. It is odd.", whole), ("It is bad.", one), ("It is odd.", other))
    }
    flag = examined("It is bad. It is odd.", ASKED_ABOUT, told=told).flag
    assert flag is not None
    if flag.group is None:
        assert flag == UNKNOWN
        return
    needed = _SURE_OF_SELF_HARM if flag.group == SELF_HARM else _SURE_GUESS
    own = [known for known in FLAGS if known.group == flag.group]
    scores = [(seen.get(known, 0.0) + whole.get(known, 0.0)) / 2 for seen in (one, other) for known in own]
    assert max(scores) >= needed - LITTLE


# --- the message as one -------------------------------------------------------------------

BESIDE = ["my knee is odd.", "it went off on monday.", "i like hills.", "the weather was fine."]


@given(
    st.permutations(BESIDE),
    st.lists(st.integers(-10, 10).map(lambda tenths: tenths / 10), min_size=4, max_size=4, unique=True),
    st.sampled_from([CALM, ASKED_ABOUT, IN_DOUBT, SURE]),
)
def test_without_words_of_a_sign_the_order_of_sentences_decides_nothing(
    order: list[str], scores: list[float], likely: float
) -> None:
    told = {mended(text): alike(score, (CLOT, score)) for text, score in zip(BESIDE, scores, strict=True)}
    gate = Gate(KNOWLEDGE, PREPARER, stand_in(" ".join(BESIDE), likely, (CHEST, 0.2), told=told))
    one, other = (PREPARER.prepare(" ".join(lines)) for lines in (BESIDE, order))
    assert probability(gate.units(other)) == pytest.approx(probability(gate.units(one)))
    assert gate.examine(other) == gate.examine(one)


@pytest.mark.parametrize(
    "lines", [*permutations(["I ran today", "my chest hurts", "I like hills"])], ids=" / ".join
)
def test_a_proved_sign_is_the_same_in_any_order_of_sentences(lines: Sequence[str]) -> None:
    assert proved("\n".join(lines)) == CHEST


def test_a_sentence_is_not_judged_without_the_others() -> None:
    """What is asked about when it stands alone is clear in a message that is otherwise harmless."""
    suspicious, harmless = "my leg feels rather odd to me", "i ran on hills"
    told = {mended(text): alike(-9.0) for text in (harmless, f"{suspicious}\n{harmless}")}
    gate = Gate(KNOWLEDGE, PREPARER, stand_in(suspicious, SCREENING + LITTLE, told=told))
    assert gate.examine(PREPARER.prepare(suspicious)).band is Band.SCREENING
    assert gate.examine(PREPARER.prepare(f"{suspicious}\n{harmless}")).band is Band.CLEAR


def test_a_harmless_looking_sentence_is_not_judged_without_the_whole() -> None:
    """Sentences that are nothing each may be a sign together."""
    first, second = "it was the left one", "then the right one went too"
    told = {mended(f"{first}\n{second}"): alike(9.0)}
    gate = Gate(KNOWLEDGE, PREPARER, stand_in(first, SCREENING - LITTLE, told=told))
    assert gate.examine(PREPARER.prepare(first)).band is Band.CLEAR
    assert gate.examine(PREPARER.prepare(f"{first}\n{second}")).band is Band.ALARM


# --- what is given back -------------------------------------------------------------------

NO_WORDS = pytest.mark.parametrize("text", ["", "   ", "\n\n", "…?!", "🦵", "\u200b"])


@NO_WORDS
def test_where_there_are_no_words_there_is_nothing(text: str) -> None:
    assert examined(text, SURE) == CLEAR
    assert examined(text, SURE, earlier=[CALF, SWOLLEN]) == CLEAR


def test_clear_is_no_flag_no_ideas_and_no_proof() -> None:
    assert Finding(Band.CLEAR, None, frozenset(), proved=False) == CLEAR


@pytest.mark.parametrize(
    ("text", "ideas"),
    [
        ("my calf", {CALF, ("fever", "calf")}),
        ("The calf. I ran. Swollen.", {CALF, ("fever", "calf"), SWOLLEN}),
        ("I ran. The chest. I ate. A cough. I slept.", {("chest", "chest"), COUGHING}),
        ("I ran.", set()),
    ],
)
@pytest.mark.parametrize("likely", [CALM, ASKED_ABOUT, SURE])
def test_the_ideas_of_all_sentences_are_given_back_in_every_band(
    text: str, ideas: set[Idea], likely: float
) -> None:
    assert examined(text, likely).ideas == ideas


@pytest.mark.parametrize("text", ["it is swollen", "I ran. Swollen. I ate."])
def test_ideas_mentioned_earlier_are_not_given_back_as_new(text: str) -> None:
    assert examined(text, earlier=[CALF]).ideas == {SWOLLEN}


LIKELY = st.floats(LITTLE, 1 - LITTLE)


@given(MIXED, LIKELY)
def test_ideas_are_codes_and_never_what_was_typed(text: str, likely: float) -> None:
    assert examined(text, likely).ideas <= CODES


@given(MIXED, LIKELY, GUESSES)
def test_a_flag_is_given_in_every_band_but_the_clear_one(
    text: str, likely: float, best: dict[RedFlag, float]
) -> None:
    found = examined(text, likely, *sorted(best.items(), key=lambda item: -item[1]))
    assert (found.flag is None) == (found.band is Band.CLEAR)
    assert not (found.proved and found.band is Band.CLEAR)


EARLIER = st.lists(st.sampled_from(sorted(CODES)), max_size=4)


@given(MIXED, EARLIER)
def test_what_was_mentioned_earlier_never_takes_a_proof_away(text: str, earlier: list[Idea]) -> None:
    gate, utterance = Gate(KNOWLEDGE, PREPARER, UNMOVED), PREPARER.prepare(text)
    for alone, later in zip(gate.units(utterance), gate.units(utterance, frozenset(earlier)), strict=True):
        assert {*alone.rule_flags} <= {*later.rule_flags}


@given(MIXED.map(lambda text: " ".join(words(normalise(text)))), EARLIER, LIKELY)
def test_what_was_mentioned_earlier_never_calms_a_sentence(text: str, earlier: list[Idea], likely: float) -> None:
    gate, utterance = gate_for(text, likely), PREPARER.prepare(text)
    alone, later = gate.examine(utterance), gate.examine(utterance, earlier)
    assert later.band >= alone.band
    assert not alone.proved or later.proved


@given(MIXED)
def test_knowledge_without_danger_signs_never_alarms(text: str) -> None:
    assert WITHOUT_SIGNS.examine(PREPARER.prepare(text)) == CLEAR


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
    assert gate.examine(preparer.prepare(text)).band is Band.CLEAR


@pytest.mark.parametrize(("text", "flag"), DANGERS)
def test_a_sign_alarms_in_its_own_words_and_in_others(
    gate: Gate, preparer: Preparer, text: str, flag: RedFlag
) -> None:
    found = gate.examine(preparer.prepare(text))
    assert (found.band, found.flag) == (Band.ALARM, flag)


@given(st.sampled_from(LISTED), st.text(), st.text())
def test_no_text_around_a_listed_sign_hides_it(
    gate: Gate, preparer: Preparer, listed: tuple[str, RedFlag], before: str, after: str
) -> None:
    sign, flag = listed
    found = gate.examine(preparer.prepare(f"{before}\n{sign}\n{after}"))
    assert found.band is Band.ALARM
    assert found.flag is not None
    assert found.flag.level >= flag.level


def some_of(texts: Sequence[str], at_most: int) -> st.SearchStrategy[str]:
    """Return messages of up to so many sentences."""
    return st.lists(st.sampled_from(texts).map(lambda text: f"{text}. "), max_size=at_most).map("".join)


A_FEW = some_of(HARMLESS, 2)


@settings(max_examples=50)
@given(some_of([text for text in HARMLESS if text != LOOK_ALIKE], 4))
def test_harmless_sentences_do_not_add_up_to_an_alarm(gate: Gate, preparer: Preparer, text: str) -> None:
    """A look-alike holds the words of a sign: with more beside it the weights decide."""
    assert gate.examine(preparer.prepare(text)).band is not Band.ALARM


@settings(max_examples=50)
@given(st.sampled_from(DANGERS), A_FEW, A_FEW, st.sampled_from([".", "!", "...", "!!"]))
def test_harmless_sentences_around_a_sign_do_not_hide_it(
    gate: Gate, preparer: Preparer, danger: tuple[str, RedFlag], before: str, after: str, end: str
) -> None:
    """A neighbour's words may make it look more urgent, never less."""
    sign, flag = danger
    found = gate.examine(preparer.prepare(f"{before}{sign}{end} {after}"))
    assert found.band is not Band.CLEAR
    assert found.flag is not None
    assert found.flag.level >= flag.level


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
    plain, typed = (gate.examine(preparer.prepare(text)) for text in texts)
    assert (typed.band, typed.flag) == (plain.band, plain.flag)


MESSAGES = (
    CLOT_SIGN,
    LOOK_ALIKE,
    "does it hurt",
    f"Hello. {CLOT_SIGN}. And the price?",
    "",
    "mijn borst doet pijn",
)


def test_messages_looked_at_together_get_what_each_gets_alone() -> None:
    gate = Gate(KNOWLEDGE, PREPARER)
    together = gate.examine_all(PREPARER.compared([PREPARER.said(text) for text in MESSAGES]))
    assert together == [gate.examine(PREPARER.prepare(text)) for text in MESSAGES]
    assert {found.band for found in together} >= {Band.ALARM, Band.CLEAR}
    assert gate.examine_all([]) == []


def test_what_is_listed_is_known_without_weighing_and_nothing_else_is() -> None:
    class Unasked(SignClassifier):
        def __init__(self) -> None:
            """Learn nothing."""

        def judge(self, parts: Sequence[Heard]) -> list[Resemblance]:
            raise AssertionError("weighed")

    gate = Gate(KNOWLEDGE, PREPARER, Unasked())
    found = gate.listed(PREPARER.said(f"Hello! {CLOT_SIGN}."))
    assert found is not None and found.flag is not None
    assert (found.band, found.flag.group, found.proved) == (Band.ALARM, "clot", True)
    assert gate.listed(PREPARER.said(LOOK_ALIKE)) == CLEAR
    assert gate.listed(PREPARER.said("does it hurt")) is None
