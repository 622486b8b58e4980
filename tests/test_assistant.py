"""What people must be able to trust, held on the project's own knowledge."""

import csv
import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.dialogue.reply import MAX_CODE_BYTES, Outcome, Reply
from bot.dialogue.splitting import LONGEST_MESSAGE
from bot.knowledge.markup import parse, plain
from bot.knowledge.model import KnowledgeBase, Level
from bot.ops.logs import configure
from bot.settings import LogFormat, LogLevel
from bot.storage.memory import MemoryStore
from bot.text.normalise import normalise, words
from bot.triage.rules import SELF_HARM
from bot.understanding.mind import Mind
from tests.support.knowledge import speaker, ways_to_care

EVAL = Path(__file__).parent / "eval"
NOTICES = ("voice", "photo", "sticker", "other_media", "failure", "old_button", "empty", "unknown_command")
COMMANDS = ("/start", "/help", "/topics", "/therapist", "/privacy", "/sources", "/unknown", "/start@some_bot x")


@pytest.fixture(scope="module")
def mind(real_mind: Mind) -> Mind:
    return real_mind


@pytest.fixture(scope="module")
def knowledge(mind: Mind) -> KnowledgeBase:
    return mind.knowledge


@pytest.fixture
def assistant(mind: Mind) -> Assistant:
    return Assistant(mind, MemoryStore())


def leads_on(reply: Reply, knowledge: KnowledgeBase) -> bool:
    """Whether every message of the reply ends with the way to care, or it is about a danger sign alone."""
    group = knowledge.red_flags.get(reply.red_flag or "")
    first = reply.texts[0] if reply.texts else ""
    for language in knowledge.languages.values():
        for line in (language.emergency, language.today, language.crisis, language.notice):
            first = first.removeprefix(f"{line}\n\n")
    if reply.outcome is Outcome.SCREENING:
        asked = group.screening if group and group.screening else parse(knowledge.texts["screening_unknown"][0])
        return first.endswith(plain(asked)) and len(reply.buttons) == 2
    if reply.outcome is Outcome.RED_FLAG:
        short = knowledge.texts["self_harm_short" if reply.red_flag == SELF_HARM else "red_flag_short"][0]
        title = group.title if group else knowledge.texts["red_flag_unknown_title"][0]
        if first in (plain(parse(short.format(title=title))), plain(parse(knowledge.texts["cry"][0]))):
            return True
        raised = group.raised_replies.get(reply.level or Level.NOW) if group else None
        told = group.reply if group else parse(knowledge.texts["red_flag_unknown"][0])
        return first.startswith(plain(raised or told))
    return bool(reply.texts) and all(text.endswith(ways_to_care(knowledge)) for text in reply.texts)


