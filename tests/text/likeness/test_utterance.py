"""What becomes of a text before anything looks at it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import OtherLanguage
from bot.text.likeness.shipped import rounded
from bot.text.likeness.utterance import LONGEST, MOST_WINDOWS, Heard, Preparer, Utterance, vocabulary_texts
from bot.text.normalise import normalise, words
from bot.text.repair import WordRepairer
from tests.support.encoder import WordEncoder
from tests.support.model import entry, group, knowledge_base

SYNONYMS = {"pf": "plantar fasciitis", "pt": "physio", "pt session": "appointment", "p.t.": "physio"}
VOCABULARY = ["does dry needling help plantar fasciitis", "physio appointment", "swollen calf tomorrow"]
REPAIRER = WordRepairer.from_texts(VOCABULARY)


def preparer(
    *, encoder: WordEncoder | None = None, cache: Path | None = None, phrases: Sequence[str] = ()
) -> Preparer:
    return Preparer(REPAIRER, SYNONYMS, encoder, cache, phrases)


PREPARER = preparer()
WITH_VECTORS = preparer(encoder=WordEncoder())
PHRASES = ["Calf hurts. What now?", "my PF", "swollen calf tomorrow", "my plantar fasciitis"]
KNOWING = preparer(encoder=WordEncoder(), phrases=PHRASES)


def parts(utterance: Utterance) -> list[Heard]:
    return [utterance.whole, *utterance.sentences]


# --- words: synonyms and slips ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("My PF is back", "my plantar fasciitis is back"),
        ("saw the pt", "saw the physio"),
        ("pt session today", "appointment today"),  # the more specific synonym wins
        ("the p.t. said", "the physio said"),
        ("pfx and opt", "pfx and opt"),  # never inside a word
        ("plantar faciitis", "plantar fasciitis"),
        ("(pf)?", "(plantar fasciitis)?"),
    ],
)
def test_synonyms_and_slips_are_put_into_the_knowledge_bases_words(text: str, mended: str) -> None:
    part = PREPARER.part(text)
    assert part.repaired == mended
    assert part.normalised == normalise(text)


def test_a_synonym_is_found_behind_a_slip_and_a_slip_in_a_synonym_is_mended() -> None:
    mixed = Preparer(WordRepairer.from_texts(["hammy swollen"]), {"hammy": "hamstring"})
    assert mixed.part("swolen hamy").repaired == "swollen hamstring"


def test_words_of_another_language_are_not_mended_into_english_ones() -> None:
    dutch = OtherLanguage("nl", "Nederlands", "", "", "", "", common=("dank", "je", "wel", "ik", "heb"))
    dark = Preparer(WordRepairer.from_texts(["dark skin", "calves hurt"]), {}, languages={"nl": dutch})
    assert dark.prepare("dank je wel").whole.repaired == "dank je wel"
    assert dark.prepare("my skin is dank").whole.repaired == "my skin is dark"
    assert dark.prepare("dank je, ik heb calvs").whole.repaired.endswith("calves")


def test_without_synonyms_nothing_is_replaced() -> None:
    assert Preparer(REPAIRER, {}).part("my PF").repaired == "my pf"


@pytest.mark.parametrize("text", ["achilles", "achilles tendon"])
def test_a_synonym_whose_own_words_hold_it_is_put_in_once(text: str) -> None:
    doubled = Preparer(REPAIRER, {"achilles": "achilles tendon"})
    assert doubled.part(text).repaired.count("tendon") <= text.count("tendon") + 1


@pytest.mark.parametrize("variant", ["\u200d", "\U0001fae9"])
def test_a_synonym_without_a_visible_character_does_nothing(variant: str) -> None:
    assert Preparer(REPAIRER, {variant: "tired"}).part("my calf").repaired == "my calf"


@given(st.text(max_size=200))
def test_both_forms_are_in_the_one_normal_form(text: str) -> None:
    part = PREPARER.part(text)
    assert part.normalised == normalise(text)
    assert normalise(part.repaired) == part.repaired


# --- sentences --------------------------------------------------------------------------------


def test_a_message_is_kept_whole_and_by_its_sentences() -> None:
    utterance = PREPARER.prepare("Went to the PT. Calf swolen!\nWhat now? 🦵")
    assert utterance.whole.repaired == "went to the physio. calf swollen! what now? 🦵"
    assert [s.repaired for s in utterance.sentences] == ["went to the physio.", "calf swollen!", "what now?"]


def test_a_single_sentence_is_the_whole() -> None:
    utterance = WITH_VECTORS.prepare("does it help 🦵?!")
    assert utterance.sentences == (utterance.whole,)


@pytest.mark.parametrize("text", ["", "  \n\t", "🦵🏃‍♀️🔥", "?!… --", "_", "\u200b\u2060\x00", "👍🏽 !!"])
def test_a_text_without_a_word_is_empty(text: str) -> None:
    utterance = WITH_VECTORS.prepare(text)
    assert utterance.is_empty
    assert utterance.sentences == ()


@pytest.mark.parametrize("text", ["a", "7", "🦵 ok", "да", "痛い", "' n '"])
def test_a_text_with_one_word_is_not_empty(text: str) -> None:
    assert not PREPARER.prepare(text).is_empty


@given(st.text(max_size=400))
def test_no_sentence_is_without_words_and_all_words_are_in_one(text: str) -> None:
    utterance = Preparer(WordRepairer({}), {}).prepare(text)
    assert utterance.is_empty == (not words(utterance.whole.repaired))
    spoken = [set(words(sentence.repaired)) for sentence in utterance.sentences]
    assert all(spoken)


# --- length -------------------------------------------------------------------------------------


def test_the_last_sentence_within_20_000_characters_is_looked_at_and_no_later_one() -> None:
    story = "I ran along the river. " * (LONGEST // 23)
    story = story[: LONGEST - 30]
    utterance = PREPARER.prepare(story + ". my swollen calf. the physio")
    assert utterance.sentences[-1].repaired.endswith("my swollen calf. the physio")
    beyond = PREPARER.prepare(story + " " * 30 + "my swollen calf")
    assert not any("swollen" in sentence.repaired for sentence in beyond.sentences)


@pytest.mark.parametrize("count", [1, MOST_WINDOWS, MOST_WINDOWS + 1, 3 * MOST_WINDOWS, 1_000])
def test_no_sentence_is_left_out_however_many_there_are_and_few_are_compared(count: int) -> None:
    text = " ".join(f"Run {number} hurt." for number in range(count))
    heard = [sentence.normalised for sentence in PREPARER.prepare(text).sentences]
    assert len(heard) == min(count, -(-count // -(-count // MOST_WINDOWS)))
    assert " ".join(heard) == text.lower()


def test_the_whole_is_what_fits_into_one_message() -> None:
    utterance = PREPARER.prepare("word " * 4000 + "end")
    assert len(utterance.whole.normalised) <= 4096
    assert utterance.sentences[-1].repaired.endswith("word")
    assert len("".join(sentence.repaired for sentence in utterance.sentences)) > 4096


# --- what it is compared with -------------------------------------------------------------------


@given(st.text(max_size=300))
def test_the_whole_and_every_sentence_are_compared_with_every_phrase(text: str) -> None:
    for part in parts(KNOWING.prepare(text)):
        vector = rounded(WordEncoder().encode([part.repaired])).astype(np.float32)
        [expected] = KNOWING.book.compare([part.repaired], vector)
        assert part.likeness.cosines is not None and expected.cosines is not None
        assert np.allclose(part.likeness.similarities, expected.similarities, atol=1e-3)
        assert np.allclose(part.likeness.cosines, expected.cosines, atol=1e-3)


def test_without_an_encoder_there_is_no_likeness_in_meaning() -> None:
    utterance = preparer(phrases=PHRASES).prepare("Calf hurts. My PF.")
    assert all(part.likeness.cosines is None for part in parts(utterance))
    assert all(part.likeness.similarities.shape == (3,) for part in parts(utterance))


def test_each_text_is_encoded_once() -> None:
    encoder = WordEncoder()
    preparer(encoder=encoder).prepare("Calf hurts. Calf hurts. What now?")
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 3  # the whole and two different sentences


def test_phrases_are_never_split_and_stand_in_the_book_once() -> None:
    assert KNOWING.book.phrases == ("calf hurts. what now?", "my plantar fasciitis", "swollen calf tomorrow")
    assert KNOWING.rows(["my PF", "Calf hurts. What now?", "my plantar fasciitis"]).tolist() == [1, 0, 1]
    with pytest.raises(KeyError):
        KNOWING.rows(["never seen"])


def test_vectors_of_phrases_outlive_the_start(tmp_path: Path) -> None:
    preparer(encoder=WordEncoder(), cache=tmp_path, phrases=PHRASES)
    encoder = WordEncoder()
    again = preparer(encoder=encoder, cache=tmp_path, phrases=PHRASES)
    assert encoder.encoded == []
    assert again.book.fingerprint == KNOWING.book.fingerprint


# --- the knowledge base's words -------------------------------------------------------------------


def test_every_text_of_the_knowledge_counts_as_known_words() -> None:
    knowledge = knowledge_base(
        [entry("pain", "painful", not_about=("throatish",)), entry("draft", "draftish", status="draft")],
        [group("chest", "chestish", words={"bad": ("badish",)}, look_alikes=("likish",))],
        synonyms={"varianty": "canonish"},
        off_topic=("pizzaish",),
    )
    known = {word for text in vocabulary_texts(knowledge) for word in text.split()}
    assert known == {"painful", "throatish", "chestish", "badish", "likish", "varianty", "canonish", "pizzaish"}
    assert Preparer.for_knowledge(knowledge).part("chestihs").repaired == "chestish"
