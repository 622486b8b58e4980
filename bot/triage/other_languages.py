"""Danger signs in languages that the bot does not speak: words that staff listed, near each other, not denied."""

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain, product

from bot.knowledge.model import KnowledgeBase, OtherLanguage
from bot.text.folding import MARKS, tokens
from bot.text.lexicon import Lexicon
from bot.text.normalise import Normalised
from bot.triage.rules import SELF_HARM, RedFlag

_SPAN = 14
"""Tokens within which the words of a sign must stand."""
_REACH, _REACH_INSIDE, _REACH_BACK = 4, 2, 2
"""Tokens that a denial covers: before the first word of a sign, between its words, and after it."""
_NEAREST = 2
"""Places of a list that are tried before and behind one of another."""
_ENDS = MARKS - frozenset(",、،")


class _Role(Enum):
    """What a wording does when it is no part of a sign."""

    DENIES_BEFORE = auto()
    DENIES_NEXT = auto()
    DENIES_AFTER = auto()
    TURNS = auto()
    ONLY_ASKS = auto()


@dataclass(frozen=True)
class ForeignSign:
    """A danger sign, and the code of the language that it was told in."""

    flag: RedFlag
    language: str


@dataclass(frozen=True)
class _Rule:
    flag: RedFlag
    lists: tuple[str, ...]


_Label = tuple[str, str | _Role]
"""(code of a language, name of a word list or what else the wording does)."""
_Places = Mapping[str | _Role, Sequence[tuple[int, ...]]]


class ForeignSigns:
    """Finds the signs of all languages in one pass. Immutable once built."""

    def __init__(self, knowledge: KnowledgeBase, is_english: Callable[[str], bool]) -> None:
        """``is_english``: whether a word is known in English; a sign needs a word that is not."""
        self._is_english = is_english
        self._lexicon: Lexicon[_Label] = Lexicon(is_english)
        self._rules: dict[str, tuple[_Rule, ...]] = {}
        for code, language in knowledge.languages.items():
            self._rules[code] = tuple(_rules(language, knowledge))
            self._add(language)

    def find(self, sentences: Sequence[Normalised], spoken: str = "") -> list[ForeignSign]:
        """Return the signs in ``sentences``, neighbours of each other, the language with most words first.

        ``spoken``: the code of the language of the whole; words that English has as well then count in it.
        """
        said = [token for sentence in sentences for token in (*tokens(sentence), ".")]
        places: dict[str, dict[str | _Role, list[tuple[int, ...]]]] = {}
        for found in self._lexicon.find(said):
            code, does = found.label
            places.setdefault(code, {}).setdefault(does, []).append(found.at)
        most = sorted(places, key=lambda code: -len({p for ats in places[code].values() for at in ats for p in at}))
        most.sort(key=lambda code: code != spoken)
        return [
            ForeignSign(rule.flag, code)
            for code in most
            for rule in self._rules[code]
            if any(
                (code == spoken or not all(self._is_english(said[place]) for place in at))
                and _counts(rule, at, places[code], said)
                for at in _near_each_other(rule.lists, places[code])
            )
        ]

    def _add(self, language: OtherLanguage) -> None:
        for name, listed in language.words.items():
            self._lexicon.add(listed, (language.code, name), inside_words=language.inside_words)
        for role, listed in (
            (_Role.DENIES_BEFORE, language.denies_before),
            (_Role.DENIES_NEXT, language.denies_next),
            (_Role.DENIES_AFTER, language.denies_after),
            (_Role.TURNS, language.turns),
            (_Role.ONLY_ASKS, language.only_asks),
        ):
            self._lexicon.add(listed, (language.code, role))


def _rules(language: OtherLanguage, knowledge: KnowledgeBase) -> Iterator[_Rule]:
    for rows, raised in ((language.raised, True), (language.together, False)):
        for group_id, lists in rows.items():
            levels = [signs.level for signs in knowledge.red_flags[group_id].signs]
            flag = RedFlag(group_id, max(levels) if raised else levels[0])
            yield from (_Rule(flag, names) for names in lists)


def _near_each_other(lists: Sequence[str], places: _Places) -> Iterator[frozenset[int]]:
    """Yield where all ``lists`` of a rule stand near each other, around each place of the first one."""
    if not all(places.get(name) for name in lists):
        return
    others = [(places[name], [at[0] for at in places[name]]) for name in lists[1:]]
    for anchor in places[lists[0]]:
        for chosen in product(*(_around(anchor[0], *found) for found in others)):
            at = frozenset(chain(anchor, *chosen))
            if len(at) == len(anchor) + sum(map(len, chosen)) and max(at) - min(at) < _SPAN:
                yield at


def _around(place: int, found: Sequence[tuple[int, ...]], starts: Sequence[int]) -> Sequence[tuple[int, ...]]:
    """Return the members of ``found`` nearest to ``place``; ``starts`` has their first places, in order."""
    middle = bisect(starts, place)
    return found[max(0, middle - _NEAREST) : middle + _NEAREST]


def _counts(rule: _Rule, at: frozenset[int], places: _Places, said: Sequence[str]) -> bool:
    if _denied(at, places, said):
        return False
    return rule.flag.group == SELF_HARM or not _only_asked(at, places, said)


def _denied(at: frozenset[int], places: _Places, said: Sequence[str]) -> bool:
    turns = {place for found in places.get(_Role.TURNS, ()) for place in found}

    def at_work(role: _Role) -> list[int]:
        """Return where denials end, or begin that come after, which are no part of the sign ("gets no air")."""
        end = 0 if role is _Role.DENIES_AFTER else -1
        return [found[end] for found in places.get(role, ()) if at.isdisjoint(found)]

    def covers(start: int, end: int, reach: int) -> bool:
        return 0 < end - start <= reach and not any(said[p] in MARKS or p in turns for p in range(start + 1, end))

    first, last = min(at), max(at)
    return (
        any(covers(no, first, _REACH) for no in at_work(_Role.DENIES_BEFORE))
        or any(covers(no, place, _REACH_INSIDE) for no in at_work(_Role.DENIES_BEFORE) for place in at)
        or any(no + 1 in at for no in at_work(_Role.DENIES_NEXT))
        or any(covers(last, no, _REACH_BACK) for no in at_work(_Role.DENIES_AFTER))
    )


def _only_asked(at: frozenset[int], places: _Places, said: Sequence[str]) -> bool:
    start = next((p for p in range(min(at), -1, -1) if said[p] in _ENDS), -1)
    end = next((p for p in range(max(at), len(said)) if said[p] in _ENDS), len(said))
    return any(start < found[0] < end for found in places.get(_Role.ONLY_ASKS, ()))
