"""The tests, in the tree of ``bot/``."""
