"""Random updates in the shapes of Telegram's Bot API (10.0), for hypothesis.

Each strategy is named for what the bot owes it: ``private_messages`` and ``called_upon`` one answer, ``chatter``
and ``asking_nothing`` silence, ``taps`` a confirmation.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.typed import codes, texts
from tests.support.updates import BOT_NAME, CHAT_ID, GROUP_ID, NOW, SUPERGROUP_ID, Json

Updates = SearchStrategy[Json]

BOT: Json = {"id": int(TOKEN.partition(":")[0]), "is_bot": True, "first_name": "FAQ", "username": BOT_NAME}
CHANNEL: Json = {"id": -1_009_999_999_999, "type": "channel", "title": "Trail news of the weekend"}

# --- parts of messages ----------------------------------------------------------------------

NAMES = st.text(st.characters(), min_size=1, max_size=30)
_DATES = st.sampled_from([NOW, NOW - 3600, NOW - 86_400 * 365, NOW + 3600, 1, 0, 2**31 - 1, 2**33])
_ENTITIES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.just("mention") | st.sampled_from(["bot_command", "url", "text_link", "of the future"]),
            "offset": st.integers(-3, 40) | st.just(2**40),
            "length": st.integers(-3, 40) | st.just(2**40),
        },
        optional={"url": st.just("https://example.org"), "a_field_of_the_future": NAMES},
    ),
    max_size=3,
)
"""Telegram's own point to the right places; these seldom do."""


def people() -> SearchStrategy[Json]:
    """Users, each with a private chat of the same id."""
    return st.fixed_dictionaries(
        {"id": st.integers(1, 2**52), "is_bot": st.just(False), "first_name": NAMES},
        optional={
            "last_name": NAMES,
            "username": NAMES,
            "language_code": st.sampled_from(["en", "de-AT", "xx"]),
            "is_premium": st.just(True),
            "added_to_attachment_menu": st.just(True),
        },
    )


_ORIGINS: SearchStrategy[Json] = st.sampled_from(
    [
        {"type": "user", "date": NOW, "sender_user": updates.OTHER_RUNNER},
        {"type": "hidden_user", "date": NOW, "sender_user_name": "somebody of the club"},
        {"type": "chat", "date": NOW, "sender_chat": updates.chat(GROUP_ID), "author_signature": "the trainer"},
        {"type": "channel", "date": NOW, "chat": CHANNEL, "message_id": 5},
        {"type": "of the future", "date": NOW},
    ]
)
_TRIMMINGS: SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "date": _DATES,
        "message_thread_id": st.integers(1, 2**31),
        "is_topic_message": st.just(True),
        "forward_origin": _ORIGINS,
        "via_bot": st.just({"id": 77, "is_bot": True, "first_name": "Gifs", "username": "gif"}),
        "quote": st.fixed_dictionaries({"text": texts(), "position": st.integers(0, 9)}),
        "external_reply": st.fixed_dictionaries({"origin": _ORIGINS}),
        "author_signature": NAMES,
        "has_protected_content": st.just(True),
        "is_from_offline": st.just(True),
        "effect_id": st.just("5046509860389126442"),
        "link_preview_options": st.just({"is_disabled": True}),
        "reply_markup": st.just({"inline_keyboard": [[{"text": "open", "url": "https://example.org"}]]}),
        "a_field_of_the_future": st.just({"of": ["a", "kind"]}),
    },
)
"""Whatever else may stand in a message; none of it changes whether it is answered."""

