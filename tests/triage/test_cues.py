"""Turns of phrase that tell whether a danger sign is happening, or only spoken of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normalise import normalise
from bot.triage.cues import Cues

PHRASES = {
    "asks": [
        "symptoms of a clot",
        "warning signs of a clot",
        "which symptoms should I look for",
        "which signs to watch",
        "what are the warning signs",
        "what are the odds",
        "how would I know",
        "how does one tell",
        "how do people spot it",
        "how to recognise it, or how will you recognise it",
        "how can anyone recognize it",
        "how likely",
        "how dangerous",
        "can it cause a clot",
        "can dry needling really puncture a lung",
        "could the needles ever hit a nerve",
        "might acupuncture trigger it",
        "is it true",
        "is it possible",
        "the risk of a clot",
        "any danger that",
        "what causes it",
        "what happens then",
        "the difference between them",
        "what's the risk",
    ],
    "supposes": [
        "what if",
        "if my leg swells",
        "in case something breaks",
        "imagine the worst, suppose it bursts",
        "hypothetically",
        "a hypothetical clot",
        "in theory",
        "worried about a clot",
        "scared of needles",
        "terrified that",
        "will I faint",
        "would I need a doctor",
        "I don't want to bleed",
        "dont want to bleed",
        "my fear is a clot",
        "fearing a clot",
        "I dread it",
    ],
    "past": [
        "two years ago",
        "months back",
        "many seasons since",
        "in 1998",
        "in 2019",
        "back in school",
        "last year",
        "last summer",
        "as a child",
        "as a teenager",
        "it used to swell",
        "I once had it",
        "it happened twice before",
        "when I was small",
        "a history of clots",
        "it runs in us",
        "in the family",
        "it is all clear",
        "all fine",
        "fully healed, they say",
        "the cut healed",
        "it recovered",
        "it cleared up",
        "they discharged me",
        "fine now",
        "ok again",
        "healthy ever since",
    ],
    "told": [
        "I read that it swells",
        "saw a clip",
        "heard about clots",
        "seen online",
        "watched some videos",
        "in a film",
        "a podcast on clots",
        "the news",
        "a story",
        "some footballer had it",
    ],
    "denies": [
        "no pain",
        "not hot",
        "without pain",
        "it never swells",
        "none at all",
        "nor hot",
        "zero pain",
        "nothing swells",
        "it doesn't swell",
        "I don’t bleed",
        "it cannot swell",
    ],
    "now": [
        "it swells now",
        "bleeding today",
        "suddenly numb",
        "still numb",
        "numb this morning",
        "numb last night",
        "numb ever since",
        "numb since lunch",
        "it keeps swelling",
        "it started to swell",
        "getting bigger",
        "worse",
        "it is spreading",
        "ten minutes ago",
        "two hrs later",
        "I feel sick",
        "I can't swallow",
        "I cant swallow",
        "I have a lump",
        "I'm faint",
        "im faint",
        "I've a lump",
        "my husband has a lump",
        "she can't swallow",
        "my son went pale",
    ],
}
NEIGHBOURS = {
    "asks": [
        "signs a form",
        "symptoms, sadly",
        "how are you",
        "how I know it hurts",
        "can it help tight calves",
        "is it sore",
        "risky of you",
        "what a run",
        "whatever is left",
        "the difference is big",
    ],
    "supposes": [
        "if only",
        "a stiff itch",
        "essay my way",
        "in theories",
        "worried sick",
        "will it bleed",
        "I want to run",
        "fearless",
    ],
    "past": [
        "two minutes ago",
        "in 20 minutes",
        "in 2500 steps",
        "my back is in pain",
        "last night",
        "a child",
        "it was used",
        "once more",
        "the family runs",
        "fine",
        "well done",
        "unhealed",
    ],
    "told": [
        "read this",
        "I saw him",
        "the thread on top",
        "unheard of",
        "the newspaper",
        "filming",
        "a historic run",
    ],
    "denies": [
        "a note",
        "I notice a knot",
        "a nun",
        "another",
        "I want it",
        "withhold",
        "nonetheless",
        "can it swell",
    ],
    "now": [
        "I know snow",
        "last week",
        "the sincerest",
        "worsen",
        "five minutes of running",
        "I run",
        "I havent",
        "a mime",
        "my husband ran",
        "he hastens",
    ],
}
KINDS = pytest.mark.parametrize("kind", PHRASES)


def count(kind: str, text: str) -> int:
    found: int = getattr(Cues.of(normalise(text)), kind)
    return found


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PHRASES.items() for text in texts])
def test_a_turn_of_phrase_is_heard(kind: str, text: str) -> None:
    assert count(kind, text) >= 1
    assert count(kind, text.upper()) == count(kind, text)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in NEIGHBOURS.items() for text in texts])
def test_what_only_sounds_like_it_is_not(kind: str, text: str) -> None:
    assert count(kind, text) == 0


def test_every_kind_has_its_phrases_and_its_neighbours() -> None:
    assert set(PHRASES) == set(NEIGHBOURS) == set(Cues.__dataclass_fields__)


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("", Cues(0, 0, 0, 0, 0, 0)),
        ("does it hurt", Cues(0, 0, 0, 0, 0, 0)),
        ("What if it bleeds?", Cues(asks=0, supposes=1, past=0, told=0, denies=0, now=0)),
        ("I'm numb now and it keeps getting worse", Cues(asks=0, supposes=0, past=0, told=0, denies=0, now=3)),
        ("I read a story about a clot years ago", Cues(asks=0, supposes=0, past=1, told=2, denies=0, now=0)),
        ("no pain, not hot", Cues(asks=0, supposes=0, past=0, told=0, denies=2, now=0)),
        (
            "How would I know? What are the signs of a clot",
            Cues(asks=2, supposes=0, past=0, told=0, denies=0, now=0),
        ),
    ],
)
def test_each_kind_is_counted_for_itself(text: str, cues: Cues) -> None:
    assert Cues.of(normalise(text)) == cues


ONCE = {
    "asks": "is it true",
    "supposes": "what if",
    "past": "in 1998",
    "told": "a podcast",
    "denies": "zero",
    "now": "suddenly",
}


@KINDS
@pytest.mark.parametrize(("times", "counted"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (10, 3)])
def test_a_kind_counts_three_times_at_most(kind: str, times: int, counted: int) -> None:
    assert count(kind, ", ".join([ONCE[kind]] * times)) == counted


@KINDS
@given(st.lists(st.sampled_from([text for texts in PHRASES.values() for text in texts]), max_size=8))
def test_saying_more_never_takes_a_cue_away(kind: str, texts: list[str]) -> None:
    counts = [count(kind, ". ".join(texts[:end])) for end in range(len(texts) + 1)]
    assert counts == sorted(counts)
