"""Why a message gets its reply, in sentences for a physiotherapist."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from bot.dialogue.conversation import Conversation
from bot.knowledge.model import UNKNOWN_GROUP, KnowledgeBase, RedFlagGroup
from bot.matching.decision import Answer, Candidate, Choices
from bot.text.likeness.utterance import Heard, Part, Utterance
from bot.text.normalise import Normalised, words
from bot.triage.gate import Combination, Grounds
from bot.triage.rules import UNKNOWN, RedFlag
from bot.triage.weights import ALARM, PROVED_ALARM, SCREENING
from bot.understanding.assent import Assent, assent
from bot.understanding.mind import (
    Cry,
    Examined,
    Flagged,
    Foreign,
    Fragment,
    Mind,
    NoWords,
    Screened,
    Understanding,
    Understood,
)
from bot.understanding.reader import Link

ALARMED, ASKED, CLEAR = VERDICTS = ("alarm", "screening", "clear")
_SHOWN = 5
_LONGEST_QUOTE = 90
"""Characters of a message that are quoted in one piece."""
_MOST_QUOTES = 4
_ALL_BUT_CERTAIN = 0.99
_ORDERED = "Read as a command: no answer is looked for."


@dataclass(frozen=True)
class Considered:
    """An entry that may have been meant; ``phrasing`` is the one of its ``ask:`` lines nearest to the message."""

    entry_id: str
    title: str
    confidence: float
    phrasing: str


@dataclass(frozen=True)
class Explanation:
    """What the bot made of a message.

    ``considered``: the five best entries, the best first, also where a danger sign keeps them from being answered.
    ``repaired``: words as typed and as read. ``verdict`` is one of ``VERDICTS``; ``group`` is a danger group's id
    or ``"unknown"``, ``level`` a level's name, both empty when clear. ``evidence`` are sentences about what speaks
    for a danger sign, ``context`` is what the conversation did, empty when nothing. ``meaning`` is what it took the
    message to ask for, empty where a danger sign leaves nothing to ask. ``understood`` is all that the reply is
    made of.
    """

    considered: tuple[Considered, ...]
    repaired: tuple[tuple[str, str], ...]
    verdict: str
    group: str
    level: str
    evidence: tuple[str, ...]
    context: str
    meaning: str
    understood: Understanding = field(repr=False)


def explain(mind: Mind, text: str, conversation: Conversation) -> Explanation:
    """Return why ``mind`` answers ``text`` as it does; ``conversation`` is as it was before the message."""
    understood, examined = mind.understand_openly(text, conversation.ideas, conversation.context)
    verdict, flag = _verdict(understood)
    group, level = ((flag.group or UNKNOWN_GROUP), flag.level.name) if flag is not None else ("", "")
    if examined is None:
        assert isinstance(understood, Flagged)
        failed = f"The look for danger signs failed ({understood.failure}), so the message counts as one."
        return Explanation((), (), verdict, group, level, (failed,), "", "", understood)
    witness = _Witness(mind, examined, conversation)
    ordered = verdict == CLEAR and text.lstrip().startswith("/")
    ranking = () if ordered else _ranking(understood) or mind.matcher.rank(examined.utterance)
    return Explanation(
        considered=tuple(witness.considered(ranking)),
        repaired=_repaired(examined.utterance.whole),
        verdict=verdict,
        group=group,
        level=level,
        evidence=tuple(witness.evidence(understood, flag)),
        context=" ".join(_context(mind.knowledge, text, understood, conversation, ordered=ordered)),
        meaning=_ORDERED if ordered else _meaning(mind, understood),
        understood=understood,
    )


def _verdict(understood: Understanding) -> tuple[str, RedFlag | None]:
    match understood:
        case Flagged(flag):
            return ALARMED, flag
        case Screened(flag):
            return ASKED, flag
        case Cry():
            return ASKED, UNKNOWN
        case _:
            return CLEAR, None


def _ranking(understood: Understanding) -> Sequence[Candidate]:
    meant = understood.instead if isinstance(understood, Screened) else understood
    return meant.ranking if isinstance(meant, Understood | Flagged) else ()


def _meaning(mind: Mind, understood: Understanding) -> str:
    match understood.instead if isinstance(understood, Screened) else understood:
        case NoWords():
            return "There are no words in it."
        case Fragment():
            return "It begins something and asks nothing yet."
        case Foreign(code):
            named = f" ({mind.knowledge.languages[code].name})" if code in mind.knowledge.languages else ""
            return f"Read as another language{named}: none of these is given."
        case Understood() as meant:
            return _decided(mind, meant)
        case _:
            return ""


def _decided(mind: Mind, meant: Understood) -> str:
    titles = {entry.id: _quoted(entry.title) for entry in mind.knowledge.entries.values()}
    asked = [titles[decision.best.entry_id] for decision in meant.decisions if isinstance(decision, Answer)]
    open_ones = [c for decision in meant.decisions if isinstance(decision, Choices) for c in decision.candidates]
    perhaps = ", ".join(titles[candidate.entry_id] for candidate in open_ones)
    least = mind.matcher.calibration.thresholds.answer
    takes = f"an answer takes {100 * least:.0f} %"
    if asked and (len(asked) > 1 or open_ones):
        return f"Several questions in one: {', '.join(asked)}{f', perhaps {perhaps}' if perhaps else ''}."
    if asked:
        best = meant.ranking[:1]
        by_words = isinstance(meant.decision, Answer) and best == (meant.decision.best,)
        sure = by_words and best[0].confidence >= least
        return f"Taken to ask for {asked[0]}{f' ({takes})' if sure else ''}."
    if open_ones:
        unsure = meant.ranking and meant.ranking[0].confidence < least
        several = "More than one may be meant" if len(open_ones) > 1 else "This may be meant"
        return f"{several}: {perhaps}{f' ({takes})' if unsure else ''}."
    return f"Nothing is likely enough ({takes})." if meant.ranking else ""


def _repaired(part: Part) -> tuple[tuple[str, str], ...]:
    """Return which words were read as others, each place of the message by itself."""
    typed, read = words(part.normalised), words(part.repaired)
    steps = SequenceMatcher(None, typed, read, autojunk=False).get_opcodes()
    changes = [(" ".join(typed[a:b]), " ".join(read[c:d])) for what, a, b, c, d in steps if what != "equal"]
    return tuple(dict.fromkeys(changes))


class _Witness:
    """Tells what was found in one message."""

    def __init__(self, mind: Mind, examined: Examined, conversation: Conversation) -> None:
        self._mind = mind
        self._knowledge = mind.knowledge
        self._examined = examined
        judged = examined.judged
        self._grounds = mind.gate.grounds(judged, conversation.ideas) if judged is not None else Grounds()

    def considered(self, ranking: Sequence[Candidate]) -> Iterator[Considered]:
        heard = _parts(self._examined.utterance)
        for candidate in ranking[:_SHOWN]:
            entry = self._knowledge.entries[candidate.entry_id]
            phrasing = self._mind.preparer.nearest(heard, self._knowledge.teaching_phrases(entry))
            yield Considered(entry.id, entry.title, candidate.confidence, phrasing)

    def evidence(self, understood: Understanding, flag: RedFlag | None) -> Iterator[str]:
        """Yield what speaks for ``flag``, or what was there and did not count, in the order of its weight."""
        grounds = self._grounds
        yield from self._plain(understood, flag)
        if flag is None and grounds.is_look_alike:
            yield "Listed, word for word, as a look-alike: no danger sign."
            return
        for combination in grounds.combinations:
            yield self._combined(combination)
        outright = bool(grounds.listed or grounds.foreign)
        weighed = isinstance(understood, Flagged | Screened) and self._examined.found.flag is not None
        if weighed and not outright and not grounds.combinations:
            yield from self._resembled(flag)
        if flag is None:
            for denied in grounds.denied[:1]:
                yield f"Words of a sign of {self._title(denied)} are there, but denied."
        if (weighed and not outright) or (flag is None and grounds.combinations):
            yield self._likely(grounds)

    def _plain(self, understood: Understanding, flag: RedFlag | None) -> Iterator[str]:
        """Yield what needs no weighing."""
        if self._examined.quotes:
            yield "What is quoted, and addresses on the web, are nobody's symptoms: only the rest was looked at."
        for listed, sentence in self._grounds.listed:
            yield f"{_quoted(sentence)} is listed as a sign of {self._title(listed)}."
        for sign in self._grounds.foreign:
            language = self._knowledge.languages[sign.language].name
            yield f"Told in another language ({language}): words listed as a sign of {self._title(sign.flag)}."
        if self._examined.shown is not None:
            yield f"An emoji in it may show a sign of {self._title(self._examined.shown)}."
        if isinstance(understood, Cry):
            yield "Read as a call for help that does not say what is wrong."
        if flag is not None and (named := self._named()):
            yield named

    def _named(self) -> str:
        whole = self._examined.utterance.whole
        cries = self._mind.cries
        named = cries.asked_about(whole.normalised) or cries.asked_about(whole.repaired)
        return f"It says no more than {_quoted(whole.normalised)}, which is always asked about." if named else ""

    def _combined(self, combination: Combination) -> str:
        quotes = [_quoted(stretch) for stretch in combination.said[:_MOST_QUOTES]]
        said = " and ".join((", ".join(quotes[:-1]), quotes[-1])) if len(quotes) > 1 else "".join(quotes)
        one = len(quotes) == 1
        if combination.earlier:
            names = ", ".join(_quoted(name) for _, name in combination.earlier)
            said, one = f"{said}, together with what was told before ({names}),", False
        if sign := self._nearest_sign(combination.flag):
            return (
                f"{said} {'resembles' if one else 'resemble'} the sign {_quoted(sign)}{self._of(combination.flag)}."
            )
        return f"{said} {'is' if one else 'are'} listed as words of a sign of {self._title(combination.flag)}."

    def _resembled(self, flag: RedFlag | None) -> Iterator[str]:
        part, sign = self._grounds.suspicious, self._nearest_sign(flag or UNKNOWN)
        if part is not None and sign:
            yield f"{_quoted(part.normalised)} resembles the sign {_quoted(sign)}{self._of(flag or UNKNOWN)}."

    def _nearest_sign(self, flag: RedFlag) -> str:
        """Return the listed sign of the flag's group, at its level where there are any, that is nearest."""
        group = self._group(flag)
        known = [group] if group else [*self._knowledge.red_flags.values()]
        of_level = [
            text for group in known for signs in group.signs if signs.level == flag.level for text in signs.messages
        ]
        every = [text for group in known for signs in group.signs for text in signs.messages]
        judged = self._examined.judged
        return self._mind.preparer.nearest(_parts(judged), of_level or every) if judged is not None else ""

    def _likely(self, grounds: Grounds) -> str:
        alarm = PROVED_ALARM if grounds.combinations else ALARM
        likely = f"{100 * grounds.likely:.0f} %"
        if not 1 - _ALL_BUT_CERTAIN < grounds.likely < _ALL_BUT_CERTAIN:
            likely = "more than 99 %" if grounds.likely > _ALL_BUT_CERTAIN else "less than 1 %"
        return (
            f"All in all the message is {likely} likely to tell of a danger sign "
            f"(asked about from {100 * SCREENING:.0f} %, an alarm from {100 * alarm:.0f} %)."
        )

    def _title(self, flag: RedFlag) -> str:
        group = self._group(flag)
        return _quoted(group.title) if group else "a danger of no known kind"

    def _of(self, flag: RedFlag) -> str:
        group = self._group(flag)
        return f" of {_quoted(group.title)}" if group else ""

    def _group(self, flag: RedFlag) -> RedFlagGroup | None:
        return self._knowledge.red_flags.get(flag.group) if flag.group else None


