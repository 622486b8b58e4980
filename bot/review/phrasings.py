"""Is an entry's ``ask:`` list rich and its own? A thin or copied list is what makes a bot misunderstand."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from rapidfuzz import fuzz

from bot.knowledge.findings import Places
from bot.knowledge.model import Entry, KnowledgeBase
from bot.knowledge.problems import Place, Problem, Severity
from bot.review import frames
from bot.text.normalise import Normalised, normalise, words

FEWEST_PHRASINGS = 10
FEWEST_FIRST_WORDS = 10
LEAST_OWN_WORDS = 1 / 3
"""Share of phrasings that must do without the title's words."""
COMMON_WORD = 1 / 2
"""Share of the answers in whose questions a word stands, from which on it means more than one thing."""
NEAR_COPY = 90
"""RapidFuzz ``token_set_ratio`` from which two phrasings of an entry teach the matcher the same thing."""
_BARE = 3
"""A phrasing of so few words ("side effects") is a copy of the same words only: a longer one is less plain."""
_MOST_REPEATED = 5
"""Questions of one answer in another, up to which each is told of."""
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://\S+|www\.\S+|(?<![\d.,])\+?\d(?:[ ()/-]?\d){8,}(?![\d.,])")
_EMPTY_WORDS = frozenset(
    (
        *("a", "an", "the", "and", "or", "but", "so", "if", "of", "to", "in", "on", "at", "by", "for", "with"),
        *("from", "as", "is", "are", "was", "be", "it", "its", "i", "me", "my", "you", "your", "we", "this"),
    )
)
"""Words that ask for nothing, alone or together."""
_SAME_WORD = 5
"""Letters by which "needle", "needles" and "needling" count as the same word of a title."""


