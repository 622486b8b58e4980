"""Knowledge bases of every odd shape: the matcher is built and answers sensibly, or says it does not know."""

from collections.abc import Mapping, Sequence

import pytest

from bot.knowledge.markup import parse
from bot.knowledge.model import Entry, KnowledgeBase
from bot.matching.decision import Answer
from bot.matching.matcher import Matcher
from bot.text.likeness.utterance import Preparer

HURT = ("does it hurt", "is it painful", "how sore is the needle", "will I feel pain")
COST = ("how much is a session", "what does it cost", "price list please", "is it expensive")


def knowledge(
    asks: Mapping[str, Sequence[str]], off_topic: Sequence[str] = (), not_about: Sequence[str] = ()
) -> KnowledgeBase:
    entries = {
        name: Entry(
            name, name, tuple(phrases), parse("Text."), not_about=tuple(not_about) if name == "hurt" else ()
        )
        for name, phrases in asks.items()
    }
    return KnowledgeBase(entries, {}, {}, {}, (), off_topic=tuple(off_topic))


def ranking(base: KnowledgeBase, text: str) -> list[str]:
    preparer = Preparer.for_knowledge(base)
    matcher = Matcher.for_knowledge(base, preparer)
    return [candidate.entry_id for candidate in matcher.rank(preparer.prepare(text))]


def test_the_nearest_entry_is_ranked_first() -> None:
    base = knowledge({"hurt": HURT, "cost": COST})
    assert ranking(base, "does the needle hurt")[0] == "hurt"
    assert ranking(base, "what is the price")[0] == "cost"


@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"hurt": ["does it hurt"]},
        {"hurt": list(HURT)},
        {"hurt": ["does it hurt"], "cost": ["does it hurt"]},
        {"hurt": ["🦵"], "cost": ["?"]},
    ],
    ids=["no entry", "one phrase", "one entry", "identical phrases", "no words"],
)
def test_knowledge_of_any_shape_is_matched(asks: Mapping[str, Sequence[str]]) -> None:
    assert sorted(ranking(knowledge(asks), "does it hurt")) == sorted(asks)


def test_identical_phrases_in_two_entries_are_never_answered_at_once() -> None:
    base = knowledge({"hurt": ["does it hurt"], "cost": ["does it hurt"]})
    preparer = Preparer.for_knowledge(base)
    matcher = Matcher.for_knowledge(base, preparer)
    assert not isinstance(matcher.decide(matcher.rank(preparer.prepare("does it hurt"))), Answer)


def test_not_about_pushes_its_entry_down() -> None:
    text = "does it hurt my wallet"
    without = knowledge({"hurt": HURT, "cost": COST})
    assert ranking(without, text)[0] == "hurt"
    pushed = knowledge({"hurt": HURT, "cost": (*COST, "will it empty my wallet")}, not_about=[text])
    assert ranking(pushed, text)[0] == "cost"


def test_a_story_before_the_question_does_not_drown_it() -> None:
    base = knowledge({"hurt": HURT, "cost": COST})
    story = "I ran along the river on Sunday with my sister and her dog. It rained. What does it cost?"
    assert ranking(base, story)[0] == "cost"


def test_two_builds_give_the_same_confidences() -> None:
    base = knowledge({"hurt": HURT, "cost": COST}, off_topic=["what is the weather"])
    preparer = Preparer.for_knowledge(base)
    first, second = (Matcher.for_knowledge(base, preparer).rank(preparer.prepare("sore price")) for _ in range(2))
    assert first == second
