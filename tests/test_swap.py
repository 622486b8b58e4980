"""Another mind takes over in the middle of conversations: whoever began with the old one ends with it."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from bot.assistant import Assistant
from bot.dialogue.reply import Outcome
from bot.knowledge.model import KnowledgeBase
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Occurrence, Speaker
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.knowledge import (
    DANGER,
    QUESTION,
    QUESTIONS,
    SUSPICIOUS,
    changed_file,
    leads_to_care,
    mind_for,
    shown,
    speaker,
    vague_question,
    with_a_question_back,
    wordings,
    write_knowledge,
)
from tests.support.offline import offline_bot

ANN = speaker("ann")


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Mind:
    """The small knowledge after an edit: one answer reworded, three taken away, the chest's signs renamed."""
    pain = changed_file("faq/pain.yaml", "A short sting", "A swift sting").replace("[run-after, bruise]", "[]")
    folder = write_knowledge(
        tmp_path_factory.mktemp("newer") / "knowledge",
        {
            "faq/pain.yaml": pain,
            "faq/run-after.yaml": None,
            "faq/bruise.yaml": None,
            "faq/calf.yaml": None,
            "red_flags/heart.yaml": changed_file("red_flags/chest.yaml", "Chest pain", "Heart pain"),
            "red_flags/chest.yaml": None,
        },
    )
    return mind_for(folder)


class SlowStore(MemoryStore):
    """A store in which a swap can happen while a message is being answered."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    async def conversation(self, speaker: Speaker) -> str:
        codes = await super().conversation(speaker)
        await asyncio.sleep(0)
        self.meanwhile()
        return codes

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        self.meanwhile()
        await super().record(speaker, codes, events)


async def test_a_message_in_hand_is_answered_to_the_end_by_the_mind_it_began_with(
    mind: Mind, newer: Mind, knowledge: KnowledgeBase
) -> None:
    store = SlowStore()
    assistant = Assistant(mind, store)
    store.meanwhile = lambda: assistant.use(newer)
    async with offline_bot(assistant) as telegram:
        await telegram.receive(updates.message("can dry needling help tight calves"))
        assert telegram.api.sent[0].shown.startswith(shown(knowledge.entries["calf"]))
        await telegram.receive(updates.message(QUESTION))
        assert "A swift sting" in telegram.api.sent[1].shown


async def test_what_is_paused_stays_paused_in_the_mind_that_takes_over(mind: Mind, newer: Mind) -> None:
    assistant = Assistant(mind, MemoryStore())
    assistant.pause(["pain"])
    assistant.use(newer)
    assert "pain" not in (await assistant.reply(QUESTION, ANN)).entries
    assistant.pause([])
    assert (await assistant.reply(QUESTION, ANN)).entries == ("pain",)


async def test_a_conversation_goes_on_whatever_has_gone_meanwhile(
    mind: Mind, newer: Mind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers, choices, an open question and an alarm may all be about what is no longer there."""
    with_a_question_back(monkeypatch)
    first = [*QUESTIONS, vague_question(mind), DANGER, SUSPICIOUS, "Is a bruise after needling normal?"]
    then = ["how long does that last?", "the second one", "yes", "no", "and for my heel?", "thanks", QUESTION]
    for number, opening in enumerate(first):
        for second, reaction in enumerate(then):
            assistant, ann = Assistant(mind, MemoryStore()), speaker(f"{number}.{second}")
            taps = [b.code for row in (await assistant.reply(opening, ann)).buttons for b in row if b.code]
            assistant.use(newer)
            replies = [await assistant.reply(reaction, ann)]
            replies += [await assistant.tap(tap, ann) for tap in taps]
            replies.append(await assistant.reply(QUESTION, ann))
            for reply in replies:
                assert set(reply.entries) <= set(newer.knowledge.entries)
                assert reply.toast or reply.texts


@pytest.mark.parametrize("entry_id", ["bruise", "run-after"])
async def test_a_button_of_an_answer_that_has_gone_says_so_kindly(mind: Mind, newer: Mind, entry_id: str) -> None:
    assistant = Assistant(mind, MemoryStore())
    assistant.use(newer)
    reply = await assistant.tap(f"entry:{entry_id}", ANN)
    assert reply.outcome is Outcome.FALLBACK
    assert any(reply.texts[0].startswith(old[:30]) for old in wordings(newer.knowledge, "old_button"))
    assert leads_to_care(reply.texts[0], newer.knowledge)
