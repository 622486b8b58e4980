"""The one place where replies are made: every one leads on to a certified therapist or to urgent care."""

from collections.abc import Sequence
from dataclasses import replace

from bot.clinic import directory
from bot.dialogue.reply import Action, Button, Outcome, Reply, code
from bot.dialogue.splitting import LONGEST_MESSAGE, length, split
from bot.knowledge.markup import Block, BulletList, Span, parse, text_block
from bot.knowledge.model import ClinicDetails, Entry, KnowledgeBase, Level, Status
from bot.matching.decision import Candidate, Choices
from bot.triage.rules import RedFlag

_MOST_RELATED = 2
SELF_HARM = "self-harm"
"""The group with a reply of its own kind: crisis lines, and no button to wave it away."""
_OWN_WORD = "product"
"""The grade of sources that describe the bot itself: such answers need no clinician's check."""


class Composer:
    """Makes replies from the words in ``knowledge``; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge

    # --- answers -----------------------------------------------------------------

    def answer(self, entry: Entry, turn: int, confidence: float = 1.0) -> Reply:
        """Return the answer of ``entry`` with what it rests on and where to read on."""
        body = [*entry.answer]
        body += directory.details(self._knowledge.clinic, entry.clinic_details, self._text("clinic_intro"))
        if entry.see_therapist_if:
            body += [*parse(self._text("see_therapist_if_intro")), *entry.see_therapist_if]
        if basis := self._basis(entry):
            body.append(text_block(basis))
        return self._with_referral(
            Outcome.ANSWER,
            body,
            turn,
            buttons=self._under_an_answer(entry),
            entries=(entry.id,),
            confidence=confidence,
        )

    def choices(self, choices: Choices, turn: int) -> Reply:
        """Return the question which of the candidates was meant, with "None of these" at the end."""
        entries = [self._knowledge.entries[c.entry_id] for c in choices.candidates]
        buttons = [[Button(entry.title, code(Action.ENTRY, entry.id))] for entry in entries]
        buttons.append([Button(self._text("button_none_of_these"), code(Action.NONE_OF_THESE))])
        return self._with_referral(
            Outcome.CHOICES,
            parse(self._text("choices_intro")),
            turn,
            buttons=buttons,
            choices=tuple(entry.id for entry in entries),
            confidence=choices.candidates[0].confidence,
        )

    # --- replies given without understanding: each carries the line on danger signs --------

    def fallback(self, turn: int, nearest: Candidate | None = None) -> Reply:
        """Return the admission that the bot does not know."""
        return self._not_understood("fallback", turn, nearest.confidence if nearest else 0.0)

    def notice(self, key: str, turn: int) -> Reply:
        """Return one of the bot's own texts for a message it could not read, such as ``photo``."""
        return self._not_understood(key, turn, 0.0)

    # --- the bot about itself -------------------------------------------------------

    def start(self, turn: int) -> Reply:
        """Return the greeting with example questions and the menu."""
        examples = BulletList(tuple((Span(question),) for question in self._knowledge.texts["examples"]))
        body = [*parse(self._text("start")), *parse(self._text("examples_intro")), examples]
        return self._with_referral(Outcome.ANSWER, body, turn, buttons=self._sections())

    def page(self, key: str, turn: int) -> Reply:
        """Return one of the bot's own pages: ``help`` or ``privacy``."""
        return self._with_referral(Outcome.ANSWER, parse(self._text(key)), turn)

    def therapist(self, turn: int) -> Reply:
        """Return how to find a certified therapist, the clinic's own people first."""
        clinic = self._knowledge.clinic
        lines = directory.details(clinic, ClinicDetails.CONTACT, self._text("clinic_intro"))
        return self._with_referral(Outcome.ANSWER, [*lines, *parse(self._text("therapist"))], turn)

    def sources(self, turn: int) -> Reply:
        """Return the list of sources the answers rest on."""
        used = {key for entry in self._knowledge.published for key in entry.sources}
        listed = [
            s for key, s in self._knowledge.sources.items() if key in used and s.grade not in (_OWN_WORD, "blog")
        ]
        items = []
        for source in listed:
            label = ", ".join(part for part in (source.who, source.year) if part)
            address = source.address
            items.append((Span(label, url=address if address.startswith("http") else ""),))
        body: list[Block] = [*parse(self._text("sources_intro"))]
        if self._knowledge.clinic.blog_url:
            body.append(BulletList(((Span("Blog", url=self._knowledge.clinic.blog_url),),)))
        return self._with_referral(Outcome.ANSWER, [*body, *(BulletList((i,)) for i in items)], turn)

    def topics(self, turn: int) -> Reply:
        """Return the first level of the menu."""
        return self._with_referral(
            Outcome.ANSWER, parse(self._text("topics_intro")), turn, buttons=self._sections()
        )

    def section(self, section_id: str, turn: int) -> Reply:
        """Return the second level of the menu; an unknown section gives the reply to an old button."""
        section = next((s for s in self._knowledge.menu if s.id == section_id and s.listed), None)
        entries = self._knowledge.section(section_id) if section else ()
        if section is None or not entries:
            return self.notice("old_button", turn)
        buttons = [[Button(entry.title, code(Action.ENTRY, entry.id))] for entry in entries]
        buttons.append([Button(self._text("button_back"), code(Action.TOPICS))])
        intro = self._text("section_intro").format(section=section.title)
        return self._with_referral(Outcome.ANSWER, parse(intro), turn, buttons=buttons)

    # --- danger signs -----------------------------------------------------------------

    def red_flag(self, flag: RedFlag, replies: int = 1) -> Reply:
        """Return the urgent text, alone: no answer, no choices, no referral to a therapist.

        ``replies``: how many urgent replies this makes. From the second on a button says that none of it
        applies, never after signs of self-harm.
        """
        group = self._knowledge.red_flags.get(flag.group) if flag.group else None
        body: list[Block] = []
        if group and flag.level is Level.NOW and group.signs[0].level is not Level.NOW:
            body += parse(self._text("red_flag_now"))
        body += group.reply if group else parse(self._text("red_flag_unknown"))
        clinic = self._knowledge.clinic
        numbers = clinic.crisis_lines if flag.group == SELF_HARM else ()
        if listed := (*numbers, *clinic.emergency_numbers):
            body.append(text_block(self._text("red_flag_numbers").format(numbers=", ".join(listed))))
        body.append(text_block(self._text("red_flag_nobody_reads")))
        may_calm = replies > 1 and flag.group != SELF_HARM
        calm = Button(self._text("button_none_applies"), code(Action.NONE_APPLIES))
        return Reply(
            Outcome.RED_FLAG,
            tuple(split(body, LONGEST_MESSAGE)),
            ((calm,),) if may_calm else (),
            red_flag=flag.group or "unknown",
            level=flag.level,
            confidence=1.0,
        )

    def reminded(self, reply: Reply, flag: RedFlag) -> Reply:
        """Return ``reply`` below one line that reminds of a danger sign told of before."""
        group = self._knowledge.red_flags.get(flag.group) if flag.group else None
        title = group.title if group else self._text("red_flag_unknown_title")
        line = text_block(self._text("red_flag_reminder").format(title=title))
        first, *others = reply.messages
        if length((line, *first)) <= LONGEST_MESSAGE:
            return replace(reply, messages=((line, *first), *others))
        return replace(reply, messages=((line, *parse(self._text("referral"))), first, *others))

    # --- parts ------------------------------------------------------------------------

    def _not_understood(self, key: str, turn: int, confidence: float) -> Reply:
        body = [*parse(self._text(key, turn)), *parse(self._text("danger_line"))]
        return self._with_referral(
            Outcome.FALLBACK,
            body,
            turn,
            buttons=[
                [
                    Button(self._text("button_topics"), code(Action.TOPICS)),
                    Button(self._text("button_therapist"), code(Action.THERAPIST)),
                ]
            ],
            confidence=confidence,
        )

    def _with_referral(
        self,
        outcome: Outcome,
        body: Sequence[Block],
        turn: int,
        *,
        buttons: Sequence[Sequence[Button]] = (),
        entries: tuple[str, ...] = (),
        choices: tuple[str, ...] = (),
        confidence: float = 0.0,
    ) -> Reply:
        referral = parse(self._text("referral", turn))
        room = LONGEST_MESSAGE - length(referral) - 2
        return Reply(
            outcome,
            tuple((*part, *referral) for part in split(body, room)),
            tuple(tuple(row) for row in buttons),
            entries,
            choices,
            confidence=confidence,
        )

    def _text(self, key: str, turn: int = 0) -> str:
        wordings = self._knowledge.texts[key]
        return wordings[turn % len(wordings)]

    def _basis(self, entry: Entry) -> str:
        grades = [self._knowledge.sources[key].grade for key in entry.sources]
        named = [grade for grade in ("blog", "G", "R", "T", "C", "P") if grade in grades]
        if not named:
            return ""
        words = [self._text(f"grade_{grade}") for grade in named]
        sources = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
        if entry.reviewed_by and entry.reviewed_on:
            day = f"{entry.reviewed_on:%d %B %Y}".lstrip("0")
            return self._text("based_on_reviewed").format(sources=sources, reviewer=entry.reviewed_by, date=day)
        return self._text("based_on").format(sources=sources)

    def _under_an_answer(self, entry: Entry) -> list[list[Button]]:
        related = [self._knowledge.entries[key] for key in entry.related if key in self._knowledge.entries]
        shown = [e for e in related if e.status is Status.PUBLISHED][:_MOST_RELATED]
        rows = [[Button(e.title, code(Action.ENTRY, e.id))] for e in shown]
        return [*rows, [Button(self._text("button_therapist"), code(Action.THERAPIST))]]

    def _sections(self) -> list[list[Button]]:
        return [
            [Button(section.title, code(Action.SECTION, section.id))]
            for section in self._knowledge.menu
            if section.listed and self._knowledge.section(section.id)
        ]
