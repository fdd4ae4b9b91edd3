"""The portal: a link, a sign-in, and nobody but the person it is about."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import contacts
from bot.conversation import destination
from bot.outbox import submit, tell
from compliance import audit, links, vault
from compliance.labels import Label
from tenants import secrets as kept_secrets
from tenants import sign_in
from tenants.context import Actor
from tenants.database import db, new_id
from tests.firm import Firm, fresh_phone
from tests.web.html import problems
from web.demo.identity_provider import Client, Person, create_identity_provider
from web.simulator.cloud_api import serve

ANNA = sign_in.Claims(customer={"id": "anna", "name": "Anna Muster"}, is_strong=False)
BERT = sign_in.Claims(customer={"id": "bert", "name": "Bert Beispiel"}, is_strong=False)
SECRET_WORDS = "Your balance is CHF 4711.05"


def now() -> datetime:
    return datetime.now(UTC)


def token_in(page: TestResponse) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert found
    return found[1]


def enter(client: FlaskClient, firm: Firm, claims: sign_in.Claims) -> None:
    """Sign in, as the callback does at its end."""
    with firm.acting():
        token = sign_in.open_session(audience="customers", claims=claims, now=now())
    with client.session_transaction() as session:
        session["portal"] = {firm.slug: {"session": token}}


def post(client: FlaskClient, firm: Firm, path: str, **fields: str) -> TestResponse:
    # The test's context outlives a request, and form tokens are remembered there.
    g.pop("csrf_token", None)
    csrf = token_in(client.get(f"/{firm.slug}/portal/"))
    return client.post(f"/{firm.slug}/portal/{path}", data={"csrf_token": csrf, **fields})


def make_link(firm: Firm, who: str) -> str:
    """What a conversation on WhatsApp leads to: a link in a message."""
    firm.write("hello", who=who)
    firm.work()
    with firm.acting():
        conversation = firm.conversation(who)
        return links.make(contact_id=conversation.contact_id, conversation_id=conversation.id, now=now())


def keep_for(firm: Firm, who: str, claims: sign_in.Claims | None) -> uuid.UUID:
    """Divert a message to the vault, for this person."""
    reader = None
    with firm.acting():
        if claims is not None:
            reader = vault.reader_of(claims.customer["id"])
        conversation = firm.conversation(who)
        message = tell(SECRET_WORDS, language="en")
        kept = type(message)(kind="text", body=message.body, language="en", protected=Label.ACCOUNT)
        to = destination.on_open_channel(conversation, reader=reader)
        submit(kept, to=to, author=Actor("system", "bot"), now=now())
        db.session.flush()
        entries = db.session.scalars(sa.select(vault.VaultEntry).order_by(vault.VaultEntry.id.desc())).all()
        return entries[0].id


def acts(firm: Firm) -> list[tuple[str, str]]:
    with firm.acting():
        return [(entry.act, entry.actor_kind) for entry in audit.latest(limit=200)]


@pytest.fixture
def anna(program: Flask, firm: Firm) -> FlaskClient:
    client = program.test_client()
    enter(client, firm, ANNA)
    return client


@pytest.fixture
def bert(program: Flask, firm: Firm) -> FlaskClient:
    client = program.test_client()
    enter(client, firm, BERT)
    return client


# A link


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_spends_nothing(client: FlaskClient, firm: Firm, method: str) -> None:
    token = make_link(firm, fresh_phone())
    for _ in range(3):
        answer = getattr(client, method)(f"/{firm.slug}/portal/l/{token}", headers={"User-Agent": "WhatsApp/2.23"})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    with firm.acting():
        assert links.look(token, now=now())[0] is links.LinkState.OPEN


def test_a_link_says_that_a_message_waits_and_nothing_of_it(client: FlaskClient, firm: Firm) -> None:
    phone = fresh_phone()
    token = make_link(firm, phone)
    keep_for(firm, phone, ANNA)
    page = client.get(f"/{firm.slug}/portal/l/{token}")
    assert "A message waits for you" in page.text
    assert "044 000 00 00" in page.text
    assert "4711" not in page.text
    assert problems(page.text) == []


def test_whoever_signed_in_opens_it_once(anna: FlaskClient, firm: Firm) -> None:
    token = make_link(firm, fresh_phone())
    assert post(anna, firm, "open", token=token).headers["Location"].endswith(f"/{firm.slug}/portal/")
    again = post(anna, firm, "open", token=token)
    assert again.status_code == 410
    assert "used already" in again.text
    assert ("link spent", "customer") in acts(firm)
    assert ("link refused", "customer") in acts(firm)


def test_a_link_opens_nothing_without_a_sign_in(client: FlaskClient, firm: Firm) -> None:
    token = make_link(firm, fresh_phone())
    answer = post(client, firm, "open", token=token)
    assert answer.status_code == 303
    with firm.acting():
        assert links.look(token, now=now())[0] is links.LinkState.OPEN


def test_an_expired_link_offers_the_way_on(client: FlaskClient, firm: Firm) -> None:
    token = make_link(firm, fresh_phone())
    with time_machine.travel(now() + timedelta(minutes=31)):
        page = client.get(f"/{firm.slug}/portal/l/{token}")
    assert page.status_code == 410
    for words in ("no longer good", "Nothing is lost", "Sign in without a link", "wa.me/41440000000", "044 000 00 00"):
        assert words in page.text
    assert problems(page.text) == []
    assert ("link refused", "customer") in acts(firm)


def test_unknown_forged_and_foreign_links_read_the_same(client: FlaskClient, firm: Firm, other_firm: Firm) -> None:
    foreign = make_link(other_firm, fresh_phone())
    genuine = make_link(firm, fresh_phone())
    pages = [
        client.get(f"/{firm.slug}/portal/l/{token}")
        for token in ("x", foreign, genuine[:-1] + ("A" if genuine[-1] != "A" else "B"))
    ]
    assert {page.status_code for page in pages} == {410}
    bodies = {re.sub(r"(csrf[^>]*|value=\"[^\"]*\"|lang=[^>]*|href=\"[^\"]*\")", "", page.text) for page in pages}
    assert len(bodies) == 1


def test_a_link_of_a_known_person_opens_for_nobody_else(anna: FlaskClient, bert: FlaskClient, firm: Firm) -> None:
    phone = fresh_phone()
    token = make_link(firm, phone)
    with firm.acting():
        conversation = firm.conversation(phone)
        contacts.bind(contacts.find(conversation.contact_id), reader=vault.reader_of("anna"), now=now())
    keep_for(firm, phone, ANNA)
    refused = post(bert, firm, "open", token=token)
    assert refused.status_code == 403
    assert "meant for somebody else" in refused.text
    assert "4711" not in refused.text
    assert problems(refused.text) == []
    assert bert.get(f"/{firm.slug}/portal/").status_code == 200
    assert ("link refused", "customer") in acts(firm)
    assert post(anna, firm, "open", token=token).status_code == 303


# What is kept


def test_what_is_kept_is_read_by_whom_it_is_about_and_each_reading_is_logged(anna: FlaskClient, firm: Firm) -> None:
    phone = fresh_phone()
    make_link(firm, phone)
    entry = keep_for(firm, phone, ANNA)
    page = anna.get(f"/{firm.slug}/portal/")
    assert "Only for you" in page.text
    assert SECRET_WORDS in page.text
    assert problems(page.text) == []
    with firm.acting():
        assert [one.act for one in audit.about("vault_entry", entry)].count("read") == 1


@pytest.mark.parametrize("path", ["", "kept", "thread", "kept?seen=x", "thread?seen=x"])
def test_nobody_else_reads_it(bert: FlaskClient, firm: Firm, path: str) -> None:
    phone = fresh_phone()
    make_link(firm, phone)
    entry = keep_for(firm, phone, ANNA)
    answer = bert.get(f"/{firm.slug}/portal/{path}")
    assert "4711" not in answer.text
    assert str(entry) not in answer.text


def test_there_is_no_address_for_an_entry(bert: FlaskClient, firm: Firm) -> None:
    phone = fresh_phone()
    make_link(firm, phone)
    entry = keep_for(firm, phone, ANNA)
    for path in (f"kept/{entry}", f"entries/{entry}", f"l/{entry}", f"thread/{entry}"):
        answer = bert.get(f"/{firm.slug}/portal/{path}")
        assert answer.status_code in (404, 410)
        assert "4711" not in answer.text


def test_asking_the_vault_for_somebody_elses_entry_is_refused_and_logged(program: Flask, firm: Firm) -> None:
    phone = fresh_phone()
    make_link(firm, phone)
    entry_id = keep_for(firm, phone, ANNA)
    with firm.acting():
        entry = db.session.scalar(sa.select(vault.VaultEntry).where(vault.VaultEntry.id == entry_id))
        assert entry is not None
        with pytest.raises(vault.NotTheReader):
            vault.open_for(vault.reader_of("bert"), entry, now=now())
    assert ("reading refused", "operator") in acts(firm)


def test_a_session_of_one_firm_is_none_at_another(anna: FlaskClient, firm: Firm, other_firm: Firm) -> None:
    with anna.session_transaction() as session:
        session["portal"][other_firm.slug] = session["portal"][firm.slug]
        session.modified = True
    page = anna.get(f"/{other_firm.slug}/portal/")
    assert "Sign in with" in page.text
    assert "Sign out" not in page.text


def test_a_session_of_staff_is_none_on_the_portal(client: FlaskClient, firm: Firm) -> None:
    with firm.acting():
        token = sign_in.open_session(audience="staff", user_id=firm.users["admin"], now=now())
    with client.session_transaction() as session:
        session["portal"] = {firm.slug: {"session": token}}
    assert "Sign out" not in client.get(f"/{firm.slug}/portal/").text


# The conversation


def test_one_can_begin_on_the_portal_and_is_answered_there(anna: FlaskClient, firm: Firm) -> None:
    assert "Nothing waits for you" in anna.get(f"/{firm.slug}/portal/").text
    assert post(anna, firm, "messages", text="Hello there").status_code == 303
    firm.work()
    page = anna.get(f"/{firm.slug}/portal/")
    assert "Hello there" in page.text
    assert "What may it be?" in page.text
    assert "A word" in page.text
    assert problems(page.text) == []
    post(anna, firm, "messages", option="word")
    firm.work()
    assert "Which word?" in anna.get(f"/{firm.slug}/portal/").text


def test_a_choice_that_was_not_offered_is_not_taken(anna: FlaskClient, firm: Firm) -> None:
    post(anna, firm, "messages", text="Hello there")
    firm.work()
    post(anna, firm, "messages", option="everything")
    firm.work()
    assert "everything" not in anna.get(f"/{firm.slug}/portal/").text


def test_what_one_writes_nobody_else_reads(anna: FlaskClient, bert: FlaskClient, firm: Firm) -> None:
    post(anna, firm, "messages", text="My secret word is juniper")
    firm.work()
    assert "juniper" in anna.get(f"/{firm.slug}/portal/").text
    assert "juniper" not in bert.get(f"/{firm.slug}/portal/").text
    assert "juniper" not in bert.get(f"/{firm.slug}/portal/thread?seen=x").text


def test_the_thread_is_told_only_when_it_changed(anna: FlaskClient, firm: Firm) -> None:
    post(anna, firm, "messages", text="Hello there")
    firm.work()
    page = anna.get(f"/{firm.slug}/portal/thread")
    seen = re.search(r"thread\?seen=([^\"&]+)", page.text)
    assert seen
    assert anna.get(f"/{firm.slug}/portal/thread?seen={seen[1]}").status_code == 204
    assert anna.get(f"/{firm.slug}/portal/thread?seen=older").status_code == 200


def test_the_thread_shows_that_the_bot_is_at_work(anna: FlaskClient, firm: Firm) -> None:
    post(anna, firm, "messages", text="Hello there")
    assert "An answer is on its way" in anna.get(f"/{firm.slug}/portal/thread").text
    firm.work()
    assert "An answer is on its way" not in anna.get(f"/{firm.slug}/portal/thread").text


def test_what_was_typed_after_the_session_ended_is_not_lost(anna: FlaskClient, firm: Firm) -> None:
    csrf = token_in(anna.get(f"/{firm.slug}/portal/"))
    with time_machine.travel(now() + timedelta(minutes=21)):
        page = anna.post(f"/{firm.slug}/portal/messages", data={"csrf_token": csrf, "text": "A long story"})
        polled = anna.get(f"/{firm.slug}/portal/thread")
    assert page.status_code == 401
    assert "A long story" in page.text
    assert problems(page.text) == []
    assert (polled.status_code, polled.headers["HX-Refresh"]) == (204, "true")


def test_a_code_in_the_chat_opens_what_waits_for_its_owner(anna: FlaskClient, firm: Firm) -> None:
    phone = fresh_phone()
    token = make_link(firm, phone)
    keep_for(firm, phone, None)
    post(anna, firm, "open", token=token)
    assert "waits for the owner of the chat" in anna.get(f"/{firm.slug}/portal/").text
    post(anna, firm, "code")
    page = anna.get(f"/{firm.slug}/portal/")
    code = re.search(r'one-time">([A-Z]{4}-[A-Z]{4})<', page.text)
    assert code
    assert "4711" not in page.text
    firm.write(code[1], who=phone)
    firm.work()
    page = anna.get(f"/{firm.slug}/portal/")
    assert SECRET_WORDS in page.text
    assert "waits for the owner of the chat" not in page.text


def test_whoever_signs_out_reads_nothing_any_more(anna: FlaskClient, firm: Firm) -> None:
    with anna.session_transaction() as session:
        token = session["portal"][firm.slug]["session"]
    assert post(anna, firm, "sign-out").status_code == 303
    assert "Sign in with" in anna.get(f"/{firm.slug}/portal/").text
    with anna.session_transaction() as session:
        session["portal"] = {firm.slug: {"session": token}}
    assert "Sign in with" in anna.get(f"/{firm.slug}/portal/").text


# Signing in


@pytest.fixture
def people(firm: Firm) -> Iterator[Callable[[], FlaskClient]]:
    """The firm's identity provider; gives a browser's way to it."""
    place = serve(Flask(__name__))
    issuer, port = place.url, int(place.url.rpartition(":")[2])
    place.stop()
    portal = Client(
        firm=firm.slug,
        client_id="portal",
        client_secret="not so secret",
        redirect_uris=(f"http://localhost/{firm.slug}/portal/callback",),
        post_logout_redirect_uris=(f"http://localhost/{firm.slug}/portal/",),
    )
    anna = Person(
        firm=firm.slug, subject="anna", login="anna", password="summer", name="Anna", email="a@a.example", language="en"
    )
    provider = create_identity_provider(issuer=issuer, clients=[portal], people=[anna])
    with firm.acting():
        kept_secrets.store(name="portal_client", value="not so secret", now=now())
        db.session.add(
            sign_in.IdentityProvider(
                id=new_id(),
                audience="customers",
                issuer=f"{issuer}/{firm.slug}",
                client_id="portal",
                secret_name="portal_client",
                allow=["127.0.0.0/8"],
            )
        )
    server = serve(provider, port=port)
    yield provider.test_client
    server.stop()


def authorise(browser: FlaskClient, address: str) -> str:
    """Type the password on the provider's page; return where the browser is sent back to."""
    parts = urlsplit(address)
    base = f"{parts.scheme}://{parts.netloc}"
    where = f"{parts.path}?{parts.query}"
    page = browser.get(where, base_url=base)
    proof = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert proof
    typed = {"proof": proof[1], "login": "anna", "password": "summer"}
    return browser.post(where, base_url=base, data=typed).headers["Location"]


