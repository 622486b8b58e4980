"""Pure: what a text means, in the conversation it stands in."""
