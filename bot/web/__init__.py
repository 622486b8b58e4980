"""The HTTP side: the webhook, health, metrics and the privacy page. Knows no Telegram library."""
