"""What the clinic's people read about gaps, and what they paste into files. Pure; no runner sees any of it."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from bot.clinic.gaps import MOST, Gap
from bot.clinic.names import STOP_WORDS
from bot.clinic.outbox import LONGEST, units
from bot.knowledge.model import Entry, KnowledgeBase

PAGE = 5
"""Gaps in one message: each has a row of three buttons."""
NONE_LEFT = "No question is kept at present that the answers lack."
GONE = "That is not there any more. See what is there now: /gaps"
CHANGED = "More was asked meanwhile, so nothing is deleted. See what is there now: /gaps"
AWAY = "The database cannot be reached at present. Try again in a minute."
_SHOWN_QUESTIONS = 3
_SHOWN_LETTERS = 160
_LONGEST_TITLE = 40
_LONGEST_SLUG = 30
_SLUG_WORDS = 3
_MOST_LINES = 20
_ROOM_FOR_MORE = 60
"""UTF-16 units of the line that says how many lines more there are."""


def listed(gaps: Sequence[Gap], knowledge: KnowledgeBase, start: int = 0, most: int = PAGE) -> str:
    """Return ``most`` gaps from number ``start`` on, counted from 0."""
    if not gaps:
        return NONE_LEFT
    many = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
    if sum(len(gap.questions) for gap in gaps) >= MOST:
        many += f" (from the latest {MOST} questions only; dismiss some to see older ones)"
    lines = [
        f"{many} in the answers, from questions that runners let you keep, the most asked first. For each: add its "
        "lines to an answer, write a new answer, or dismiss it."
    ]
    for number, gap in enumerate(gaps[start : start + most], start + 1):
        lines += ["", f"{number}. {times(gap)}", *(f"• “{cut(q.text)}”" for q in gap.questions[:_SHOWN_QUESTIONS])]
        if len(gap.questions) > _SHOWN_QUESTIONS:
            lines.append(f"• … and {len(gap.questions) - _SHOWN_QUESTIONS} more")
        lines.append(f"Nearest: {near(gap, knowledge)}")
    return "\n".join(lines)


def times(gap: Gap) -> str:
    """Return how often and when it was asked."""
    often = "Asked once" if gap.count == 1 else f"Asked {gap.count} times"
    if gap.first == gap.last:
        return f"{often}, on {gap.first.day} {gap.first:%B}."
    return f"{often}, from {gap.first.day} {gap.first:%B} to {gap.last.day} {gap.last:%B}."


def near(gap: Gap, knowledge: KnowledgeBase) -> str:
    """Return the nearest entries by title and id."""
    return ", ".join(f'"{entry.title}" ({entry.id})' for entry in entries(gap, knowledge)) or "none"


def entries(gap: Gap, knowledge: KnowledgeBase) -> list[Entry]:
    """Return the nearest entries that there are."""
    return [knowledge.entries[entry_id] for entry_id in gap.nearest if entry_id in knowledge.entries]


def lines(gap: Gap) -> list[str]:
    """Return the lines that go under ``ask:`` in an entry's file."""
    return [f"  - {_quoted(question.text)}" for question in gap.questions]


def ready(gap: Gap, room: int) -> list[str]:
    """Return as many whole ``lines`` as ``room`` UTF-16 units hold, and how many more there are: no half of one can
    be pasted.
    """
    all_lines, shown = lines(gap), list[str]()
    for line in all_lines[:_MOST_LINES]:
        room -= units(line) + 1
        if room < _ROOM_FOR_MORE:
            break
        shown.append(line)
    left = len(all_lines) - len(shown)
    return [*shown, f"  # and {left} more: python -m bot gaps export"] if left else shown


def which(gap: Gap) -> str:
    """Return the question to which answer a gap's questions are to lead, with the lines for it."""
    asked = f"Which answer is meant by “{cut(gap.questions[0].text)}”? Or add the lines to any other file in faq/."
    return "\n".join([asked, "", *ready(gap, LONGEST - units(asked) - 2)])


def added(gap: Gap, entry: Entry, repository: str) -> str:
    """Return the lines to paste, and where to; ``repository`` is its address, empty where nobody named it."""
    before = [
        f'For "{entry.title}": paste below "ask:" in faq/{entry.id}.yaml',
        *(["", edit_link(repository, entry.id)] if repository else []),
        "",
    ]
    after = [
        "",
        "Look whether the answer really says it. A mark such as [name] is best written over or left out.",
        "Then dismiss the gap: /gaps",
    ]
    around = "\n".join([*before, *after])
    return "\n".join([*before, *ready(gap, LONGEST - units(around) - 1), *after])


