"""No question is lost: updates from before they are confirmed to Telegram until they are answered."""