def _context(
    knowledge: KnowledgeBase, text: str, understood: Understanding, conversation: Conversation, *, ordered: bool
) -> Iterator[str]:
    """Yield what was said before and changes what this message, or the command in it, gets."""
    open_question = conversation.screening
    if open_question is not None and not isinstance(understood, Flagged):
        asked = knowledge.red_flags.get(open_question.group or "")
        about = f" about {_quoted(asked.title)}" if asked else ""
        said = {Assent.YES: "“yes”", Assent.NO: "“no”"}.get(assent(text))
        answer = f"taken as {said} to it" if said else "it may be asked once more before anything else is answered"
        yield f"A question{about} is open: {answer}."
    if conversation.alarm is not None:
        told = knowledge.red_flags.get(conversation.alarm.group or "")
        of = f" of {_quoted(told.title)}" if told else ""
        yield f"A danger sign{of} was told before: what is about needling or running gets the urgent text again."
    if conversation.support_until:
        yield "An answer that stands alone was given before: every reply leads to support."
    if conversation.place_until and not ordered:
        yield "It was asked where they are: what may be a town or postcode is looked up in the directory first."
    meant = understood.instead if isinstance(understood, Screened) else understood
    if isinstance(meant, Understood) and not ordered:
        yield from _taken(knowledge, text, meant, conversation)


