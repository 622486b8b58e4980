"""Orders of the clinic's people: whether they may, what they mean, and the word that it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from telegram import CallbackQuery, Message, Update, User
from telegram.constants import ChatType

from bot.assistant import Assistant
from bot.clinic import gap_texts, numbers, orders
from bot.clinic.desk import Desk
from bot.clinic.handoff import WHICH, ref_in
from bot.clinic.numbers import collected
from bot.clinic.orders import Order, order_in
from bot.clinic.outbox import shortened
from bot.clinic.rights import Sender
from bot.dialogue.reply import Action, Button, Reply, code
from bot.knowledge.fields import nearest
from bot.knowledge.model import Entry, KnowledgeBase, Status
from bot.ops.threads import in_thread
from bot.storage.protocol import StoreError
from bot.tg.bot import Bot
from bot.tg.gaps import GAP_ACTIONS, Gaps
from bot.tg.groups import in_group
from bot.tg.profile import set_staff_menus
from bot.tg.reading import speaker_of, topic_of
from bot.tg.relay import Relay
from bot.tg.sending import confirm, send_short

Deliver = Callable[[Message, Reply], Awaitable[None]]

_SUGGESTED = 3
_MOST_BUTTONS = 10
_TAPS = GAP_ACTIONS | {Action.PAUSE, Action.RESUME, Action.CLOSE}


class Staff:
    """Obeys the clinic's people. Their rights are looked at anew for every command and every tap."""

    def __init__(
        self,
        bot: Bot,
        assistant: Assistant,
        desk: Desk,
        deliver: Deliver,
        relay: Relay | None = None,
        repository: str = "",
    ) -> None:
        """``deliver`` sends a reply that the composer made; ``relay`` brings runners what therapists reply.

        ``repository``: where the knowledge files are.
        """
        self._gaps = Gaps(bot, assistant, repository)
        self._bot = bot
        self._assistant = assistant
        self._desk = desk
        self._deliver = deliver
        self._relay = relay

    async def took(self, update: Update) -> bool:
        """Return whether ``update`` was for the clinic's people alone; it is then dealt with.

        What anybody else writes is left to be answered as any text is, and shows nothing of what staff can do.
        """
        match update:
            case Update(message=Message(migrate_to_chat_id=int() as chat) as message):
                return await self._moved(message, chat)
            case Update(message=Message() as message) | Update(edited_message=Message() as message):
                if message.text and await self._obeyed(message):
                    return True
                return await self._replied(message, edited=update.message is None)
            case Update(callback_query=CallbackQuery() as query):
                return await self._tapped(query)
            case _:
                return False

    async def _obeyed(self, message: Message) -> bool:
        hidden = message.sender_chat is not None
        sender = _sender(message.chat.id, message.chat.type, message.from_user, as_chat=hidden)
        here = self._desk.rights.in_staff_chat(sender)
        order = order_in(message.text or "", self._bot.bot.username or "", in_staff_chat=here)
        if order is None:
            return False
        if not self._desk.rights.allow(sender):
            if here and sender.as_chat:
                await self._say(message, orders.ANONYMOUS)
            return here
        await self._obey(order, message)
        return True

    async def _replied(self, message: Message, *, edited: bool) -> bool:
        """Return whether ``message`` was a therapist's reply to a runner, and relay it."""
        if self._relay is None or not in_group(message):
            return False
        sender = _sender(
            message.chat.id, message.chat.type, message.from_user, as_chat=message.sender_chat is not None
        )
        return await self._relay.took(message, sender, edited=edited)

    async def _tapped(self, query: CallbackQuery) -> bool:
        action, _, entry_id = (query.data or "").partition(":")
        message = query.message
        if action not in _TAPS or not isinstance(message, Message):
            return False
        if not self._desk.rights.allow(_sender(message.chat.id, message.chat.type, query.from_user)):
            return False
        if action == Action.CLOSE and message.chat.id != self._desk.rights.staff_chat:
            return False  # an admin may talk with the clinic, too
        await confirm(query)
        if action == Action.CLOSE:
            await self._end(entry_id, message)
        elif action in GAP_ACTIONS:
            await self._gaps.tapped(Action(action), entry_id, message)
        else:
            await self._switch(Action(action), entry_id, message)
        return True

    async def _moved(self, message: Message, chat: int) -> bool:
        """Follow the staff chat when Telegram says that it has become a supergroup."""
        if message.chat.id != self._desk.rights.staff_chat:
            return False
        await follow(self._bot, self._assistant, self._desk, chat)
        return True

    # --- orders: a method each, named in the table ----------------------------------------------

    async def _obey(self, order: Order, message: Message) -> None:
        if " " in order.argument and orders.meant(order.argument, self._knowledge) is None:
            # No name of an answer: it may be somebody's own words.
            urgent = await self._assistant.pinned().urgent_only(
                order.argument, speaker_of(message), shared=in_group(message)
            )
            if urgent is not None:
                await self._deliver(message, urgent)
                return
        obey: Callable[[str, Message], Awaitable[None]] = getattr(self, f"_on_{order.name}")
        await obey(order.argument, message)

    async def _on_staff(self, _: str, message: Message) -> None:
        await self._say(message, orders.staff_help(len(self._desk.paused)))

    async def _on_pause(self, argument: str, message: Message) -> None:
        await (self._switch(Action.PAUSE, argument, message) if argument else self._list(message))

    async def _on_resume(self, argument: str, message: Message) -> None:
        await (self._switch(Action.RESUME, argument, message) if argument else self._list(message))

    async def _on_reload(self, _: str, message: Message) -> None:
        await self._say(message, orders.RELOADING)
        if self._desk.reload is not None:
            self._desk.reload()

    async def _on_close(self, argument: str, message: Message) -> None:
        answered = message.reply_to_message
        below = (answered.text or answered.caption or "") if answered is not None else ""
        await self._end(ref_in(argument) or ref_in(below), message)

    async def _end(self, ref: str, message: Message) -> None:
        """End the conversation ``ref`` with a runner."""
        if self._relay is not None:
            await self._relay.close(ref, message)
        else:
            await self._say(message, WHICH)

    async def _on_gaps(self, _: str, message: Message) -> None:
        await self._gaps.show(message)

    async def _on_stats(self, _: str, message: Message) -> None:
        try:
            figures = await collected(self._assistant.store, self._desk.today())
        except StoreError:
            await self._say(message, gap_texts.AWAY)
            return
        await self._say(message, shortened(numbers.shown(figures, self._knowledge)))

    async def _list(self, message: Message) -> None:
        paused = self._desk.paused
        entries = [e for entry_id in paused if (e := self._knowledge.entries.get(entry_id)) is not None]
        await self._say(message, orders.listed(paused, self._knowledge), _buttons(Action.RESUME, entries))

    async def _switch(self, action: Action, argument: str, message: Message) -> None:
        """Pause or resume the entry that ``argument`` names, and say what comes of it."""
        entry = orders.meant(argument, self._knowledge)
        entry_id = entry.id if entry is not None else argument
        if entry_id in self._desk.paused and action is Action.RESUME:
            saved = await self._desk.resume(entry_id)
            await self._done(message, orders.resumed(entry_id, self._knowledge, saved=saved))
        elif entry is None:
            near = await self._suggestions(argument, action)
            await self._say(message, orders.unknown(argument, near), _buttons(action, near))
        elif entry_id in self._desk.paused:
            await self._say(message, orders.already(entry), _buttons(Action.RESUME, [entry]))
        elif action is Action.RESUME or entry.status is not Status.PUBLISHED:
            await self._say(message, orders.nothing_to_do(entry))
        else:
            saved = await self._desk.pause(entry.id)
            await self._done(message, orders.paused(entry, saved=saved), _buttons(Action.RESUME, [entry]))
            # Some hundred questions take seconds: that it is done is said before.
            found = await in_thread(partial(orders.lost, self._assistant.mind, entry))
            await self._say(message, orders.losses(found))

    async def _suggestions(self, argument: str, action: Action) -> list[Entry]:
        """Return what may have been meant: a name like ``argument``, else what the bot would answer to it."""
        resume = action is Action.RESUME
        entries = [e for e in self._knowledge.entries.values() if (e.id in self._desk.paused) is resume]
        named = {name: entry for entry in entries for name in (entry.id, entry.title)}
        if near := nearest(argument, named):
            return [named[near]]
        if resume:
            return entries[:_SUGGESTED]
        mind = self._assistant.mind
        ranking = await asyncio.to_thread(lambda: mind.matcher.rank(mind.preparer.prepare(argument)))
        return [mind.knowledge.entries[candidate.entry_id] for candidate in ranking[:_SUGGESTED]]

    # --- what they share ----------------------------------------------------------------------------

    @property
    def _knowledge(self) -> KnowledgeBase:
        return self._assistant.mind.knowledge

    async def _done(self, message: Message, text: str, rows: Sequence[Sequence[Button]] = ()) -> None:
        """Say that an order is obeyed, to the staff chat as well where it was given elsewhere."""
        await self._say(message, text, rows)
        if message.chat.id != self._desk.rights.staff_chat:
            await self._desk.outbox.put(orders.told_elsewhere(text))

    async def _say(self, message: Message, text: str, rows: Sequence[Sequence[Button]] = ()) -> None:
        await send_short(self._bot, message, text, rows, topic=topic_of(message))


async def follow(bot: Bot, assistant: Assistant, desk: Desk, chat: int) -> None:
    """Follow the staff chat to its new id ``chat``."""
    await desk.moved(chat)
    await set_staff_menus(bot, assistant, desk.rights)


def _sender(chat: int, kind: str, user: User | None, *, as_chat: bool = False) -> Sender:
    return Sender(
        user.id if user is not None else None,
        chat,
        private=kind == ChatType.PRIVATE,
        is_bot=user is not None and user.is_bot,
        as_chat=as_chat,
    )


def _buttons(action: Action, entries: Sequence[Entry]) -> list[list[Button]]:
    """Return a row for each of ``entries``."""
    word = action.value.capitalize()
    return [[Button(f"{word}: {entry.title}", code(action, entry.id))] for entry in entries[:_MOST_BUTTONS]]
