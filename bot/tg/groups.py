"""Groups: when the bot is meant, and what of a reply belongs there.

With privacy mode on, Telegram shows a bot in a group only commands, mentions of it and replies to it; with it off,
everything. Either way only what is meant for the bot is answered.
"""

import re
from dataclasses import replace

from telegram import Message, MessageEntity, User
from telegram.constants import ChatType

from bot.dialogue.reply import Action, Button, Reply
from bot.knowledge.commands import command_in


def in_group(message: Message) -> bool:
    """Return whether several people read the chat."""
    return message.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP)


def is_meant(message: Message, bot: User) -> bool:
    """Return whether a message of a group is meant for ``bot``: a command, a mention, or a reply to it."""
    text = message.text or message.caption or ""
    name = f"@{bot.username}".lower()
    if text.startswith("/"):
        word = text.split()[0].lower()
        # One without a name may be for any bot of the group; what this one does not know is not for it.
        return word.endswith(name) if "@" in word else command_in(word) is not None
    answered = message.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == bot.id:
        return True
    return any(mention.lower() == name for mention in _mentions(message))


def without_mention(text: str, bot: User) -> str:
    """Return ``text`` without the bot's own name, which is no part of the question."""
    return re.sub(rf"\s*@{re.escape(bot.username or '')}\b", "", text, flags=re.IGNORECASE).strip()


def is_private_matter(text: str) -> bool:
    """Return whether ``text`` is a command that a group gets a pointer to the private chat for."""
    command = command_in(text)
    return command is not None and not command.in_group


def for_group(reply: Reply, bot: User, private: str) -> Reply:
    """Return ``reply`` with buttons that lead to the private chat instead of acting in the group.

    Whoever tapped would change the message for all; and what is asked next is nobody else's business.
    ``private`` is the label of the button that opens that chat.
    """
    rows: list[tuple[Button, ...]] = []
    for row in reply.buttons:
        kept = [shown for button in row if (shown := _in_group(button, bot)) is not None]
        if kept:
            rows.append(tuple(kept))
    rows.append((private_button(bot, private),))
    return replace(reply, buttons=tuple(rows))


def private_button(bot: User, label: str, entry_id: str = "") -> Button:
    """Return a button that opens the private chat, at an entry where one is named."""
    return Button(label, url=f"https://t.me/{bot.username}" + (f"?start={entry_id}" if entry_id else ""))


def _in_group(button: Button, bot: User) -> Button | None:
    action, _, argument = button.code.partition(":")
    if button.url:
        return button
    return private_button(bot, button.label, argument) if action == Action.ENTRY else None


def _mentions(message: Message) -> list[str]:
    """Return what Telegram marks as mentions. The library's own reading fails at half a character."""
    units = (message.text or message.caption or "").encode("utf-16-le", "surrogatepass")
    return [
        units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")
        for entity in message.entities or message.caption_entities
        if entity.type == MessageEntity.MENTION
    ]
