"""Danger signs in a conversation: the urgent reply, the question that comes before one, and what ends them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.clinic.numbers import ALARM, CALMED, SETTLED
from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation, Pending, Screening
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import Entry, KnowledgeBase
from bot.matching.decision import Answer, Candidate, Choices
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.assent import Assent, acknowledges, admits, assent, denies
from bot.understanding.mind import Cry, Flagged, Foreign, Screened, Understanding, Understood

log = structlog.get_logger(__name__)

Occurrences = tuple[tuple[str, str], ...]
"""What is counted beside the reply itself: a name, and the group."""
_MOST_ASKED = 2


@dataclass(frozen=True)
class Turn:
    """What a message leads to.

    Without a ``reply`` it is answered as usual; ``reminder``: below a line on the question that was left open.
    """

    conversation: Conversation
    reply: Reply | None = None
    counted: Occurrences = ()
    reminder: bool = False


class Danger:
    """Decides what danger signs make of a message. Holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, composer: Composer) -> None:
        self._knowledge = knowledge
        self._composer = composer

    def heard(
        self,
        text: str,
        understood: Understanding,
        conversation: Conversation,
        now: float,
        *,
        shared: bool = False,
        obeyed: bool = False,
        to_clinic: bool = False,
    ) -> Turn:
        """Return what a danger sign in ``text``, or one told or asked of before, makes of it.

        ``shared``: several people read along; nobody's answer to a question is then waited for. ``obeyed``: a
        command that is not held up by a question. ``to_clinic``: said to a therapist, and so no answer to what the
        bot asked.
        """
        if isinstance(understood, Flagged):
            return self._alarm(understood, conversation, now)
        if text.lstrip().startswith("/"):
            if isinstance(understood, Screened) and conversation.screening is None and not obeyed:
                return self._ask(understood, conversation, now, shared=shared)
            return Turn(conversation)
        if isinstance(understood, Cry):
            return self._cried(understood, conversation, now)
        if conversation.screening is not None:
            return self._after_question(text, understood, conversation, now, to_clinic=to_clinic)
        if (listed := self._listed_before(conversation)) and admits(text):
            return self._alarm(Flagged(listed, proved=True), conversation, now)
        if isinstance(understood, Screened):
            return self._ask(understood, conversation, now, shared=shared)
        if to_clinic:
            return Turn(conversation)
        if conversation.alarm is not None:
            return self._after_alarm(text, understood, conversation)
        if conversation.support_until and (acknowledges(text) or self._is_small_talk(understood)):
            return Turn(conversation, self._composer.page("support_short", conversation.turn))
        return Turn(conversation)

    # --- the question ---------------------------------------------------------------------------

    def tapped(self, argument: str, conversation: Conversation, now: float, *, yes: bool) -> Turn:
        """Return what a tap on "Yes" or "No" under a question makes; an old one settles nothing."""
        screening = conversation.screening
        if screening is None or argument != screening.argument:
            return Turn(conversation, self._composer.notice("old_button", conversation.turn))
        return self._yes(conversation, screening, now) if yes else self._no(conversation, screening, now)

    def coloured(self, reply: Reply, conversation: Conversation) -> Reply:
        """Return ``reply`` as what was told before calls for: with the way to support, below a line on a danger
        sign. An urgent reply or a toast stays as it is.
        """
        if reply.outcome.is_urgent or not reply.messages:
            return reply
        if conversation.support_until:
            reply = self._composer.supportive(reply)
        return self._composer.reminded(reply, conversation.alarm.flag) if conversation.alarm is not None else reply

    def repeated(self, conversation: Conversation) -> Reply | None:
        """Return the open question once more, if there is one: to a photo or a voice note."""
        screening = conversation.screening
        return self._composer.screening(screening, again=True) if screening is not None else None

    def _ask(self, found: Screened, conversation: Conversation, now: float, *, shared: bool) -> Turn:
        if conversation.alarm is not None:  # told of already: nothing is asked that could make it milder
            conversation = conversation.pressed("")
            return Turn(conversation, self.urgent(conversation))
        screening = Screening.begun(found.flag, conversation.turn, now, _pending(found.instead))
        reply = self._composer.screening(screening)
        log.info("screening", group=found.flag.group)
        return Turn(conversation if shared else conversation.screened(screening), reply)

    def _after_question(
        self, text: str, understood: Understanding, conversation: Conversation, now: float, *, to_clinic: bool
    ) -> Turn:
        screening = conversation.screening
        assert screening is not None
        said = Assent.NEITHER if to_clinic else assent(text)
        if said is Assent.YES:
            return self._yes(conversation, screening, now)
        if isinstance(understood, Screened):
            if understood.flag.group not in (screening.group, None):
                return self._ask(understood, conversation.settled(), now, shared=False)
        elif said is Assent.NO:
            return self._no(conversation, screening, now)
        # What may tell of danger is never answered, nor is anything passed on, before it is settled.
        must_be_settled = isinstance(understood, Screened) or to_clinic or conversation.held
        if screening.asked >= _MOST_ASKED and not must_be_settled:
            return Turn(conversation.settled(), reminder=True)
        asked = replace(screening, asked=min(screening.asked + 1, _MOST_ASKED))
        return Turn(conversation.screened(asked), self._composer.screening(asked, again=True))

    def _yes(self, conversation: Conversation, screening: Screening, now: float) -> Turn:
        top = screening.pending.entries[:1]
        return self._alarmed(screening.flag, conversation, now, top[0] if top else "", proved=True)

    def _no(self, conversation: Conversation, screening: Screening, now: float) -> Turn:
        """Return the answer that the message asked about would have had."""
        conversation, pending = conversation.denied(screening.group), screening.pending
        counted = ((SETTLED, screening.group or "unknown"),)
        reply = replace(self._deferred(pending, conversation.turn), about=pending.message)
        answered = reply.entries if reply.outcome is Outcome.ANSWER else ()
        if reply.outcome is not Outcome.FALLBACK:
            offered = reply.choices if reply.outcome is Outcome.CHOICES else ()
            cautions = self._knowledge.cautions(answered)
            conversation = conversation.about(
                now, answered=answered, offered=offered, body_part=pending.body_part, cautions=cautions
            )
        return Turn(conversation, reply, counted)

    def _deferred(self, pending: Pending, turn: int) -> Reply:
        if pending.to_clinic:
            return self._composer.page("handoff_thanks", turn)
        entries = [e for i in pending.entries if (e := self._knowledge.published_entry(i)) is not None]
        others = [i for i in pending.choices if self._knowledge.published_entry(i) is not None]
        if len(entries) == 1 and not others:
            return self._composer.answer(entries[0], turn)
        if entries:
            return self._composer.answers(entries, turn, 1.0, others)
        if others:
            return self._composer.choices(Choices(tuple(Candidate(i, 0.0) for i in others)), turn)
        if pending.entries or pending.choices:
            return self._composer.notice("old_button", turn)
        if pending.foreign:
            return self._composer.in_language(self._composer.notice("other_language", turn), pending.language)
        # Nothing is offered to be kept: what would be kept is the "no".
        return self._composer.fallback(turn, keep=False)

    def _cried(self, found: Cry, conversation: Conversation, now: float) -> Turn:
        """Return what follows a cry for help: what is known of counts, else the person is asked what is wrong."""
        if conversation.screening is not None:
            turn = self._yes(conversation, conversation.screening, now)
        elif conversation.alarm is not None:
            conversation = conversation.pressed("")
            turn = Turn(conversation, self.urgent(conversation))
        else:
            turn = Turn(conversation, self._composer.cry())
        return self._told_in(found.language, turn)

    def _told_in(self, language: str, turn: Turn) -> Turn:
        """Return ``turn`` with its reply in the person's own language as well."""
        assert turn.reply is not None
        return replace(turn, reply=self._composer.in_language(turn.reply, language))

    # --- the alarm --------------------------------------------------------------------------------

    def urgent(self, conversation: Conversation) -> Reply:
        """Return the urgent reply that the alarm of ``conversation`` calls for."""
        alarm = conversation.alarm
        assert alarm is not None
        log.info("red flag", group=alarm.group, urgency=alarm.level.name, replies=alarm.replies)
        return self._composer.red_flag(alarm.flag, may_calm=alarm.may_calm)

    def calmed(self, conversation: Conversation) -> Turn:
        """Return what follows when a person says that none of a danger sign applies to them."""
        alarm = conversation.alarm
        if alarm is None or not alarm.may_calm:
            return Turn(conversation, self._composer.notice("old_button", conversation.turn))
        entry = self._knowledge.published_entry(conversation.question)
        if entry is not None:
            reply = self._composer.answer(entry, conversation.turn)
        else:
            reply = self._composer.page("red_flag_calmed", conversation.turn)
        # Counted by group as a possible false alarm.
        counted = ((CALMED, alarm.group or "unknown"),)
        return Turn(conversation.calmed(), self._composer.reminded(reply, alarm.flag), counted)

    def _alarm(self, found: Flagged, conversation: Conversation, now: float) -> Turn:
        if found.failure:
            # Only the error's type is logged: its text could quote the message.
            log.error("gate failed", error=found.failure)
        top = found.ranking[0].entry_id if found.ranking else ""
        turn = self._alarmed(found.flag, conversation, now, top, proved=found.proved)
        return self._told_in(found.language, turn)

    def _alarmed(
        self, flag: RedFlag, conversation: Conversation, now: float, question: str, *, proved: bool
    ) -> Turn:
        conversation = conversation.settled().alarmed(flag, now, question, proved=proved)
        reply = self.urgent(conversation)
        alarm = conversation.alarm
        if flag.group == SELF_HARM and alarm is not None and alarm.group != SELF_HARM:
            # Help for the body is none for this; of two signs in the body the more urgent one covers both.
            reply = self._composer.told_as_well(self._composer.red_flag(flag), alarm.flag)
        return Turn(conversation, reply, ((ALARM, flag.level.name),))

    def _after_alarm(self, text: str, understood: Understanding, conversation: Conversation) -> Turn:
        alarm = conversation.alarm
        assert alarm is not None
        if alarm.may_calm and denies(text):
            return self.calmed(conversation)
        if acknowledges(text) or self._is_small_talk(understood):
            return Turn(conversation, self._composer.still_urgent(alarm.flag))
        if denies(text) and not self._answers(understood):  # too early, or never: what to do is said again
            conversation = conversation.pressed(conversation.question)
            return Turn(conversation, self.urgent(conversation))
        return Turn(conversation)

    def _answers(self, understood: Understanding) -> list[Entry]:
        decisions = understood.decisions if isinstance(understood, Understood) else ()
        return [self._knowledge.entries[d.best.entry_id] for d in decisions if isinstance(d, Answer)]

    def _is_small_talk(self, understood: Understanding) -> bool:
        entries = self._answers(understood)
        return bool(entries) and all(self._knowledge.is_small_talk(entry) for entry in entries)

    def _listed_before(self, conversation: Conversation) -> RedFlag | None:
        """Return the most urgent flag whose signs the last answer listed."""
        entry = self._knowledge.published_entry(conversation.context.topic)
        groups = [self._knowledge.red_flags[g] for g in entry.lists_signs] if entry is not None else []
        flags = [RedFlag.of(group) for group in groups]
        return max(flags, key=lambda flag: flag.level, default=None)


def _pending(instead: Understood | Foreign) -> Pending:
    """Return what ``instead`` would have been answered with, as codes."""
    if isinstance(instead, Foreign):
        return Pending(foreign=True, language=instead.language)
    answers = tuple(d.best.entry_id for d in instead.decisions if isinstance(d, Answer))
    unsure: Sequence[Candidate] = next((d.candidates for d in instead.decisions if isinstance(d, Choices)), ())
    return Pending(answers, tuple(candidate.entry_id for candidate in unsure), instead.body_part)
