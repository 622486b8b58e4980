"""The browser that is installed on this machine, driven by Playwright; none is ever downloaded."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "No Chromium found: install Debian's package chromium (sudo apt-get install chromium)."
PATIENCE = 60_000
"""Milliseconds: a busy machine is no failure."""


def installed() -> str:
    """Return where a Chromium lies, ``""`` where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Run the installed Chromium, unseen."""
    # As root, which containers are, Chromium refuses its sandbox; containers also have little shared memory.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed(), args=arguments, timeout=PATIENCE)
        yield browser
        await browser.close()
