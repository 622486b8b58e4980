"""What happens to each kind of update."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from telegram import Message, Update, User
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import CallbackContext

from bot.assistant import Assistant
from bot.dialogue.reply import Outcome, Reply
from bot.inbox.slots import Stopping
from bot.ops.metrics import DROPPED, REPLIES, UNDELIVERED
from bot.storage.protocol import Speaker
from bot.tg.flood import Budget, Spent
from bot.tg.groups import for_group, in_group, is_meant, is_private_matter, private_button, without_mention
from bot.tg.pacing import Uncertain
from bot.tg.sending import edit, send, send_short

log = structlog.get_logger(__name__)

FAILURES: ContextVar[list[Exception]] = ContextVar("failures")
"""What kept the update in hand from being answered and may not do so later."""
ASSISTANT = "assistant"
"""The key in ``bot_data`` under which handlers find the assistant."""

BUDGET = "budget"
"""The key in ``bot_data`` of what each person may still send."""
ALBUMS = "albums"
"""The key in ``bot_data`` of the album ids of the last minute, each with the first message that was answered."""
_LATE = timedelta(minutes=10)
"""How long a question may have waited before the answer says so."""

Context = CallbackContext[Any, Any, Any, Any]


def _assistant(context: Context) -> Assistant:
    assistant = context.bot_data[ASSISTANT]
    assert isinstance(assistant, Assistant)
    return assistant


def _speaker(message: Message, user: User | None) -> Speaker:
    """Return who speaks. An anonymous admin, or a channel, speaks as the chat.

    Telegram names one and the same user for the anonymous admins of all groups.
    """
    person = user.id if user is not None and message.sender_chat is None else message.chat.id
    return Speaker(str(person), str(message.chat.id), in_group(message))


def _overheard(message: Message, context: Context) -> bool:
    """Return whether ``message`` is what people of a group say to each other, and count it."""
    if not in_group(message) or is_meant(message, context.bot.bot):
        return False
    DROPPED.labels("not for the bot").inc()
    return True


async def answer_text(update: Update, context: Context) -> None:
    """Answer a typed message or an edit of one; in a group only when the bot is meant."""
    message = update.effective_message
    if message is None or _overheard(message, context):
        return
    text = message.text or ""
    if in_group(message):
        text = without_mention(text, context.bot.bot)
    private = in_group(message) and is_private_matter(text)
    if private:
        # Looked through for danger signs, but not obeyed: a /forget must not delete without saying so.
        text = text.replace(text.split(maxsplit=1)[0], "/help", 1)
    reply = await _assistant(context).reply(text, _speaker(message, message.from_user))
    if private and reply.outcome is not Outcome.RED_FLAG:
        await _to_private(message, context)
        return
    await _send_within_budget(message, reply, context, quote=update.edited_message is not None)


async def answer_media(update: Update, context: Context) -> None:
    """Say kindly what the bot cannot read; a caption is read all the same, for danger signs above all."""
    message = update.effective_message
    if message is None or _overheard(message, context):
        return
    assistant = _assistant(context)
    speaker = _speaker(message, message.from_user)
    first = _first_of_album(message, context)
    if message.caption:
        reply = await assistant.reply(without_mention(message.caption, context.bot.bot), speaker)
        if reply.outcome is not Outcome.FALLBACK:
            await _send_within_budget(message, reply, context)
            return
    elif not first:
        await let_go(update, context)
        return
    await _send_within_budget(message, await assistant.notice(_kind(message), speaker), context)


def _first_of_album(message: Message, context: Context) -> bool:
    """Return whether ``message`` is alone or comes first: of an album, each picture is a message of its own."""
    album = message.media_group_id
    return album is None or context.bot_data[ALBUMS].setdefault(album, message.id) == message.id


def _kind(message: Message) -> str:
    if message.voice or message.audio or message.video_note:
        return "voice"
    if message.photo or message.video or message.animation:
        return "photo"
    if message.sticker:
        return "sticker"
    return "other_media"


async def _send_within_budget(message: Message, reply: Reply, context: Context, *, quote: bool = False) -> None:
    """Send ``reply`` unless its reader floods the bot; an urgent reply is always sent."""
    speaker = _speaker(message, message.from_user)
    budget = context.bot_data[BUDGET]
    assert isinstance(budget, Budget)
    spent = budget.spend(speaker.person)
    if spent is Spent.WITHIN or reply.outcome is Outcome.RED_FLAG:
        await _send(message, reply, context, quote=quote)
    elif spent is Spent.FIRST_OVER:
        await _send(message, await _assistant(context).notice("slow_down", speaker), context)
    else:
        DROPPED.labels("flood").inc()


async def _send(message: Message, reply: Reply, context: Context, *, quote: bool = False) -> None:
    """Send ``reply``, below the message it answers in a group, after an edit, and where it was not understood.

    A fallback quotes the question because a tap on "let the clinic read it" needs to show which one.
    """
    if datetime.now(UTC) - (message.edit_date or message.date) > _LATE:
        reply = _assistant(context).late(reply)
    group = in_group(message)
    if group:
        reply = for_group(reply, context.bot.bot, _assistant(context).words("button_private"))
    quoted = group or quote or reply.outcome is Outcome.FALLBACK
    REPLIES.labels(reply.outcome).inc()
    await send(context.bot, message.chat_id, reply, reply_to=message.message_id if quoted else None)


async def _to_private(message: Message, context: Context) -> None:
    words = _assistant(context).words
    rows = [[private_button(context.bot.bot, words("button_private"))]]
    await send_short(context.bot, message, words("group_private"), rows)


async def answer_tap(update: Update, context: Context) -> None:
    """Answer a tapped button: the tap itself with a toast where there is one, and the message it stands under."""
    query = update.callback_query
    if query is None:
        return
    message = query.message
    if message is not None and message.chat.type != message.chat.PRIVATE:
        # No button of this kind is sent to a group: it is from an older version.
        await _confirm(update, _assistant(context).words("group_private"))
        return
    reply = None
    if message is not None:
        asked = message.reply_to_message if isinstance(message, Message) else None
        question = (asked.text or asked.caption or "") if asked is not None else ""
        speaker = Speaker(str(query.from_user.id), str(message.chat.id))
        reply = await _assistant(context).tap(query.data or "", speaker, question)
    await _confirm(update, reply.toast if reply is not None else "")
    if reply is not None:
        REPLIES.labels(reply.outcome).inc()
        await edit(query, reply)
    else:
        await let_go(update, context)


async def let_go(update: Update, context: Context) -> None:
    """Count what asks nothing of the bot, such as the messages that Telegram itself writes into a chat."""
    DROPPED.labels("nothing to answer").inc()


async def _confirm(update: Update, toast: str) -> None:
    """End the waiting sign on a tapped button; too late is no harm."""
    assert update.callback_query is not None
    try:
        await update.callback_query.answer(toast or None)
    except TelegramError as error:
        # Too old, most often; its answer is still worth showing.
        log.info("tap not confirmed", error=type(error).__name__)


async def on_error(update: object, context: Context) -> None:
    """Decide what a failure means: try the update again later, let it be, or tell the person once.

    The log never gets the message.
    """
    error = context.error
    if isinstance(error, Uncertain):
        log.warning("answer sent, but not confirmed")
    elif isinstance(error, Stopping | RetryAfter | NetworkError) and not isinstance(error, BadRequest):
        FAILURES.get().append(error)
    else:
        log.error("handler failed", exc_info=error)
        try:
            await _apologise(update, context)
        except (TelegramError, Stopping) as second:
            UNDELIVERED.labels("apology").inc()
            log.warning("apology not sent", error=type(second).__name__)


async def _apologise(update: object, context: Context) -> None:
    message = update.effective_message if isinstance(update, Update) else None
    if message is not None:
        reply = await _assistant(context).notice("failure", _speaker(message, message.from_user))
        await _send(message, reply, context)
