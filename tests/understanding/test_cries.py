"""A bare cry for help, or one word that may mean much: what is done about it."""

import pytest

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Alarm, Conversation, Pending, Screening
from bot.dialogue.danger import Danger
from bot.dialogue.reply import Outcome
from bot.knowledge.model import KnowledgeBase, Level
from bot.text.normalise import normalise
from bot.triage.rules import RedFlag
from bot.understanding.cries import Cries
from bot.understanding.mind import Cry, Foreign, Mind, Screened
from tests.support.knowledge import assistant_for, speaker

NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def cries(real_knowledge: KnowledgeBase) -> Cries:
    return Cries(real_knowledge)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("HELP!!!", ""),
        ("please help me now", ""),
        ("omg it's an emergency", ""),
        ("I really need a doctor", ""),
        ("Ambulance.", ""),
        ("call 999 please", ""),
        ("help help HELP", ""),
        ("call an ambulance to the boat house now", ""),
        ("Hilfe!", "de"),
        ("au secours", "fr"),
        ("İMDAT", "tr"),
        ("помогите!!!", "ru"),
        ("النجدة", "ar"),
        ("bachao", "hi"),
        ("救命", "zh"),
    ],
)
def test_a_whole_message_that_calls_for_help_is_a_cry(cries: Cries, text: str, language: str) -> None:
    assert cries.language(normalise(text)) == language


@pytest.mark.parametrize(
    "text",
    [
        "help me choose a therapist",
        "can it help",
        "does it help my knee",
        "urgent appointment needed",
        "doctor or physio",
        "help my husband choose a therapist",
        "do they call an ambulance when somebody faints",
        "",
    ],
)
def test_a_question_with_such_a_word_is_none(cries: Cries, text: str) -> None:
    assert cries.language(normalise(text)) is None


@pytest.mark.parametrize("text", ["I'm 15", "im 18", "I am 15 now"])
def test_an_age_is_no_emergency_number(cries: Cries, text: str) -> None:
    assert cries.language(normalise(text)) is None


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("numb", RedFlag("cauda-equina", Level.NOW)),
        ("I'm so swollen!", RedFlag(None, Level.NOW)),
        ("so much blood", RedFlag(None, Level.NOW)),
        ("feeling confused", RedFlag(None, Level.NOW)),
        ("it really hurts", RedFlag(None, Level.NOW)),
        ("bleeding...", RedFlag(None, Level.NOW)),
        ("does it hurt", None),
        ("numb foot when i run", None),
    ],
)
def test_one_word_that_may_mean_much_is_asked_about(cries: Cries, text: str, flag: RedFlag | None) -> None:
    assert cries.asked_about(normalise(text)) == flag


def test_a_misspelt_cry_is_read_and_looked_at_first(mind: Mind) -> None:
    assert mind.understand("emergancy!") == Cry("")
    assert mind.suspects("plz help")
    assert not mind.suspects("help me choose")


async def test_a_cry_is_answered_at_once_and_what_follows_is_judged_as_usual(mind: Mind) -> None:
    assistant = assistant_for(mind)
    reply = await assistant.reply("help me", speaker("a"))
    assert (reply.outcome, reply.red_flag, reply.level) == (Outcome.RED_FLAG, "unknown", Level.NOW)
    assert "emergency number" in reply.texts[0]
    assert "What is wrong?" in reply.texts[0]
    after = await assistant.reply("does dry needling hurt a lot?", speaker("a"))
    assert after.entries == ("pain",)


async def test_a_cry_in_another_language_is_answered_in_it_as_well(mind: Mind) -> None:
    reply = await assistant_for(mind).reply("Hilfe!", speaker("a"))
    assert reply.texts[0].startswith(mind.knowledge.languages["de"].emergency)
    assert "What is wrong?" in reply.texts[0]


def test_a_cry_while_a_danger_sign_is_asked_about_is_a_yes(mind: Mind) -> None:
    danger = Danger(mind.knowledge, Composer(mind.knowledge))
    open_question = Conversation().screened(Screening("chest", Level.NOW, 0, int(NOW) + 60, Pending()))
    turn = danger.heard("help", Cry(), open_question, NOW)
    assert turn.reply is not None
    assert (turn.reply.outcome, turn.reply.red_flag) == (Outcome.RED_FLAG, "chest")


def test_a_cry_after_a_danger_sign_gets_its_urgent_text_again(mind: Mind) -> None:
    danger = Danger(mind.knowledge, Composer(mind.knowledge))
    told = Conversation(alarm=Alarm("chest", Level.NOW, int(NOW)))
    turn = danger.heard("help", Cry(), told, NOW)
    assert turn.reply is not None
    assert (turn.reply.outcome, turn.reply.red_flag) == (Outcome.RED_FLAG, "chest")


# --- what a person of another language reads ----------------------------------------------------


async def test_a_sign_told_in_another_language_gets_the_urgent_text_below_a_line_in_it(mind: Mind) -> None:
    languages = mind.knowledge.languages
    reply = await assistant_for(mind).reply("ik krijg geen lucht", speaker("a"))
    assert (reply.outcome, reply.red_flag, reply.level) == (Outcome.RED_FLAG, "chest-or-breathing", Level.NOW)
    assert reply.texts[0].startswith(languages["nl"].emergency)
    assert len(reply.texts[0]) > len(languages["nl"].emergency) + 20


async def test_despair_told_in_another_language_gets_the_crisis_line_in_it(mind: Mind) -> None:
    reply = await assistant_for(mind).reply("je n'ai plus envie de vivre", speaker("a"))
    assert reply.red_flag == "self-harm"
    assert reply.texts[0].startswith(mind.knowledge.languages["fr"].crisis)


async def test_a_question_in_another_language_gets_the_notice_in_it_and_the_way_to_a_therapist(mind: Mind) -> None:
    reply = await assistant_for(mind).reply("doet dry needling pijn?", speaker("a"))
    assert reply.outcome is Outcome.FALLBACK
    assert reply.texts[0].startswith(mind.knowledge.languages["nl"].notice)
    assert any(button.code == "therapist" for row in reply.buttons for button in row)


def test_the_notice_in_the_persons_language_follows_a_no_as_well(mind: Mind) -> None:
    danger = Danger(mind.knowledge, Composer(mind.knowledge))
    asked = danger.heard("x", Screened(RedFlag("chest", Level.NOW), Foreign("de")), Conversation(), NOW)
    kept = Conversation.from_codes(asked.conversation.to_codes())
    turn = danger.heard("no", Foreign(""), kept, NOW)
    assert turn.reply is not None
    assert turn.reply.texts[0].startswith(mind.knowledge.languages["de"].notice)


@pytest.mark.parametrize("text", ["🩸 after the needle", "needling done 🫁😰", "🫁😨"])
def test_emoji_that_show_blood_or_breath_are_asked_about(mind: Mind, text: str) -> None:
    assert isinstance(mind.understand(text), Screened)


def test_a_broken_heart_alone_is_not(mind: Mind) -> None:
    assert not isinstance(mind.understand("💔 after the needle"), Screened)
