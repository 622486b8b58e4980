"""The preview as a physiotherapist sees it, in a real browser, over real HTTP."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.ops.health import Health
from bot.understanding.mind import Mind
from bot.web.app import Pages, build_app
from bot.web.preview.door import Door
from bot.web.preview.show import Show, Sight
from bot.web.preview.site import Site
from bot.web.server import WebServer
from tests.browser.conftest import NewPage
from tests.support.knowledge import (
    AWKWARD,
    AWKWARD_TEXT,
    DANGER,
    QUESTION,
    changed_file,
    shown,
    vague_question,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


async def ask(page: Page, text: str) -> Locator:
    """Type ``text``, send it, and return the exchange once it is answered."""
    field = page.get_by_label("Your question")
    await expect(field).to_be_visible()  # until the answers are ready another page stands here
    before = await page.locator("#log article").count()
    await field.fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#log article")).to_have_count(before + 1)
    return page.locator("#log article").last


async def audit(page: Page) -> list[str]:
    """Return what ``page``, once its styles are there, lacks for people: see ``audit.js``."""
    await page.wait_for_load_state()
    problems: list[str] = await page.evaluate(AUDIT)
    return problems


def why(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Why this reply")


# --- the chat ---------------------------------------------------------------------------------------


async def test_a_question_is_answered_with_its_buttons_and_why_stands_beside_it(page: Page, mind: Mind) -> None:
    answer = await ask(page, "does dry nedling hurt a lot?")
    await expect(answer).to_contain_text(mind.knowledge.entries["pain"].title)
    await expect(answer.locator("button.key").first).to_be_visible()
    beside = why(page)
    await expect(beside).to_contain_text("nedling was read as needling")
    await expect(beside).to_contain_text("None found.")
    await expect(beside.locator(".looked-at > li")).to_have_count(5)
    best = beside.locator(".looked-at > li").first
    await expect(best).to_contain_text("Does it hurt?")
    await expect(best.locator(".note q")).to_contain_text("hurt")


async def test_a_tapped_choice_is_answered_in_its_place(page: Page, mind: Mind) -> None:
    asked = await ask(page, vague_question(mind))
    choice = asked.locator("button.key").first
    chosen = await choice.inner_text()
    await choice.click()
    await expect(asked.locator(".note").first).to_contain_text(chosen)
    await expect(asked.locator(".bubble.bot")).to_contain_text(chosen)


async def test_a_command_in_a_reply_is_tapped_as_on_telegram(page: Page, mind: Mind) -> None:
    session = next(section.title for section in mind.knowledge.menu if section.id == "session")
    answer = await ask(page, "/help")
    await answer.get_by_role("button", name="/topics").click()
    await expect(page.locator("#log article")).to_have_count(3)
    await expect(page.locator("#log article").last).to_contain_text(session)
    await expect(why(page)).to_contain_text("Read as a command")


async def test_a_red_flag_gets_the_urgent_text_alone_and_its_words_are_shown(page: Page) -> None:
    answer = await ask(page, DANGER)
    await expect(answer.locator(".bubble.bot.urgent")).to_contain_text("Call your local emergency number now.")
    await expect(answer).not_to_contain_text("Does it hurt?")
    beside = why(page)
    await expect(beside.locator(".verdict.alarm")).to_contain_text("Chest pain or trouble breathing")
    await expect(beside).to_contain_text("chest hurts and i cannot breathe")
    await expect(beside.locator(".looked-at > li")).to_have_count(5)


async def test_a_follow_up_says_what_it_was_taken_to_follow(page: Page) -> None:
    await ask(page, QUESTION)
    await ask(page, "why not?")
    await expect(why(page)).to_contain_text("Taken as a follow-up to “Does it hurt?”.")


async def test_afresh_means_that_nothing_typed_is_left(page: Page, preview: str) -> None:
    await ask(page, QUESTION)
    await why(page).get_by_role("button", name="Start afresh").click()
    await expect(page.locator("#log article")).to_have_count(1)
    await page.goto(preview)
    await expect(page.locator("body")).not_to_contain_text(QUESTION)


async def test_a_refusal_is_said_and_what_was_typed_stays(page: Page) -> None:
    refused = "<main><p>This came from another page.</p></main>"
    await page.route("**/say", lambda route: route.fulfill(status=403, content_type="text/html", body=refused))
    field = page.get_by_label("Your question")
    await field.fill(QUESTION)
    await field.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("This came from another page.")
    await expect(field).to_have_value(QUESTION)


async def test_it_works_without_scripts(new_page: NewPage, preview: str) -> None:
    page = await new_page(java_script_enabled=False)
    await page.goto(preview)
    answer = await ask(page, QUESTION)
    await expect(answer).to_contain_text("Does it hurt?")
    await expect(why(page)).to_contain_text("None found.")


# --- the files, followed while the page is open ---------------------------------------------------------


async def test_a_file_broken_and_mended_while_the_page_is_open(page: Page, folder: Path) -> None:
    file = folder / "faq/pain.yaml"
    sound = file.read_text(encoding="utf-8")
    state = page.locator("#state")
    try:
        file.write_text(changed_file("faq/pain.yaml", "answer: |", "answr: |"), encoding="utf-8")
        line = sound.splitlines().index("answer: |") + 1
        await expect(state).to_contain_text(f"faq/pain.yaml, line {line}:")
        await page.set_viewport_size({"width": 360, "height": 300})
        assert await audit(page) == []
        await page.set_viewport_size({"width": 1280, "height": 900})
        await expect(await ask(page, QUESTION)).to_contain_text("A short sting")
        file.write_text(changed_file("faq/pain.yaml", "A short sting", "Barely a sting"), encoding="utf-8")
        await expect(state).to_contain_text("the next answer comes from the new files")
        await expect(state.locator(".trouble")).to_have_count(0)
        await expect(await ask(page, QUESTION)).to_contain_text("Barely a sting")
    finally:
        file.write_text(sound, encoding="utf-8")
    await expect(state).to_contain_text("edits are in")


async def test_the_page_with_all_answers_follows_an_edit_and_leaves_the_reader_where_they_were(
    page: Page, preview: str, folder: Path
) -> None:
    file = folder / "faq/pain.yaml"
    sound = file.read_text(encoding="utf-8")
    await page.goto(f"{preview}/entries")
    await page.get_by_label("Show answers with these words").fill("sting")
    pain = page.locator("details#pain")
    summary = pain.locator("summary")
    await summary.focus()
    await page.keyboard.press("Enter")
    try:
        file.write_text(changed_file("faq/pain.yaml", "A short sting", "Hardly a sting"), encoding="utf-8")
        await expect(pain.locator(".bubble")).to_contain_text("Hardly a sting")
    finally:
        file.write_text(sound, encoding="utf-8")
    await expect(pain.locator(".bubble")).to_be_visible()
    await expect(summary).to_be_focused()
    await expect(page.locator("details:visible")).to_have_count(1)
    await expect(pain.locator(".bubble")).to_contain_text("A short sting")


# --- all answers ----------------------------------------------------------------------------------------


async def test_all_answers_are_listed_filtered_and_read_as_a_runner_reads_them(page: Page, mind: Mind) -> None:
    await page.get_by_role("link", name="All answers").click()
    total = len(mind.knowledge.entries)
    await expect(page.locator("#count")).to_have_text(f"{total} of {total} answers")
    await page.get_by_label("Show answers with these words").fill("sting")
    pain = page.locator("details#pain")
    await expect(page.locator("details:visible")).to_have_count(1)
    await pain.locator("summary").click()
    entry = mind.knowledge.entries["pain"]
    for line in shown(entry).split("\n\n"):
        await expect(pain.locator(".bubble")).to_contain_text(line)
    await expect(pain).to_contain_text("Not checked by a clinician yet")
    await expect(pain).to_contain_text(mind.knowledge.sources[entry.sources[0]].who)
    await page.get_by_label("Which").select_option("that runners do not get")
    await expect(page.get_by_text("There is no such answer.")).to_be_visible()


async def test_the_booklet_and_the_faq_page_open_from_here_in_their_own_dress(page: Page, preview: str) -> None:
    for link, title in (("Booklet", "Danger signs"), ("FAQ page", "Does it hurt?")):
        await page.goto(preview)
        await page.get_by_role("link", name=link).click()
        await expect(page.get_by_text(title).first).to_be_visible()
        assert await page.evaluate("document.styleSheets[0].cssRules.length") > 0
        assert await audit(page) == []


# --- typed text and answers cannot inject ---------------------------------------------------------------

ATTACK = (
    """"><img src=x onerror="alert(1)"><script>alert(2)</script><a href='javascript:alert(3)'>x</a>{{7*7}}&copy;"""
)


