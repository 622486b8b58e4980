"""People reach a person: what runners let the clinic read, what therapists answer, and who sees none of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import text as sql
from telegram.error import RetryAfter

from bot.assistant import Assistant
from bot.clinic import handoff, orders
from bot.clinic.desk import Desk
from bot.clinic.rights import Rights
from bot.dialogue.conversation import SCREENING_LASTS, Conversation
from bot.dialogue.reply import Action
from bot.knowledge.model import KnowledgeBase
from bot.service.tidying import tidy
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.letters import put_letters
from bot.storage.protocol import HANDOFF_KEPT, Handoff, Speaker
from bot.storage.sql_handoffs import FORGOTTEN, SqlHandoffStore
from bot.storage.sql_store import SqlStore
from bot.tg.courier import Courier
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import BotApi, Call
from tests.support.fakes import Clock, FragileStaff, broken
from tests.support.knowledge import (
    DANGER,
    OFF_TOPIC,
    QUESTION,
    SUSPICIOUS,
    leads_to_care,
    vague_question,
    with_a_question_back,
    wordings,
)
from tests.support.offline import OfflineRequest, Telegram, offline_bot
from tests.support.updates import CHAT_ID, GROUP_ID, OTHER_RUNNER, RUNNER, Json, answer_to, callback, message

STAFF = GROUP_ID
THERAPIST = {**RUNNER, "id": 91, "first_name": "Ada"}
COLLEAGUE = {**RUNNER, "id": 92, "first_name": "Bea"}
ASK, YES, NO, CLOSE = "Ask a therapist", "Yes, pass it on", "No", "Close"
BLOCKED = (403, "Forbidden: bot was blocked by the user")


class Enough(Exception):
    """Ends a courier that has nothing left to bring."""


class Clinic:
    """One process of a bot with a staff chat, over a Telegram and a database that outlive it."""

    def __init__(self, telegram: Telegram, desk: Desk, staff: FragileStaff, store: SqlHandoffStore) -> None:
        self.telegram = telegram
        self.api = telegram.api
        self.desk = desk
        self.store = store
        self._staff = staff
        self.people = SqlStore(staff.database, store._hasher)

    async def all_of(self, update: Json) -> list[Call]:
        """Let the bot handle ``update`` and return what is read then, by whomever."""
        before = len(self.api.texts)
        await self.telegram.receive(update)
        return self.api.texts[before:]

    async def says(self, text: str | None = QUESTION, chat_id: int = CHAT_ID, **fields: object) -> Call:
        """Let a runner write and return the one answer."""
        person = {**RUNNER, "id": chat_id}
        [call] = await self.all_of(message(text, chat_id=chat_id, **{"from": person, **fields}))
        return call

    async def tap(self, label: str, chat_id: int = CHAT_ID) -> list[Call]:
        """Let a runner tap the last button with ``label`` in their chat and return what they read then."""
        under = self.last(chat_id, label)
        return await self.all_of(
            callback(next(_codes(under, label)), under, chat_id=chat_id, by={**RUNNER, "id": chat_id})
        )

    async def ask(self, text: str = QUESTION, chat_id: int = CHAT_ID) -> None:
        """Let a runner ask, and let the clinic read it."""
        await self.says(text, chat_id)
        await self.tap(ASK, chat_id)
        await self.tap(YES, chat_id)
        await self.bring()

    async def bring(self) -> None:
        """Let the staff chat be brought all that waits."""

        async def moved(_: int) -> None: ...

        async def rest(seconds: float) -> None:
            if seconds != 4.0:
                raise Enough

        courier = Courier(
            self.telegram.bot, self.desk, self._staff, self.store, alone=lambda: True, moved=moved, sleep=rest
        )
        self.desk.outbox.news = _nothing  # type: ignore[method-assign]
        with contextlib.suppress(Enough):
            await courier.run()

    async def reply(self, text: str, to: Json | None = None, by: Json = THERAPIST, **fields: object) -> list[Call]:
        """Let a therapist reply to a message of the bot's in the staff chat, by default the last one there."""
        return await self.all_of(answer_to(to or self.last(STAFF), text, **{"from": by, **fields}))

    async def writes_back(self, text: str, chat_id: int = CHAT_ID) -> list[Call]:
        """Let a runner reply to the clinic's last message."""
        said = self.last(chat_id, CLOSE)
        return await self.all_of(answer_to(said, text, **{"from": {**RUNNER, "id": chat_id}}))

    def last(self, chat_id: int, label: str = "") -> Json:
        """Return the last message of the bot's in a chat, as Telegram shows it to the bot."""
        of_chat = [m for (chat, _), m in self.api._messages.items() if chat == chat_id]
        return [m for m in of_chat if not label or label in [b["text"] for row in rows(m) for b in row]][-1]

    def staff_read(self) -> list[str]:
        """Return what the staff chat was sent."""
        copied = [(c, str(c.params["caption"])) for c in self.api.of("copyMessage")]
        sent = [(c, c.shown) for c in self.api.sent if c.params["chat_id"] == STAFF]
        return [said for _, said in sorted([*copied, *sent], key=lambda pair: self.api.calls.index(pair[0]))]


def _codes(shown: Json, label: str) -> Iterator[str]:
    return (str(b["callback_data"]) for row in rows(shown) for b in row if b["text"] == label)


async def _nothing(within: float) -> None:
    raise Enough


def rows(shown: Json) -> list[list[Json]]:
    found: list[list[Json]] = (shown.get("reply_markup") or {}).get("inline_keyboard", [])
    return found


@contextlib.asynccontextmanager
async def a_clinic(
    mind: Mind, database: Database, clock: Clock, hasher: Hasher, api: BotApi | None = None
) -> AsyncIterator[Clinic]:
    staff = FragileStaff(database, clock)
    assistant = Assistant(mind, SqlStore(database, hasher, clock), clock, asks=True)
    desk = Desk(staff, Rights.of([], STAFF), assistant.pause, clock)
    await desk.refresh()
    handoffs = SqlHandoffStore(database, hasher, clock)
    request = OfflineRequest(api or BotApi())
    async with offline_bot(assistant, desk=desk, handoffs=handoffs, request=request) as telegram:
        yield Clinic(telegram, desk, staff, handoffs)


@pytest.fixture
async def clinic(mind: Mind, file_database: Database, clock: Clock, hasher: Hasher) -> AsyncIterator[Clinic]:
    async with a_clinic(mind, file_database, clock, hasher) as bot:
        yield bot
    read = [*bot.api.texts, *bot.api.of("copyMessage")]
    to_runners = [call.shown for call in read if call.params["chat_id"] > 0]
    assert [text for text in to_runners if not leads_to_care(text, mind.knowledge)] == []


def said(knowledge: KnowledgeBase, key: str) -> str:
    return wordings(knowledge, key)[0]


async def away(*_: object, **__: object) -> None:
    raise broken()


async def kept(database: Database, columns: str = "person, runner, closed > 0") -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(sql(f"SELECT {columns} FROM handoffs"))]


# --- the button --------------------------------------------------------------------------------------------


async def test_a_therapist_can_be_asked_under_answers_choices_and_what_the_bot_does_not_know(
    clinic: Clinic, mind: Mind
) -> None:
    for text in (QUESTION, vague_question(mind), OFF_TOPIC):
        shown = await clinic.says(text)
        assert ASK in [label for row in shown.buttons for label in row]
        assert len(shown.buttons) <= 5


