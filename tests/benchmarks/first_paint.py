"""``python -m tests.benchmarks.first_paint``: how soon a browser shows the preview, over loopback, own knowledge.

Each page is opened ten times, each time in a fresh profile, and once more there: the first time the browser starts
a process for it and looks for fonts. Nothing is taken from a cache. The target is a median under 200 ms.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser import chromium
from tests.support.process import BotProcess

TIMES = 10
PAGES = {"chat": "", "all answers": "/entries"}
# A function to wait for would have to be evaluated, which the page's content security policy forbids.
_PAINT = """() => new Promise((resolve) => new PerformanceObserver((seen) => {
  const [paint] = seen.getEntriesByName("first-contentful-paint");
  if (paint) resolve(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


async def _first_paints(browser: Browser, address: str) -> list[float]:
    """Return the milliseconds of the first time and of the second."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    found = []
    for _ in range(2):
        await page.goto(address)
        found.append(float(await page.evaluate(_PAINT)))
    await context.close()
    return found


async def _measure(address: str) -> None:
    expect.set_options(timeout=chromium.PATIENCE)
    async with chromium.launched() as browser:
        page = await browser.new_page()
        await page.goto(address)  # waits until the answers are ready
        await expect(page.get_by_label("Your question")).to_be_visible()
        for name, path in PAGES.items():
            measured = [await _first_paints(browser, address + path) for _ in range(TIMES)]
            for which, times in zip(("first", "second"), zip(*measured, strict=True), strict=True):
                spread = f"{min(times):.0f} to {max(times):.0f}"
                print(f"{name}, {which} time: median {statistics.median(times):.0f} ms ({spread})")


def main() -> None:
    """Measure and print."""
    if not chromium.installed():
        raise SystemExit(chromium.MISSING)
    with (
        tempfile.TemporaryDirectory() as folder,
        BotProcess(Path(folder), command=("bot", "preview", "--port", "0")) as process,
    ):
        asyncio.run(_measure(process.wait_for("http://").split()[-1]))


if __name__ == "__main__":
    main()
