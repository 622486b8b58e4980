"""``python -m tests.browser.screenshots``: pictures of the preview with the project's own knowledge.

They are written beside this file, into ``screenshots/``; the README shows them.
"""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser import chromium
from tests.support.process import BotProcess

FOLDER = Path(__file__).parent / "screenshots"
SCREENS = {"phone": (390, 844), "desktop": (1280, 900)}
TALK = ("dry nedling on my calf, how soon can i run agian", "is it ok to do it tomorow then?")


async def _ask(page: Page, text: str) -> None:
    field = page.get_by_label("Your question")
    await expect(field).to_be_visible()
    before = await page.locator("#log article").count()
    await field.fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#log article")).to_have_count(before + 1)


async def _keep(page: Page, name: str) -> None:
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


async def _take(address: str) -> None:
    expect.set_options(timeout=chromium.PATIENCE)
    async with chromium.launched() as browser:
        for name, (width, height) in SCREENS.items():
            context = await browser.new_context(
                viewport={"width": width, "height": height}, reduced_motion="reduce", color_scheme="light"
            )
            page = await context.new_page()
            await page.goto(address)
            for text in TALK:
                await _ask(page, text)
            await _keep(page, f"chat-{name}")
            await page.goto(f"{address}/entries")
            await page.get_by_label("Show answers with these words").fill("running after")
            await page.locator("details#run-after summary").click()
            await page.evaluate("scrollTo(0, 0)")
            await _keep(page, f"entries-{name}")
            await context.close()


def main() -> None:
    """Take them."""
    if not chromium.installed():
        raise SystemExit(chromium.MISSING)
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        BotProcess(Path(folder), command=("bot", "preview", "--port", "0")) as process,
    ):
        asyncio.run(_take(process.wait_for("http://").split()[-1]))
    for picture in sorted(FOLDER.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
