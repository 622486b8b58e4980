"""A Telegram bot that answers runners' questions about dry needling."""
