"""What the staff chat is told of a version of the knowledge files."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.clinic.zone import zone_of
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.problems import Problem

_MOST_LISTED = 3
_MOST_NAMED = 5


def live(was: KnowledgeBase, now: KnowledgeBase, files: Sequence[str], at: float) -> str:
    """Return what changed from ``was`` to ``now``, live since the Unix time ``at``; ``files`` are those edited."""
    changed = sorted(i for i in was.entries.keys() | now.entries.keys() if _shown(was, i) != _shown(now, i))
    since = f"live since {_clock(at, now.clinic.timezone)}"
    if not changed:
        named = f" ({_named(files)})" if files else ""
        return f"No answer changed, other texts did{named}, {since}."
    answers = "1 answer" if len(changed) == 1 else f"{len(changed)} answers"
    return f"{answers} changed, {since}: {_named(changed)}."


def refused(problems: Sequence[Problem], *, served: bool) -> str:
    """Return what is wrong with a version; ``served``: it is all there is, so it answers all the same."""
    count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    instead = (
        "There is no earlier version, so it answers all the same."
        if served
        else "The answers from before stay, until it is mended."
    )
    return f"The edited knowledge files have {count}. {instead}\n{_listed(problems)}"


def faulty(problems: Sequence[Problem]) -> str:
    """Return what the full check found in the version that is served."""
    count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return f"The knowledge files are live, and the check finds {count} to mend.\n{_listed(problems)}"


def files_changed(was: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    """Return the names of the files that differ."""
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _shown(knowledge: KnowledgeBase, entry_id: str) -> object:
    """Return what people can get of an entry: nothing of a draft or a paused one."""
    return knowledge.published_entry(entry_id)


def _clock(at: float, timezone: str) -> str:
    zone = zone_of(timezone)
    return f"{datetime.fromtimestamp(at, zone):%H:%M}{' UTC' if zone is UTC else ''}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _listed(problems: Sequence[Problem]) -> str:
    lines = [f"• {p.place.file}, line {p.place.line}: {p.message}" for p in problems[:_MOST_LISTED]]
    if len(problems) > _MOST_LISTED:
        lines.append(f"… and {len(problems) - _MOST_LISTED} more. All of them: .venv/bin/python -m bot check")
    return "\n".join(lines)
