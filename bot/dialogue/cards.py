"""What people read about one therapist of the directory."""

from collections.abc import Callable, Iterator
from datetime import date

from bot.clinic.details import title
from bot.clinic.directory import Found, rounded
from bot.knowledge.markup import Block, BulletList, Paragraph, Span
from bot.knowledge.model import Certification, KnowledgeBase, Practice

Line = tuple[Span, ...]


class Cards:
    """Tells of therapists in the words of ``knowledge``."""

    def __init__(self, knowledge: KnowledgeBase, day: Callable[[date], str]) -> None:
        """``day`` says a day in the bot's words."""
        self._knowledge = knowledge
        self._day = day

    def card(self, found: Found) -> list[Block]:
        """Return name, certification, places, languages, whom they treat, and how to book."""
        lines = tuple(self._lines(found))
        return [Paragraph(title(found.therapist)), *([BulletList(lines)] if lines else [])]

    def _lines(self, found: Found) -> Iterator[Line]:
        therapist = found.therapist
        if therapist.certification is not None:
            yield self._certified(therapist.certification)
        for number, place in enumerate(found.places):
            yield (Span(self._at(place, None if number else found.kilometres)),)
        for key, texts in (("therapist_languages", therapist.languages), ("therapist_treats", therapist.treats)):
            if texts:
                yield (Span(self._text(key).format(list=", ".join(texts))),)
        if therapist.phone:
            yield (Span(therapist.phone),)
        yield from ((Span(line),) for line in therapist.hours)
        if therapist.booking:
            yield (self._booking(therapist.booking),)

    def _certified(self, certification: Certification) -> Line:
        told = [self._text("therapist_certified").format(body=certification.body)]
        if certification.number:
            told.append(self._text("therapist_number").format(number=certification.number))
        if certification.valid_until is not None:
            told.append(self._text("therapist_until").format(date=self._day(certification.valid_until)))
        line = Span(", ".join(told))
        if not certification.check:
            return (line,)
        return (line, Span(". "), Span(self._text("therapist_check"), url=certification.check))

    def _at(self, place: Practice, kilometres: float | None) -> str:
        """Return where a place is, how far that is, and when somebody is there."""
        parts = [place.name, place.address, " ".join(filter(None, (place.town, place.postcode)))]
        if kilometres is not None:
            about = rounded(kilometres)
            key = "distance_about" if about else "distance_near"
            parts.append(self._text(key).format(kilometres=f"{about:,}") if about else self._text(key))
        told = ", ".join(filter(None, parts))
        return f"{told}: {'; '.join(place.hours)}" if place.hours else told

    def _booking(self, address: str) -> Span:
        """Return how to book; a number or mail address is said as it is, since chat programs open no such link."""
        scheme, _, rest = address.partition(":")
        if scheme.lower() == "https":
            return Span(self._text("button_book"), url=address)
        return Span(self._text("therapist_book").format(address=rest))

    def _text(self, key: str) -> str:
        return self._knowledge.texts[key][0]
