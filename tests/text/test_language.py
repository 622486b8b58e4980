"""In which language a message is: told by letters and by listed words, and never wrongly of an English one."""

import csv
from pathlib import Path

import pytest

from bot.knowledge.model import KnowledgeBase
from bot.text.language import UNLISTED, Languages
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import vocabulary_texts
from bot.text.normalise import normalise
from bot.text.repair import WordRepairer

EVAL = Path(__file__).parents[1] / "eval"
NOT_ENGLISH = 6
"""Messages of the evaluation sets that are in another language indeed."""


@pytest.fixture(scope="module")
def languages(real_knowledge: KnowledgeBase, encoder: Encoder) -> Languages:
    repairer = WordRepairer.from_texts(vocabulary_texts(real_knowledge), encoder.vocabulary())
    return Languages(real_knowledge.languages, repairer.knows)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("doet dat prikken erg zeer?", "nl"),
        ("Tut Dry Needling weh und wann kann ich wieder laufen?", "de"),
        ("est-ce que ça fait mal et quand je peux courir après les aiguilles ?", "fr"),
        ("¿cuánto cuesta una sesión y cuándo puedo correr después?", "es"),
        ("quantas sessões vou precisar para o joelho", "pt"),
        ("quanto costa e quando posso correre dopo la seduta", "it"),
        ("czy mogę biegać po igłach?", "pl"),
        ("iğneden sonra koşabilir miyim", "tr"),
        ("можно ли бегать после сухих игл", "ru"),
        ("كم جلسة أحتاج للركبة؟", "ar"),
        ("kya needling ke baad kal daud sakte hain", "hi"),
        ("दौड़ने के बाद दर्द है", "hi"),
        ("针灸和干针有什么区别", "zh"),
        ("gör det ont och hur mycket kostar det", UNLISTED),
        ("чи можна бігати після голок", UNLISTED),
        ("바늘이 아파요?", UNLISTED),
    ],
)
def test_other_languages_are_recognised(languages: Languages, text: str, code: str) -> None:
    assert languages.of(normalise(text)) == code


def test_listed_messages_are_seen_in_their_own_language(
    languages: Languages, real_knowledge: KnowledgeBase
) -> None:
    wrong = [
        (code, text)
        for code, language in real_knowledge.languages.items()
        for text in language.harmless
        if languages.of(normalise(text)) != code
    ]
    assert wrong == []


def test_no_english_message_is_taken_for_another_language(
    languages: Languages, real_knowledge: KnowledgeBase
) -> None:
    texts = [phrase for entry in real_knowledge.published for phrase in entry.ask]
    texts += real_knowledge.off_topic
    for group in real_knowledge.red_flags.values():
        texts += [*group.look_alikes, *(message for signs in group.signs for message in signs.messages)]
    for path in sorted(EVAL.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [row["text"] for row in csv.DictReader(file) if "language" not in row]
    taken = [text for text in texts if languages.of(normalise(text)) is not None]
    assert len(taken) == NOT_ENGLISH, taken


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🏃",
        "123",
        "calf",
        "achilles sehne",
        "Jan de Vries said my plantar fasciitis is bad",
        "Dr. Müller from Köln wants to needle my achilles",
        "is dry needling good for my kuit",
        "can i use the sauna apres ma seance",
        "van der Berg physio in den haag?",
        "Dr. van der Meer",
        "Maria de la Cruz clinic",
    ],
)
def test_names_and_short_or_mixed_messages_count_as_english(languages: Languages, text: str) -> None:
    assert languages.of(normalise(text)) is None
