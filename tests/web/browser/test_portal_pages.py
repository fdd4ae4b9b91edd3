"""The portal in a browser: from the link on the phone to the message, and on."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import Picture, violations

Open = Callable[..., Page]


def sign_in(page: Page, login: str, password: str) -> None:
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")


def test_a_link_leads_to_the_message_and_the_conversation_goes_on(demo: str, open_page: Open, picture: Picture) -> None:
    phone = open_page(language="de-CH")
    phone.goto(f"{demo}/simulator/?organisation=telco&speaks=de&contact=41760009101")
    phone.fill("#text", "Guten Tag, ich brauche meinen PUK")
    phone.keyboard.press("Enter")
    phone.locator("#thread button", has_text="Telco").click()
    address = phone.locator("#thread a.button").get_attribute("href")
    assert address

    page = open_page(language="de-CH", width=390, height=844)
    page.goto(address)
    picture(page, "portal-arrive")
    assert violations(page) == []
    page.locator("main .primary").click()
    sign_in(page, "anna", "sommerregen")
    expect(page.locator("#conversation")).to_contain_text("48213977")
    expect(page.locator(".choices button").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    picture(page, "portal-read")
    page.locator(".choices button").last.click()
    expect(page.locator("#conversation .bubble.ours")).to_have_count(1)

    page.goto(address)
    expect(page.locator("h1")).to_contain_text("schon benutzt")
    assert violations(page) == []
    assert "48213977" not in phone.inner_text("#thread")


def test_a_draft_survives_the_end_of_the_session(demo: str, open_page: Open) -> None:
    page = open_page(width=390, height=844)
    page.goto(f"{demo}/telco/portal/")
    page.locator("main .primary").click()
    sign_in(page, "emma", "summer-rain")
    page.fill("#text", "A long story")
    page.context.clear_cookies(name="guichet")
    expect(page.locator("main .primary")).to_be_visible()
    page.locator("main .primary").click()
    expect(page.locator("#text")).to_have_value("A long story")
    page.keyboard.press("Tab")
    page.locator("#reply button").click()
    expect(page.locator("#conversation .bubble.ours")).to_contain_text("A long story")
    expect(page.locator("#text")).to_have_value("")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_pass_in_both_themes(demo: str, open_page: Open, picture: Picture, theme: str) -> None:
    page = open_page(language="id-ID", theme=theme, width=390, height=844)
    page.goto(f"{demo}/regulator/portal/")
    assert violations(page) == []
    page.goto(f"{demo}/regulator/portal/l/nothing")
    assert violations(page) == []
    picture(page, f"portal-closed-{theme}")
    page.goto(f"{demo}/regulator/portal/")
    page.locator("main .primary").click()
    sign_in(page, "budi", "layang-layang")
    expect(page.locator("#conversation")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    picture(page, f"portal-empty-{theme}")
