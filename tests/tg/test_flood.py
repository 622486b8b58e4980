"""Floods: one polite word, then silence; danger signs are always answered."""

from bot.tg.flood import Budget, Spent
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.knowledge import DANGER, QUESTION, assistant_for
from tests.support.offline import offline_bot


async def test_a_flood_gets_one_polite_word_then_silence(mind: Mind) -> None:
    async with offline_bot(assistant_for(mind), a_minute=2) as telegram:
        for _ in range(6):
            await telegram.receive(updates.message(QUESTION))
    texts = [call.shown for call in telegram.api.sent]
    assert len(texts) == 3
    assert mind.knowledge.texts["slow_down"][0] in texts[2]


async def test_a_danger_sign_in_a_flood_is_answered(mind: Mind) -> None:
    async with offline_bot(assistant_for(mind), a_minute=1) as telegram:
        for text in (QUESTION, QUESTION, QUESTION, DANGER):
            await telegram.receive(updates.message(text))
    assert len(telegram.api.sent) == 3
    assert mind.knowledge.texts["red_flag_nobody_reads"][0] in telegram.api.sent[-1].shown


async def test_a_question_that_waited_long_is_answered_with_a_word_about_it(mind: Mind) -> None:
    async with offline_bot(assistant_for(mind)) as telegram:
        old = updates.message(QUESTION)
        old["message"]["date"] -= 11 * 60
        await telegram.receive(old)
        await telegram.receive(updates.message(QUESTION))
    late, prompt = (call.shown for call in telegram.api.sent)
    assert late.startswith(mind.knowledge.texts["late"][0])
    assert mind.knowledge.texts["late"][0] not in prompt


def test_the_budget_is_each_persons_own_and_new_every_minute() -> None:
    now = [0.0]
    budget = Budget(1, clock=lambda: now[0])
    assert [budget.spend("a"), budget.spend("a"), budget.spend("a")] == [Spent.WITHIN, Spent.FIRST_OVER, Spent.OVER]
    assert budget.spend("b") is Spent.WITHIN
    now[0] = 60.0
    assert budget.spend("a") is Spent.WITHIN
