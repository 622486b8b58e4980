"""What the preview shows: a chat that nobody keeps, why it answered so, and all answers."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TypeVar

from cachetools import LRUCache, TTLCache

from bot.assistant import Assistant
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Action, Button, Reply
from bot.knowledge.html import to_html
from bot.knowledge.loader import Loaded
from bot.knowledge.markup import is_safe_address, plain
from bot.knowledge.model import KnowledgeBase, Status
from bot.knowledge.problems import Problem
from bot.ops.threads import in_thread
from bot.review import phrasings, reviews, wording
from bot.review.booklet import booklet
from bot.review.explain import Explanation, explain
from bot.review.overview import Row, overview
from bot.review.page import faq_page
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from bot.understanding.mind import Mind, Understanding
from bot.web.preview.pages import page, tappable

T = TypeVar("T")

MOST_VISITS = 50
"""Of browsers at the same time; the one that was longest silent goes first."""
VISIT_LASTS = 2 * 60 * 60
"""Seconds after which a silent visit is forgotten."""
MOST_EXCHANGES = 60
"""Shown of one visit; older ones are forgotten."""
_SPEAKER = Speaker("preview", "preview")
_SHARE = "share"
"""The code of the button with which Telegram sends where somebody is."""
_NOT_HERE: dict[str, str] = {
    _SHARE: "No place is read here: type a town or postcode. On Telegram this sends where the runner is.",
    Action.ASK: "Nothing is passed on from here. On Telegram the runner now writes to the clinic's therapists.",
    Action.KEEP_QUESTION: "Nothing is kept here. On Telegram the clinic may now read this question.",
}
_LEVELS = {
    "NOW": "call the emergency number now",
    "TODAY": "urgent care the same day",
    "BEFORE": "no running and no needling until a clinician has looked",
}
KINDS: Mapping[str, tuple[str, Callable[[Row], bool]]] = {
    "waits": ("that wait for a clinician", lambda row: row.waits),
    "look": ("with something to look at", lambda row: bool(row.warnings)),
    "off": ("that runners do not get", lambda row: row.status != Status.PUBLISHED),
}
"""What all answers can be narrowed down to: its words, and which rows it has."""


@dataclass(frozen=True)
class Sight:
    """What there is to be seen at a moment.

    ``mind`` answers, ``knowledge`` has all answers, paused ones too. ``problems`` keep a newer state of the files
    from being used. ``loaded``: how the files were read, where that is known. ``is_live``: runners are answered
    from the same.
    """

    mind: Mind | None = None
    knowledge: KnowledgeBase | None = None
    loaded: Loaded | None = None
    problems: tuple[Problem, ...] = ()
    is_live: bool = False
    reading: bool = False
    edits: int = 0
    """How many edits were taken over since the start."""


@dataclass
class _Exchange:
    """What was typed and the reply as it stands; a tap replaces it, as on Telegram."""

    number: int
    said: str
    reply: Reply
    why: Explanation | None = None
    tapped: str = ""


class _Bench:
    """Does what takes long, one piece at a time for all visits: runners are to be answered meanwhile.

    In threads of its own, since those of the loop are what their messages are understood in.
    """

    def __init__(self) -> None:
        self._free = asyncio.Lock()

    async def do(self, work: Callable[[], T]) -> T:
        async with self._free:
            return await in_thread(work)


class _Rehearsal(Assistant):
    """Answers as the assistant does, and knows why."""

    why: Explanation
    """Of the message understood last."""

    def __init__(self, mind: Mind, clock: Callable[[], float], bench: _Bench, *, asks: bool) -> None:
        super().__init__(mind, MemoryStore(most=MOST_EXCHANGES, clock=clock), clock, asks=asks)
        self._bench = bench

    async def _understand(self, text: str, conversation: Conversation) -> Understanding:
        self.why = await self._bench.do(partial(explain, self.mind, text, conversation))
        return self.why.understood


@dataclass
class _Visit:
    """One browser's conversation, kept here alone."""

    assistant: _Rehearsal
    exchanges: deque[_Exchange] = field(default_factory=lambda: deque(maxlen=MOST_EXCHANGES))
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    count: int = 0

    def add(self, said: str, reply: Reply, why: Explanation | None = None, tapped: str = "") -> _Exchange:
        self.count += 1
        self.exchanges.append(exchange := _Exchange(self.count, said, reply, why, tapped))
        return exchange

    def find(self, number: str) -> _Exchange | None:
        return next((one for one in self.exchanges if str(one.number) == number), None)


