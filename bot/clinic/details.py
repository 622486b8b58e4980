"""What the clinic has filled in about itself, as blocks of a reply; nothing where it is empty."""

from collections.abc import Sequence

from bot.knowledge.markup import Block, BulletList, Span, parse
from bot.knowledge.model import Clinic, ClinicDetails, Therapist

_MOST_NAMED = 5
"""Therapists named below the clinic's address; more are found by their directory only."""


def details(
    clinic: Clinic, wanted: ClinicDetails | None, therapists: Sequence[Therapist], intro: str, book: str
) -> tuple[Block, ...]:
    """Return the clinic's details of one kind below ``intro``; ``book`` is what the link for booking says.

    ``therapists`` are those to be named with its address.
    """
    if wanted is ClinicDetails.CONTACT:
        named = [title(one) for one in therapists] if len(therapists) <= _MOST_NAMED else []
        return _below(intro, [*_contact(clinic, book), *named])
    if wanted is ClinicDetails.PRICES:
        return _below(intro, [(Span(line),) for line in clinic.prices])
    return ()


def title(therapist: Therapist) -> tuple[Span, ...]:
    """Return a therapist's name with what they are."""
    rest = ", ".join(part for part in (therapist.qualification, therapist.register) if part)
    return (Span(therapist.name, bold=True), Span(f", {rest}" if rest else ""))


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
