"""Blocks and buttons in Telegram's own forms."""

from collections.abc import Sequence
from html import escape

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.dialogue.reply import Button, Reply
from bot.knowledge.markup import Block, Paragraph, Span


def to_html(blocks: Sequence[Block]) -> str:
    """Return ``blocks`` in Telegram's HTML; everything that is not our own tag is escaped."""
    return "\n\n".join(_block(block) for block in blocks)


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Return the buttons as an inline keyboard, or nothing when there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def markup(reply: Reply, number: int) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
    """Return what stands under the message of this number, from 1: the buttons under the last, or under each.

    Telegram takes one kind under a message. The buttons for sending a location stand in place of the keyboard.
    """
    last = number == len(reply.messages)
    asks = reply.asks_place
    if last and asks is not None and asks.share:
        rows = [[KeyboardButton(asks.share, request_location=True)], [KeyboardButton(asks.leave)]]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    if reply.buttons and (last or reply.buttons_throughout):
        return keyboard(reply.buttons)
    return ReplyKeyboardRemove() if number == 1 and reply.place_settled else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, callback_data=button.code)


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _spans(block.spans)
    return "\n".join("• " + _spans(item) for item in block.items)


def _spans(spans: Sequence[Span]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    text = escape(span.text, quote=False)
    if span.url:
        return f'<a href="{escape(span.url, quote=True)}">{text}</a>'
    return f"<b>{text}</b>" if span.bold else text
