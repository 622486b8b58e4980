"""Who may look at the preview: a token posted once, a cookie from then on, no request from elsewhere."""

import secrets
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response

from bot.web.secret import same

COOKIE = "preview"
PATH = "/preview"
LASTS = 12 * 60 * 60
"""Seconds until the token is asked for again."""
MOST_GUESSES = 10
"""Wrong tokens a minute, of everybody together: behind a host's proxy all callers look the same, which is also why
the right one is taken at any time."""
_MINUTE = 60.0
_MOST_VISITS = 1000
_HERE = ("127.0.0.1", "localhost")
_PORTS = {"http": 80, "https": 443}


class Door:
    """Lets in whoever posted ``token``; without one, whoever sits at this machine."""

    def __init__(self, token: str = "", *, public_url: str = "", clock: Callable[[], float] = time.time) -> None:
        """``public_url`` is the address under which the pages are reached, where that is known."""
        self._token = token
        self._public = public_url
        self._clock = clock
        self._guesses: deque[float] = deque(maxlen=MOST_GUESSES)
        self._visits: TTLCache[str, None] = TTLCache(_MOST_VISITS, ttl=LASTS, timer=clock)

    @property
    def is_local(self) -> bool:
        """Whether no token is asked for."""
        return not self._token

    def is_addressed(self, request: Request) -> bool:
        """Return whether the request names a host that is this one.

        Without a token a page from elsewhere could else have its own name lead to this machine and read along.
        """
        return not self.is_local or _split(f"//{request.headers.get('Host', '')}").hostname in _HERE

    def is_from_here(self, request: Request) -> bool:
        """Return whether a page of this very site sent the request.

        Browsers say so themselves. Older ones, and all over plain http in a house's own network, name no more than
        where the page came from.
        """
        if said := request.headers.get("Sec-Fetch-Site"):
            return said == "same-origin"
        origin = request.headers.get("Origin", "")
        own = f"{_split(origin).scheme}://{request.headers.get('Host', '')}"  # the proxy may have spoken https
        return _place(origin) is not None and _place(origin) in (_place(self._public), _place(own))

    def opens(self, token: str) -> bool:
        """Return whether ``token`` is the right one."""
        return not self.is_local and same(token, self._token)

    def may_guess_on(self) -> bool:
        """Note a wrong token; return whether there were not too many in the minute before."""
        few = len(self._guesses) < MOST_GUESSES or self._guesses[0] <= self._clock() - _MINUTE
        if few:
            self._guesses.append(self._clock())
        return few

    def visitor(self, request: Request) -> str:
        """Return the name of the visit that the request's cookie belongs to; empty without a good cookie.

        Good are those that this process handed out: one that was signed out stays so, a restart ends all.
        """
        name = request.cookies.get(COOKIE, "")
        return name if name in self._visits else ""

    def begin(self, request: Request, response: Response) -> str:
        """Begin a visit: set its cookie on ``response`` and return its name."""
        name = secrets.token_urlsafe(32)
        self._visits[name] = None
        self._set(request, response, name, LASTS)
        return name

    def end(self, visitor: str, request: Request, response: Response) -> None:
        """End a visit, whoever kept a copy of its cookie, and have the browser forget it."""
        self._visits.pop(visitor, None)
        self._set(request, response, "", 0)

    def _set(self, request: Request, response: Response, value: str, seconds: int) -> None:
        reached = (self._public, request.headers.get("Origin", ""))  # the former is not known to a bot that polls
        secure = any(address.startswith("https:") for address in reached)
        response.set_cookie(COOKIE, value, seconds, path=PATH, secure=secure, httponly=True, samesite="strict")


def _place(origin: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of ``origin``, nothing where it names none."""
    parts = _split(origin)
    try:
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _split(address: str) -> SplitResult:
    """Return the parts of ``address``, all of them empty where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
