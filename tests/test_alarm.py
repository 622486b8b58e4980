"""What follows a danger sign, through the assistant, with a clock of its own."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from bot.assistant import Assistant
from bot.dialogue.conversation import FLAG_LASTS, IDEAS_LAST
from bot.dialogue.reply import Outcome, Reply
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Occurrence, Speaker
from bot.understanding.mind import Mind
from tests.support.fakes import Clock
from tests.support.knowledge import speaker

EVAL = Path(__file__).parent / "eval"
SIGN = "my calf is swollen and hot"
NEEDLING = "does dry needling hurt"
COST = "how much does a session cost"
SELF_HARM = "I want to end my life"


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


async def test_self_harm_is_never_waved_away(assistant: Assistant, real_mind: Mind) -> None:
    await assistant.reply(SELF_HARM, speaker("c"))
    again = await assistant.reply(SELF_HARM, speaker("c"))
    assert again.red_flag == "self-harm" and again.buttons == ()
    assert (await assistant.tap("calm", speaker("c"))).entries == ()
    assert (await assistant.reply(NEEDLING, speaker("c"))).outcome is Outcome.RED_FLAG


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
