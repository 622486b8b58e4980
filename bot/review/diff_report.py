"""Pure: the difference between two versions as people and programs read it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bot.review.diff import ORDER, Change, Effect, Got
from bot.review.diff_texts import Text, TextChange, TextChanges

_MOST_ROWS = 60
"""Rows of a table: GitHub shows a summary of at most a megabyte, and nobody reads more."""
_MOST_ANSWERS = 30
"""Changed answers that are quoted whole."""
_LONGEST_CELL = 160
_LED = 30
"""Characters that lead to where two texts begin to differ."""
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_{}[]<>#|~@&"}


@dataclass(frozen=True)
class Difference:
    """What differs between the versions called ``old`` and ``new``; ``asked`` counts the messages replayed."""

    old: str
    new: str
    asked: int
    changes: Sequence[Change] = ()
    texts: TextChanges = field(default_factory=TextChanges)

    @property
    def is_worse(self) -> bool:
        """Whether a golden question or a danger sign got worse."""
        return any(change.effect.is_error for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes or self.texts)


def as_json(difference: Difference) -> dict[str, object]:
    """Return everything, nothing left out, as plain values."""
    texts = difference.texts
    return {
        "old": difference.old,
        "new": difference.new,
        "asked": difference.asked,
        "worse": difference.is_worse,
        "changes": [
            {
                "effect": change.effect.value,
                "error": change.effect.is_error,
                "entry": change.entry,
                "kind": change.case.kind.value,
                "after": list(change.case.after),
                "text": change.case.text,
                "was": _got(change.was),
                "now": _got(change.now),
            }
            for change in difference.changes
        ],
        "answers": [_text(text) for text in texts.answers],
        "danger_texts": [_text(text) for text in texts.danger],
        "other_texts": [_text(text) for text in texts.others],
    }


def as_text(difference: Difference) -> str:
    """Return a report for a terminal, the most important first; all changes are in it."""
    lines: list[str] = [f"{difference.old} → {difference.new}"]
    if not difference:
        return "\n".join([*lines, _nothing(difference)])
    for title, texts in _sections(difference.texts):
        lines += ["", title, *(line for text in texts for line in _told(text))]
    for entry, changes in _by_entry(difference.changes):
        lines += ["", entry]
        for change in changes:
            lines.append(
                f"  {change.effect.value.upper() if change.effect.is_error else change.effect.value}: "
                f"{_said(change)}  ({change.case.kind})"
            )
            lines.append(f"      {change.was} → {change.now}")
    return "\n".join([*lines, "", _sum(difference)])


def as_markdown(difference: Difference) -> str:
    """Return a report for a pull request: a bounded table by entry, and each changed answer as it will look."""
    lines = ["## What this change does to the answers", ""]
    if not difference:
        return "\n".join([*lines, _nothing(difference), ""])
    if difference.is_worse:
        lines += [
            "**A golden question or a danger sign got worse. Please mend it before you merge.**",
            "",
        ]
    lines += [f"{_escaped(difference.old)} → {_escaped(difference.new)}: {_sum(difference)}", ""]
    lines += _table(difference.changes)
    for title, texts in _sections(difference.texts):
        lines += [f"### {title}", ""]
        lines += [f"- `{text.name}`: {text.change}" for text in texts]
        lines.append("")
        quoted = [text for text in texts if text.will_look]
        for text in quoted[:_MOST_ANSWERS]:
            lines += [f"#### `{text.name}` as it will look", "", *_quoted(text.will_look), ""]
        if len(quoted) > _MOST_ANSWERS:
            lines += [f"… and {len(quoted) - _MOST_ANSWERS} more that are not shown here.", ""]
    return "\n".join(lines)


def _told(text: Text) -> Iterator[str]:
    """Yield what happened to a text, and in short what was and what now stands there."""
    yield f"  {text.name}: {text.change}"
    if text.change is TextChange.CHANGED:
        was, now = (_beginning(said) or "nothing" for said in _from_where_they_differ(*text.differences()))
        if (was, now) != ("nothing", "nothing"):
            yield f"      {was}"
            yield f"      → {now}"


def _from_where_they_differ(was: str, now: str) -> tuple[str, str]:
    same = next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
    start = max(0, was.rfind(" ", 0, max(0, same - _LED)))
    return (f"…{was[start:]}", f"…{now[start:]}") if start else (was, now)


def _beginning(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _table(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return ["No message that was asked gets another answer.", ""]
    rows = ["| entry | what | message | was | now |", "|---|---|---|---|---|"]
    ordered = [change for _, group in _by_entry(changes) for change in group]
    for change in ordered[:_MOST_ROWS]:
        effect = f"**{change.effect}**" if change.effect.is_error else str(change.effect)
        cells = (
            change.entry,
            f"{effect}, {change.case.kind}",
            _said(change),
            str(change.was),
            str(change.now),
        )
        rows.append("| " + " | ".join(_cell(cell, keep=place == 1) for place, cell in enumerate(cells)) + " |")
    rows.append("")
    if len(changes) > _MOST_ROWS:
        rows += [f"… and {len(changes) - _MOST_ROWS} more: `python -m bot diff` lists them all.", ""]
    return rows


def _by_entry(changes: Iterable[Change]) -> Iterator[tuple[str, list[Change]]]:
    """Yield the changes of each entry together, the entry with the most important one first."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.entry, []).append(change)
    yield from sorted(groups.items(), key=lambda item: (min(ORDER[c.effect] for c in item[1]), item[0]))


