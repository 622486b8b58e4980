"""Asking for a therapist in a conversation: danger signs first, a town only where it is asked for."""

from dataclasses import replace

import pytest

from bot.assistant import Assistant
from bot.dialogue.conversation import PLACE_LASTS
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import Certification, Clinic, ClinicDetails, Level, Practice, Therapist
from bot.matching.decision import Candidate, Fallback
from bot.storage.memory import MemoryStore
from bot.triage.rules import RedFlag
from bot.understanding.mind import Flagged, Screened, Understanding, Understood
from tests.support.fakes import Clock
from tests.support.knowledge import speaker
from tests.support.model import entry, group, knowledge_base, told_mind, understood
from tests.support.therapists import ADA, CLEO, EVERYBODY, LEEDS, TODAY

HER = speaker("her")
LEAVE = "<button_leave_place>"
CHEST = RedFlag("chest", Level.NOW)
MEANINGS: dict[str, Understanding] = {
    "does it hurt?": understood("a"),
    "leads": understood("a"),
    "LEEDS": understood("a"),
    "core work": understood("a"),
    "does it hurt in Leeds": understood("a"),
    "is there someone in Leeds": understood("book"),
    "anyone in leeds": Understood((Candidate("book", 0.08),), (Fallback(),)),
    "a plumber in leeds": Understood((Candidate("book", 0.01),), (Fallback(),)),
    "is there someone in Paris": understood("book"),
    "any good therapists near leeds?": understood(offered=["book", "a"]),
    "is there someone in Leeds and does it hurt": understood("book", "a"),
    "my chest hurts in Leeds": Flagged(CHEST, proved=True),
    "/therapist my chest hurts": Flagged(CHEST, proved=True),
    "odd chest": Screened(CHEST, understood()),
    "/therapist odd chest": Screened(CHEST, understood()),
}


class Talk:
    """A conversation with a clinic that has ``therapists``."""

    def __init__(self, *therapists: Therapist, timezone: str = "") -> None:
        self.clock, self.store = Clock(), MemoryStore()
        clinic = Clinic(therapists=therapists, timezone=timezone)
        knowledge = knowledge_base(
            [entry("a"), entry("book", clinic_details=ClinicDetails.CONTACT)], [group("chest")], clinic=clinic
        )
        self.assistant = Assistant(told_mind(knowledge, MEANINGS), self.store, self.clock)

    async def say(self, text: str, *, shared: bool = False) -> Reply:
        return await self.assistant.reply(text, HER, shared=shared)

    async def asked(self) -> Reply:
        """Let the bot ask where the person is."""
        return await self.assistant.tap("therapist:near", HER)


@pytest.fixture
def talk() -> Talk:
    return Talk(*EVERYBODY)


def said(reply: Reply) -> str:
    return "\n\n".join(reply.texts)


async def test_a_town_that_was_asked_for_is_taken_once(talk: Talk) -> None:
    question = await talk.asked()
    assert question.asks_place is not None
    assert (question.asks_place.share, question.asks_place.leave) == ("<button_share_place>", LEAVE)
    found = await talk.say("Leeds")
    assert found.texts[0] == "<place_settled>"
    assert "<therapists_in_town> Leeds" in found.texts[1]
    assert found.place_settled
    assert not (await talk.say("London")).place_settled
    assert (await talk.say("Paris")).outcome is Outcome.FALLBACK


@pytest.mark.parametrize("typed", ["leeds", "Leeds?", "Leads please", "LS1 4AB", "I live in Leeds", "LEEDS"])
async def test_right_after_the_directory_a_listed_town_need_not_be_asked_for(talk: Talk, typed: str) -> None:
    await talk.say("/therapist")
    found = await talk.say(typed)
    assert said(found).startswith("<therapists_in_town> Leeds")
    assert "<therapists_in_town> London" in said(await talk.say("london"))
    kept = (await talk.store.conversation(HER)).casefold()
    assert "leeds" not in kept and "london" not in kept and "ls1" not in kept


