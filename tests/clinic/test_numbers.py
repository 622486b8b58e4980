"""Numbers for the clinic: as bars, and none that might tell of one person."""

import re
from collections import defaultdict
from datetime import date

from bot.clinic.numbers import Figures, Handoffs, collected, shown
from bot.knowledge.model import KnowledgeBase
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Rating, Speaker
from tests.support.fakes import DAY, Clock

ANN = Speaker("1", "1")
TODAY = date(2026, 1, 9)


def figures(**asked: int) -> Figures:
    return Figures({TODAY: {("asked", kind): count for kind, count in asked.items()}})


async def test_a_week_of_questions_becomes_a_line_a_day(knowledge: KnowledgeBase, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    for count in (32, 16, 3, 0):
        await store.record(ANN, "", [("asked", "answer")] * count)
        clock.now += DAY
    said = shown(await collected(store, date(2026, 1, 12), 5), knowledge)
    bars = [line for line in said.splitlines() if " Jan" in line]
    assert bars == [
        "Thu 8 Jan  0",
        f"Fri 9 Jan  {'▇' * 16} about 30",
        f"Sat 10 Jan  {'▇' * 8} about 15",
        "Sun 11 Jan  <5",
        "Mon 12 Jan  0",
    ]


def test_what_became_of_the_questions_is_told_and_few_are_hidden(knowledge: KnowledgeBase) -> None:
    said = shown(figures(answer=70, choices=12, fallback=6), knowledge)
    assert "Questions: 88\n• answered: 70\n• asked which was meant: 12\n• not known: 6" in said
    said = shown(figures(answer=71, choices=12, fallback=4), knowledge)
    assert "Questions: about 85\n• answered: about 70\n• asked which was meant: about 10\n• not known: <5" in said
    assert '"Find a therapist": 0' in said and "Handed to you" not in said


def test_handing_over_is_told_where_it_is_done(knowledge: KnowledgeBase) -> None:
    handed = Figures({TODAY: {("referral", ""): 8}}, handoffs=Handoffs(11, 6, 41.6))
    said = shown(handed, knowledge)
    assert '"Find a therapist": 8\nHanded to you: 11, answered: 6\n• half of them within 42 minutes' in said
    assert "half of them" not in shown(Figures({}, handoffs=Handoffs(9, 4, 41.6)), knowledge)


def test_half_of_those_who_got_an_answer_waited_no_longer_than_the_median() -> None:
    assert Handoffs.of([]) is None
    assert Handoffs.of([None, None]) == Handoffs(2, 0)
    assert Handoffs.of([60, None, 600, 120]) == Handoffs(4, 3, 2)


def test_how_helpful_an_answer_is_is_told_where_enough_said_so(knowledge: KnowledgeBase) -> None:
    ratings = [
        Rating("pain", "helped", "", 30),
        Rating("pain", "did-not-help", "little", 10),
        Rating("cost", "helped", "", 9),
        Rating("cost", "did-not-help", "", 1),
        Rating("calf", "helped", "", 4),
        Rating("gone", "did-not-help", "", 5),
    ]
    said = shown(Figures({TODAY: {}}, ratings), knowledge)
    assert said.endswith(
        "Helpful, by answer:\n"
        "• Does it hurt?: 75 % of 40\n"
        "• What does it cost?: mostly yes, of 10\n"
        "• gone: 0 % of 5"
    )


def test_no_number_from_one_to_four_is_shown(knowledge: KnowledgeBase) -> None:
    for count in range(1, 5):
        ratings = [Rating("pain", "helped", "", count), Rating("pain", "did-not-help", "", 5)]
        some = {("asked", kind): count for kind in ("answer", "choices", "fallback")}
        said = shown(
            Figures({TODAY: {**some, ("referral", ""): count}}, ratings, Handoffs(count, count, 3)), knowledge
        )
        counted = said.partition("Questions a day:")[2].replace("9 Jan", "").replace("<5", "")
        assert not set(re.findall(r"\d+", counted)) & {"1", "2", "3", "4"}


def test_no_hidden_number_can_be_worked_out_from_those_beside_it(knowledge: KnowledgeBase) -> None:
    told: defaultdict[str, set[int]] = defaultdict(set)
    for answered in range(5, 43):
        for missed in range(1, 5):
            days = {TODAY: {("asked", "answer"): answered}, date(2026, 1, 10): {("asked", "fallback"): missed}}
            told[shown(Figures(days), knowledge)].add(missed)
            told[shown(Figures({TODAY: {}}, handoffs=Handoffs(answered + missed, answered)), knowledge)].add(missed)
    assert min(map(len, told.values())) > 1


def test_a_bar_tells_no_more_than_the_number_beside_it(knowledge: KnowledgeBase) -> None:
    def said(*counts: int) -> str:
        days = {date(2026, 1, 9 + n): {("asked", "answer"): count} for n, count in enumerate(counts)}
        return shown(Figures(days), knowledge)

    assert said(16, 13, 2) == said(17, 14, 1)
    assert said(16, 13, 5) != said(17, 14, 5)


def test_a_single_day_is_one(knowledge: KnowledgeBase) -> None:
    assert shown(Figures({TODAY: {}}), knowledge).startswith("The last day, in UTC.")
