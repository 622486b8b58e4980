"""What the clinic has filled in about itself, as blocks of a reply; nothing where it is empty."""

from bot.knowledge.markup import Block, BulletList, Span, parse
from bot.knowledge.model import Clinic, ClinicDetails


def details(clinic: Clinic, wanted: ClinicDetails | None, intro: str, book: str) -> tuple[Block, ...]:
    """Return the clinic's details of one kind below ``intro``; ``book`` is what the link for booking says."""
    if wanted is ClinicDetails.CONTACT:
        return _below(intro, [*_contact(clinic, book), *therapists(clinic)])
    if wanted is ClinicDetails.PRICES:
        return _below(intro, [(Span(line),) for line in clinic.prices])
    return ()


def therapists(clinic: Clinic) -> list[tuple[Span, ...]]:
    """Return a line for each of the clinic's therapists."""
    lines: list[tuple[Span, ...]] = []
    for person in clinic.therapists:
        rest = ", ".join(part for part in (person.qualification, person.register) if part)
        lines.append((Span(person.name, bold=True), Span(f", {rest}" if rest else "")))
    return lines


def _contact(clinic: Clinic, book: str) -> list[tuple[Span, ...]]:
    lines: list[tuple[Span, ...]] = []
    place = ", ".join(part for part in (clinic.name, clinic.address) if part)
    if place:
        lines.append((Span(place),))
    if clinic.phone:
        lines.append((Span(clinic.phone),))
    if clinic.booking:
        lines.append((Span(book, url=clinic.booking),))
    lines += [(Span(line),) for line in clinic.hours]
    return lines


def _below(intro: str, lines: list[tuple[Span, ...]]) -> tuple[Block, ...]:
    return (*parse(intro), BulletList(tuple(lines))) if lines else ()
