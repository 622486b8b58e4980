"""How long tests wait for what happens in its own time."""

PATIENCE = 180.0
"""Seconds after which something hangs: many times what the slowest and busiest machine needs, since no test
measures speed. What is done in time ends the wait at once."""