_FILE: Json = {"file_id": "f", "file_unique_id": "u", "duration": 3, "width": 9, "height": 9}
_POINT: Json = {"latitude": -90.0, "longitude": 180.0, "horizontal_accuracy": 1500.0}
_POLL: Json = {
    "id": "8",
    "question": "Needles before or after the race?",
    "options": [{"persistent_id": "1", "text": "before the race", "voter_count": 0}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
_WITH_A_CAPTION: tuple[Json, ...] = (
    updates.PHOTO,
    updates.VOICE,
    updates.DOCUMENT,
    {"video": _FILE},
    {"animation": _FILE, "document": _FILE},
    {"audio": _FILE},
    {"paid_media": {"star_count": 1, "paid_media": [{"type": "preview"}]}},
    {"photo": []},
)
_WITHOUT: tuple[Json, ...] = (
    updates.STICKER,
    updates.VIDEO_NOTE,
    {"location": _POINT},
    {"venue": {"location": _POINT, "title": "the clinic", "address": "Main Street 1"}, "location": _POINT},
    {"contact": {"phone_number": "+353 1 234567", "first_name": "Mira the runner", "vcard": "BEGIN:VCARD"}},
    {"dice": {"emoji": "🎲", "value": 6}},
    {"poll": _POLL},
    {"game": {"title": "Run", "description": "a game of running", "photo": []}},
    {"story": {"chat": CHANNEL, "id": 3}},
    {"checklist": {"title": "before the race", "tasks": [{"id": 1, "text": "tie the laces"}]}},
    {"giveaway": {"chats": [CHANNEL], "winners_selection_date": NOW, "winner_count": 1}},
    {"a_content_of_the_future": {"x": 1}},
    {},
)
_FILL: Json = {"type": "solid", "color": 1}
_SERVICE: Json = {
    "new_chat_members": [updates.OTHER_RUNNER, BOT],
    "left_chat_member": BOT,
    "new_chat_title": "Runners of June",
    "new_chat_photo": updates.PHOTO["photo"],
    "delete_chat_photo": True,
    "group_chat_created": True,
    "supergroup_chat_created": True,
    "migrate_to_chat_id": SUPERGROUP_ID,
    "migrate_from_chat_id": GROUP_ID,
    "pinned_message": {"chat": updates.chat(GROUP_ID), "message_id": 5, "date": 0},
    "message_auto_delete_timer_changed": {"message_auto_delete_time": 86_400},
    "web_app_data": {"data": "whatever a page sends", "button_text": "open"},
    "users_shared": {"request_id": 1, "users": [{"user_id": 5}]},
    "chat_shared": {"request_id": 1, "chat_id": -5},
    "write_access_allowed": {},
    "connected_website": "example.org",
    "video_chat_started": {},
    "video_chat_ended": {"duration": 9},
    "video_chat_participants_invited": {"users": [updates.RUNNER]},
    "forum_topic_created": {"name": "sore calves", "icon_color": 1},
    "forum_topic_edited": {},
    "forum_topic_closed": {},
    "general_forum_topic_hidden": {},
    "proximity_alert_triggered": {"traveler": BOT, "watcher": updates.RUNNER, "distance": 5},
    "giveaway_created": {},
    "giveaway_completed": {"winner_count": 1},
    "paid_message_price_changed": {"paid_message_star_count": 5},
    "chat_background_set": {"type": {"type": "fill", "fill": _FILL, "dark_theme_dimming": 5}},
}


# --- messages -------------------------------------------------------------------------------


def private_messages() -> Updates:
    """What a person sends to the bot alone, of every content there is, new or edited."""
    contents = st.one_of(_typed(texts()), _captioned(texts() | st.none()), st.sampled_from(_WITHOUT))
    return people().flatmap(lambda person: _messages(contents, person["id"], {"from": person}))


def chatter() -> Updates:
    """What members of a group say to each other, seen by a bot that may read everything."""
    said = st.one_of(
        _not_a_command(),
        st.sampled_from(["/roll 2d6", "/help@another_bot", f"/help@another_bot {_MENTION}", f"mail me{_MENTION}"]),
    )
    contents = st.one_of(_typed(said), _captioned(said | st.none()), st.sampled_from(_WITHOUT))
    topic = {**_IN_A_GROUP, "forum_topic_created": {"name": "sore calves", "icon_color": 1}}
    answers = st.sampled_from([{}, {"reply_to_message": _IN_A_GROUP}, {"reply_to_message": topic}])
    return _in_groups(contents, answers)


def called_upon() -> Updates:
    """What is meant for the bot in a group: commands, mentions, and replies to it."""
    commands = ["/help", "/therapist", "/START", "/start bruise", f"/forget@{BOT_NAME}", f"/x@{BOT_NAME.upper()}"]
    named = st.one_of(
        texts().map(f"{_MENTION} {{}}".format),
        _not_a_command().map(f"{{}} {_MENTION}".format),
        st.builds("{} {}".format, st.sampled_from(commands), texts()),
        st.sampled_from([*commands, _MENTION]),
    )
    theirs = {**_IN_A_GROUP, "from": BOT, "text": "It is usual to ache a little."}
    replies = st.one_of(_typed(_not_a_command()), _captioned(_not_a_command()), st.sampled_from(_WITHOUT))
    return st.one_of(
        _in_groups(_typed(named), st.just({})),
        _in_groups(_captioned(named), st.just({})),
        _in_groups(replies, st.just({"reply_to_message": theirs})),
    )


def service_messages() -> Updates:
    """What Telegram itself writes into a chat."""
    contents = st.sampled_from(sorted(_SERVICE)).map(lambda name: {name: _SERVICE[name]})
    private = people().flatmap(lambda person: _messages(contents, person["id"], {"from": person}))
    return private | _in_groups(contents, st.just({}))


_MENTION = f"@{BOT_NAME}"
_IN_A_GROUP: Json = updates.message("see you at six", chat_id=GROUP_ID, **{"from": updates.OTHER_RUNNER})["message"]


def _typed(said: SearchStrategy[str]) -> SearchStrategy[Json]:
    return said.map(lambda text: {"text": text})


def _captioned(said: SearchStrategy[Any]) -> SearchStrategy[Json]:
    return st.tuples(st.sampled_from(_WITH_A_CAPTION), said).map(
        lambda of: of[0] if of[1] is None else {**of[0], "caption": of[1]}
    )


def _not_a_command() -> SearchStrategy[str]:
    return texts().filter(lambda text: not text.startswith("/"))


def _in_groups(contents: SearchStrategy[Json], answers: SearchStrategy[Json]) -> Updates:
    chat_ids = st.sampled_from([GROUP_ID, SUPERGROUP_ID])
    senders = st.one_of(
        people().map(lambda person: {"from": person}),
        st.just({"from": updates.ANONYMOUS_ADMIN, "sender_chat": updates.chat(SUPERGROUP_ID)}),
        st.just({"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}, "sender_chat": CHANNEL}),
        st.just({"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}, "sender_chat": CHANNEL}),
    )
    return st.tuples(chat_ids, senders, answers).flatmap(lambda of: _messages(contents, of[0], of[1] | of[2]))


def _messages(contents: SearchStrategy[Json], chat_id: int, fields: Json) -> Updates:
    return st.builds(_message, contents, st.just(chat_id), st.just(fields), _TRIMMINGS, _ENTITIES, st.booleans())


def _message(
    content: Json, chat_id: int, fields: Json, trimmings: Json, entities: list[Json], edited: bool
) -> Json:
    """Return an update with a message whose true entities stand before ``entities``."""
    make = updates.edited_message if edited else updates.message
    update = make(**content, chat_id=chat_id, **{**trimmings, **fields})
    message = update["edited_message" if edited else "message"]
    for said, marked in (("text", "entities"), ("caption", "caption_entities")):
        if said in message and entities:
            message[marked] = [*message.get(marked, []), *entities]
    return update


# --- other kinds ----------------------------------------------------------------------------


def taps() -> Updates:
    """Taps on buttons in a private chat or a group, below messages that are shown, too old, or elsewhere."""
    return st.tuples(people(), st.sampled_from(["private", "group", "elsewhere"])).flatmap(_taps)


def _taps(of: tuple[Json, str]) -> Updates:
    person, where = of
    chat = updates.chat(person["id"] if where == "private" else GROUP_ID)
    asked = st.builds(
        lambda content: {"message_id": 3, "date": NOW, "chat": chat, "from": person, **content},
        st.one_of(_typed(texts()), _captioned(texts()), st.sampled_from(_WITHOUT)),
    )
    shown = st.fixed_dictionaries(
        {"message_id": st.integers(1, 2**31), "date": _DATES, "chat": st.just(chat), "from": st.just(BOT)},
        optional={"text": texts(), "reply_to_message": asked, "edit_date": st.just(NOW)},
    )
    under: Json = {"inline_message_id": st.just("AAF")} if where == "elsewhere" else {"message": shown}
    return _updates(
        "callback_query",
        {"id": st.integers(0, 2**63).map(str), "from": st.just(person), "chat_instance": st.just("1"), **under},
        optional={"data": codes(), "game_short_name": st.just("run")},
    )


def _updates(kind: str, fields: Json, optional: Json | None = None) -> Updates:
    content = st.fixed_dictionaries(fields, optional=optional or {})
    return content.map(lambda drawn: {"update_id": updates.message()["update_id"], kind: drawn})


def _other_kinds() -> dict[str, Json]:
    """Return by kind the fields of what asks the bot nothing."""
    by, when = {"from": people()}, st.just(NOW)
    chat = {"chat": st.sampled_from([updates.chat(CHAT_ID), updates.chat(GROUP_ID), CHANNEL])}
    post = {"message_id": st.integers(1, 2**31), "date": _DATES, "chat": st.just(CHANNEL), "text": texts()}
    business = {**post, **by, "chat": st.just(updates.chat(CHAT_ID)), "business_connection_id": NAMES}
    members = st.sampled_from(
        [{"user": BOT, "status": "member"}, {"user": BOT, "status": "kicked", "until_date": 0}]
    )
    changed = {**chat, **by, "date": when, "old_chat_member": members, "new_chat_member": members}
    reactions = st.lists(st.sampled_from([{"type": "emoji", "emoji": "👍"}, {"type": "paid"}]), max_size=2)
    source = st.just({"source": "premium", "user": updates.RUNNER})
    boost = st.fixed_dictionaries({"boost_id": NAMES, "add_date": when, "expiration_date": when, "source": source})
    paid = {**by, "invoice_payload": NAMES}
    return {
        "channel_post": post,
        "edited_channel_post": {**post, "edit_date": when},
        "business_connection": {
            **{"id": NAMES, "user": people(), "user_chat_id": st.just(CHAT_ID), "date": when},
            "is_enabled": st.booleans(),
        },
        "business_message": business,
        "edited_business_message": {**business, "edit_date": when},
        "deleted_business_messages": {**chat, "business_connection_id": NAMES, "message_ids": st.just([1, 2])},
        "guest_message": {**business, "guest_query_id": NAMES},
        "message_reaction": {
            **{**chat, "user": people(), "message_id": st.just(5), "date": when},
            **{"old_reaction": reactions, "new_reaction": reactions},
        },
        "message_reaction_count": {
            **{**chat, "message_id": st.just(5), "date": when},
            "reactions": st.just([{"type": {"type": "paid"}, "total_count": 2}]),
        },
        "inline_query": {**by, "id": NAMES, "query": texts(), "offset": st.just("")},
        "chosen_inline_result": {**by, "result_id": NAMES, "query": texts()},
        "shipping_query": {**paid, "id": NAMES, "shipping_address": st.just(_ADDRESS)},
        "pre_checkout_query": {**paid, "id": NAMES, "currency": st.just("XTR"), "total_amount": st.just(5)},
        "purchased_paid_media": {**by, "paid_media_payload": NAMES},
        "poll": {name: st.just(value) for name, value in _POLL.items()},
        "poll_answer": {
            **{"poll_id": NAMES, "user": people()},
            **{"option_ids": st.just([0]), "option_persistent_ids": st.just(["1"])},
        },
        "my_chat_member": changed,
        "chat_member": changed,
        "chat_join_request": {**chat, **by, "user_chat_id": st.just(CHAT_ID), "date": when, "bio": texts()},
        "chat_boost": {**chat, "boost": boost},
        "removed_chat_boost": {**chat, "boost_id": NAMES, "remove_date": when, "source": source},
        "managed_bot": {"user": people(), "bot": people()},
    }


_ADDRESS = dict.fromkeys(["country_code", "state", "city", "street_line1", "street_line2", "post_code"], "x")
OTHER_KINDS: dict[str, Updates] = {kind: _updates(kind, fields) for kind, fields in _other_kinds().items()}
"""Strategies for what is neither a message to the bot nor a tap, by kind."""


def asking_nothing() -> Updates:
    """Whatever is no message to the bot and no tap: service messages, other kinds, and kinds nobody knows yet."""
    unknown = NAMES.map("{}_of_the_future".format).flatmap(lambda kind: _updates(kind, {"text": texts()}))
    none = st.builds(lambda: {"update_id": updates.message()["update_id"]})
    return st.one_of(service_messages(), *OTHER_KINDS.values(), unknown, none)


def everything() -> Updates:
    """Updates of all kinds, as valid as Telegram's own."""
    return st.one_of(private_messages(), chatter(), called_upon(), taps(), asking_nothing())