ANYTHING = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["needles", "calf", "hurt", "run", "swollen", "/start", "no", "chest", "pain", "hot", "?"]
    ).flatmap(lambda word: st.text(max_size=60).map(lambda rest: f"{word} {rest}")),
)
SLOW = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(text=ANYTHING)
async def test_whatever_is_sent_the_reply_leads_to_care(
    assistant: Assistant, knowledge: KnowledgeBase, text: str
) -> None:
    reply = await assistant.reply(text, speaker("chat"))
    assert leads_on(reply, knowledge)
    assert all(0 < len(t.encode("utf-16-le")) // 2 <= LONGEST_MESSAGE for t in reply.texts)


@SLOW
@given(code=st.text(max_size=80))
async def test_whatever_a_button_says_the_reply_leads_to_care(
    assistant: Assistant, knowledge: KnowledgeBase, code: str
) -> None:
    assert leads_on(await assistant.tap(code, speaker("chat")), knowledge)


@pytest.mark.parametrize("text", COMMANDS)
async def test_every_command_leads_to_care(assistant: Assistant, knowledge: KnowledgeBase, text: str) -> None:
    assert leads_on(await assistant.reply(text, speaker("chat")), knowledge)


@pytest.mark.parametrize("key", NOTICES)
async def test_a_reply_without_understanding_leads_to_care_and_names_danger_signs(
    assistant: Assistant, knowledge: KnowledgeBase, key: str
) -> None:
    reply = await assistant.notice(key, speaker("chat"))
    assert leads_on(reply, knowledge)
    assert plain(parse(knowledge.texts["danger_line"][0])) in reply.texts[0]


async def test_a_fallback_names_danger_signs(assistant: Assistant, knowledge: KnowledgeBase) -> None:
    reply = await assistant.reply("qwertz asdfgh yxcvbn", speaker("chat"))
    assert reply.outcome is Outcome.FALLBACK
    assert plain(parse(knowledge.texts["danger_line"][0])) in reply.texts[0]


async def test_every_button_of_every_reply_leads_somewhere(assistant: Assistant, knowledge: KnowledgeBase) -> None:
    seen: set[str] = set()
    waiting = [await assistant.reply(command, speaker("chat")) for command in COMMANDS]
    while waiting:
        for button in (button for row in waiting.pop().buttons for button in row):
            assert len(button.code.encode()) <= MAX_CODE_BYTES
            if button.code not in seen:
                seen.add(button.code)
                reply = await assistant.tap(button.code, speaker("chat"), "a question")
                waiting.append(reply)
                old = (await assistant.notice("old_button", speaker("other"))).texts[0]
                assert [reply.toast] if not reply.messages else reply.texts[0] != old
    listed = {entry.id for s in knowledge.menu if s.listed for entry in knowledge.section(s.id)}
    assert {f"entry:{entry_id}" for entry_id in listed} <= seen


async def test_an_answer_says_only_what_stands_in_the_knowledge_files(
    assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    written = {plain((block,)) for entry in knowledge.entries.values() for block in entry.answer}
    written |= {plain((block,)) for entry in knowledge.entries.values() for block in entry.see_therapist_if}
    written |= {plain((block,)) for entry in knowledge.entries.values() for block in entry.without_clinic}
    head = knowledge.texts["see_therapist_if_intro"][0].replace("*", "")
    written |= {plain((block,)) for texts in knowledge.texts.values() for text in texts for block in parse(text)}
    for entry in knowledge.published:
        reply = await assistant.tap(f"entry:{entry.id}", speaker("chat"))
        title, *blocks = [plain((block,)) for message in reply.messages for block in message]
        assert title == entry.title
        for block in blocks:
            assert block.removeprefix(f"{head} ") in written, block


@SLOW
@given(marker=st.text(alphabet="bcdfghjklmnpqrstvwxz", min_size=12, max_size=20))
async def test_what_a_person_typed_is_never_repeated(assistant: Assistant, marker: str) -> None:
    reply = await assistant.reply(f"does needling hurt {marker}", speaker("chat"))
    assert marker not in "".join(reply.texts)


# --- danger signs come before everything -----------------------------------------------


def _signs(knowledge: KnowledgeBase) -> Iterator[str]:
    for group in knowledge.red_flags.values():
        for signs in group.signs:
            yield from signs.messages


async def test_a_danger_sign_is_found_behind_any_question_and_never_gets_an_answer(
    assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    for entry in knowledge.published:
        reply = await assistant.reply(f"{entry.ask[0]} My calf is swollen and hot.", speaker("chat"))
        assert reply.outcome is Outcome.RED_FLAG and reply.entries == () and reply.choices == ()
        assert reply.red_flag == "blood-clot"


@pytest.mark.parametrize("command", ["/start", "/help", "/unknown"])
async def test_a_danger_sign_behind_a_command_is_found(assistant: Assistant, command: str) -> None:
    reply = await assistant.reply(f"{command} my calf is swollen and hot", speaker("chat"))
    assert reply.outcome is Outcome.RED_FLAG


async def test_a_danger_sign_in_the_last_of_4000_characters_is_found(assistant: Assistant) -> None:
    story = "I ran along the river and it was a fine day. " * 88
    reply = await assistant.reply(story[:4050] + " Now my calf is swollen and hot.", speaker("chat"))
    assert reply.outcome is Outcome.RED_FLAG


async def test_a_gate_that_fails_counts_as_a_danger_sign(
    mind: Mind, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret message text")

    monkeypatch.setattr(type(mind.gate), "examine", fail)
    reply = await Assistant(mind, MemoryStore()).reply("how much is it", speaker("chat"))
    assert reply.outcome is Outcome.RED_FLAG and reply.red_flag == "unknown"
    assert leads_on(reply, knowledge)


# --- the referral rotates, bad input gets one clear answer -----------------------------------


async def test_the_referral_changes_from_reply_to_reply(assistant: Assistant) -> None:
    replies = [await assistant.tap("entry:does-it-hurt", speaker("chat")) for _ in range(5)]
    assert len({reply.texts[-1].rsplit("\n\n", 1)[1] for reply in replies}) == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "🏃‍♀️🔥",
        "\x00\x01\u200b\u2060",
        "؟",
        "\u202egnildeen",
        "<b>hi</b>",
        "**[x](y)**",
        "/",
        "/ä",
        "a" * 10_000,
    ],
)
async def test_bad_input_gets_one_clear_reply(assistant: Assistant, knowledge: KnowledgeBase, text: str) -> None:
    reply = await assistant.reply(text, speaker("chat"))
    assert len(reply.texts) == 1
    assert leads_on(reply, knowledge)


async def test_no_message_text_is_logged(assistant: Assistant) -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers
    with redirect_stderr(stream):
        configure(LogLevel.DEBUG, LogFormat.JSON)
        await assistant.reply("zebrafish: my calf is swollen and hot", speaker("chat"))
        await assistant.reply("zebrafish, does it hurt", speaker("chat"))
    logging.getLogger().handlers = before
    assert "blood-clot" in stream.getvalue()
    assert "zebrafish" not in stream.getvalue()


def test_no_evaluation_message_stands_in_the_knowledge_files(knowledge: KnowledgeBase) -> None:
    def key(text: str) -> str:
        return " ".join(words(normalise(text)))

    known = {key(t) for e in knowledge.entries.values() for t in (*e.ask, *e.not_about)}
    known |= {key(t) for t in (*knowledge.off_topic, *_signs(knowledge))}
    known |= {key(t) for group in knowledge.red_flags.values() for t in group.look_alikes}
    known |= {key(t) for questions in knowledge.golden.values() for t in questions}
    known |= {key(t) for messages in knowledge.messages.values() for t in messages}
    for path in sorted(EVAL.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            copied = [row["text"] for row in csv.DictReader(file) if key(row["text"]) in known]
        # Two words and less ("hi", "thank you") are not copied but simply what people say.
        assert [text for text in copied if len(key(text).split()) > 2] == [], path.name
