"""The look: contrast of every pair, vendored files as they came, pages that pass axe in a browser."""

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.web.gallery import gallery_app

STATIC = Path(__file__).parents[2] / "web" / "static"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SHEETS = sorted(STATIC.glob("*.css"))
PAGES = ["", "form", "door", "portal", "simulator", "toast", "fail/404"]

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2") for ground in ("paper", "surface", "sunken", "hover", "accent-soft")),
    *((ink, ground) for ink in ("ink-3",) for ground in ("paper", "surface", "sunken", "hover", "accent-soft")),
    *(("accent-text", ground) for ground in ("paper", "surface", "hover", "accent-soft", "refused-soft")),
    *(("on-accent", ground) for ground in ("accent", "accent-hover")),
    *(
        (verdict, ground)
        for verdict in ("cleared", "diverted", "held", "refused")
        for ground in (f"{verdict}-soft", "surface", "paper")
    ),
    ("on-night", "night"),
    ("on-night-2", "night"),
    ("on-toast", "toast"),
]
MARKS = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    *(("focus", ground) for ground in ("surface", "paper", "sunken", "accent-soft")),
    ("accent", "line"),
    *((f"cat-{category}", "surface") for category in ("personal", "client", "account", "health", "secret", "special")),
]


def tokens(*, dark: bool) -> dict[str, str]:
    """Read the colours of one theme from the stylesheet."""
    css = (STATIC / "house.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    fixed = re.findall(r"--([\w-]+): (#\w{6});", css)
    return {name: (night if dark else day) for name, day, night in pairs} | dict(fixed)


def contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (MARKS, 3.0)], ids=["text", "marks"])
def test_every_pair_has_its_contrast(pairs: list[tuple[str, str]], least: float, dark: bool) -> None:
    colours = tokens(dark=dark)
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < least} == {}


def test_colours_stand_in_the_tokens_only() -> None:
    for sheet in SHEETS:
        css = re.sub(r"--[\w-]+:[^;]+;", "", sheet.read_text())
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;,) ])", css) == [], sheet.name


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_sheets_load_nothing_from_elsewhere_and_keep_the_layers(sheet: Path) -> None:
    css = sheet.read_text()
    assert "@layer tokens, base, layout, components, surfaces;" in css
    assert "@import" not in css
    assert "url(" not in css
    assert css.count("{") == css.count("}")


def test_every_icon_that_is_named_is_there() -> None:
    there = set(re.findall(r'symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    web = STATIC.parent
    named: set[str] = set()
    for page in web.rglob("*.html"):
        text = page.read_text()
        named |= set(re.findall(r'\bicon\("([\w-]+)"', text)) | set(re.findall(r'icon_name="([\w-]+)"', text))
    for module in web.rglob("*.py"):
        named |= set(re.findall(r'\bicon="([\w-]+)"', module.read_text()))
    assert named - there == set()


def test_vendored_files_are_as_they_came() -> None:
    listed = json.loads((STATIC / "vendored.json").read_text())
    for one in listed:
        assert hashlib.sha256((STATIC / one["file"]).read_bytes()).hexdigest() == one["sha256"], one["file"]
        assert (STATIC / one["licence_file"]).is_file()
        assert one["version"]
        assert one["licence"]
        assert one["source"].startswith("https://")
    named = {one["file"] for one in listed} | {one["licence_file"] for one in listed}
    assert {file.relative_to(STATIC).as_posix() for file in (STATIC / "vendor").iterdir()} == named


def test_modules_import_only_what_is_here() -> None:
    for module in (STATIC / "modules").glob("*.js"):
        for target in re.findall(r'(?:import|from)\s+"([^"]+)"', module.read_text()):
            assert (module.parent / target).is_file(), f"{module.name} imports {target}"


def violations(page: Any) -> list[Any]:
    """Ask axe what is wrong with the page as it is."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found: list[Any] = Axe().run(page).response["violations"]
    return found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, gallery_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_pass_axe_fit_and_obey_the_policy(browser: Any, address: str, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        page.goto(f"{address}/gallery/{name}".rstrip("/"))
        found = violations(page)
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert [line for line in said if "status of 404" not in line] == []
    context.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_the_phone_menu_opens_passes_axe_and_closes_by_key(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/gallery")
    assert not page.locator("#menu").is_visible()
    page.click(".menu-button")
    assert page.locator("#menu").get_by_role("link", name="Flows").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("#menu").is_visible()
    page.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_htmx_sends_the_form_token_and_keeps_the_address_to_itself(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/gallery/form")
    page.evaluate(
        """() => { const form = document.querySelector("form.card"); form.insertAdjacentHTML("beforeend",
        '<button id="probe" type="button" hx-post="/gallery/sign-out" hx-target="#said">x</button><p id="said"></p>');
        window.htmx.process(form); }"""
    )
    with page.expect_request("**/gallery/sign-out") as asked:
        page.click("#probe")
    headers = asked.value.headers
    assert headers["x-csrftoken"]
    assert "hx-current-url" not in headers
    page.wait_for_function("document.querySelector('#said').textContent === 'Signed out'")
    page.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_dialogue_opens_and_a_stopped_button_does_nothing(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/gallery")
    page.get_by_role("button", name="Erase").first.click()
    assert page.locator("dialog#erase").is_visible()
    page.get_by_role("button", name="Keep").click()
    assert not page.locator("dialog#erase").is_visible()
    assert page.locator("[aria-disabled=true]").get_attribute("aria-describedby") == "why-not"
    page.close()
