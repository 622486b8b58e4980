"""Conversations: what is remembered between two messages, for how long, and what never is."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.assistant import Assistant
from bot.dialogue.conversation import CAUTIONS_LAST, CONTEXT_LASTS
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import KnowledgeBase
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Held, KeptQuestion, Rating, Speaker, StoreError
from bot.understanding.mind import Mind
from tests.support.fakes import Clock
from tests.support.knowledge import (
    DANGER,
    OFF_TOPIC,
    QUESTION,
    QUESTIONS,
    shown,
    speaker,
    vague_question,
    wordings,
)
from tests.support.model import told_mind, understood

ANN = speaker("ann")
BRUISE = "Is a bruise after needling normal?"
HOW_LONG = "how long does that last?"
"""Means nothing by itself, and something new after each topic."""


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def assistant(mind: Mind, store: MemoryStore, clock: Clock) -> AsyncIterator[Assistant]:
    yield Assistant(mind, store, clock)
    # Whatever was said: what is left behind of it are codes.
    known = set(mind.knowledge.entries) | set(mind.knowledge.red_flags)
    for codes in store._conversations.values():
        context = json.loads(codes)["context"]
        assert {context["topic"], *context["offered"], *context["cautions"]} <= known | {""}


def says_it_followed(reply: Reply, entry_id: str, knowledge: KnowledgeBase) -> bool:
    title = knowledge.entries[entry_id].title
    return knowledge.texts["followed"][0].format(title=title) in reply.texts[0]


def followed_anything(reply: Reply, knowledge: KnowledgeBase) -> bool:
    return any(says_it_followed(reply, entry_id, knowledge) for entry_id in knowledge.entries)


# --- follow-ups -------------------------------------------------------------------------


async def test_a_follow_up_is_answered_from_the_last_topic_and_says_so(
    assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ()
    await assistant.reply(BRUISE, ANN)
    reply = await assistant.reply(HOW_LONG, ANN)
    assert reply.entries == ("bruise",)
    assert says_it_followed(reply, "bruise", knowledge)


async def test_an_answer_opened_by_a_tap_or_a_link_can_be_followed_up_too(assistant: Assistant) -> None:
    await assistant.tap("entry:bruise", ANN)
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ("bruise",)
    await assistant.reply("/start run-after", ANN)
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ("run-after",)


async def test_a_question_that_stands_on_its_own_is_answered_as_to_a_stranger(
    assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    for number, (text, entry_id) in enumerate(QUESTIONS.items()):
        await assistant.reply(BRUISE, ANN)
        reply = await assistant.reply(text, ANN)
        alone = await assistant.reply(text, speaker(f"stranger {number}"))
        assert reply.entries == alone.entries == (entry_id,)
        assert not followed_anything(reply, knowledge)


async def test_after_half_an_hour_the_talk_has_moved_on(assistant: Assistant, clock: Clock) -> None:
    await assistant.reply(BRUISE, ANN)
    clock.now += CONTEXT_LASTS - 1
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ("bruise",)
    clock.now += CONTEXT_LASTS
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ()


async def test_nothing_is_carried_past_a_danger_sign(
    assistant: Assistant, knowledge: KnowledgeBase, mind: Mind
) -> None:
    await assistant.reply(BRUISE, ANN)
    assert (await assistant.reply(DANGER, ANN)).outcome is Outcome.RED_FLAG
    reply = await assistant.reply(HOW_LONG, ANN)
    assert reply.entries == ()
    assert not followed_anything(reply, knowledge)
    ben = speaker("ben")
    await assistant.reply(vague_question(mind), ben)
    await assistant.reply(DANGER, ben)
    assert (await assistant.reply("the first one", ben)).entries == ()


async def test_a_danger_sign_in_a_follow_up_comes_before_what_it_follows(assistant: Assistant) -> None:
    await assistant.reply(BRUISE, ANN)
    reply = await assistant.reply("and now my chest hurts and I can't breathe, is that normal?", ANN)
    assert (reply.outcome, reply.entries) == (Outcome.RED_FLAG, ())


async def test_two_people_in_one_group_are_not_mixed_up(assistant: Assistant) -> None:
    ann, ben = (Speaker(name, "the group") for name in ("ann", "ben"))
    await assistant.reply(BRUISE, ann)
    assert (await assistant.reply(HOW_LONG, ben)).entries == ()
    await assistant.reply(QUESTION, ben)
    assert (await assistant.reply(HOW_LONG, ann)).entries == ("bruise",)
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ()  # alone with the bot


async def test_a_correction_gets_the_answer_that_was_meant(assistant: Assistant) -> None:
    await assistant.reply(BRUISE, ANN)
    assert (await assistant.reply("no, I meant the price", ANN)).entries == ("cost",)
    assert "cost" not in (await assistant.reply("not that", ANN)).entries


async def test_a_conversation_survives_a_restart_with_the_same_store(mind: Mind, store: MemoryStore) -> None:
    await Assistant(mind, store).reply(BRUISE, ANN)
    assert (await Assistant(mind, store).reply(HOW_LONG, ANN)).entries == ("bruise",)


async def test_real_runners_talk_in_half_sentences(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    assert (await assistant.reply("Is it normal to be sore after needling?", ANN)).entries == ("side-effects",)
    reply = await assistant.reply("how long does that last?", ANN)
    assert (reply.entries, reply.follows) == (("side-effects",), "side-effects")
    assert (await assistant.reply("does it help runner's knee?", ANN)).entries == ("runners-knee",)
    assert (await assistant.reply("and the achilles?", ANN)).entries == ("achilles",)
    assert (await assistant.reply("no sorry, I meant my calf", ANN)).entries == ("calf",)


async def test_a_further_question_gets_a_part_of_the_answer_and_a_button_has_all_of_it(
    real_mind: Mind, real_knowledge: KnowledgeBase
) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    whole = await assistant.reply("what does a session cost?", ANN)
    part = await assistant.reply("and does insurance pay for it?", ANN)
    assert part.entries == whole.entries == ("cost-and-insurance",)
    assert wordings(real_knowledge, "same_answer")[0] in part.texts[0]
    assert len(part.texts[0]) < len(whole.texts[0]) * 2 / 3
    again = await assistant.tap(part.buttons[0][0].code, ANN)
    assert shown(real_knowledge.entries["cost-and-insurance"]) in again.texts[0]


async def test_what_was_told_in_passing_is_recalled_for_half_an_hour(
    real_mind: Mind, real_knowledge: KnowledgeBase, clock: Clock
) -> None:
    assistant = Assistant(real_mind, MemoryStore(), clock)
    title = real_knowledge.entries["blood-thinners-and-bleeding"].title
    reminder = real_knowledge.texts["caution_reminder"][0].format(title=title)
    reply = await assistant.reply("does needling help a tight calf, and I am on apixaban by the way", ANN)
    assert reply.outcome is not Outcome.RED_FLAG
    assert (await assistant.reply("what does it cost?", ANN)).entries == ("cost-and-insurance",)
    assert reminder in (await assistant.reply("can I run the day after needling?", ANN)).texts[0]
    stopping = await assistant.reply("how many days before should I stop it?", ANN)
    assert stopping.entries == ("blood-thinners-and-bleeding",)
    clock.now += CAUTIONS_LAST
    assert reminder not in (await assistant.reply("can I run the day after needling?", ANN)).texts[0]


async def test_thanks_in_between_do_not_change_what_was_talked_about(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    await assistant.reply("can I needle myself at home?", ANN)
    assert (await assistant.reply("thanks", ANN)).entries == ("thanks",)
    assert (await assistant.reply("why not?", ANN)).entries == ("self-needling",)


# --- choices ------------------------------------------------------------------------------


async def test_a_choice_is_made_in_words_as_well_as_by_a_tap(assistant: Assistant, mind: Mind) -> None:
    for number, words in enumerate(["the first one", "1", "first!"]):
        chat = speaker(f"chat {number}")
        offered = (await assistant.reply(vague_question(mind), chat)).choices
        assert (await assistant.reply(words, chat)).entries == offered[:1]
        assert (await assistant.tap(f"entry:{offered[0]}", chat)).entries == offered[:1]


async def test_one_of_two_answers_can_be_asked_about_by_its_place(assistant: Assistant) -> None:
    reply = await assistant.reply("does it hurt and what does it cost?", ANN)
    assert reply.entries == ("pain", "cost")
    assert (await assistant.reply("tell me more about the first one", ANN)).entries == ("pain",)
    assert (await assistant.reply("and the second", ANN)).entries == ("cost",)


async def test_a_tap_works_after_a_restart_that_forgot_everything(assistant: Assistant, mind: Mind) -> None:
    reply = await assistant.reply(vague_question(mind), ANN)
    for button in (button for row in reply.buttons[:-1] for button in row):
        fresh = Assistant(mind, MemoryStore())
        assert (await fresh.tap(button.code, ANN)).texts[0].startswith(button.label)


async def test_a_question_handled_once_more_gets_the_whole_answer_again(
    real_mind: Mind, real_knowledge: KnowledgeBase
) -> None:
    """A kill may come between the record of an answer and its sending: a part of it would be all that arrives."""
    assistant = Assistant(real_mind, MemoryStore())
    whole = await assistant.reply("does dry needling hurt", ANN)
    assert whole.outcome is Outcome.ANSWER
    again = await assistant.reply("does dry needling hurt", ANN)
    assert again.entries == whole.entries
    assert wordings(real_knowledge, "same_answer")[0] not in again.texts[0]
    assert again.texts[0].split("\n\n")[:2] == whole.texts[0].split("\n\n")[:2]


async def test_the_same_tap_a_hundred_times_gives_the_same_answer(
    assistant: Assistant, store: MemoryStore, knowledge: KnowledgeBase
) -> None:
    for _ in range(100):
        reply = await assistant.tap("entry:bruise", ANN)
        assert reply.texts[0].startswith(shown(knowledge.entries["bruise"]))
        await assistant.tap("good:bruise", ANN)
    assert await store.ratings() == [Rating("bruise", "helped", "", 1)]
    assert len(await store.conversation(ANN)) < 1_000


@pytest.mark.parametrize(
    "code",
    [
        "entry:gone",
        "section:gone",
        "good:gone",
        "bad:",
        "why:other.gone",
        "why:rude.bruise",
        "keep",
        "v0|x",
    ],
)
async def test_an_old_button_is_explained_and_leads_on(
    assistant: Assistant, knowledge: KnowledgeBase, store: MemoryStore, code: str
) -> None:
    reply = await assistant.tap(code, ANN)
    assert reply.texts[0].startswith(wordings(knowledge, "old_button")[0])
    assert reply.buttons
    assert not await store.ratings() and not await store.questions()


async def test_the_runner_up_is_offered_when_it_was_close(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    close = far = 0
    asked = [text for texts in real_mind.knowledge.messages.values() for text in texts[:3]]
    for number, text in enumerate(asked):
        reply = await assistant.reply(text, speaker(str(number)))
        marks = [button.label.startswith("Or: ") for row in reply.buttons for button in row]
        if reply.outcome is Outcome.ANSWER:
            close, far = close + any(marks), far + (not any(marks))
            assert sum(marks) <= 2
    assert 0 < close < far  # here and there; everywhere it would only be noise


# --- several questions ------------------------------------------------------------------


async def test_two_questions_get_two_answers_and_one_referral(
    assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    reply = await assistant.reply("does it hurt and what does it cost?", ANN)
    [text] = reply.texts
    assert text.startswith(shown(knowledge.entries["pain"]))
    assert shown(knowledge.entries["cost"]) in text
    assert text.count("/therapist") == 1


async def test_what_is_about_safety_is_answered_first(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    reply = await assistant.reply("What does a session cost? And may I have needling when I am pregnant?", ANN)
    assert reply.entries == ("pregnancy", "cost-and-insurance")


async def test_one_barred_question_among_several_gets_the_urgent_text_alone(assistant: Assistant) -> None:
    await assistant.reply(DANGER, ANN)
    assert (await assistant.reply("what does a session cost?", ANN)).entries == ("cost",)
    both = await assistant.reply("what does a session cost and when can I run again?", ANN)
    assert (both.outcome, both.entries) == (Outcome.RED_FLAG, ())


async def test_a_second_question_that_is_not_clear_is_offered_as_buttons(mind: Mind) -> None:
    unsure = told_mind(mind.knowledge, {"both": understood("cost", offered=["run-after", "calf"])})
    reply = await Assistant(unsure, MemoryStore()).reply("both", ANN)
    assert (reply.entries, reply.choices) == (("cost",), ("run-after", "calf"))
    assert wordings(mind.knowledge, "more_questions")[0] in reply.texts[0]
    assert reply.buttons[0][0].label.startswith("Or: ")


# --- greetings, links, commands -------------------------------------------------------------


async def test_a_greeting_gets_the_menu_and_the_therapist_and_is_not_rated(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    for text in ("hello", "thanks!", "bye"):
        reply = await assistant.reply(text, ANN)
        assert reply.outcome is Outcome.ANSWER
        assert [[button.code for button in row] for row in reply.buttons] == [["topics", "therapist"]]


async def test_a_link_opens_any_answer_and_an_unknown_one_the_greeting(real_mind: Mind) -> None:
    assistant = Assistant(real_mind, MemoryStore())
    greeting = wordings(real_mind.knowledge, "start")[0]
    for entry in real_mind.knowledge.published:
        reply = await assistant.reply(f"/start {entry.id}", ANN)
        assert reply.entries == (entry.id,)
        assert reply.texts[0].startswith(shown(entry)[:80])
    for made_up in ("gone", "does-it-hurt-", "../x", "entry:does-it-hurt"):
        assert (await assistant.reply(f"/start {made_up}", ANN)).texts[0].startswith(greeting)


async def test_after_a_danger_sign_a_link_gets_the_urgent_text_again(assistant: Assistant) -> None:
    first = await assistant.reply(DANGER, ANN)
    again = await assistant.reply("/start run-after", ANN)
    assert (again.outcome, again.texts) == (Outcome.RED_FLAG, first.texts)
    assert (await assistant.reply("/start cost", ANN)).entries == ("cost",)


# --- what people think, what the clinic may read, what is kept ---------------------------------


async def test_a_rating_counts_once_for_each_person_and_the_last_word_counts(
    assistant: Assistant, store: MemoryStore
) -> None:
    for code in ("good:bruise", "bad:bruise", "why:little.bruise", "why:hard.bruise", "good:pain"):
        await assistant.tap(code, ANN)
    await assistant.tap("bad:bruise", speaker("ben"))
    assert await store.ratings() == [
        Rating("bruise", "did-not-help", "", 1),
        Rating("bruise", "did-not-help", "hard", 1),
        Rating("pain", "helped", "", 1),
    ]


async def test_a_question_is_kept_only_when_its_writer_lets_the_clinic_read_it(
    assistant: Assistant, store: MemoryStore, knowledge: KnowledgeBase
) -> None:
    reply = await assistant.reply(OFF_TOPIC, ANN)
    assert [button.code for button in reply.buttons[-1]] == ["keep", "keepnot"]
    assert await store.questions() == []
    kept = await assistant.tap("keep", ANN, OFF_TOPIC)
    assert kept.texts[0].startswith(wordings(knowledge, "question_kept")[0])
    assert [question.text for question in await store.questions()] == [OFF_TOPIC]


async def test_people_see_how_much_is_kept_and_can_have_it_deleted(
    assistant: Assistant, store: MemoryStore, knowledge: KnowledgeBase
) -> None:
    assert (
        (await assistant.reply("/mydata", speaker("new")))
        .texts[0]
        .startswith(wordings(knowledge, "my_data_none")[0])
    )
    await assistant.tap("good:bruise", ANN)
    await assistant.tap("keep", ANN, "one of mine")
    await assistant.tap("keep", ANN, "another of mine")
    await assistant.tap("keep", speaker("ben"), "one of his")
    told = (await assistant.reply("/mydata", ANN)).texts[0]
    assert visible_with(knowledge, "my_data", conversations=1, ratings=1, questions=2) in told
    assert "• another of mine\n• one of mine" in told and "of his" not in told

    gone = await assistant.reply("/forget", ANN)
    assert gone.texts[0].startswith(wordings(knowledge, "forgotten")[0])
    assert await store.held("ann") == Held()
    assert await store.questions() == [KeptQuestion((await store.questions())[0].day, "one of his")]
    await assistant.reply("/mydata", ANN)
    assert (await assistant.reply(HOW_LONG, ANN)).entries == ()


def visible_with(knowledge: KnowledgeBase, key: str, **gaps: object) -> str:
    return wordings(knowledge, key)[0].format(**gaps)


class AwayStore(MemoryStore):
    """A store that can be read but, just now, neither written to nor asked what it holds."""

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        raise StoreError("away")

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        raise StoreError(f"cannot keep {text}")

    async def held(self, person: str) -> Held:
        raise StoreError("away")

    async def forget(self, person: str) -> None:
        raise StoreError("away")


async def test_a_store_that_is_away_is_admitted_and_nothing_is_claimed_to_be_done(
    mind: Mind, knowledge: KnowledgeBase, logged: pytest.CaptureFixture[str]
) -> None:
    assistant = Assistant(mind, AwayStore())
    away = wordings(knowledge, "store_away")[0]
    for reply in (
        await assistant.tap("keep", ANN, "my zebrafish question"),
        await assistant.reply("/mydata", ANN),
        await assistant.reply("/forget", ANN),
    ):
        assert reply.texts[0].startswith(away)
    for code in ("good:bruise", "bad:bruise", "why:other.bruise"):
        assert (await assistant.tap(code, ANN)).toast == knowledge.texts["toast_not_noted"][0]
    assert (await assistant.reply(QUESTION, ANN)).entries == ("pain",)
    assert "zebrafish" not in "".join(logged.readouterr())
