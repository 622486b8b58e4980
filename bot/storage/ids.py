"""Whose rows are whose without saying who: keyed hashes of ids, and the key."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from bot.storage.protocol import StoreError

_LEAST_KEY = 16
_KEY_FILE = "data.key"


class Hasher:
    """Turns ids into 32 hexadecimal digits that nobody without the key can turn back or recognise."""

    def __init__(self, key: bytes) -> None:
        """``key`` is secret and stays the same for as long as the data; raise ``StoreError`` when it is short."""
        if len(key) < _LEAST_KEY:
            raise StoreError(f"The data key is too short. Set DATA_KEY to at least {_LEAST_KEY} random characters.")
        self._key = key

    def person(self, person: str) -> str:
        """Return the hash of a person's id; ``""``, nobody, stays as it is."""
        return self._hash("person:", person) if person else ""

    def chat(self, chat: str) -> str:
        """Return the hash of a chat's id. A private chat has its person's id, yet another hash."""
        return self._hash("chat:", chat)

    def _hash(self, kind: str, value: str) -> str:
        written = (kind + value).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, written, hashlib.sha256).hexdigest()[:32]


def keep_key(database_file: Path, key: bytes) -> None:
    """Write ``key`` beside ``database_file`` again where it is gone; raise ``StoreError`` where that fails."""
    path = database_file.parent / _KEY_FILE
    try:
        if not path.exists():
            _create(path, key.hex())
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be used ({error.strerror}).", type(error).__name__) from None


def data_key(database_file: Path) -> bytes:
    """Return the key in ``data.key`` beside ``database_file``, made at the first call; raise ``StoreError``.

    Processes that start at once get the same key.
    """
    path = database_file.parent / _KEY_FILE
    try:
        if not path.exists():
            _create(path, secrets.token_hex(32))
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be used ({error.strerror}).", type(error).__name__) from None
    except ValueError:
        key = b""
    if len(key) < _LEAST_KEY:
        raise StoreError(f"The key file {path} is damaged. Put it back from a backup, or delete it to start anew.")
    return key


def _create(path: Path, digits: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{digits}\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole and never replaces another: whoever comes second takes the first one's key.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
