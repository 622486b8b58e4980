"""Send a reply, whatever Telegram thinks of its markup."""

from typing import Any

import structlog
from telegram import Bot, CallbackQuery, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.dialogue.reply import Reply
from bot.knowledge.markup import plain
from bot.tg.render import keyboard, to_html

log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def send(bot: Bot, chat_id: int, reply: Reply, *, reply_to: int | None = None) -> None:
    """Send all messages of ``reply``; the buttons stand under the last one."""
    for number, blocks in enumerate(reply.messages, 1):
        arguments: dict[str, Any] = {"chat_id": chat_id, "link_preview_options": _NO_PREVIEW}
        if number == len(reply.messages):
            arguments["reply_markup"] = keyboard(reply.buttons)
        if reply_to is not None and number == 1:
            arguments["reply_to_message_id"] = reply_to
            arguments["allow_sending_without_reply"] = True
        try:
            await bot.send_message(text=to_html(blocks), parse_mode=ParseMode.HTML, **arguments)
        except BadRequest as error:
            if not _is_about_markup(error):
                raise
            log.warning("markup refused, sent as plain text", entries=reply.entries)
            await bot.send_message(text=plain(blocks), **arguments)


async def edit(query: CallbackQuery, reply: Reply) -> None:
    """Put ``reply`` in the place of the message whose button was tapped.

    A reply of several messages, or one whose old message can no longer be edited, is sent anew.
    """
    message = query.message
    if message is None:
        return
    if len(reply.messages) == 1 and await _edited(query, reply):
        return
    await send(query.get_bot(), message.chat.id, reply)


async def _edited(query: CallbackQuery, reply: Reply) -> bool:
    """Edit the message, as plain text if its markup is refused; return whether it now shows ``reply``."""
    blocks = reply.messages[0]
    for text, parse_mode in ((to_html(blocks), ParseMode.HTML), (plain(blocks), None)):
        try:
            await query.edit_message_text(
                text,
                parse_mode=parse_mode,
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard(reply.buttons),
            )
            return True
        except BadRequest as error:
            if "not modified" in error.message.lower():
                return True
            if not _is_about_markup(error):
                break
    log.info("message cannot be edited, sent anew")
    return False


def _is_about_markup(error: BadRequest) -> bool:
    text = error.message.lower()
    return "parse entities" in text or "entity" in text