def _sections(texts: TextChanges) -> Iterator[tuple[str, Sequence[Text]]]:
    named = (
        ("Danger signs: what is said", texts.danger),
        ("Answers", texts.answers),
        ("The bot's own texts", texts.others),
    )
    yield from ((title, found) for title, found in named if found)


def _nothing(difference: Difference) -> str:
    if difference.asked:
        return f"{difference.asked} messages asked: all get what they got, and no text differs."
    return "The two are equal in everything."


def _sum(difference: Difference) -> str:
    """Return how many messages were asked and what became of those that changed."""
    counted = sorted(difference.changes, key=lambda change: ORDER[change.effect])
    by_effect = [(effect, len([*group])) for effect, group in groupby(counted, key=lambda change: change.effect)]
    told = ", ".join(f"{count} {_counted(effect, count)}" for effect, count in by_effect)
    said = len(difference.texts.answers)
    answers = f"{said} answer{'' if said == 1 else 's'} changed in what {'it says' if said == 1 else 'they say'}"
    return (
        f"{difference.asked} messages asked, {len(difference.changes)} changed"
        + (f" ({told})" if told else "")
        + f"; {answers}."
    )


def _counted(effect: Effect, count: int) -> str:
    plural = {
        Effect.RED_FLAG_WORSE: "danger signs worse",
        Effect.GOLDEN_WORSE: "golden questions worse",
        Effect.LOST: "answers lost",
        Effect.TIE: "now ask which",
        Effect.OTHER: "other answers",
    }
    return plural.get(effect, effect.value) if count > 1 else effect.value


def _said(change: Change) -> str:
    return " / ".join((*change.case.after, change.case.text))


def _cell(text: str, *, keep: bool = False) -> str:
    line = _beginning(" ".join(text.split()))
    return line if keep else _escaped(line)


def _escaped(text: str) -> str:
    """Return ``text`` so that Markdown shows it as typed: what people wrote commands nothing."""
    return text.translate(_ENTITIES)


def _quoted(messages: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for place, message in enumerate(messages):
        if place:
            lines += ["", "*then*", ""]
        # Two spaces at the end keep a line of its own.
        lines += [f"> {_escaped(line)}  " if line else ">" for line in message.splitlines()]
    return lines


def _got(got: Got) -> dict[str, object]:
    return {"outcome": got.outcome.value, "ids": list(got.ids), "level": got.level or None}


def _text(text: Text) -> dict[str, object]:
    return {
        "name": text.name,
        "change": text.change.value,
        "looked": list(text.looked),
        "will_look": list(text.will_look),
    }
