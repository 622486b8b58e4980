"""A small Bot API server of the tests' own: strict about what it is sent, and it keeps all of it.

``BotApi`` is the server without a network, ``BotApiServer`` puts it behind real HTTP on 127.0.0.1.
Its refusals are worded as Telegram's, since bots read them.
"""

import itertools
import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support import updates
from tests.support.patience import PATIENCE
from tests.support.telegram_html import MarkupError, read_html, utf16_length
from tests.support.updates import Json

TOKEN = "123456:AAHtestTokenOfTheTestsOwn_abcdefghijk"
_LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024
_LONGEST_CALLBACK_DATA = 64
_LONGEST_TOAST = 200
_LONGEST_COMMAND = 256
_LONGEST_POLL = 50.0
_AS_TYPED = frozenset(
    {
        "text",
        "parse_mode",
        "callback_query_id",
        "url",
        "secret_token",
        "caption",
        "description",
        "short_description",
    }
)
"""Parameters that are text even when they look like a number or JSON."""


@dataclass(frozen=True)
class Call:
    """One request: its parameters decoded, and the status it was answered with."""

    method: str
    params: Json
    status: int

    @property
    def shown(self) -> str:
        """The text of a message as a person sees it."""
        text = str(self.params.get("text", self.params.get("caption")))
        return read_html(text).text if self.params.get("parse_mode") == "HTML" else text

    @property
    def buttons(self) -> list[list[str]]:
        """The labels of the buttons, row by row."""
        return [[button["text"] for button in row] for row in self._keyboard]

    def code(self, label: str) -> str:
        """Return the callback data of the button with ``label``."""
        return next(str(b["callback_data"]) for row in self._keyboard for b in row if b["text"] == label)

    @property
    def urls(self) -> dict[str, str]:
        """What the buttons with an address open, by their labels."""
        return {button["text"]: button["url"] for row in self._keyboard for button in row if "url" in button}

    @property
    def codes(self) -> dict[str, str]:
        """The callback data of the other buttons, by their labels."""
        return {b["text"]: b["callback_data"] for row in self._keyboard for b in row if "callback_data" in b}

    @property
    def _keyboard(self) -> list[list[Json]]:
        keyboard: list[list[Json]] = (self.params.get("reply_markup") or {}).get("inline_keyboard", [])
        return keyboard


class Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.body: Json = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


