"""From an utterance and what was talked about to decisions: one, or one for each of several questions."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.knowledge.model import KnowledgeBase
from bot.matching.decision import Answer, Candidate, Choices, Decision, Fallback
from bot.matching.matcher import Matcher
from bot.text.likeness.utterance import LONGEST_WHOLE, Preparer, Utterance
from bot.text.normalise import Normalised, words
from bot.text.questions import split_questions
from bot.understanding.context import (
    Context,
    asks_leave,
    asks_why,
    body_part,
    continues,
    corrects,
    filled_in,
    leans,
    names_a_side,
    picked,
    points_back,
    refers,
    without_lead_in,
)
from bot.understanding.follow_ups import FollowUps

_SURE = 0.9
"""Confidence from which a short message with a weak pointer ("how much is it?") is taken to stand on its own, and
from which a correction may lead to the same answer again."""
_AMONG = 3
"""Where in the ranking of a message by itself an answer from the conversation must stand, unless the message has no
subject of its own."""
_LONGEST_FOLLOW_UP = 16
"""Words of a follow-up with a subject of its own."""
_LONGEST_VAGUE = 10
_SHORTEST_VAGUE = 4
"""Words of a message that names nothing; up to the latter it needs no form of a follow-up."""
_SURE_ENOUGH = 0.75
"""Confidence that each of several questions needs; set on half a of the compound questions and look-alikes."""
_MOST_QUESTIONS = 4
_LONGEST_PICK = 6
"""Words of a choice made in words ("the soreness thing")."""
_CLEAR_PICK = 3.0
"""How much likelier than the next offered entry the picked one must be."""


class Link(StrEnum):
    """How a message answers the bot's last reply, beside leaning on its subject."""

    NONE = ""
    PICKED = "picked"
    """It says which of the entries that were offered is meant."""
    CORRECTED = "corrected"
    """It says that the last answer was not the one meant."""


@dataclass(frozen=True)
class Reading:
    """What a message asks.

    ``decisions`` has one member, or several ``Answer``s in the order asked. ``leaned_on`` is the entry that the
    message was taken to follow on from, ``""`` when it stands on its own.
    """

    ranking: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]
    leaned_on: str = ""
    link: Link = Link.NONE


