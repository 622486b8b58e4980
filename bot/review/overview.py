"""All answers at a glance: who checked each, what it rests on, what ``check`` says of it, and how it reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.dialogue.basis import Basis
from bot.dialogue.composer import Composer
from bot.knowledge.markup import Block
from bot.knowledge.model import Entry, KnowledgeBase
from bot.knowledge.problems import Problem
from bot.review.reviews import ANSWER, REVIEW_DUE, REVIEW_RULES, reviewable


@dataclass(frozen=True)
class Row:
    """An answer. ``section`` is its heading in the menu, empty where no section has it; ``status`` as in its file.

    ``review`` says in a few words who checked it, or that nobody has; ``waits``: a clinician is to check it, for
    the first time or again. ``sources`` are all, by name. ``warnings`` are the findings of ``check`` in its
    file, what waits for a review left out. ``blocks``: the answer as a runner reads it, referral included.
    """

    id: str
    title: str
    section: str
    status: str
    review: str
    waits: bool
    sources: tuple[Block, ...]
    warnings: tuple[str, ...]
    blocks: tuple[Block, ...]


def overview(knowledge: KnowledgeBase, findings: Iterable[Problem], today: date) -> tuple[Row, ...]:
    """Return all answers in the order of the menu, then those of no section, as they read ``today``.

    ``findings`` as ``check`` has them.
    """
    found: dict[str, list[Problem]] = {}
    for problem in findings:
        found.setdefault(problem.place.file, []).append(problem)
    composer, basis = Composer(knowledge, lambda: today), Basis(knowledge)
    signed = {one.id: one for one in reviewable(knowledge) if one.kind == ANSWER}
    titles = {section.id: section.title for section in knowledge.menu}
    places = {section_id: place for place, section_id in enumerate(titles)}
    ordered = sorted(knowledge.entries.values(), key=lambda e: (places.get(e.menu, len(places)), e.title))
    return tuple(
        Row(
            id=entry.id,
            title=entry.title,
            section=titles.get(entry.menu, ""),
            status=entry.status.value,
            review=_review(entry, basis, own, is_clinical=signed[entry.id].is_clinical),
            waits=signed[entry.id].is_clinical and not signed[entry.id].is_reviewed(today),
            sources=tuple(basis.named(entry)),
            warnings=tuple(_warning(p) for p in sorted(own) if p.rule not in REVIEW_RULES),
            blocks=tuple(block for message in composer.answer(entry, 0).messages for block in message),
        )
        for entry in ordered
        for own in [found.get(f"faq/{entry.id}.yaml", [])]
    )


def _review(entry: Entry, basis: Basis, own: Iterable[Problem], *, is_clinical: bool) -> str:
    if entry.reviewed_by and entry.reviewed_on:
        due = any(problem.rule == REVIEW_DUE for problem in own)
        when = "another check was due on" if due else "to be checked again on"
        again = f"; {when} {basis.day(entry.review_again_on)}" if entry.review_again_on else ""
        return f"Checked by {entry.reviewed_by} on {basis.day(entry.reviewed_on)}{again}"
    if entry.reviewed_by:
        return f"Checked by {entry.reviewed_by}"
    return "Not checked by a clinician yet" if is_clinical else "Tells of the bot alone: no clinician needed"


def _warning(problem: Problem) -> str:
    return f"{problem.severity}, line {problem.place.line}: {problem.message}"