def findings(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the findings about all phrasings of ``knowledge``."""
    yield from _repeated(knowledge, places)
    yield from _near_signs(knowledge, places)
    yield from _measured(knowledge, places)
    yield from _off_topic(knowledge, places)
    yield from _common_synonyms(knowledge, places)
    yield from frames.findings(knowledge, places)
    for entry in knowledge.published:
        yield from _thin(entry, places)
        yield from _near_copies(entry, places)
        yield from _unfit(entry, places)


def _near_signs(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the phrasings and off-topic examples that are almost a listed danger sign; they teach nothing."""

    def problem(place: Place, whose: str, group: str) -> Problem:
        return Problem(
            place,
            Severity.ERROR,
            "danger-sign",
            f'{whose}: almost the same as a danger sign of "{group}". Take it out: it is not learned from. Only a '
            f'line under "look_alikes" in red_flags/{group}.yaml says that something near a sign is harmless.',
        )

    for entry in knowledge.published:
        for phrase in entry.ask:
            if phrase in knowledge.near_signs:
                yield problem(places[(entry.id, phrase)], f'entry "{entry.id}"', knowledge.near_signs[phrase])
    for (owner, text), place in places.items():
        if owner.startswith("off_topic.yaml ") and text in knowledge.near_signs:
            yield problem(place, "off_topic.yaml", knowledge.near_signs[text])


def _measured(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the messages that stand in an answer's questions too: what is learned from measures nothing."""
    asked = {phrase: entry.id for entry in knowledge.published for phrase in entry.ask}
    for file, owned in (("messages.yaml", knowledge.messages), ("golden.yaml", knowledge.golden)):
        for owner, text in ((owner, text) for owner, texts in owned.items() for text in texts):
            if text in asked:
                yield Problem(
                    places[(f"{file} {owner}", text)],
                    Severity.NOTICE,
                    "measured-question",
                    f'"{text}" also stands in "{asked[text]}", so it measures nothing here. Delete one of the two.',
                )


def _off_topic(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the off-topic messages that are also a question of an answer."""
    asked = {" ".join(words(normalise(phrase))): e.id for e in knowledge.published for phrase in e.ask}
    for (owner, text), place in places.items():
        if not owner.startswith("off_topic.yaml ") or not (said_so := words(normalise(text))):
            continue
        if entry_id := asked.get(" ".join(said_so)):
            said = f'off_topic.yaml: "{text}" is also a question of "{entry_id}". Keep it where it belongs.'
            yield Problem(place, Severity.ERROR, "asked-and-not", said)


def _unfit(entry: Entry, places: Places) -> Iterator[Problem]:
    """Yield the phrasings that say nothing of their subject, and those that give away who wrote them."""
    for phrase in entry.ask:
        spoken = [word.replace("'", "") for word in words(normalise(phrase))]
        if spoken and _EMPTY_WORDS.issuperset(spoken):
            rule, said = "no-subject", "has no word that tells what it is about. Add one, or delete it"
        elif found := _PERSONAL.search(phrase):
            rule, said = "personal-data", f'holds "{found[0]}". Take out what tells who wrote it, and links'
        else:
            continue
        message = f'entry "{entry.id}": "{phrase}" {said}.'
        yield Problem(places[(entry.id, phrase)], Severity.WARNING, rule, message)


def _common_synonyms(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the variants that are an everyday word of many answers, which all would be read otherwise."""
    used = Counter(
        word
        for entry in knowledge.published
        for word in {word for phrase in entry.ask for word in words(normalise(phrase))}
    )
    for variant, canonical in knowledge.synonyms.items():
        if used[variant] > COMMON_WORD * len(knowledge.published):
            yield Problem(
                places[(f"synonyms.yaml {canonical}", variant)],
                Severity.WARNING,
                "common-synonym",
                f'the word "{variant}" stands in the questions of {used[variant]} answers, and would be read as '
                f'"{canonical}" in all of them. Take it out.',
            )


def _repeated(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield the questions that stand in two answers; many of one pair of them are one finding."""
    pairs: dict[tuple[str, str], list[Problem]] = {}
    for other, problem in _repeated_one_by_one(knowledge, places):
        pairs.setdefault((problem.place.file, other), []).append(problem)
    for (_, other), problems in pairs.items():
        if len(problems) <= _MOST_REPEATED:
            yield from problems
        else:
            said = (
                f"{len(problems)} questions of this answer, the first in this line, also stand in {other}. Is one "
                "of the two files a copy of the other, saved under the wrong name?"
            )
            yield replace(problems[0], message=said)


def _repeated_one_by_one(knowledge: KnowledgeBase, places: Places) -> Iterator[tuple[str, Problem]]:
    first: dict[Normalised, tuple[str, Place]] = {}
    for entry in knowledge.published:
        for phrase in entry.ask:
            key = Normalised(" ".join(words(normalise(phrase))))
            place = places[(entry.id, phrase)]
            if key in first and first[key][0] != entry.id:
                where = first[key][1]
                yield (
                    where.file,
                    Problem(
                        place,
                        Severity.ERROR,
                        "repeated-question",
                        f'entry "{entry.id}": this question is already in {where.file}, line {where.line}. '
                        "Keep it where it belongs.",
                    ),
                )
            first.setdefault(key, (entry.id, place))


def _thin(entry: Entry, places: Places) -> Iterator[Problem]:
    place = places[(entry.id, "")]

    def warning(rule: str, message: str) -> Problem:
        return Problem(place, Severity.WARNING, rule, f'entry "{entry.id}": {message}')

    spoken = [words(normalise(phrase)) for phrase in entry.ask]
    if len(spoken) < FEWEST_PHRASINGS:
        yield warning(
            "few-questions",
            f"{len(spoken)} example questions; {FEWEST_PHRASINGS} or more make it much easier to find.",
        )
        return
    first_words = {said[0] for said in spoken if said}
    if len(first_words) < FEWEST_FIRST_WORDS:
        yield warning(
            "same-beginnings",
            f"the questions begin with only {len(first_words)} different words; "
            f"let at least {FEWEST_FIRST_WORDS} begin differently.",
        )
    title = {word[:_SAME_WORD] for word in words(normalise(entry.title)) if word not in frames.FUNCTION_WORDS}
    own = sum(not title & {word[:_SAME_WORD] for word in said} for said in spoken)
    if own < LEAST_OWN_WORDS * len(spoken):
        yield warning(
            "title-words",
            f"only {own} of {len(spoken)} questions do without the title's words; a third should, "
            "since many runners do not know them.",
        )


_TWICE = 2
"""Times as long as the other, from which on no text is a copy of it."""


def _near_copies(entry: Entry, places: Places) -> Iterator[Problem]:
    cleaned = [" ".join(words(normalise(phrase))) for phrase in entry.ask]
    for at, phrase in enumerate(entry.ask):
        for before in range(at):
            # A story may well contain all the words of a short question; what it says besides makes it another one.
            lengths = sorted((len(cleaned[at]), len(cleaned[before])))
            alike = _TWICE * lengths[0] >= lengths[1]
            if min(len(cleaned[at].split()), len(cleaned[before].split())) <= _BARE:
                alike = sorted(cleaned[at].split()) == sorted(cleaned[before].split())
            if alike and fuzz.token_set_ratio(cleaned[at], cleaned[before]) >= NEAR_COPY:
                other = places[(entry.id, entry.ask[before])]
                same = phrase == entry.ask[before]
                said = "stands here twice" if same else f"almost the same as line {other.line}"
                yield Problem(
                    places[(entry.id, phrase)],
                    Severity.WARNING,
                    "near-copy",
                    f'entry "{entry.id}": {said}. Ask it in a different way, or delete one.',
                )
                break
