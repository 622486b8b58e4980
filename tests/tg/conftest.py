"""The bot under test, over a Telegram without a network."""

from collections.abc import AsyncIterator

import pytest

from bot.assistant import Assistant
from bot.knowledge.model import KnowledgeBase
from tests.support.knowledge import leads_to_care
from tests.support.offline import Telegram, offline_bot


@pytest.fixture
async def telegram(assistant: Assistant, knowledge: KnowledgeBase) -> AsyncIterator[Telegram]:
    """The real application with the small knowledge.

    Whatever a test does with it: at its end every text that was sent must lead on to care.
    """
    async with offline_bot(assistant) as bot:
        yield bot
    assert [call.shown for call in bot.api.texts if not leads_to_care(call.shown, knowledge)] == []
