"""Raw updates made into the library's objects: what the handlers rely on is checked, the rest may be odd.

The library itself checks no types, and it refuses a whole update for one object in it that it knows otherwise, such
as a poll from an older Bot API server. A question beside that object must not be lost.
"""

import zlib
from typing import Annotated, Any, Literal

import structlog
from pydantic import (
    BaseModel,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from telegram import Bot, Message, Update
from telegram.constants import MessageEntityType

from bot.inbox.protocol import Unreadable
from bot.knowledge.model import Coordinates
from bot.storage.protocol import Speaker

log = structlog.get_logger(__name__)


class _Chat(BaseModel):
    id: StrictInt
    type: StrictStr


class _User(BaseModel):
    id: StrictInt
    is_bot: bool = False
    first_name: str = ""


class _Entity(BaseModel):
    type: StrictStr
    offset: StrictInt
    length: StrictInt


class _Location(BaseModel):
    latitude: Annotated[StrictFloat, Field(ge=-90, le=90)]
    longitude: Annotated[StrictFloat, Field(ge=-180, le=180)]


def _or_nothing(value: Any, read_value: ValidatorFunctionWrapHandler) -> Any:
    """Let a message be read without what is wrong: a question may stand beside it."""
    try:
        return read_value(value)
    except ValidationError:
        return None


class _Button(BaseModel):
    text: StrictStr
    callback_data: StrictStr | None = None
    url: StrictStr | None = None


class _Buttons(BaseModel):
    inline_keyboard: list[list[_Button]]


class _Message(BaseModel):
    message_id: StrictInt
    date: StrictInt
    edit_date: StrictInt | None = None
    chat: _Chat
    sender_chat: _Chat | None = None
    sender: Annotated[_User | None, Field(alias="from")] = None
    text: StrictStr | None = None
    caption: StrictStr | None = None
    entities: list[_Entity] | None = None
    caption_entities: list[_Entity] | None = None
    location: Annotated[_Location | None, WrapValidator(_or_nothing)] = None
    reply_markup: Annotated[_Buttons | None, WrapValidator(_or_nothing)] = None
    reply_to_message: "_Message | None" = None


class _CallbackQuery(BaseModel):
    id: StrictStr
    sender: Annotated[_User, Field(alias="from")]
    chat_instance: StrictStr = ""
    message: _Message | None = None
    data: StrictStr | None = None


class _Member(BaseModel):
    status: StrictStr
    user: _User
    until_date: StrictInt = 0


class _Blocking(_Member):
    status: Literal["kicked"]


class _Membership(BaseModel):
    """Somebody blocks the bot; what else becomes of it in a chat asks nothing of it."""

    chat: _Chat
    sender: Annotated[_User, Field(alias="from")]
    date: StrictInt
    old_chat_member: _Member
    new_chat_member: _Blocking


class _Update(BaseModel):
    """The kinds of update that are answered, with what the handlers read of them."""

    update_id: StrictInt
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    my_chat_member: Annotated[_Membership | None, WrapValidator(_or_nothing)] = None


def typed(raw: dict[str, Any]) -> str:
    """Return what a person typed in an update, as it came: nothing is checked."""
    message = raw.get("message") or raw.get("edited_message") or {}
    return str(message.get("text") or message.get("caption") or "")


def read(raw: dict[str, Any], bot: Bot) -> Update | None:
    """Return ``raw`` as the library's object, or nothing for a kind of update that is never answered.

    Raise ``Unreadable`` when what is needed of it is wrong.
    """
    try:
        needed = _Update.model_validate(raw).model_dump(by_alias=True, exclude_none=True)
    except ValidationError as error:
        raise Unreadable(type(error).__name__) from None
    if needed.keys() == {"update_id"}:
        return None
    try:
        return Update.de_json({kind: raw[kind] for kind in needed}, bot)
    except Exception as error:
        log.warning("update read in part", error=type(error).__name__)
    try:
        return Update.de_json(needed, bot)
    except Exception as error:
        raise Unreadable(type(error).__name__) from None


def speaker_of(message: Message) -> Speaker:
    """Return who speaks. An anonymous admin, or a channel, speaks as the chat.

    Telegram names one and the same user for the anonymous admins of all groups.
    """
    user = message.from_user
    person = user.id if user is not None and message.sender_chat is None else message.chat.id
    return Speaker(str(person), str(message.chat.id))


def place_of(message: Message) -> Coordinates | None:
    """Return the location that ``message`` is, or nothing where it is none: the library checks no number."""
    given = message.location
    try:
        found = _Location.model_validate(given, from_attributes=True) if given is not None else None
    except ValidationError:
        return None
    return Coordinates(found.latitude, found.longitude) if found is not None else None


def is_moving(message: Message) -> bool:
    """Return whether ``message`` is a location that changes as its sender moves about."""
    # The library warns whoever reads the attribute itself, whose type is about to change.
    return message.location is not None and "live_period" in message.location.to_dict()


def can_be_copied(message: Message) -> bool:
    """Return whether ``message`` is of a kind that can be sent to another chat, with room for words beside it."""
    kinds = (message.photo, message.voice, message.video, message.audio, message.animation, message.document)
    return any(kinds)


def words_of(message: Message) -> str:
    """Return the words of ``message``, with the address behind what is a link."""
    if message.text:
        words, entities = message.text, message.entities
    else:
        words, entities = message.caption or "", message.caption_entities
    raw = words.encode("utf-16-le", "surrogatepass")  # Telegram counts in its units
    for entity in sorted(entities, key=lambda entity: entity.offset, reverse=True):
        if entity.type == MessageEntityType.TEXT_LINK and entity.url:
            end = 2 * (entity.offset + entity.length)
            raw = raw[:end] + f" ({entity.url})".encode("utf-16-le", "surrogatepass") + raw[end:]
    return raw.decode("utf-16-le", "surrogatepass")


def check_number(message: Message) -> int:
    """Return a number that is the same for a message as long as nothing in it is changed."""
    media = message.effective_attachment
    medium = media[-1] if isinstance(media, tuple | list) and media else media
    said = f"{getattr(medium, 'file_unique_id', '')} {words_of(message)}"
    return zlib.crc32(said.encode("utf-8", "surrogatepass"))


def topic_of(message: Message) -> int | None:
    """Return the topic of a forum that ``message`` stands in."""
    return message.message_thread_id if message.is_topic_message else None
