"""``/gaps``: what the answers lack, and what the clinic's people can do about each gap. Whoever calls has looked at
their rights.
"""

from collections.abc import Sequence

from telegram import InputFile, Message

from bot.assistant import Assistant
from bot.clinic import gap_texts
from bot.clinic.gaps import Gap, Grouping, named
from bot.clinic.outbox import shortened
from bot.dialogue.reply import Action, Button, code
from bot.knowledge.blank import blank
from bot.ops.threads import in_thread
from bot.storage.protocol import StoreError
from bot.tg.bot import Bot
from bot.tg.reading import topic_of
from bot.tg.sending import send_short

GAP_ACTIONS = frozenset(
    {Action.GAPS, Action.GAP_ADD, Action.GAP_TO, Action.GAP_NEW, Action.GAP_DROP, Action.GAP_GONE}
)


class Gaps:
    """Shows gaps and does what is tapped. Which gap is meant is looked up anew each time."""

    def __init__(self, bot: Bot, assistant: Assistant, repository: str) -> None:
        """``repository``: the address of the knowledge files' repository, empty where nobody named it."""
        self._bot = bot
        self._assistant = assistant
        self._repository = repository
        self._grouping = Grouping()

    async def show(self, message: Message, start: int = 0) -> None:
        """Answer ``message`` with the gaps from number ``start`` on."""
        found = await self._found(message)
        if found is None:
            return
        start = start if 0 <= start < len(found) else 0
        rows = [_choices(gap, number) for number, gap in enumerate(found, 1)][start : start + gap_texts.PAGE]
        if start + gap_texts.PAGE < len(found):
            rows.append([Button("More", code(Action.GAPS, str(start + gap_texts.PAGE)))])
        await self._say(message, gap_texts.listed(found, self._assistant.mind.knowledge, start), rows)

    async def tapped(self, action: Action, argument: str, message: Message) -> None:
        """Do what the tapped button says."""
        if action is Action.GAPS:
            await self.show(message, int(argument) if argument.isdecimal() else 0)
            return
        gap_id, _, rest = argument.partition(".")
        found = await self._found(message)
        if found is None:
            return
        gap = named(found, gap_id)
        if gap is None:
            await self._say(message, gap_texts.GONE)
        elif action is Action.GAP_ADD:
            await self._which(gap, message)
        elif action is Action.GAP_TO:
            await self._add(gap, rest, message)
        elif action is Action.GAP_NEW:
            await self._new(gap, message)
        elif action is Action.GAP_DROP:
            yes = Button("Yes, delete", code(Action.GAP_GONE, f"{gap.id}.{gap.version}"))
            await self._say(message, gap_texts.sure(gap), [[yes]])
        else:
            await self._drop(gap, rest, message)

    async def _which(self, gap: Gap, message: Message) -> None:
        near = gap_texts.entries(gap, self._assistant.mind.knowledge)
        rows = [[Button(entry.title, code(Action.GAP_TO, f"{gap.id}.{entry.id}"))] for entry in near]
        await self._say(message, gap_texts.which(gap), rows)

    async def _add(self, gap: Gap, entry_id: str, message: Message) -> None:
        entry = self._assistant.mind.knowledge.entries.get(entry_id)
        said = gap_texts.added(gap, entry, self._repository) if entry is not None else gap_texts.GONE
        await self._say(message, said)

    async def _new(self, gap: Gap, message: Message) -> None:
        knowledge = self._assistant.mind.knowledge
        entry_id = gap_texts.new_id(gap, knowledge.entries)
        text = blank(gap_texts.fields(gap, knowledge))
        await self._bot.send_document(
            message.chat_id,
            InputFile(text.encode(), filename=f"{entry_id}.yaml"),
            caption=gap_texts.new_file(entry_id, self._repository),
            reply_to_message_id=message.message_id,
            allow_sending_without_reply=True,
            message_thread_id=topic_of(message),
        )

    async def _drop(self, gap: Gap, version: str, message: Message) -> None:
        if version != gap.version:  # what was asked meanwhile nobody has seen yet
            await self._say(message, gap_texts.CHANGED)
            return
        try:
            deleted = [await self._assistant.store.settle_question(question.id) for question in gap.questions]
        except StoreError:
            await self._say(message, gap_texts.AWAY)
            return
        # Of two who delete at once the second finds nothing left.
        await self._say(message, gap_texts.gone(sum(deleted)) if any(deleted) else gap_texts.GONE)

    async def _found(self, message: Message) -> list[Gap] | None:
        """Return the gaps; ``None``, once that is said, where the database is away."""
        try:
            kept = await self._assistant.store.questions()
        except StoreError:
            await self._say(message, gap_texts.AWAY)
            return None
        mind = self._assistant.mind
        return await in_thread(lambda: self._grouping.gaps_of(mind, kept))

    async def _say(self, message: Message, text: str, rows: Sequence[Sequence[Button]] = ()) -> None:
        await send_short(self._bot, message, shortened(text), rows, topic=topic_of(message))


def _choices(gap: Gap, number: int) -> list[Button]:
    return [
        Button(f"{number}: add", code(Action.GAP_ADD, gap.id)),
        Button(f"{number}: new", code(Action.GAP_NEW, gap.id)),
        Button(f"{number}: dismiss", code(Action.GAP_DROP, gap.id)),
    ]
