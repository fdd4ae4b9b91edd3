"""The simulator: a phone that speaks through the stand-in, and nothing where there is none."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from tests.firm import Firm, fresh_phone, make_firm
from tests.web.html import problems
from web.config import Settings
from web.simulator.cloud_api import create_cloud_api, serve
from web.simulator.stand_in import ask
from web.simulator.switches import SENDS

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def stand_in() -> Iterator[str]:
    server = serve(create_cloud_api())
    yield server.url
    server.stop()


@pytest.fixture
def phone(program: Flask, stand_in: str, monkeypatch: pytest.MonkeyPatch) -> tuple[FlaskClient, Firm]:
    """A browser before the simulator, and a firm whose number is on the stand-in."""
    settings: Settings = program.config["GUICHET"]
    monkeypatch.setitem(program.config, "GUICHET", dataclasses.replace(settings, simulator_url=stand_in))
    firm = make_firm(cloud_api=stand_in)
    ask("POST", f"{stand_in}/_control/apps", {"id": firm.app, "secret": "none"})
    ask("POST", f"{stand_in}/_control/numbers", {"id": firm.phone_number_id, "app": firm.app})
    return program.test_client(), firm


def post(client: FlaskClient, path: str, **fields: str) -> int:
    g.pop("csrf_token", None)
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/simulator/").text)
    assert csrf
    return client.post(f"/simulator/{path}", data={"csrf_token": csrf[1], **fields}).status_code


def test_there_is_none_without_a_stand_in(client: FlaskClient) -> None:
    assert client.get("/simulator/").status_code == 404
    assert "Simulator" not in client.get("/nobody/portal/").text


def test_a_stand_in_that_is_silent_is_said(program: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = program.config["GUICHET"]
    silent = dataclasses.replace(settings, simulator_url="http://127.0.0.1:9")
    monkeypatch.setitem(program.config, "GUICHET", silent)
    page = program.test_client().get("/simulator/")
    assert page.status_code == 503
    assert problems(page.text) == []


@pytest.mark.parametrize("language", ["de", "fr", "it", "en", "id"])
def test_the_page_is_valid_in_every_language(phone: tuple[FlaskClient, Firm], language: str) -> None:
    client, firm = phone
    page = client.get(f"/simulator/?organisation={firm.slug}&language={language}")
    assert page.status_code == 200
    assert problems(page.text) == []


def test_what_is_written_is_shown_with_its_verdict(phone: tuple[FlaskClient, Firm]) -> None:
    client, firm = phone
    who = fresh_phone()
    assert post(client, "messages", organisation=firm.slug, contact=who, text="hello") == 303
    written = ask("GET", f"{firm.cloud_api}/_control/phones/{who}/thread")["entries"]
    # The stand-in's own webhook has nowhere to go here; the same message comes in as its webhook would.
    firm.write("My IBAN is CH93 0076 2011 6238 5295 7", who=who, wamid=written[0]["id"])
    firm.work()
    page = client.get(f"/simulator/?organisation={firm.slug}&contact={who}")
    assert problems(page.text) == []
    assert "Masked" in page.text
    assert "IBAN" in page.text
    assert "CH93" not in page.text
    assert "What may it be?" in page.text or "Please do not send such data here." in page.text
    assert "ACCOUNT" in page.text


def test_a_tap_answers_what_the_phone_shows_and_nothing_else(phone: tuple[FlaskClient, Firm]) -> None:
    client, firm = phone
    who = fresh_phone()
    post(client, "messages", organisation=firm.slug, contact=who, text="hello")
    written = ask("GET", f"{firm.cloud_api}/_control/phones/{who}/thread")["entries"]
    firm.write("hello", who=who, wamid=written[0]["id"])
    firm.work()
    shown = ask("GET", f"{firm.cloud_api}/_control/phones/{who}/thread")["entries"][-1]
    option = f"{shown['id']} {shown['options'][0]['id']}"
    assert post(client, "messages", organisation=firm.slug, contact=who, option=f"{shown['id']} other") == 400
    assert post(client, "messages", organisation=firm.slug, contact=who, option=option) == 303
    page = client.get(f"/simulator/phone?organisation={firm.slug}&contact={who}")
    assert 'aria-pressed="true"' in page.text


def test_fragments_are_told_only_when_something_changed(phone: tuple[FlaskClient, Firm]) -> None:
    client, firm = phone
    who = fresh_phone()
    query = f"organisation={firm.slug}&contact={who}"
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(f"/simulator/phone?{query}").text)
    assert seen
    assert client.get(f"/simulator/phone?{query}&seen={seen[1]}").status_code == 204
    assert client.get(f"/simulator/inspector?{query}&seen=none").status_code == 204
    post(client, "messages", organisation=firm.slug, contact=who, text="hello")
    assert client.get(f"/simulator/phone?{query}&seen={seen[1]}").status_code == 200


def test_switches_tell_what_is_on(phone: tuple[FlaskClient, Firm]) -> None:
    client, firm = phone

    def on() -> set[str]:
        page = client.get(f"/simulator/?organisation={firm.slug}").text
        return set(re.findall(r'id="switch-(\w+)"[^>]* checked', page))

    assert on() == set()
    for name in ("twice", "overtake", *SENDS):
        post(client, "switches", organisation=firm.slug, name=name, on="yes")
    assert on() == {"twice", "overtake", "silent"}
    post(client, "switches", organisation=firm.slug, name="silent")
    post(client, "switches", organisation=firm.slug, name="twice")
    assert on() == {"overtake"}


def test_a_new_contact_has_a_number_that_nobody_has(phone: tuple[FlaskClient, Firm]) -> None:
    client, firm = phone
    g.pop("csrf_token", None)
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/simulator/").text)
    assert csrf
    places = {
        client.post("/simulator/contacts", data={"csrf_token": csrf[1], "organisation": firm.slug}).headers["Location"]
        for _ in range(3)
    }
    assert len(places) == 3
    assert all("contact=4176" in place for place in places)
