"""What is counted while the bot runs; shown by ``/metrics``. No label holds what a person typed or who they are."""

from prometheus_client import Counter, Gauge

UPDATES = Counter("bot_updates", "Updates handled, by kind", ["kind"])
REPLIES = Counter("bot_replies", "Replies made, by outcome", ["outcome"])
UNDELIVERED = Counter("bot_undelivered", "Replies that Telegram did not take, by reason", ["reason"])
DROPPED = Counter("bot_dropped", "Updates not answered, by reason", ["reason"])
KNOWLEDGE = Gauge("bot_knowledge", "1 for the version of the knowledge files that answers", ["fingerprint"])
REFUSED = Gauge("bot_knowledge_refused", "Whether a version of the knowledge files waits that was refused")