class BotApi:
    """The methods of the Bot API that this project uses. Safe to use from several threads."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.calls: list[Call] = []
        self.closing = False
        self.webhook: Json = {}
        self.commands: dict[str, list[Json]] = {}
        """The commands shown, by the type of scope or the chat they were set for."""
        self.descriptions: dict[str, str] = {}
        self.changed = threading.Condition()
        self._messages: dict[tuple[int, int], Json] = {}
        self._received: dict[tuple[int, int], Json] = {}
        self._queries: set[str] = set()
        self._waiting: deque[Json] = deque()
        self._failures: dict[str, deque[tuple[int, bytes]]] = {}
        self._ids = itertools.count(1)
        self._poll = 0

    # --- for tests ----------------------------------------------------------------

    def of(self, *methods: str) -> list[Call]:
        """Return the successful calls of ``methods``, in order."""
        with self.changed:
            return [call for call in self.calls if call.method in methods and call.status == 200]

    @property
    def sent(self) -> list[Call]:
        """The messages that were sent, in order."""
        return self.of("sendMessage")

    @property
    def texts(self) -> list[Call]:
        """Everything a person got to read: messages sent and messages edited."""
        return self.of("sendMessage", "editMessageText")

    def fail_next(
        self,
        method: str,
        status: int = 500,
        description: str = "Internal Server Error",
        *,
        times: int = 1,
        body: bytes | None = None,
        **parameters: int,
    ) -> None:
        """Let the next ``times`` calls of ``method`` fail; ``body`` replaces the usual JSON."""
        refused = json.dumps(Refusal(status, description, **parameters).body).encode()
        with self.changed:
            failures = self._failures.setdefault(method, deque())
            failures.extend([(status, refused if body is None else body)] * times)

    def push(self, update: Json) -> Json:
        """Put ``update`` into the queue for ``getUpdates`` and return it."""
        with self.changed:
            self.note(update)
            self._waiting.append(update)
            self.changed.notify_all()
        return update

    def push_message(self, text: str | None = None, **fields: Any) -> Json:
        """Queue a message; with fields such as ``**updates.PHOTO`` one without text."""
        return self.push(updates.message(text, **fields))

    def push_edited_message(self, text: str, **fields: Any) -> Json:
        """Queue the edit of a message."""
        return self.push(updates.edited_message(text, **fields))

    def push_callback(self, data: str, under: Json | None = None) -> Json:
        """Queue a tap on a button of the message ``under``, by default the last one sent."""
        return self.push(updates.callback(data, under if under is not None else self.last_message))

    def push_photo(self, caption: str | None = None) -> Json:
        """Queue a photo."""
        return self.push_message(**updates.PHOTO, **({"caption": caption} if caption else {}))

    def push_voice(self) -> Json:
        """Queue a voice message."""
        return self.push_message(**updates.VOICE)

    def push_sticker(self) -> Json:
        """Queue a sticker."""
        return self.push_message(**updates.STICKER)

    def note(self, update: Json) -> None:
        """Take notice of an update that reaches the bot by another way: of a tap to answer, a message to quote."""
        if "callback_query" in update:
            self._queries.add(update["callback_query"]["id"])
        for kind in ("message", "edited_message"):
            if message := update.get(kind):
                self._received[message["chat"]["id"], message["message_id"]] = message

    @property
    def pending(self) -> int:
        """How many updates wait to be fetched, or were fetched and not confirmed."""
        with self.changed:
            return len(self._waiting)

    @property
    def last_message(self) -> Json:
        """The last message the bot sent, as Telegram shows it to the bot."""
        with self.changed:
            return list(self._messages.values())[-1]

    def message_with(self, label: str) -> Json:
        """Return the last message that now has a button with ``label``, as Telegram shows it to the bot."""
        with self.changed:
            messages = list(self._messages.values())
        return next(m for m in reversed(messages) if label in [b["text"] for row in _rows(m) for b in row])

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Wait until ``condition`` holds; it is looked at after every call."""
        with self.changed:
            held = self.changed.wait_for(condition, timeout)
        assert held, f"{what}: not within {timeout:.0f} s. Calls so far: {[call.method for call in self.calls]}"

    def wait_for(self, method: str, count: int = 1, timeout: float = PATIENCE) -> list[Call]:
        """Return the successful calls of ``method`` as soon as there are ``count``."""
        self.wait_until(lambda: len(self.of(method)) >= count, f"{count} × {method}", timeout)
        return self.of(method)

    def wait_for_messages(self, count: int, timeout: float = PATIENCE) -> list[Call]:
        """Return the messages sent as soon as there are ``count``."""
        return self.wait_for("sendMessage", count, timeout)

    # --- for bots -----------------------------------------------------------------

    def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        """Return status and body for one request, and keep it."""
        status, body = self._answer(token, method, params)
        with self.changed:
            self.calls.append(Call(method, params, status))
            self.changed.notify_all()
        return status, body

    def _answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        try:
            if token != self.token:
                raise Refusal(401, "Unauthorized")
            with self.changed:
                if failures := self._failures.get(method):
                    return failures.popleft()
            action = self._METHODS.get(method)
            if action is None:
                raise Refusal(404, "Not Found: method not found")
            return 200, json.dumps({"ok": True, "result": action(self, params)}).encode()
        except Refusal as refusal:
            return refusal.status, json.dumps(refusal.body).encode()

    def _get_me(self, _: Json) -> Json:
        return {
            "id": int(self.token.split(":")[0]),
            "is_bot": True,
            "first_name": "FAQ",
            "username": updates.BOT_NAME,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _get_updates(self, params: Json) -> list[Json]:
        offset = int(params.get("offset") or 0)
        until = time.monotonic() + min(float(params.get("timeout") or 0), _LONGEST_POLL)
        with self.changed:
            if self.webhook.get("url"):
                raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
            self._poll += 1
            mine = self._poll
            while self._waiting and self._waiting[0]["update_id"] < offset:
                self._waiting.popleft()
            self.changed.notify_all()
            while not self._waiting and not self.closing and mine == self._poll:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            if mine != self._poll:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
            return list(self._waiting)[: int(params.get("limit") or 100)]

    def _send_message(self, params: Json) -> Json:
        _check_message(params)
        with self.changed:
            chat_id = int(params["chat_id"])
            message: Json = {
                "message_id": next(self._ids),
                "date": 1_760_000_000,
                "chat": updates.chat(chat_id),
                "from": self._get_me({}),
            }
            quoted = (params.get("reply_parameters") or {}).get("message_id")
            if quoted is not None and (chat_id, quoted) in self._received:
                message["reply_to_message"] = self._received[chat_id, quoted]
            elif quoted is not None and not params["reply_parameters"].get("allow_sending_without_reply"):
                raise Refusal(400, "Bad Request: message to be replied not found")
            return self._keep(message, params)

    def _copy_message(self, params: Json) -> Json:
        with self.changed:
            copied = self._received.get((int(params["from_chat_id"]), int(params["message_id"])))
            if copied is None:
                raise Refusal(400, "Bad Request: message to copy not found")
            caption = params.get("caption") or ""
            shown = read_html(caption).text if params.get("parse_mode") == "HTML" else caption
            if utf16_length(shown) > _LONGEST_CAPTION:
                raise Refusal(400, "Bad Request: message caption is too long")
            _check_keyboard(params)
            kinds = ("photo", "voice", "video", "document")
            message: Json = {
                "message_id": next(self._ids),
                "date": 1_760_000_000,
                "chat": updates.chat(int(params["chat_id"])),
                "from": self._get_me({}),
                **{kind: copied[kind] for kind in kinds if kind in copied},
                "caption": shown or copied.get("caption", ""),
                **({"reply_markup": params["reply_markup"]} if params.get("reply_markup") else {}),
            }
            self._messages[message["chat"]["id"], message["message_id"]] = message
            return {"message_id": message["message_id"]}

    def _send_document(self, params: Json) -> Json:
        """``document`` is a file's name and its text; it is kept with the calls and not as a message."""
        name = params["document"][0]
        document = {"file_id": name, "file_unique_id": name, "file_name": name}
        chat = updates.chat(int(params["chat_id"]))
        return {"message_id": next(self._ids), "date": 1_760_000_000, "chat": chat, "document": document}

    def _send_chat_action(self, _: Json) -> bool:
        return True

    def _edit_message_text(self, params: Json) -> Json:
        _check_message(params)
        with self.changed:
            message = self._messages.get((int(params["chat_id"]), int(params["message_id"])))
            if message is None:
                raise Refusal(400, "Bad Request: message to edit not found")
            return self._changed(message, self._keep(message, params))

    def _edit_message_reply_markup(self, params: Json) -> Json:
        _check_keyboard(params)
        with self.changed:
            message = self._messages.get((int(params["chat_id"]), int(params["message_id"])))
            if message is None:
                raise Refusal(400, "Bad Request: message to edit not found")
            kept = {name: value for name, value in message.items() if name != "reply_markup"}
            if params.get("reply_markup"):
                kept["reply_markup"] = params["reply_markup"]
            self._messages[message["chat"]["id"], message["message_id"]] = kept
            return self._changed(message, kept)

    @staticmethod
    def _changed(before: Json, after: Json) -> Json:
        if before == after:
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
            )
        return after

    def _keep(self, message: Json, params: Json) -> Json:
        formatted = read_html(params["text"]) if params.get("parse_mode") == "HTML" else None
        kept = {**message, "text": formatted.text if formatted else params["text"]}
        kept.pop("reply_markup", None)
        # What stands in place of the keyboard belongs to the chat, and no message shows it.
        if "inline_keyboard" in (params.get("reply_markup") or {}):
            kept["reply_markup"] = params["reply_markup"]
        self._messages[message["chat"]["id"], message["message_id"]] = kept
        return kept

    def _answer_callback_query(self, params: Json) -> bool:
        if len(params.get("text") or "") > _LONGEST_TOAST:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        with self.changed:
            if params.get("callback_query_id") not in self._queries:
                raise Refusal(
                    400,
                    "Bad Request: query is too old and response timeout expired or query ID is invalid",
                )
            self._queries.remove(params["callback_query_id"])
        return True

    def _set_my_commands(self, params: Json) -> bool:
        commands = params.get("commands") or []
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= _LONGEST_COMMAND:
                raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(params)] = commands
        return True

    def _get_my_commands(self, params: Json) -> list[Json]:
        return self.commands.get(_scope(params), [])

    def _set_my_description(self, params: Json) -> bool:
        return self._describe("description", params, 512)

    def _get_my_description(self, _: Json) -> Json:
        return {"description": self.descriptions.get("description", "")}

    def _set_my_short_description(self, params: Json) -> bool:
        return self._describe("short_description", params, 120)

    def _get_my_short_description(self, _: Json) -> Json:
        return {"short_description": self.descriptions.get("short_description", "")}

    def _describe(self, name: str, params: Json, longest: int) -> bool:
        if len(params.get(name) or "") > longest:
            raise Refusal(400, f"Bad Request: {name} is too long")
        self.descriptions[name] = params.get(name) or ""
        return True

    def _set_webhook(self, params: Json) -> bool:
        with self.changed:
            self.webhook = dict(params)
            self._drop_pending(params)
        return True

    def _delete_webhook(self, params: Json) -> bool:
        with self.changed:
            self.webhook = {}
            self._drop_pending(params)
        return True

    def _drop_pending(self, params: Json) -> None:
        if params.get("drop_pending_updates"):
            self._waiting.clear()

    def _get_webhook_info(self, _: Json) -> Json:
        with self.changed:
            return {
                "url": self.webhook.get("url", ""),
                "has_custom_certificate": False,
                "pending_update_count": len(self._waiting),
            }

    _METHODS: dict[str, Callable[["BotApi", Json], Any]] = {  # noqa: RUF012
        "getMe": _get_me,
        "getUpdates": _get_updates,
        "sendMessage": _send_message,
        "copyMessage": _copy_message,
        "sendDocument": _send_document,
        "sendChatAction": _send_chat_action,
        "editMessageText": _edit_message_text,
        "editMessageReplyMarkup": _edit_message_reply_markup,
        "answerCallbackQuery": _answer_callback_query,
        "setMyCommands": _set_my_commands,
        "getMyCommands": _get_my_commands,
        "setMyDescription": _set_my_description,
        "getMyDescription": _get_my_description,
        "setMyShortDescription": _set_my_short_description,
        "getMyShortDescription": _get_my_short_description,
        "setWebhook": _set_webhook,
        "deleteWebhook": _delete_webhook,
        "getWebhookInfo": _get_webhook_info,
    }


