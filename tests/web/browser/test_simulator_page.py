"""The simulator in a browser: what is written is answered, judged, and tapped."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import Picture, violations

Open = Callable[..., Page]


def test_a_question_is_answered_and_judged(demo: str, open_page: Open, picture: Picture) -> None:
    page = open_page()
    page.goto(f"{demo}/simulator/?organisation=regulator&speaks=id&contact=6281200009001")
    page.fill("#text", "apakah PT Dana Nusantara Tbk terdaftar?")
    page.keyboard.press("Enter")
    expect(page.locator("#thread .bubble.ours")).to_have_count(1)
    expect(page.locator("#thread .bubble").last).not_to_have_class("bubble ours")
    expect(page.locator("#inspector tbody .verdict").first).to_be_visible()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#text")).to_be_focused()
    assert violations(page) == []
    picture(page, "simulator")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_sensitive_is_masked_and_told(demo: str, open_page: Open, picture: Picture, theme: str) -> None:
    page = open_page(language="de-CH", theme=theme)
    page.goto(f"{demo}/simulator/?organisation=telco&speaks=de&contact=4176000900{len(theme)}")
    page.fill("#text", "Meine IBAN ist CH93 0076 2011 6238 5295 7")
    page.keyboard.press("Enter")
    expect(page.locator("#inspector .masked").first).to_be_visible()
    page.locator("#inspector tbody tr.inbound a").click()
    expect(page.locator("#inspector [aria-labelledby=one]")).to_contain_text("IBAN")
    assert "CH93 0076" not in page.inner_text("#inspector")
    assert violations(page) == []
    picture(page, f"simulator-masked-{theme}")


def test_it_fits_a_phone(demo: str, open_page: Open, picture: Picture) -> None:
    page = open_page(language="fr-CH", theme="dark", width=390, height=844)
    page.goto(f"{demo}/simulator/?organisation=telco&speaks=fr&contact=41760009009")
    page.locator("[data-opener]").first.click()
    expect(page.locator("#thread .bubble.ours")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    picture(page, "simulator-phone")


def test_switches_show_what_is_on(demo: str, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{demo}/simulator/?organisation=regulator")
    turn(page, "silent", on=True)
    expect(page.locator("#switch-silent")).to_be_checked()
    turn(page, "rate_limit", on=True)
    expect(page.locator("#switch-silent")).not_to_be_checked()
    turn(page, "rate_limit", on=False)
    expect(page.locator("#switch-rate_limit")).not_to_be_checked()


def turn(page: Page, name: str, *, on: bool) -> None:
    """Turn a switch and wait until it is turned."""
    with page.expect_response("**/simulator/switches"):
        page.set_checked(f"#switch-{name}", on)
