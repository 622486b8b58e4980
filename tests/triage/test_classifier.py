"""What a text resembles: which danger sign, and how much more a sign than not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import bot.triage.classifier
from bot.knowledge.model import Entry, KnowledgeBase, Level, RedFlagGroup, Signs, Status
from bot.text.likeness.arrays import Floats, Rows
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.phrasebook import Likeness, Phrasebook
from bot.text.likeness.utterance import Heard, Preparer
from bot.text.normalise import Normalised
from bot.triage.classifier import Resemblance, SignClassifier
from bot.triage.rules import RedFlag
from tests.support.model import entry, group, knowledge_base

ENTRIES = [
    entry("hurt", "does dry needling hurt", "is it painful", "how sore will I be afterwards"),
    entry("run", "when may I go running again", "can I run the next day"),
    entry("cost", "what does a session cost", "price list please", menu="practical"),
]
KNOWLEDGE = knowledge_base(
    ENTRIES,
    [
        group(
            "chest",
            "my chest hurts and I cannot breathe",
            "crushing chest pain since the session",
            "short of breath after needling",
            look_alikes=("can you needle my chest muscles", "out of breath on hills as always"),
        ),
        group(
            "clot",
            "my calf is swollen and hot",
            "one lower leg has grown to twice its size",
            "my leg is puffy, warm and sore",
            level=Level.TODAY,
            raised=Signs(Level.NOW, ("my calf is swollen and I cough blood",)),
            look_alikes=("my calf felt hot in the sauna",),
        ),
        group("bone", "my shin aches at night even at rest", "hopping on my foot is agony", level=Level.BEFORE),
    ],
    off_topic=("will it rain tomorrow", "who won the match"),
)
CHEST, CLOT, COUGH, BONE = (
    RedFlag("chest", Level.NOW),
    RedFlag("clot", Level.TODAY),
    RedFlag("clot", Level.NOW),
    RedFlag("bone", Level.BEFORE),
)
NOTHING = Resemblance(-1.0, (), 0.0, 0.0, (0.0, 0.0, 0.0))
PLAIN = Preparer.for_knowledge(KNOWLEDGE)
PLAIN_CLASSIFIER = SignClassifier.for_knowledge(KNOWLEDGE, PLAIN)


@pytest.fixture(scope="module")
def preparer(encoder: Encoder) -> Preparer:
    return Preparer.for_knowledge(KNOWLEDGE, encoder)


@pytest.fixture(scope="module")
def classifier(preparer: Preparer) -> SignClassifier:
    return SignClassifier.for_knowledge(KNOWLEDGE, preparer)


def seen(classifier: SignClassifier, preparer: Preparer, text: str) -> Resemblance:
    return classifier.judge([preparer.prepare(text).whole])[0]


def seen_plainly(text: str) -> Resemblance:
    return seen(PLAIN_CLASSIFIER, PLAIN, text)


# --- what it learned ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("a crushing weight on my chest", CHEST),
        ("I'm struggling for air", CHEST),
        ("gasping and my ribs are tight", CHEST),
        ("my lower leg doubled in size overnight", CLOT),
        ("the whole leg is warm and fat", CLOT),
        ("swollen calf, and there was blood when I coughed", COUGH),
        ("shin pain wakes me in bed", BONE),
        ("I can't hop, it is too painful", BONE),
    ],
)
def test_a_sign_in_other_words_resembles_its_own_flag_most(
    classifier: SignClassifier, preparer: Preparer, text: str, flag: RedFlag
) -> None:
    assert seen(classifier, preparer, text).best[0][0] == flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("chest pain, crushing", CHEST),
        ("breath is short", CHEST),
        ("a hot swollen calf", CLOT),
        ("blood when I cough, swollen calf", COUGH),
        ("aching shin at night", BONE),
    ],
)
def test_without_an_encoder_the_words_alone_tell_the_flags_apart(text: str, flag: RedFlag) -> None:
    assert seen_plainly(text).best[0][0] == flag


@pytest.mark.parametrize(
    ("sign", "harmless"),
    [
        ("my chest hurts and I cannot breathe", "can you needle my chest muscles"),
        ("my calf is swollen and hot", "my calf felt hot in the sauna"),
        ("a crushing weight on my chest", "how sore will my chest be afterwards"),
        ("my lower leg doubled in size overnight", "can I run on my leg the next day"),
        ("hopping on my foot is agony", "who won the match on foot"),
    ],
)
def test_a_sign_scores_above_what_only_shares_its_words(
    classifier: SignClassifier, preparer: Preparer, sign: str, harmless: str
) -> None:
    assert seen(classifier, preparer, sign).score > seen(classifier, preparer, harmless).score
    assert seen_plainly(sign).score > seen_plainly(harmless).score


@pytest.mark.parametrize(
    "harmless", ["does dry needling hurt", "will it rain tomorrow", "my calf felt hot in the sauna"]
)
def test_phrasings_off_topic_examples_and_look_alikes_are_no_signs(
    classifier: SignClassifier, preparer: Preparer, harmless: str
) -> None:
    assert seen(classifier, preparer, harmless).score < 0
    assert seen_plainly(harmless).score < 0


@pytest.mark.parametrize(
    "knowledge",
    [
        knowledge_base([entry("weather", "will it rain tomorrow")], [group("clot", "my calf is swollen")]),
        knowledge_base([], [group("clot", "my calf is swollen")], off_topic=("will it rain tomorrow",)),
    ],
    ids=["phrasing", "off topic"],
)
def test_phrasings_and_off_topic_examples_are_the_harmless_texts(
    encoder: Encoder, knowledge: KnowledgeBase
) -> None:
    preparer = Preparer.for_knowledge(knowledge, encoder)
    found = seen(SignClassifier.for_knowledge(knowledge, preparer), preparer, "will it rain tomorrow")
    assert found.meaning[2] == pytest.approx(1, abs=1e-3)
    assert found.score < 0


def test_a_draft_teaches_nothing() -> None:
    draft = entry("draft", "my calf is swollen and hot", "crushing chest pain", status=Status.DRAFT)
    knowledge = replace(KNOWLEDGE, entries={**KNOWLEDGE.entries, "draft": draft})
    preparer = Preparer.for_knowledge(knowledge)
    text = "a hot swollen calf"
    assert seen(SignClassifier.for_knowledge(knowledge, preparer), preparer, text) == seen_plainly(text)


def test_what_was_fitted_at_an_earlier_start_judges_alike(tmp_path: Path) -> None:
    for _ in range(2):
        preparer = Preparer.for_knowledge(KNOWLEDGE, cache=tmp_path)
        assert SignClassifier.for_knowledge(KNOWLEDGE, preparer).judge(
            PLAIN.prepare("a hot swollen calf").sentences
        ) == [seen_plainly("a hot swollen calf")]


# --- knowledge of odd shapes --------------------------------------------------------------

BARE = group("clot", "my calf is swollen")


@pytest.mark.parametrize(
    ("entries", "groups"),
    [([], []), (ENTRIES, []), (ENTRIES, [group("clot")]), (ENTRIES, [group("clot", look_alikes=("my calf",))])],
    ids=["nothing", "no groups", "a group without messages", "a group of look-alikes only"],
)
def test_without_signs_there_are_no_flags_and_nothing_looks_like_one(
    entries: Sequence[Entry], groups: Sequence[RedFlagGroup]
) -> None:
    knowledge = knowledge_base(entries, groups)
    preparer = Preparer.for_knowledge(knowledge)
    utterance = preparer.prepare("My calf is swollen. It is hot.")
    classifier = SignClassifier.for_knowledge(knowledge, preparer)
    assert classifier.judge(utterance.sentences) == [NOTHING, NOTHING]
    assert classifier.judge([]) == []


@pytest.mark.parametrize(
    "knowledge",
    [
        knowledge_base([], [BARE]),
        knowledge_base(ENTRIES, [BARE]),
        knowledge_base([], [group("clot", "my calf is swollen", look_alikes=("a look alike",))]),
        knowledge_base([], [group("clot", "my calf is swollen", "🦵", look_alikes=("?",))]),
    ],
    ids=["one sign alone", "no look-alikes", "no harmless phrasings", "messages without words"],
)
def test_a_listed_sign_is_seen_in_knowledge_of_any_shape(encoder: Encoder, knowledge: KnowledgeBase) -> None:
    for preparer in (Preparer.for_knowledge(knowledge), Preparer.for_knowledge(knowledge, encoder)):
        found = seen(SignClassifier.for_knowledge(knowledge, preparer), preparer, "my calf is swollen")
        assert found.best[0][0] == RedFlag("clot", Level.NOW)
        assert found.score > 0


def test_a_text_listed_both_as_a_sign_and_as_harmless_is_rather_a_sign() -> None:
    knowledge = knowledge_base([entry("calf", "my calf is swollen")], [BARE])
    preparer = Preparer.for_knowledge(knowledge)
    assert seen(SignClassifier.for_knowledge(knowledge, preparer), preparer, "my calf is swollen").score > 0


# --- what it tells ------------------------------------------------------------------------

WORDS = ["my", "calf", "chest", "is", "hot", "swollen", "needle", "run", "hurts", "cannot"]
TEXTS = st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join)


@given(TEXTS)
def test_every_flag_is_scored_once_the_best_first(text: str) -> None:
    best = seen_plainly(text).best
    assert {flag for flag, _ in best} == {CHEST, CLOT, COUGH, BONE}
    assert len(best) == 4
    scores = [score for _, score in best]
    assert scores == sorted(scores, reverse=True)


@given(TEXTS)
def test_likeness_in_words_is_a_share_and_without_an_encoder_meaning_is_nothing(text: str) -> None:
    found = seen_plainly(text)
    assert -1e-6 <= found.to_signs <= 1 + 1e-6
    assert -1e-6 <= found.to_look_alikes <= 1 + 1e-6
    assert found.meaning == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("crushing chest pain since the session", 0),
        ("my chest hurts and I cannot breathe", 0),
        ("can you needle my chest muscles", 1),
        ("what does a session cost", 2),
    ],
)
def test_with_an_encoder_a_text_is_nearest_in_meaning_to_its_own_kind(
    classifier: SignClassifier, preparer: Preparer, text: str, nearest: int
) -> None:
    meaning = seen(classifier, preparer, text).meaning
    assert int(np.argmax(meaning)) == nearest


def test_each_part_is_judged_for_itself_in_its_order() -> None:
    parts = PLAIN.prepare("What does it cost? My calf is swollen and hot. My chest hurts.").sentences
    together = PLAIN_CLASSIFIER.judge(parts)
    assert together == [PLAIN_CLASSIFIER.judge([part])[0] for part in parts]
    assert [found.best[0][0] for found in together[1:]] == [CLOT, CHEST]
    assert PLAIN_CLASSIFIER.judge([]) == []


# --- the nearest three, and which harmless phrasings are learned from ---------------------

PHRASES = [Normalised(f"phrase {letter}") for letter in "abcdefghij"]


def rows(*numbers: int) -> Rows:
    return np.array(numbers, dtype=np.int64)


def heard(similarities: Sequence[float], cosines: Sequence[float] | None = None) -> Heard:
    """Return a text with these similarities to the first of ``PHRASES``, none to the others."""

    def filled(values: Sequence[float]) -> Floats:
        return np.array([*values, *[0.0] * (len(PHRASES) - len(values))], dtype=np.float32)

    text = Normalised("text")
    return Heard(text, text, Likeness(filled(similarities), None if cosines is None else filled(cosines)))


@pytest.mark.parametrize(
    ("similarities", "mean"),
    [
        ([0.5], 0.5),
        ([0.25, 0.75], 0.5),
        ([0.25, 0.5, 0.75], 0.5),
        ([0.25, 0.0, 0.5, 0.75, 0.125], 0.5),
        ([0.0, 0.0, 1.0, 0.0], 1 / 3),
    ],
    ids=["one", "two", "three", "five", "one of four"],
)
def test_nearness_is_the_mean_of_the_nearest_three_or_of_as_many_as_there_are(
    similarities: Sequence[float], mean: float
) -> None:
    these, others = rows(*range(len(similarities))), rows(8)
    told = heard(similarities, [value / 2 for value in similarities])
    book = Phrasebook(PHRASES)
    signs = SignClassifier(book, these, [CLOT] * len(these), others, rows(9)).judge([told])[0]
    assert (signs.to_signs, signs.to_look_alikes) == pytest.approx((mean, 0))
    assert signs.meaning == pytest.approx((mean / 2, 0, 0))
    look_alikes = SignClassifier(book, others, [CLOT], these, rows(9)).judge([told])[0]
    assert (look_alikes.to_signs, look_alikes.to_look_alikes) == pytest.approx((0, mean))
    assert look_alikes.meaning == pytest.approx((0, mean / 2, 0))
    harmless = SignClassifier(book, others, [CLOT], rows(9), these).judge([told])[0]
    assert (harmless.to_signs, harmless.to_look_alikes) == (0, 0)
    assert harmless.meaning == pytest.approx((0, 0, mean / 2))


def test_where_a_kind_has_no_phrases_nothing_is_near_to_it() -> None:
    classifier = SignClassifier(Phrasebook(PHRASES), rows(0), [CLOT], rows(), rows())
    found = classifier.judge([heard([0.5] * 5, [0.5] * 5)])[0]
    assert (found.to_look_alikes, found.meaning) == (0.0, (0.5, 0.0, 0.0))


class Remembering(Phrasebook):
    """Keeps which phrases were learned from."""

    learned: Rows

    def gram(self, rows: Rows) -> NDArray[np.uint16]:
        self.learned = rows
        return super().gram(rows)


def learned_from(harmless: Rows, vectors: Floats | None, most: int) -> list[int]:
    """Return which of ``harmless`` are learned from, with the first two phrases as sign and look-alike."""
    book = Remembering(PHRASES, vectors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.triage.classifier, "_MOST_HARMLESS", most)
        patch.setattr(bot.triage.classifier, "_BLOCK", 3)
        SignClassifier(book, rows(0), [CLOT], rows(1), harmless)
    assert list(book.learned[:2]) == [0, 1]
    return [int(row) for row in book.learned[2:]]


def pointing(*cosines: float) -> Floats:
    """Return vectors with these cosines to the first phrase, which is the sign."""
    return np.array([(cosine, (1 - cosine**2) ** 0.5) for cosine in cosines], dtype=np.float32)


VECTORS = pointing(1.0, 0.0, 0.1, 0.9, 0.3, 0.8, 0.2, 0.7, 0.4, 0.6)


@pytest.mark.parametrize(
    ("most", "learned"),
    [
        (8, [2, 3, 4, 5, 6, 7, 8, 9]),
        (9, [2, 3, 4, 5, 6, 7, 8, 9]),
        (7, [3, 4, 5, 6, 7, 8, 9]),
        (4, [3, 5, 7, 9]),
        (1, [3]),
    ],
)
def test_of_too_many_harmless_phrasings_those_nearest_to_a_sign_are_learned_from(
    most: int, learned: list[int]
) -> None:
    assert learned_from(rows(*range(2, 10)), VECTORS, most) == learned


@pytest.mark.parametrize("most", range(1, 10))
def test_without_vectors_they_are_taken_evenly_and_never_too_many(most: int) -> None:
    learned = learned_from(rows(*range(2, 10)), None, most)
    assert 1 <= len(learned) <= most
    assert len(set(np.diff(learned))) <= 1
    assert most < 8 or learned == [*range(2, 10)]


def test_every_harmless_phrasing_counts_for_nearness_even_those_not_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bot.triage.classifier, "_MOST_HARMLESS", 1)
    classifier = SignClassifier(Phrasebook(PHRASES, VECTORS), rows(0), [CLOT], rows(1), rows(2, 3))
    assert classifier.judge([heard([], [0, 0, 0.5, 0.25])])[0].meaning[2] == pytest.approx(0.375)
