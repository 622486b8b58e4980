"""What answers over HTTP: the webhook, and what a host, a person or a monitor may ask."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import BotError
from bot.ops.health import Health
from bot.ops.metrics import DROPPED
from bot.web.secret import same

if TYPE_CHECKING:
    from bot.web.preview.site import Site

log = structlog.get_logger(__name__)

LARGEST_BODY = 1_000_000
"""Bytes; Telegram's updates are far smaller."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_COME_BACK = {"Retry-After": "5"}


@dataclass
class Webhook:
    """Where Telegram posts, and what becomes of it. ``take`` is ``None`` until updates can be stored."""

    path: str
    secret: str
    take: Callable[[object], Awaitable[None]] | None = None


@dataclass
class Pages:
    """What the pages show and ask; filled in while the bot starts."""

    health: Health
    metrics_token: str = ""
    ping: Callable[[], Awaitable[None]] | None = None
    privacy: str = ""
    webhook: Webhook | None = None
    preview: "Site | None" = None


def build_app(pages: Pages) -> Starlette:
    """Return the application; every route works from the first moment, with 503 for what is not ready."""

    async def healthz(_: Request) -> Response:
        return _state(pages.health.alive)

    async def readyz(_: Request) -> Response:
        if not pages.health.alive or pages.ping is None:
            return _state(False)
        try:
            await pages.ping()
        except BotError:
            return _state(False)
        return _state(True)

    async def privacy(_: Request) -> Response:
        return HTMLResponse(pages.privacy) if pages.privacy else _state(False)

    async def metrics(request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        if not pages.metrics_token or not same(given, f"Bearer {pages.metrics_token}"):
            return PlainTextResponse("Not found", 404)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def updates(request: Request) -> Response:
        assert pages.webhook is not None
        return await _updates(request, pages.webhook, pages.health)

    routes = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/privacy", privacy),
        Route("/metrics", metrics),
    ]
    if pages.webhook is not None:
        routes.append(Route(pages.webhook.path, updates, methods=["POST"]))
    if pages.preview is not None:
        routes.extend(pages.preview.routes())
    app = Starlette(routes=routes)
    # It would send people on to whatever host the request names.
    app.router.redirect_slashes = False
    return app


async def _updates(request: Request, webhook: Webhook, health: Health) -> Response:
    """Confirm an update once it is stored; nothing of the body is read before the secret is seen."""
    if not same(request.headers.get(SECRET_HEADER, ""), webhook.secret):
        return PlainTextResponse("Not found", 404)
    if webhook.take is None or health.stopping:
        return PlainTextResponse("Not ready", 503, _COME_BACK)
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                DROPPED.labels("too large").inc()
                return PlainTextResponse("Too large", 413)
    except ClientDisconnect:
        # Nobody reads this, and what was not confirmed comes again.
        return PlainTextResponse("Broken off", 400)
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        # Confirmed all the same: Telegram would send it again for a day and hold that chat up.
        DROPPED.labels("unreadable").inc()
        log.warning("update that is no JSON")
        return PlainTextResponse("")
    try:
        await webhook.take(update)
    except Exception as error:
        # Whatever it is, the update is not kept: it is to come again, and its text is to stay out of the log.
        if not isinstance(error, BotError):
            log.error("update not taken in", error=type(error).__name__)
        return PlainTextResponse("Not ready", 503, _COME_BACK)
    return PlainTextResponse("")


def _state(good: bool) -> Response:
    return PlainTextResponse("ok") if good else PlainTextResponse("not ready", 503, _COME_BACK)
