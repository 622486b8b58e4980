"""The pages that lead to a certified therapist: the clinic's directory, or how to find one in each country."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.clinic import directory
from bot.clinic.details import details
from bot.clinic.directory import Found
from bot.dialogue.cards import Cards
from bot.dialogue.keyboards import Keyboards, Rows
from bot.dialogue.reply import MAX_CODE_BYTES, Action, AsksPlace, code
from bot.knowledge.markup import Block, parse
from bot.knowledge.model import ClinicDetails, Coordinates, KnowledgeBase, Therapist

MOST_SHOWN = 5
"""Therapists in a message."""
_SEPARATOR = "."


@dataclass(frozen=True)
class Page:
    """What a reply says of therapists; ``closing`` as in ``Reply``. Empty, it ends with the way to care itself."""

    body: tuple[Block, ...]
    buttons: Rows
    closing: tuple[Block, ...] = ()
    asks_place: AsksPlace | None = None


class Finder:
    """Makes pages from the clinic's directory and the words in ``knowledge``. Holds nothing of who looks."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        keyboards: Keyboards,
        day: Callable[[date], str],
        today: Callable[[], date],
    ) -> None:
        """``day`` says a day in the bot's words; ``today`` tells which certifications have run out."""
        self._knowledge = knowledge
        self._keyboards = keyboards
        self._card = Cards(knowledge, day).card
        self._today = today

    @property
    def leave_label(self) -> str:
        """What is typed by the button that leaves the question where somebody is."""
        return self._text("button_leave_place")

    @property
    def has_anybody(self) -> bool:
        """Whether the directory has somebody to show."""
        return bool(self._shown())

    # --- pages ---------------------------------------------------------------------------------

    def start(self) -> Page:
        """Return the ways to look through the directory; its one therapist; or, empty, what ``check`` says."""
        shown, contact = self._shown(), self._contact()
        if not shown:
            return self._by_country(contact)
        if ways := self._keyboards.finding():
            body = (*contact, *parse(self._text("directory_intro")), *self._typing(shown))
            rows = [ways, self._keyboards.checking(), *self._keyboards.to_the_clinic()]
            return Page(body, rows, self._closing())
        return self._by_country((*contact, *self._card(directory.listed(shown)[0])))

    def short(self) -> Page:
        """Return the page for where several people read along: nothing to choose or to type."""
        return self._by_country(self.details(ClinicDetails.CONTACT))

    def whole(self) -> Page:
        """Return everything at once, for paper and websites."""
        cards = [block for found in directory.listed(self._shown()) for block in self._card(found)]
        return self._by_country((*self._contact(), *cards))

    def near(self, here: Coordinates) -> Page | None:
        """Return the therapists by their distance from ``here``, as far as the directory tells where they are; or
        nothing where there is nobody to show.
        """
        found = directory.by_distance(self._shown(), here)
        known = any(one.kilometres is not None for one in found)
        return self._these(self._text("therapists_near" if known else "therapists_all"), found) if found else None

    def in_town(self, typed: str, *, slips: bool = True) -> Page | None:
        """Return the therapists in the town or postcode that was ``typed``, or nothing where none is; ``slips``:
        also where it is only nearly spelt so.
        """
        found = directory.in_town(self._shown(), typed, slips=slips)
        if not found:
            return None
        names = dict.fromkeys(one.places[0].town or one.places[0].postcode for one in found)
        return self._these(self._text("therapists_in_town").format(town=", ".join(names)), found)

    def no_such_place(self) -> Page:
        """Return that nobody is listed at a place, with the other ways to look; their one therapist is shown.

        What was typed may have been no place at all, so it is said what not to wait with.
        """
        start = self.start()
        body = (*parse(self._text("place_unknown")), *parse(self._text("danger_line")), *start.body)
        return Page(body, start.buttons, start.closing)

    def tapped(self, argument: str) -> Page:
        """Return the page that a button leads to; one that means nothing any more leads to the first."""
        what, *rest = argument.split(_SEPARATOR)
        match what, rest:
            case "near", []:
                return self._where()
            case "check", []:
                return self._by_country(())
            case "parts", []:
                return self._parts()
            case "part", [part, start] if part in directory.body_parts(self._shown()):
                intro = self._text("therapists_for_part").format(part=part)
                return self._from(intro, directory.for_body_part(self._shown(), part), start, f"part.{part}")
            case "all", [start]:
                return self._from(self._text("therapists_all"), directory.listed(self._shown()), start, "all")
            case "these", numbers:
                listed = self._knowledge.clinic.therapists
                known = [listed[int(n)] for n in numbers if n.isdecimal() and int(n) < len(listed)]
                found = directory.listed(directory.shown(known, self._today()))
                return self._these(self._text("therapists_more"), found) if found else self.start()
            case _:
                return self.start()

    def details(self, wanted: ClinicDetails | None) -> tuple[Block, ...]:
        """Return what the clinic has filled in of one kind, to stand under an answer; nothing where it has not."""
        return self._of_the_clinic(wanted, self._shown())

    # --- what they share -------------------------------------------------------------------------

    def _typing(self, therapists: Sequence[Therapist]) -> tuple[Block, ...]:
        """Return that a town may stand behind the command, where a town is known to be one."""
        town = next((place.town for one in therapists for place in one.places if place.town), "")
        return parse(self._text("directory_town").format(town=town)) if town else ()

    def _where(self) -> Page:
        """Return the question where somebody is; a location helps only where the directory knows its own."""
        therapists = self._shown()
        if not any(one.places for one in therapists):
            return self.start()
        located = any(place.coordinates for one in therapists for place in one.places)
        asks = AsksPlace(self._text("button_share_place") if located else "", self.leave_label)
        return Page(parse(self._text("place_asked")), [self._keyboards.finding()[1:]], self._closing(), asks)

    def _parts(self) -> Page:
        parts = directory.body_parts(self._shown())
        if not parts:
            return self.start()
        return Page(parse(self._text("body_part_asked")), self._keyboards.body_parts(parts), self._closing())

    def _from(self, intro: str, found: Sequence[Found], start: str, way: str) -> Page:
        """Return some of ``found``, beginning at the number ``start``; ``way`` leads back here."""
        first = int(start) if start.isdecimal() else 0
        if not found[first:]:
            return self.start()
        more = f"{way}{_SEPARATOR}{first + MOST_SHOWN}" if found[first + MOST_SHOWN :] else ""
        return self._listing(intro, found[first : first + MOST_SHOWN], more)

    def _these(self, intro: str, found: Sequence[Found]) -> Page:
        """Return the first of ``found``; the numbers of the rest go into a button, and nothing of why these."""
        listed = self._knowledge.clinic.therapists
        more = ""
        for one in found[MOST_SHOWN:]:
            longer = f"{more or 'these'}{_SEPARATOR}{listed.index(one.therapist)}"
            if len(code(Action.THERAPIST, longer)) > MAX_CODE_BYTES:
                break
            more = longer
        return self._listing(intro, found[:MOST_SHOWN], more)

    def _listing(self, intro: str, found: Sequence[Found], more: str) -> Page:
        cards = [block for one in found for block in self._card(one)]
        return Page((*parse(intro), *cards), self._keyboards.under_therapists(more), self._closing())

    def _by_country(self, above: Sequence[Block]) -> Page:
        return Page((*above, *parse(self._text("therapist"))), self._keyboards.to_the_clinic())

    def _contact(self) -> tuple[Block, ...]:
        return self._of_the_clinic(ClinicDetails.CONTACT, ())

    def _of_the_clinic(self, wanted: ClinicDetails | None, therapists: Sequence[Therapist]) -> tuple[Block, ...]:
        intro, book = self._text("clinic_intro"), self._text("button_book")
        return details(self._knowledge.clinic, wanted, therapists, intro, book)

    def _closing(self) -> tuple[Block, ...]:
        return parse(self._text("directory_closing"))

    def _shown(self) -> tuple[Therapist, ...]:
        return directory.shown(self._knowledge.clinic.therapists, self._today())

    def _text(self, key: str) -> str:
        return self._knowledge.texts[key][0]