async def test_what_is_typed_stays_text_wherever_it_is_shown(page: Page, preview: str) -> None:
    answer = await ask(page, ATTACK)
    await expect(answer.locator(".bubble.mine")).to_have_text(f"You: {ATTACK}")
    await expect(page.locator("body img, body script, a[href^=javascript]")).to_have_count(0)
    await page.goto(f"{preview}/entries")
    await page.get_by_label("Show answers with these words").fill(ATTACK)
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_text("There is no such answer.")).to_be_visible()
    await expect(page.locator("body img, body script, a[href^=javascript]")).to_have_count(0)


async def test_what_staff_wrote_is_shown_as_they_typed_it(page: Page, preview: str) -> None:
    await page.goto(f"{preview}/entries#{AWKWARD}")
    await expect(page.locator(f"details#{AWKWARD} .bubble")).to_contain_text(AWKWARD_TEXT)


# --- the token ----------------------------------------------------------------------------------------------


async def test_a_wrong_token_opens_nothing_the_right_one_is_in_no_address_and_what_was_typed_outlasts_it(
    new_page: NewPage, mind: Mind
) -> None:
    site = Site(Door("opens-the-preview"))
    site.show = Show(lambda: Sight(mind, mind.knowledge))
    server = WebServer(build_app(Pages(Health(), preview=site)), 0, "127.0.0.1")
    port = await server.start()
    try:
        page = await new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"http://127.0.0.1:{port}/preview/entries")
        field = page.get_by_label("Access token")
        await field.fill("guessed")
        await field.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("This is not the token.")
        assert await page.context.cookies() == []
        assert await audit(page) == []
        await field.fill("opens-the-preview")
        async with page.expect_request(f"http://127.0.0.1:{port}/preview/enter") as entering:
            await field.press("Enter")
        # Browsers that say nothing of the site that a form is of are known by this alone.
        sent = await (await entering.value).all_headers()
        assert sent["origin"] == f"http://127.0.0.1:{port}"
        await expect(await ask(page, QUESTION)).to_contain_text("Does it hurt?")
        [cookie] = await page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/preview")
        assert "opens-the-preview" not in str(cookie)
        assert not [url for url in asked if "opens-the-preview" in url]
        kept = await page.context.cookies()
        await page.context.clear_cookies()
        await page.get_by_label("Your question").fill("half a thought")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("You are logged out")
        await expect(page.get_by_label("Your question")).to_have_value("half a thought")
        await page.context.add_cookies(kept)  # type: ignore[arg-type]
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_label("Access token")).to_be_visible()
    finally:
        await server.stop()


