"""``python -m tests.support.quick_bot``: the bot as ``run`` starts it, never waiting minutes to look."""

import asyncio

from bot.ops.logs import configure
from bot.service import weekly
from bot.service.process import run
from bot.service.watching import Watch
from bot.settings import read_settings

if __name__ == "__main__":
    settings = read_settings()
    configure(settings.log_level, settings.log_format)
    weekly.EVERY = 0.1
    asyncio.run(run(settings, Watch(every=0.1, first=0.0)))
