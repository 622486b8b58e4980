"""What people understood to ask becomes a reply, and changes the conversation. Danger signs are settled before."""

from dataclasses import replace

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.danger import Danger
from bot.dialogue.handing import Handing
from bot.dialogue.reply import Action, Outcome, Reply
from bot.knowledge.model import ClinicDetails, Coordinates, KnowledgeBase
from bot.matching.decision import Answer, Choices
from bot.understanding.assent import Assent, assent
from bot.understanding.mind import Foreign, Fragment, Screened, Understanding, Understood

_CLOSE = 0.1
"""Confidence from which the next candidate is offered under an answer: on the development questions and half a of
the independent ones 9 % of the answers get such a button, and 4 of the 7 wrong ones the right button."""

_LIKELY_WITH_TOWN = 0.05
"""Confidence from which a message that names a listed town asks for a therapist there: "is there someone in Leeds"
has 0.16, "anyone in leeds" 0.08, "I need a plumber in York" 0.01."""

_LONGEST_PLACE, _LONGEST_TOWN = 6, 3
"""Words of what may be a town that was asked for, and of what is taken for one although none like it is listed."""


class Answering:
    """Decides what is said to a message without an open danger sign. Holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, composer: Composer, danger: Danger, handing: Handing) -> None:
        self._knowledge = knowledge
        self._composer = composer
        self._danger = danger
        self._handing = handing

    def typed(
        self, text: str, understood: Understanding, conversation: Conversation, now: float, *, shared: bool = False
    ) -> tuple[Conversation, Reply]:
        """Return the reply to a ``text`` that leads to no urgent one by itself, and the conversation after it.

        In a ``shared`` chat no therapists are chosen from, and where nothing fits it is not asked whether the
        clinic may keep the question.
        """
        conversation = self.mentioning(understood, conversation, now)
        if text.strip() == self._composer.finder.leave_label:
            # The buttons of that question may still stand there: see ``after_place``.
            return conversation.asking_place(now), self._composer.therapist()
        if (reply := self._at_place(text, understood, conversation, now, shared=shared)) is not None:
            return conversation, reply
        match understood.instead if isinstance(understood, Screened) else understood:
            case Understood() as meant:
                return self._answer(text, meant, conversation, now, shared=shared)
            case Fragment():
                return conversation, self._composer.notice("go_on", conversation.turn)
            case Foreign(language):
                notice = self._composer.notice("other_language", conversation.turn)
                return conversation, self._composer.in_language(notice, language)
            case _:
                return conversation, self._composer.notice("empty", conversation.turn)

    def mentioning(self, understood: Understanding, conversation: Conversation, now: float) -> Conversation:
        """Return the conversation with the ideas and cautions noted that a message without an alarm mentions."""
        meant = understood.instead if isinstance(understood, Screened) else understood
        if not isinstance(meant, Understood):
            return conversation
        return conversation.mentioning(meant.ideas, now).cautioned(meant.cautions, now)

    def chosen(self, entry_id: str, conversation: Conversation, now: float) -> tuple[Conversation, Reply]:
        """Return the answer of a chosen entry, or the kind reply to a button whose entry is gone."""
        entry = self._knowledge.published_entry(entry_id)
        if entry is None:
            return conversation, self._composer.notice("old_button", conversation.turn)
        if self._barred(conversation, entry_id):
            conversation = conversation.pressed(entry_id)
            return conversation, self._danger.urgent(conversation)
        reply = self._composer.answer(entry, conversation.turn)
        cautions = self._knowledge.cautions([entry_id])
        return conversation.about(now, answered=[entry_id], cautions=cautions), reply

    def therapists(self, typed: str, *, shared: bool) -> Reply:
        """Return the ways to a therapist, or those at the town or postcode ``typed`` behind the command; in a
        ``shared`` chat nothing to choose from.
        """
        finder = self._composer.finder
        if shared or not typed:
            return self._composer.therapist(finder.short() if shared else None)
        return self._composer.therapist(finder.in_town(typed) or finder.no_such_place())

    def near(self, here: Coordinates, conversation: Conversation) -> Reply:
        """Return the therapists nearest to a location; the open question on a danger sign comes first."""
        if (repeated := self._danger.repeated(conversation)) is not None:
            return repeated
        page = self._composer.finder.near(here)
        return self._composer.therapist(page) if page else self._composer.notice("other_media", conversation.turn)

    def after_place(self, reply: Reply, conversation: Conversation, now: float) -> tuple[Conversation, Reply]:
        """Return ``reply`` so that the question where somebody is ends with it, or begins; an urgent one with
        buttons of its own, or a toast, leaves it open. It is noted whether a town may be typed next.
        """
        if reply.messages:
            conversation = conversation.in_directory(now, shown=reply.shows_directory)
        if reply.asks_place is not None:
            return conversation.asking_place(now), reply
        if not conversation.place_until or not reply.messages or (reply.outcome.is_urgent and reply.buttons):
            return conversation, reply
        return conversation.place_settled(), self._composer.place_settled(reply)

    def offering(self, reply: Reply, conversation: Conversation) -> tuple[Conversation, Reply]:
        """Return ``reply`` with the questions about what was held back from the clinic, unless it is a toast or one
        about a danger sign is still open.
        """
        if not conversation.held or conversation.screening is not None or not reply.messages:
            return conversation, reply
        urgent = reply.outcome is Outcome.RED_FLAG or conversation.alarm is not None
        offers = self._handing.offers(conversation, urgent=urgent)
        coloured = tuple(self._danger.coloured(offer, conversation) for offer in offers)
        return conversation.offered(), replace(reply, offers=coloured)

    def shown(self, action: str, argument: str, turn: int) -> Reply:
        """Return the page that a button leads to, or the kind reply to a button that means nothing any more."""
        match action:
            case Action.SECTION:
                return self._composer.section(argument, turn)
            case Action.TOPICS:
                return self._composer.topics(turn)
            case Action.THERAPIST:
                return self._composer.therapist(self._composer.finder.tapped(argument))
            case Action.SOURCES:
                return self._composer.sources(turn)
            case _:
                return self._composer.notice("old_button", turn)

    def none_of_these(self, question: str, conversation: Conversation) -> Reply:
        """Return the reply to "None of these"; ``question`` is what the choices answered, if it is known."""
        asked = bool(question.strip()) and assent(question) is Assent.NEITHER and not conversation.support_until
        return self._composer.notice("none_of_these_reply", conversation.turn, keep=asked)

    def _at_place(
        self, text: str, understood: Understanding, conversation: Conversation, now: float, *, shared: bool
    ) -> Reply | None:
        """Return the therapists at the town or postcode ``text``, if it was asked for, or if the directory was just
        shown and lists it. What has a sure answer is a place only where it is spelt like one.
        """
        asked = now < conversation.place_until
        if not asked and (shared or now >= conversation.directory_until):
            return None
        length = len(text.split())
        sure = isinstance(understood, Understood) and any(isinstance(d, Answer) for d in understood.decisions)
        longest = _LONGEST_TOWN if sure and not asked else _LONGEST_PLACE
        if length > longest or ("?" in text and length > _LONGEST_TOWN):
            return None
        page = self._composer.finder.in_town(text, slips=not sure)
        if page is None and (sure or not asked or "?" in text or length > _LONGEST_TOWN):
            return None
        return self._composer.therapist(page or self._composer.finder.no_such_place())

    def _answer(
        self, text: str, understood: Understood, conversation: Conversation, now: float, *, shared: bool
    ) -> tuple[Conversation, Reply]:
        answers = [d for d in understood.decisions if isinstance(d, Answer)]
        unsure = [d for d in understood.decisions if isinstance(d, Choices)]
        wanted = [answer.best.entry_id for answer in answers]
        if unsure and not wanted:
            wanted = [candidate.entry_id for candidate in unsure[0].candidates]
        if barred := [entry_id for entry_id in wanted if self._barred(conversation, entry_id)]:
            conversation = conversation.pressed(barred[0])
            return conversation, self._danger.urgent(conversation)
        turn, body_part = conversation.turn, understood.body_part
        offered: list[str] = []
        if not shared and (found := self._in_named_town(text, understood, conversation)) is not None:
            reply = self._composer.cautioned(found, conversation.context.cautions)
        elif answers:
            reply = self._answered(answers, unsure, understood, turn)
            reply = self._composer.cautioned(reply, conversation.context.cautions)
        elif unsure:
            offered = [c.entry_id for c in unsure[0].candidates]
            reply = self._composer.choices(unsure[0], turn)
        else:
            return conversation, self._lost(understood, conversation, keep=not shared)
        # After "thanks" or "hello" a "that" still means what came before it; a lone answer leaves out the others.
        answered = [entry_id for entry_id in reply.entries if entry_id in wanted and not self._small_talk(entry_id)]
        kept = self._knowledge.cautions([*answered, *offered[:1]])
        about = conversation.about(now, answered=answered, offered=offered, body_part=body_part, cautions=kept)
        return about, reply

    def _in_named_town(self, text: str, understood: Understood, conversation: Conversation) -> Reply | None:
        """Return the therapists of the listed town that ``text`` names, if it asks for one thing, best answered by
        how to reach a therapist.
        """
        if len(understood.decisions) != 1 or conversation.support_until:
            return None
        match understood.decisions[0], understood.ranking:
            case (Answer(best) | Choices((best, *_)), _) | (_, (best, *_)) if best.confidence >= _LIKELY_WITH_TOWN:
                entry = self._knowledge.entries[best.entry_id]
            case _:
                return None
        if entry.clinic_details is not ClinicDetails.CONTACT:
            return None
        page = self._composer.finder.in_town(text, slips=False)
        return self._composer.therapists_for(entry, page, best.confidence) if page else None

    def _answered(self, answers: list[Answer], unsure: list[Choices], understood: Understood, turn: int) -> Reply:
        entries = [self._knowledge.entries[answer.best.entry_id] for answer in answers]
        others = [c.entry_id for choices in unsure for c in choices.candidates]
        confidence = min(answer.best.confidence for answer in answers)
        if len(entries) > 1 or others:
            return self._composer.answers(entries, turn, confidence, others)
        second = answers[0].runner_up
        close = [second.entry_id] if second is not None and second.confidence >= _CLOSE else []
        follows, passage = understood.leaned_on, understood.passage
        if passage is not None and not entries[0].alone:
            return self._composer.part(entries[0], passage, turn, confidence, follows=follows, others=close)
        return self._composer.answer(entries[0], turn, confidence, follows=follows, others=close)

    def _lost(self, understood: Understood, conversation: Conversation, *, keep: bool) -> Reply:
        if conversation.support_until:
            return self._composer.notice("support_short", conversation.turn)
        ranking = understood.ranking
        return self._composer.fallback(conversation.turn, ranking[0] if ranking else None, keep=keep)

    def _barred(self, conversation: Conversation, entry_id: str) -> bool:
        """Return whether an alarm keeps ``entry_id`` from being answered: it is about needling or running."""
        return conversation.alarm is not None and not self._knowledge.answered_after_red_flag(entry_id)

    def _small_talk(self, entry_id: str) -> bool:
        return self._knowledge.is_small_talk(self._knowledge.entries[entry_id])
