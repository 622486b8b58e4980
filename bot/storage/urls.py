"""What a database address says, in the shapes in which people and hosts write it."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.storage.protocol import StoreError

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_LAST_PORT = 65_535
_WRAPPED = re.compile(r"^[\"'<\s]|[\"'>\s]\Z")
"""What a copied address may bring along at its ends, and none has there; inside it may be part of a password."""
_HALF = re.compile(r"(?:postgres|postgresql|sqlite):", re.IGNORECASE)
_SHAPES = "Write it as postgresql://user:password@host:5432/name, as sqlite:///path or as the path of a file."


@dataclass(frozen=True)
class FileAddress:
    """A SQLite file."""

    path: Path


@dataclass(frozen=True)
class ServerAddress:
    """A PostgreSQL server; ``arguments`` are those of ``asyncpg.connect``, the password among them."""

    arguments: Mapping[str, Any] = field(repr=False)


def read_address(url: str | Path) -> FileAddress | ServerAddress:
    """Return what ``url`` names; raise ``StoreError``, which does not quote it, since it may hold a password."""
    if "\0" in str(url):
        raise StoreError(f"The database address holds a character that cannot stand there. {_SHAPES}")
    if isinstance(url, Path) or "://" not in url:
        if _HALF.match(str(url)):
            raise StoreError(f'"://" is missing in DATABASE_URL. {_SHAPES}')
        if not str(url).strip():
            raise StoreError(f"The database address is empty. {_SHAPES}")
        return FileAddress(Path(url))
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        if not path or path.startswith(":memory:"):
            raise StoreError(f"The database address names no file. {_SHAPES}")
        return FileAddress(Path(path))
    if scheme not in ("postgres", "postgresql"):
        raise StoreError(f"DATABASE_URL is of a kind that this bot does not know. {_SHAPES}")
    if odd := _WRAPPED.search(rest):
        raise StoreError(f"DATABASE_URL holds {_named(odd[0])} that does not belong there. Delete it. {_SHAPES}")
    try:
        parsed = make_url(f"postgresql://{rest}")
    except (ArgumentError, ValueError):
        raise StoreError(
            f"DATABASE_URL cannot be read. {_SHAPES} "
            "Write special characters in the password as %40 for @, %2F for / and so on."
        ) from None
    return ServerAddress(_arguments(parsed))


def _named(sign: str) -> str:
    return "a space or a line end" if not sign.isprintable() or sign == " " else f"the sign {sign}"


def _arguments(url: URL) -> dict[str, Any]:
    def option(name: str) -> str:
        value = url.query.get(name, "")
        return value if isinstance(value, str) else value[-1]

    host = option("host") or url.host
    if not host:
        raise StoreError(f"DATABASE_URL names no server. {_SHAPES}")
    try:
        port = int(option("port") or url.port or 5432)
    except ValueError:
        raise StoreError(f"The port in DATABASE_URL is not a number. {_SHAPES}") from None
    if not 0 < port <= _LAST_PORT:
        raise StoreError(f"The port in DATABASE_URL must be a number from 1 to {_LAST_PORT}. {_SHAPES}")
    if "@" in host:
        raise StoreError(
            "There is more than one @ in DATABASE_URL. Write the one in the password as %40, / as %2F and # as %23."
        )
    arguments = {
        "host": host,
        "port": port,
        "user": option("user") or url.username,
        "password": option("password") or url.password,
        "database": url.database or option("dbname"),
    }
    # All else that libpq knows, channel_binding for one, means nothing to asyncpg or would be refused by a pooler.
    settings = {name: value for name, value in arguments.items() if value}
    mode = option("sslmode") or {"true": "require"}.get(option("ssl"), option("ssl"))
    if mode:
        settings["ssl"] = _ssl(mode, option("sslrootcert"))
    return settings


def _ssl(mode: str, certificates: str) -> str | ssl.SSLContext:
    if mode not in _SSL_MODES:
        raise StoreError(f"sslmode in DATABASE_URL must be one of {', '.join(_SSL_MODES)}.")
    if not mode.startswith("verify-"):
        return mode
    # asyncpg would look for a root.crt in the home folder only; hosts mean the system's certificates.
    try:
        context = ssl.create_default_context(cafile=certificates if certificates not in ("", "system") else None)
    except (OSError, ValueError) as error:
        raise StoreError(
            "The file that sslrootcert in DATABASE_URL names cannot be used.", type(error).__name__
        ) from None
    context.check_hostname = mode == "verify-full"
    return context
