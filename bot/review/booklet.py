"""The booklet in which a clinician checks what the bot says, with a pen: one HTML file that prints well."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from markupsafe import Markup

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Pending, Screening
from bot.dialogue.reply import Reply
from bot.knowledge.html import line, to_html
from bot.knowledge.markup import Block, BulletList, Paragraph, is_safe_address
from bot.knowledge.model import Entry, KnowledgeBase, Level, OtherLanguage, RedFlagGroup, Source, Status
from bot.review.reviews import ANSWER, DANGER, LANGUAGE, Reviewable, reviewable, summary
from bot.review.templates import template
from bot.triage.rules import SELF_HARM, UNKNOWN, RedFlag

GRADES: Mapping[str, str] = {
    "blog": "the clinic's own article",
    "G": "guideline, regulator or professional body",
    "R": "review",
    "T": "trial or survey",
    "C": "case report",
    "P": "what clinics commonly do, without good evidence",
    "product": "how this bot works",
}
_LEVELS: Mapping[Level, str] = {
    Level.NOW: "NOW: call the emergency number",
    Level.TODAY: "TODAY: urgent care the same day",
    Level.BEFORE: "BEFORE: no running and no needling until a clinician has looked",
}
_REMINDERS = ("danger_line", "red_flag_calmed", "support", "support_short")
"""The bot's own texts on danger and support that stand beside other replies."""


_NOTHING = Markup("")


@dataclass(frozen=True)
class Statement:
    """A paragraph or a line of a list, with boxes to tick beside it."""

    html: Markup
    is_item: bool = False


@dataclass(frozen=True)
class Said:
    """What runners read at once: ``statements`` to be checked, then what stands below each such reply."""

    heading: str
    statements: tuple[Statement, ...]
    below: Markup = _NOTHING
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cited:
    """A source; ``address`` where there is one, ``link`` where it can be opened."""

    key: str
    work: str
    address: str
    link: str
    grade: str
    meaning: str


