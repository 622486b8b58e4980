"""The red-flag gate: decides whether a message tells of a danger sign, might tell of one, or tells of none.

Four kinds of evidence about every sentence, and about the message as a whole, are weighed together: the word
combinations that staff wrote (negation heeded), what a classifier over words and sentence vectors sees, how near
the text is to listed signs, look-alikes and harmless questions, and turns of phrase that show whether it is
happening or only spoken of. A sentence is never judged without the others: what counts is the evidence of the
whole, the mean over the sentences, and that of the most suspicious one. The weights come from logistic regression
on whole messages by people who knew neither code nor knowledge: ``tests/benchmarks/fit_gate.py`` prints them and
says what they cost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness import logistic
from bot.text.likeness.utterance import Heard, Part, Preparer, Said, Utterance
from bot.text.normalise import words
from bot.triage.classifier import Resemblance, SignClassifier
from bot.triage.cues import Cues
from bot.triage.evidence import Evidence
from bot.triage.other_languages import ForeignSign, ForeignSigns
from bot.triage.rules import PLANNED, SELF_HARM, UNKNOWN, Idea, Mentioned, RedFlag, WordRules, most_urgent
from bot.triage.weights import ALARM, MEAN, PROVED_ALARM, SCREENING, TOP, WHOLE

_URGENT_SHARE = 0.5
"""A more urgent level of the same group is taken when its score is at least this share of the milder one's:
any doubt goes one level up."""
_LONGEST = 40
"""Words from which on a text counts as long."""
_FEW_WORDS = 5
"""A message of so few words is no alarm unless staff wrote it down: "numb" and "I don't feel right" are asked
about."""
_SURE_GUESS = 0.25
_SURE_OF_SELF_HARM = 0.4
"""The classifier's score from which its guess of a group is worth naming; below, the group is unknown. A wrong
guess of self-harm hurts most."""


class Band(IntEnum):
    """What is done about a message; a larger number is more urgent."""

    CLEAR = 0
    SCREENING = 1
    """One short question decides."""
    ALARM = 2


@dataclass(frozen=True)
class Unit:
    """A sentence or a whole message, with all the evidence about it."""

    part: Heard
    mentioned: Mentioned
    rule_flags: tuple[RedFlag, ...]
    denied: bool
    cues: Cues
    resemblance: Resemblance

    def evidence(self) -> Evidence:
        """Return the evidence as numbers."""
        seen, cues = self.resemblance, self.cues
        to_signs, to_look_alikes, to_harmless = seen.meaning
        return Evidence(
            score=seen.score,
            best_flag=seen.best[0][1] if seen.best else 0.0,
            to_signs=seen.to_signs,
            to_look_alikes=seen.to_look_alikes,
            meaning_to_signs=to_signs,
            meaning_to_look_alikes=to_look_alikes,
            meaning_to_harmless=to_harmless,
            word_combination=float(bool(self.rule_flags)),
            denied_combination=float(self.denied),
            asks=cues.asks,
            supposes=cues.supposes,
            past=cues.past,
            told=cues.told,
            denies=cues.denies,
            now=cues.now,
            length=min(len(words(self.part.repaired)), _LONGEST) / _LONGEST,
        )


@dataclass(frozen=True)
class Finding:
    """What the gate found: a band, the flag of an alarm or of what is to be asked about, and the ideas asserted.

    ``proved``: a listed sign or a word combination stands behind the flag, not a guess alone. ``language``: the
    code of the language that it was told in, ``""`` for English.
    """

    band: Band
    flag: RedFlag | None
    ideas: frozenset[Idea]
    proved: bool = False
    language: str = ""


@dataclass(frozen=True)
class Combination:
    """Words that add up to a danger sign: ``said`` in this message, ``earlier`` the ideas mentioned before it."""

    flag: RedFlag
    said: tuple[str, ...]
    earlier: tuple[Idea, ...]


@dataclass(frozen=True)
class Grounds:
    """What a finding rests on, for people to read.

    ``listed``: the sentences that staff wrote down as a sign, word for word. ``combinations``: at most one for a
    danger group. ``denied``: signs that there would be but for a negation. ``suspicious``: the sentence most like
    a sign. ``likely``: how likely the message tells of a sign, all of it weighed.
    """

    listed: tuple[tuple[RedFlag, str], ...] = ()
    is_look_alike: bool = False
    combinations: tuple[Combination, ...] = ()
    denied: tuple[RedFlag, ...] = ()
    foreign: tuple[ForeignSign, ...] = ()
    suspicious: Heard | None = None
    likely: float = 0.0


CLEAR = Finding(Band.CLEAR, None, frozenset())


def settings() -> tuple[object, ...]:
    """Return the numbers that findings depend on beside the knowledge and the code."""
    return ALARM, PROVED_ALARM, SCREENING, MEAN, TOP, WHOLE


class Gate:
    """Looks for danger signs, those told in other languages included. Pure and immutable once built."""

    def __init__(
        self, knowledge: KnowledgeBase, preparer: Preparer, classifier: SignClassifier | None = None
    ) -> None:
        self._rules = WordRules(knowledge, preparer)
        self._foreign = ForeignSigns(knowledge, preparer.knows)
        self._classifier = classifier or SignClassifier.for_knowledge(knowledge, preparer)

    def examine(self, utterance: Utterance, earlier: Iterable[Idea] = ()) -> Finding:
        """Return what is to be done about ``utterance``, and the ideas it mentions.

        ``earlier``: ideas mentioned before in the conversation; they count together with new ones.
        """
        [found] = self.examine_all([utterance], earlier)
        return found

    def examine_all(self, utterances: Sequence[Utterance], earlier: Iterable[Idea] = ()) -> list[Finding]:
        """Return what ``examine`` returns of each of ``utterances``, in less time."""
        weighed = self._weighed(utterances, frozenset(earlier))
        return [self._or_foreign(*both) for both in zip(utterances, weighed, strict=True)]

    def listed(self, said: Said) -> Finding | None:
        """Return what is to be done about ``said`` for what staff listed word for word alone, nothing without that.

        What else there is to weigh can make an alarm more urgent, and never less.
        """
        found = self._listed(said)
        return self._or_foreign(said, found) if found is not None else None

    def _listed(self, said: Said) -> Finding | None:
        # What staff wrote down is law: a listed sign is one, a listed look-alike alone is none; a sign wins.
        signs = self._listed_signs(said)
        if signs:
            return Finding(Band.ALARM, most_urgent(signs), frozenset(), proved=True)
        return CLEAR if self._rules.is_look_alike(said.whole.repaired) else None

    def _listed_signs(self, said: Said) -> list[RedFlag]:
        listed = [self._rules.listed(text) for text in (said.whole.repaired, *said.alone)]
        return [flag for flag in listed if flag is not None]

    def _or_foreign(self, said: Said, found: Finding) -> Finding:
        """Return ``found``, or a sign told in another language that is more urgent."""
        spoken = said.language or ""
        signs = self.foreign_signs(said.sentences, spoken)
        sign = max(signs, key=lambda sign: sign.flag.level, default=None)
        if sign is None:
            return replace(found, language=spoken) if found.band is Band.ALARM else found
        if found.band is Band.ALARM and found.flag is not None and found.flag.level >= sign.flag.level:
            return replace(found, language=sign.language)
        return Finding(Band.ALARM, sign.flag, found.ideas, proved=True, language=sign.language)

    def foreign_signs(self, parts: Sequence[Part], spoken: str = "") -> list[ForeignSign]:
        """Return the danger signs in ``parts`` that are told in another language, those of ``spoken`` first."""
        return self._foreign.find([part.normalised for part in parts], spoken)

    def _weighed(self, utterances: Sequence[Utterance], earlier: frozenset[Idea]) -> list[Finding]:
        """Return what there is in English in each of ``utterances``."""
        listed = [self._listed(utterance) for utterance in utterances]
        weighed = [u for u, found in zip(utterances, listed, strict=True) if found is not CLEAR]
        units = iter(self._units(weighed, earlier))
        return [
            CLEAR if found is CLEAR else self._weigh(utterance, next(units))
            for utterance, found in zip(utterances, listed, strict=True)
        ]

    def _weigh(self, utterance: Utterance, units: Sequence[Unit]) -> Finding:
        if not units:
            return CLEAR
        signs = self._listed_signs(utterance)
        ideas = frozenset(idea for unit in units for idea in unit.mentioned.asserted)
        proved = [*signs, *self._proved(units)]
        band = Band.ALARM if signs else _band(units, utterance, proved)
        if band is Band.CLEAR:
            return Finding(band, None, ideas)
        return Finding(band, most_urgent(proved) or self._guessed(units), ideas, bool(proved))

    def grounds(self, utterance: Utterance, earlier: Iterable[Idea] = ()) -> Grounds:
        """Return what ``examine`` rests its finding on."""
        before = frozenset(earlier)
        foreign = tuple(self.foreign_signs(utterance.sentences, utterance.language or ""))
        units = self.units(utterance, before)
        if not units:
            return Grounds(foreign=foreign)
        listed = dict.fromkeys(
            (flag, text)
            for text in (utterance.whole.repaired, *utterance.alone)
            if (flag := self._rules.listed(text)) is not None
        )
        return Grounds(
            tuple(listed),
            self._rules.is_look_alike(utterance.whole.repaired),
            tuple(self._combined(units, utterance, before)),
            tuple(dict.fromkeys(flag for unit in units for flag in self._rules.denied_flags(unit.mentioned))),
            foreign,
            _most_suspicious(units).part,
            probability(units),
        )

    def _combined(
        self, units: Sequence[Unit], utterance: Utterance, earlier: frozenset[Idea]
    ) -> Iterator[Combination]:
        """Yield the word combinations of ``units``, those of a group together, in the order of their weight."""
        adding: dict[str | None, frozenset[Idea]] = {}
        for unit in units:
            for flag, ideas in self._rules.combinations(unit.mentioned, earlier):
                adding[flag.group] = adding.get(flag.group, frozenset()) | ideas
        proved = self._proved(units)
        for group in dict.fromkeys(flag.group for flag in proved):
            worst = max((flag for flag in proved if flag.group == group), key=lambda flag: flag.level)
            quotes = [self._rules.quoted(part.repaired, adding[group]) for part in utterance.sentences]
            here = frozenset[Idea]().union(*(ideas for _, ideas in quotes))
            yield Combination(
                worst,
                tuple(dict.fromkeys(stretch for said, _ in quotes for stretch in said)),
                tuple(sorted(adding[group] - here)),
            )

    def suspects(self, parts: Sequence[Part]) -> bool:
        """Return whether sentences tell of a danger sign as staff wrote it down: a quick look, without vectors."""
        if any(self._rules.listed(part.repaired) for part in parts):
            return True
        if self.foreign_signs(parts):
            return True
        alone = [self._rules.mentioned(part.repaired) for part in parts]
        return any(self._rules.flags(window) for window in _windows(alone))

    def units(self, utterance: Utterance, earlier: frozenset[Idea] = frozenset()) -> list[Unit]:
        """Return the evidence about each sentence and, if there are several, about the whole.

        Ideas of neighbouring sentences count together, and with those mentioned ``earlier``.
        """
        return self._units([utterance], earlier)[0]

    def _units(self, utterances: Sequence[Utterance], earlier: frozenset[Idea]) -> list[list[Unit]]:
        """Return the ``units`` of each of ``utterances``."""
        mentioned = [self._mentioned(utterance, earlier) for utterance in utterances]
        seen = iter(self._classifier.judge([part for each in mentioned for part, _ in each]))
        return [
            [
                Unit(
                    part,
                    ideas,
                    tuple(self._rules.flags(ideas, earlier)),
                    bool(self._rules.denied_flags(ideas)),
                    Cues.of(part.repaired),
                    next(seen),
                )
                for part, ideas in each
            ]
            for each in mentioned
        ]

    def _mentioned(self, utterance: Utterance, earlier: frozenset[Idea]) -> list[tuple[Heard, Mentioned]]:
        """Return each sentence and, if there are several, the whole, with the ideas in it and around it."""
        sentences = utterance.sentences
        alone = [self._rules.mentioned(sentence.repaired) for sentence in sentences]
        windows = _windows(alone)
        parts = list(sentences)
        mentioned = [*windows, windows[-1]] if len(windows) < len(parts) else list(windows)
        if len(sentences) > 1:
            parts.append(utterance.whole)
            mentioned.append(self._together(windows, earlier))
        return [*zip(parts, mentioned, strict=True)]

    def _together(self, windows: Sequence[Mentioned], earlier: frozenset[Idea]) -> Mentioned:
        """Return the ideas of the window that adds up to most, for the whole message."""
        return max(windows, key=lambda window: (len(self._rules.flags(window, earlier)), len(window.asserted)))

    def _proved(self, units: Sequence[Unit]) -> list[RedFlag]:
        """Return the flags of all word combinations.

        Several groups often share words; those come first that the classifier finds most like the message.
        """
        likeness: dict[str | None, float] = {}
        for unit in units:
            for flag, score in unit.resemblance.best:
                likeness[flag.group] = max(score, likeness.get(flag.group, score))
        flags = dict.fromkeys(flag for unit in units for flag in unit.rule_flags)
        # A plan or means goes before all: its text is the only one that does not leave the person alone.
        return sorted(flags, key=lambda flag: (flag != PLANNED, -likeness.get(flag.group, 0.0)))

    def _guessed(self, units: Sequence[Unit]) -> RedFlag:
        """Return the flag that the classifier finds likeliest, from the whole and the most suspicious sentence."""
        scores: dict[RedFlag, float] = {}
        for unit in (units[-1], _most_suspicious(units)):
            for flag, score in unit.resemblance.best:
                scores[flag] = scores.get(flag, 0.0) + score / 2
        if not scores:
            return UNKNOWN
        best = max(scores, key=lambda flag: scores[flag])
        if scores[best] < (_SURE_OF_SELF_HARM if best.group == SELF_HARM else _SURE_GUESS):
            return UNKNOWN
        near = [flag for flag, score in scores.items() if score >= _URGENT_SHARE * scores[best]]
        return RedFlag(best.group, max(flag.level for flag in near if flag.group == best.group))


def probability(units: Sequence[Unit]) -> float:
    """Return how likely a message with these ``units``, as ``Gate.units`` gives them, tells of a danger sign."""
    return float(logistic.probability(evidence(units), np.array((*MEAN, *TOP, *WHOLE))))


def evidence(units: Sequence[Unit]) -> logistic.Doubles:
    """Return the evidence about a message: the mean over its sentences, the most suspicious one, and the whole."""
    sentences = np.array([unit.evidence() for unit in _sentences(units)])
    return np.concatenate((sentences.mean(axis=0), _most_suspicious(units).evidence(), units[-1].evidence()))


def _band(units: Sequence[Unit], utterance: Utterance, proved: Sequence[RedFlag]) -> Band:
    if PLANNED in proved:
        return Band.ALARM
    likely = probability(units)
    if proved:
        if likely >= PROVED_ALARM:
            return Band.ALARM
    elif likely >= ALARM and len(words(utterance.whole.repaired)) > _FEW_WORDS:
        return Band.ALARM
    return Band.SCREENING if likely >= SCREENING else Band.CLEAR


def _sentences(units: Sequence[Unit]) -> Sequence[Unit]:
    """Return the units that are sentences; an only one is the whole as well."""
    return units[:-1] if len(units) > 1 else units


def _most_suspicious(units: Sequence[Unit]) -> Unit:
    return max(_sentences(units), key=_suspicion)


def _suspicion(unit: Unit) -> float:
    seen = unit.evidence()
    return seen.score + seen.best_flag + seen.word_combination / 2


def _windows(alone: Sequence[Mentioned]) -> list[Mentioned]:
    """Return the ideas of each two neighbouring sentences, or of the only one."""
    return [a.joined(b) for a, b in pairwise(alone)] or list(alone)
