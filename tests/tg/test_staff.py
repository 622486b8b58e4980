"""Orders of the clinic's people: who may give them, what a paused answer comes to, and what staff are told."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.clinic.orders import STAFF_COMMANDS
from bot.clinic.rights import Rights
from bot.knowledge.model import KnowledgeBase
from bot.storage.database import Database
from bot.tg.profile import set_profile, set_staff_menus
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import Call
from tests.support.fakes import Clock, FragileStaff, broken
from tests.support.knowledge import (
    DANGER,
    QUESTION,
    assistant_for,
    leads_to_care,
    shown,
    vague_question,
    visible,
    wordings,
)
from tests.support.offline import Telegram, offline_bot
from tests.support.updates import BOT_NAME, GROUP_ID, OTHER_RUNNER, RUNNER, SUPERGROUP_ID, Json, callback, message

STAFF, ELSEWHERE = GROUP_ID, -6160
ADMIN = {**RUNNER, "id": 91, "first_name": "Ada"}
HIDDEN = {"from": updates.ANONYMOUS_ADMIN, "sender_chat": updates.chat(STAFF)}
OTHER_BOT = {"from": {**RUNNER, "id": 92, "is_bot": True}}
RIGHTS = Rights.of([ADMIN["id"]], STAFF)
PAIN = "Does it hurt?"


class Clinic:
    """A bot with a staff chat."""

    def __init__(self, telegram: Telegram, desk: Desk, store: FragileStaff, assistant: Assistant) -> None:
        self.telegram = telegram
        self.api = telegram.api
        self.desk = desk
        self.store = store
        self.assistant = assistant

    async def all_of(self, update: Json) -> list[Call]:
        """Let the bot handle ``update`` and return what it sends."""
        before = len(self.api.sent)
        await self.telegram.receive(update)
        return self.api.sent[before:]

    async def order(self, text: str, **fields: object) -> Call:
        """Let somebody of the staff chat give an order and return the first answer."""
        return (await self.all_of(message(text, chat_id=STAFF, **fields)))[0]

    async def ask(self, text: str = QUESTION, chat_id: int = updates.CHAT_ID) -> Call:
        """Let a runner ask and return the one answer."""
        [call] = await self.all_of(message(text, chat_id=chat_id))
        return call

    async def tap(
        self, data: str, under: Json | None = None, *, chat_id: int = updates.CHAT_ID, by: Json = RUNNER
    ) -> str:
        """Let somebody tap and return what is shown then."""
        before = len(self.api.texts)
        await self.telegram.receive(callback(data, under or self.api.last_message, chat_id=chat_id, by=by))
        return "\n".join(call.shown for call in self.api.texts[before:])


@pytest.fixture
def store(file_database: Database, clock: Clock) -> FragileStaff:
    return FragileStaff(file_database, clock)


@contextlib.asynccontextmanager
async def a_clinic(mind: Mind, store: FragileStaff, clock: Clock) -> AsyncIterator[Clinic]:
    """Yield a process of its own over ``store``."""
    assistant = assistant_for(mind)
    desk = Desk(store, RIGHTS, assistant.pause, clock)
    await desk.refresh()
    async with offline_bot(assistant, desk=desk) as telegram:
        yield Clinic(telegram, desk, store, assistant)


@pytest.fixture
async def clinic(mind: Mind, store: FragileStaff, clock: Clock) -> AsyncIterator[Clinic]:
    async with a_clinic(mind, store, clock) as bot:
        yield bot
    to_runners = [
        call.shown for call in bot.api.texts if call.params["chat_id"] not in (STAFF, SUPERGROUP_ID, ADMIN["id"])
    ]
    assert [text for text in to_runners if len(text) > 79 and not leads_to_care(text, mind.knowledge)] == []


def is_pain(call: Call, knowledge: KnowledgeBase) -> bool:
    return call.shown.startswith(shown(knowledge.entries["pain"]))


# --- the switch ------------------------------------------------------------------------------------


async def test_a_paused_answer_is_given_no_more_until_it_is_resumed(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    assert is_pain(await clinic.ask(), knowledge)
    assert (await clinic.order("/pause pain")).shown.startswith('Paused: "Does it hurt?" (pain).')
    assert PAIN not in (await clinic.ask()).shown
    assert (await clinic.order("/resume pain")).shown == 'Runners get "Does it hurt?" (pain) again.'
    assert is_pain(await clinic.ask(), knowledge)


@pytest.mark.parametrize(
    "order",
    [
        "/pause pain",
        f"/pause@{BOT_NAME} pain",
        "/PAUSE  PAIN ",
        "/pause Does it hurt?",
        '/pause "does it hurt?"',
        "/pause\npain",
    ],
)
async def test_an_answer_is_named_by_its_file_or_by_the_title_above_it(clinic: Clinic, order: str) -> None:
    await clinic.order(order)
    assert clinic.desk.paused.keys() == {"pain"}


async def test_an_order_that_is_mended_by_an_edit_is_obeyed(clinic: Clinic) -> None:
    await clinic.all_of(updates.edited_message("/pause pain", chat_id=STAFF))
    assert clinic.desk.paused.keys() == {"pain"}


async def test_all_other_answers_stay_as_they_are(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    before = (await clinic.ask("what does a session cost", chat_id=1)).shown
    await clinic.order("/pause pain")
    assert (await clinic.ask("what does a session cost", chat_id=2)).shown == before


async def test_no_button_no_menu_and_no_choice_leads_to_a_paused_answer(
    clinic: Clinic, mind: Mind, knowledge: KnowledgeBase
) -> None:
    asked = vague_question(mind)
    offered = (await clinic.ask(asked, chat_id=1)).codes
    taken = next(code for code in offered.values() if code.startswith("entry:"))
    old = clinic.api.last_message
    paused = taken.removeprefix("entry:")
    await clinic.order(f"/pause {paused}")

    assert taken not in (await clinic.ask(asked, chat_id=2)).codes.values()
    assert (await clinic.tap(taken, old, chat_id=1)).startswith(wordings(knowledge, "old_button")[0])
    for verdict in ("good", "bad"):
        assert (await clinic.tap(f"{verdict}:{paused}", old, chat_id=1)).startswith(
            wordings(knowledge, "old_button")[0]
        )
    section = knowledge.entries[paused].menu
    await clinic.tap(f"section:{section}", chat_id=1)
    linked = await clinic.ask(f"/start {paused}", chat_id=1)
    assert linked.shown.startswith(wordings(knowledge, "start")[0])
    for entry in knowledge.published:
        if entry.id != paused:
            await clinic.ask(f"/start {entry.id}", chat_id=3)
    later = clinic.api.calls[clinic.api.calls.index(linked) :]
    assert [call for call in later if taken in json_of(call)] == []


def json_of(call: Call) -> str:
    return str(call.params.get("reply_markup", ""))


async def test_a_pick_in_words_is_counted_among_all_that_were_shown(
    clinic: Clinic, mind: Mind, knowledge: KnowledgeBase
) -> None:
    asked = vague_question(mind)
    offered = [code.removeprefix("entry:") for code in (await clinic.ask(asked)).codes.values() if ":" in code]
    await clinic.order(f"/pause {offered[0]}")
    assert (await clinic.ask("the first one")).shown.startswith(tuple(wordings(knowledge, "fallback")))
    await clinic.ask(asked)
    await clinic.order(f"/resume {offered[0]}")


async def test_a_follow_up_does_not_lead_back_to_a_paused_answer(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    await clinic.ask("is a bruise after needling normal?")
    assert knowledge.entries["bruise"].title in (await clinic.ask("how long does that last?")).shown
    await clinic.order("/pause bruise")
    assert knowledge.entries["bruise"].title not in (await clinic.ask("how long does that last?")).shown


async def test_danger_signs_are_answered_whatever_is_paused(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    for entry in knowledge.published:
        await clinic.order(f"/pause {entry.id}")
    assert (await clinic.ask(DANGER)).shown.startswith(visible(knowledge.red_flags["chest"].reply))
    assert (await clinic.ask(QUESTION, chat_id=7)).shown.startswith(tuple(wordings(knowledge, "fallback")))


async def test_staff_are_told_which_questions_lose_their_answer_and_what_they_get(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    done, losses = await clinic.all_of(message("/pause pain", chat_id=STAFF))
    assert "status: paused" in done.shown and "faq/pain.yaml" in done.shown
    count = int(losses.shown.split()[0])
    lines = [line for line in losses.shown.splitlines() if line.startswith("•")]
    asks = knowledge.entries["pain"].ask
    assert 0 < count <= len(asks)
    assert len(lines) == min(5, count)
    assert losses.shown.endswith(f"… and {count - 5} more.") == (count > 5)
    for line in lines:
        question, instead = line.removeprefix("• ").split(" → ")
        assert question.strip('"') in asks
        assert PAIN not in instead
        reply = await clinic.ask(question.strip('"'), chat_id=hash(question) % 1000 + 1)
        if instead == '"I don\'t know"':
            assert reply.shown.startswith(tuple(wordings(knowledge, "fallback")))
        elif instead.startswith("a choice of"):
            assert all(title in str(reply.buttons) for title in instead.split('"')[1::2])
        else:
            assert reply.shown.startswith(instead.strip('"'))


async def test_pause_without_a_name_lists_what_is_paused_with_the_way_back(clinic: Clinic, clock: Clock) -> None:
    assert (await clinic.order("/pause")).shown.startswith("Nothing is paused.")
    await clinic.order("/pause pain")
    clock.now += 3600
    await clinic.order("/pause cost")
    call = await clinic.order("/resume")
    assert '• "Does it hurt?" (pain), since 9 January, 12:00 UTC' in call.shown
    assert '• "What does it cost?" (cost), since 9 January, 13:00 UTC' in call.shown
    assert call.buttons == [["Resume: Does it hurt?"], ["Resume: What does it cost?"]]
    await clinic.tap(call.code("Resume: Does it hurt?"), chat_id=STAFF)
    assert clinic.desk.paused.keys() == {"cost"}


async def test_an_unknown_name_gets_the_nearest_with_a_button(clinic: Clinic) -> None:
    call = await clinic.order("/pause acupunture")
    assert 'There is no answer called "acupunture". Did you mean:' in call.shown
    assert clinic.desk.paused == {}
    await clinic.tap(call.code("Pause: Is it acupuncture?"), chat_id=STAFF)
    assert clinic.desk.paused.keys() == {"acupuncture"}


async def test_a_question_in_place_of_a_name_finds_the_answer_it_gets(clinic: Clinic) -> None:
    call = await clinic.order("/pause when can i go running again after the needles")
    assert call.buttons[0] == ["Pause: Running after a session"]
    assert clinic.desk.paused == {}


async def test_orders_that_change_nothing_say_so(clinic: Clinic) -> None:
    assert (await clinic.order("/resume pain")).shown.endswith("is not paused: runners get it.")
    await clinic.order("/pause pain")
    assert (await clinic.order("/pause pain")).shown == '"Does it hurt?" (pain) is paused already.'
    assert "Did you mean" in (await clinic.order("/resume pian")).shown


async def test_a_danger_sign_in_an_order_is_answered_first(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    urgent = visible(knowledge.red_flags["chest"].reply)
    assert (await clinic.order(f"/pause {DANGER}")).shown.startswith(urgent)
    [call] = await clinic.all_of(message(f"/staff {DANGER}", chat_id=ADMIN["id"], **{"from": ADMIN}))
    assert call.shown.startswith(urgent)


async def test_no_example_leads_to_a_paused_answer(clinic: Clinic) -> None:
    example = "Does dry needling hurt?"
    assert example in (await clinic.ask("/start")).shown
    await clinic.order("/pause pain")
    start = (await clinic.ask("/start")).shown
    assert example not in start and "•" in start
    await clinic.order("/resume pain")
    assert example in (await clinic.ask("/start")).shown


# --- who may ------------------------------------------------------------------------------------------

MAY_NOT = [
    pytest.param(message("/pause pain"), id="a runner in private"),
    pytest.param(message("/pause pain", chat_id=ELSEWHERE), id="a stranger's group"),
    pytest.param(message(f"/pause@{BOT_NAME} pain", chat_id=ELSEWHERE), id="by name in a stranger's group"),
    pytest.param(message("/pause pain", chat_id=ELSEWHERE, **{"from": ADMIN}), id="an admin in a stranger's group"),
    pytest.param(message("/pause pain", chat_id=STAFF, **HIDDEN), id="an anonymous admin"),
    pytest.param(message("/pause pain", chat_id=STAFF, **OTHER_BOT), id="another bot"),
    pytest.param(message("/pause@another_bot pain", chat_id=STAFF), id="meant for another bot"),
    pytest.param(message("please /pause pain", chat_id=STAFF), id="no command"),
    pytest.param(callback("pause:pain", message()["message"]), id="a runner's tap"),
    pytest.param(callback("pause:pain", message(chat_id=ELSEWHERE)["message"]), id="a stranger's tap"),
    pytest.param(
        callback("pause:pain", message(chat_id=ELSEWHERE)["message"], by=ADMIN), id="an admin's tap elsewhere"
    ),
]


@pytest.mark.parametrize("update", MAY_NOT)
async def test_nobody_else_pauses_anything_or_learns_that_one_could(
    clinic: Clinic, knowledge: KnowledgeBase, update: Json
) -> None:
    for call in await clinic.all_of(update):
        words = call.shown.lower()
        assert "paused" not in words and "does it hurt" not in words
    assert clinic.desk.paused == {}
    assert is_pain(await clinic.ask(chat_id=77), knowledge)


@pytest.mark.parametrize("command", ["/pause", "/resume", "/staff", "/pause pain"])
async def test_a_runner_who_types_a_staff_command_hears_what_any_unknown_command_gets(
    clinic: Clinic, knowledge: KnowledgeBase, command: str
) -> None:
    assert (await clinic.ask(command)).shown.startswith(wordings(knowledge, "unknown_command")[0])


async def test_a_group_that_is_not_the_staff_chat_hears_nothing(clinic: Clinic) -> None:
    for command in ("/pause pain", "/resume", "/staff"):
        assert await clinic.all_of(message(command, chat_id=ELSEWHERE)) == []


async def test_who_hides_in_the_staff_chat_is_told_why_nothing_happens(clinic: Clinic) -> None:
    assert "Remain anonymous" in (await clinic.order("/pause pain", **HIDDEN)).shown
    assert await clinic.all_of(message("/pause pain", chat_id=STAFF, **OTHER_BOT)) == []


@pytest.mark.parametrize("chat_id", [ADMIN["id"], STAFF])
async def test_an_admin_alone_with_the_bot_and_anybody_in_the_staff_chat_may(clinic: Clinic, chat_id: int) -> None:
    person = ADMIN if chat_id > 0 else OTHER_RUNNER
    await clinic.all_of(message("/pause pain", chat_id=chat_id, **{"from": person}))
    assert clinic.desk.paused.keys() == {"pain"}
    await clinic.tap("resume:pain", chat_id=chat_id, by=person)
    assert clinic.desk.paused == {}


async def test_what_an_admin_orders_in_private_the_staff_chat_hears(clinic: Clinic) -> None:
    await clinic.all_of(message("/pause pain", chat_id=ADMIN["id"], **{"from": ADMIN}))
    await clinic.order("/pause cost")
    [letter] = await clinic.store.claim("w", lease=1, alone=True)
    assert letter.text.startswith('An admin, in private. Paused: "Does it hurt?" (pain).')


async def test_a_tap_under_a_message_too_old_to_be_seen_is_obeyed(clinic: Clinic) -> None:
    await clinic.telegram.receive(callback("pause:pain", None, chat_id=STAFF))
    assert clinic.desk.paused.keys() == {"pain"}
    assert clinic.api.sent[0].shown.startswith("Paused:")


# --- other processes, restarts, a database that is away ---------------------------------------------------


async def test_a_pause_outlives_a_restart(
    clinic: Clinic, mind: Mind, clock: Clock, knowledge: KnowledgeBase
) -> None:
    await clinic.order("/pause pain")
    async with a_clinic(mind, clinic.store, clock) as again:
        assert PAIN not in (await again.ask()).shown
        await again.order("/resume pain")
        assert is_pain(await again.ask(), knowledge)


async def test_another_process_obeys_as_soon_as_it_looks(
    clinic: Clinic, mind: Mind, clock: Clock, knowledge: KnowledgeBase
) -> None:
    async with a_clinic(mind, clinic.store, clock) as other:
        await clinic.order("/pause pain")
        assert is_pain(await other.ask(), knowledge)
        await other.desk.refresh()
        assert PAIN not in (await other.ask()).shown
        clock.now += 1
        await other.order("/resume pain")
        await clinic.desk.refresh()
        assert is_pain(await clinic.ask(), knowledge)


async def test_with_the_database_away_a_pause_works_here_and_is_written_down_later(
    clinic: Clinic, mind: Mind, clock: Clock
) -> None:
    clinic.store.trouble.error = broken()
    call = await clinic.order("/pause pain")
    assert "The database cannot be reached" in call.shown
    assert PAIN not in (await clinic.ask()).shown
    clinic.store.trouble.error = None
    await clinic.desk.refresh()
    async with a_clinic(mind, clinic.store, clock) as again:
        assert PAIN not in (await again.ask()).shown


async def test_with_the_database_away_what_was_paused_stays_paused(clinic: Clinic) -> None:
    await clinic.order("/pause pain")
    clinic.store.trouble.error = broken()
    await clinic.desk.refresh()
    assert PAIN not in (await clinic.ask()).shown


async def test_what_was_paused_stays_so_when_the_database_is_made_anew(
    clinic: Clinic, mind: Mind, clock: Clock, file_database: Database
) -> None:
    await clinic.order("/pause pain")
    async with file_database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM pauses")
    for _ in range(2):
        await clinic.desk.refresh()
    assert PAIN not in (await clinic.ask()).shown
    async with a_clinic(mind, clinic.store, clock) as again:
        assert PAIN not in (await again.ask()).shown


# --- the chat ---------------------------------------------------------------------------------------------


def upgraded(chat_id: int = STAFF) -> Json:
    return message(chat_id=chat_id, migrate_to_chat_id=SUPERGROUP_ID)


async def test_a_staff_chat_that_becomes_a_supergroup_is_followed_with_its_rights(
    clinic: Clinic, mind: Mind, clock: Clock
) -> None:
    assert await clinic.all_of(upgraded()) == []
    assert await clinic.all_of(message("/pause pain", chat_id=STAFF)) == []
    await clinic.all_of(message("/pause pain", chat_id=SUPERGROUP_ID))
    assert clinic.desk.paused.keys() == {"pain"}
    assert "pause" in {command["command"] for command in clinic.api.commands[str(SUPERGROUP_ID)]}
    async with a_clinic(mind, clinic.store, clock) as again:
        assert again.desk.rights.staff_chat == SUPERGROUP_ID
    clinic.store.trouble.error = broken()
    await clinic.desk.refresh()
    assert clinic.desk.rights.staff_chat == SUPERGROUP_ID


async def test_a_strangers_group_that_moves_takes_no_rights_along(clinic: Clinic) -> None:
    await clinic.all_of(upgraded(ELSEWHERE))
    assert await clinic.all_of(message("/pause pain", chat_id=SUPERGROUP_ID)) == []
    assert clinic.desk.rights == RIGHTS


@pytest.mark.parametrize("command", ["/staff", "/help", f"/help@{BOT_NAME}"])
async def test_staff_get_their_own_help_in_their_chat(clinic: Clinic, command: str) -> None:
    await clinic.order("/pause pain")
    call = await clinic.order(command)
    assert "/pause NAME" in call.shown and "One answer is paused." in call.shown


async def test_an_admin_gets_the_runners_help_in_private_and_the_staffs_by_its_name(
    clinic: Clinic, knowledge: KnowledgeBase
) -> None:
    own = {"chat_id": ADMIN["id"], "from": ADMIN}
    assert (await clinic.all_of(message("/help", **own)))[0].shown.startswith(wordings(knowledge, "help")[0][:40])
    assert "/pause NAME" in (await clinic.all_of(message("/staff", **own)))[0].shown


async def test_staff_are_people_too_and_get_answers(clinic: Clinic, knowledge: KnowledgeBase) -> None:
    assert is_pain(await clinic.order(f"@{BOT_NAME} {QUESTION}"), knowledge)


@pytest.mark.parametrize("chat_id", [STAFF, ELSEWHERE, updates.CHAT_ID])
async def test_anybody_can_ask_for_the_id_of_a_chat(clinic: Clinic, chat_id: int) -> None:
    assert f"The id of this chat is {chat_id}." in (await clinic.ask("/chatid", chat_id=chat_id)).shown


async def test_only_the_staff_chat_and_admins_are_shown_the_staffs_commands(clinic: Clinic) -> None:
    await set_profile(clinic.telegram.bot, clinic.assistant)
    await set_staff_menus(clinic.telegram.bot, clinic.assistant, RIGHTS)
    menus = {chat: [c["command"] for c in shown] for chat, shown in clinic.api.commands.items()}
    assert menus[str(STAFF)] == [*STAFF_COMMANDS]
    assert menus[str(ADMIN["id"])] == [*menus["default"], *STAFF_COMMANDS]
    for chat in ("default", "all_group_chats"):
        assert not {*STAFF_COMMANDS, "chatid"} & set(menus[chat])


async def test_the_clinics_people_can_have_the_knowledge_looked_at_at_once_and_runners_cannot(
    clinic: Clinic,
) -> None:
    looks = []
    clinic.desk.reload = lambda: looks.append("look")
    await clinic.ask("/reload")
    assert looks == []
    assert "I look at the knowledge files now" in (await clinic.order("/reload")).shown
    assert looks == ["look"]


async def test_an_admin_who_never_wrote_to_the_bot_keeps_nobody_else_from_a_menu(clinic: Clinic) -> None:
    clinic.api.fail_next("setMyCommands", 400, "Bad Request: chat not found")
    await set_staff_menus(clinic.telegram.bot, clinic.assistant, RIGHTS)
    assert str(STAFF) in clinic.api.commands
