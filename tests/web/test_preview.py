"""The preview in a browser: who may look, what a page may do, and that nothing typed there is kept."""

import asyncio
import gc
import re
import threading
import weakref
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any

import html5lib
import httpx
import pytest
from markupsafe import Markup
from prometheus_client import generate_latest

from bot.assistant import Assistant
from bot.errors import BotError
from bot.knowledge.problems import Place, Problem, Severity
from bot.ops.health import Health
from bot.ops.logs import configure
from bot.settings import LogFormat, LogLevel
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from bot.understanding.mind import Mind
from bot.web.app import Pages, build_app
from bot.web.preview.door import LASTS, MOST_GUESSES, Door
from bot.web.preview.pages import HEADERS, page, tappable
from bot.web.preview.show import VISIT_LASTS, Show, Sight
from bot.web.preview.site import LARGEST_FORM, LONGEST_TEXT, MOST_AT_ONCE, Site
from tests.support.fakes import Clock
from tests.support.knowledge import (
    AWKWARD,
    DANGER,
    OFF_TOPIC,
    QUESTION,
    SUSPICIOUS,
    shown,
    vague_question,
    with_a_question_back,
)
from tests.support.pages import text_of
from tests.support.patience import PATIENCE
from tests.support.therapists import ADA, EVERYBODY

TOKEN = "a token of some length"
PUBLIC = "https://bot.example"
LOCAL = "http://127.0.0.1:8090"
INJECTION = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PAGES = ("/preview", "/preview/entries", "/preview/booklet", "/preview/faq", "/preview/state")


class Browser:
    """Somebody with a browser, in front of the preview of the small knowledge."""

    def __init__(self, site: Site, address: str = PUBLIC) -> None:
        self.address = address
        transport = httpx.ASGITransport(build_app(Pages(Health(), preview=site)))
        self.http = httpx.AsyncClient(transport=transport, base_url=address)

    async def get(self, path: str = "/preview") -> httpx.Response:
        return await self.http.get(path)

    async def read(self, path: str = "/preview") -> str:
        """Return what can be read on a page, which must be valid."""
        page = await self.get(path)
        assert page.status_code == 200, page.text
        return readable(page.text)

    async def post(self, what: str, origin: str | None = "", **fields: str) -> httpx.Response:
        """Post a form as a page of ``origin`` does; empty: as the preview's own."""
        headers = {} if origin is None else {"Origin": origin or self.address}
        return await self.http.post(f"/preview/{what}", data=fields, headers=headers)

    async def enter(self, token: str = TOKEN) -> httpx.Response:
        return await self.post("enter", token=token)

    async def say(self, text: str) -> str:
        """Send a message and return the page that follows."""
        assert (await self.post("say", text=text)).status_code == 303
        return await self.read()

    async def tap(self, label: str) -> str:
        """Tap the last button with ``label`` and return the page that follows."""
        forms = re.findall(
            r'<form method="post" action="/preview/tap".*?</form>', (await self.get()).text, re.DOTALL
        )
        form = next(form for form in reversed(forms) if label in unescape(form))
        number = re.search(r'name="under" value="(\d+)"', form)
        codes = re.findall(r'name="code" value="([^"]*)">([^<]*)<', form)
        assert number is not None
        code = next(unescape(code) for code, shown in codes if unescape(shown) == label)
        assert (await self.post("tap", under=number[1], code=code)).status_code == 303
        return await self.read()


