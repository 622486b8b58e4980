"""What the clinic's people can order in Telegram, and what they are told: sentences that no runner sees."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.knowledge.model import Entry, KnowledgeBase, Status
from bot.matching.decision import Answer, Choices
from bot.understanding.mind import Mind, Understood

STAFF_COMMANDS: Mapping[str, str] = {
    "staff": "What the clinic's people can do here",
    "pause": "Keep an answer from runners: /pause and its name",
    "resume": "Let runners have an answer again",
    "close": "End a conversation with a runner: as a reply to one of its messages",
    "gaps": "What the answers lack, from questions that runners let you keep",
    "stats": "Numbers of the last 14 days",
    "reload": "Look at the knowledge files now",
}
"""By name, with what Telegram's menu says of each. A new one takes a row here, its method ``_on_<name>`` in
``bot.tg.staff``, and its line in ``staff_help``."""
HELP = "help"
"""What stands for ``staff`` in the staff chat."""

ANONYMOUS = (
    'I cannot see who you are, so I do nothing. Switch off "Remain anonymous" in your rights as an admin of this '
    "group, or let somebody else write it."
)
NOT_SAVED = (
    "The database cannot be reached at present. I did it here and keep trying to write it down; until then other "
    "copies of the bot, and a restart, do not know of it."
)
ANOTHER, CHOICE, LOST = _KINDS = ("another answer", "a choice of others", '"I don\'t know"')
_SHOWN = 5
_LISTED = 40
"""Paused answers in one list; more would not fit into one message."""


@dataclass(frozen=True)
class Order:
    """A command of the staff's; ``argument`` is what stands behind it."""

    name: str
    argument: str


def order_in(text: str, bot_name: str, *, in_staff_chat: bool) -> Order | None:
    """Return the order that ``text`` begins with, or nothing: also where it names another bot than ``bot_name``."""
    word, *rest = text.split(maxsplit=1) or [""]
    if not word.startswith("/"):
        return None
    name, _, bot = word[1:].partition("@")
    if bot and bot.lower() != bot_name.lower():
        return None
    name = name.lower()
    if name == HELP and in_staff_chat:
        name = "staff"
    return Order(name, " ".join("".join(rest).split())) if name in STAFF_COMMANDS else None


def meant(argument: str, knowledge: KnowledgeBase) -> Entry | None:
    """Return the entry that ``argument`` names, by its id or by the title that stands above its answer."""
    wanted = argument.strip().strip("\"'“”").casefold()
    return next((e for e in knowledge.entries.values() if wanted in (e.id.casefold(), e.title.casefold())), None)


@dataclass(frozen=True)
class Lost:
    """A question that loses its answer, and what it gets instead."""

    question: str
    instead: str
    kind: str


def lost(mind: Mind, entry: Entry) -> list[Lost]:
    """Return what becomes of the golden questions and the phrasings of a paused entry, as ``mind`` now answers."""
    questions = dict.fromkeys((*mind.knowledge.golden.get(entry.id, ()), *entry.ask))
    return [found for question in questions if (found := _instead(mind, question)) is not None]


def _instead(mind: Mind, question: str) -> Lost | None:
    understood = mind.understand(question)
    if not isinstance(understood, Understood):
        return None  # a danger sign or the question about one came before its answer anyway
    entries, decision = mind.knowledge.entries, understood.decision
    if isinstance(decision, Answer):
        return Lost(question, f'"{entries[decision.best.entry_id].title}"', ANOTHER)
    if isinstance(decision, Choices):
        titles = ", ".join(f'"{entries[c.entry_id].title}"' for c in decision.candidates)
        return Lost(question, f"a choice of {titles}", CHOICE)
    return Lost(question, LOST, LOST)


def staff_help(paused: int) -> str:
    """Return what the clinic's people can do; ``paused``: how many answers are paused."""
    some = {0: "No answer is paused.", 1: "One answer is paused."}.get(paused, f"{paused} answers are paused.")
    return "\n".join(
        (
            "For the clinic's people:",
            "",
            "/pause NAME: runners no longer get this answer, within seconds. The name is its title, or its file's.",
            "/pause alone: what is paused",
            "/resume NAME: runners get it again",
            "A reply to a message that begins with # goes to that runner.",
            "/close as such a reply: end that conversation",
            "/gaps: what the answers lack, from questions that runners let you keep",
            "/stats: numbers of the last 14 days",
            "/reload: look at the knowledge files now, instead of in a few seconds",
            "/staff: this help",
            "",
            some,
            "Danger signs are answered as always, whatever is paused.",
        )
    )


