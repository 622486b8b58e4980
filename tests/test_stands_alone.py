"""An answer that stands alone, as after an assault: the way to care and support, and nothing else, in that chat."""

from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.dialogue.conversation import SUPPORT_LASTS
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.loader import load
from bot.knowledge.model import Clinic, ClinicDetails, Source
from bot.storage.memory import MemoryStore
from tests.support.knowledge import changed_file, speaker, write_knowledge
from tests.support.model import entry, knowledge_base, told_mind, understood

ANN = speaker("ann")
KNOWN = knowledge_base(
    [
        entry("touched", alone=True, sources=("blog",), related=("run",)),
        entry("run", sources=("blog",), related=("contact",)),
        entry("contact", clinic_details=ClinicDetails.CONTACT),
        entry("bye", menu="small-talk"),
    ],
    clinic=Clinic(name="Ours", booking="https://clinic.example/book"),
    sources={"blog": Source("blog", "Us", "blog")},
)
MEANINGS = {
    "he touched me": understood("touched"),
    "and can I run": understood("touched", "run"),
    "what should I do": understood(offered=["contact", "run"]),
    "when can I run": understood("run"),
    "cheerio": understood("bye"),
}
NOT_SAID = ("therapist", "referral", "reviewed", "clinic", "helped", "keep_question", "book", "Answer bye")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def assistant(clock: Clock) -> Assistant:
    return Assistant(told_mind(KNOWN, MEANINGS), MemoryStore(), clock)


def everything(reply: Reply) -> str:
    labels = [button.label + button.url for row in reply.buttons for button in row]
    return "\n".join([*reply.texts, *labels])


@pytest.mark.parametrize("told", ["he touched me", "and can I run"])
async def test_it_is_said_alone_whatever_else_was_asked(assistant: Assistant, told: str) -> None:
    reply = await assistant.reply(told, ANN)
    assert everything(reply) == "Title touched\n\nAnswer touched.\n\n<support>"
    assert reply.entries == ("touched",)


@pytest.mark.parametrize(
    "text",
    ["what should I do", "when can I run", "thanks", "ok", "cheerio", "qwertz", "/help", "/sources", "/forget"],
)
async def test_whatever_comes_next_leads_to_support_and_to_no_clinic(assistant: Assistant, text: str) -> None:
    await assistant.reply("he touched me", ANN)
    reply = await assistant.reply(text, ANN)
    assert all(message.endswith("<support>") for message in reply.texts)
    assert [words for words in NOT_SAID if words in everything(reply)] == []


async def test_thanks_and_what_is_not_understood_get_the_same_plain_words(assistant: Assistant) -> None:
    await assistant.reply("he touched me", ANN)
    thanks, lost = await assistant.reply("thanks", ANN), await assistant.reply("qwertz", ANN)
    assert thanks.texts == ["<support_short>\n\n<support>"]
    assert lost.texts == ["<support_short>\n\n<danger_line>\n\n<support>"]
    assert lost.outcome is Outcome.FALLBACK


async def test_a_tap_and_a_photo_lead_there_too(assistant: Assistant) -> None:
    await assistant.tap("entry:touched", ANN)
    for reply in (await assistant.tap("entry:run", ANN), await assistant.medium("photo", ANN)):
        assert reply.texts[0].endswith("<support>")


async def test_after_half_an_hour_the_way_to_a_therapist_is_back(assistant: Assistant, clock: Clock) -> None:
    await assistant.reply("he touched me", ANN)
    clock.now += SUPPORT_LASTS
    reply = await assistant.reply("when can I run", ANN)
    assert reply.texts[0].endswith("<not_reviewed>\n\n<referral_after>")
    assert "<button_helped>" in everything(reply)


async def test_another_chat_is_not_changed(assistant: Assistant) -> None:
    await assistant.reply("he touched me", ANN)
    assert (await assistant.reply("when can I run", speaker("bob"))).texts[0].endswith("<referral_after>")


def test_staff_say_so_in_the_answers_file(tmp_path: Path) -> None:
    name = "faq/pain.yaml"
    read = load(write_knowledge(tmp_path, {name: changed_file(name, "menu: session", "menu: session\nalone: yes")}))
    assert read.knowledge is not None
    assert [one.id for one in read.knowledge.published if one.alone] == ["pain"]


def test_what_stands_in_place_of_the_clinics_details_is_read_from_the_file(tmp_path: Path) -> None:
    name = "faq/cost.yaml"
    own = changed_file(name, "clinic_details: prices", "clinic_details: prices\nwithout_clinic: Ask for a list.")
    read = load(write_knowledge(tmp_path, {name: own}))
    assert read.knowledge is not None
    assert read.knowledge.entries["cost"].without_clinic
