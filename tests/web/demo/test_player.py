"""The player: strict about messages, a browser without short cuts, and the whole demonstration once."""

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, make_response, redirect, request
from werkzeug.wrappers import Response

from tenants.http import Client
from web.demo.installation import LOOPBACK
from web.demo.player import fresh_number, sum_up
from web.demo.player.browser import Browser, NoSuchForm, read_page
from web.demo.player.phone import LINK, Phone, PhoneRefused
from web.demo.player.play import Played
from web.demo.player.record import reason_of
from web.demo.player.report import message_lines
from web.demo.player.script import Message, Step, differences, read_script
from web.simulator.cloud_api import Server, create_cloud_api, serve

NUMBER, PHONE = "100000000000999", "41760000999"


def message(words: str | None, **given: object) -> Message:
    usual: dict[str, object] = {
        "decision_id": uuid.uuid4(),
        "at": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "is_inbound": False,
        "channel": "whatsapp",
        "options": (),
        "verdict": "cleared",
        "reason": "nothing protected in it",
        "purpose": "reply",
    }
    return Message(words=words, **{**usual, **given})  # type: ignore[arg-type]


def step(*expect: dict[str, object], never: Sequence[str] = ()) -> Step:
    written: dict[str, object] = {"write": "hello", "never": list(never)}
    if expect:
        written["expect"] = [{"on": "whatsapp", "verdict": "cleared", **wanted} for wanted in expect]
    document = {
        "conversation": "one",
        "title": "One",
        "customer": {"phone": PHONE, "name": "Anna", "language": "de"},
        "steps": [written],
    }
    return read_script(document, firm="telco").steps[0]


def test_one_bubble_may_meet_several_expectations() -> None:
    said = message("I am a bot.\n\nWhich provider?", options=("Telco", "Piccolo"))
    wanted = step({"contains": "bot", "by": "policy"}, {"contains": ["Which provider", "Piccolo"]})
    assert differences(wanted, [said]) == []


def test_what_is_expected_and_does_not_come_is_wrong() -> None:
    (found,) = differences(step({"contains": "Hello"}), [])
    assert found == "expected cleared on whatsapp: Hello got nothing"


def test_a_message_that_no_expectation_names_is_wrong() -> None:
    said = [message("Hello"), message("and by the way")]
    assert differences(step({"contains": "Hello"}), said) == [
        "expected nothing more got cleared on whatsapp: 'and by the way'"
    ]


def test_a_step_that_expects_nothing_leaves_open_what_comes() -> None:
    assert differences(step(), [message("Hello")]) == []


def test_what_a_customer_writes_meets_no_expectation() -> None:
    assert differences(step({"contains": "Hello"}), [message("Hello", is_inbound=True)]) != []


@pytest.mark.parametrize(
    "other",
    [{"channel": "portal"}, {"verdict": "diverted"}, {"purpose": "emergency"}],
    ids=["another channel", "another verdict", "an emergency text"],
)
def test_the_right_words_alone_are_not_enough(other: dict[str, str]) -> None:
    assert differences(step({"contains": "Hello"}), [message("Hello", **other)]) != []


def test_an_emergency_text_is_one_by_the_gates_word() -> None:
    wanted = step({"contains": "144", "by": "emergency"})
    assert differences(wanted, [message("Call 144", purpose="emergency")]) == []
    assert differences(wanted, [message("Call 144")]) != []


def test_what_was_withheld_is_a_message_too() -> None:
    withheld = message(None, verdict="diverted")
    assert differences(step({"verdict": "diverted"}), [withheld]) == []
    assert differences(step({"contains": "Hello"}), [withheld]) != []


def test_what_must_never_be_said_is_wrong_wherever_it_stands() -> None:
    said = message("Your code", options=("48213977",))
    assert differences(step(never=["48213977"]), [said]) == ["never '48213977' got it"]


def test_a_message_is_shown_with_shape_verdict_and_reason() -> None:
    first, second = message_lines(message("Hello\nthere", options=("Telco",)), firm="telco")
    assert first == "  12:00:00 telco     out whatsapp ● cleared  Hello there [Telco]"
    assert second.strip() == "nothing protected in it"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (message(None, verdict="diverted"), "◆ diverted (withheld)"),
        (message(None, verdict="held"), "■ held     (withheld)"),
        (message(None, verdict="refused"), "⬣ refused  (withheld)"),
        (message("IBAN [IBAN]", is_inbound=True, verdict="masked"), "▒ masked   IBAN [IBAN]"),
        (message("48213977", channel="portal"), "● cleared  (protected) 48213977"),
    ],
)
def test_every_verdict_has_a_shape(said: Message, shown: str) -> None:
    assert message_lines(said, firm="telco")[0].endswith(shown)


def test_a_reason_is_what_rules_said_else_what_lies_in_the_message() -> None:
    empty: dict[str, object] = {"judgements": [], "findings": [], "label": []}
    assert reason_of(empty, channel="whatsapp") == "nothing protected in it"
    assert reason_of({**empty, "label": ["client"]}, channel="portal") == "client may be said on portal"
    spoken = {**empty, "judgements": [["window", "held", "too late"]], "findings": [["IBAN", "check digits right"]]}
    assert reason_of(spoken, channel="whatsapp") == "too late; IBAN: check digits right"


def test_each_run_has_telephone_numbers_of_its_own() -> None:
    numbers = {fresh_number(number, run=run) for number in ("41760000201", "41760000202") for run in (1, 2)}
    assert len(numbers) == 4
    assert all(number.startswith("41") and len(number) == 15 for number in numbers)


