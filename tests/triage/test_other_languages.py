"""Danger signs told in other languages: found by words near each other, denials and questions in general heeded."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.knowledge.model import KnowledgeBase, Level, OtherLanguage, Signs
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import vocabulary_texts
from bot.text.normalise import normalise
from bot.text.repair import WordRepairer
from bot.text.sentences import split_sentences
from bot.triage.other_languages import ForeignSign, ForeignSigns
from bot.triage.rules import SELF_HARM, RedFlag
from tests.support.model import group, knowledge_base

EVAL = Path(__file__).parents[1] / "eval"
HARM = group(SELF_HARM, level=Level.TODAY, raised=Signs(Level.NOW, ("a plan",)))
SPOKEN = OtherLanguage(
    "xx",
    "Xish",
    emergency="Call, in Xish.",
    today="A doctor, in Xish.",
    crisis="Talk, in Xish.",
    notice="English only, in Xish.",
    denies_before=("nul",),
    denies_next=("nit",),
    denies_after=("yok",),
    turns=("mar",),
    only_asks=("risk*",),
    words={
        "pain": ("pijnx*", "can not"),
        "chest": ("borstx", "hand"),
        "die": ("sterbx",),
        "plan": ("umbringx",),
        "tooth": ("die",),
    },
    together={"chest": (("pain", "chest"), ("tooth",)), SELF_HARM: (("die",),)},
    raised={SELF_HARM: (("plan",),)},
)
ENGLISH = {"hand", "die", "can", "not", "risk"}


def found(text: str, spoken: str = "", language: OtherLanguage = SPOKEN) -> list[ForeignSign]:
    knowledge = knowledge_base(groups=[group("chest"), HARM], languages={"xx": language})
    signs = ForeignSigns(knowledge, ENGLISH.__contains__)
    return signs.find([normalise(sentence) for sentence in split_sentences(text)], spoken)


CHEST = [ForeignSign(RedFlag("chest", Level.NOW), "xx")]


@pytest.mark.parametrize(
    "text",
    [
        "pijnx borstx",
        "borstx a b c pijnxen",
        "PÏJNX in my Bórstx since needling",
        "pijnx, borstx",
        "pijnx. borstx",
        "pijnx borstz",
        "can really not a borstx",
        "nul mar pijnx borstx",
        "nul, pijnx borstx",
        "nul. pijnx borstx",
        "pijnx borstx, yok",
        "nul pijnx borstx, pijnx borstx",
    ],
)
def test_words_near_each_other_are_a_sign_in_any_order_and_with_slips(text: str) -> None:
    assert found(text) == CHEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pijnx",
        "pijnx" + " ab" * 20 + " borstx",
        "nul pijnx borstx",
        "nul a b pijnx a borstx",
        "borstx a nul pijnx",
        "nit pijnx borstx",
        "pijnx borstx yok",
        "pijnx borstx riskant",
        "pijnx hant",
    ],
)
def test_what_is_denied_far_apart_or_only_asked_about_is_none(text: str) -> None:
    assert found(text) == []


def test_words_that_english_has_too_count_only_in_a_message_of_that_language() -> None:
    assert found("die") == []
    assert found("die", spoken="xx") == CHEST


def test_a_plan_to_end_ones_life_is_more_urgent_and_no_word_for_asking_takes_it_back() -> None:
    assert found("risk sterbx") == [ForeignSign(RedFlag(SELF_HARM, Level.TODAY), "xx")]
    assert found("risk umbringx") == [ForeignSign(RedFlag(SELF_HARM, Level.NOW), "xx")]


def test_words_inside_longer_ones_count_where_the_language_joins_them() -> None:
    words = {"pain": ("ألم",), "chest": ("صدر",)}
    arabic = OtherLanguage("xx", "", "", "", "", "", words=words, together={"chest": (("pain", "chest"),)})
    joined = OtherLanguage("xx", "", "", "", "", "", words=words, together=arabic.together, inside_words=True)
    assert found("بألم بالصدر", language=arabic) == []
    assert found("بألم بالصدر", language=joined) == CHEST


def test_a_text_full_of_the_same_words_is_searched_in_a_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def is_english(_: str) -> bool:
        nonlocal asked
        asked += 1
        return True

    knowledge = knowledge_base(groups=[group("chest"), HARM], languages={"xx": SPOKEN})
    ForeignSigns(knowledge, is_english).find([normalise("pijnx borstx " * 500)])
    assert asked < 20_000


# --- the project's own lists ------------------------------------------------------------------


@pytest.fixture(scope="module")
def signs(real_knowledge: KnowledgeBase, encoder: Encoder) -> ForeignSigns:
    repairer = WordRepairer.from_texts(vocabulary_texts(real_knowledge), encoder.vocabulary())
    return ForeignSigns(real_knowledge, repairer.knows)


def groups(signs: ForeignSigns, text: str, code: str = "") -> Sequence[str | None]:
    seen = signs.find([normalise(sentence) for sentence in split_sentences(text)], code)
    return [sign.flag.group for sign in seen if code in ("", sign.language)]


def test_no_english_evaluation_message_holds_a_sign_of_another_language(signs: ForeignSigns) -> None:
    texts: list[str] = []
    for path in sorted(EVAL.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [row["text"] for row in csv.DictReader(file) if "language" not in row]
    assert len(texts) > 1900
    assert [text for text in texts if groups(signs, text)] == []


def test_nor_does_anything_that_the_bot_answers(signs: ForeignSigns, real_knowledge: KnowledgeBase) -> None:
    texts = [phrase for entry in real_knowledge.published for phrase in entry.ask]
    texts += real_knowledge.off_topic
    for one in real_knowledge.red_flags.values():
        texts += one.look_alikes
    assert [text for text in texts if groups(signs, text)] == []


def test_signs_as_people_put_them_are_found_and_harmless_messages_are_not(signs: ForeignSigns) -> None:
    with (EVAL / "other_languages_dev.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missed = [r["text"] for r in rows if r["group"] and not groups(signs, r["text"], r["language"])]
    alarmed = [r["text"] for r in rows if not r["group"] and groups(signs, r["text"])]
    assert (missed, alarmed) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "ever since the physio pijn op de borst when i lie down",
        "my wife says ich krieg keine luft, what now",
        "after needling tengo dolor en el pecho",
        "mujhe after needling saans lene me dikkat ho rahi hai",
    ],
)
def test_a_sign_amid_english_is_found(signs: ForeignSigns, text: str) -> None:
    assert groups(signs, text)[:1] == ["chest-or-breathing"]


def test_every_language_has_signs_of_each_kind_that_cannot_wait(real_knowledge: KnowledgeBase) -> None:
    urgent = {
        "chest-or-breathing",
        "head-or-stroke",
        "cauda-equina",
        "severe-allergy",
        "blood-clot",
        "needling-complication",
        "self-harm",
    }
    languages = ["ar", "de", "es", "fr", "hi", "it", "nl", "pl", "pt", "ru", "tr", "zh"]
    assert sorted(real_knowledge.languages) == languages
    for language in real_knowledge.languages.values():
        assert urgent <= set(language.signs), language.code
        assert sum(map(len, language.signs.values())) >= 25, language.code
        assert "findahelpline.com" in language.crisis, language.code
        assert "findahelpline.com" in language.notice, language.code
        assert language.cries, language.code
