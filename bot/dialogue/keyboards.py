"""Which buttons stand under a reply: at most four rows under an answer, so that all fit on a phone's screen."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from bot.clinic import directory
from bot.dialogue.reply import Action, Button, Reason, code
from bot.knowledge.model import ClinicDetails, Entry, KnowledgeBase, MenuSection

Rows = list[list[Button]]

_RATINGS = frozenset({Action.HELPED, Action.DID_NOT_HELP, Action.REASON})
_TO_THE_CLINIC = frozenset({Action.THERAPIST, Action.KEEP_QUESTION, Action.KEEP_NOT, Action.ASK})
_COMPLAINTS = frozenset({"treatment-complaint", "complaint-feedback"})
"""Topics that are nothing for the therapists themselves."""
_MOST_ENTRIES = 2
"""Rows of further entries under an answer, beside the therapist and what somebody thinks of the answer."""
_MOST_ROWS = 4

_FEWEST_TO_CHOOSE_FROM = 2
"""Therapists from which on it is asked how to look; a single one is shown at once."""
_PARTS_IN_A_ROW = 3


class Keyboards:
    """Makes the rows of buttons from the words in ``knowledge``; ``asks``: the clinic's therapists can be asked."""

    def __init__(
        self, knowledge: KnowledgeBase, today: Callable[[], date] = directory.no_day, *, asks: bool = False
    ) -> None:
        """``today`` tells who of the directory may be shown."""
        self._knowledge = knowledge
        self._today = today
        self._asks = asks

    def under_answers(self, entries: Sequence[Entry], others: Iterable[str] = (), *, rate: bool = True) -> Rows:
        """Return what stands under the answers of ``entries``.

        ``others`` are entries that may have been meant as well; they come before the related ones. A greeting
        gets the menu instead, and nobody is asked what they think of it.
        """
        if all(self._knowledge.is_small_talk(entry) for entry in entries):
            return self._ways_on()
        last = self._at_the_end(entries, rate=rate)
        most = _MOST_ROWS - len(last)
        shown = {entry.id for entry in entries}
        rows: Rows = []
        meant = [e for e in self._published(others) if e.id not in shown][:most]
        for entry in meant:
            label = self._text("button_runner_up").format(title=entry.title)
            rows.append([Button(label, code(Action.ENTRY, entry.id))])
        shown.update(entry.id for entry in meant)
        related = [e for first in entries for e in self._published(first.related)]
        for entry in related:
            if entry.id not in shown and len(rows) < min(most, _MOST_ENTRIES):
                rows.append([self._entry(entry)])
                shown.add(entry.id)
        return [*rows, *last]

    def under_part(self, entry: Entry, others: Iterable[str] = ()) -> Rows:
        """Return what stands under a part of the answer of ``entry``: first the way to all of it."""
        whole = Button(self._text("button_whole_answer"), code(Action.ENTRY, entry.id))
        last = self._at_the_end([entry])
        entries = self.under_answers([entry], others)[: -len(last)]
        return [[whole], *entries[: _MOST_ROWS - len(last) - 1], *last]

    def reasons(self, entry: Entry) -> Rows:
        """Return the question why an answer did not help, in place of the related entries."""
        reasons = [
            Button(self._text(f"button_reason_{reason}"), code(Action.REASON, f"{reason}.{entry.id}"))
            for reason in Reason
        ]
        return [*([button] for button in reasons), *self._at_the_end([entry], rate=False)]

    def choices(self, entries: Sequence[Entry]) -> Rows:
        """Return one row for each entry, and "None of these"."""
        none = Button(self._text("button_none_of_these"), code(Action.NONE_OF_THESE))
        return [*([self._entry(entry)] for entry in entries), [none, *self._ask()]]

    def not_understood(self, *, keep: bool, ask: bool = False) -> Rows:
        """Return the ways on when the bot did not understand.

        ``keep``: with "Yes" and "No" to keeping the question, ``ask``: let the clinic's therapists answer it.
        """
        rows = self._ways_on()
        if (keep or ask) and self._asks:
            rows.append(self._ask())
        if keep:
            yes = Button(self._text("button_keep_question"), code(Action.KEEP_QUESTION))
            rows.append([yes, Button(self._text("button_keep_not"), code(Action.KEEP_NOT))])
        return rows

    def sections(self) -> Rows:
        """Return the first level of the menu."""
        return [
            [Button(section.title, code(Action.SECTION, section.id))]
            for section in self._knowledge.menu
            if section.listed and self._knowledge.section(section.id)
        ]

    def section(self, section: MenuSection) -> Rows:
        """Return the second level of the menu."""
        entries = [[self._entry(entry)] for entry in self._knowledge.section(section.id)]
        return [*entries, [Button(self._text("button_back"), code(Action.TOPICS))]]

    def to_the_clinic(self) -> Rows:
        """Return what stands under the page that says how to find a therapist."""
        return [[*self._booking(), self._topics()]]

    def finding(self) -> list[Button]:
        """Return the ways to look through the directory; none where it has nobody to choose from."""
        therapists = directory.shown(self._knowledge.clinic.therapists, self._today())
        if len(therapists) < _FEWEST_TO_CHOOSE_FROM:
            return []
        ways = (
            ("button_nearest", "near", any(one.places for one in therapists)),
            ("button_by_part", "parts", directory.body_parts(therapists)),
            ("button_show_all", "all.0", True),
        )
        return [Button(self._text(key), code(Action.THERAPIST, way)) for key, way, there in ways if there]

    def body_parts(self, parts: Sequence[str]) -> Rows:
        """Return a button for each part of the body that somebody treats, and the way back."""
        labels = {"back": self._text("button_part_back")}
        buttons = [
            Button(labels.get(part, part.capitalize()), code(Action.THERAPIST, f"part.{part}.0")) for part in parts
        ]
        rows = [buttons[start : start + _PARTS_IN_A_ROW] for start in range(0, len(buttons), _PARTS_IN_A_ROW)]
        return [*rows, [self._back_to_therapists()]]

    def under_therapists(self, more: str = "") -> Rows:
        """Return what stands under therapists: the next ones, if ``more`` says which, and other ways to look."""
        rows = [[Button(self._text("button_show_more"), code(Action.THERAPIST, more))]] if more else []
        return [*rows, [self._back_to_therapists(), self._topics()]]

    def answer_of(self, entry: Entry) -> Rows:
        """Return the way to the answer of ``entry``, where something else was said in its place."""
        return [[self._entry(entry)]]

    def checking(self) -> list[Button]:
        """Return the way to how somebody is found and checked in each country."""
        return [Button(self._text("button_check_therapist"), code(Action.THERAPIST, "check"))]

    def _back_to_therapists(self) -> Button:
        # The same page as without an argument, by a code of its own: only who comes to look is counted.
        return Button(self._text("button_other_ways"), code(Action.THERAPIST, "start"))

    def all_sources(self) -> Rows:
        """Return what stands under the sources of one answer."""
        return [[Button(self._text("button_all_sources"), code(Action.SOURCES))]]

    def unrated(self, rows: Sequence[Sequence[Button]]) -> tuple[tuple[Button, ...], ...]:
        """Return ``rows`` without what asks for an opinion."""
        return _kept(rows, lambda button: _action(button) not in _RATINGS)

    def unasked(self, rows: Sequence[Sequence[Button]]) -> tuple[tuple[Button, ...], ...]:
        """Return ``rows`` without what asks a therapist."""
        return _kept(rows, lambda button: _action(button) != Action.ASK)

    def consent(self, argument: str) -> Rows:
        """Return the two answers to whether something may be passed on to the clinic; ``argument`` goes with it."""
        return [
            [
                Button(self._text("button_handoff_yes"), code(Action.SEND, argument)),
                Button(self._text("button_handoff_no"), code(Action.HOLD)),
            ]
        ]

    def close(self, ref: str) -> Rows:
        """Return what ends the conversation ``ref``, and tells which one a reply belongs to."""
        return [[Button(self._text("button_handoff_close"), code(Action.CLOSE, ref))]]

    def supportive(self, rows: Sequence[Sequence[Button]]) -> tuple[tuple[Button, ...], ...]:
        """Return ``rows`` without what asks for an opinion or leads to a clinic."""

        def kept(button: Button) -> bool:
            action, _, argument = button.code.partition(":")
            entry = self._knowledge.entries.get(argument) if action == Action.ENTRY else None
            leads_there = button.url or action in _TO_THE_CLINIC or (entry is not None and entry.clinic_details)
            return not leads_there and action not in _RATINGS

        return _kept(rows, kept)

    def none_applies(self) -> Rows:
        """Return the button that says that nothing of an urgent reply applies."""
        return [[Button(self._text("button_none_applies"), code(Action.NONE_APPLIES))]]

    def screening(self, argument: str) -> Rows:
        """Return the two answers to a question about a danger sign; ``argument`` names the question."""
        return [
            [Button(self._text("button_screening_yes"), code(Action.SCREENING_YES, argument))],
            [Button(self._text("button_screening_no"), code(Action.SCREENING_NO, argument))],
        ]

    def _at_the_end(self, entries: Sequence[Entry], *, rate: bool = True) -> Rows:
        """Return the ways to a therapist, and what somebody may think of the answers of ``entries``."""
        complaint = any(entry.alone or not _COMPLAINTS.isdisjoint((entry.id, entry.part_of)) for entry in entries)
        by_directory = any(entry.clinic_details is ClinicDetails.CONTACT for entry in entries) and self.finding()
        therapist, ask = by_directory or self._therapist(), [] if complaint else self._ask(entries[0].id)
        # Three labels in a row would be cut off on a phone.
        rows = [[*therapist, *ask]] if len(therapist) == 1 else [therapist, *([ask] if ask else [])]
        if rate:
            helped = Button(self._text("button_helped"), code(Action.HELPED, entries[0].id))
            rows.append(
                [helped, Button(self._text("button_did_not_help"), code(Action.DID_NOT_HELP, entries[0].id))]
            )
        return rows

    def _ask(self, entry_id: str = "") -> list[Button]:
        return [Button(self._text("button_ask_therapist"), code(Action.ASK, entry_id))] if self._asks else []

    def _entry(self, entry: Entry) -> Button:
        return Button(entry.title, code(Action.ENTRY, entry.id))

    def _ways_on(self) -> Rows:
        """Return the menu and the therapist, beside each other where three labels need not share a row."""
        topics, therapist = self._topics(), self._therapist()
        return [[topics], therapist] if len(therapist) > 1 else [[topics, *therapist]]

    def _topics(self) -> Button:
        return Button(self._text("button_topics"), code(Action.TOPICS))

    def _therapist(self) -> list[Button]:
        return [Button(self._text("button_therapist"), code(Action.THERAPIST)), *self._booking()]

    def _booking(self) -> list[Button]:
        booking = self._knowledge.clinic.booking
        return [Button(self._text("button_book"), url=booking)] if booking else []

    def _published(self, entry_ids: Iterable[str]) -> list[Entry]:
        found = (self._knowledge.published_entry(entry_id) for entry_id in entry_ids)
        return [entry for entry in found if entry is not None]

    def _text(self, key: str) -> str:
        return self._knowledge.texts[key][0]


def _action(button: Button) -> str:
    return button.code.partition(":")[0]


def _kept(rows: Sequence[Sequence[Button]], wanted: Callable[[Button], object]) -> tuple[tuple[Button, ...], ...]:
    """Return the wanted buttons in their rows, and no empty row."""
    kept = (tuple(button for button in row if wanted(button)) for row in rows)
    return tuple(row for row in kept if row)
