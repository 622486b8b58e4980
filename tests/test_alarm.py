"""What comes before an alarm and what follows it, through the assistant, with a clock of its own."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bot.assistant import Assistant
from bot.dialogue.conversation import FLAG_LASTS, IDEAS_LAST, SCREENING_LASTS, Conversation, Screening
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import Level
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Occurrence, Speaker
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.mind import Flagged, Mind, Screened, Understanding
from tests.support.fakes import Clock, FragileStore, broken
from tests.support.knowledge import speaker, wordings
from tests.support.model import entry, group, knowledge_base, told_mind, understood

EVAL = Path(__file__).parent / "eval"
SIGN = "my calf is swollen and hot"
NEEDLING = "does dry needling hurt"
COST = "how much does a session cost"
THOUGHTS = "I want to end my life"
ODD = "my leg feels odd"


@pytest.fixture
def assistant(real_mind: Mind, clock: Clock) -> Assistant:
    return Assistant(real_mind, MemoryStore(), clock)


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


def calm_label(mind: Mind) -> str:
    return mind.knowledge.texts["button_none_applies"][0]


async def test_a_question_about_needling_gets_the_urgent_text_again(assistant: Assistant) -> None:
    first = await assistant.reply(SIGN, speaker("c"))
    again = await assistant.reply(NEEDLING, speaker("c"))
    assert first.outcome is again.outcome is Outcome.RED_FLAG
    assert again.texts == first.texts
    assert (await assistant.tap("entry:run-after", speaker("c"))).outcome is Outcome.RED_FLAG


async def test_any_other_question_is_answered_below_a_one_line_reminder(
    assistant: Assistant, real_mind: Mind
) -> None:
    await assistant.reply(SIGN, speaker("c"))
    reply = await assistant.reply(COST, speaker("c"))
    assert reply.entries == ("cost-and-insurance",)
    title = real_mind.knowledge.red_flags["blood-clot"].title
    assert reply.texts[0].startswith(real_mind.knowledge.texts["red_flag_reminder"][0].format(title=title))
    assert title in (await assistant.reply("/help", speaker("c"))).texts[0]
    assert title in (await assistant.notice("photo", speaker("c"))).texts[0]


async def test_the_first_urgent_reply_stands_alone_the_second_can_be_waved_away(
    assistant: Assistant, real_mind: Mind
) -> None:
    assert (await assistant.reply(SIGN, speaker("c"))).buttons == ()
    assert labels(await assistant.reply(NEEDLING, speaker("c"))) == [calm_label(real_mind)]
    reply = await assistant.tap("calm", speaker("c"))
    assert reply.entries == ("does-it-hurt",)
    assert real_mind.knowledge.red_flags["blood-clot"].title in reply.texts[0]
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.ANSWER


async def test_a_plan_to_end_ones_life_is_never_waved_away(assistant: Assistant, real_mind: Mind) -> None:
    signs = real_mind.knowledge.red_flags[SELF_HARM].signs
    [plan, *_] = next(listed.messages for listed in signs if listed.level is Level.NOW)
    for _ in range(2):
        reply = await assistant.reply(plan, speaker("c"))
        assert (reply.red_flag, reply.level, reply.buttons) == (SELF_HARM, Level.NOW, ())
    assert (await assistant.tap("calm", speaker("c"))).entries == ()
    assert (await assistant.reply("no no, none of that", speaker("c"))).entries == ()
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.RED_FLAG


async def test_thoughts_of_it_are_met_with_warmth_and_no_small_talk(assistant: Assistant, real_mind: Mind) -> None:
    assert (await assistant.reply(THOUGHTS, speaker("c"))).red_flag == SELF_HARM
    for text in ("thanks", "ok", "sorry", "hello"):
        reply = await assistant.reply(text, speaker("c"))
        assert (reply.outcome, reply.buttons) == (Outcome.RED_FLAG, ())
        assert reply.texts == wordings(real_mind.knowledge, "self_harm_short")
    answer = await assistant.reply(COST, speaker("c"))
    assert answer.entries == ("cost-and-insurance",)
    assert answer.texts[0].startswith(wordings(real_mind.knowledge, "self_harm_reminder")[0])
    assert not {button.code.partition(":")[0] for row in answer.buttons for button in row} & {"good", "bad"}


async def test_the_alarm_ends_after_a_day_counted_from_the_sign(assistant: Assistant, clock: Clock) -> None:
    await assistant.reply(SIGN, speaker("c"))
    clock.now += FLAG_LASTS - 1
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.RED_FLAG
    clock.now += 1
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.ANSWER


async def test_an_alarm_stays_in_its_own_chat_and_an_old_calm_button_is_answered_kindly(
    assistant: Assistant, real_mind: Mind
) -> None:
    await assistant.reply(SIGN, speaker("c"))
    assert (await assistant.reply(NEEDLING, speaker("d"))).outcome is Outcome.ANSWER
    reply = await assistant.tap("calm", speaker("d"))
    assert real_mind.knowledge.texts["old_button"][0] in reply.texts[0]


async def test_a_milder_sign_does_not_soften_the_alarm(assistant: Assistant) -> None:
    await assistant.reply("crushing chest pain since the run", speaker("c"))
    assert (await assistant.reply(SIGN, speaker("c"))).red_flag == "chest-or-breathing"


async def test_thoughts_of_suicide_are_never_covered_by_a_more_urgent_sign(
    assistant: Assistant, real_mind: Mind
) -> None:
    await assistant.reply("my pee is brown after the marathon", speaker("c"))
    reply = await assistant.reply("i dont want to live anymore", speaker("c"))
    assert reply.red_flag == "self-harm"
    title = real_mind.knowledge.red_flags["dark-urine"].title
    assert reply.texts[-1].endswith(real_mind.knowledge.texts["red_flag_as_well"][0].format(title=title))
    assert (await assistant.reply(NEEDLING, speaker("c"))).red_flag == "dark-urine"


async def test_what_is_said_of_the_bot_adds_to_no_danger_sign(assistant: Assistant) -> None:
    await assistant.reply("my calf hurts since the needles", speaker("c"))
    await assistant.reply("ur useless. just tell me if i can run tmrw or not ffs", speaker("c"))
    story = "calf needled thursday and now my leg is puffy and warm to touch, i have a marathon in 2 weeks"
    assert (await assistant.reply(story, speaker("c"))).red_flag == "blood-clot"


async def test_a_second_message_completes_a_sign_within_half_an_hour(assistant: Assistant, clock: Clock) -> None:
    assert (await assistant.reply("my calf is sore", speaker("c"))).outcome is not Outcome.RED_FLAG
    assert (await assistant.reply("it's also hot and twice the size", speaker("c"))).outcome is Outcome.RED_FLAG
    await assistant.reply("my calf is sore", speaker("d"))
    clock.now += IDEAS_LAST
    later = Assistant(assistant._mind, MemoryStore(), clock)
    alone = await later.reply("it's hot", speaker("d"))
    assert (await assistant.reply("it's hot", speaker("d"))).outcome is alone.outcome


async def test_a_broken_store_still_flags_and_answers(real_mind: Mind) -> None:
    class Broken(MemoryStore):
        async def conversation(self, speaker: Speaker) -> str:
            raise OSError

        async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
            raise OSError

    assistant = Assistant(real_mind, Broken())
    assert (await assistant.reply(SIGN, speaker("c"))).outcome is Outcome.RED_FLAG
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.ANSWER


async def test_nothing_that_was_typed_reaches_the_store(real_mind: Mind) -> None:
    store = MemoryStore()
    assistant = Assistant(real_mind, store)
    for text in ("my calf is sore zebrafish", SIGN + " zebrafish", "zebrafish " + COST):
        await assistant.reply(text, speaker("c"))
        assert "zebrafish" not in await store.conversation(speaker("c"))


def test_the_gate_keeps_what_was_measured(real_mind: Mind) -> None:
    """A net, not a target: the figures stand in ``tests/benchmarks/RESULTS.md``."""

    def flagged(name: str) -> float:
        with (EVAL / name).open(encoding="utf-8", newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        found = [real_mind.gate.examine(real_mind.preparer.prepare(text)).flag is not None for text in texts]
        return sum(found) / len(found)

    assert flagged("red_flags_dev.csv") >= 0.98
    assert flagged("own/red_flags_a.csv") >= 0.96
    assert flagged("red_flag_lookalikes_dev.csv") <= 0.05
    assert flagged("questions_dev.csv") <= 0.01


async def test_most_follow_ups_are_judged_right(real_mind: Mind) -> None:
    conversations = yaml.safe_load((EVAL / "own" / "red_flag_followups_a.yaml").read_text(encoding="utf-8"))
    right = total = 0
    for conversation in conversations:
        assistant = Assistant(real_mind, MemoryStore())
        for turn in conversation["turns"]:
            reply = await assistant.reply(turn["user"], speaker("c"))
            right += (reply.outcome is Outcome.RED_FLAG) == (turn["flag"] is not None)
            total += 1
    assert right / total >= 0.8


# --- the question that comes before an alarm, with a mind that means what it is told to ---------------------------


KNOWN = knowledge_base(
    [entry("bruise"), entry("cost", menu="practical")], [group("chest"), group("clot", level=Level.TODAY)]
)
CLOT = RedFlag("clot", Level.TODAY)
MEANINGS: dict[str, Understanding] = {
    ODD: Screened(CLOT, understood("bruise", body_part="leg")),
    "it may be hot": Screened(CLOT, replace(understood("cost"), ideas=frozenset({("clot", "hot")}))),
    "what is the price": understood("cost"),
    "odd chest": Screened(RedFlag("chest", Level.NOW), understood()),
    "guessed": Flagged(RedFlag("chest", Level.NOW)),
    "price and what not": understood("cost", offered=["bruise"]),
}
TOLD = told_mind(KNOWN, MEANINGS)


def told(clock: Clock, store: MemoryStore | None = None) -> Assistant:
    return Assistant(TOLD, store or MemoryStore(clock=clock), clock)


async def screening_of(store: MemoryStore, of: Speaker) -> Screening | None:
    return Conversation.from_codes(await store.conversation(of)).screening


async def test_yes_after_a_restart_is_a_red_flag_and_no_gets_the_answer(clock: Clock) -> None:
    for word, outcome in (("yes", Outcome.RED_FLAG), ("no its fine", Outcome.ANSWER)):
        store = MemoryStore()
        assert (await told(clock, store).reply(ODD, speaker("c"))).outcome is Outcome.SCREENING
        reply = await told(clock, store).reply(word, speaker("c"))
        assert reply.outcome is outcome
        assert reply.entries == (() if outcome is Outcome.RED_FLAG else ("bruise",))
        assert await screening_of(store, speaker("c")) is None


async def test_a_question_is_open_in_its_own_chat_and_for_its_own_person(clock: Clock) -> None:
    assistant = told(clock)
    asked = await assistant.reply(ODD, speaker("c"))
    for other in (speaker("d"), Speaker("c", "d"), Speaker("d", "c")):
        assert (await assistant.reply("yes", other)).outcome is Outcome.FALLBACK
        tapped = await assistant.tap(asked.buttons[0][0].code, other)
        assert tapped.texts[0].startswith("<old_button>")
    assert (await assistant.reply("yes", speaker("c"))).outcome is Outcome.RED_FLAG


async def test_the_question_ends_after_half_an_hour(clock: Clock) -> None:
    for wait, outcome in ((SCREENING_LASTS - 1, Outcome.RED_FLAG), (SCREENING_LASTS, Outcome.FALLBACK)):
        assistant = told(clock)
        asked = await assistant.reply(ODD, speaker("c"))
        clock.now += wait
        assert (await assistant.tap(asked.buttons[0][0].code, speaker("c"))).outcome is outcome


async def test_the_question_is_asked_twice_then_the_message_is_answered_below_one_line(clock: Clock) -> None:
    assistant = told(clock)
    replies = [await assistant.reply(text, speaker("c")) for text in (ODD, *["what is the price"] * 3)]
    assert [reply.outcome for reply in replies] == [*[Outcome.SCREENING] * 2, *[Outcome.ANSWER] * 2]
    assert [reply.texts[0].partition("\n")[0] for reply in replies[1:]] == [
        "<screening_again>",
        "<screening_reminder>",
        "Title cost",
    ]
    assert "clot" not in replies[2].texts[0]


async def test_commands_work_while_the_question_is_open(clock: Clock) -> None:
    store = MemoryStore()
    assistant = told(clock, store)
    await assistant.reply(ODD, speaker("c"))
    open_question = await screening_of(store, speaker("c"))
    for command in ("help", "therapist", "privacy", "topics", "sources"):
        assert (await assistant.reply(f"/{command}", speaker("c"))).outcome is Outcome.ANSWER
        assert await screening_of(store, speaker("c")) == open_question
    assert "<my_data>" in (await assistant.reply("/mydata", speaker("c"))).texts[0]
    assert "<forgotten>" in (await assistant.reply("/forget", speaker("c"))).texts[0]
    assert await store.conversation(speaker("c")) == ""
    assert (await assistant.reply("yes", speaker("c"))).outcome is Outcome.FALLBACK


async def test_a_changed_message_is_judged_anew_and_closes_the_question(clock: Clock) -> None:
    store = MemoryStore()
    assistant = told(clock, store)
    await assistant.reply(ODD, speaker("c"))
    reply = await assistant.reply("what is the price", speaker("c"), edited=True)
    assert reply.entries == ("cost",) and "<screening_reminder>" not in reply.texts[0]
    assert await screening_of(store, speaker("c")) is None
    again = await assistant.reply(ODD, speaker("c"), edited=True)
    assert again.outcome is Outcome.SCREENING and not again.texts[0].startswith("<screening_again>")
    assert (await assistant.reply("yes", speaker("c"), edited=True)).outcome is Outcome.FALLBACK


async def test_a_photo_repeats_the_question_and_gets_its_own_word_when_none_is_open(clock: Clock) -> None:
    assistant = told(clock)
    assert (await assistant.medium("photo", speaker("c"))).texts[0].startswith("<photo>")
    await assistant.reply(ODD, speaker("c"))
    for _ in range(3):
        assert (await assistant.medium("voice", speaker("c"))).texts == ["<screening_again>\n\nIs it clot?"]
    assert (await assistant.reply("yes", speaker("c"))).outcome is Outcome.RED_FLAG


async def test_where_others_read_along_no_state_is_kept_of_a_question(clock: Clock) -> None:
    store = MemoryStore()
    assistant = told(clock, store)
    replies = (
        assistant.reply(ODD, speaker("c"), shared=True),
        assistant.urgent_only(ODD, speaker("c"), shared=True),
    )
    for ask in replies:
        reply = await ask
        assert reply is not None and reply.texts == ["Is it clot?"]
        assert await screening_of(store, speaker("c")) is None


async def test_what_may_tell_of_danger_is_asked_about_wherever_it_was_sent_and_however_often(clock: Clock) -> None:
    store = MemoryStore()
    assistant = told(clock, store)
    for text in (ODD, "hello", ODD, ODD):
        await assistant.reply(text, speaker("c"))
    for _ in range(2):
        reply = await assistant.urgent_only(ODD, speaker("c"), shared=False)
        assert reply is not None
        assert reply.outcome is Outcome.SCREENING
    assert reply is not None
    assert (await assistant.tap(reply.buttons[0][0].code, speaker("c"))).outcome is Outcome.RED_FLAG


async def test_a_change_of_another_message_settles_no_question(clock: Clock) -> None:
    store = MemoryStore()
    assistant = told(clock, store)
    await assistant.reply(ODD, speaker("c"), message=7)
    await assistant.reply("hello", speaker("c"), message=6, edited=True)
    assert await screening_of(store, speaker("c")) is not None
    await assistant.reply("hello", speaker("c"), message=7, edited=True)
    assert await screening_of(store, speaker("c")) is None


async def test_what_may_tell_of_danger_for_a_clinic_that_is_gone_is_asked_about_and_answered(clock: Clock) -> None:
    assistant = told(clock)
    asked = await assistant.urgent_only(ODD, speaker("c"), shared=False, for_clinic=7)
    assert asked is not None
    assert (await assistant.tap(asked.buttons[0][0].code, speaker("c"))).outcome is Outcome.RED_FLAG


async def test_what_a_suspicious_message_mentions_may_complete_a_sign_later(clock: Clock) -> None:
    store = MemoryStore()
    await told(clock, store).reply("it may be hot", speaker("c"))
    assert Conversation.from_codes(await store.conversation(speaker("c"))).ideas == (("clot", "hot"),)


async def test_questions_answers_and_what_was_waved_away_are_counted_by_group(clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    assistant = told(clock, store)
    for text in (ODD, "no", ODD, "yes", "guessed"):
        await assistant.reply(text, speaker("c"))
    for text in ("guessed", "none of this applies"):
        await assistant.reply(text, speaker("d"))
    counts = await store.counts(datetime.fromtimestamp(clock.now, UTC).date())
    assert counts["screening", "clot"] == 2
    assert (counts["settled", "clot"], counts["red_flag", "clot"]) == (1, 1)
    assert (counts["red_flag", "chest"], counts["calmed", "chest"]) == (2, 1)
    assert {level: count for (what, level), count in counts.items() if what == "alarm"} == {"TODAY": 1, "NOW": 2}


async def test_a_store_that_fails_keeps_nothing_from_being_asked(clock: Clock) -> None:
    store = FragileStore(clock)
    store.trouble.error = broken()
    assistant = told(clock, store)
    assert (await assistant.reply(ODD, speaker("c"))).outcome is Outcome.SCREENING
    assert (await assistant.medium("photo", speaker("c"))).outcome is Outcome.FALLBACK


async def test_a_question_that_may_have_got_lost_is_followed_by_no_word_above_an_urgent_reply(clock: Clock) -> None:
    assistant = told(clock)
    await assistant.may_have_missed(speaker("c"))
    assert (await assistant.reply(ODD, speaker("c"))).texts == ["Is it clot?"]
    assert "<may_have_missed>" not in (await assistant.reply("no", speaker("c"))).texts[0]