def readable(html: str) -> str:
    return text_of(html5lib.parse(html, namespaceHTMLElements=False).find("body"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(mind: Mind, clock: Clock) -> Site:
    made = Site(Door(TOKEN, public_url=PUBLIC, clock=clock))
    made.show = Show(lambda: Sight(mind, mind.knowledge), clock)
    return made


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    opened = Browser(site)
    async with opened.http:
        yield opened


@pytest.fixture
async def inside(browser: Browser) -> Browser:
    """Somebody who has posted the token."""
    assert (await browser.enter()).status_code == 303
    return browser


@pytest.fixture
async def local(mind: Mind, clock: Clock) -> AsyncIterator[Browser]:
    """Somebody at the machine on which ``preview`` was started."""
    site = Site(Door(clock=clock))
    site.show = Show(lambda: Sight(mind, mind.knowledge), clock)
    opened = Browser(site, LOCAL)
    async with opened.http:
        yield opened


# --- who may look -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "/preview/preview.css"])
async def test_without_a_token_set_there_is_no_preview(path: str) -> None:
    transport = httpx.ASGITransport(build_app(Pages(Health())))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
        assert (await http.get(path)).status_code == 404


async def test_nothing_is_shown_before_the_token_was_posted(browser: Browser) -> None:
    form = await browser.get()
    assert 'type="password"' in form.text
    for path in PAGES[1:]:
        assert (await browser.get(path)).headers["Location"] == "/preview"
    for what in ("say", "tap", "again", "leave"):
        refused = await browser.post(what, text=QUESTION)
        assert refused.status_code == 403
        assert 'type="password"' in refused.text


async def test_the_token_opens_it_and_stands_in_no_address_and_no_cookie(browser: Browser) -> None:
    entered = await browser.enter()
    assert entered.status_code == 303 and entered.headers["Location"] == "/preview"
    cookie = entered.headers["Set-Cookie"]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        f"max-age={LASTS}",
        "path=/preview",
        "httponly",
        "samesite=strict",
        "secure",
    }
    assert not any(word in cookie for word in TOKEN.split() if len(word) > 2)
    for path in PAGES:
        assert (await browser.get(path)).status_code == 200


async def test_a_token_in_the_address_opens_nothing(browser: Browser) -> None:
    assert 'type="password"' in (await browser.get(f"/preview?token={TOKEN}")).text


@pytest.mark.parametrize(
    "token",
    ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é\x00\ud83d".encode("utf-8", "replace").decode()],
)
async def test_a_wrong_token_is_refused_with_the_form(browser: Browser, token: str) -> None:
    refused = await browser.enter(token)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers
    assert 'type="password"' in refused.text and 'role="alert"' in refused.text


async def test_tokens_cannot_be_guessed_by_the_thousand(browser: Browser, clock: Clock) -> None:
    for _ in range(MOST_GUESSES):
        assert (await browser.enter("wrong")).status_code == 403
    assert (await browser.enter("wrong")).status_code == 429
    clock.now += 61
    assert (await browser.enter("wrong")).status_code == 403


async def test_nobody_can_keep_out_who_has_the_token(browser: Browser) -> None:
    for _ in range(MOST_GUESSES + 1):
        await browser.enter("wrong")
    assert (await browser.enter()).status_code == 303


@pytest.mark.parametrize("spoilt", ["", ".", "handed-out-by-nobody", "\u2028"])
async def test_only_a_cookie_that_was_handed_out_opens_it(inside: Browser, spoilt: str) -> None:
    inside.http.cookies.clear()
    page = await inside.http.get("/preview", headers=[(b"Cookie", f"preview={spoilt}".encode())])
    assert 'type="password"' in page.text


@pytest.mark.parametrize("token", [TOKEN, "another token of some length"])
async def test_a_restart_logs_everybody_out_so_that_no_signed_out_cookie_comes_back(
    inside: Browser, site: Site, clock: Clock, token: str
) -> None:
    restarted = Site(Door(token, public_url=PUBLIC, clock=clock))
    restarted.show = site.show
    elsewhere = Browser(restarted)
    async with elsewhere.http:
        elsewhere.http.cookies = inside.http.cookies
        assert 'type="password"' in (await elsewhere.get()).text


async def test_a_bot_that_knows_no_address_of_its_own_keeps_its_cookie_to_https_where_that_was_used() -> None:
    for address, secure in ((PUBLIC, True), ("http://10.0.0.7:8080", False)):
        browser = Browser(Site(Door(TOKEN)), address)
        async with browser.http:
            assert ("Secure" in (await browser.enter()).headers["Set-Cookie"]) is secure


async def test_a_visit_ends_by_itself_and_on_request(inside: Browser, clock: Clock) -> None:
    copied = {"Cookie": f"preview={inside.http.cookies['preview']}"}
    left = await inside.post("leave")
    assert "Max-Age=0" in left.headers["Set-Cookie"]
    assert 'type="password"' in (await inside.get()).text
    assert 'type="password"' in (await inside.http.get("/preview", headers=copied)).text
    await inside.enter()
    clock.now += LASTS
    assert 'type="password"' in (await inside.get()).text


# --- what a request may be, and what every answer says ---------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", f"{PUBLIC}.evil.example", "https://[", "null", None])
@pytest.mark.parametrize("what", ["enter", "say", "tap", "again", "leave"])
async def test_a_page_from_elsewhere_changes_nothing(inside: Browser, what: str, origin: str | None) -> None:
    refused = await inside.post(what, origin, text=QUESTION, token=TOKEN)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers
    assert QUESTION not in await inside.read()


async def test_a_form_of_a_page_that_tells_nobody_where_it_was_is_known_by_what_the_browser_says(
    inside: Browser,
) -> None:
    # What the browser says counts, whatever a proxy made of the host's name.
    for site, status in (("same-origin", 303), ("same-site", 403), ("cross-site", 403), ("none", 403)):
        for origin in ("null", "https://of.the.proxy"):
            headers = {"Origin": origin, "Sec-Fetch-Site": site}
            answer = await inside.http.post("/preview/say", data={"text": QUESTION}, headers=headers)
            assert answer.status_code == status, site


@pytest.mark.parametrize(
    "public", ["https://bot.example:443", "https://Bot.Example", "https://bot.example/telegram", ""]
)
async def test_a_browser_that_tells_only_its_origin_is_known_however_the_address_is_written(public: str) -> None:
    site = Site(Door(TOKEN, public_url=public))
    browser = Browser(site)
    # A proxy may put its own name in the place of the one that was asked for; only PUBLIC_URL tells that one then.
    behind = {"Host": "10.0.0.7:8080"} if public else {"Host": "bot.example:443"}
    async with browser.http:
        for origin, status in ((PUBLIC, 303), ("https://bot.example.evil", 403), ("https://bot.example:8443", 403)):
            entered = await browser.http.post(
                "/preview/enter", data={"token": TOKEN}, headers={**behind, "Origin": origin}
            )
            assert entered.status_code == status, origin
    assert "PUBLIC_URL" in entered.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", "[", ""])
async def test_on_ones_own_machine_no_other_name_leads_to_it(local: Browser, host: str) -> None:
    for path in (*PAGES, "/preview/preview.css"):
        assert (await local.http.get(path, headers={"Host": host})).status_code == 403
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert (await local.http.post("/preview/say", data={"text": QUESTION}, headers=headers)).status_code == 403


async def test_on_ones_own_machine_no_token_is_asked_for_and_no_page_from_elsewhere_obeyed(local: Browser) -> None:
    assert "Secure" not in (await local.get()).headers["Set-Cookie"]
    assert QUESTION in await local.say(QUESTION)
    assert (await local.post("say", "http://evil.example", text=DANGER)).status_code == 403
    assert DANGER not in await local.read()


async def test_what_is_typed_into_a_page_of_an_earlier_process_is_answered(local: Browser) -> None:
    await local.get()
    local.http.cookies.set("preview", "of.an.earlier", domain="127.0.0.1", path="/preview")
    assert QUESTION in await local.say(QUESTION)


async def test_every_answer_carries_the_headers(inside: Browser, site: Site) -> None:
    answers = [await inside.get(path) for path in (*PAGES, "/preview/preview.css", "/preview/nowhere")]
    answers += [await inside.post("say", text="x"), await inside.post("say", "https://evil.example")]
    answers += [await inside.post("enter", token="wrong"), await inside.post("nowhere")]
    answers.append(await inside.http.request("DELETE", "/preview"))
    site.show = None
    answers.append(await inside.get())
    assert {200, 303, 403, 404, 405, 503} == {answer.status_code for answer in answers}
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        rules = dict(
            rule.strip().partition(" ")[::2] for rule in answer.headers["Content-Security-Policy"].split(";")
        )
        assert rules["default-src"] == "'none'" and rules["frame-ancestors"] == "'none'"
        assert rules["form-action"] == "'self'" and rules["base-uri"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_a_failure_is_an_answer_with_the_headers_and_without_a_word_of_what_was_typed(
    inside: Browser, monkeypatch: pytest.MonkeyPatch, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.DEBUG, LogFormat.TEXT)

    async def fail(*_: object) -> None:
        raise BotError(QUESTION)

    monkeypatch.setattr(Show, "say", fail)
    answer = await inside.post("say", text=QUESTION)
    assert answer.status_code == 500 and answer.headers["Cache-Control"] == "no-store"
    written = logged.readouterr()
    assert "preview failed" in written.err
    assert QUESTION not in answer.text + written.out + written.err


async def test_pages_load_their_own_files_only_and_hold_no_script_or_style(inside: Browser) -> None:
    await inside.say(QUESTION)
    for path in ("/preview", "/preview/entries"):
        root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse((await inside.get(path)).text)
        for element in root.iter():
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)
            if element.tag in ("script", "style"):
                assert not element.text
            for name in ("src", "href") if element.tag in ("script", "link", "img") else ():
                assert element.attrib.get(name, "/preview/").startswith("/preview/")
        ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert len(ids) == len(set(ids))
        fields = {
            e.attrib.get("id") for e in root.iter() if e.tag in ("input", "textarea") and e.get("type") != "hidden"
        }
        assert fields <= {label.attrib["for"] for label in root.iter("label")}


@pytest.mark.parametrize("size", [LONGEST_TEXT + 1, LARGEST_FORM, 20 * LARGEST_FORM])
async def test_a_text_longer_than_telegram_takes_is_refused(inside: Browser, size: int) -> None:
    assert (await inside.post("say", text="x" * size)).status_code == 413


async def test_the_longest_text_is_taken_whatever_its_letters(inside: Browser) -> None:
    assert (await inside.post("say", text="🏃" * LONGEST_TEXT)).status_code == 303


async def test_until_the_files_are_read_it_says_so(inside: Browser, site: Site) -> None:
    site.show = None
    for path in PAGES:
        waiting = await inside.get(path)
        assert waiting.status_code == 503
        assert "reading the knowledge files" in waiting.text
    assert (await inside.post("say", text=QUESTION)).status_code == 503


# --- the chat -----------------------------------------------------------------------------------


async def test_it_answers_as_on_telegram_and_says_why(inside: Browser, mind: Mind) -> None:
    page = await inside.say(QUESTION)
    entry = mind.knowledge.entries["pain"]
    assert " ".join(shown(entry).split()) in page
    why = page.rpartition("Start afresh")[2]
    assert "None found." in why and entry.title in why
    assert re.search(r"How sure: (over )?\d+ %", why) and "Closest phrasing: Does dry needling hurt?" in why


async def test_a_tap_does_what_it_does_on_telegram(inside: Browser, mind: Mind) -> None:
    await inside.say(QUESTION)
    title = mind.knowledge.entries["run-after"].title
    page = await inside.tap(title)
    assert " ".join(shown(mind.knowledge.entries["run-after"]).split()) in page
    # In place of the answer above, as on Telegram.
    assert " ".join(shown(mind.knowledge.entries["pain"]).split()) not in page


async def test_a_danger_sign_is_shown_as_one(inside: Browser) -> None:
    page = await inside.say(DANGER)
    assert "Found: Chest pain or trouble breathing (call the emergency number now)" in page
    assert 'class="bubble bot urgent"' in (await inside.get()).text


async def test_a_question_that_an_earlier_danger_sign_keeps_from_being_answered_is_not_called_harmless(
    inside: Browser,
) -> None:
    await inside.say(DANGER)
    assert "None found. One that was told before still counts." in await inside.say(QUESTION)


async def test_a_question_about_danger_can_be_answered_with_its_buttons(
    inside: Browser, monkeypatch: pytest.MonkeyPatch, mind: Mind
) -> None:
    with_a_question_back(monkeypatch)
    page = await inside.say(SUSPICIOUS)
    no = mind.knowledge.texts["button_screening_no"][0]
    assert no in page
    assert " ".join(shown(mind.knowledge.entries["pain"]).split()) in await inside.tap(no)


async def test_choices_are_buttons(inside: Browser, mind: Mind) -> None:
    await inside.say(vague_question(mind))
    page = (await inside.get()).text
    assert page.count('value="entry:') > 1


async def test_commands_in_a_reply_are_buttons_and_those_in_links_are_not(inside: Browser) -> None:
    await inside.say("/help")
    html = (await inside.get()).text
    assert 'form="command" name="text" value="/topics">/topics</button>' in html
    linked = Markup(
        '<p><a href="https://x.example/ /help">or /help</a> a/help /helper /help/x \u201c/help\u201d</p>'
    )
    assert tappable(linked).count("<button") == 1


async def test_an_opinion_changes_the_buttons_and_leaves_the_answer(inside: Browser, mind: Mind) -> None:
    await inside.say(QUESTION)
    page = await inside.tap(mind.knowledge.texts["button_did_not_help"][0])
    assert " ".join(shown(mind.knowledge.entries["pain"]).split()) in page
    assert mind.knowledge.texts["button_reason_other"][0] in page


async def test_where_the_clinic_can_be_asked_its_button_is_there_and_passes_nothing_on(
    inside: Browser, site: Site, mind: Mind, clock: Clock
) -> None:
    ask, keep = (mind.knowledge.texts[key][0] for key in ("button_ask_therapist", "button_keep_question"))
    assert ask not in await inside.say(QUESTION)
    site.show = Show(lambda: Sight(mind, mind.knowledge), clock, asks=True)
    await inside.say(QUESTION)
    page = await inside.tap(ask)
    assert "Nothing is passed on from here." in page and "A short sting" in page
    await inside.say(OFF_TOPIC)
    assert "Nothing is kept here." in await inside.tap(keep)


async def test_where_somebody_is_is_asked_as_on_telegram_and_no_location_is_sent(
    inside: Browser, site: Site, mind: Mind, clock: Clock
) -> None:
    texts = mind.knowledge.texts
    clinic = replace(mind.knowledge.clinic, therapists=EVERYBODY)
    found = replace(mind, knowledge=replace(mind.knowledge, clinic=clinic))
    site.show = Show(lambda: Sight(found, found.knowledge), clock)
    await inside.say("/therapist")
    assert texts["button_share_place"][0] in await inside.tap(texts["button_nearest"][0])
    assert "No place is read here" in await inside.tap(texts["button_share_place"][0])
    leave = texts["button_leave_place"][0]
    assert f'form="command" name="text" value="{leave}"' in (await inside.get()).text
    page = await inside.say("Leeds")
    assert texts["place_settled"][0] in page and ADA.name in page and "looked up in the directory first" in page


@pytest.mark.parametrize(("under", "code"), [("99", "topics"), ("x", "topics"), ("1", "entry:pain"), ("", "")])
async def test_a_button_that_is_not_there_does_nothing(inside: Browser, under: str, code: str) -> None:
    before = await inside.read()
    assert (await inside.post("tap", under=under, code=code)).status_code == 303
    assert await inside.read() == before


async def test_why_can_be_asked_of_an_earlier_reply(inside: Browser) -> None:
    await inside.say(DANGER)
    await inside.post("again")
    await inside.say(QUESTION)
    await inside.say(DANGER)
    assert "None found." not in await inside.read()
    assert "None found." in await inside.read("/preview?why=2")
    for nonsense in ("99", "x", "-1", "9" * 5000, "²"):
        assert (await inside.get(f"/preview?why={nonsense}")).status_code == 200


async def test_what_is_typed_stays_text(inside: Browser) -> None:
    await inside.say(INJECTION)
    entries = await inside.get(f"/preview/entries?q={INJECTION}%22%3E")
    for html in ((await inside.get()).text, entries.text):
        assert "<script>alert" not in html and "<img" not in html
        assert INJECTION in readable(html) or INJECTION in unescape(html)


async def test_awkward_answers_are_shown_as_they_stand(inside: Browser, mind: Mind) -> None:
    await inside.say("will needles help my plantar fasciitis heel")
    for path in ("/preview", "/preview/entries"):
        page = (await inside.get(path)).text
        assert "<q>not quoted" not in page
        assert '<a href="https://example.org/guide?a=1&amp;b=2">the guide &amp; more</a>' in page
        assert mind.knowledge.entries[AWKWARD].title in unescape(page)


# --- runners come first -----------------------------------------------------------------------------


async def test_whatever_is_typed_there_runners_are_answered_and_one_piece_of_it_is_worked_on_at_a_time(
    site: Site, mind: Mind, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, longer = site.show, DANGER
    assert show is not None
    loop, go_on, begun = asyncio.get_running_loop(), threading.Event(), asyncio.Event()
    working: list[int] = []
    understand = Mind.understand_openly

    def slow(self: Mind, text: str, *context: Any) -> Any:
        if text == longer:
            working.append(1)
            loop.call_soon_threadsafe(begun.set)
            assert go_on.wait(PATIENCE)
            assert len(working) == 1
            working.pop()
        return understand(self, text, *context)

    monkeypatch.setattr(Mind, "understand_openly", slow)
    monkeypatch.setattr(Mind, "is_brief", lambda *_: False)
    loop.set_default_executor(ThreadPoolExecutor(1))  # where runners' messages are understood
    visits = [asyncio.create_task(show.say(f"visitor {number}", longer)) for number in range(3)]
    try:
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            reply = await Assistant(mind, MemoryStore()).reply(QUESTION, Speaker("a runner", "a chat"))
        assert reply.entries == ("pain",)
        assert not any(visit.done() for visit in visits)
    finally:
        go_on.set()
    await asyncio.gather(*visits)


async def test_what_waits_for_its_turn_is_limited_and_what_is_said_of_the_files_is_not(
    inside: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow(*_: object) -> int:
        begun.release()
        await go_on.wait()
        return 1

    monkeypatch.setattr(Show, "say", slow)
    waiting = [asyncio.create_task(inside.post("say", text=QUESTION)) for _ in range(MOST_AT_ONCE)]
    for _ in waiting:
        await begun.acquire()
    for refused in (await inside.post("say", text=QUESTION), await inside.get("/preview/entries")):
        assert refused.status_code == 503 and "too much to do" in refused.text
    assert (await inside.get("/preview/state")).status_code == 200
    assert (await inside.post("again")).status_code == 303
    go_on.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {303}
    assert (await inside.get("/preview/entries")).status_code == 200


async def test_the_page_with_all_answers_is_not_made_where_runners_are_answered(
    inside: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in: dict[str, int] = {}

    def noted(name: str, **values: object) -> str:
        made_in[name] = threading.get_ident()
        return page(name, **values)

    monkeypatch.setattr("bot.web.preview.show.page", noted)
    await inside.get("/preview/entries")
    assert made_in["entries.html"] != threading.get_ident()


# --- nothing is kept ------------------------------------------------------------------------------


async def test_nothing_typed_is_counted_or_logged(inside: Browser, logged: pytest.CaptureFixture[str]) -> None:
    configure(LogLevel.DEBUG, LogFormat.TEXT)
    before = generate_latest()
    await inside.say(QUESTION)
    await inside.say(DANGER)
    samples = [line for line in generate_latest().splitlines() if line.startswith(b"bot_")]
    assert set(samples) == {line for line in before.splitlines() if line.startswith(b"bot_")}
    written = logged.readouterr()
    assert not any(text in written.out + written.err for text in (QUESTION, DANGER))


async def test_each_browser_has_a_conversation_of_its_own(inside: Browser, site: Site) -> None:
    await inside.say(DANGER)
    other = Browser(site)
    async with other.http:
        await other.enter()
        assert DANGER not in await other.say(QUESTION)


async def test_starting_afresh_forgets_the_conversation(inside: Browser) -> None:
    await inside.say(DANGER)
    await inside.post("again")
    page = await inside.say(QUESTION)
    assert DANGER not in page and "told before" not in page


async def test_what_was_typed_is_gone_soon_after_the_visit_went_silent_without_another_one(
    inside: Browser, site: Site, clock: Clock
) -> None:
    show = site.show
    assert show is not None
    await inside.say(QUESTION)
    gc.collect()
    [kept] = [weakref.ref(one) for one in gc.get_objects() if isinstance(one, MemoryStore)]
    clock.now += VISIT_LASTS
    await show.tidy()
    gc.collect()
    assert kept() is None


async def test_silent_visits_and_old_messages_are_forgotten(
    inside: Browser, site: Site, mind: Mind, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.preview.show.MOST_EXCHANGES", 3)
    monkeypatch.setattr("bot.web.preview.show.MOST_VISITS", 2)
    site.show = Show(lambda: Sight(mind, mind.knowledge), clock)
    for _ in range(4):
        await inside.post("say", text="/topics")
    assert (await inside.get()).text.count("<article") == 3
    for number in range(4):
        await site.show.say(f"visitor {number}", "/topics")
    assert site.show.visits == 2
    clock.now += VISIT_LASTS
    assert site.show.visits == 0


# --- all answers, and the files -------------------------------------------------------------------


async def test_all_answers_stand_on_a_page_and_can_be_filtered(inside: Browser, mind: Mind) -> None:
    page = await inside.read("/preview/entries")
    for entry in mind.knowledge.entries.values():
        assert " ".join(shown(entry).replace("• ", "").split()) in page
    page = await inside.read("/preview/entries?q=HURT+sting")
    assert mind.knowledge.entries["pain"].title in page and "A drop of blood" not in page
    assert "There is no such answer" in await inside.read("/preview/entries?q=zebra")


async def test_all_answers_can_be_narrowed_down_to_what_is_to_be_done(inside: Browser, mind: Mind) -> None:
    reviewed_by_nobody = await inside.read("/preview/entries?only=waits")
    assert mind.knowledge.entries["pain"].title in reviewed_by_nobody
    assert mind.knowledge.entries["cost"].title not in reviewed_by_nobody  # it tells of the bot alone
    assert "There is no such answer" in await inside.read("/preview/entries?only=off&q=sting")
    assert await inside.read("/preview/entries?only=nonsense") == await inside.read("/preview/entries")


async def test_what_staff_paused_is_said_to_be_and_how_it_reads_too(
    inside: Browser, site: Site, mind: Mind, clock: Clock
) -> None:
    site.show = Show(lambda: Sight(mind.without(["pain"]), mind.knowledge), clock)
    page = await inside.read("/preview/entries?q=paused&only=off")
    assert "1 of" in page and "paused in the staff chat" in page and "A short sting" in page


async def test_the_booklet_and_the_faq_open_with_the_style_they_bring_along(inside: Browser) -> None:
    for path in ("/preview/booklet", "/preview/faq"):
        page = await inside.get(path)
        assert "'sha256-" in page.headers["Content-Security-Policy"]
        assert "script-src 'none'" in page.headers["Content-Security-Policy"]


async def test_what_is_wrong_with_the_files_is_told_with_place_and_remedy_and_as_text(
    inside: Browser, site: Site, mind: Mind, clock: Clock
) -> None:
    problem = Problem(Place("faq/pain.yaml", 3), Severity.ERROR, "x", f'"mnu": did you mean "menu"? {INJECTION}')
    sight = Sight(mind, mind.knowledge, problems=(problem,))
    site.show = Show(lambda: sight, clock)
    for path in ("/preview", "/preview/entries", "/preview/state"):
        text = (await inside.get(path)).text
        assert "faq/pain.yaml, line 3:" in text and problem.message in readable(text)
        assert "One mistake keeps the last edit from being used" in text
        assert "<script>alert" not in text
    sight = Sight(mind, mind.knowledge, edits=1)
    assert "faq/pain.yaml" not in await inside.read() and "Your edit is in" in await inside.read()
    sight = Sight(mind, mind.knowledge, problems=(problem,), is_live=True)
    assert "Runners get the answers that are shown here. Mend this where the files are kept" in await inside.read()
    sight = Sight(problems=(problem,))
    broken = await inside.get()
    assert broken.status_code == 503
    assert "One mistake keeps the answers from being read There are no answers yet." in readable(broken.text)
