"""The one place where replies are made: every one leads on to a certified therapist or to urgent care."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from bot.clinic import directory
from bot.dialogue.basis import Basis
from bot.dialogue.conversation import Screening
from bot.dialogue.finding import Finder, Page
from bot.dialogue.keyboards import Keyboards
from bot.dialogue.reply import Button, Outcome, Reply
from bot.dialogue.splitting import LONGEST_MESSAGE, length, split
from bot.dialogue.toasts import Toasts
from bot.knowledge.markup import Block, BulletList, Paragraph, Span, led, parse, text_block
from bot.knowledge.model import Entry, KnowledgeBase, Level, RedFlagGroup
from bot.matching.decision import Candidate, Choices
from bot.triage.rules import SELF_HARM, UNKNOWN, RedFlag
from bot.understanding.passages import Passage

_PASSED_ON = ("photo", "voice")
"""The bot's own texts to what it cannot read and a therapist can."""
_SHORT_FROM = 2
"""The turn from which the way to a therapist is said in a few words: the third reply in a chat."""


class Composer:
    """Makes replies from the words in ``knowledge``; holds no state of its own."""

    def __init__(
        self, knowledge: KnowledgeBase, today: Callable[[], date] = directory.no_day, *, asks: bool = False
    ) -> None:
        """``today`` tells which certifications have run out; without it all that end at some time have.
        ``asks``: the clinic's therapists can be asked.
        """
        self._knowledge = knowledge
        self._keyboards = Keyboards(knowledge, today, asks=asks)
        self.toasts = Toasts(knowledge, self._keyboards)
        self._basis = Basis(knowledge)
        self.finder = Finder(knowledge, self._keyboards, self._basis.day, today)

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
        """Return the answer of ``entry`` with who checked it and where to read on.

        ``follows`` is the entry whose talk the question was taken to go on with, ``others`` are entries that
        may have been meant instead. An entry that stands alone gets nothing beside it but the way to support.
        """
        body = [*self._named(entry, "" if entry.alone else follows), *self._told(entry)]
        reply = self._reply(
            Outcome.ANSWER,
            body,
            self._support() if entry.alone else self._under([entry], turn),
            buttons=() if entry.alone else self._keyboards.under_answers([entry], others),
            entries=(entry.id,),
            confidence=confidence,
        )
        return replace(reply, follows=follows)

    def part(
        self,
        entry: Entry,
        passage: Passage,
        turn: int,
        confidence: float,
        *,
        follows: str = "",
        others: Sequence[str] = (),
    ) -> Reply:
        """Return what of an answer given before speaks of a further question; a button leads to all of it.

        ``follows`` and ``others`` as in ``answer``.
        """
        lead_in = text_block(self._text("same_answer" if passage.found else "as_above"))
        reply = self._reply(
            Outcome.ANSWER,
            [*self._named(entry), lead_in, *passage.blocks],
            self._under([entry], turn),
            buttons=self._keyboards.under_part(entry, others),
            entries=(entry.id,),
            confidence=confidence,
        )
        return replace(reply, follows=follows)

    def answers(self, entries: Sequence[Entry], turn: int, confidence: float, others: Sequence[str] = ()) -> Reply:
        """Return the answers to several questions as one reply, the riskier ones first.

        ``others`` are offered for a question that was not quite understood. Of an answer that stands alone the
        others are left out.
        """
        if alone := next((entry for entry in entries if entry.alone), None):
            return self.answer(alone, turn, confidence)
        menu = {section.id: section for section in self._knowledge.menu}
        ordered = sorted(entries, key=lambda e: not (e.menu in menu and menu[e.menu].answer_first))
        body = [block for entry in ordered for block in (*self._named(entry), *self._told(entry))]
        if others:
            body += parse(self._text("more_questions"))
        return self._reply(
            Outcome.ANSWER,
            body,
            self._under(ordered, turn),
            buttons=self._keyboards.under_answers(ordered, others),
            entries=tuple(entry.id for entry in ordered),
            choices=tuple(others),
            confidence=confidence,
        )

    def choices(self, choices: Choices, turn: int) -> Reply:
        """Return the question which of the candidates was meant, with "None of these" at the end."""
        entries = [self._knowledge.entries[c.entry_id] for c in choices.candidates]
        return self._reply(
            Outcome.CHOICES,
            parse(self._text("choices_intro")) + parse(self._text("danger_line")),
            self._referral(turn),
            buttons=self._keyboards.choices(entries),
            choices=tuple(entry.id for entry in entries),
            confidence=choices.candidates[0].confidence,
        )

    # --- replies given without understanding: each carries the line on danger signs --------

    def fallback(self, turn: int, nearest: Candidate | None = None, *, keep: bool = True) -> Reply:
        """Return the admission that it does not know, with questions that it does; ``keep`` as in ``notice``."""
        body = [*parse(self._text("fallback", turn)), *self._examples()]
        return self._not_understood(body, turn, nearest.confidence if nearest else 0.0, keep=keep)

    def notice(self, key: str, turn: int, *, keep: bool = False) -> Reply:
        """Return one of the bot's own texts, such as ``photo``; ``keep``: with the question whether to keep it."""
        return self._not_understood(parse(self._text(key, turn)), turn, keep=keep, ask=key in _PASSED_ON)

    # --- the bot about itself -------------------------------------------------------

    def start(self, turn: int) -> Reply:
        """Return the greeting with example questions and the menu."""
        body = [*parse(self._text("start")), *self._examples()]
        return self._reply(Outcome.ANSWER, body, self._referral(turn), buttons=self._keyboards.sections())

    def page(self, key: str, turn: int, questions: Sequence[str] = (), **gaps: object) -> Reply:
        """Return one of the bot's own pages, such as ``help``, with its gaps filled; ``questions`` below it."""
        body = [*parse(self._text(key).format(questions=len(questions), **gaps))]
        if questions:
            body += [*parse(self._text(f"{key}_questions")), BulletList(tuple((Span(q),) for q in questions))]
        return self.said(body, turn)

    def said(self, body: Sequence[Block], turn: int, buttons: Sequence[Sequence[Button]] = ()) -> Reply:
        """Return ``body`` as it stands, with the way to a therapist below it."""
        return self._reply(Outcome.ANSWER, body, self._referral(turn), buttons=buttons)

    def therapist(self, page: Page | None = None) -> Reply:
        """Return how to find a certified therapist, or another ``page`` of the ``finder``'s."""
        page = page or self.finder.start()
        reply = self._reply(Outcome.ANSWER, page.body, page.closing, buttons=page.buttons)
        return replace(reply, asks_place=page.asks_place)

    def therapists_for(self, entry: Entry, page: Page, confidence: float) -> Reply:
        """Return ``page`` in place of the answer of ``entry``, to which a button leads."""
        page = replace(page, buttons=[*self._keyboards.answer_of(entry), *page.buttons])
        return replace(self.therapist(page), entries=(entry.id,), confidence=confidence)

    def place_settled(self, reply: Reply) -> Reply:
        """Return ``reply`` so that the buttons of the question where somebody is can go with it."""
        if len(reply.messages) == 1 and reply.buttons:
            reply = replace(reply, messages=((text_block(self._text("place_settled")),), *reply.messages))
        return replace(reply, place_settled=True)

    def sources(self, turn: int, entry: Entry | None = None) -> Reply:
        """Return the list of sources that the answer of ``entry`` rests on; without one, or where it tells of the
        bot alone, those of all answers.
        """
        body = self._basis.of(entry) if entry is not None and not entry.alone else []
        buttons = self._keyboards.all_sources() if body else ()
        return self._reply(Outcome.ANSWER, body or self._basis.of_all(), self._referral(turn), buttons=buttons)

    def topics(self, turn: int) -> Reply:
        """Return the first level of the menu."""
        rows = self._keyboards.sections()
        return self._reply(Outcome.ANSWER, parse(self._text("topics_intro")), self._referral(turn), buttons=rows)

    def section(self, section_id: str, turn: int) -> Reply:
        """Return the second level of the menu; an unknown section gives the reply to an old button."""
        section = next((s for s in self._knowledge.menu if s.id == section_id and s.listed), None)
        if section is None or not self._knowledge.section(section_id):
            return self.notice("old_button", turn)
        intro = parse(self._text("section_intro").format(section=section.title))
        return self._reply(Outcome.ANSWER, intro, self._referral(turn), buttons=self._keyboards.section(section))

    # --- danger signs -----------------------------------------------------------------

    def screening(self, screening: Screening, *, again: bool = False) -> Reply:
        """Return the question whether danger signs are there, with what to do if so, alone; ``again``: once
        more.
        """
        flag = screening.flag
        group = self._group(flag)
        body: list[Block] = [text_block(self._text("screening_again"))] if again else []
        body += group.screening if group and group.screening else parse(self._text("screening_unknown"))
        reply = _alone(flag, body, self._keyboards.screening(screening.argument))
        return replace(reply, outcome=Outcome.SCREENING, confidence=0.0)

    def red_flag(self, flag: RedFlag, *, may_calm: bool = False) -> Reply:
        """Return the urgent text, alone; ``may_calm``: with a button that says that none of it applies."""
        body = [*self._urgent(flag)]
        clinic = self._knowledge.clinic
        numbers = clinic.crisis_lines if flag.group == SELF_HARM else ()
        if listed := (*numbers, *clinic.emergency_numbers):
            body.append(text_block(self._text("red_flag_numbers").format(numbers=", ".join(listed))))
        alone = "self_harm_nobody_reads" if flag.group == SELF_HARM else "red_flag_nobody_reads"
        body.append(text_block(self._text(alone)))
        return _alone(flag, body, self._keyboards.none_applies() if may_calm else [])

    def cry(self) -> Reply:
        """Return how to get help at once, and the question what is wrong."""
        return _alone(UNKNOWN, parse(self._text("cry")))

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
        return _alone(flag, parse(self._text(key).format(title=self._title(flag))))

    def reminded(self, reply: Reply, flag: RedFlag) -> Reply:
        """Return ``reply`` below one line that reminds of a danger sign told of before."""
        if flag.group == SELF_HARM:
            rows = self._keyboards.unasked(self._keyboards.unrated(reply.buttons))
            reply = replace(reply, buttons=rows)
            return self._above(reply, text_block(self._text("self_harm_reminder")))
        reply = replace(reply, buttons=self._keyboards.unasked(reply.buttons))
        return self._above(reply, text_block(self._text("red_flag_reminder").format(title=self._title(flag))))

    def told_as_well(self, reply: Reply, flag: RedFlag) -> Reply:
        """Return the urgent ``reply`` above one line on another danger sign, told of before."""
        line = text_block(self._text("red_flag_as_well").format(title=self._title(flag)))
        return replace(reply, messages=(*reply.messages[:-1], (*reply.messages[-1], line)))

    def supportive(self, reply: Reply) -> Reply:
        """Return ``reply``, to somebody who told of what calls for support, with the way there in place of the way
        to a therapist: nothing to rate, no word on sources, no clinic.
        """
        support = self._support()
        return replace(
            reply,
            messages=tuple((*message[: len(message) - len(reply.closing)], *support) for message in reply.messages),
            buttons=self._keyboards.supportive(reply.buttons),
            closing=support,
        )

    def cautioned(self, reply: Reply, cautions: Sequence[str]) -> Reply:
        """Return an answer about needling or running below a line on the last of ``cautions``, if there are any."""
        caution = self._knowledge.published_entry(cautions[-1]) if cautions else None
        if caution is None or caution.alone or self._knowledge.cautions(reply.entries):
            return reply
        if all(self._knowledge.answered_after_red_flag(entry_id) for entry_id in reply.entries):
            return reply
        return self._above(reply, text_block(self._text("caution_reminder").format(title=caution.title)))

    def below(self, key: str, reply: Reply) -> Reply:
        """Return ``reply`` below the bot's own text ``key``: that the question about danger signs was not answered,
        that
        the reply before may not have arrived, that it took long. An urgent reply stands alone, as always.
        """
        if reply.outcome.is_urgent or not reply.messages:
            return reply
        return self._above(reply, text_block(self._text(key)))

    # --- parts ------------------------------------------------------------------------

    def _group(self, flag: RedFlag) -> RedFlagGroup | None:
        return self._knowledge.red_flags.get(flag.group) if flag.group else None

    def _urgent(self, flag: RedFlag) -> tuple[Block, ...]:
        """Return what to do: the group's words for this level, or neutral ones where its own would let wait."""
        group = self._group(flag)
        if group is not None and flag.level in group.raised_replies:
            return group.raised_replies[flag.level]
        if group is not None and flag.level <= group.signs[0].level:
            return group.reply
        return parse(self._text("red_flag_unknown"))

    def _title(self, flag: RedFlag) -> str:
        group = self._group(flag)
        return group.title if group else self._text("red_flag_unknown_title")

    def _above(self, reply: Reply, line: Block) -> Reply:
        first, *others = reply.messages
        if length((line, *first)) <= LONGEST_MESSAGE:
            return replace(reply, messages=((line, *first), *others))
        return replace(reply, messages=((line, *reply.closing), first, *others))

    def _not_understood(
        self, said: Sequence[Block], turn: int, confidence: float = 0.0, *, keep: bool = False, ask: bool = False
    ) -> Reply:
        body = [*said, *parse(self._text("danger_line")), *(parse(self._text("keep_question")) if keep else ())]
        rows = self._keyboards.not_understood(keep=keep, ask=ask)
        return self._reply(Outcome.FALLBACK, body, self._referral(turn), buttons=rows, confidence=confidence)

    def _reply(
        self,
        outcome: Outcome,
        body: Sequence[Block],
        closing: Sequence[Block],
        *,
        buttons: Sequence[Sequence[Button]] = (),
        entries: tuple[str, ...] = (),
        choices: tuple[str, ...] = (),
        confidence: float = 0.0,
    ) -> Reply:
        """Return a reply of which each message ends with ``closing``, the way to care."""
        room = LONGEST_MESSAGE - max(length(closing), length(self._support())) - 2
        return Reply(
            outcome,
            tuple((*part, *closing) for part in split(body, room)),
            tuple(tuple(row) for row in buttons),
            entries,
            choices,
            confidence=confidence,
            closing=tuple(closing),
        )

    def _under(self, entries: Sequence[Entry], turn: int) -> list[Block]:
        """Return what stands under the answers of ``entries``, the first of them giving the words."""
        return [*self._basis.checked(entries), *self._referral(turn, entries[0].menu)]

    def _referral(self, turn: int, section: str = "") -> tuple[Block, ...]:
        """Return the way to a certified therapist, in a few words but under the first answers in a chat."""
        key = f"referral_{section}" if f"referral_{section}" in self._knowledge.texts else "referral"
        return parse(self._text(key if section and turn < _SHORT_FROM else "referral_short", turn))

    def _support(self) -> tuple[Block, ...]:
        return parse(self._text("support"))

    def _examples(self) -> list[Block]:
        questions = self._knowledge.texts["examples"]
        return [*parse(self._text("examples_intro")), BulletList(tuple((Span(one),) for one in questions))]

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
        if entry.alone:
            return [*entry.answer]
        body = [*entry.answer, *(self.finder.details(entry.clinic_details) or entry.without_clinic)]
        if entry.see_therapist_if:
            body += led(parse(self._text("see_therapist_if_intro")), entry.see_therapist_if)
        return body


def _alone(flag: RedFlag, body: Sequence[Block], rows: Sequence[Sequence[Button]] = ()) -> Reply:
    """Return the urgent reply about ``flag`` that says ``body`` and nothing else."""
    return Reply(
        Outcome.RED_FLAG,
        tuple(split(body, LONGEST_MESSAGE)),
        tuple(tuple(row) for row in rows),
        red_flag=flag.group or "unknown",
        level=flag.level,
        confidence=1.0,
    )
