"""The staff pages in a browser: no error, nothing that axe finds, checked while typing, by keyboard."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from bot import tickets
from tenants import queue
from tests.firm import PASSWORD, Firm
from tests.web.browser.conftest import Picture

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDTHS = {"wide": (1440, 900), "phone": (390, 800)}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="there is no Chromium on this machine"),
]


@pytest.fixture
def address(program: Flask) -> Iterator[str]:
    """The program, served."""
    server = make_server("127.0.0.1", 0, program, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def ticket(firm: Firm) -> str:
    """A customer who wants a person."""
    queue.connection().flushdb()
    firm.say("hello")
    firm.tap("person")
    firm.work()
    firm.say("my account is CH93 0076 2011 6238 5295 7")
    with firm.acting():
        return str(next(row.id for row in tickets.open_tickets() if row.reason == "handoff"))


def enter(
    chromium: Browser, address: str, firm: Firm, role: str, *, scheme: str = "light", width: str = "wide"
) -> tuple[Page, list[str]]:
    """Sign in as somebody; return the page and the errors that it will have had."""
    wide, high = WIDTHS[width]
    context = chromium.new_context(locale="en", color_scheme=scheme, viewport={"width": wide, "height": high})  # type: ignore[arg-type]
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/{firm.slug}/sign-in")
    page.fill("#email", firm.email(role))
    page.fill("#password", PASSWORD)
    page.click("form .primary")
    page.wait_for_url("**/*")
    return page, errors


def offences(page: Page) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_staff_pages_pass_axe(
    chromium: Browser, address: str, firm: Firm, ticket: str, scheme: str, width: str, picture: Picture
):
    with firm.acting():
        conversation = firm.conversation().id
    pages = {
        "agent": ["console/", f"console/conversations/{conversation}", "desk/", f"desk/tickets/{ticket}"],
        "officer": ["oversight/log", "console/conversations", "console/set-aside", "oversight/"],
    }
    for role, paths in pages.items():
        page, errors = enter(chromium, address, firm, role, scheme=scheme, width=width)
        for path in paths:
            page.goto(f"{address}/{firm.slug}/{path}")
            assert offences(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            picture(page, f"{'-'.join(path.strip('/').split('/')[:2])}-{scheme}-{width}")
        if role == "officer":
            page.locator("table.rows td a").first.click()
            assert offences(page) == []
        assert errors == []
        page.context.close()


def test_what_may_not_go_is_marked_while_it_is_typed(chromium: Browser, address: str, firm: Firm, ticket: str):
    page, errors = enter(chromium, address, firm, "agent")
    page.goto(f"{address}/{firm.slug}/desk/tickets/{ticket}")
    page.keyboard.press("r")
    page.keyboard.type("We pay to CH93 0076 2011 6238 5295 7.")
    page.wait_for_selector("#review mark.finding")
    assert page.locator("#review mark.finding").inner_text() == "CH93 0076 2011 6238 5295 7"
    assert page.locator("#review button.primary").inner_text() == "Send through the portal"
    assert page.locator("#review [aria-disabled=true]").count() == 1
    assert offences(page) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#outcome")
    assert "waits in the portal" in page.locator("#outcome").inner_text()
    assert errors == []
    page.context.close()


def test_new_messages_appear_by_themselves(chromium: Browser, address: str, firm: Firm, ticket: str):
    page, errors = enter(chromium, address, firm, "agent")
    page.goto(f"{address}/{firm.slug}/desk/tickets/{ticket}")
    page.fill("#text", "I am typing")
    firm.say("are you there?")
    page.wait_for_selector("#thread >> text=are you there?", timeout=15_000)
    assert page.input_value("#text") == "I am typing"
    assert page.locator("#thread").evaluate(
        "thread => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60"
    )
    assert errors == []
    page.context.close()
