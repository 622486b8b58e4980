"""One browser for all its tests, a fresh profile for each, and the preview as a process of its own.

The tests are asynchronous: Playwright's synchronous form keeps an event loop running, in which no other test of the
same process could start one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import chromium
from tests.support.knowledge import write_knowledge
from tests.support.process import BotProcess

expect.set_options(timeout=chromium.PATIENCE)

NewPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser itself."""
    if not chromium.installed():
        pytest.skip(chromium.MISSING)
    async with chromium.launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser) -> AsyncIterator[NewPage]:
    """Opens a page with a profile of its own, and takes what Playwright's ``new_context`` takes.

    At the end none may have asked another host for anything, shown a dialogue, or reported a mistake.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    async def open_page(**settings: object) -> Page:
        context = await browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(chromium.PATIENCE)
        contexts.append(context)
        page = await context.new_page()
        page.on("dialog", lambda dialog: wrong.append(f"a dialogue: {dialog.message}"))
        page.on("pageerror", lambda error: wrong.append(f"a script failed: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if _is_mistake(said.type, said.text) else None)
        page.on("request", lambda asked: wrong.append(asked.url) if _is_elsewhere(asked.url) else None)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_page: NewPage, preview: str) -> Page:
    """The chat of the preview, on a wide screen, in a fresh profile."""
    page = await new_page(viewport={"width": 1280, "height": 900})
    await page.goto(preview)
    await expect(page.get_by_label("Your question")).to_be_visible()
    return page


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The knowledge folder that the preview shows; a test that changes it puts it right again."""
    return write_knowledge(tmp_path_factory.mktemp("preview") / "knowledge")


@pytest.fixture(scope="session")
def preview(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a preview of ``folder`` that has its answers ready."""
    command = ("bot", "preview", "--port", "0", "--knowledge", str(folder))
    with BotProcess(tmp_path_factory.mktemp("run"), command=command) as process:
        yield process.wait_for("http://").split()[-1]


def _is_mistake(kind: str, text: str) -> bool:
    # That a page was refused is what some tests are about; the browser reports it too.
    return kind == "error" and not text.startswith("Failed to load resource")


def _is_elsewhere(url: str) -> bool:
    return urlsplit(url).hostname not in ("127.0.0.1", None)