@pytest.mark.parametrize("text", [DANGER, SUSPICIOUS, "/help", "/topics", "/therapist"])
async def test_but_not_under_danger_signs_and_pages(
    clinic: Clinic, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    shown = await clinic.says(text)
    assert ASK not in [label for row in shown.buttons for label in row]


async def test_nor_for_somebody_who_told_of_a_danger_sign(clinic: Clinic) -> None:
    await clinic.says()
    old = clinic.last(CHAT_ID, ASK)
    await clinic.says(DANGER)
    shown = await clinic.says("what does a session cost")
    assert ASK not in [label for row in shown.buttons for label in row]
    [told] = await clinic.all_of(callback(next(_codes(old, ASK)), old))
    assert YES not in [label for row in told.buttons for label in row]


async def test_nor_in_a_group(clinic: Clinic) -> None:
    shown = await clinic.says(f"@{updates.BOT_NAME} {QUESTION}", chat_id=-77, **{"from": OTHER_RUNNER})
    assert ASK not in [label for row in shown.buttons for label in row]


async def test_without_a_staff_chat_nobody_can_be_asked(telegram: Telegram) -> None:
    await telegram.receive(message(QUESTION))
    assert ASK not in [label for row in telegram.api.sent[-1].buttons for label in row]


# --- consent -----------------------------------------------------------------------------------------------


async def test_nothing_is_passed_on_before_the_runner_says_yes(
    clinic: Clinic, knowledge: KnowledgeBase, file_database: Database
) -> None:
    await clinic.says()
    [asked] = await clinic.tap(ASK)
    assert "without your name" in asked.shown
    assert "not for emergencies" in asked.shown
    assert said(knowledge, "handoff_no_hours") in asked.shown
    [refused] = await clinic.tap(NO)
    assert refused.shown.startswith(said(knowledge, "handoff_not_passed"))
    await clinic.bring()
    assert clinic.staff_read() == []
    assert await kept(file_database) == []


async def test_the_clinic_reads_the_question_and_which_answer_the_bot_gave_and_no_name(clinic: Clinic) -> None:
    await clinic.ask()
    [read] = clinic.staff_read()
    assert read.startswith("#q")
    assert f"A runner asks:\n\n{QUESTION}" in read
    assert 'I answered: "Does it hurt?".\n\nA short sting' in read
    assert handoff.HOW in read
    assert RUNNER["first_name"] not in read
    assert str(CHAT_ID) not in read


async def test_the_answer_stays_in_the_chat_while_consent_is_asked(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    answered = await clinic.says()
    await clinic.ask()
    assert any(call.shown == answered.shown for call in clinic.api.texts)
    assert clinic.api.of("editMessageText")[-1].shown.startswith(said(knowledge, "handoff_passed_on"))


async def test_a_question_that_is_gone_is_typed_again_and_goes_through_the_gate(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.says()
    under = {k: v for k, v in clinic.last(CHAT_ID, ASK).items() if k != "reply_to_message"}
    await clinic.all_of(callback("ask:pain", under))
    [again] = await clinic.tap(YES)
    assert again.shown.startswith(said(knowledge, "handoff_type_it"))
    passed = await clinic.says("may I swim after it?")
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))
    await clinic.bring()
    assert "A runner asks:\n\nmay I swim after it?" in clinic.staff_read()[0]
    # The one after it is the bot's again.
    assert said(knowledge, "handoff_passed_on") not in (await clinic.says()).shown


async def please_type_it(clinic: Clinic) -> None:
    await clinic.says()
    under = {k: v for k, v in clinic.last(CHAT_ID, ASK).items() if k != "reply_to_message"}
    await clinic.all_of(callback("ask:pain", under))
    await clinic.tap(YES)


async def test_a_no_to_a_therapist_leaves_no_question_that_was_to_be_typed_unsent(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Does it hurt at night?")
    asked = clinic.last(CHAT_ID, CLOSE)
    await please_type_it(clinic)
    [passed] = await clinic.all_of(answer_to(asked, "No"))
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))


