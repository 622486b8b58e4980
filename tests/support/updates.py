"""Updates as Telegram sends them, one function for each kind, all as plain JSON objects."""

import itertools
from typing import Any

Json = dict[str, Any]

_update_ids = itertools.count(1)
_message_ids = itertools.count(1_000)

CHAT_ID = 4242
RUNNER: Json = {"id": CHAT_ID, "is_bot": False, "first_name": "Mira", "username": "mira_runs"}
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
    """Return an update with a message of ``text``, or with other content such as ``**PHOTO``."""
    return {"update_id": next(_update_ids), "message": _message(text, chat_id, fields)}


def edited_message(text: str | None = None, *, chat_id: int = CHAT_ID, **fields: Any) -> Json:
    """Return an update with a message that was changed after it was sent."""
    changed = {"edit_date": 1_760_000_100, **fields}
    return {"update_id": next(_update_ids), "edited_message": _message(text, chat_id, changed)}


def callback(data: str | None, under: Json | None, *, chat_id: int = CHAT_ID) -> Json:
    """Return an update with a tap on a button below the message ``under``.

    ``None`` stands for a message so old that Telegram no longer shows it to bots.
    """
    update_id = next(_update_ids)
    inaccessible = {"message_id": 7, "date": 0, "chat": _chat(chat_id)}
    query: Json = {
        "id": f"query-{update_id}",
        "from": RUNNER,
        "chat_instance": "1",
        "message": under if under is not None else inaccessible,
    }
    if data is not None:
        query["data"] = data
    return {"update_id": update_id, "callback_query": query}


def _message(text: str | None, chat_id: int, fields: Json) -> Json:
    content: Json = {} if text is None else {"text": text}
    if text is not None and text.startswith("/"):
        content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
    return {
        "message_id": next(_message_ids),
        "date": 1_760_000_000,
        "chat": _chat(chat_id),
        "from": RUNNER,
        **content,
        **fields,
    }


def _chat(chat_id: int) -> Json:
    return {"id": chat_id, "type": "private", "first_name": RUNNER["first_name"]}