@pytest.mark.enable_socket
def test_a_link_leads_through_the_firms_sign_in_to_the_message(
    client: FlaskClient, firm: Firm, people: Callable[[], FlaskClient]
) -> None:
    token = make_link(firm, fresh_phone())
    begun = post(client, firm, "sign-in", token=token)
    assert begun.status_code == 303
    assert "code_challenge_method=S256" in begun.headers["Location"]
    back = urlsplit(authorise(people(), begun.headers["Location"]))
    arrived = client.get(f"{back.path}?{back.query}")
    assert arrived.headers["Location"].endswith("/portal/open")
    page = client.get(arrived.headers["Location"])
    assert "Your message is ready" in page.text
    assert problems(page.text) == []
    with firm.acting():
        assert links.look(token, now=now())[0] is links.LinkState.OPEN
    assert post(client, firm, "open").status_code == 303
    with firm.acting():
        assert links.look(token, now=now())[0] is links.LinkState.SPENT
    replayed = client.get(f"{back.path}?{back.query}")
    assert replayed.status_code == 302


@pytest.mark.enable_socket
def test_an_answer_to_another_sign_in_lets_nobody_in(
    client: FlaskClient, firm: Firm, people: Callable[[], FlaskClient]
) -> None:
    begun = post(client, firm, "sign-in")
    back = urlsplit(authorise(people(), begun.headers["Location"]))
    post(client, firm, "sign-in")
    refused = client.get(f"{back.path}?{back.query}")
    assert refused.status_code == 403
    assert "You are not signed in" in refused.text
    assert "Sign out" not in client.get(f"/{firm.slug}/portal/").text
    assert ("sign-in refused", "customer") in acts(firm)


def test_a_provider_that_is_down_loses_nothing(client: FlaskClient, firm: Firm) -> None:
    token = make_link(firm, fresh_phone())
    page = post(client, firm, "sign-in", token=token)
    assert page.status_code == 503
    assert "Nothing is lost" in page.text
    assert token in page.text
    assert problems(page.text) == []


def test_a_firm_that_is_none_has_no_portal(client: FlaskClient) -> None:
    assert client.get("/nobody/portal/").status_code == 404
