"""What every store promises, in memory, in a SQLite file and in PostgreSQL."""

import asyncio
from datetime import date

from bot.storage.protocol import Held, KeptQuestion, Rating, Speaker, Store
from tests.support.fakes import DAY, Clock

ANN = Speaker("1", "1")
BEN = Speaker("2", "2")
TODAY = date(2026, 1, 9)


async def test_the_last_codes_of_a_speaker_come_back(store: Store) -> None:
    await store.record(ANN, "1", [])
    await store.record(BEN, "2", [])
    await store.record(ANN, "3", [])
    assert [await store.conversation(speaker) for speaker in (ANN, BEN, Speaker("3", "3"))] == ["3", "2", ""]


async def test_everybody_in_a_group_has_their_own_conversation(store: Store) -> None:
    await store.record(Speaker("1", "-9"), "ann", [])
    await store.record(Speaker("2", "-9"), "ben", [])
    assert await store.conversation(Speaker("1", "-9")) == "ann"
    assert await store.conversation(ANN) == ""


async def test_events_are_counted_by_utc_day(store: Store, clock: Clock) -> None:
    await store.record(ANN, "", [("answer", "run-after"), ("answer", "run-after"), ("fallback", "")])
    clock.now += DAY
    await store.record(BEN, "", [("answer", "run-after")])
    assert await store.counts(TODAY) == {("answer", "run-after"): 3, ("fallback", ""): 1}
    assert await store.counts(date(2026, 1, 10)) == {("answer", "run-after"): 1}
    assert await store.counts(date(2026, 1, 11)) == {}
    assert await store.counts(TODAY, TODAY) == {("answer", "run-after"): 2, ("fallback", ""): 1}


async def test_no_event_is_lost_when_many_count_at_once(store: Store) -> None:
    speakers = [Speaker(str(n), str(n)) for n in range(20)]
    orders = ([("a", ""), ("b", "")], [("b", ""), ("a", "")])
    await asyncio.gather(*(store.record(s, "", orders[n % 2]) for n, s in enumerate(speakers)))
    assert await store.counts(TODAY) == {("a", ""): 20, ("b", ""): 20}


async def test_the_latest_word_of_a_person_on_an_entry_counts_once(store: Store) -> None:
    await store.rate(ANN, "run-after", "up")
    await store.rate(ANN, "run-after", "down")
    await store.rate(ANN, "run-after", "down", "too long")
    await store.rate(BEN, "run-after", "down", "too long")
    await store.rate(BEN, "aftercare", "up")
    assert list(await store.ratings()) == [
        Rating("aftercare", "up", "", 1),
        Rating("run-after", "down", "too long", 2),
    ]


async def test_ratings_are_told_by_the_day_of_the_latest_word(store: Store, clock: Clock) -> None:
    await store.rate(ANN, "run-after", "up")
    await store.rate(BEN, "run-after", "up")
    clock.now += DAY
    await store.rate(BEN, "run-after", "down")
    assert list(await store.ratings(until=TODAY)) == [Rating("run-after", "up", "", 1)]
    assert list(await store.ratings(since=date(2026, 1, 10))) == [Rating("run-after", "down", "", 1)]


async def test_the_same_question_is_told_once_with_its_first_day_and_how_many_asked_it(
    store: Store, clock: Clock
) -> None:
    await store.keep_question(ANN, "does it hurt")
    clock.now += DAY
    await store.keep_question(ANN, "does it hurt")
    await store.keep_question(BEN, "does it hurt")
    await store.keep_question(BEN, "can I run")
    tomorrow = date(2026, 1, 10)
    assert list(await store.questions()) == [
        KeptQuestion(TODAY, "does it hurt", 2, tomorrow),
        KeptQuestion(tomorrow, "can I run", 1),
    ]
    assert KeptQuestion(tomorrow, "does it hurt") in (await store.held("2")).questions


async def test_a_settled_question_is_gone_for_everybody_and_no_other(store: Store) -> None:
    for speaker in (ANN, BEN):
        await store.keep_question(speaker, "does it hurt")
    await store.keep_question(ANN, "is it safe")
    hurt, safe = await store.questions()
    assert await store.settle_question(hurt.id)
    assert not await store.settle_question(hurt.id)
    assert list(await store.questions()) == [safe]
    assert [(await store.held(speaker.person)).questions for speaker in (ANN, BEN)] == [(safe,), ()]
    await store.keep_question(BEN, "does it hurt")  # asked anew
    assert [question.id for question in await store.questions()] == [hurt.id, safe.id]


async def test_a_person_is_told_all_that_is_held_of_them_and_nothing_of_others(store: Store) -> None:
    for speaker in (ANN, BEN):
        await store.record(speaker, f"codes {speaker.person}", [("answer", "run-after")])
        await store.rate(speaker, "run-after", "up", f"reason {speaker.person}")
        await store.keep_question(speaker, f"question {speaker.person}")
    assert await store.held("1") == Held(
        conversations=("codes 1",),
        ratings=(Rating("run-after", "up", "reason 1", 1),),
        questions=(KeptQuestion(TODAY, "question 1"),),
    )
    assert await store.held("3") == Held()


async def test_a_forgotten_person_is_gone_and_nobody_else(store: Store) -> None:
    group = Speaker("1", "-9")
    for speaker in (ANN, BEN, group):
        await store.record(speaker, "codes", [("answer", "run-after")])
        await store.rate(speaker, "run-after", "up")
        await store.keep_question(speaker, "question")
    await store.forget("1")
    await store.forget("nobody")
    assert await store.held("1") == Held()
    assert await store.conversation(group) == ""
    assert (await store.held("2")).conversations == ("codes",)
    assert list(await store.questions()) == [KeptQuestion(TODAY, "question", 1)]
    assert await store.counts(TODAY) == {("answer", "run-after"): 3}  # counters name nobody


async def test_whatever_a_person_types_can_be_kept(store: Store) -> None:
    typed = ["a\0b", "half \ud83d", "🏃" * 2048, "'; DROP TABLE questions; --", ""]
    for text in typed:
        await store.keep_question(ANN, text)
        await store.rate(ANN, text, text, text)
        await store.record(ANN, text, [(text, text)])
    kept = await store.questions()
    assert len(kept) == len(typed)
    assert all([await store.settle_question(question.id) for question in kept])
    assert not await store.questions()
