"""The preview over HTTP: every answer carries the same headers, every change is a POST from its own pages."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.web.preview.door import PATH, Door
from bot.web.preview.pages import FILES, HEADERS, page, policy

if TYPE_CHECKING:
    from bot.web.preview.show import Show

log = structlog.get_logger(__name__)

LARGEST_FORM = 65_536
"""Bytes: the longest text that Telegram takes, each character written as four bytes in a form."""
LONGEST_TEXT = 4096
MOST_AT_ONCE = 20
"""Pages and messages in hand; more would only wait for each other, and hold what was typed meanwhile."""
_MOST_FIELDS = 4
_NEVER_BUSY = ("state", "leave", "again")
"""What waits for nothing; open pages ask for the first all the time, and nobody is kept from going."""
_COME_BACK = {"Retry-After": "3"}
_FROM_ELSEWHERE = "This came from another page. Open the preview and try again."
_NOT_KNOWN = (
    "If it did come from the preview, the bot does not know the address by which you reach it: let the proxy in "
    "front pass the Host header on, or set PUBLIC_URL to the address that your browser shows."
)


class Site:
    """Everything below ``/preview``. Answers 503 until it has something to ``show``."""

    def __init__(self, door: Door) -> None:
        self.show: Show | None = None
        self._door = door
        self._in_hand = 0

    def routes(self) -> list[Route]:
        """Return where it answers."""
        return [Route(PATH, self), Route(f"{PATH}/{{rest:path}}", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it is: see ASGI."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            response = self._said("Broken off", 400)
        except Exception as error:
            # Starlette's own answer would come without the headers, and its log line with the error's text.
            log.error("preview failed", exc_info=error)
            response = self._said("Something went wrong in the preview. The log says where.", 500)
        response.headers.update(HEADERS)
        if "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = policy()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        rest = request.path_params.get("rest", "")
        if not self._door.is_addressed(request):
            return self._said("This address is not the one that the preview printed. Open that one.", 403)
        if request.method == "POST":
            if not self._door.is_from_here(request):
                return self._said(
                    _FROM_ELSEWHERE if self._door.is_local else f"{_FROM_ELSEWHERE} {_NOT_KNOWN}", 403
                )
            form = await _form(request)
            if form is None:
                return self._said("That is too long.", 413)
            if rest == "enter":
                return self._enter(request, form.get("token", "").strip())
            return await self._visited(request, lambda visitor: self._change(visitor, request, rest, form))
        if request.method not in ("GET", "HEAD"):
            return self._said("Only pages can be asked for here.", 405, {"Allow": "GET, HEAD, POST"})
        if rest in FILES:
            content, kind = FILES[rest]
            return Response(content, media_type=kind)
        return await self._visited(request, lambda visitor: self._shown(visitor, request, rest))

    async def _visited(self, request: Request, answer: Callable[[str], Awaitable[Response]]) -> Response:
        """Return what ``answer`` says to the visitor, or the form for the token."""
        if visitor := self._door.visitor(request):
            return await self._unless_busy(visitor, request, answer)
        if self._door.is_local:
            # A visit, and what is typed into a page of an earlier process, begins here.
            started = Response()
            response = await self._unless_busy(self._door.begin(request, started), request, answer)
            response.headers.append("Set-Cookie", started.headers["Set-Cookie"])
            return response
        if request.method == "POST":
            return HTMLResponse(page("enter.html", wrong=""), 403)
        return _to("") if request.path_params.get("rest") else HTMLResponse(page("enter.html", wrong=""))

    async def _unless_busy(
        self, visitor: str, request: Request, answer: Callable[[str], Awaitable[Response]]
    ) -> Response:
        if request.path_params.get("rest") in _NEVER_BUSY:
            return await answer(visitor)
        if self._in_hand >= MOST_AT_ONCE:
            return self._said("The preview has too much to do at the moment. Try again.", 503, _COME_BACK)
        self._in_hand += 1
        try:
            return await answer(visitor)
        finally:
            self._in_hand -= 1

    async def _shown(self, visitor: str, request: Request, rest: str) -> Response:
        show = self.show
        if show is None or (not show.is_ready and rest != "state"):
            state = show.state() if show is not None else page("state.html", sight=None)
            waiting = page("waiting.html", state=state, local=self._door.is_local)
            return HTMLResponse(state if rest == "state" else waiting, 503, _COME_BACK)
        match rest:
            case "":
                why = request.query_params.get("why", "")
                return HTMLResponse(await show.chat(visitor, why, local=self._door.is_local))
            case "entries":
                wanted, only = (request.query_params.get(name, "")[:LONGEST_TEXT] for name in ("q", "only"))
                return HTMLResponse(await show.entries(wanted, only, local=self._door.is_local))
            case "state":
                return HTMLResponse(show.state())
            case "booklet" | "faq":
                html = await (show.booklet() if rest == "booklet" else show.faq())
                return HTMLResponse(html, headers={"Content-Security-Policy": policy(html)})
            case _:
                return self._said("There is no such page.", 404)

    async def _change(self, visitor: str, request: Request, rest: str, form: dict[str, str]) -> Response:
        if rest == "leave":
            response = _to("")
            self._door.end(visitor, request, response)
            if self.show is not None:
                self.show.forget(visitor)
            return response
        if self.show is None or not self.show.is_ready:
            return self._said("The knowledge files are still being read.", 503, _COME_BACK)
        match rest:
            case "say":
                text = form.get("text", "")
                if len(text) > LONGEST_TEXT:
                    return self._said(f"A message has at most {LONGEST_TEXT} characters.", 413)
                return _to(f"#m{await self.show.say(visitor, text)}")
            case "tap":
                return _to(f"#m{await self.show.tap(visitor, form.get('under', ''), form.get('code', ''))}")
            case "again":
                self.show.forget(visitor)
                return _to("")
            case _:
                return self._said("There is no such page.", 404)

    def _enter(self, request: Request, token: str) -> Response:
        if self._door.is_local:
            return _to("")
        if self._door.opens(token):
            response: Response = _to("")
            self._door.begin(request, response)
            return response
        if not self._door.may_guess_on():
            wrong = "Too many wrong tokens. Look it up: it is what PREVIEW_TOKEN says where the bot runs."
            return HTMLResponse(page("enter.html", wrong=wrong), 429, {"Retry-After": "60"})
        wrong = "This is not the token. It is what PREVIEW_TOKEN says where the bot runs."
        return HTMLResponse(page("enter.html", wrong=wrong), 403)

    def _said(self, what: str, status: int, headers: dict[str, str] | None = None) -> Response:
        return HTMLResponse(page("said.html", what=what), status, headers)


def _to(where: str) -> Response:
    return RedirectResponse(PATH + where, 303)


async def _form(request: Request) -> dict[str, str] | None:
    """Return the fields of a posted form, of each the last; ``None`` where it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    try:
        fields = parse_qs(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}