def paused(entry: Entry, *, saved: bool) -> str:
    """Return what is said once ``entry`` is paused."""
    lines = [
        f'Paused: "{entry.title}" ({entry.id}). Runners no longer get it, in a menu or by an old button either.',
        f'It stays so until /resume {entry.id}. If it is to stay longer, set "status: paused" in '
        f"faq/{entry.id}.yaml too.",
        "Danger signs are answered as always.",
    ]
    return "\n".join([*lines, *_unless(saved)])


def already(entry: Entry) -> str:
    """Return what is said where ``entry`` is paused already."""
    return f'"{entry.title}" ({entry.id}) is paused already.'


def nothing_to_do(entry: Entry) -> str:
    """Return what is said where ``entry`` cannot be resumed, or not be paused."""
    if entry.status is Status.PUBLISHED:
        return f'"{entry.title}" ({entry.id}) is not paused: runners get it.'
    return (
        f'Runners do not get "{entry.title}" ({entry.id}) anyway: faq/{entry.id}.yaml says "status: '
        f'{entry.status}". Only an edit of that file can change it.'
    )


def resumed(entry_id: str, knowledge: KnowledgeBase, *, saved: bool) -> str:
    """Return what is said once an entry is no longer paused."""
    entry = knowledge.published_entry(entry_id)
    if entry is None:
        said = f'"{entry_id}" is no longer paused here. Runners do not get it: its file is gone or not published.'
    else:
        said = f'Runners get "{entry.title}" ({entry.id}) again.'
    return "\n".join([said, *_unless(saved)])


def losses(found: Sequence[Lost]) -> str:
    """Return which questions lose their answer, and what they get instead."""
    if not found:
        return "None of its own questions led to it, so none loses its answer."
    # First what may mislead most.
    found = sorted(found, key=lambda one: _KINDS.index(one.kind))
    kinds = Counter(one.kind for one in found)
    counts = ", ".join(f"{kind} ({number})" for kind, number in kinds.items())
    many = "1 of its known questions loses" if len(found) == 1 else f"{len(found)} of its known questions lose"
    lines = [f"{many} this answer and now get: {counts}.", ""]
    lines += [f'• "{one.question}" → {one.instead}' for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"… and {len(found) - _SHOWN} more.")
    return "\n".join(lines)


def listed(since: Mapping[str, float], knowledge: KnowledgeBase) -> str:
    """Return what is paused, ``since`` when by entry."""
    if not since:
        return "Nothing is paused. To keep an answer from runners: /pause and its title, or the name of its file."
    lines = ["Runners do not get:"]
    lines += [f"• {line}" for line in _paused_lines(since, knowledge)][:_LISTED]
    if len(since) > _LISTED:
        lines.append(f"… and {len(since) - _LISTED} more.")
    return "\n".join([*lines, "", "To let them have one again: /resume and its name."])


def _paused_lines(since: Mapping[str, float], knowledge: KnowledgeBase) -> Iterator[str]:
    for entry_id, moment in sorted(since.items(), key=lambda pair: pair[1]):
        entry = knowledge.entries.get(entry_id)
        named = f'"{entry.title}" ({entry_id})' if entry is not None else f"{entry_id}, whose file is gone"
        day = datetime.fromtimestamp(moment, UTC)
        yield f"{named}, since {day.day} {day:%B, %H:%M} UTC"


def unknown(argument: str, suggestions: Sequence[Entry]) -> str:
    """Return what is said where ``argument`` names no entry."""
    said = f'There is no answer called "{argument[:100]}".'
    if not suggestions:
        return f"{said} Its title stands in bold above it; /topics shows all."
    return "\n".join([f"{said} Did you mean:", *(f'• "{entry.title}" ({entry.id})' for entry in suggestions)])


RELOADING = (
    "I look at the knowledge files now. The staff chat is told what comes of it, where there is one. Judging an "
    "edit takes about a minute; answers go on meanwhile."
)


def told_elsewhere(said: str) -> str:
    """Return what the staff chat is told of an order that an admin gave in private."""
    return f"An admin, in private. {said}"


def chat_lost(chat: int, reason: str) -> str:
    """Return what admins are told in private when nothing can be sent to the staff chat any more."""
    return (
        f'I cannot write to the staff chat {chat} any more. Telegram says: "{reason}". What I have to tell is kept '
        "for a week and sent as soon as I can. Add me to the group again and let me write there; or set "
        "STAFF_CHAT_ID to another chat (/chatid in a chat shows its id)."
    )


def _unless(saved: bool) -> list[str]:
    return [] if saved else ["", NOT_SAVED]
