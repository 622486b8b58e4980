"""Updates as Telegram sends them, one function for each kind, all as plain JSON objects."""

import itertools
import re
from typing import Any

Json = dict[str, Any]

NOW = 2**31 - 1
"""The last second that fits in Telegram's dates: however long a test runs, and in whichever year, no message is
late unless the test says so."""
_update_ids = itertools.count(1)
_message_ids = itertools.count(1_000)

CHAT_ID = 4242
RUNNER: Json = {"id": CHAT_ID, "is_bot": False, "first_name": "Mira", "username": "mira_runs"}
OTHER_RUNNER: Json = {"id": 7373, "is_bot": False, "first_name": "Jonas"}
ANONYMOUS_ADMIN: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
"""Whoever writes as a group's anonymous admin; the group itself then stands in ``sender_chat``."""
BOT_NAME = "test_faq_bot"
GROUP_ID = -5150
SUPERGROUP_ID = -1_001_234_567_890
PHOTO: Json = {"photo": [{"file_id": "p", "file_unique_id": "pu", "width": 90, "height": 90}]}
VOICE: Json = {"voice": {"file_id": "v", "file_unique_id": "vu", "duration": 3}}
VIDEO_NOTE: Json = {"video_note": {"file_id": "n", "file_unique_id": "nu", "length": 240, "duration": 3}}
STICKER: Json = {
    "sticker": {
        "file_id": "s",
        "file_unique_id": "su",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    }
}
DOCUMENT: Json = {"document": {"file_id": "d", "file_unique_id": "du", "file_name": "scan.pdf"}}
LOCATION: Json = {"location": {"latitude": 53.3, "longitude": -6.2}}


def message(text: str | None = None, *, chat_id: int = CHAT_ID, **fields: Any) -> Json:
    """Return an update with a message of ``text``, or with other content such as ``**PHOTO``.

    A negative ``chat_id`` is a group, as on Telegram.
    """
    return {"update_id": next(_update_ids), "message": _message(text, chat_id, fields)}


def edited_message(text: str | None = None, *, chat_id: int = CHAT_ID, **fields: Any) -> Json:
    """Return an update with a message that was changed after it was sent."""
    changed = {"edit_date": NOW, **fields}
    return {"update_id": next(_update_ids), "edited_message": _message(text, chat_id, changed)}


def answer_to(said: Json, text: str, **fields: Any) -> Json:
    """Return an update with a message that answers the message ``said`` in its chat."""
    return message(text, chat_id=said["chat"]["id"], reply_to_message=said, **fields)


def callback(data: str | None, under: Json | None, *, chat_id: int = CHAT_ID, by: Json = RUNNER) -> Json:
    """Return an update with a tap on a button below the message ``under``.

    ``None`` stands for a message so old that Telegram no longer shows it to bots.
    """
    update_id = next(_update_ids)
    inaccessible = {"message_id": 7, "date": 0, "chat": chat(chat_id)}
    query: Json = {
        "id": f"query-{update_id}",
        "from": by,
        "chat_instance": "1",
        "message": under if under is not None else inaccessible,
    }
    if data is not None:
        query["data"] = data
    return {"update_id": update_id, "callback_query": query}


def chat(chat_id: int) -> Json:
    """Return a chat as Telegram names it: the sign of its id tells a person from a group."""
    if chat_id > 0:
        return {"id": chat_id, "type": "private", "first_name": RUNNER["first_name"]}
    kind = "supergroup" if chat_id < -1_000_000_000_000 else "group"
    return {"id": chat_id, "type": kind, "title": "Sunday runners"}


def _message(text: str | None, chat_id: int, fields: Json) -> Json:
    content: Json = {}
    if text is not None:
        content = {"text": text, **_entities("entities", text)}
    if "caption" in fields:
        content |= _entities("caption_entities", fields["caption"])
    return {
        "message_id": next(_message_ids),
        "date": NOW,
        "chat": chat(chat_id),
        "from": RUNNER,
        **content,
        **fields,
    }


def _entities(name: str, text: str) -> Json:
    """Return what Telegram marks in a text: a command at its start and names after an @, both in UTF-16 units."""
    found: list[Json] = []
    for kind, pattern in (("bot_command", r"^/\w+(?:@\w+)?"), ("mention", r"(?<!\w)(?<!/)@\w{5,32}\b")):
        for match in re.finditer(pattern, text):
            start, stop = (len(text[:at].encode("utf-16-le", "surrogatepass")) // 2 for at in match.span())
            found.append({"type": kind, "offset": start, "length": stop - start})
    return {name: found} if found else {}
