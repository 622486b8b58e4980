"""What a clinician has checked, and what waits for it: answers, danger signs, sentences in other languages."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.knowledge.model import Entry, KnowledgeBase, OtherLanguage, RedFlagGroup, Status
from bot.knowledge.problems import Place, Problem, Severity

_OWN_WORD = "product"
"""The grade of sources that describe the bot itself: such answers need no clinician's check."""


@dataclass(frozen=True)
class Reviewable:
    """A file that a clinician checks; ``file`` is its name in the folder, ``kind`` one of ``KINDS``."""

    id: str
    kind: str
    file: str
    label: str
    reviewed_by: str
    reviewed_on: date | None
    review_again_on: date | None
    is_shown: bool = True
    is_clinical: bool = True

    def is_reviewed(self, today: date) -> bool:
        """Return whether somebody checked it, and need not look again yet."""
        return bool(self.reviewed_by) and not self.is_due(today)

    def is_due(self, today: date) -> bool:
        """Return whether the day has come to look at it again."""
        return self.review_again_on is not None and self.review_again_on <= today


REVIEW_RULES = NOT_REVIEWED, REVIEW_DUE = ("not-reviewed", "review-due")
ANSWER, DANGER, LANGUAGE = KINDS = ("answer", "group of danger signs", "other language")
_PLURALS = {ANSWER: "answers", DANGER: "groups of danger signs", LANGUAGE: "other languages"}


def reviewable(knowledge: KnowledgeBase) -> tuple[Reviewable, ...]:
    """Return all that a clinician can sign, danger signs first."""
    return (
        *(_of(DANGER, group, f'red flag "{group.id}"') for group in knowledge.red_flags.values()),
        *(_of(LANGUAGE, language, f'language "{language.code}"') for language in knowledge.languages.values()),
        *(_answer(knowledge, entry) for entry in knowledge.entries.values()),
    )


def own_files(folder: Path) -> frozenset[str]:
    """Return the names of the files that lie in ``folder`` itself: what is lent is not for its staff to sign."""
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def findings(knowledge: KnowledgeBase, today: date, files: Container[str]) -> Iterator[Problem]:
    """Yield which of ``files`` wait for a first or another review, and reviews of a day yet to come."""
    for one in reviewable(knowledge):
        if not one.is_shown or one.file not in files:
            continue
        if one.is_clinical and not one.reviewed_by:
            yield _problem(
                one,
                Severity.NOTICE,
                NOT_REVIEWED,
                f'no clinician has checked this {one.kind} yet. Put the name in "reviewed_by".',
            )
        if one.reviewed_on is not None and one.reviewed_on > today:
            yield _problem(
                one,
                Severity.ERROR,
                "future-date",
                f'"reviewed_on" is {one.reviewed_on}, a day yet to come. Type the day of the review.',
            )
        if one.is_due(today):
            yield _problem(
                one,
                Severity.NOTICE,
                REVIEW_DUE,
                f"another review of this {one.kind} was due on {one.review_again_on}. "
                'Check it, then put new dates into "reviewed_on" and "review_again_on".',
            )


def summary(knowledge: KnowledgeBase, today: date, files: Container[str]) -> str:
    """Return in one line how much waits for a clinician; empty where nothing can be signed."""
    counts = []
    for kind in (ANSWER, DANGER, LANGUAGE):
        of_kind = [one for one in reviewable(knowledge) if one.kind == kind and one.file in files]
        of_kind = [one for one in of_kind if one.is_shown and one.is_clinical]
        left = sum(not one.is_reviewed(today) for one in of_kind)
        if of_kind:
            counts.append(f"{left} of {len(of_kind)} {_PLURALS[kind]}")
    return f"to be reviewed by a clinician: {', '.join(counts)}" if counts else ""


def _problem(one: Reviewable, severity: Severity, rule: str, message: str) -> Problem:
    return Problem(Place(one.file), severity, rule, f"{one.label}: {message}")


def _answer(knowledge: KnowledgeBase, entry: Entry) -> Reviewable:
    grades = {knowledge.sources[key].grade for key in entry.sources if key in knowledge.sources}
    return _of(
        ANSWER,
        entry,
        f'entry "{entry.id}"',
        is_shown=entry.status is Status.PUBLISHED,
        is_clinical=bool(grades - {_OWN_WORD}),
    )


def _of(
    kind: str,
    what: Entry | RedFlagGroup | OtherLanguage,
    label: str,
    *,
    is_shown: bool = True,
    is_clinical: bool = True,
) -> Reviewable:
    own = what.code if isinstance(what, OtherLanguage) else what.id
    folder = {ANSWER: "faq", DANGER: "red_flags", LANGUAGE: "other_languages"}[kind]
    return Reviewable(
        own,
        kind,
        f"{folder}/{own}.yaml",
        label,
        what.reviewed_by,
        what.reviewed_on,
        what.review_again_on,
        is_shown,
        is_clinical,
    )
