"""What people send: questions of this benchmark's own, and the other kinds of update a bot gets."""

import random
from collections.abc import Iterator, Sequence

from tests.support import updates
from tests.support.updates import Json

QUESTIONS = (
    "does it hurt?",
    "how long until I can run again",
    "what does a session cost",
    "is there any proof that needling works",
    "can it help my shin splints",
    "sore calf since yesterday's treatment, normal?",
    "acupuncture or dry needling, what is the difference",
    "how many sessions will I need",
    "can I be needled when pregnant",
    "bruise where the needle was",
    "who should not have it",
    "race on sunday, needling on friday ok?",
)
"""For the project's own knowledge."""
SMALL_QUESTIONS = (
    "does dry needling hurt a lot?",
    "what does a session cost",
    "can dry needling help tight calves",
)
"""For the tests' small knowledge."""
NO_QUESTION = "qwzx plok vrnt"
"""Nothing anybody understands."""
_FIRST_PERSON = 100_000
_FIRST_GROUP = -2_000
_SMALL_TALK = ("hi", "thanks!", "bye", NO_QUESTION, "and after that?", "how much", "/start", "/topics")
_CODES = ("nonsense", "e:pain", "", "menu:after", "x" * 64)


def asked(text: str, person: int) -> Json:
    """Return an update with ``text``, typed by the person of this number to the bot alone."""
    chat_id = _FIRST_PERSON + person
    return updates.message(text, chat_id=chat_id, **{"from": _person(chat_id)})


def asked_in_group(text: str, group: int, person: int) -> Json:
    """Return an update with ``text`` meant for the bot, typed in the group of this number. Its answer quotes it.

    One person gets no more than 20 answers a minute.
    """
    fields = {"from": _person(_FIRST_PERSON + person)}
    return updates.message(f"{text} @{updates.BOT_NAME}", chat_id=_FIRST_GROUP - group, **fields)


def taps(message: Json) -> list[Json]:
    """Return its reader's taps on the last two buttons under ``message``.

    There people say what they think of an answer, or let the clinic read what was not understood.
    """
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    codes = [button["callback_data"] for row in rows for button in row if "callback_data" in button]
    chat_id = message["chat"]["id"]
    return [updates.callback(code, message, chat_id=chat_id, by=_person(chat_id)) for code in codes[-2:]]


def dated(update: Json, now: float) -> Json:
    """Return ``update`` as sent at ``now``."""
    for kind, fields in (("message", ("date",)), ("edited_message", ("date", "edit_date"))):
        if kind in update:
            update = {**update, kind: update[kind] | dict.fromkeys(fields, int(now))}
    return update


def mixed(count: int, dice: random.Random, questions: Sequence[str]) -> Iterator[tuple[Json, bool]]:
    """Yield ``count`` updates of all kinds, each with whether it is to be answered."""
    kinds = (_typed, _typed, _typed, _small_talk, _grouped, _edited, _medium, _tapped, _unanswered)
    for _ in range(count):
        yield dice.choice(kinds)(dice, questions)


def _person(chat_id: int) -> Json:
    return {"id": chat_id, "is_bot": False, "first_name": f"Runner {chat_id}"}


def _typed(dice: random.Random, questions: Sequence[str]) -> tuple[Json, bool]:
    return asked(dice.choice(questions), dice.randrange(3_000)), True


def _small_talk(dice: random.Random, _: Sequence[str]) -> tuple[Json, bool]:
    return asked(dice.choice(_SMALL_TALK), dice.randrange(3_000)), True


def _grouped(dice: random.Random, questions: Sequence[str]) -> tuple[Json, bool]:
    return asked_in_group(dice.choice(questions), dice.randrange(100), dice.randrange(3_000)), True


def _edited(dice: random.Random, questions: Sequence[str]) -> tuple[Json, bool]:
    chat_id = _FIRST_PERSON + dice.randrange(3_000)
    return updates.edited_message(dice.choice(questions), chat_id=chat_id, **{"from": _person(chat_id)}), True


def _medium(dice: random.Random, _: Sequence[str]) -> tuple[Json, bool]:
    chat_id = _FIRST_PERSON + dice.randrange(3_000)
    kind = dice.choice((updates.PHOTO, updates.VOICE, updates.STICKER, updates.DOCUMENT, updates.LOCATION))
    fields: Json = {"from": _person(chat_id), **kind}
    return updates.message(chat_id=chat_id, **fields), True


def _tapped(dice: random.Random, _: Sequence[str]) -> tuple[Json, bool]:
    chat_id = _FIRST_PERSON + dice.randrange(3_000)
    return updates.callback(dice.choice(_CODES), None, chat_id=chat_id, by=_person(chat_id)), True


def _unanswered(dice: random.Random, _: Sequence[str]) -> tuple[Json, bool]:
    """Return what is not meant for the bot, or cannot be read."""
    chat_id = _FIRST_PERSON + dice.randrange(3_000)
    update = updates.message("who runs on sunday?", chat_id=_FIRST_GROUP - dice.randrange(100))
    if dice.random() < 0.2:
        update = updates.message("odd", chat_id=chat_id, **{"from": {"name": "no user"}})
    return update, False
