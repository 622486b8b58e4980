"""Who may look at the preview: a token posted once, a signed cookie from then on, no request from elsewhere."""

import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "preview"
PATH = "/preview"
LASTS = 12 * 60 * 60
"""Seconds until the token is asked for again."""
MOST_GUESSES = 10
"""Wrong tokens a minute, of everybody together: behind a host's proxy all callers look the same."""
_MINUTE = 60.0
_HERE = ("127.0.0.1", "localhost")


class Door:
    """Lets in whoever posted ``token``; without one, whoever sits at this machine."""

    def __init__(self, token: str = "", *, public_url: str = "", clock: Callable[[], float] = time.time) -> None:
        """``public_url`` is the address under which the pages are reached, where that is known."""
        self._token = token.encode()
        self._key = self._token or secrets.token_bytes(32)
        self._public = public_url
        self._clock = clock
        self._guesses: deque[float] = deque(maxlen=MOST_GUESSES)

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

        Browsers send the origin ``null`` with a form of a page that tells nobody where it was; these also say
        themselves whether the page was of the same site.
        """
        origin = request.headers.get("Origin", "null")
        if origin == "null":
            return request.headers.get("Sec-Fetch-Site") == "same-origin"
        return origin == self._public or _split(origin).netloc == request.headers.get("Host", " ")

    def may_guess(self) -> bool:
        """Return whether a token is looked at now, or too many wrong ones came in the last minute."""
        return len(self._guesses) < MOST_GUESSES or self._guesses[0] <= self._clock() - _MINUTE

    def opens(self, token: str) -> bool:
        """Return whether ``token`` is the right one; a wrong one is noted."""
        right = not self.is_local and hmac.compare_digest(token.encode("utf-8", "replace"), self._token)
        if not right:
            self._guesses.append(self._clock())
        return right

    def visitor(self, request: Request) -> str:
        """Return the name of the visit that the request's cookie belongs to; empty without a good cookie."""
        name, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(name).encode()):
            return ""
        begun = int(name.partition(".")[2], 16)
        return name if self._clock() < begun + LASTS else ""

    def begin(self, response: Response) -> str:
        """Begin a visit: set its cookie on ``response`` and return its name."""
        name = f"{secrets.token_hex(16)}.{int(self._clock()):x}"
        self._set(response, f"{name}.{self._signature(name)}", LASTS)
        return name

    def end(self, response: Response) -> None:
        """Have the browser forget its cookie."""
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, seconds: int) -> None:
        secure = self._public.startswith("https:")
        response.set_cookie(COOKIE, value, seconds, path=PATH, secure=secure, httponly=True, samesite="strict")

    def _signature(self, name: str) -> str:
        return hmac.new(self._key, f"preview visit {name}".encode("utf-8", "replace"), "sha256").hexdigest()


def _split(address: str) -> SplitResult:
    """Return the parts of ``address``, all of them empty where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