def edit_link(repository: str, entry_id: str) -> str:
    """Return the address of GitHub's editor for an entry's file."""
    return f"{_editor(repository, 'edit')}/{quote(entry_id)}.yaml"


def new_file_link(repository: str, entry_id: str) -> str:
    """Return the address of GitHub's editor for a file that is not there yet."""
    return f"{_editor(repository, 'new')}?filename={quote(entry_id)}.yaml"


def _editor(repository: str, does: str) -> str:
    """Return where GitHub's editor ``does`` something in the answers' folder, on the branch that is named."""
    address, _, branch = repository.partition("/tree/")
    return f"{address}/{does}/{branch.removesuffix('/knowledge') or 'main'}/knowledge/faq"


def new_file(entry_id: str, repository: str) -> str:
    """Return what is said with the file for a new answer."""
    said = (
        f"Save it as faq/{entry_id}.yaml, or choose another name that says what it is about. It is a draft until "
        "its status is published. Then dismiss the gap: /gaps"
    )
    return "\n".join([said, *([new_file_link(repository, entry_id)] if repository else [])])


def fields(gap: Gap, knowledge: KnowledgeBase) -> dict[str, str]:
    """Return what the file of a new answer can hold already, by field; see ``bot.knowledge.blank``."""
    near_by = entries(gap, knowledge)
    title = " ".join(gap.questions[0].text.split())
    if len(title) > _LONGEST_TITLE:
        title = title[: _LONGEST_TITLE - 1]
        title = (title.rpartition(" ")[0] or title) + "…"
    return {
        "title": f"title: {_quoted(title)}",
        "menu": f"menu: {near_by[0].menu if near_by else ''}",
        "ask": "\n".join(["ask:", *lines(gap)]),
        "related": f"related: [{', '.join(entry.id for entry in near_by[:2])}]",
        "note": f"note: {_quoted(f'From questions that runners let the clinic keep. {times(gap)}')}",
    }


def new_id(gap: Gap, taken: Collection[str]) -> str:
    """Return a name for the file of a new answer that no entry has yet."""
    words = re.findall(r"[a-z]{3,}", re.sub(r"\[[a-z-]+\]|['’]\w+", " ", gap.questions[0].text.lower()))
    telling = [word for word in words if word not in STOP_WORDS] or words
    base = "-".join(telling[:_SLUG_WORDS])[:_LONGEST_SLUG].strip("-") or "new-answer"
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in numbered if name not in taken)


def sure(gap: Gap) -> str:
    """Return the question whether a gap's questions are to be deleted."""
    many = "this question" if len(gap.questions) == 1 else f"these {len(gap.questions)} questions"
    shown = [f"• “{cut(question.text)}”" for question in gap.questions[:_MOST_LINES]]
    left = len(gap.questions) - len(shown)
    return "\n".join([f"Delete {many} for good?", *shown, *([f"• … and {left} more"] if left else [])])


def gone(count: int) -> str:
    """Return what is said once ``count`` questions are deleted."""
    return "1 question is deleted." if count == 1 else f"{count} questions are deleted."


def as_data(gap: Gap, knowledge: KnowledgeBase, file: str, text: str) -> Mapping[str, object]:
    """Return a gap as ``gaps export`` writes it; ``text`` is what the ``file`` of a new answer may hold."""
    return {
        "asked": gap.count,
        "first": gap.first.isoformat(),
        "last": gap.last.isoformat(),
        "questions": [question.text for question in gap.questions],
        "add": {
            "lines": "\n".join(lines(gap)),
            "to one of": [f"faq/{entry.id}.yaml" for entry in entries(gap, knowledge)],
        },
        "or write": {"file": f"faq/{file}.yaml", "text": text},
    }


def cut(text: str) -> str:
    """Return ``text`` on one line, and not too long to be read."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_LETTERS else line[: _SHOWN_LETTERS - 1] + "…"


def _quoted(text: str) -> str:
    """Return ``text`` as YAML in quotes, on one line; JSON is YAML, but for signs that nobody sees."""
    return json.dumps("".join(char for char in " ".join(text.split()) if char.isprintable()), ensure_ascii=False)