async def test_what_was_held_back_for_a_question_that_nobody_answered_is_offered_in_the_end(
    clinic: Clinic, knowledge: KnowledgeBase, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.reply("How is it now?")
    asked = clinic.last(CHAT_ID, CLOSE)
    await clinic.writes_back(SUSPICIOUS)
    clock.now += SCREENING_LASTS
    monkeypatch.setattr(clinic.store, "pass_on", away)
    kept_back, offer = await clinic.all_of(answer_to(asked, "since Monday"))
    assert said(knowledge, "handoff_away") in kept_back.shown
    assert said(knowledge, "handoff_settled") in offer.shown


@pytest.mark.parametrize("words", ["no, never mind, cancel", "No.", "forget it"])
async def test_who_was_asked_to_type_the_question_and_leaves_it_passes_nothing_on(
    clinic: Clinic, knowledge: KnowledgeBase, words: str
) -> None:
    await please_type_it(clinic)
    assert (await clinic.says(words)).shown.startswith(said(knowledge, "handoff_not_passed"))
    await clinic.bring()
    assert clinic.staff_read() == []


async def test_a_change_of_an_older_message_is_not_the_question_that_was_to_be_typed(clinic: Clinic) -> None:
    older = message(QUESTION)
    await clinic.all_of(older)
    await please_type_it(clinic)
    await clinic.all_of(updates.edited_message("for the bot alone", message_id=older["message"]["message_id"]))
    await clinic.bring()
    assert clinic.staff_read() == []


async def test_a_danger_sign_typed_as_the_question_is_answered_and_goes_to_nobody_unasked(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.says()
    under = {k: v for k, v in clinic.last(CHAT_ID, ASK).items() if k != "reply_to_message"}
    await clinic.all_of(callback("ask:pain", under))
    await clinic.tap(YES)
    urgent, asked = await clinic.all_of(message(DANGER))
    assert leads_to_care(urgent.shown, knowledge)
    assert YES not in str(urgent.buttons)
    assert YES in str(asked.buttons)
    await clinic.bring()
    assert clinic.staff_read() == []
    await clinic.tap(YES)
    await clinic.bring()
    [read] = clinic.staff_read()
    assert DANGER in read
    assert handoff.TOLD_ANYWAY in read


async def test_a_second_tap_on_yes_passes_nothing_on_twice(clinic: Clinic) -> None:
    await clinic.says()
    [asked] = await clinic.tap(ASK)
    under = clinic.last(CHAT_ID, YES)
    for _ in range(2):
        await clinic.all_of(callback(asked.code(YES), under))
    await clinic.bring()
    assert len(clinic.staff_read()) == 1


async def test_a_long_question_is_brought_whole(clinic: Clinic) -> None:
    await clinic.ask(QUESTION + " and then my calf" * 230)
    assert len(clinic.staff_read()) == 2
    assert "".join(clinic.staff_read()).count("and then my calf") == 230


async def test_more_than_some_messages_an_hour_are_too_many_for_the_clinic(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Tell me more.")
    answers = [await clinic.writes_back(f"{number} and more") for number in range(handoff.AN_HOUR)]
    assert answers[-1][-1].shown.startswith(said(knowledge, "handoff_too_many"))
    assert YES in str(answers[-1][-1].buttons)
    await clinic.bring()
    assert len([text for text in clinic.staff_read() if "and more" in text]) == handoff.AN_HOUR - 1


# --- both directions ---------------------------------------------------------------------------------------


async def test_a_therapists_reply_reaches_the_runner_who_asked_as_from_the_clinic(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask(chat_id=1)
    first = clinic.last(STAFF)
    await clinic.ask("what does a session cost", chat_id=2)
    [told, confirmed] = await clinic.reply("Ice helps <a bit> & **rest**.", first)
    assert told.params["chat_id"] == 1
    assert told.shown.startswith("From the clinic:\n\nIce helps <a bit> & **rest**.")
    assert said(knowledge, "handoff_reply_here") in told.shown
    assert THERAPIST["first_name"] not in told.shown
    assert (confirmed.params["chat_id"], handoff.PASSED_ON in confirmed.shown) == (STAFF, True)


async def test_a_runners_reply_goes_back_to_the_same_conversation(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    name = clinic.staff_read()[0].split()[0]
    await clinic.reply("Which leg?")
    [passed] = await clinic.writes_back("the left one")
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))
    await clinic.bring()
    assert clinic.staff_read()[-1] == f"{name}\nThe runner writes:\n\nthe left one"
    [told, _] = await clinic.reply("Then rest it.")
    assert told.shown.startswith("From the clinic:\n\nThen rest it.")


@pytest.mark.parametrize("words", ["word " * 819, "a" * 4096, "<&> " * 1024, "\n".join(["line of text"] * 300)])
async def test_each_message_of_a_long_reply_says_something_and_can_be_replied_to(
    clinic: Clinic, words: str
) -> None:
    await clinic.ask()
    *told, _ = await clinic.reply(words)
    assert words.strip()[:20] in told[0].shown
    assert len(told) > 1
    assert sum(len(call.shown) for call in told) > len(words.strip())
    for shown in [m for (chat, _), m in clinic.api._messages.items() if chat == CHAT_ID][-len(told) :]:
        [passed] = await clinic.all_of(answer_to(shown, "does it hurt to run after?"))
        assert "Passed on" in passed.shown


async def test_the_runner_writes_further_by_a_reply_to_the_word_that_it_was_passed_on(clinic: Clinic) -> None:
    await clinic.ask()
    shown = [m for (chat, _), m in clinic.api._messages.items() if chat == CHAT_ID][-1]
    assert "Passed on" in shown["text"]
    await clinic.all_of(answer_to(shown, "does it hurt at night?"))
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith("The runner writes:\n\ndoes it hurt at night?")


async def test_all_else_goes_to_the_bot_which_says_so_once(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    stays = said(knowledge, "handoff_stays_here")
    assert (await clinic.says()).shown.startswith(stays)
    assert stays not in (await clinic.says()).shown
    await clinic.bring()
    assert len([text for text in clinic.staff_read() if "runner" in text]) == 1


async def test_a_danger_sign_told_while_a_therapists_answer_is_on_its_way_is_not_forgotten(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.ask()
    read, go_on = asyncio.Event(), asyncio.Event()
    read_codes = SqlStore.conversation

    async def halting(store: SqlStore, speaker: Speaker) -> str:
        codes = await read_codes(store, speaker)
        if not read.is_set():
            read.set()
            await go_on.wait()
        return codes

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "conversation", halting)
        relayed = asyncio.create_task(clinic.reply("How is it?"))
        await read.wait()
        await clinic.says(DANGER)
        go_on.set()
        await relayed
    # The alarm lasts: nothing is offered that may take a day.
    answered = await clinic.says()
    assert ASK not in str(answered.buttons)


async def test_what_a_runner_is_in_the_middle_of_stands_when_a_therapist_writes(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    question = clinic.last(STAFF)
    await clinic.says()
    under = {k: v for k, v in clinic.last(CHAT_ID, ASK).items() if k != "reply_to_message"}
    await clinic.all_of(callback("ask:pain", under))
    await clinic.tap(YES)
    await clinic.reply("Which leg?", question)
    passed = await clinic.says("may I swim after it?")
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))


@pytest.mark.parametrize("change", ["asking_place", "doubtful"])
async def test_nothing_stands_above_what_a_therapist_wrote(clinic: Clinic, clock: Clock, change: str) -> None:
    await clinic.ask()
    store, runner = clinic.people, Speaker(str(CHAT_ID), str(CHAT_ID))
    codes = Conversation.from_codes(await store.conversation(runner))
    changed = codes.asking_place(clock.now) if change == "asking_place" else codes.doubtful()
    await store.record(runner, changed.to_codes(), [])
    told, _ = await clinic.reply("Which leg?")
    assert told.shown.startswith("From the clinic:")
    assert await store.conversation(runner) == changed.to_codes()


async def test_a_danger_sign_in_a_reply_to_the_clinic_is_answered_at_once_and_passed_on_only_on_wish(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("How is it now?")
    urgent, asked = await clinic.writes_back(DANGER)
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    await clinic.bring()
    assert not any(DANGER in text for text in clinic.staff_read())
    await clinic.tap(YES)
    await clinic.bring()
    assert DANGER in clinic.staff_read()[-1]
    assert said(knowledge, "handoff_anyway") in asked.shown


@pytest.mark.parametrize("typed", [True, False])
async def test_an_open_question_about_a_danger_sign_is_settled_before_anything_is_passed_on(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, typed: bool
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.reply("How is it now?")
    [screened] = await clinic.writes_back(SUSPICIOUS)
    assert "No, none of this" in str(screened.buttons)
    await clinic.bring()
    assert not any(SUSPICIOUS in text for text in clinic.staff_read())
    answers = await (clinic.all_of(message("no")) if typed else clinic.tap("No, none of this"))
    assert said(knowledge, "handoff_thanks") in answers[0].shown
    assert said(knowledge, "handoff_settled") in answers[-1].shown
    await clinic.tap(YES)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(f"The runner writes:\n\n{SUSPICIOUS}\n\n{handoff.DANGER}")


async def test_what_is_said_to_the_clinic_answers_no_question_of_the_bots_and_waits_for_its_answer(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.says(SUSPICIOUS)
    await clinic.reply("Does it hurt at night?")
    for words in ("No", "yes", "it is the left leg"):
        [again] = await clinic.writes_back(words)
        assert again.shown.startswith(said(knowledge, "screening_again"))
    answer, *offers = await clinic.tap("No, none of this")
    assert answer.shown.startswith("Does it hurt?")
    shown = [m for (_, _), m in clinic.api._messages.items() if said(knowledge, "handoff_settled") in m["text"]]
    assert len(shown) == len(offers) == 3
    for offer in shown:
        await clinic.all_of(callback(next(_codes(offer, YES)), offer))
    await clinic.bring()
    for words, read in zip(("No", "yes", "it is the left leg"), clinic.staff_read()[-3:], strict=True):
        assert read.endswith(f"The runner writes:\n\n{words}")


@pytest.mark.parametrize("typed", [True, False])
async def test_a_message_to_the_clinic_that_proves_a_danger_sign_is_offered_to_be_passed_on_below_it(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, typed: bool
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.reply("How is it now?")
    await clinic.writes_back(SUSPICIOUS)
    urgent, offer = await (clinic.all_of(message("yes")) if typed else clinic.tap("Yes"))
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    assert said(knowledge, "handoff_anyway") in offer.shown
    await clinic.tap(YES)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(f"The runner writes:\n\n{SUSPICIOUS}\n\n{handoff.TOLD_ANYWAY}")


async def test_what_is_said_to_the_clinic_takes_no_danger_sign_back_and_reaches_it(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Do you feel ill?")
    for text in (DANGER, QUESTION):  # now the bot itself would take a "no"
        await clinic.says(text)
    [passed] = await clinic.writes_back("No, none of this")
    assert said(knowledge, "handoff_passed_on") in passed.shown
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith("The runner writes:\n\nNo, none of this")
    assert ASK not in str((await clinic.says("what does a session cost")).buttons)


async def test_what_is_agreed_to_while_a_question_about_danger_is_open_is_asked_about_after_it(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.says()
    await clinic.tap(ASK)
    await clinic.says(SUSPICIOUS)
    [again] = await clinic.tap(YES)
    assert again.shown.startswith(said(knowledge, "screening_again"))
    await clinic.all_of(message("no"))
    await clinic.tap(YES)
    await clinic.bring()
    assert clinic.staff_read()[0].count(QUESTION) == 1


async def test_a_photo_is_passed_on_under_an_alarm_as_words_are(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    await clinic.says(DANGER)
    await clinic.all_of(message(reply_to_message=clinic.last(CHAT_ID, CLOSE), **updates.PHOTO))
    [passed] = await clinic.tap(YES)
    assert said(knowledge, "handoff_passed_on") in passed.shown
    await clinic.bring()
    assert len(clinic.api.of("copyMessage")) == 1


async def test_who_wished_the_clinic_to_know_all_the_same_is_said_to_have_whatever_the_words(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.says(SUSPICIOUS)
    await clinic.reply("Is it worse?")
    await clinic.writes_back("a bit")
    await clinic.tap("Yes")
    await clinic.tap(YES)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(f"a bit\n\n{handoff.TOLD_ANYWAY}")


async def test_an_answer_kept_back_by_a_question_is_asked_about_by_its_own_words(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.says(SUSPICIOUS)
    await clinic.says("no")
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.bring()
    assert f"A runner asks:\n\n{SUSPICIOUS}" in clinic.staff_read()[0]


async def test_a_therapists_words_on_danger_signs_come_with_the_line_on_emergencies(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    told, _ = await clinic.reply("Rest it for a day.")
    assert said(knowledge, "danger_line") not in told.shown
    told, _ = await clinic.reply(DANGER, clinic.last(STAFF, CLOSE))
    assert DANGER in told.shown
    assert said(knowledge, "danger_line") in told.shown


async def test_either_side_closes_and_the_chat_of_the_runner_is_forgotten(
    clinic: Clinic, knowledge: KnowledgeBase, file_database: Database
) -> None:
    await clinic.ask()
    assert [runner for _, runner, _ in await kept(file_database)] == [CHAT_ID]
    await clinic.reply("Rest it.")
    [closed] = await clinic.tap(CLOSE)
    assert closed.shown.startswith(said(knowledge, "handoff_closed"))
    assert await kept(file_database) == [("", 0, 1)]
    await clinic.bring()
    assert handoff.CLOSED_BY_RUNNER in clinic.staff_read()[-1]
    [late] = await clinic.writes_back("one more thing")
    assert late.shown.startswith(said(knowledge, "handoff_over"))
    [confirmed] = await clinic.reply("One more thing", clinic.last(STAFF))
    assert handoff.OVER in confirmed.shown


@pytest.mark.parametrize("by_button", [True, False])
async def test_a_therapist_closes_and_the_runner_is_told(
    clinic: Clinic, knowledge: KnowledgeBase, file_database: Database, by_button: bool
) -> None:
    await clinic.ask()
    if by_button:
        under = clinic.last(STAFF, CLOSE)
        told = await clinic.all_of(callback(next(_codes(under, CLOSE)), under, chat_id=STAFF, by=THERAPIST))
    else:
        told = await clinic.reply("/close")
    assert told[0].params["chat_id"] == CHAT_ID
    assert told[0].shown.startswith(said(knowledge, "handoff_closed_by_clinic"))
    assert handoff.CLOSED in told[1].shown
    assert await kept(file_database) == [("", 0, 1)]


@pytest.mark.parametrize("trouble", [{"status": 403, "description": BLOCKED[1]}, {"status": 200, "body": b"{}"}])
async def test_a_therapist_who_closes_is_not_told_that_a_runner_knows_who_may_not(
    clinic: Clinic, trouble: dict[str, object], file_database: Database
) -> None:
    await clinic.ask()
    clinic.api.fail_next("sendMessage", times=1 if trouble["status"] == 403 else 2, **trouble)  # type: ignore[arg-type]
    *_, told = await clinic.reply("/close")
    assert handoff.CLOSED_UNTOLD in told.shown
    assert await kept(file_database) == [("", 0, 1)]


async def test_a_conversation_that_was_closed_or_cannot_be_is_said_to_be(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise broken()

    await clinic.ask()
    under = clinic.last(STAFF, CLOSE)
    tap = callback(next(_codes(under, CLOSE)), under, chat_id=STAFF, by=THERAPIST)
    with monkeypatch.context() as patched:
        patched.setattr(clinic.store, "close", away)
        *_, told = await clinic.all_of(tap)
    assert handoff.NOT_CLOSED in told.shown
    *_, told = await clinic.all_of(tap)
    assert handoff.CLOSED in told.shown
    [told] = await clinic.all_of(tap)
    assert handoff.CLOSED_BEFORE in told.shown


async def test_a_late_reply_with_a_danger_sign_gets_the_urgent_text(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Rest it.")
    await clinic.tap(CLOSE)
    urgent, offer = await clinic.writes_back(DANGER)
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    assert said(knowledge, "handoff_anyway") in offer.shown


@pytest.mark.parametrize("before", [(), (SUSPICIOUS, "what does a session cost")])
async def test_a_late_reply_that_may_tell_of_danger_is_asked_about_and_its_buttons_work(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.reply("Rest it.")
    await clinic.tap(CLOSE)
    for text in before:
        await clinic.says(text)
    [asked] = await clinic.writes_back(SUSPICIOUS)
    assert "No, none of this" in str(asked.buttons)
    urgent, *_ = await clinic.tap("Yes")
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown


async def test_commands_are_for_the_bot_whatever_they_reply_to(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    await clinic.reply("Rest it.")
    [shown] = await clinic.writes_back("/mydata")
    assert said(knowledge, "my_data_handoff") in shown.shown
    assert "until it reaches the clinic, what you let me pass on" in shown.shown


# --- hard cases --------------------------------------------------------------------------------------------


async def test_a_restart_in_between_loses_nobody(
    mind: Mind, file_database: Database, clock: Clock, hasher: Hasher
) -> None:
    api = BotApi()
    async with a_clinic(mind, file_database, clock, hasher, api) as bot:
        await bot.says()
        await bot.tap(ASK)
        await bot.tap(YES)
    async with a_clinic(mind, file_database, clock, hasher, api) as bot:
        await bot.bring()
        question = bot.last(STAFF)
    async with a_clinic(mind, file_database, clock, hasher, api) as bot:
        told, _ = await bot.reply("Which leg?", question)
        assert told.params["chat_id"] == CHAT_ID
    async with a_clinic(mind, file_database, clock, hasher, api) as bot:
        await bot.writes_back("the left one")
        await bot.bring()
        assert bot.staff_read()[-1].endswith("the left one")


async def test_a_reply_that_is_read_in_part_still_goes_to_the_clinic(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    [passed] = await clinic.all_of(answer_to(clinic.last(CHAT_ID, CLOSE), "the left one", poll={"odd": 1}))
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))


async def test_an_update_that_is_handled_again_after_a_kill_passes_its_words_on_once(clinic: Clinic) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    again = answer_to(clinic.last(CHAT_ID, CLOSE), "the left one")
    for _ in range(2):
        await clinic.all_of(again)
    await clinic.bring()
    assert len([text for text in clinic.staff_read() if "the left one" in text]) == 1


async def test_a_changed_message_is_passed_on_as_changed(clinic: Clinic) -> None:
    await clinic.says()
    question = clinic.last(CHAT_ID, ASK)["reply_to_message"]
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.all_of(updates.edited_message("does needling hurt kids?", message_id=question["message_id"]))
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith("The runner changed their message to:\n\ndoes needling hurt kids?")
    answer = answer_to(clinic.last(STAFF), "Yes.", **{"from": THERAPIST})
    await clinic.all_of(answer)
    told, _ = await clinic.all_of(changed_to(answer, "No."))
    assert told.shown.startswith("From the clinic, changed to:\n\nNo.")


def changed_to(update: Json, text: str) -> Json:
    """Return the change of a message to ``text``."""
    number, said = update["update_id"] + 1_000_000, update["message"]
    return {"update_id": number, "edited_message": {**said, "text": text, "edit_date": updates.NOW}}


async def test_a_change_of_what_no_runner_was_sent_is_no_change_to_them(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.ask()
    answer = answer_to(clinic.last(STAFF), "Rest it.", **{"from": THERAPIST})
    with monkeypatch.context() as patched:
        patched.setattr(clinic.store, "find", away)
        await clinic.all_of(answer)
    told, _ = await clinic.all_of(changed_to(answer, "Rest it, please."))
    assert told.shown.startswith("From the clinic:\n\nRest it, please.")


async def test_what_the_runner_kept_from_the_clinic_is_not_passed_on_when_it_is_changed(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("How is it now?")
    reply = answer_to(clinic.last(CHAT_ID, CLOSE), DANGER)
    await clinic.all_of(reply)
    await clinic.tap(NO)
    [asked] = await clinic.all_of(changed_to(reply, "the heel, a bit"))
    assert said(knowledge, "handoff_settled") in asked.shown
    await clinic.bring()
    assert not any("the heel" in text for text in clinic.staff_read())
    await clinic.tap(YES)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith("The runner writes:\n\nthe heel, a bit")


async def test_a_no_below_a_question_that_was_passed_on_before_does_not_deny_it(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.says()
    await clinic.tap(ASK)
    earlier = clinic.last(CHAT_ID, YES)
    asks = clinic.last(CHAT_ID, ASK)
    await clinic.all_of(callback(next(_codes(asks, ASK)), asks))
    await clinic.tap(YES)
    [told] = await clinic.all_of(callback(next(_codes(earlier, NO)), earlier))
    assert told.shown.startswith(said(knowledge, "handoff_passed_before"))
    assert CLOSE in str(told.buttons)


async def test_with_the_database_away_nobody_is_told_that_what_they_let_through_was_not(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.says()
    await clinic.tap(ASK)
    asked = clinic.last(CHAT_ID, YES)
    await clinic.tap(YES)
    await clinic.bring()
    await clinic.reply("How is it?")
    answer = answer_to(clinic.last(CHAT_ID, CLOSE), "fine")
    await clinic.all_of(answer)
    monkeypatch.setattr(clinic.store, "of_person", away)
    [to_no] = await clinic.all_of(callback(next(_codes(asked, NO)), asked))
    [to_change] = await clinic.all_of(changed_to(answer, "not fine"))
    assert to_no.method == "sendMessage"  # the buttons of the message that was tapped stay
    for told in (to_no, to_change):
        assert told.shown.startswith(said(knowledge, "handoff_unsure"))
    assert YES in str(to_change.buttons)


async def album(clinic: Clinic, *captions: str, name: str = "an album", **fields: Any) -> list[Call]:
    """Let the runner send an album, a picture for each of ``captions``, and return what they read then."""
    pictures = ({**updates.PHOTO, **({"caption": caption} if caption else {})} for caption in captions)
    return [
        call
        for picture in pictures
        for call in await clinic.all_of(message(media_group_id=name, **picture, **fields))
    ]


async def test_an_album_is_asked_about_once_and_brought_whole(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    [asked] = await album(clinic, "the left heel", "", "", reply_to_message=clinic.last(CHAT_ID, CLOSE))
    assert asked.shown.startswith(said(knowledge, "handoff_media"))
    assert said(knowledge, "handoff_album") in asked.shown
    under = clinic.last(CHAT_ID, YES)
    for _ in range(2):
        await clinic.all_of(callback(asked.code(YES), under))
    await clinic.bring()
    first, *others = clinic.api.of("copyMessage")
    assert "the left heel" in first.shown
    assert [handoff.ANOTHER in call.shown for call in others] == [True, True]
    assert len({call.params["message_id"] for call in (first, *others)}) == 3


async def test_an_album_that_nobody_agreed_to_stays_here(clinic: Clinic) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    to = clinic.last(CHAT_ID, CLOSE)
    await album(clinic, "", "", reply_to_message=to)
    await clinic.tap(NO)
    assert await album(clinic, "", reply_to_message=to) == []
    await clinic.bring()
    assert clinic.api.of("copyMessage") == []


async def test_a_picture_of_an_album_that_arrives_after_the_yes_follows_the_others(clinic: Clinic) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    to = clinic.last(CHAT_ID, CLOSE)
    await album(clinic, "", reply_to_message=to)
    await clinic.tap(YES)
    assert await album(clinic, "", reply_to_message=to) == []
    await clinic.bring()
    assert len(clinic.api.of("copyMessage")) == 2


async def test_of_an_album_each_picture_with_words_of_its_own_is_read_for_danger(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    _, urgent, asked = await album(clinic, "", DANGER, reply_to_message=clinic.last(CHAT_ID, CLOSE))
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    assert YES in str(asked.buttons)


@pytest.mark.parametrize("caption", [DANGER, SUSPICIOUS])
async def test_an_album_that_had_to_wait_for_a_danger_sign_is_brought_whole_after_it(
    clinic: Clinic, knowledge: KnowledgeBase, caption: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    await clinic.reply("Can you show me?")
    await album(clinic, caption, "", reply_to_message=clinic.last(CHAT_ID, CLOSE))
    await clinic.bring()
    assert clinic.api.of("copyMessage") == []
    if caption == SUSPICIOUS:
        await clinic.tap("No, none of this")
    assert said(knowledge, "handoff_album") in clinic.last(CHAT_ID, YES)["text"]
    await clinic.tap(YES)
    await clinic.bring()
    assert len(clinic.api.of("copyMessage")) == 2


async def test_an_album_under_ask_a_therapist_is_brought_whole(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    assert len(await album(clinic, "", "")) == 1
    [asked] = await clinic.tap(ASK)
    assert said(knowledge, "handoff_album") in asked.shown
    await clinic.tap(YES)
    await clinic.bring()
    assert len(clinic.api.of("copyMessage")) == 2


async def shown_albums(clinic: Clinic, count: int) -> list[Json]:
    """Let the runner send ``count`` albums of two pictures and return the questions below them."""
    await clinic.ask()
    await clinic.reply("Can you show me?")
    to = clinic.last(CHAT_ID, CLOSE)
    asked = []
    for name in map(str, range(count)):
        await album(clinic, f"heel {name}", "", name=name, reply_to_message=to)
        asked.append(clinic.last(CHAT_ID, YES))
    return asked


async def test_of_several_albums_each_is_brought_whole(clinic: Clinic) -> None:
    for asked in await shown_albums(clinic, 2):
        await clinic.all_of(callback(next(_codes(asked, YES)), asked))
    await clinic.bring()
    assert len(clinic.api.of("copyMessage")) == 4


async def test_where_the_rest_of_an_album_is_not_known_any_more_both_sides_are_told(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    asked, *_ = await shown_albums(clinic, 6)
    [told] = await clinic.all_of(callback(next(_codes(asked, YES)), asked))
    assert told.shown.startswith(said(knowledge, "handoff_alone"))
    assert said(knowledge, "handoff_passed_on") in told.shown
    await clinic.bring()
    [picture] = clinic.api.of("copyMessage")
    assert "of several pictures only this one:\n\nheel 0" in picture.shown


async def test_an_album_is_kept_for_the_clinic_whole_or_not_at_all(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts = []

    async def failing(*args: Any, **kwargs: Any) -> int:
        puts.append(args)
        if len(puts) == 2:
            raise broken()
        return await put_letters(*args, **kwargs)

    [asked] = await shown_albums(clinic, 1)
    monkeypatch.setattr("bot.storage.sql_handoffs.put_letters", failing)
    [told] = await clinic.all_of(callback(next(_codes(asked, YES)), asked))
    assert told.shown.startswith(said(knowledge, "handoff_away"))
    await clinic.bring()
    assert clinic.api.of("copyMessage") == []


async def test_a_change_of_any_message_that_was_passed_on_reaches_the_clinic(clinic: Clinic) -> None:
    await clinic.ask()
    question = clinic.last(CHAT_ID, ASK)["reply_to_message"]
    await clinic.reply("Which leg?")
    await clinic.writes_back("left")
    await clinic.all_of(updates.edited_message("does it hurt the heel?", message_id=question["message_id"]))
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith("The runner changed their message to:\n\ndoes it hurt the heel?")


async def test_a_change_to_a_danger_sign_reaches_the_clinic_where_the_runner_wishes(clinic: Clinic) -> None:
    await clinic.ask()
    question = clinic.last(CHAT_ID, ASK)["reply_to_message"]
    for words in (DANGER, f"{DANGER} It is worse now."):
        await clinic.all_of(updates.edited_message(words, message_id=question["message_id"]))
        await clinic.tap(YES)
        await clinic.bring()
        read = f"The runner changed their message to:\n\n{words}\n\n{handoff.TOLD_ANYWAY}"
        assert clinic.staff_read()[-1].endswith(read)


async def test_a_change_that_was_asked_about_reaches_the_clinic(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    await clinic.ask()
    question = clinic.last(CHAT_ID, ASK)["reply_to_message"]
    await clinic.all_of(updates.edited_message(SUSPICIOUS, message_id=question["message_id"]))
    await clinic.tap("No, none of this")
    await clinic.tap(YES)
    await clinic.bring()
    assert f"The runner changed their message to:\n\n{SUSPICIOUS}" in clinic.staff_read()[-1]


async def test_a_changed_caption_reaches_the_clinic(clinic: Clinic) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    to = clinic.last(CHAT_ID, CLOSE)
    sent = message(reply_to_message=to, **{**updates.PHOTO, "caption": "the left heel"})
    number = sent["message"]["message_id"]
    changed: Json = {**updates.PHOTO, "caption": "sorry, the RIGHT heel", "reply_to_message": to}
    for update in (sent, updates.edited_message(message_id=number, **changed)):
        await clinic.all_of(update)
        await clinic.tap(YES)
        await clinic.bring()
    assert "The runner changed this:\n\nsorry, the RIGHT heel" in clinic.staff_read()[-1]


async def test_photos_and_voice_are_passed_on_only_after_consent_and_as_copies(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    for medium, caption in ((updates.PHOTO, "the left heel"), (updates.VOICE, "")):
        fields = {**medium, **({"caption": caption} if caption else {})}
        [asked] = await clinic.all_of(message(reply_to_message=clinic.last(CHAT_ID, CLOSE), **fields))
        assert asked.shown.startswith(said(knowledge, "handoff_media"))
        assert said(knowledge, "handoff_album") not in asked.shown
        before = len(clinic.api.of("copyMessage"))
        await clinic.bring()
        assert len(clinic.api.of("copyMessage")) == before
        await clinic.tap(YES)
        await clinic.bring()
        copied = clinic.api.of("copyMessage")[-1]
        assert (copied.params["chat_id"], copied.params["from_chat_id"]) == (STAFF, CHAT_ID)
        assert str(copied.params["caption"]).startswith("#q")
        assert caption in copied.params["caption"]
    told, _ = await clinic.reply("Thank you.")
    assert told.params["chat_id"] == CHAT_ID


async def test_a_danger_sign_beside_a_photo_is_answered_first(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    fields = {**updates.PHOTO, "caption": DANGER, "reply_to_message": clinic.last(CHAT_ID, CLOSE)}
    urgent, asked = await clinic.all_of(message(**fields))
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    assert YES in str(asked.buttons)
    await clinic.bring()
    assert clinic.api.of("copyMessage") == []


async def test_a_photo_that_was_deleted_is_said_to_be_gone(clinic: Clinic) -> None:
    await clinic.says(None, **updates.PHOTO)
    await clinic.tap(ASK)
    await clinic.tap(YES)
    clinic.api._received.clear()
    await clinic.bring()
    assert handoff.GONE in clinic.staff_read()[-1]


async def test_a_photo_of_somebody_who_blocked_the_bot_is_no_sign_that_the_staff_chat_is_lost(
    clinic: Clinic,
) -> None:
    await clinic.says(None, **updates.PHOTO)
    await clinic.tap(ASK)
    await clinic.tap(YES)
    clinic.api.fail_next("copyMessage", *BLOCKED)
    await clinic.bring()
    assert not clinic.desk.lost
    assert handoff.GONE in clinic.staff_read()[-1]


@pytest.mark.parametrize("refusal", ["not enough rights to send photos to the chat", "MEDIA_EMPTY"])
async def test_a_photo_that_the_staff_chat_does_not_take_holds_nothing_up_and_its_words_arrive(
    clinic: Clinic, refusal: str
) -> None:
    await clinic.says(None, **{**updates.PHOTO, "caption": "the left heel"})
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.says()
    await clinic.tap(ASK)
    await clinic.tap(YES)
    clinic.api.fail_next("copyMessage", 400, f"Bad Request: {refusal}")
    await clinic.bring()
    assert not clinic.desk.lost
    words, question = clinic.staff_read()
    assert "the left heel" in words and words.endswith(handoff.GONE)
    assert QUESTION in question


async def test_a_photo_in_a_topic_that_is_gone_is_still_brought(clinic: Clinic) -> None:
    await clinic.ask()
    await clinic.reply("Show me.", is_topic_message=True, message_thread_id=33)
    await clinic.all_of(message(reply_to_message=clinic.last(CHAT_ID, CLOSE), **updates.PHOTO))
    await clinic.tap(YES)
    clinic.api.fail_next("copyMessage", 400, "Bad Request: message thread not found")
    await clinic.bring()
    assert clinic.api.of("copyMessage")[-1].status == 200
    assert handoff.GONE not in clinic.staff_read()[-1]


async def test_somebody_who_hides_forwards_is_answered_like_anybody(clinic: Clinic) -> None:
    origin = {"type": "hidden_user", "date": updates.NOW, "sender_user_name": "Someone"}
    await clinic.all_of(message(QUESTION, forward_origin=origin))
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.bring()
    told, _ = await clinic.reply("Rest it.")
    assert told.params["chat_id"] == CHAT_ID
    assert clinic.api.of("forwardMessage") == []


@pytest.mark.parametrize("medium", [updates.STICKER, updates.VIDEO_NOTE, updates.LOCATION])
async def test_what_has_no_room_for_words_is_not_passed_on_and_that_is_said(
    clinic: Clinic, knowledge: KnowledgeBase, medium: Json
) -> None:
    await clinic.ask()
    await clinic.reply("Can you show me?")
    [told] = await clinic.all_of(message(reply_to_message=clinic.last(CHAT_ID, CLOSE), **medium))
    assert told.shown.startswith(said(knowledge, "handoff_words_only"))


async def sends(clinic: Clinic, caption: str = "", medium: Json = updates.PHOTO, **fields: object) -> list[Call]:
    """Let a therapist reply with a picture or the like, and return what the runner gets of it, copies included."""
    before = len(clinic.api.calls)
    content = {**medium, **({"caption": caption} if caption else {}), "from": THERAPIST, **fields}
    await clinic.all_of(message(chat_id=STAFF, reply_to_message=clinic.last(STAFF, CLOSE), **content))
    return [call for call in clinic.api.calls[before:] if call.params.get("chat_id") == CHAT_ID]


async def test_a_therapists_photo_reaches_the_runner_as_from_the_clinic_and_can_be_replied_to(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.ask()
    for caption, medium in (("Like this.", updates.PHOTO), ("", updates.DOCUMENT), (DANGER, updates.VOICE)):
        [copied] = await sends(clinic, caption, medium)
        assert copied.method == "copyMessage"
        assert copied.params["from_chat_id"] == STAFF
        assert copied.shown.startswith(f"From the clinic:\n\n{caption}".strip())
        assert (said(knowledge, "danger_line") in copied.shown) is (caption == DANGER)
        assert leads_to_care(copied.shown, knowledge)
        assert handoff.PASSED_ON in clinic.staff_read()[-1]
    [passed] = await clinic.writes_back("thank you")
    assert passed.shown.startswith(said(knowledge, "handoff_passed_on"))


async def test_a_therapists_words_that_find_no_room_beside_a_photo_come_below_it(clinic: Clinic) -> None:
    await clinic.ask()
    picture, words = await sends(clinic, "rest " * 200)
    assert (picture.method, words.method) == ("copyMessage", "sendMessage")
    assert picture.shown.startswith("From the clinic:")
    assert words.shown.count("rest") == 200


async def test_a_therapists_photo_that_telegram_does_not_copy_is_said_not_to_be_passed_on(clinic: Clinic) -> None:
    await clinic.ask()
    clinic.api.fail_next("copyMessage", 400, "Bad Request: message can't be copied")
    await sends(clinic, "Like this.")
    assert handoff.REFUSED in clinic.staff_read()[-1]


@pytest.mark.parametrize("medium", [updates.STICKER, updates.VIDEO_NOTE, updates.LOCATION])
async def test_what_of_a_therapists_cannot_be_passed_on_is_said_every_time(clinic: Clinic, medium: Json) -> None:
    await clinic.ask()
    for _ in range(2):
        assert await sends(clinic, medium=medium) == []
        assert handoff.NOT_THIS in clinic.staff_read()[-1]


async def test_a_mistyped_command_of_a_therapist_reaches_no_runner(clinic: Clinic) -> None:
    await clinic.ask()
    [told] = await clinic.reply("/clsoe")
    assert handoff.NO_ORDER in told.shown


async def test_the_address_behind_a_therapists_link_is_not_lost(clinic: Clinic) -> None:
    await clinic.ask()
    link = {"type": "text_link", "offset": 7, "length": 4, "url": "https://clinic.example/calf"}
    answer = answer_to(clinic.last(STAFF), "🦵 see this page", entities=[link], **{"from": THERAPIST})
    told, _ = await clinic.all_of(answer)
    assert "🦵 see this (https://clinic.example/calf) page" in told.shown
    link["url"] = "https://clinic.example/shin"
    told, _ = await clinic.all_of(changed_to(answer, "🦵 see this page"))
    assert "🦵 see this (https://clinic.example/shin) page" in told.shown


async def test_what_a_therapist_is_told_finds_another_way_where_the_topic_is_gone(clinic: Clinic) -> None:
    await clinic.ask()
    for refusal in ("message thread not found", "TOPIC_CLOSED"):
        clinic.api.fail_next("sendMessage", 400, f"Bad Request: {refusal}")
        await sends(clinic, medium=updates.STICKER, is_topic_message=True, message_thread_id=33)
        before = len(clinic.staff_read())
        await clinic.bring()
        [told] = clinic.staff_read()[before:]
        assert handoff.NOT_THIS in told


async def test_a_reply_that_telegram_does_not_confirm_is_sent_once_more_and_the_therapist_told(
    clinic: Clinic,
) -> None:
    await clinic.ask()
    clinic.api.fail_next("sendMessage", 200, body=b"{}", times=2)
    *twice, told = await clinic.reply("Rest it.")
    assert [call.params["chat_id"] for call in twice] == [CHAT_ID] * 2
    assert handoff.NOT_CONFIRMED in told.shown


async def test_a_reply_whose_confirmation_is_not_taken_is_not_sent_again_and_confirmed_later(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def flooded(*_: object, **__: object) -> None:
        raise RetryAfter(5)

    await clinic.ask()
    with monkeypatch.context() as patched:
        patched.setattr("bot.tg.relay.send_short", flooded)
        [told] = await clinic.reply("Rest it.")
    assert told.params["chat_id"] == CHAT_ID
    await clinic.bring()
    assert handoff.PASSED_ON in clinic.staff_read()[-1]


async def test_with_the_database_away_nobody_is_told_that_anything_was_passed_on(
    clinic: Clinic, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    for method in ("pass_on", "find"):
        monkeypatch.setattr(clinic.store, method, away)
    [to_runner] = await clinic.writes_back("left")
    assert to_runner.shown.startswith(said(knowledge, "handoff_away"))
    [to_staff] = await clinic.reply("Rest it.")
    assert handoff.AWAY in to_staff.shown


async def test_of_two_therapists_the_second_is_told_and_both_are_passed_on(clinic: Clinic) -> None:
    await clinic.ask()
    question = clinic.last(STAFF)
    told, first = await clinic.reply("Rest it.", question)
    also, second = await clinic.reply("Ice it.", question, COLLEAGUE)
    assert ["Rest it." in told.shown, "Ice it." in also.shown] == [True, True]
    assert handoff.PASSED_ON in first.shown
    assert handoff.ANSWERED_ALREADY in second.shown


async def test_a_reply_to_something_that_is_no_runners_is_said_once(clinic: Clinic) -> None:
    await clinic.all_of(message("/staff", chat_id=STAFF, **{"from": THERAPIST}))
    help_text = clinic.last(STAFF)
    [told] = await clinic.reply("Rest it.", help_text)
    assert told.shown == handoff.NO_HANDOFF
    for call in await clinic.reply("Rest it.", help_text):
        assert call.shown != handoff.NO_HANDOFF


async def test_the_name_of_a_conversation_in_a_runners_own_words_leads_nowhere(clinic: Clinic) -> None:
    await clinic.ask(chat_id=1)
    name = clinic.staff_read()[0].split()[0]
    await clinic.ask(f"{name} does dry needling hurt a lot?", chat_id=2)
    told, _ = await clinic.reply("Rest it.")
    assert told.params["chat_id"] == 2


async def test_a_runner_who_blocked_the_bot_is_said_to_be_gone(clinic: Clinic, file_database: Database) -> None:
    await clinic.ask()
    clinic.api.fail_next("sendMessage", *BLOCKED)
    [told] = await clinic.reply("Rest it.")
    assert handoff.BLOCKED in told.shown
    assert await kept(file_database) == [("", 0, 1)]


async def test_a_runner_who_blocks_the_bot_is_said_to_be_gone_before_anybody_writes_to_them(
    clinic: Clinic, file_database: Database
) -> None:
    def blocks(chat_id: int, status: str = "kicked") -> Json:
        me = clinic.api._get_me({})
        change = {
            "chat": updates.chat(chat_id),
            "from": RUNNER,
            "date": updates.NOW,
            "old_chat_member": {"status": "member", "user": me},
            "new_chat_member": {"status": status, "user": me, "until_date": 0},
        }
        return {"update_id": 900_000 + abs(chat_id), "my_chat_member": change}

    await clinic.ask()
    for update in (blocks(7373), blocks(-909), blocks(CHAT_ID, "member")):
        assert await clinic.all_of(update) == []
    assert [closed for *_, closed in await kept(file_database)] == [0]
    assert await clinic.all_of(blocks(CHAT_ID)) == []
    await clinic.bring()
    assert handoff.BLOCKED in clinic.staff_read()[-1]
    assert await kept(file_database) == [("", 0, 1)]


async def test_with_the_staff_chat_lost_the_runner_is_told_the_truth_and_the_question_waits(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    await clinic.says()
    clinic.api.fail_next("sendChatAction", 400, "Bad Request: chat not found")
    await clinic.bring()
    assert clinic.desk.lost
    [asked] = await clinic.tap(ASK)
    assert said(knowledge, "handoff_lost")[:40] in asked.shown
    [told] = await clinic.tap(YES)
    assert told.shown.startswith(said(knowledge, "handoff_lost")[:40])
    assert clinic.staff_read() == []
    await clinic.bring()
    assert QUESTION in clinic.staff_read()[0]


async def test_runners_who_wait_for_a_lost_chat_are_told_once(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.says()
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.desk.lose(lost=True)
    before = len(clinic.api.sent)
    for _ in range(2):
        assert clinic.telegram.app.relay is not None
        await clinic.telegram.app.relay.remind()
    [told] = clinic.api.sent[before:]
    assert told.shown.startswith(said(knowledge, "handoff_lost")[:40])


@pytest.mark.parametrize("lost", [False, True])
async def test_two_weeks_without_a_word_end_a_conversation_and_both_sides_are_told(
    clinic: Clinic, knowledge: KnowledgeBase, file_database: Database, clock: Clock, lost: bool
) -> None:
    await clinic.says()
    await clinic.tap(ASK)
    await clinic.tap(YES)
    if not lost:
        await clinic.bring()
    before = len(clinic.api.sent)
    relay = clinic.telegram.app.relay
    assert relay is not None
    times = iter((HANDOFF_KEPT - 1, HANDOFF_KEPT, HANDOFF_KEPT + 600))
    started = clock.now
    for after in times:
        clock.now = started + after
        object.__setattr__(relay, "clock", clock)
        await tidy(file_database, relay, clock.now)
    [told] = clinic.api.sent[before:]
    assert told.params["chat_id"] == CHAT_ID
    assert told.shown.startswith(said(knowledge, "handoff_unread" if lost else "handoff_silent"))
    assert await kept(file_database) == [("", 0, 1)]
    await clinic.bring()
    assert (handoff.UNREAD if lost else handoff.SILENT) in clinic.staff_read()[-1]
    assert any(QUESTION in text for text in clinic.staff_read()) is not lost


async def test_a_runner_who_cannot_be_told_of_the_end_just_now_is_told_later(
    clinic: Clinic, clock: Clock, file_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise RetryAfter(5)

    await clinic.ask()
    relay = clinic.telegram.app.relay
    assert relay is not None
    clock.now += HANDOFF_KEPT
    object.__setattr__(relay, "clock", clock)
    with monkeypatch.context() as patched:
        patched.setattr("bot.tg.relay.send", away)
        await tidy(file_database, relay, clock.now)
    assert [closed for *_, closed in await kept(file_database)] == [0]
    await tidy(file_database, relay, clock.now)
    assert [closed for *_, closed in await kept(file_database)] == [1]


async def test_a_runner_who_cannot_be_told_of_a_lost_chat_ends_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise RetryAfter(5)

    await clinic.says()
    await clinic.tap(ASK)
    await clinic.tap(YES)
    await clinic.desk.lose(lost=True)
    assert clinic.telegram.app.relay is not None
    monkeypatch.setattr("bot.tg.relay.send", away)
    await clinic.telegram.app.relay.remind()  # raises nothing: with this job the bot would end


async def test_news_and_questions_keep_their_order_and_a_question_comes_alone(clinic: Clinic) -> None:
    await clinic.desk.outbox.put("one")
    await clinic.desk.outbox.put("two")
    for chat in (1, 2):
        await clinic.says(chat_id=chat)
        await clinic.tap(ASK, chat)
        await clinic.tap(YES, chat)
    await clinic.desk.outbox.put("three")
    await clinic.bring()
    read = clinic.staff_read()
    assert (read[0], read[3], len(read)) == ("one\n\ntwo", "three", 4)
    assert read[1].split()[0] != read[2].split()[0]


async def test_a_reply_in_a_topic_of_a_forum_keeps_the_conversation_there_until_the_topic_is_gone(
    clinic: Clinic,
) -> None:
    await clinic.ask()
    question = clinic.last(STAFF)
    topic: Json = {"is_topic_message": True, "message_thread_id": 33}
    await clinic.reply("Which leg?", question, **topic)
    await clinic.writes_back("left")
    await clinic.bring()
    assert clinic.api.sent[-1].params["message_thread_id"] == 33
    await clinic.writes_back("really")
    clinic.api.fail_next("sendMessage", 400, "Bad Request: message thread not found")
    await clinic.bring()
    assert "message_thread_id" not in clinic.api.sent[-1].params
    assert clinic.staff_read()[-1].endswith("really")


async def test_open_conversations_go_on_where_the_settings_name_another_staff_chat(clinic: Clinic) -> None:
    await clinic.ask()
    clinic.desk.rights = clinic.desk.rights.moved(-6161)
    for _ in range(2):
        await clinic.bring()
    [moved] = [call for call in clinic.api.sent if call.params["chat_id"] == -6161]
    assert handoff.MOVED in moved.shown
    assert "reply_parameters" not in moved.params
    told, _ = await clinic.reply("Which leg?", clinic.last(-6161))
    assert told.params["chat_id"] == CHAT_ID
    [told] = await clinic.reply("Which leg?", clinic.last(STAFF))
    assert (told.params["chat_id"], told.shown) == (STAFF, handoff.FORMER)


@pytest.mark.parametrize("quoted", [True, False])
async def test_a_reply_to_what_stands_in_the_group_before_it_moved_finds_its_runner_or_is_told(
    clinic: Clinic, quoted: bool
) -> None:
    await clinic.ask()
    origin = {"type": "user", "date": updates.NOW, "sender_user": clinic.api._get_me({})}
    fields: Json = {"external_reply": {"origin": origin}, "from": THERAPIST}
    if quoted:
        fields["quote"] = {"text": clinic.staff_read()[0][:40], "position": 0}
    for text in ("Which leg?", "Left?"):
        *to_runner, told = await clinic.all_of(message(text, chat_id=STAFF, **fields))
        assert [call.params["chat_id"] for call in to_runner] == [CHAT_ID] * quoted
        assert (handoff.PASSED_ON if quoted else handoff.FROM_ELSEWHERE) in told.shown


async def test_forget_closes_deletes_what_nobody_read_and_says_what_remains(
    clinic: Clinic, knowledge: KnowledgeBase, file_database: Database
) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    await clinic.writes_back("my secret leg")
    shown = await clinic.says("/forget")
    assert said(knowledge, "forgotten_handoff") in shown.shown
    await clinic.bring()
    assert not any("secret" in text for text in clinic.staff_read())
    assert FORGOTTEN in clinic.staff_read()[-1]
    assert await kept(file_database) == [("", 0, 1)]
    assert said(knowledge, "my_data_none") in (await clinic.says("/mydata")).shown


async def test_what_is_forgotten_while_it_is_fetched_for_the_clinic_is_not_sent(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.says()
    await clinic.tap(ASK)
    await clinic.tap(YES)
    find = clinic.store.find

    async def find_late(ref: str) -> Handoff | None:
        await clinic.people.forget(str(CHAT_ID))
        return await find(ref)

    monkeypatch.setattr(clinic.store, "find", find_late)
    await clinic.bring()
    [read] = clinic.staff_read()
    assert FORGOTTEN in read


async def test_a_question_that_waits_is_reminded_of_once_and_by_day(
    clinic: Clinic, clock: Clock, file_database: Database
) -> None:
    await clinic.ask()
    relay = clinic.telegram.app.relay
    assert relay is not None
    times = iter((handoff.REMIND_AFTER - 1, 12 * 3600.0, 20 * 3600.0 + 1, 21 * 3600.0))
    started, counts = clock.now, []
    for after in times:
        object.__setattr__(relay, "clock", lambda after=after: started + after)
        await relay.remind()
        await clinic.bring()
        counts.append(sum(handoff.REMINDER in text for text in clinic.staff_read()))
    assert counts == [0, 0, 1, 1]


# --- rights ------------------------------------------------------------------------------------------------


async def test_an_anonymous_admin_answers_nobody(clinic: Clinic) -> None:
    await clinic.ask()
    [told] = await clinic.reply("Rest it.", by=updates.ANONYMOUS_ADMIN, sender_chat=updates.chat(STAFF))
    assert told.shown == orders.ANONYMOUS


@pytest.mark.parametrize(
    ("fields", "said_first"),
    [
        ({"text": DANGER, "from": updates.ANONYMOUS_ADMIN, "sender_chat": updates.chat(STAFF)}, orders.ANONYMOUS),
        ({**updates.PHOTO, "caption": DANGER, "from": THERAPIST}, handoff.OVER),
    ],
    ids=["anonymous admin", "caption"],
)
async def test_a_danger_sign_in_the_staff_chat_that_no_runner_is_sent_is_answered_there(
    clinic: Clinic, knowledge: KnowledgeBase, fields: Json, said_first: str
) -> None:
    await clinic.ask()
    if said_first == handoff.OVER:
        await clinic.tap(CLOSE)
    told, urgent = await clinic.all_of(
        message(chat_id=STAFF, reply_to_message=clinic.last(STAFF), **{"text": None, **fields})
    )
    assert said_first in told.shown
    assert said(knowledge, "red_flag_nobody_reads") in urgent.shown
    assert {call.params["chat_id"] for call in (told, urgent)} == {STAFF}


async def test_in_a_strangers_group_nothing_is_answered_or_closed(clinic: Clinic, file_database: Database) -> None:
    await clinic.ask()
    elsewhere = {**clinic.last(STAFF), "chat": updates.chat(-909)}
    calls = await clinic.all_of(answer_to(elsewhere, "Rest it.", **{"from": THERAPIST}))
    calls += await clinic.all_of(answer_to(elsewhere, "/close", **{"from": THERAPIST}))
    code = next(_codes(elsewhere, CLOSE))
    calls += await clinic.all_of(callback(code, elsewhere, chat_id=-909, by=THERAPIST))
    assert [call for call in calls if call.params["chat_id"] != -909] == []
    assert [closed for *_, closed in await kept(file_database)] == [0]


async def test_nobody_closes_or_joins_the_conversation_of_somebody_else(
    clinic: Clinic, file_database: Database
) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    stolen = {**clinic.last(CHAT_ID, CLOSE), "chat": updates.chat(7373)}
    code = next(_codes(stolen, CLOSE))
    await clinic.all_of(callback(code, stolen, chat_id=7373, by=OTHER_RUNNER))
    await clinic.all_of(answer_to(stolen, "me too", **{"from": OTHER_RUNNER}))
    await clinic.bring()
    assert not any("me too" in text for text in clinic.staff_read())
    assert [closed for *_, closed in await kept(file_database)] == [0]
    assert code.startswith(Action.CLOSE)
