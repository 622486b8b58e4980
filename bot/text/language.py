"""Which language a message is in, told by its letters and by the words that staff listed for each language."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping

from bot.knowledge.model import OtherLanguage
from bot.text.folding import MARKS, tokens
from bot.text.lexicon import Lexicon
from bot.text.normalise import Normalised

UNLISTED = ""
"""Stands for a language without a file of its own."""

_ENGLISH = frozenset(
    """
    the a an i m im me my you your it is are am was were be do does did can could will would should have has had
    to of for with from on in at and or but not no if how what when where why who which this that there any after
    before about it's don't t s so as we he she they them us our his her up out been ve ll d re get got just too
    """.split()
)
_OTHERS = frozenset(
    """
    jag inte det och ar som efter min mitt kan hur med ikke jeg og etter hvordan hva er pa ondt gor efter
    mina onko ja mutta kuinka ei voinko mita sattuuko
    nem es hogy van meg mit mennyi fajdalom
    nu si este cu dupa pentru cat durere doare
    nije sam kako koliko boli nakon jesu
    jsem nebo jak kolik boli proc
    """.split()
)
"""Little words of Swedish, Danish, Norwegian, Finnish, Hungarian, Romanian, Croatian and Czech: together in one
list, since a message in any of them gets the same notice."""
_SCRIPTS: Mapping[str, str] = {"ARABIC": "ar", "CYRILLIC": "ru", "DEVANAGARI": "hi", "CJK": "zh"}
_UNLISTED_LETTERS = frozenset("іїєґў") | frozenset("پچژگکی") | frozenset("ツ")
"""Letters of Ukrainian, Belarusian, Persian and Urdu, whose readers would be told something in another language."""
_IN_NAMES = frozenset("van der den de la le el von di del da dos du san al bin".split())
"""Little words that stand in names as well."""
_STRONG, _WEAK, _WEAKEST = 1.0, 0.4, 0.2
"""How much a listed word counts: one that English does not have, one that it has as well, one of its commonest or
one that stands in names."""
_FEWEST, _FEWEST_OF_ALL = 1.4, 1.0
"""What the words of a language must come to, and what where no other word is there: one alone ("kann", a name)
proves nothing."""
_SHARE = 0.4
"""Share of the words that must belong to the language."""
_MOST_COMMON = frozenset(
    {"dry", "needling", "needle", "needles", "trigger", "point", "points", "it", "band", "achilles"}
)
"""Words that runners of all languages use for the treatment."""


class Languages:
    """Tells the languages with a file of their own apart from English. Immutable once built."""

    def __init__(self, languages: Mapping[str, OtherLanguage], is_english: Callable[[str], bool]) -> None:
        """``is_english``: whether a word is known in English."""
        self._is_english = is_english
        self._languages = languages
        self._lexicon: Lexicon[str] = Lexicon(lambda word: True)  # no slips: a name is soon one letter away
        for code, language in languages.items():
            self._lexicon.add(language.common, code)
            for wordings in language.words.values():
                single = [w for w in wordings if " " not in w]
                self._lexicon.add(single, code, inside_words=language.inside_words)
        self._lexicon.add(_OTHERS, UNLISTED)

    def of(self, text: Normalised) -> str | None:
        """Return the code of the language of ``text``, ``UNLISTED`` for one without a file, nothing for English.

        Cautious: short or mixed messages count as English, since most runners who write so mean English.
        """
        letters = [c for c in text if c.isalpha()]
        if not letters:
            return None
        script = Counter(unicodedata.name(c, "?").split()[0] for c in letters).most_common(1)[0][0]
        if script != "LATIN":
            code = UNLISTED if _UNLISTED_LETTERS.intersection(letters) else _SCRIPTS.get(script, UNLISTED)
            return code if code in self._languages else UNLISTED
        return self._by_words([t for t in tokens(text) if t not in MARKS and not t.isdecimal()])

    def words_in(self, text: Normalised, code: str) -> frozenset[str]:
        """Return the words of ``text`` that belong to the language with ``code``."""
        said = tokens(text)
        return frozenset(
            said[place] for found in self._lexicon.find(said) if found.label == code for place in found.at
        )

    def _by_words(self, said: list[str]) -> str | None:
        scores: dict[str, float] = {}
        belongs: dict[str, set[int]] = {}
        for found in self._lexicon.find(said):
            belongs.setdefault(found.label, set()).update(found.at)
        for code, places in belongs.items():
            scores[code] = sum(self._weight(said[place]) for place in places)
        if not scores:
            return None
        best = max(scores, key=lambda code: scores[code])
        english = sum(0.5 if place in belongs[best] else 1.0 for place, word in enumerate(said) if word in _ENGLISH)
        own = [w for w in said if w not in _MOST_COMMON]
        fewest = _FEWEST_OF_ALL if len(belongs[best]) == len(own) > 1 else _FEWEST
        if scores[best] < fewest or scores[best] <= english or len(belongs[best]) < _SHARE * len(own):
            return None
        return best

    def _weight(self, word: str) -> float:
        if word in _ENGLISH or word in _IN_NAMES:
            return _WEAKEST
        return _WEAK if self._is_english(word) else _STRONG
