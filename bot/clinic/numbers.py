"""Numbers for the clinic, as text: how much is asked and what became of it; small ones are hidden."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from bot.knowledge.model import KnowledgeBase
from bot.storage.protocol import Occurrence, Rating, Store

ASKED, ALARM, CALMED, SETTLED, REFERRED = "asked", "alarm", "calmed", "settled", "referral"
"""What is counted beside the replies themselves: a question, by what became of it; an alarm, by its level; by its
group what may have been a false one, after "None of this applies to me" and after "No" to the question about a
danger sign; and that somebody wanted to know how to find a therapist."""
ANSWERED, CHOICES, MISSED, HELPED = "answer", "choices", "fallback", "helped"
DAYS = 14
FEW = 5
"""Below it a number might tell of one person, and is not shown."""
_HIDDEN = f"Numbers under {FEW} are hidden; where one is, those beside it are told by fives."
_BAR, _WIDEST = "▇", 16
_MOST_ENTRIES = 15


@dataclass(frozen=True)
class Handoffs:
    """Questions handed to the clinic's people: how many, how many of them answered, and after how long."""

    opened: int
    answered: int
    median_minutes: float | None = None

    @classmethod
    def of(cls, waits: Sequence[float | None]) -> "Handoffs | None":
        """Return what ``waits``, as ``Store.waits`` gives them, come to; nothing where there are none."""
        answered = [seconds for seconds in waits if seconds is not None]
        half = median(answered) / 60 if answered else None
        return cls(len(waits), len(answered), half) if waits else None


@dataclass(frozen=True)
class Figures:
    """What happened on some days, one after the other, and what was said of the answers meanwhile."""

    days: Mapping[date, Mapping[Occurrence, int]]
    ratings: Sequence[Rating] = ()
    handoffs: Handoffs | None = None

    @property
    def together(self) -> Counter[Occurrence]:
        """What happened on all days."""
        together: Counter[Occurrence] = Counter()
        for counts in self.days.values():
            together.update(counts)
        return together


async def collected(store: Store, today: date, days: int = DAYS) -> Figures:
    """Return the figures of the last ``days`` days, ``today`` the last of them; raise ``StoreError``."""
    span = [today - timedelta(days=back) for back in reversed(range(days))]
    counts = {day: await store.counts(day, day) for day in span}
    waits = await store.waits(span[0], today)
    return Figures(counts, await store.ratings(span[0], today), Handoffs.of(waits))


def of_kind(counts: Mapping[Occurrence, int], kind: str) -> Counter[str]:
    """Return how often what is called ``kind`` happened, by its subject."""
    found: Counter[str] = Counter()
    for (what, subject), count in counts.items():
        if what == kind:
            found[subject] += count
    return found


def shown(figures: Figures, knowledge: KnowledgeBase) -> str:
    """Return ``figures`` as text with bars; numbers under five are hidden."""
    together = figures.together
    asked = of_kind(together, ASKED)
    by_day = {day: of_kind(counts, ASKED).total() for day, counts in figures.days.items()}
    most = max(by_day.values(), default=0)
    told = _telling(*asked.values(), *by_day.values())
    span = "The last day" if len(by_day) == 1 else f"The last {len(by_day)} days"
    lines = [f"{span}, in UTC. {_HIDDEN}", "", "Questions a day:"]
    lines += [
        f"{day:%a} {day.day} {day:%b}  {_bar(count, most, exact=told is str)}{told(count)}"
        for day, count in by_day.items()
    ]
    lines += [
        "",
        f"Questions: {told(asked.total())}",
        f"• answered: {told(asked[ANSWERED])}",
        f"• asked which was meant: {told(asked[CHOICES])}",
        f"• not known: {told(asked[MISSED])}",
        f'"Find a therapist": {few(of_kind(together, REFERRED).total())}',
        *_handed_over(figures.handoffs),
        *_helpful(figures.ratings, knowledge),
    ]
    return "\n".join(lines)


def few(count: int) -> str:
    """Return ``count``, hidden where it might tell of one person."""
    return f"<{FEW}" if 0 < count < FEW else str(count)


def by_fives(count: int) -> str:
    """Return ``count`` no finer than by fives, hidden where it might tell of one person."""
    return few(count) if count < FEW else f"about {FEW * round(count / FEW)}"


def _telling(*counts: int) -> Callable[[int], str]:
    """Return how numbers are told that make each other up: were one hidden only, the others would give it away."""
    return by_fives if any(0 < count < FEW for count in counts) else str


def _bar(count: int, most: int, *, exact: bool) -> str:
    """Return a bar that tells no more than the number beside it."""
    if not exact:
        count, most = (FEW * round(number / FEW) if number >= FEW else 0 for number in (count, most))
    return _BAR * max(1, round(_WIDEST * count / most)) + " " if count >= FEW else ""


def _handed_over(handoffs: Handoffs | None) -> list[str]:
    if handoffs is None:
        return []
    told = _telling(handoffs.opened, handoffs.answered, handoffs.opened - handoffs.answered)
    lines = [f"Handed to you: {told(handoffs.opened)}, answered: {told(handoffs.answered)}"]
    if handoffs.median_minutes is not None and handoffs.answered >= FEW:
        lines.append(f"• half of them within {handoffs.median_minutes:.0f} minutes")
    return lines


def _helpful(ratings: Sequence[Rating], knowledge: KnowledgeBase) -> list[str]:
    """Return how many found an answer helpful, for those with enough taps to tell, the most tapped first."""
    said: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for rating in ratings:
        said[rating.entry_id][rating.verdict == HELPED] += rating.count
    ordered = sorted(
        (entry_id for entry_id in said if said[entry_id].total() >= FEW), key=lambda i: -said[i].total()
    )
    lines = [f"• {_title(i, knowledge)}: {_share(said[i])}" for i in ordered[:_MOST_ENTRIES]]
    return ["", "Helpful, by answer:", *lines] if lines else []


def _share(said: Counter[bool]) -> str:
    # With few of one kind the number of the other would tell them.
    if 0 < min(said[True], said[False]) < FEW:
        return f"mostly {'yes' if said[True] > said[False] else 'no'}, of {said.total()}"
    return f"{round(100 * said[True] / said.total())} % of {said.total()}"


def _title(entry_id: str, knowledge: KnowledgeBase) -> str:
    entry = knowledge.entries.get(entry_id)
    return entry.title if entry is not None else entry_id