class Reader:
    """Reads messages with the help of the conversation so far; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer, matcher: Matcher) -> None:
        self._preparer = preparer
        self._matcher = matcher
        self.follow_ups = FollowUps(knowledge, preparer)
        self._subjects = {entry.id: entry.subject or entry.title for entry in knowledge.published}
        self._related = {entry.id: entry.related for entry in knowledge.published}
        safety = {section.id for section in knowledge.menu if section.answer_first}
        self._on_safety_or_beside = frozenset(
            entry.id
            for entry in knowledge.published
            if entry.menu in safety or knowledge.answered_after_red_flag(entry.id)
        )
        self._small_talk = frozenset(entry.id for entry in knowledge.published if knowledge.is_small_talk(entry))

    def without(self, entry_ids: Collection[str]) -> "Reader":
        """Return a reader that leads to none of these entries."""
        fewer = copy(self)
        fewer._matcher = self._matcher.without(entry_ids)
        fewer.follow_ups = self.follow_ups.without(entry_ids)
        fewer._subjects = {i: subject for i, subject in self._subjects.items() if i not in entry_ids}
        return fewer

    def over(self, preparer: Preparer) -> "Reader":
        """Return the same reader with another ``preparer`` of the same knowledge."""
        reader = copy(self)
        reader._preparer = preparer
        return reader

    def read(self, utterance: Utterance, text: str, context: Context) -> Reading:
        """Return what ``utterance``, prepared from ``text``, asks.

        A message that stands on its own is read without ``context``.
        """
        alone = self._warned(utterance, self._ranked(utterance))
        ranking = alone.ranking
        said = utterance.whole.repaired
        if offered := self._known(context.offered):
            # Counted among all that were shown: "the second one" must not become the third.
            if entry_id := picked(said, context.offered):
                gone = entry_id not in offered
                decision = Fallback() if gone else Answer(Candidate(entry_id, 1.0))
                return Reading(ranking, (decision,), link=Link.PICKED)
            if context.choosing and (chosen := _chosen(said, alone, offered)):
                return Reading(ranking, (Answer(chosen),), link=Link.PICKED)
        if self._known([context.topic, *context.cautions]):
            reading = self._in_talk(utterance, alone, context)
            if reading is not None:
                return reading
        return self._several(text, alone) or alone

    def _warned(self, utterance: Utterance, alone: Reading) -> Reading:
        """Return ``alone``, or the answer on a caution that the message tells of, where that is offered."""
        decision = alone.decisions[0]
        if not isinstance(decision, Choices):
            return alone
        told = self.cautions_in(utterance)
        found = next((candidate for candidate in decision.candidates if candidate.entry_id in told), None)
        return Reading(alone.ranking, (Answer(found),)) if found else alone

    def cautions_in(self, utterance: Utterance) -> tuple[str, ...]:
        """Return the entries about what ``utterance`` tells that one must be careful with."""
        return self.follow_ups.cautions_in(utterance.whole)

    # --- leaning on what was talked about -------------------------------------------------

    def _in_talk(self, utterance: Utterance, alone: Reading, context: Context) -> Reading | None:
        """Return the reading that the conversation gives, or nothing where it plays no part."""
        topic = bool(self._known([context.topic]))
        if topic and corrects(utterance.whole.normalised):
            return replace(self._corrected(utterance.whole.repaired, alone, context), link=Link.CORRECTED)
        if (meant := self._meant(utterance, alone, context)) is not None or not topic:
            return meant
        vague = self._is_vague(utterance, alone)
        if vague and context.topic in context.cautions and self._is_about_caution(utterance, alone):
            return _led_to(context.topic, alone, context.topic)
        if elsewhere := self.follow_ups.elsewhere(utterance.whole, alone.ranking):
            return _led_to(elsewhere, alone, context.topic)
        if (followed := self._followed(utterance.whole.repaired, alone, context)) is not None:
            astray = vague and not body_part(utterance.whole.repaired) and self._astray(followed, alone, context)
            return _led_to(context.topic, alone, context.topic) if astray else followed
        if vague and self._is_about_topic(utterance, alone):
            return _led_to(context.topic, alone, context.topic)
        return None

    def _is_vague(self, utterance: Utterance, alone: Reading) -> bool:
        """Return whether a message names nothing: few words, alike to nothing that is asked, no small talk."""
        if len(words(utterance.whole.repaired)) > _LONGEST_VAGUE or not alone.ranking:
            return False
        return alone.ranking[0].entry_id not in self._small_talk and self.follow_ups.is_vague(utterance.whole)

    def _astray(self, followed: Reading, alone: Reading, context: Context) -> bool:
        """Return whether the words filled in for "that", and nothing else, lead away from the last answer."""
        decision = followed.decisions[0]
        if not isinstance(decision, Answer):
            return False
        likely = [candidate.entry_id for candidate in alone.ranking[:_AMONG]]
        return decision.best.entry_id not in (context.topic, *likely, *self._related[context.topic])

    def _is_about_caution(self, utterance: Utterance, alone: Reading) -> bool:
        """Return whether a vague message right after a caution is about it: where it may be, it is taken to be."""
        said, decision = utterance.whole.repaired, alone.decisions[0]
        if isinstance(decision, Answer):
            return decision.best.confidence < _SURE and decision.best.entry_id not in self._on_safety_or_beside
        return isinstance(decision, Choices) or leans(said) or refers(said)

    def _is_about_topic(self, utterance: Utterance, alone: Reading) -> bool:
        """Return whether a vague message that gets no answer by itself is about the last answer, by its form."""
        said, decision = utterance.whole.repaired, alone.decisions[0]
        if isinstance(decision, Choices) and not body_part(said):
            return leans(said) or continues(said) or len(words(said)) <= _SHORTEST_VAGUE
        return isinstance(decision, Fallback) and leans(said)

    def _meant(self, utterance: Utterance, alone: Reading, context: Context) -> Reading | None:
        """Return the reading of what people say right after an answer or a caution and mean that, or nothing."""
        said = utterance.whole.repaired
        if not alone.ranking or len(words(said)) > _LONGEST_FOLLOW_UP:
            return None
        first, decision = alone.ranking[0], alone.decisions[0]
        sure = _is_sure(decision)
        on_safety = first.entry_id in self._on_safety_or_beside
        if self._known([context.topic]) and asks_why(said) and not (sure and on_safety):
            return _led_to(context.topic, alone, context.topic)
        meant = self.follow_ups.meant(utterance.whole, context, alone.ranking, clear=isinstance(decision, Answer))
        open_to_caution = not (sure or on_safety or isinstance(decision, Fallback))
        if not meant and open_to_caution and asks_leave(said):
            meant = next(reversed(self._known(context.cautions)), "")
        on_topic = first.entry_id == context.topic
        if not meant and isinstance(decision, Choices) and (on_topic or leans(said) or continues(said)):
            # Which of them was meant is not asked where one is the last answer, or what was warned of.
            offered = [candidate.entry_id for candidate in decision.candidates]
            meant = next((i for i in (context.topic, *reversed(context.cautions)) if i in offered), "")
            if meant not in (first.entry_id, *context.cautions):
                return None
        return _led_to(meant, alone, meant) if meant else None

    def _followed(self, said: Normalised, alone: Reading, context: Context) -> Reading | None:
        """Return the reading of ``said`` as a follow-up, or nothing when it stands on its own."""
        decision = alone.decisions[0]
        sure = _is_sure(decision)
        if leans(said):
            if isinstance(decision, Answer) and not points_back(said) and (sure or not continues(said)):
                return None
        elif isinstance(decision, Answer) or not continues(said) or len(words(said)) > _LONGEST_FOLLOW_UP:
            return None
        reading = self._with(said, context)
        answer = reading.decisions[0]
        if not isinstance(answer, Answer):
            # Without a subject of its own, and with the last one filled in likeliest about that: it is meant.
            on_topic = leans(said) and reading.ranking and reading.ranking[0].entry_id == context.topic
            return _led_to(context.topic, reading, context.topic) if on_topic else None
        if leans(said) or (context.body_part and names_a_side(said)):
            return reading
        if not _among(answer, alone.ranking):
            return None
        if answer.best.entry_id == context.topic and len(alone.ranking) > 1:
            # The words filled in may have outweighed the message's own: better to ask.
            others = [c for c in alone.ranking[:_AMONG] if c.entry_id != context.topic][: _AMONG - 1]
            return Reading(reading.ranking, (Choices((answer.best, *others)),), context.topic)
        return reading

    def _corrected(self, said: Normalised, alone: Reading, context: Context) -> Reading:
        """Return the reading of a correction: not the last topic again, unless it is named outright."""
        bare = without_lead_in(said)
        # With nothing but a "no", there is nothing to read, and filling in the last topic would find it again.
        readings = [self._read(bare), alone, self._with(bare, context)] if bare else [alone]
        if body_part(bare):
            # "My calf" says of what, and the talk says what about it: the surest reading counts.
            readings.sort(key=lambda r: r.ranking[0].confidence if r.ranking else 0.0, reverse=True)
        for reading in readings:
            ranking = tuple(c for c in reading.ranking if c.entry_id != context.topic or c.confidence >= _SURE)
            decision = self._decide(ranking)
            if isinstance(decision, Answer) and not (reading.leaned_on and decision.best.entry_id == context.topic):
                return Reading(ranking, (decision,), reading.leaned_on)
        return Reading(alone.ranking, (self._decide([c for c in alone.ranking if c.entry_id != context.topic]),))

    def _with(self, said: Normalised, context: Context) -> Reading:
        """Return the reading of ``said`` with the last topic, then the last part of the body, filled in."""
        subjects = [self._subjects[context.topic]]
        if context.body_part and names_a_side(said):
            subjects = [context.body_part]
        elif context.body_part and points_back(said):
            subjects.append(context.body_part)
        readings = [self._read(Normalised(filled_in(said, subject)), context.topic) for subject in subjects]
        return max(readings, key=lambda r: r.ranking[0].confidence if r.ranking else 0.0)

    def _read(self, text: str, leaned_on: str = "") -> Reading:
        return self._ranked(self._preparer.prepare(text), leaned_on)

    def _ranked(self, utterance: Utterance, leaned_on: str = "") -> Reading:
        ranking = tuple(self._matcher.rank(utterance))
        return Reading(ranking, (self._decide(ranking),), leaned_on)

    # --- several questions ------------------------------------------------------------------

    def _several(self, text: str, alone: Reading) -> Reading | None:
        """Return the reading of ``text`` as several questions, when each gets a sure answer of its own."""
        questions = split_questions(text[:LONGEST_WHOLE])
        if not 1 < len(questions) <= _MOST_QUESTIONS:
            return None
        answers: dict[str, Answer] = {}
        unsure: list[Choices] = []
        for question in questions:
            decision = self._question(question, next(reversed(answers), ""))
            if isinstance(decision, Fallback):
                return None
            if isinstance(decision, Answer) and decision.best.confidence < _SURE_ENOUGH:
                decision = Choices((decision.best,))
            if isinstance(decision, Choices):
                unsure.append(decision)
            elif decision is not None and decision.best.entry_id not in self._small_talk:
                answers.setdefault(decision.best.entry_id, decision)
        if not answers or len(answers) + len(unsure) < 2:
            return None
        open_ones = [c for c in unsure if not any(candidate.entry_id in answers for candidate in c.candidates)]
        return Reading(alone.ranking, (*answers.values(), *open_ones))

    def _question(self, question: str, last: str) -> Decision | None:
        """Return the decision about one of several questions; nothing when it only repeats the one before."""
        utterance = self._preparer.prepare(question)
        reading = self._ranked(utterance)
        decision = reading.decisions[0]
        said = utterance.whole.repaired
        if not leans(said) or _is_sure(decision):
            return decision
        followed = self._followed(said, reading, Context(last)) if last else None
        return followed.decisions[0] if followed else None

    def _decide(self, ranking: Sequence[Candidate]) -> Decision:
        return self._matcher.decide(ranking) if ranking else Fallback()

    def _known(self, entry_ids: Sequence[str]) -> list[str]:
        return [entry_id for entry_id in entry_ids if entry_id in self._subjects]


def _led_to(entry_id: str, alone: Reading, leaned_on: str) -> Reading:
    """Return the reading that answers ``entry_id``: ``alone`` where the message by itself gets that."""
    decision = alone.decisions[0]
    if isinstance(decision, Answer) and decision.best.entry_id == entry_id:
        return alone
    found = next(candidate for candidate in alone.ranking if candidate.entry_id == entry_id)
    return Reading(alone.ranking, (Answer(found),), leaned_on)


def _chosen(said: Normalised, alone: Reading, offered: Sequence[str]) -> Candidate | None:
    """Return the one of ``offered`` that a few words describe, or nothing when they fit none of them clearly."""
    decision = alone.decisions[0]
    if len(words(said)) > _LONGEST_PICK or (isinstance(decision, Answer) and decision.best.entry_id not in offered):
        return None
    ranked = [candidate for candidate in alone.ranking if candidate.entry_id in offered]
    if not ranked or ranked[0] not in alone.ranking[:_AMONG]:
        return None
    clear = len(ranked) == 1 or ranked[0].confidence >= _CLEAR_PICK * ranked[1].confidence
    return ranked[0] if clear else None


def _is_sure(decision: Decision) -> bool:
    """Return whether a message is answered so surely that it stands on its own."""
    return isinstance(decision, Answer) and decision.best.confidence >= _SURE


def _among(answer: Answer, ranking: Sequence[Candidate]) -> bool:
    return answer.best.entry_id in [candidate.entry_id for candidate in ranking[:_AMONG]]