def _taken(knowledge: KnowledgeBase, text: str, meant: Understood, conversation: Conversation) -> Iterator[str]:
    if meant.link is Link.PICKED:
        yield "Taken as the choice of one of the answers that were offered."
    if meant.link is Link.CORRECTED:
        last = knowledge.entries[conversation.context.topic]
        yield f"Taken as a correction: {_quoted(last.title)} was not meant."
    if meant.leaned_on:
        yield f"Taken as a follow-up to {_quoted(knowledge.entries[meant.leaned_on].title)}."
        decision = meant.decision
        if isinstance(decision, Answer) and decision.best.entry_id != meant.ranking[0].entry_id:
            yield "By its words alone another answer would be nearer."
    if meant.passage is not None and not conversation.repeats(text):
        yield "That was the last answer already, so only the part that speaks of this question is said."
    kept = [knowledge.entries[i].title for i in conversation.context.cautions if i in knowledge.entries]
    if kept:
        yield f"Kept in mind from before: {', '.join(map(_quoted, kept))}."


def _parts(utterance: Utterance) -> tuple[Heard, ...]:
    return (utterance.whole, *utterance.sentences)


def _quoted(text: str | Normalised) -> str:
    """Return ``text`` in quotation marks, a long one shortened; a sentence goes on behind it."""
    text = text.rstrip(" .,;:!")
    if len(text) > _LONGEST_QUOTE:
        text = f"{text[:_LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    return f"“{text}”"
