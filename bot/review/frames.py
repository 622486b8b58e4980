"""Frames of the ``ask:`` lists: a sentence used again and again, with other words in its gaps.

The matcher would learn the sentence in place of the subject. A frame is how a phrasing begins, its first eight
words, or the skeleton of one of its sentences: the function words stay, and what stands between them becomes a gap,
so that "What are the risks of needling?" and "what are the best days of the week" are both "what are the … of …".
"""

from collections.abc import Iterable, Iterator

from bot.knowledge.findings import Places
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.problems import Place, Problem, Severity
from bot.text.normalise import Normalised, normalise, words
from bot.text.sentences import split_sentences

MOST_TIMES = 3
"""Phrasings, over all entries, that may share a frame."""
_OPENING = 8
"""Words at a phrasing's beginning that no more than ``MOST_TIMES`` may share."""
_LEAST_KEPT = 4
"""Function words from which a skeleton is a frame: "is … for …" is only how English asks."""
_GAP = "…"
_SHOWN = 50
"""Characters of a phrasing that a finding shows."""
FUNCTION_WORDS = frozenset(
    """
    a about after again ago all already also always am an and any anyone anything are arent around as at be
    because been before being between but by can cant could couldnt did didnt do does doesnt doing done dont
    down during each either else even ever every everyone few for from get gets getting got had has hasnt
    have havent having he her here hers him his how i id if im in into is isnt it its ive just less many may
    me might mine more most much must my near never no nobody none nor not nothing now of off on once one
    only onto or other our out over own same she should shouldnt since so some someone something still such
    than that thats the their them then there theres these they theyre this those though through till to too
    under until up us very was wasnt we were werent what whats when where whether which while who whose why
    will with without wont would wouldnt yet you your youre
    """.split()
)
"""Words that say how a sentence is built and not what it is about, without apostrophes."""


def findings(knowledge: KnowledgeBase, places: Places) -> Iterator[Problem]:
    """Yield a finding for each frame that stands in more than ``MOST_TIMES`` phrasings of ``knowledge``."""
    uses: dict[str, list[tuple[Place, str]]] = {}
    for entry in knowledge.published:
        for phrase in entry.ask:
            for frame in _frames(phrase):
                uses.setdefault(frame, []).append((places[(entry.id, phrase)], phrase))
    for frame, where in uses.items():
        if len(where) > MOST_TIMES:
            yield _problem(frame, where)


def _problem(frame: str, where: list[tuple[Place, str]]) -> Problem:
    shown = ", ".join(f'{place.file}:{place.line} "{_short(phrase)}"' for place, phrase in where)
    return Problem(
        where[MOST_TIMES][0],
        Severity.WARNING,
        "same-frame",
        f'the frame "{frame}" stands in {len(where)} questions, more than {MOST_TIMES}: {shown}. '
        "Put some of them in quite other words, as other people would.",
    )


def _short(phrase: str) -> str:
    return phrase if len(phrase) <= _SHOWN else f"{phrase[:_SHOWN].rstrip()}…"


def _frames(phrase: str) -> set[str]:
    """Return the frames of ``phrase``, each once however often it stands in it."""
    text = normalise(phrase)
    said = words(text)
    found = {f"{' '.join(said[:_OPENING])} …"} if len(said) > _OPENING else set()
    for sentence in split_sentences(text):
        skeleton = list(_skeleton(words(Normalised(sentence))))
        if len(skeleton) - skeleton.count(_GAP) >= _LEAST_KEPT:
            found.add(" ".join(skeleton))
    return found


def _skeleton(said: Iterable[str]) -> Iterator[str]:
    """Yield the function words of ``said``, and one gap for all that stands between two of them."""
    gap = False
    for word in said:
        bare = word.replace("'", "")
        if bare in FUNCTION_WORDS:
            gap = False
            yield bare
        elif not gap:
            gap = True
            yield _GAP
