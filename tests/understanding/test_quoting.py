"""Only what a person adds to something quoted counts; where it is not plainly quoted, it counts."""

from dataclasses import replace

import pytest

from bot.knowledge.markup import parse
from bot.understanding.quoting import Quotes, without_asides
from tests.support.model import entry, knowledge_base

OWN = "If you have chest pain, or trouble breathing, then do not wait for me."
EXAMPLE = "How soon may somebody go running again after the needles?"
ANSWER = (
    f"{EXAMPLE}\n\nTake it slowly.\n\n{OWN} Ask your therapist.\n\n- a leg that is swollen and hot and sore as well"
)
QUOTES = Quotes(knowledge_base([replace(entry("signs"), answer=parse(ANSWER))]))


@pytest.mark.parametrize("mark", ["", "> ", ">> "])
def test_the_bots_own_sentences_are_no_words_of_the_writer(mark: str) -> None:
    assert QUOTES.own_part(f"{mark}{OWN.upper()}") == ""
    assert QUOTES.own_part(f"{mark}{OWN}\nhow long till i can run") == "how long till i can run"


@pytest.mark.parametrize(
    "text",
    [
        "Take it slowly.",
        EXAMPLE,
        "a leg that is swollen and hot and sore as well",
        "I have chest pain, or trouble breathing",
        "If you have chest pain",
    ],
)
def test_a_few_words_a_point_of_a_list_or_a_question_may_be_the_persons_own(text: str) -> None:
    assert QUOTES.own_part(text) == text


@pytest.mark.parametrize(
    "leaflet",
    [
        "If you become short of breath or have chest pain, go straight to hospital.",
        "Seek urgent medical advice if you develop a swollen, hot leg.",
        "Call an ambulance should you feel faint or have chest pain.",
        "Possible side effects include bleeding, a collapsed lung, infection and fainting.",
        "RISKS: fainting, infection, punctured lung.",
        "INFORMED CONSENT for needling of the chest.",
    ],
)
def test_a_leaflet_or_a_consent_form_tells_of_nobody(leaflet: str) -> None:
    assert QUOTES.own_part(leaflet) == ""
    assert QUOTES.own_part(f"{leaflet} My chest hurts.") == "My chest hurts."


@pytest.mark.parametrize(
    "text",
    [
        "Side effects: chest pain, fever, cant breathe since yesterday",
        "Risks: my chest hurts, and I feel faint, and sick",
        "should you call an ambulance if you have chest pain?",
        "she says call if you feel chest pain, and I do",
        "side effects are chest pain and fever",
        "if you touch my calf it screams, go easy she said",
        "told me to call if you have chest pain and now it is there",
        "Mum writes: since the needles she says her chest hurts when she breathes in",
    ],
)
def test_whoever_tells_or_asks_is_heard(text: str) -> None:
    assert QUOTES.own_part(text) == text


@pytest.mark.parametrize("added", ["I do have that", "she has it now", "yes I've got both", "ticked yes there"])
def test_what_somebody_says_they_have_is_theirs_though_they_quote_it(added: str) -> None:
    quoted = "Possible side effects include bleeding, a collapsed lung, infection and fainting."
    assert QUOTES.own_part(f"{quoted} {added}") == f"{quoted} {added}"


@pytest.mark.parametrize("added", ["Can I have it anyway?", "I have none of that", "do I have to sign it"])
def test_who_only_asks_about_what_they_quote_has_none_of_it(added: str) -> None:
    quoted = 'On the sheet: "call a doctor if numb between the legs".'
    assert QUOTES.own_part(f"{quoted} {added}") == added


def test_words_beside_an_instruction_in_quotes_count() -> None:
    text = 'my leg is numb and the sheet says "call a doctor if numb"'
    assert QUOTES.own_part(text) == text


def test_the_words_of_an_address_are_nobodys() -> None:
    assert without_asides("true? https://x.org/heart-attack-chest-pain www.x.org/clot ok").split() == [
        "true?",
        "ok",
    ]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ur useless. can i run tomorrow", ". can i run tomorrow"),
        ("this bot is so dumb my leg is numb", "my leg is numb"),
        ("you're no help, it still hurts", ", it still hurts"),
        ("my leg is useless since the needles", "my leg is useless since the needles"),
        ("are you sure he is useless with needles", "are you sure he is useless with needles"),
    ],
)
def test_what_is_said_of_the_bot_is_taken_out_and_nothing_that_is_said_of_a_body(text: str, left: str) -> None:
    assert without_asides(text).strip() == left