@pytest.mark.parametrize("typed", ["Paris", "is it the same in Leeds?"])
async def test_right_after_the_directory_what_is_no_listed_town_is_a_message_as_any_other(
    talk: Talk, typed: str
) -> None:
    await talk.say("/therapist")
    assert (await talk.say(typed)).outcome is Outcome.FALLBACK


async def test_a_town_is_a_message_as_any_other_later_and_before_the_directory_and_where_several_read(
    talk: Talk,
) -> None:
    assert (await talk.say("Leeds")).outcome is Outcome.FALLBACK
    await talk.say("/therapist")
    assert (await talk.say("Leeds", shared=True)).outcome is Outcome.FALLBACK
    await talk.say("/therapist")
    assert (await talk.say("what a day")).outcome is Outcome.FALLBACK
    assert (await talk.say("Leeds")).outcome is Outcome.FALLBACK
    await talk.say("/therapist")
    talk.clock.now += PLACE_LASTS
    assert (await talk.say("Leeds")).outcome is Outcome.FALLBACK


async def test_right_after_the_directory_a_question_that_names_a_town_is_answered(talk: Talk) -> None:
    await talk.say("/therapist")
    assert (await talk.say("does it hurt in Leeds")).entries == ("a",)


@pytest.mark.parametrize(
    "typed", ["is there someone in Leeds", "any good therapists near leeds?", "anyone in leeds"]
)
async def test_who_asks_for_a_therapist_in_a_listed_town_gets_those_of_the_town(talk: Talk, typed: str) -> None:
    reply = await talk.say(typed)
    assert said(reply).startswith("<therapists_in_town> Leeds")
    assert reply.entries == ("book",)
    assert "entry:book" in [button.code for row in reply.buttons for button in row]


@pytest.mark.parametrize("typed", ["is there someone in Paris", "is there someone in Leeds and does it hurt"])
async def test_any_other_question_for_a_therapist_gets_its_answer(talk: Talk, typed: str) -> None:
    assert "Answer book." in said(await talk.say(typed))


async def test_what_only_names_a_listed_town_asks_for_no_therapist(talk: Talk) -> None:
    assert (await talk.say("a plumber in leeds")).outcome is Outcome.FALLBACK


async def test_where_several_read_or_a_danger_sign_was_told_a_town_in_a_question_changes_nothing(
    talk: Talk,
) -> None:
    assert "Answer book." in said(await talk.say("is there someone in Leeds", shared=True))
    await talk.say("my chest hurts in Leeds")
    assert (await talk.say("is there someone in Leeds")).outcome is Outcome.RED_FLAG


async def test_a_town_may_stand_behind_the_command(talk: Talk) -> None:
    assert "<therapists_in_town> London" in said(await talk.say("/therapist SW1A 2AA"))
    unknown = await talk.say("/therapist Paris")
    assert said(unknown).startswith("<place_unknown>")
    assert "therapist:all.0" in [button.code for row in unknown.buttons for button in row]


async def test_what_matches_no_place_says_so_and_offers_all(talk: Talk) -> None:
    await talk.asked()
    reply = await talk.say("Paris")
    assert "<place_unknown>" in said(reply)
    assert "<danger_line>" in said(reply)
    assert "therapist:all.0" in [button.code for row in reply.buttons for button in row]


async def test_a_question_in_place_of_a_town_is_answered(talk: Talk) -> None:
    await talk.asked()
    reply = await talk.say("does it hurt?")
    assert reply.entries == ("a",)
    assert reply.place_settled
    assert (await talk.say("Leeds")).outcome is Outcome.FALLBACK


async def test_what_has_a_sure_answer_is_no_place_unless_it_is_spelt_like_one(talk: Talk) -> None:
    for text in ("leads", "core work"):
        await talk.asked()
        assert (await talk.say(text)).entries == ("a",)
    await talk.asked()
    assert "<therapists_in_town> Leeds" in said(await talk.say("LEEDS"))


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("text", ["my chest hurts in Leeds", "/therapist my chest hurts"])
async def test_a_danger_sign_comes_before_any_town(talk: Talk, text: str, asked: bool) -> None:
    await (talk.asked() if asked else talk.say("/therapist"))
    reply = await talk.say(text)
    assert (reply.outcome, reply.red_flag) == (Outcome.RED_FLAG, "chest")
    assert reply.texts[0].startswith("Urgent chest.")