def test_the_last_line_sums_up_and_differences_count(capsys: pytest.CaptureFixture[str]) -> None:
    right = [Played((message("Hello"),), (), ())]
    wrong = [Played((message("Hello"), message("Hello")), (), ("one", "two"))]
    assert sum_up([right]) == 0
    assert sum_up([right, wrong]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "1 conversations, 1 messages, 0 wrong",
        "2 conversations, 3 messages, 1 wrong",
    ]


PAGE = """
<h1>Area &amp; more</h1><script>secret()</script>
<form method="post" action="/sign-out"><input type="hidden" name="csrf_token" value="t"></form>
<ol><li class="bubble ours"><span class="said">mine</span></li>
<li class="bubble"><span class="said">Your PUK:
 48213977</span><footer>Bot</footer></li>
<li class="bubble typing"><span class="sr">An answer is on its way</span></li></ol>
<form method="post" action="/messages"><input type="hidden" name="csrf_token" value="t">
<button name="option" value="finish">Finish</button></form>
"""


def test_a_page_is_read_as_a_visitor_does() -> None:
    page = read_page(PAGE, url="http://localhost/", status=200)
    assert page.theirs == ("Your PUK: 48213977",)
    assert page.ours == ("mine",)
    assert "Area & more" in page.text
    assert "secret" not in page.text
    form = page.form(action="/messages", button=("option", "finish"))
    assert form.fields == {"csrf_token": "t"}
    with pytest.raises(NoSuchForm):
        page.form(action="/messages", button=("option", "not offered"))


@pytest.fixture
def site() -> Iterator[Server]:
    """A site that wants its cookie and its hidden field back."""
    app = Flask(__name__)

    @app.get("/")
    def form() -> Response:
        page = make_response('<form action="/in"><input name="proof" value="p"><input name="name"></form>')
        page.set_cookie("visit", "1")
        return page

    @app.post("/in")
    def take() -> Response:
        proven = request.cookies.get("visit") == "1" and request.form["proof"] == "p"
        return redirect("/welcome" if proven else "/gone", 303)

    @app.get("/welcome")
    def welcome() -> str:
        return f"<p>welcome {request.cookies['visit']}</p>"

    @app.get("/gone")
    def gone() -> tuple[str, int]:
        return "<p>gone</p>", 410

    server = serve(app, port=0)
    yield server
    server.stop()


def test_a_browser_keeps_cookies_sends_hidden_fields_and_follows(site: Server) -> None:
    browser = Browser(language="de")
    page = browser.get(f"{site.url}/")
    welcome = browser.submit(page, page.form(field="name"), {"name": "Anna"})
    assert (welcome.status, welcome.text) == (200, "welcome 1")
    other = Browser(language="de")
    assert other.submit(page, page.form(field="name"), {"name": "Anna"}).status == 410
    assert other.head(f"{site.url}/gone") == 410


@pytest.fixture
def stand_in() -> Iterator[Server]:
    server = serve(create_cloud_api(), port=0)
    client = Client(allow=LOOPBACK)
    number = {"id": NUMBER, "waba": "1", "display": "+41 44 000 09 99", "token": "token", "app": ""}
    client.post(f"{server.url}/_control/numbers", json=number, timeout_seconds=5)
    client.close()
    yield server
    server.stop()


def test_a_phone_shows_what_the_firm_sends_and_taps_it(stand_in: Server) -> None:
    phone = Phone(stand_in=stand_in.url, number=NUMBER, phone=PHONE, name="Anna")
    assert phone.write("Hello").startswith("wamid.")
    button = {"type": "reply", "reply": {"id": "main", "title": "Telco"}}
    send(stand_in, {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": [button]}}, callback="a")
    link = {"name": "cta_url", "parameters": {"display_text": "Open", "url": "http://localhost/l/t"}}
    send(stand_in, {"type": "cta_url", "body": {"text": "Here"}, "action": link}, callback="b")
    phone.listen(until=time.monotonic() + 5)
    assert [(one.callback, one.words, one.to_tap) for one in phone.shown] == [
        ("a", "Which?", ("Telco",)),
        ("b", "Here", (LINK,)),
    ]
    assert phone.link == "http://localhost/l/t"
    assert phone.tap("main").startswith("wamid.")
    with pytest.raises(PhoneRefused):
        phone.tap("nowhere")
    assert ["Which?" in body for body in phone.sent_to_it()] == [True, False]
    phone.close()


def send(stand_in: Server, interactive: dict[str, object], *, callback: str) -> None:
    client = Client(allow=LOOPBACK)
    body = {
        "messaging_product": "whatsapp",
        "to": PHONE,
        "type": "interactive",
        "interactive": interactive,
        "biz_opaque_callback_data": callback,
    }
    url = f"{stand_in.url}/v26.0/{NUMBER}/messages"
    answer = client.post(url, json=body, headers={"Authorization": "Bearer token"}, timeout_seconds=5)
    client.close()
    assert answer.status == 200, answer.body


@pytest.mark.slow
def test_the_demonstration_plays_every_conversation_and_leaves(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    port = four_free_ports()
    played = subprocess.run(
        [sys.executable, "-m", "web.cli", "demo", "--once", "--port", str(port)],
        env=environment | {"GUICHET_DATA": str(tmp_path / "data"), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    last = played.stdout.splitlines()[-1]
    assert re.fullmatch(r"(\d+) conversations, (\d+) messages, 0 wrong", last)
    assert int(last.split()[0]) >= 8
    assert not re.search("wrong: ", played.stdout)
    assert {"● cleared", "◆ diverted", "▒ masked"} <= set(re.findall(r"[●◆■⬣▒] \w+", played.stdout))
    assert "CH93" not in played.stdout


def four_free_ports() -> int:
    """The first of four ports that nobody uses now."""
    for first in range(18300, 18700, 4):
        try:
            for port in range(first, first + 4):
                with socket.socket() as place:
                    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    place.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise OSError("no free ports")