@dataclass(frozen=True)
class Sheet:
    """One thing to sign. ``command`` records the result; empty where no file keeps it."""

    anchor: str
    title: str
    file: str
    state: str
    is_reviewed: bool
    remarks: tuple[str, ...]
    said: tuple[Said, ...]
    sources: tuple[Cited, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Chapter:
    """Sheets that belong together, those that nobody has signed first."""

    anchor: str
    title: str
    sheets: tuple[Sheet, ...]

    @property
    def left(self) -> int:
        """How many of the sheets wait for a signature."""
        return sum(not sheet.is_reviewed for sheet in self.sheets)


def booklet(knowledge: KnowledgeBase, today: date) -> str:
    """Return the booklet as one HTML page without scripts and without anything from elsewhere."""
    everything = {one.file for one in reviewable(knowledge)}
    return template("booklet.html").render(
        clinic=knowledge.clinic.name,
        today=today,
        summary=summary(knowledge, today, everything),
        chapters=chapters(knowledge, today),
        grades=GRADES,
    )


def chapters(knowledge: KnowledgeBase, today: date) -> list[Chapter]:
    """Return what is to be checked: danger texts first, then the answers in the order of the menu."""
    writer = _Writer(knowledge, today)
    found = [
        Chapter("danger", "Danger signs: urgent texts and questions", _ordered(writer.danger_groups())),
        Chapter("neutral", "Danger signs of no known kind, and reminders", (writer.neutral(),)),
        Chapter("languages", "Danger signs in other languages", _ordered(writer.languages())),
    ]
    sections = [(section.id, section.title) for section in knowledge.menu] + [("", "In no section of the menu")]
    listed = {section.id for section in knowledge.menu}
    for section_id, title in sections:
        entries = [e for e in knowledge.entries.values() if (e.menu if e.menu in listed else "") == section_id]
        sheets = _ordered(writer.answer(entry) for entry in entries)
        found.append(Chapter(f"section-{section_id or 'none'}", title, sheets))
    return [chapter for chapter in found if chapter.sheets]


def _ordered(sheets: Iterator[Sheet]) -> tuple[Sheet, ...]:
    return tuple(sorted(sheets, key=attrgetter("is_reviewed", "title")))


class _Writer:
    def __init__(self, knowledge: KnowledgeBase, today: date) -> None:
        self._knowledge = knowledge
        self._composer = Composer(knowledge, lambda: today)
        self._today = today
        self._known = {(one.kind, one.id): one for one in reviewable(knowledge)}

    def danger_groups(self) -> Iterator[Sheet]:
        for group in self._knowledge.red_flags.values():
            base = group.signs[0].level
            said = [
                _said(
                    f"Urgent text, {_LEVELS[signs.level]}", self._composer.red_flag(RedFlag(group.id, signs.level))
                )
                for signs in group.signs
            ]
            screening = Screening.begun(RedFlag.of(group), 0, 0.0, Pending())
            said.append(_said("Question, when a sign is likely but not sure", self._composer.screening(screening)))
            remarks = [f"Level: {_LEVELS[base]}", self._counted(group)]
            yield self._sheet(DANGER, group.id, group.title, said, remarks=remarks)

    def neutral(self) -> Sheet:
        """Return the texts that belong to no group; they stand in texts.yaml, which nobody signs as a whole."""
        said = [
            _said("Urgent text, where the kind is not known", self._composer.red_flag(UNKNOWN)),
            _said("Question", self._composer.screening(Screening.begun(UNKNOWN, 0, 0.0, Pending()))),
            _said("After a cry for help", self._composer.cry()),
            _said("After “thanks” to an urgent text", self._composer.still_urgent(UNKNOWN)),
        ]
        if SELF_HARM in self._knowledge.red_flags:
            flag = RedFlag.of(self._knowledge.red_flags[SELF_HARM])
            said.append(_said("The same, after thoughts of self-harm", self._composer.still_urgent(flag)))
        said += [_said(f"“{key}” in texts.yaml", self._composer.notice(key, 0), whole=False) for key in _REMINDERS]
        return Sheet(
            "neutral-texts", "Texts for every kind", "texts.yaml", "no record kept", False, (), tuple(said)
        )

    def languages(self) -> Iterator[Sheet]:
        for language in self._knowledge.languages.values():
            said = [
                Said(heading, _statements(self._line(language, flag)))
                for heading, flag in (
                    ("Above an urgent text of level NOW", UNKNOWN),
                    ("Above one of a milder level", RedFlag(None, Level.TODAY)),
                    ("After thoughts of self-harm", RedFlag(SELF_HARM, Level.TODAY)),
                    ("Above “I only speak English”", None),
                )
            ]
            yield self._sheet(LANGUAGE, language.code, f"{language.name} ({language.code})", said)

    def answer(self, entry: Entry) -> Sheet:
        """Return the sheet of one answer, with the sources it names."""
        reply = self._composer.answer(entry, 0)
        remarks = []
        if entry.status is not Status.PUBLISHED:
            remarks.append(f"Status: {entry.status}. Runners do not see it.")
        if entry.alone:
            remarks.append("Stands alone: nothing beside it but the way to care and support.")
        if entry.caution:
            remarks.append("A caution: it stays in mind for 30 minutes and is named above other answers.")
        sources = [_cited(self._knowledge.sources[key]) for key in entry.sources]
        said = [_said("As runners see it", reply)]
        return self._sheet(ANSWER, entry.id, entry.title, said, remarks=remarks, sources=sources)

    def _line(self, language: OtherLanguage, flag: RedFlag | None) -> Sequence[Block]:
        """Return what the composer puts above a reply in that language."""
        reply = self._composer.notice("other_language", 0) if flag is None else self._composer.red_flag(flag)
        return self._composer.in_language(reply, language.code).messages[0][:1]

    def _counted(self, group: RedFlagGroup) -> str:
        signs = sum(len(signs.messages) for signs in group.signs)
        return f"{signs} signs and {len(group.look_alikes)} look-alikes are listed in its file."

    def _sheet(
        self,
        kind: str,
        own: str,
        title: str,
        said: Sequence[Said],
        *,
        remarks: Sequence[str] = (),
        sources: Sequence[Cited] = (),
    ) -> Sheet:
        one = self._known[(kind, own)]
        return Sheet(
            anchor=f"{one.file.partition('/')[0]}-{own}",
            title=title,
            file=one.file,
            state=_state(one, self._today),
            is_reviewed=one.is_reviewed(self._today) or not one.is_clinical,
            remarks=tuple(remarks),
            said=tuple(said),
            sources=tuple(sources),
            command=f"reviewed {own}",
        )


def _state(one: Reviewable, today: date) -> str:
    if one.is_due(today):
        return f"to be reviewed again since {one.review_again_on}"
    if one.reviewed_by:
        again = f", again on {one.review_again_on}" if one.review_again_on else ""
        return f"reviewed by {one.reviewed_by} on {one.reviewed_on}{again}"
    return "not reviewed yet" if one.is_clinical else "about the bot only: needs no clinician"


def _said(heading: str, reply: Reply, *, whole: bool = True) -> Said:
    """Return a reply to be checked; ``whole`` or only the text it was made for."""
    statements: list[Statement] = []
    for message in reply.messages:
        body = message[: len(message) - len(reply.closing)]
        statements += _statements(body if whole else body[:1])
    buttons = tuple(button.label for row in reply.buttons for button in row)
    return Said(heading, tuple(statements), to_html(reply.closing if whole else ()), buttons if whole else ())


def _statements(blocks: Sequence[Block]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for block in blocks:
        if isinstance(block, BulletList):
            found += [Statement(line(item), is_item=True) for item in block.items]
        elif isinstance(block, Paragraph):
            found.append(Statement(line(block.spans)))
    return tuple(found)


def _cited(source: Source) -> Cited:
    return Cited(
        source.key,
        ", ".join(part for part in (source.who, source.year) if part),
        source.address,
        source.address if is_safe_address(source.address) else "",
        source.grade,
        GRADES.get(source.grade, ""),
    )