@pytest.mark.parametrize("text", ["odd chest", "/therapist odd chest"])
async def test_what_may_be_a_danger_sign_is_asked_about_before_any_town(talk: Talk, text: str) -> None:
    await talk.asked()
    reply = await talk.say(text)
    assert (reply.outcome, reply.texts) == (Outcome.SCREENING, ["Is it chest?"])
    assert not reply.place_settled  # its own buttons stand there; those of the place go with the next reply
    assert (await talk.assistant.near(LEEDS, HER)).outcome is Outcome.SCREENING


async def test_the_question_can_be_left_and_then_waits_for_no_town(talk: Talk) -> None:
    await talk.asked()
    left = await talk.say(LEAVE)
    assert left.place_settled
    assert "therapist:near" in [button.code for row in left.buttons for button in row]
    assert (await talk.say("Paris")).outcome is Outcome.FALLBACK


async def test_after_half_an_hour_no_town_is_waited_for_and_the_buttons_still_go(talk: Talk) -> None:
    await talk.asked()
    talk.clock.now += PLACE_LASTS
    reply = await talk.say("Leeds")
    assert reply.outcome is Outcome.FALLBACK
    assert reply.place_settled
    await talk.asked()
    talk.clock.now += PLACE_LASTS
    assert (await talk.say(LEAVE)).place_settled


@pytest.mark.parametrize("asked", [True, False])
async def test_a_location_shows_the_nearest_whether_asked_for_or_not_and_is_kept_nowhere(
    talk: Talk, asked: bool
) -> None:
    if asked:
        await talk.asked()
    reply = await talk.assistant.near(LEEDS, HER)
    assert reply.texts[1].startswith("<therapists_near>")
    assert "<distance_near>" in reply.texts[1]
    assert reply.place_settled
    kept = await talk.store.conversation(HER)
    assert "53" not in kept
    assert "Leeds" not in kept
    await talk.say("/therapist Leeds")
    assert "Leeds" not in await talk.store.conversation(HER)


async def test_where_no_place_is_known_on_the_map_nobody_is_called_the_nearest() -> None:
    reply = await Talk(CLEO, Therapist("Dan", places=(Practice(town="Ely"),))).assistant.near(LEEDS, HER)
    assert "<therapists_all>" in said(reply) and "<therapists_near>" not in said(reply)


async def test_a_location_without_a_directory_is_a_message_that_cannot_be_read() -> None:
    reply = await Talk().assistant.near(LEEDS, HER)
    assert said(reply).startswith("<other_media>")
    assert not reply.place_settled


async def test_several_people_get_the_short_form(talk: Talk) -> None:
    for text in ("/therapist", "/therapist Leeds"):
        reply = await talk.say(text, shared=True)
        assert said(reply).endswith("<therapist>")
        assert "<therapists_in_town>" not in said(reply)
        assert reply.asks_place is None


async def test_a_therapist_is_no_longer_shown_on_the_day_after_the_certification_ended(talk: Talk) -> None:
    day_of_its_end = 1_767_830_400.0  # 2026-01-08
    talk.clock.now = day_of_its_end
    assert "Lara Old" in said(await talk.assistant.tap("therapist:all.0", HER))
    talk.clock.now += 86_400
    assert "Lara Old" not in said(await talk.assistant.tap("therapist:all.0", HER))


@pytest.mark.parametrize(("timezone", "shown"), [("", True), ("Pacific/Auckland", False)])
async def test_a_certification_ends_with_the_day_of_the_clinic(timezone: str, shown: bool) -> None:
    last_day = replace(ADA, certification=Certification("HCPC", valid_until=TODAY))
    talk = Talk(last_day, timezone=timezone)
    talk.clock.now += 8 * 3600  # from noon on that day in UTC to the next morning in Auckland
    assert ("Ada Byrne" in said(await talk.say("/therapist"))) is shown
