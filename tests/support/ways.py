"""Which of several ways a test runs in: a real process takes long, so not every one each time.

Each way of getting updates and each database has its turn in some test; ``OUTAGES=all`` runs all in every way.
"""

import os

import pytest

EVERY = os.environ.get("OUTAGES") == "all"
WAYS = [(mode, kind) for mode in ("polling", "webhook") for kind in ("sqlite", "postgresql")]
POLLING, WEBHOOK, SQLITE, POSTGRESQL = "polling", "webhook", "sqlite", "postgresql"


def ways(*chosen: tuple[str, str]) -> pytest.MarkDecorator:
    """Run a test in these ways of getting updates and of keeping them; in every one with ``OUTAGES=all``."""
    return pytest.mark.parametrize(("mode", "database"), WAYS if EVERY else chosen, indirect=["database"])


def databases(*chosen: str) -> pytest.MarkDecorator:
    """Run a test with these databases; with both with ``OUTAGES=all``."""
    every = (SQLITE, POSTGRESQL)
    return pytest.mark.parametrize("database", every if EVERY else chosen, indirect=True)