class Show:
    """Makes the pages from what ``look`` returns at the moment."""

    def __init__(
        self, look: Callable[[], Sight], clock: Callable[[], float] = time.time, *, asks: bool = False
    ) -> None:
        """``clock`` returns Unix time; ``asks``: runners can ask the clinic's therapists."""
        self._asks = asks
        self._look = look
        self._clock = clock
        self._visits: TTLCache[str, _Visit] = TTLCache(MOST_VISITS, ttl=VISIT_LASTS, timer=clock)
        self._rows: LRUCache[tuple[int, int, date], tuple[Sight, tuple[Row, ...]]] = LRUCache(1)
        self._bench = _Bench()

    @property
    def is_ready(self) -> bool:
        """Whether there are answers to show."""
        return self._look().mind is not None

    @property
    def visits(self) -> int:
        """How many conversations are kept at present."""
        return len(self._visits)

    # --- the chat -------------------------------------------------------------------------------

    async def chat(self, visitor: str, why: str = "", *, local: bool) -> str:
        """Return the page with the chat of ``visitor``, and why it replied; ``why``: to which message."""
        visit = await self._visit(visitor)
        explained = [one for one in visit.exchanges if one.why is not None]
        chosen = next((one for one in explained if str(one.number) == why), explained[-1] if explained else None)
        knowledge = self._knowledge()
        return page(
            "chat.html",
            here="chat",
            local=local,
            state=self.state(),
            clinic=knowledge.clinic.name,
            exchanges=visit.exchanges,
            last=visit.exchanges[-1].number,
            chosen=chosen,
            latest=chosen is not None and chosen is explained[-1],
            danger=_danger(knowledge, chosen.why) if chosen is not None and chosen.why is not None else None,
            to_html=lambda message: tappable(to_html(message)),
            is_safe=is_safe_address,
        )

    async def say(self, visitor: str, text: str) -> int:
        """Answer ``text`` and return the number of the exchange."""
        visit = await self._visit(visitor)
        text = text.replace("\r\n", "\n").strip()
        async with visit.lock:
            if text:
                visit.assistant.use(self._mind())
                reply = await visit.assistant.reply(text, _SPEAKER)
                visit.add(text, reply, visit.assistant.why)
            return visit.count

    async def tap(self, visitor: str, under: str, code: str) -> int:
        """Obey the button ``code`` under the exchange ``under`` and return the number of the one that changed."""
        visit = await self._visit(visitor)
        async with visit.lock:
            tapped = visit.find(under)
            buttons = [] if tapped is None else _buttons_of(tapped.reply)
            button = next((button for button in buttons if button.code == code), None)
            if tapped is None or button is None:
                return visit.count
            if (instead := _NOT_HERE.get(code.partition(":")[0])) is not None:
                tapped.tapped, tapped.reply = button.label, replace(tapped.reply, toast=instead)
                return tapped.number
            visit.assistant.use(self._mind())
            reply = await visit.assistant.tap(code, _SPEAKER, tapped.said)
            if len(reply.messages) > 1 or reply.asks_place is not None or reply.place_settled:
                return visit.add("", reply, tapped=button.label).number
            tapped.tapped = button.label
            tapped.reply = reply if reply.messages else _with_buttons_of(tapped.reply, reply)
            return tapped.number

    def forget(self, visitor: str) -> None:
        """Forget the conversation of ``visitor``."""
        self._visits.pop(visitor, None)

    async def tidy(self) -> None:
        """Forget the visits that were silent for too long."""
        self._visits.expire()

    async def _visit(self, visitor: str) -> _Visit:
        visit = self._visits.get(visitor)
        if visit is None:
            visit = _Visit(_Rehearsal(self._mind(), self._clock, self._bench, asks=self._asks))
        self._visits[visitor] = visit  # anew: it is silence that ends one
        async with visit.lock:
            if not visit.exchanges:
                visit.add("", await visit.assistant.reply("/start", _SPEAKER))
        return visit

    # --- the other pages ------------------------------------------------------------------------

    def state(self) -> str:
        """Return what is to be said of the files, as a piece of a page."""
        return page("state.html", sight=self._look())

    async def entries(self, wanted: str = "", only: str = "", *, local: bool) -> str:
        """Return the page with all answers, or with those in which all words of ``wanted`` stand.

        ``only``: one of ``KINDS``, and nothing else of them.
        """
        sight, state = self._look(), self.state()
        return await self._bench.do(lambda: self._entries(sight, wanted, only, state=state, local=local))

    def _entries(self, sight: Sight, wanted: str, only: str, *, state: str, local: bool) -> str:
        assert sight.mind is not None and sight.knowledge is not None
        now = sight.mind.knowledge.entries
        rows = [_at_present(row, now[row.id].status) for row in self._all_rows(sight)]
        words = wanted.casefold().split()
        shown = [row for row in rows if all(word in _text_of(row) for word in words)]
        if only in KINDS:
            shown = [row for row in shown if KINDS[only][1](row)]
        return page(
            "entries.html",
            here="entries",
            local=local,
            state=state,
            clinic=sight.knowledge.clinic.name,
            rows=shown,
            total=len(rows),
            wanted=wanted,
            only=only,
            kinds={kind: words for kind, (words, _) in KINDS.items()},
            kinds_of=lambda row: " ".join(kind for kind, (_, has) in KINDS.items() if has(row)),
            to_html=to_html,
        )

    async def prepare(self) -> None:
        """Make what takes long before somebody asks for it."""
        await self._bench.do(partial(self._all_rows, self._look()))

    async def booklet(self) -> str:
        """Return the booklet for a clinician's review."""
        knowledge, today = self._knowledge(), self._today()
        return await self._bench.do(lambda: booklet(knowledge, today))

    async def faq(self) -> str:
        """Return the FAQ as it would stand on the clinic's website."""
        knowledge, today = self._knowledge(), self._today()
        return await self._bench.do(lambda: faq_page(knowledge, today))

    def _all_rows(self, sight: Sight) -> tuple[Row, ...]:
        today = self._today()
        assert sight.knowledge is not None
        key = (id(sight.knowledge), id(sight.loaded), today)
        kept = self._rows.get(key)
        if kept is None:
            # The sight is kept beside them, so that nothing else gets their numbers meanwhile.
            self._rows[key] = kept = (sight, _rows(sight, today))
        return kept[1]

    def _mind(self) -> Mind:
        mind = self._look().mind
        assert mind is not None
        return mind

    def _knowledge(self) -> KnowledgeBase:
        knowledge = self._look().knowledge
        assert knowledge is not None
        return knowledge

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()


