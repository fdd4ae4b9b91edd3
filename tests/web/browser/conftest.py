"""The whole demonstration, open in a real browser.

`GUICHET_PICTURES=docs/pictures` keeps the pictures that the tests take.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, Page, sync_playwright

from tenants.http import AnswerLost, Client, ConnectFailed

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
TIMEOUT_MS = 20_000
READY_SECONDS = 90

Picture = Callable[[Page, str], None]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process opens the demonstration for all of them."""
    for item in items:
        if "demo" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.xdist_group("demonstration"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demonstration, which runs as its users run it."""
    if not Path(CHROMIUM).exists():
        pytest.skip("there is no Chromium here")
    folder = tmp_path_factory.mktemp("demonstration")
    port = _free_ports()
    address = f"http://localhost:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment |= {"GUICHET_DATA": str(folder), "GUICHET_LOG_LEVEL": "error"}
    with (folder / "demo.log").open("wb") as log:
        command = [sys.executable, "-m", "web.cli", "demo", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def demo_chromium(demo: str) -> Iterator[Browser]:
    """A browser of the module's own: two may not be driven at once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(demo_chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page of its own; what its console complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_one(*, language: str = "en-GB", theme: str = "light", width: int = 1440, height: int = 900) -> Page:
        context = demo_chromium.new_context(
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def picture() -> Picture:
    """Keep a picture where pictures are wanted."""
    folder = os.environ.get("GUICHET_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return take


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for the simulator, which comes last. Raise TimeoutError."""
    client = Client(allow=["127.0.0.0/8", "::1/128"])
    end = time.monotonic() + READY_SECONDS
    try:
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(ConnectFailed, AnswerLost):
                if client.get(f"{address}/simulator/", timeout_seconds=5).status == 200:
                    return
            time.sleep(0.3)
    finally:
        client.close()
    raise TimeoutError("the demonstration did not become ready")


def _free_ports() -> int:
    """The first of four ports in a row that are free."""
    for first in range(21_000 + os.getpid() % 1_000 * 4, 29_000, 4):
        places = [socket.socket() for _ in range(4)]
        try:
            for offset, one in enumerate(places):
                one.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        finally:
            for one in places:
                one.close()
        return first
    raise OSError("no ports are free")