class BotApiServer:
    """``BotApi`` over HTTP, for as long as the ``with`` block lasts."""

    def __init__(self, token: str = TOKEN, api: BotApi | None = None) -> None:
        self.api = answering = api or BotApi(token)

        class Handler(ApiHandler):
            bot_api = answering

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        """The value for ``TELEGRAM_API_URL``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "BotApiServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.api.changed:
            self.api.closing = True
            self.api.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a bot that is killed says no goodbye
            super().handle_error(request, client_address)


class ApiHandler(BaseHTTPRequestHandler):
    bot_api: BotApi
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:
            self.close_connection = True  # a bot that was killed within its request: none came
            return
        url = urlsplit(self.path)
        bot, _, method = url.path.lstrip("/").partition("/")
        params = dict(parse_qsl(url.query))
        if self.headers.get("Content-Type", "").startswith("application/json"):
            params.update(json.loads(raw))
        else:
            params.update(parse_qsl(raw.decode("utf-8"), keep_blank_values=True))
        status, body = self.bot_api.answer(bot.removeprefix("bot"), method, decoded(params))
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a bot that is killed waits for no answer

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the calls are kept."""


def decoded(params: Json) -> Json:
    """Return form parameters with numbers and JSON read."""
    return {name: _decoded(name, value) for name, value in params.items()}


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str) or name in _AS_TYPED:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _rows(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _check_message(params: Json) -> None:
    text = params.get("text", "")
    try:
        shown = read_html(text).text if params.get("parse_mode") == "HTML" else text
    except MarkupError as error:
        raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
    if not shown.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if utf16_length(shown) > _LONGEST_TEXT:
        raise Refusal(400, "Bad Request: message is too long")
    _check_keyboard(params)


def _check_keyboard(params: Json) -> None:
    for row in (params.get("reply_markup") or {}).get("keyboard", []):
        if any(button.get("request_location") for button in row) and int(params["chat_id"]) < 0:
            raise Refusal(400, "Bad Request: location can be requested in private chats only")
    for row in (params.get("reply_markup") or {}).get("inline_keyboard", []):
        for button in row:
            if not button["text"].strip():
                raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if ("url" in button) == ("callback_data" in button):
                raise Refusal(400, "Bad Request: can't parse inline keyboard button: use exactly one action")
            if "url" in button and not urlsplit(button["url"]).netloc:
                raise Refusal(400, "Bad Request: inline keyboard button URL is invalid")
            if (
                "callback_data" in button
                and not 1 <= len(button["callback_data"].encode()) <= _LONGEST_CALLBACK_DATA
            ):
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")


def _scope(params: Json) -> str:
    scope = params.get("scope") or {}
    return str(scope.get("chat_id") or scope.get("type", "default"))