def _rows(sight: Sight, today: date) -> tuple[Row, ...]:
    knowledge, loaded = sight.knowledge, sight.loaded
    assert knowledge is not None
    files = {one.file for one in reviews.reviewable(knowledge)}
    places = loaded.places if loaded is not None else None
    findings = [*wording.findings(knowledge, places), *reviews.findings(knowledge, today, files)]
    if loaded is not None:
        findings += [*loaded.problems, *phrasings.findings(knowledge, loaded.places)]
    return overview(knowledge, findings, today)


def _at_present(row: Row, answering: Status) -> Row:
    return row if row.status == answering else replace(row, status=f"{answering} in the staff chat")


def _text_of(row: Row) -> str:
    """Return all in which the filter looks."""
    words = (
        row.id,
        row.title,
        row.section,
        row.status,
        row.review,
        *row.warnings,
        plain(row.blocks),
        plain(row.sources),
    )
    return " ".join(words).casefold()


def _danger(knowledge: KnowledgeBase, why: Explanation) -> Sequence[str]:
    """Return which danger sign it was, and how urgent, in words."""
    if why.verdict == "clear":
        return ()
    group = knowledge.red_flags.get(why.group)
    named = group.title if group is not None else why.group
    return (named if named not in ("", "unknown") else "of no known kind", _LEVELS.get(why.level, why.level))


def _buttons_of(reply: Reply) -> list[Button]:
    asks = reply.asks_place
    return [*(button for row in reply.buttons for button in row), *([Button(asks.share, _SHARE)] if asks else [])]


def _with_buttons_of(shown: Reply, reply: Reply) -> Reply:
    """Return ``shown`` as a reply without messages leaves it: only the buttons change, and a word is said."""
    return replace(shown, buttons=reply.buttons, toast=reply.toast)
