"""Conversations between runners and the clinic's therapists: the rules, and what therapists are told.

Whatever the bot writes to the staff chat about one of them begins with its name, such as ``#q7k2m9xwp``. By that
name a therapist's reply finds its way back, over restarts, a staff chat that moved, and a message sent twice; and a
tap on it shows all of the conversation. A name is never used again, not even after the database was lost: no reply
can go to the wrong person.
"""

import re
import secrets
from datetime import datetime

from bot.clinic.outbox import LONGEST, shortened, units
from bot.clinic.zone import zone_of

REMIND_AFTER = 3 * 3600.0
"""Seconds after which therapists are reminded of a runner who waits."""
AN_HOUR = 10
"""Messages of one person that are passed on in an hour."""
LONGEST_CAPTION = 1024
"""UTF-16 units of the words beside a photo."""
_DAY = range(8, 20)
"""Hours of the clinic's clock in which therapists are reminded; nobody is to be woken."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_NAME = re.compile(rf"#(q[{_LETTERS}]{{8}})\b")
_ROOM = 3_500
"""UTF-16 units of a runner's words in one message; the rest of Telegram's 4,096 is for what stands around them."""
_ANSWER, _LEAST_ANSWER = 1_200, 200
"""UTF-16 units of the bot's own answer below a question: so many at most, and none where so few would be left."""


def new_ref() -> str:
    """Return a name that no conversation has had."""
    return "q" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def headed(ref: str, said: str, longest: int = LONGEST) -> str:
    """Return ``said`` below the name of its conversation."""
    return shortened(f"#{ref}\n{said}", longest)


def ref_in(text: str) -> str:
    """Return the name that ``text`` begins with, or ``""``; what stands further down may be anybody's words."""
    match = _NAME.match(text.strip())
    return match[1] if match else ""


def asked(question: str, answered: str = "", answer: str = "", danger: str = "") -> list[str]:
    """Return the messages that bring a question: ``answered`` is the title of the bot's ``answer``, if it had one.

    ``danger`` is what is to be said of a danger sign in it, here and below.
    """
    told = f'I answered: "{answered}".' if answered else "I had no sure answer."
    *before, last = _told("A runner asks:", question, danger, told)
    room = min(_ANSWER, _ROOM - units(last))
    return [*before, f"{last}\n\n{shortened(answer, room)}" if answer and room >= _LEAST_ANSWER else last]


def wrote(text: str, danger: str = "") -> list[str]:
    """Return the messages that bring what a runner writes further."""
    return _told("The runner writes:", text, danger)


def changed(text: str, danger: str = "") -> list[str]:
    """Return the messages that bring what a runner has changed a message to."""
    return _told("The runner changed their message to:", text, danger)


def pictured(caption: str, danger: str = "", *, changed: bool = False, alone: bool = False) -> list[str]:
    """Return the messages beside a photo, a voice message or a file; the first of them is its caption.

    ``changed``: the clinic has it already, in another form. ``alone``: the pictures it came with are not known.
    """
    intro = "From the runner, of several pictures only this one:" if alone else "From the runner:"
    intro = "The runner changed this:" if changed else intro
    if units(caption) + units(danger) + units(HOW) < LONGEST_CAPTION - 100:
        return _told(intro, caption, danger) if caption else [intro]
    return [f"{intro} (the words follow)", *wrote(caption, danger)]


def reminds(now: float, timezone: str) -> bool:
    """Return whether it is a time of day at which therapists may be reminded, where the clinic is."""
    return datetime.fromtimestamp(now, zone_of(timezone)).hour in _DAY


def _told(intro: str, text: str, *remarks: str) -> list[str]:
    first, *others = _pieces(text) or [""]
    *before, last = [f"{intro}\n\n{first}", *others]
    return [*before, "\n\n".join([last, *(remark for remark in remarks if remark)])]


def _pieces(text: str) -> list[str]:
    """Return ``text`` in pieces that each fit into a message, cut at blanks where there are any."""
    pieces = []
    while units(text) > _ROOM:
        fits = _ROOM - sum(units(character) - 1 for character in text[:_ROOM])
        cut = max(text.rfind(" ", fits // 2, fits), text.rfind("\n", fits // 2, fits)) + 1 or fits
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text] if text else pieces


CLOSE = "Close"
"""The label of the button below each message of a conversation in the staff chat."""
HOW = (
    "Reply to this message to answer. They read it as from the clinic, without your name. The button, or a reply "
    "with /close, ends it."
)
DANGER = "This may speak of a danger sign. I dealt with that first."
TOLD_ANYWAY = "I read a danger sign in this and told them to get help. They wished you to know of it all the same."
PASSED_ON = "Passed on."
ANSWERED_ALREADY = "Passed on. A colleague had answered this already."
NOT_CONFIRMED = "Sent, but Telegram did not confirm it: I cannot say whether it arrived."
OVER = "This conversation is over, so I passed nothing on: I no longer know who it was."
BLOCKED = "They cannot be reached any more: they have blocked me, or left Telegram. This conversation is closed."
CLOSED = "Closed. The runner was told."
CLOSED_UNTOLD = "Closed. I could not make sure that the runner was told."
CLOSED_BEFORE = "This conversation was over before."
NOT_CLOSED = "The database cannot be reached at present. Please close it once more in a few minutes."
SILENT = "Nobody has written here for two weeks, so I have closed this conversation. The runner was told."
UNREAD = (
    "For two weeks I could not bring you what this runner wrote last, so I have deleted it and closed this "
    "conversation. The runner was told."
)
CLOSED_BY_RUNNER = "The runner has closed this conversation."
REMINDER = "This runner is still waiting for an answer. Reply to the question above, or /close it."
ANOTHER = "This belongs to it, too:"
"""Beside what comes with the picture before, as in an album."""
GONE = "(A photo, a voice message or a file belongs to this. I could not bring it here.)"
NOT_THIS = (
    "I can pass on words, photos, videos, voice messages and files, but not this, so I passed nothing on. "
    "Please type it."
)
REFUSED = "Telegram refused this, so I passed nothing on. Please send it in plain words."
WORDS_REFUSED = (
    "Telegram refused the words below this, so I passed on the picture or file alone. Please send the words again, "
    "in plain words."
)
NO_ORDER = (
    "I know no such command, so I passed nothing on. /close ends this conversation; for anything else, please type "
    "whole words."
)
MOVED = (
    "This conversation with a runner goes on here: what was said before stands in the former group. To answer "
    "them, reply to this message. The button, or a reply with /close, ends it."
)
FORMER = (
    "This is no longer the clinic's staff chat, so I passed nothing on. Conversations with runners go on in the "
    "chat that is."
)
FROM_ELSEWHERE = (
    "I cannot tell which runner that is for, so I passed nothing on: the message you replied to is of another "
    "chat, or from before this group became a supergroup. Please reply to one here that begins with #."
)
AWAY = "The database cannot be reached at present, so I passed nothing on. Please send it again in a few minutes."
NO_HANDOFF = (
    "Nobody but this chat reads that: the message you replied to is no runner's. To answer a runner, reply to one "
    "of my messages that begins with #."
)
WHICH = "Which one? Reply with /close to a message that begins with #."
