"""Send a reply, whatever Telegram thinks of its markup and wherever the chat has gone."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from telegram import CallbackQuery, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.dialogue.reply import Button, Reply
from bot.knowledge.markup import Block, plain
from bot.ops.metrics import UNDELIVERED
from bot.tg.bot import Bot
from bot.tg.pacing import URGENT, Uncertain
from bot.tg.render import keyboard, markup, to_html

log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_CLOSED = ("chat not found", "rights to send", "write access", "write_forbidden", "chat_restricted", "topic_closed")
"""Words of the refusals (400, not 403) of a chat in which the bot may not write; an apology would not get there."""


async def send(
    bot: Bot,
    chat_id: int,
    reply: Reply,
    *,
    reply_to: int | None = None,
    topic: int | None = None,
    beside: Message | None = None,
) -> bool:
    """Send all messages of ``reply``, into the ``topic`` of a forum if one is named; buttons stand under the last.

    The first stands ``beside`` a copy of a photo or the like, if one is named, and must have room there.

    A group that became a supergroup is followed to its new id. Somebody who blocked the bot, or a chat it was
    removed from, gets nothing, and that is counted; return whether it could be sent.
    """
    arguments: dict[str, Any] = {}
    if topic is not None:
        arguments["message_thread_id"] = topic
    if reply.outcome.is_urgent:
        arguments["rate_limit_args"] = URGENT
    for number, blocks in enumerate(reply.messages, 1):
        arguments["reply_markup"] = markup(reply, number)
        # The last as well: what its buttons do may need what it answers.
        if reply_to is not None and number in (1, len(reply.messages)):
            arguments |= {"reply_to_message_id": reply_to, "allow_sending_without_reply": True}
        try:
            await _send_blocks(bot, chat_id, blocks, arguments, beside if number == 1 else None)
        except ChatMigrated as error:
            log.info("group became a supergroup")
            chat_id = error.new_chat_id
            # The message it answers has another number there.
            arguments.pop("reply_to_message_id", None)
            reply_to = None
            await _send_blocks(bot, chat_id, blocks, arguments)
        except (Forbidden, BadRequest) as error:
            _count_closed(error)
            return False
        arguments.pop("reply_to_message_id", None)
    return True


async def _send_blocks(
    bot: Bot, chat_id: int, blocks: Sequence[Block], arguments: dict[str, Any], beside: Message | None = None
) -> None:
    """Send one message, as plain text if its markup is refused."""
    with _readable():
        try:
            await _put(bot, chat_id, to_html(blocks), {**arguments, "parse_mode": ParseMode.HTML}, beside)
        except BadRequest as error:
            if not _is_about_markup(error):
                raise
            log.warning("markup refused, sent as plain text")
            await _put(bot, chat_id, plain(blocks), arguments, beside)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Raise ``Uncertain`` where Telegram took a message, and told so in a way that the library cannot read."""
    try:
        yield
    except TelegramError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        UNDELIVERED.labels("uncertain").inc()
        raise Uncertain(type(error).__name__) from error


async def _put(bot: Bot, chat_id: int, text: str, arguments: dict[str, Any], beside: Message | None) -> None:
    if beside is None:
        await bot.send_message(chat_id, text, link_preview_options=_NO_PREVIEW, **arguments)
    else:
        await bot.copy_message(chat_id, beside.chat_id, beside.message_id, caption=text, **arguments)


async def send_short(
    bot: Bot, message: Message, text: str, rows: Sequence[Sequence[Button]], *, topic: int | None = None
) -> bool:
    """Answer ``message`` with plain text that needs no referral: in a group a notice of less than 80 characters, or
    a word to the clinic's people. Return whether it could be sent.
    """
    buttons = keyboard(rows)
    try:
        with _readable():
            await bot.send_message(
                message.chat_id,
                text,
                reply_markup=buttons,
                reply_to_message_id=message.message_id,
                allow_sending_without_reply=True,
                message_thread_id=topic,
            )
    except ChatMigrated as error:
        log.info("group became a supergroup")
        await bot.send_message(error.new_chat_id, text, reply_markup=buttons)
    except (Forbidden, BadRequest) as error:
        _count_closed(error)
        return False
    return True


async def edit(bot: Bot, query: CallbackQuery, reply: Reply) -> None:
    """Put ``reply`` in the place of the message whose button was tapped.

    A reply of several messages, one that changes what stands in place of the keyboard, and one whose old message
    can no longer be edited, is sent anew. A reply without messages changes the buttons only.
    """
    message = query.message
    if message is None:
        return
    anew = len(reply.messages) > 1 or reply.asks_place is not None or reply.place_settled
    if anew or not await _edited(query, reply):
        asked = message.reply_to_message if isinstance(message, Message) else None
        await send(bot, message.chat.id, reply, reply_to=reply.about or (asked.message_id if asked else None))


async def _edited(query: CallbackQuery, reply: Reply) -> bool:
    """Edit the message, as plain text if its markup is refused; return whether it now shows ``reply``."""
    buttons = keyboard(reply.buttons)
    try:
        if not reply.messages:
            await query.edit_message_reply_markup(buttons)
            return True
        for text, parse_mode in ((to_html(reply.messages[0]), ParseMode.HTML), (plain(reply.messages[0]), None)):
            try:
                await query.edit_message_text(
                    text, parse_mode=parse_mode, link_preview_options=_NO_PREVIEW, reply_markup=buttons
                )
                return True
            except BadRequest as error:
                if not _is_about_markup(error):
                    raise
    except Forbidden:
        UNDELIVERED.labels("forbidden").inc()
        return True
    except BadRequest as error:
        if "not modified" in error.message.lower():
            return True
        log.info("message cannot be edited, sent anew")
    return not reply.messages


async def confirm(query: CallbackQuery, toast: str = "") -> None:
    """End the waiting sign on a tapped button; too late is no harm."""
    try:
        await query.answer(toast or None)
    except TelegramError as error:
        # Too old, most often; its answer is still worth showing.
        log.info("tap not confirmed", error=type(error).__name__)


def closed(error: TelegramError) -> bool:
    """Return whether ``error`` says that the bot may not write in a chat, or that there is no such chat."""
    if isinstance(error, BadRequest):
        return any(word in error.message.lower() for word in _CLOSED)
    return isinstance(error, Forbidden)


def _count_closed(error: TelegramError) -> None:
    """Count that nothing can be delivered to a chat; raise ``error`` when it is about something else."""
    if not closed(error):
        raise error
    UNDELIVERED.labels("forbidden").inc()
    log.info("not delivered: blocked, removed or not allowed to write")


def _is_about_markup(error: BadRequest) -> bool:
    text = error.message.lower()
    return "parse entities" in text or "entity" in text
