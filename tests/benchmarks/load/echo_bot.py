"""The yardstick for throughput: python-telegram-bot as its first example shows it, polling, and nothing else.

``python -m tests.benchmarks.load.echo_bot API_URL TOKEN (off|on)``, the last for ``concurrent_updates``.
"""

import sys
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CallbackContext, MessageHandler, filters


async def echo(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
    """Send the message back."""
    assert update.message is not None and update.message.text is not None
    await update.message.reply_text(update.message.text)


def main() -> None:
    """Run until stopped."""
    url, token, concurrent = sys.argv[1:]
    builder = ApplicationBuilder().token(token).base_url(f"{url}/bot").concurrent_updates(concurrent == "on")
    application = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


if __name__ == "__main__":
    main()
