"""What the staff chat reads of a week, on Monday morning. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.clinic.gap_texts import cut, near
from bot.clinic.gaps import Gap
from bot.clinic.numbers import ALARM, ANSWERED, ASKED, CALMED, CHOICES, HELPED, MISSED, SETTLED, Handoffs, of_kind
from bot.clinic.zone import zone_of
from bot.knowledge.model import Entry, KnowledgeBase, Level, RedFlagGroup, Status
from bot.storage.protocol import Occurrence, Rating

HOUR = 8
"""Of Monday, where the clinic is, from which the week before is told of."""
WEEK = timedelta(days=7)
_MOST = 5
_LEVELS = {
    Level.NOW: "emergency number",
    Level.TODAY: "care the same day",
    Level.BEFORE: "see a clinician before needling or running",
}


@dataclass(frozen=True)
class Week:
    """What happened in the week that began on the day ``first``, and what stands open at its end.

    ``gaps`` are those asked first in it; ``paused`` the entries that runners do not get by an order.
    """

    first: date
    counts: Mapping[Occurrence, int]
    ratings: Sequence[Rating] = ()
    gaps: Sequence[Gap] = ()
    paused: Collection[str] = ()
    handoffs: Handoffs | None = None


def week_to_tell(now: float, timezone: str) -> date:
    """Return the Monday of the latest week that is to be told of at ``now``, Unix time.

    Counts are kept by UTC days: where Monday begins earlier the week is not over with it, and waits for its end.
    """
    here = datetime.fromtimestamp(now, zone_of(timezone)) - timedelta(hours=HOUR)
    day = min(here.date(), datetime.fromtimestamp(now, UTC).date())
    return day - timedelta(days=day.weekday()) - WEEK


def digest(week: Week, knowledge: KnowledgeBase) -> str:
    """Return what is told of ``week``; nothing where nothing happened and nothing is open."""
    parts = [_asked(week), _danger(week), _top(week, knowledge), _gaps(week, knowledge), _open(week, knowledge)]
    told = ["\n".join(lines) for lines in parts if lines]
    if not told:
        return ""
    last = week.first + WEEK - timedelta(days=1)
    return "\n\n".join([f"The week from {_day(week.first)} to {_day(last)}, in UTC:", *told])


def overdue(knowledge: KnowledgeBase, today: date) -> list[str]:
    """Return the titles of answers and danger signs that a clinician was to look at again by ``today``."""
    checked: list[Entry | RedFlagGroup] = [*knowledge.published, *knowledge.red_flags.values()]
    return [one.title for one in checked if one.review_again_on is not None and one.review_again_on <= today]


def _asked(week: Week) -> list[str]:
    asked = of_kind(week.counts, ASKED)
    if not asked and not week.handoffs:
        return []
    helped = sum(rating.count for rating in week.ratings if rating.verdict == HELPED)
    rated = sum(rating.count for rating in week.ratings)
    lines = [
        f"Questions: {asked.total()}, answered {asked[ANSWERED]}, asked which was meant {asked[CHOICES]}, "
        f"not known {asked[MISSED]}."
    ]
    if rated:
        lines.append(f"Helpful: {helped} of {rated} who said.")
    if week.handoffs is not None:
        lines.append(f"Handed to you: {week.handoffs.opened}, answered {week.handoffs.answered}.")
    return lines


def _danger(week: Week) -> list[str]:
    alarms = of_kind(week.counts, ALARM)
    lines = [f"• {words}: {alarms[level.name]}" for level, words in _LEVELS.items() if alarms[level.name]]
    lines = ["Danger signs:", *lines] if lines else []
    calmed, settled = of_kind(week.counts, CALMED).total(), of_kind(week.counts, SETTLED).total()
    if calmed:
        lines.append(f'Possible false alarms ("None of this applies to me"): {calmed}')
    if settled:
        lines.append(f'"No" to the question about a danger sign: {settled}')
    return lines


def _top(week: Week, knowledge: KnowledgeBase) -> list[str]:
    subjects = {e.id: e for e in knowledge.entries.values() if not knowledge.is_small_talk(e)}
    given = of_kind(week.counts, ANSWERED)
    top = [(entry_id, count) for entry_id, count in given.most_common() if entry_id in subjects][:_MOST]
    return ["Answers given most:", *(f"• {subjects[i].title}: {n}" for i, n in top)] if top else []


def _gaps(week: Week, knowledge: KnowledgeBase) -> list[str]:
    if not week.gaps:
        return []
    lines = [
        f"• “{cut(gap.questions[0].text)}” ({gap.count}), nearest: {near(gap, knowledge)}" for gap in week.gaps
    ]
    more = [f"… and {len(lines) - _MOST} more."] if len(lines) > _MOST else []
    return ["New gaps in the answers (/gaps):", *lines[:_MOST], *more]


def _open(week: Week, knowledge: KnowledgeBase) -> list[str]:
    paused = {e.title for e in knowledge.entries.values() if e.id in week.paused or e.status is Status.PAUSED}
    lines = [f"Paused: {_named(sorted(paused))}"] if paused else []
    late = overdue(knowledge, week.first + WEEK)
    return [*lines, f"A clinician was to look again at: {_named(late)}"] if late else lines


def _named(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - _MOST} more" if len(titles) > _MOST else ""
    return ", ".join(f'"{title}"' for title in titles[:_MOST]) + more


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
