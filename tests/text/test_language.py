import csv
from pathlib import Path

import pytest

from bot.knowledge.model import KnowledgeBase
from bot.text.language import is_foreign
from bot.text.normalise import normalise

EVAL = Path(__file__).parents[1] / "eval"


@pytest.mark.parametrize(
    "text",
    [
        "Tut Dry Needling weh und wann kann ich wieder laufen?",
        "est-ce que ça fait mal et quand je peux courir après les aiguilles ?",
        "¿cuánto cuesta una sesión y cuándo puedo correr después?",
        "quanto costa e quando posso correre dopo la seduta",
        "czy mogę biegać po igłach?",
        "можно ли бегать после сухих игл",
        "针灸和干针有什么区别",
    ],
)
def test_other_languages_are_recognised(text: str) -> None:
    assert is_foreign(normalise(text))


def test_no_english_question_is_taken_for_another_language(real_knowledge: KnowledgeBase) -> None:
    texts = [phrase for entry in real_knowledge.published for phrase in entry.ask]
    with (EVAL / "questions_dev.csv").open(encoding="utf-8", newline="") as file:
        texts += [row["text"] for row in csv.DictReader(file)]
    assert [text for text in texts if is_foreign(normalise(text))] == []


@pytest.mark.parametrize("text", ["", "🏃", "123", "calf", "achilles sehne"])
def test_short_messages_count_as_english(text: str) -> None:
    assert not is_foreign(normalise(text))
