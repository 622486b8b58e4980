"""The one place where replies are made: every one leads on to a certified therapist or to urgent care."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.clinic import directory
from bot.dialogue.conversation import Screening
from bot.dialogue.keyboards import Keyboards
from bot.dialogue.reply import Action, Button, Outcome, Reply
from bot.dialogue.splitting import LONGEST_MESSAGE, length, split
from bot.knowledge.markup import Block, BulletList, Paragraph, Span, parse, text_block
from bot.knowledge.model import ClinicDetails, Entry, KnowledgeBase, Level, RedFlagGroup
from bot.matching.decision import Candidate, Choices
from bot.triage.rules import SELF_HARM, RedFlag

_OWN_WORD = "product"
"""The grade of sources that describe the bot itself: such answers need no clinician's check."""


class Composer:
    """Makes replies from the words in ``knowledge``; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._keyboards = Keyboards(knowledge)

    # --- answers -----------------------------------------------------------------

    def answer(
        self,
        entry: Entry,
        turn: int,
        confidence: float = 1.0,
        *,
        follows: str = "",
        others: Sequence[str] = (),
    ) -> Reply:
        """Return the answer of ``entry`` with what it rests on and where to read on.

        ``follows`` is the entry whose talk the question was taken to go on with, ``others`` are entries that
        may have been meant instead.
        """
        reply = self._with_referral(
            Outcome.ANSWER,
            [*self._named(entry, follows), *self._told(entry), *self._basis([entry])],
            turn,
            buttons=self._keyboards.under_answers([entry], others),
            entries=(entry.id,),
            confidence=confidence,
        )
        return replace(reply, follows=follows)

    def answers(self, entries: Sequence[Entry], turn: int, confidence: float, others: Sequence[str] = ()) -> Reply:
        """Return the answers to several questions as one reply, the riskier ones first.

        ``others`` are offered for a question that was not quite understood.
        """
        menu = {section.id: section for section in self._knowledge.menu}
        ordered = sorted(entries, key=lambda e: not (e.menu in menu and menu[e.menu].answer_first))
        body = [block for entry in ordered for block in (*self._named(entry), *self._told(entry))]
        body += self._basis(ordered)
        if others:
            body += parse(self._text("more_questions"))
        return self._with_referral(
            Outcome.ANSWER,
            body,
            turn,
            buttons=self._keyboards.under_answers(ordered, others),
            entries=tuple(entry.id for entry in ordered),
            choices=tuple(others),
            confidence=confidence,
        )

    def choices(self, choices: Choices, turn: int) -> Reply:
        """Return the question which of the candidates was meant, with "None of these" at the end."""
        entries = [self._knowledge.entries[c.entry_id] for c in choices.candidates]
        return self._with_referral(
            Outcome.CHOICES,
            parse(self._text("choices_intro")),
            turn,
            buttons=self._keyboards.choices(entries),
            choices=tuple(entry.id for entry in entries),
            confidence=choices.candidates[0].confidence,
        )

    # --- what people think of an answer: the answer stays, its buttons change ---------------

    def helped(self, entry: Entry) -> Reply:
        """Return the thanks for "that helped"."""
        rows = self._keyboards.under_answers([entry], rate=False)
        return self._toast("toast_helped", rows, entry)

    def did_not_help(self, entry: Entry) -> Reply:
        """Return the question why."""
        return self._toast("toast_why", self._keyboards.reasons(entry), entry)

    def reason_noted(self, entry: Entry) -> Reply:
        """Return the thanks for a reason."""
        return self._toast("toast_reason", self._keyboards.under_answers([entry], rate=False), entry)

    def not_noted(self, entry: Entry) -> Reply:
        """Return the admission that what somebody thinks could not be kept."""
        return self._toast("toast_not_noted", self._keyboards.under_answers([entry]), entry)

    def _toast(self, key: str, rows: Sequence[Sequence[Button]], entry: Entry) -> Reply:
        buttons = tuple(tuple(row) for row in rows)
        return Reply(Outcome.ANSWER, (), buttons, (entry.id,), toast=self._text(key))

    # --- replies given without understanding: each carries the line on danger signs --------

    def fallback(self, turn: int, nearest: Candidate | None = None, *, keep: bool = True) -> Reply:
        """Return the admission that the bot does not know; ``keep``: the clinic may be let read the question."""
        return self._not_understood("fallback", turn, nearest.confidence if nearest else 0.0, keep=keep)

    def notice(self, key: str, turn: int) -> Reply:
        """Return one of the bot's own texts for a message it could not read, such as ``photo``."""
        return self._not_understood(key, turn, 0.0)

    # --- the bot about itself -------------------------------------------------------

    def start(self, turn: int) -> Reply:
        """Return the greeting with example questions and the menu."""
        examples = BulletList(tuple((Span(question),) for question in self._knowledge.texts["examples"]))
        body = [*parse(self._text("start")), *parse(self._text("examples_intro")), examples]
        return self._with_referral(Outcome.ANSWER, body, turn, buttons=self._keyboards.sections())

    def page(self, key: str, turn: int, **gaps: object) -> Reply:
        """Return one of the bot's own pages, such as ``help`` or ``privacy``, with its gaps filled."""
        return self._with_referral(Outcome.ANSWER, parse(self._text(key).format(**gaps)), turn)

    def therapist(self, turn: int) -> Reply:
        """Return how to find a certified therapist, the clinic's own people first."""
        body = [*self._of_the_clinic(ClinicDetails.CONTACT), *parse(self._text("therapist"))]
        return self._with_referral(Outcome.ANSWER, body, turn, buttons=self._keyboards.to_the_clinic())

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
            body.append(BulletList(((Span(self._text("sources_blog"), url=self._knowledge.clinic.blog_url),),)))
        return self._with_referral(Outcome.ANSWER, [*body, *(BulletList((i,)) for i in items)], turn)

    def topics(self, turn: int) -> Reply:
        """Return the first level of the menu."""
        rows = self._keyboards.sections()
        return self._with_referral(Outcome.ANSWER, parse(self._text("topics_intro")), turn, buttons=rows)

    def section(self, section_id: str, turn: int) -> Reply:
        """Return the second level of the menu; an unknown section gives the reply to an old button."""
        section = next((s for s in self._knowledge.menu if s.id == section_id and s.listed), None)
        if section is None or not self._knowledge.section(section_id):
            return self.notice("old_button", turn)
        intro = parse(self._text("section_intro").format(section=section.title))
        return self._with_referral(Outcome.ANSWER, intro, turn, buttons=self._keyboards.section(section))

    # --- danger signs -----------------------------------------------------------------

    def screening(self, screening: Screening, *, again: bool = False) -> Reply:
        """Return the question whether danger signs are there, with what to do if so, alone; ``again``: once
        more.
        """
        flag = screening.flag
        group = self._group(flag)
        body: list[Block] = [text_block(self._text("screening_again"))] if again else []
        body += group.screening if group and group.screening else parse(self._text("screening_unknown"))
        return Reply(
            Outcome.SCREENING,
            tuple(split(body, LONGEST_MESSAGE)),
            tuple(tuple(row) for row in self._keyboards.screening(screening.argument)),
            red_flag=flag.group or "unknown",
            level=flag.level,
        )

    def red_flag(self, flag: RedFlag, *, may_calm: bool = False) -> Reply:
        """Return the urgent text, alone: no answer, no choices, no referral to a therapist.

        ``may_calm``: with a button that says that none of it applies.
        """
        group = self._group(flag)
        body: list[Block] = []
        raised = group.raised_replies.get(flag.level) if group else None
        if group and not raised and flag.level is Level.NOW and group.signs[0].level is not Level.NOW:
            body += parse(self._text("red_flag_now"))
        body += raised or (group.reply if group else parse(self._text("red_flag_unknown")))
        clinic = self._knowledge.clinic
        numbers = clinic.crisis_lines if flag.group == SELF_HARM else ()
        if listed := (*numbers, *clinic.emergency_numbers):
            body.append(text_block(self._text("red_flag_numbers").format(numbers=", ".join(listed))))
        body.append(text_block(self._text("red_flag_nobody_reads")))
        rows = self._keyboards.none_applies() if may_calm else []
        return Reply(
            Outcome.RED_FLAG,
            tuple(split(body, LONGEST_MESSAGE)),
            tuple(tuple(row) for row in rows),
            red_flag=flag.group or "unknown",
            level=flag.level,
            confidence=1.0,
        )

    def cry(self) -> Reply:
        """Return how to get help at once, and the question what is wrong."""
        return Reply(
            Outcome.RED_FLAG,
            (tuple(parse(self._text("cry"))),),
            red_flag="unknown",
            level=Level.NOW,
            confidence=1.0,
        )

    def in_language(self, reply: Reply, code: str) -> Reply:
        """Return ``reply`` below what it comes to in the language ``code``; as it is for one without a file."""
        language = self._knowledge.languages.get(code)
        if language is None:
            return reply
        line = language.emergency if reply.level is Level.NOW else language.today
        if not reply.outcome.is_urgent:
            line = language.notice
        elif reply.red_flag == SELF_HARM:
            line = language.crisis
        return self._above(reply, text_block(line))

    def still_urgent(self, flag: RedFlag) -> Reply:
        """Return the short urgent line to a "thanks" or "ok" after the urgent text."""
        key = "self_harm_short" if flag.group == SELF_HARM else "red_flag_short"
        body = parse(self._text(key).format(title=self._title(flag)))
        return Reply(
            Outcome.RED_FLAG,
            tuple(split(body, LONGEST_MESSAGE)),
            red_flag=flag.group or "unknown",
            level=flag.level,
            confidence=1.0,
        )

    def reminded(self, reply: Reply, flag: RedFlag) -> Reply:
        """Return ``reply`` below one line that reminds of a danger sign told of before."""
        if flag.group == SELF_HARM:
            rated = {Action.HELPED, Action.DID_NOT_HELP}
            rows = [row for row in reply.buttons if not any(b.code.partition(":")[0] in rated for b in row)]
            return self._above(replace(reply, buttons=tuple(rows)), text_block(self._text("self_harm_reminder")))
        return self._above(reply, text_block(self._text("red_flag_reminder").format(title=self._title(flag))))

    def left_open(self, reply: Reply) -> Reply:
        """Return ``reply`` below one line on the question about danger signs that was not answered."""
        if reply.outcome.is_urgent or not reply.messages:
            return reply
        return self._above(reply, text_block(self._text("screening_reminder")))

    def after_doubt(self, reply: Reply) -> Reply:
        """Return ``reply`` below the word that the one before may not have arrived; an urgent one stands alone."""
        if reply.outcome.is_urgent or not reply.messages:
            return reply
        return self._above(reply, text_block(self._text("may_have_missed")))

    def late(self, reply: Reply) -> Reply:
        """Return ``reply`` below the word that it took long; an urgent one stands alone, as always."""
        if reply.outcome.is_urgent or not reply.messages:
            return reply
        return self._above(reply, text_block(self._text("late")))

    # --- parts ------------------------------------------------------------------------

    def _group(self, flag: RedFlag) -> RedFlagGroup | None:
        return self._knowledge.red_flags.get(flag.group) if flag.group else None

    def _title(self, flag: RedFlag) -> str:
        group = self._group(flag)
        return group.title if group else self._text("red_flag_unknown_title")

    def _above(self, reply: Reply, line: Block) -> Reply:
        first, *others = reply.messages
        if length((line, *first)) <= LONGEST_MESSAGE:
            return replace(reply, messages=((line, *first), *others))
        return replace(reply, messages=((line, *parse(self._text("referral"))), first, *others))

    def _not_understood(self, key: str, turn: int, confidence: float, *, keep: bool = False) -> Reply:
        body = [*parse(self._text(key, turn)), *parse(self._text("danger_line"))]
        rows = self._keyboards.not_understood(keep=keep)
        return self._with_referral(Outcome.FALLBACK, body, turn, buttons=rows, confidence=confidence)

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

    def _named(self, entry: Entry, follows: str = "") -> list[Block]:
        """Return which question was understood, and that the conversation decided it where it did."""
        earlier = self._knowledge.entries.get(follows)
        blocks: list[Block] = [Paragraph((Span(entry.title, bold=True),))]
        if earlier is not None:
            blocks.append(text_block(self._text("followed").format(title=earlier.title)))
        return blocks

    def _told(self, entry: Entry) -> list[Block]:
        body = [*entry.answer]
        body += self._of_the_clinic(entry.clinic_details)
        if entry.see_therapist_if:
            body += [*parse(self._text("see_therapist_if_intro")), *entry.see_therapist_if]
        return body

    def _of_the_clinic(self, wanted: ClinicDetails | None) -> tuple[Block, ...]:
        book = self._text("button_book")
        return directory.details(self._knowledge.clinic, wanted, self._text("clinic_intro"), book)

    def _day(self, day: date) -> str:
        month = self._knowledge.texts["months"][day.month - 1]
        return self._text("date").format(day=day.day, month=month, year=day.year)

    def _basis(self, entries: Sequence[Entry]) -> list[Block]:
        grades = {self._knowledge.sources[key].grade for entry in entries for key in entry.sources}
        named = [grade for grade in ("blog", "G", "R", "T", "C", "P") if grade in grades]
        if not named:
            return []
        words = [self._text(f"grade_{grade}") for grade in named]
        sources = words[-1]
        if len(words) > 1:
            sources = self._text("all_of").format(others=", ".join(words[:-1]), last=words[-1])
        first = entries[0]
        if len(entries) == 1 and first.reviewed_by and first.reviewed_on:
            day = self._day(first.reviewed_on)
            text = self._text("based_on_reviewed").format(sources=sources, reviewer=first.reviewed_by, date=day)
        elif all(entry.reviewed_by and entry.reviewed_on for entry in entries):
            text = self._text("based_on_all_reviewed").format(sources=sources)
        else:
            text = self._text("based_on").format(sources=sources)
        return [text_block(text)]
