"""Pure: a text in, a red flag or nothing out. Runs before anything else looks at a message."""
