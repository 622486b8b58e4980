"""Letters that only look alike, and letters typed apart, are read as the words they are meant to be."""

import pytest

from bot.text.normalise import normalise


@pytest.mark.parametrize(
    "text",
    [
        "сhest pаin",  # Cyrillic с and а
        "chεst pαin",  # Greek
        "𝗰𝗵𝗲𝘀𝘁 𝓹𝓪𝓲𝓷",
        "ｃｈｅｓｔ ｐａｉｎ",
        "ᴄʜᴇsᴛ ᴘᴀɪɴ",
        "🅲🅷🅴🆂🆃 🅿🅰🅸🅽",
        "c̶h̶e̶s̶t̶ p̷a̷i̷n̷",
        "c h e s t  p a i n",
        "c.h.e.s.t   p-a-i-n",
        "СНЕST pain",
        "ch€$t p@in",
        "c h e s t   p a i n",
    ],
)
def test_disguised_letters_are_read(text: str) -> None:
    assert normalise(text) == "chest pain"


@pytest.mark.parametrize(
    "text", ["болит сердце", "мое сердце и dry needling", "τι ώρα", "sí señor, müde", "हिन्दी में", "i t b", "u.s.a."]
)
def test_other_alphabets_accents_and_short_abbreviations_stay(text: str) -> None:
    assert normalise(text) == text


def test_a_word_of_look_alikes_alone_is_latin_only_beside_latin_words() -> None:
    assert normalise("сор") == "сор"
    assert normalise("сор in there") == "cop in there"
    assert normalise("сор in болит") == "сор in болит"


def test_a_text_of_letters_typed_apart_keeps_its_words_where_the_gaps_are_wider() -> None:
    assert normalise("w a n t   t o   d i e") == "want to die"
    assert normalise("i  a m  f i n e") == "i am fine"
    assert normalise("plan a b c d e f") == normalise("plan abcdef")
