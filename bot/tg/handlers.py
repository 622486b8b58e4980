"""What happens to each kind of update: unwrap it, ask the assistant, send."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace

import structlog
from telegram import CallbackQuery, Chat, Message, User

from bot.assistant import Assistant
from bot.dialogue.reply import Action, Outcome, Reply
from bot.inbox.slots import in_doubt, send_again
from bot.ops.metrics import DROPPED, REPLIES, UNDELIVERED
from bot.storage.protocol import Speaker
from bot.tg.bot import Bot
from bot.tg.flood import Budget, Spent
from bot.tg.groups import for_group, in_group, is_meant, is_private_matter, private_button, without_mention
from bot.tg.pacing import Uncertain
from bot.tg.passing import ACTIONS, Meant, Passing
from bot.tg.reading import is_moving, place_of, speaker_of, topic_of
from bot.tg.sending import confirm, edit, send, send_short

log = structlog.get_logger(__name__)

_LATE = 10 * 60
"""Seconds that a question may have waited before the answer says so."""


class Handlers:
    """One method for each kind of update. What goes wrong is raised, and judged by the ``App``."""

    def __init__(
        self,
        bot: Bot,
        assistant: Assistant,
        budget: Budget,
        clock: Callable[[], float],
        passing: Passing | None = None,
    ) -> None:
        """``budget`` is what each person may send; ``clock`` gives Unix time. ``passing`` brings to the clinic's
        therapists what runners wish.
        """
        self._passing = passing
        self._bot = bot
        self._assistant = assistant
        self._budget = budget
        self._clock = clock

    def pinned(self) -> "Handlers":
        """Return handlers that stay with the knowledge of this moment; what people have spent is shared."""
        pinned = copy.copy(self)
        pinned._assistant = self._assistant.pinned()
        pinned._passing = self._passing.pinned(pinned._assistant) if self._passing is not None else None
        return pinned

    async def answer_text(self, message: Message, *, edited: bool = False) -> None:
        """Answer a typed message or, ``edited``, a changed one; in a group only when the bot is meant."""
        if self._overheard(message):
            return
        text, speaker = message.text or "", speaker_of(message)
        if in_group(message):
            text = without_mention(text, self._me)
            if is_private_matter(text):
                # Not obeyed: a /forget must not delete without saying so.
                urgent = await self._assistant.urgent_only(text, speaker, shared=True)
                if urgent is None:
                    await self._to_private(message)
                else:
                    await self._send_within_budget(message, urgent, quote=edited)
                return
        await self._answer(message, text, edited=edited)

    async def answer_media(self, message: Message, *, edited: bool = False) -> None:
        """Say kindly what the bot cannot read; a caption is read all the same, for danger signs above all."""
        if self._overheard(message):
            return
        caption = without_mention(message.caption, self._me) if message.caption else None
        if not edited and not await self._stands_alone(message):
            self.let_go()
            return
        await self._answer(message, caption, edited=edited, medium=_kind(message))

    async def answer_location(self, message: Message, *, edited: bool = False) -> None:
        """Answer with the therapists nearest to a location; in a group, which all can read, and where it is meant
        for the clinic, as anything unread.

        Somebody who shares where they go is answered where they began, not at every step.
        """
        if edited and is_moving(message):
            self.let_go()
            return
        here = place_of(message)
        if here is None or in_group(message) or await self._meant(message, edited=edited) is not Meant.BOT:
            await self.answer_media(message, edited=edited)
            return
        await self._send_within_budget(message, await self._assistant.near(here, speaker_of(message)))

    async def answer_tap(self, query: CallbackQuery) -> None:
        """Answer a tapped button: the tap with a toast where there is one, and the message it stands under."""
        message = query.message
        if message is None:
            await confirm(query)
            self.let_go()
            return
        if message.chat.type != message.chat.PRIVATE:
            # No button of this kind is sent to a group: it is from an older version.
            await confirm(query, self._assistant.text("group_private"))
            return
        if self._passing is not None and (query.data or "").partition(":")[0] in ACTIONS:
            await self._passing.tapped(query)
            return
        asked = message.reply_to_message if isinstance(message, Message) else None
        question = (asked.text or asked.caption or "") if asked is not None else ""
        speaker = Speaker(str(query.from_user.id), str(message.chat.id))
        reply = await self._assistant.tap(query.data or "", speaker, question)
        await confirm(query, reply.toast)
        REPLIES.labels(reply.outcome).inc()
        await edit(self._bot, query, reply)
        for offer in reply.offers:
            await send(self._bot, message.chat.id, offer, reply_to=offer.about)

    async def see_off(self, chat: Chat) -> None:
        """End the conversation with the clinic of somebody who blocked the bot."""
        if self._passing is not None and chat.type == chat.PRIVATE:
            await self._passing.left(str(chat.id))
        self.let_go()

    def let_go(self) -> None:
        """Count what asks nothing of the bot."""
        DROPPED.labels("nothing to answer").inc()

    async def apologise(self, message: Message) -> None:
        """Tell the person once that their message could not be answered; that this fails too is counted."""
        try:
            await self.deliver(message, await self._assistant.notice("failure", speaker_of(message)))
        except Exception as error:  # the update is done with, one way or the other
            UNDELIVERED.labels("apology").inc()
            log.warning("apology not sent", error=type(error).__name__)

    # --- what they share --------------------------------------------------------------------

    @property
    def _me(self) -> User:
        return self._bot.bot

    async def _answer(self, message: Message, words: str | None, *, edited: bool, medium: str = "") -> None:
        """Answer what ``message`` says, or bring it to the clinic where it is meant for it; ``medium``: ``words``,
        if there are any, stand below something that is not text.
        """
        meant, speaker = await self._meant(message, edited=edited), speaker_of(message)
        quote = edited
        if self._passing is not None and meant is Meant.OVER:
            reply = await self._passing.late(message)
        elif self._passing is not None and meant is Meant.CLINIC and words is None:
            reply = await self._passing.further(message)
        elif words is not None:
            reply = await self._assistant.reply(
                words,
                speaker,
                edited=edited,
                shared=in_group(message),
                medium=medium,
                message=message.message_id,
                to_clinic=meant is Meant.CLINIC,
            )
        else:
            reply = await self._assistant.medium(medium, speaker)
        if self._passing is not None and reply.passes_on:
            offers = reply.offers
            reply = await (
                self._passing.further(message) if medium else self._passing.pass_on(message, reply, edited=edited)
            )
            reply, quote = replace(reply, offers=offers), True
        elif self._passing is not None and meant is Meant.BOT and not in_group(message):
            # Once after the clinic wrote, with the word that the clinic does not read this.
            reply = await self._passing.aside(message, reply)
        await self._send_within_budget(message, reply, quote=quote)

    async def _meant(self, message: Message, *, edited: bool) -> Meant:
        """Return whom ``message`` is for."""
        if self._passing is None or message.chat.type != message.chat.PRIVATE:
            return Meant.BOT
        return await self._passing.meant(message, edited=edited)

    def _overheard(self, message: Message) -> bool:
        """Return whether ``message`` is what people of a group say to each other, and count it."""
        if not in_group(message) or is_meant(message, self._me):
            return False
        DROPPED.labels("not for the bot").inc()
        return True

    async def _stands_alone(self, message: Message) -> bool:
        """Return whether ``message`` is to be answered by itself: it is no further picture of an album, or has
        words of its own. What is agreed to for the first picture is agreed to for those without words.
        """
        album, speaker = message.media_group_id, speaker_of(message)
        if album is None:
            return True
        first, *_ = await self._assistant.pictures(speaker, album) or (message.message_id,)
        if first != message.message_id and message.caption:
            return True
        await self._assistant.pictured(speaker, album, message.message_id)
        if first != message.message_id and self._passing is not None and not in_group(message):
            await self._passing.along(message, first)
        return first == message.message_id

    async def _send_within_budget(self, message: Message, reply: Reply, *, quote: bool = False) -> None:
        """Send ``reply`` unless its reader floods the bot; an urgent reply, and what asks about one held back, is
        always sent.
        """
        speaker = speaker_of(message)
        spent = self._budget.spend(speaker.person)
        if spent is Spent.WITHIN or reply.outcome.is_urgent or reply.offers:
            await self.deliver(message, reply, quote=quote)
        elif spent is Spent.FIRST_OVER:
            await self.deliver(message, await self._assistant.notice("slow_down", speaker))
        else:
            DROPPED.labels("flood").inc()

    async def deliver(self, message: Message, reply: Reply, *, quote: bool = False) -> None:
        """Send ``reply``, below the message it answers in a group, after an edit, and where it was not understood.

        A tap on "Yes, keep it" or "Ask a therapist" needs to show which question; so does one on "No, none of
        this", below which the answer then stands.
        """
        if self._clock() - (message.edit_date or message.date).timestamp() > _LATE:
            reply = self._assistant.below("late", reply)
        group = in_group(message)
        if group:
            reply = for_group(reply, self._me, self._assistant.text("button_private"))
        asks = reply.has(Action.ASK, Action.SEND) or (self._assistant.asks and reply.outcome is Outcome.SCREENING)
        quoted = group or quote or asks or reply.outcome in (Outcome.FALLBACK, Outcome.CHOICES)
        REPLIES.labels(reply.outcome).inc()
        reply_to, topic = (reply.about or message.message_id) if quoted else None, topic_of(message)
        try:
            await send(self._bot, message.chat_id, reply, reply_to=reply_to, topic=topic)
        except Uncertain:
            # Whether it arrived cannot be known. What is urgent is better read twice than not at all.
            if reply.outcome.is_urgent:
                log.warning("urgent reply not confirmed, sent once more")
                await send(self._bot, message.chat_id, reply, reply_to=reply_to, topic=topic)
            else:
                log.warning("answer sent, but not confirmed")
                await self._assistant.may_have_missed(speaker_of(message))
        except asyncio.CancelledError:
            # The bot stops in the middle of it: the same, but what is urgent is left to the next start.
            if in_doubt() and reply.outcome.is_urgent:
                send_again()
            elif in_doubt():
                await self._assistant.may_have_missed(speaker_of(message))
            raise
        for offer in reply.offers:
            await self.deliver(message, offer)

    async def _to_private(self, message: Message) -> None:
        rows = [[private_button(self._me, self._assistant.text("button_private"))]]
        await send_short(self._bot, message, self._assistant.text("group_private"), rows, topic=topic_of(message))


def _kind(message: Message) -> str:
    if message.voice or message.audio or message.video_note:
        return "voice"
    if message.photo or message.video or message.animation:
        return "photo"
    if message.sticker:
        return "sticker"
    return "other_media"