# --- for people ---------------------------------------------------------------------------------------------


async def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press ``key`` until ``wanted`` has the focus; on the way each stop must be seen."""
    for _ in range(100):
        await page.keyboard.press(key)
        stop = page.locator(":focus")
        if await stop.count():
            ring = await stop.evaluate("e => [getComputedStyle(e).outlineStyle, e.matches('main, aside')]")
            assert ring[0] != "none" or ring[1], await stop.evaluate("e => e.outerHTML")
        if await wanted.evaluate("e => e === document.activeElement"):
            await expect(wanted).to_be_in_viewport()
            return
    raise AssertionError(f"{wanted} is not reached with {key}")


async def test_the_keyboard_is_enough(page: Page, mind: Mind) -> None:
    await expect(page.get_by_label("Your question")).to_be_focused()
    await page.keyboard.type(vague_question(mind))
    await page.keyboard.press("Enter")
    asked = page.locator("#log article").nth(1)
    choice = asked.locator("button.key").first
    await expect(choice).to_be_visible()
    chosen = await choice.inner_text()
    await tab_to(page, choice, "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(asked.locator(".bubble.bot")).to_contain_text(chosen)
    await tab_to(page, page.get_by_role("link", name="All answers"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="All answers")).to_be_visible()
    skip = page.get_by_role("link", name="Skip to the content")
    await tab_to(page, skip)
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_label("Show answers with these words"))
    await page.keyboard.type("sting")
    summary = page.locator("details:visible summary").first
    await tab_to(page, summary)
    await page.keyboard.press("Enter")
    await expect(page.locator("details[open] .bubble")).to_be_visible()


async def test_the_audit_sees_what_keeps_people_out(new_page: NewPage) -> None:
    page = await new_page(viewport=PHONE)
    await page.set_content(
        """<html><body style="background: #fff"><h1>a</h1><h3 id="x">b</h3><p id="x" style="color: #999">pale</p>
        <input placeholder="faint"><style>::placeholder { color: #ccc }</style>
        <button style="width: 9px"></button><img src="data:,"><div style="width: 900px">wide</div>
        <div style="height: 9px; overflow: auto">a<br>b<br>c</div>
        <label for="gone">c</label></body></html>"""
    )
    problems = " ".join(await audit(page))
    for lacking in (
        "language",
        "title",
        "one main",
        "twice the id x",
        "leads nowhere",
        "no label",
        "no name",
        "no alt",
    ):
        assert lacking in problems
    for lacking in (
        "level 3 below one of 1",
        "too small to tap",
        "scrolls sideways",
        "not with the keyboard",
        "contrast of 2.85",
        "contrast of 1.61",
    ):
        assert lacking in problems


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_nothing_keeps_anybody_out(
    new_page: NewPage, preview: str, mind: Mind, scheme: str, screen: dict[str, int]
) -> None:
    page = await new_page(viewport=screen, color_scheme=scheme, reduced_motion="reduce")
    await page.goto(preview)
    for text in (vague_question(mind), "does dry nedling hurt a lot?", DANGER):
        await ask(page, text)
        assert await audit(page) == []
    await page.goto(f"{preview}/entries#{AWKWARD}")
    await expect(page.locator(f"details#{AWKWARD} .bubble")).to_be_visible()
    assert await audit(page) == []


async def test_letters_twice_as_large_leave_room_to_type_on_a_phone(new_page: NewPage, preview: str) -> None:
    page = await new_page(viewport={"width": 360, "height": 740})
    await page.goto(preview)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await ask(page, QUESTION)
    assert await audit(page) == []
    await expect(page.get_by_label("Your question")).to_be_in_viewport(ratio=0.9)
    skip = await page.get_by_role("link", name="Skip to the content").bounding_box()
    assert skip is not None and skip["y"] + skip["height"] <= 0


async def test_a_tap_on_a_phone_brings_no_keyboard_up_and_the_focus_is_not_lost(
    new_page: NewPage, preview: str, mind: Mind
) -> None:
    page = await new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    await page.goto(preview)
    asked = await ask(page, vague_question(mind))
    choice = asked.locator("button.key").first
    chosen = await choice.inner_text()
    await choice.tap()
    await expect(asked.locator(".note").first).to_contain_text(chosen)
    await expect(page.get_by_role("log")).to_be_focused()


async def test_a_phone_turned_sideways_or_a_page_made_larger_needs_no_scrolling_sideways(
    new_page: NewPage, preview: str
) -> None:
    page = await new_page(viewport={"width": 320, "height": 480})
    await page.goto(preview)
    await ask(page, "a" * 200 + " " + QUESTION)
    assert await audit(page) == []
