"""What happens to each kind of update."""

from typing import Any

import structlog
from telegram import Message, Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.assistant import Assistant
from bot.dialogue.reply import Outcome
from bot.tg.sending import edit, send

log = structlog.get_logger(__name__)

ASSISTANT = "assistant"
"""The key in ``bot_data`` under which handlers find the assistant."""

Context = CallbackContext[Any, Any, Any, Any]


def _assistant(context: Context) -> Assistant:
    assistant = context.bot_data[ASSISTANT]
    assert isinstance(assistant, Assistant)
    return assistant


def _chat(message: Message) -> str:
    return f"tg {message.chat_id}"


async def answer_text(update: Update, context: Context) -> None:
    """Answer a typed message, a caption or an edit of one."""
    message = update.effective_message
    if message is None:
        return
    text = message.text or message.caption or ""
    reply = await _assistant(context).reply(text, _chat(message))
    edited = update.edited_message is not None
    await send(context.bot, message.chat_id, reply, reply_to=message.message_id if edited else None)


async def answer_media(update: Update, context: Context) -> None:
    """Say kindly what the bot cannot read; a caption is read all the same, for danger signs above all."""
    message = update.effective_message
    if message is None:
        return
    assistant = _assistant(context)
    if message.caption:
        reply = await assistant.reply(message.caption, _chat(message))
        if reply.outcome is not Outcome.FALLBACK:
            await send(context.bot, message.chat_id, reply)
            return
    await send(context.bot, message.chat_id, await assistant.notice(_kind(message), _chat(message)))


def _kind(message: Message) -> str:
    if message.voice or message.audio or message.video_note:
        return "voice"
    if message.photo or message.video or message.animation:
        return "photo"
    if message.sticker:
        return "sticker"
    return "other_media"


async def answer_tap(update: Update, context: Context) -> None:
    """Answer a tapped button: first the tap itself, then the message it stands under."""
    query = update.callback_query
    if query is None:
        return
    try:
        await query.answer()
    except TelegramError as error:
        # Too old, most often; its answer is still worth showing.
        log.info("tap not confirmed", error=type(error).__name__)
    if query.message is None:
        return
    reply = await _assistant(context).tap(query.data or "", f"tg {query.message.chat.id}")
    await edit(query, reply)


async def on_error(update: object, context: Context) -> None:
    """Log a failure without the message, and tell the person once."""
    log.error("handler failed", exc_info=context.error)
    message = update.effective_message if isinstance(update, Update) else None
    if message is not None:
        reply = await _assistant(context).notice("failure", _chat(message))
        await send(context.bot, message.chat_id, reply)
