"""Compares what somebody sent with a secret, in a time that tells nothing of it."""

import hmac


def same(given: str, wanted: str) -> bool:
    """Return whether ``given``, which may hold anything, is ``wanted``."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
