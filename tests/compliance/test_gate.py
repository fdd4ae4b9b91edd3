"""The rings of the gate, attacked one by one: what a ring lets by is caught by one further in."""

# ruff: noqa: PT012 - an attack from within an act is more than one statement

import ast
import copy
import dataclasses
import hashlib
import inspect
import json
import os
import pickle
import subprocess
import sys
import tomllib
import typing
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from bot import contacts, delivery, outbox, tickets
from bot.channels.base import Identity
from bot.channels.portal import send as portal
from bot.channels.routes import ConnectedChannel
from bot.channels.whatsapp import Number
from bot.channels.whatsapp import send as whatsapp
from bot.contacts import Conversation
from bot.conversation import destination
from bot.events import Message, Segment
from bot.outbox import Destination, Outbound, Submission
from compliance import gate, policy
from compliance.decisions import Decision, Draft, Piece
from compliance.gate import Cleared, Forged, NotRecalled
from compliance.labels import PUBLIC, Assurance, Label, Verdict
from compliance.policy import PolicyDocument
from compliance.rules import emergencies
from compliance.vault import VaultEntry
from tenants import keys
from tenants.database import db, load, new_id
from tenants.embedded import Engines
from tenants.keys import ContactKey
from tests.conftest import MASTER_KEY
from tests.firm import POLICY, TESTER, Firm, fresh_phone, make_firm

ROOT = Path(__file__).parents[2]
PACKAGES = ("tenants", "compliance", "bot", "web")
HOTLINE = "0800 55 66 77"
IBAN = "CH93 0076 2011 6238 5295 7"
CARD = "4111 1111 1111 1111"
AHV = "756.9217.0769.85"
NOW = datetime.now(UTC) + timedelta(hours=1)
"""Late enough for the policies of the firms that are made below."""


@dataclasses.dataclass
class Counter:
    """A firm and one customer of it who has just written."""

    firm: Firm
    contact_id: uuid.UUID
    conversation_id: uuid.UUID

    def acting(self) -> AbstractContextManager[Any]:
        return self.firm.acting()

    def to(self, *, channel: str = "whatsapp", assurance: Assurance = Assurance.NUMBER_KNOWN) -> Destination:
        channel_id = self.firm.channel_id if channel == "whatsapp" else self.firm.portal_id
        return destination.on_channel(
            load(Conversation, self.conversation_id),
            channel=load(ConnectedChannel, channel_id),
            assurance=assurance,
            reader=None,
        )

    def draft(self, *pieces: Piece, channel: str = "whatsapp", **changes: Any) -> Draft:
        to = self.to(channel=channel, assurance=changes.pop("assurance", Assurance.NUMBER_KNOWN))
        message = Message(kind="text", body=tuple(Segment(p.text, p.label, p.approved) for p in pieces))
        purpose = changes.pop("purpose", "reply")
        return dataclasses.replace(outbox.draft_of(message, to=to, author=TESTER, purpose=purpose), **changes)

    def submit(self, *segments: Segment, channel: str = "whatsapp", **arguments: Any) -> Submission:
        assurance = arguments.pop("assurance", Assurance.NUMBER_KNOWN)
        message = Message(kind="text", body=segments)
        to = self.to(channel=channel, assurance=assurance)
        return outbox.submit(message, to=to, author=TESTER, now=arguments.pop("now", NOW), **arguments)

    def outbound(self, submission: Submission) -> Outbound:
        found = db.session.scalar(sa.select(Outbound).where(Outbound.decision_id == submission.decision_id))
        assert found is not None
        return found

    def recall(self, outbound: Outbound, **changes: Any) -> Cleared:
        arguments: dict[str, Any] = {
            "outbound_id": outbound.id,
            "decision_id": outbound.decision_id,
            "sealed": outbound.sealed,
            "conversation_id": outbound.conversation_id,
            "channel_id": outbound.channel_id,
            "last_inbound_at": NOW,
            "now": NOW,
        }
        return gate.recall(**{**arguments, **changes})


def open_counter(app: Flask, document: dict[str, Any] | None = None) -> Counter:
    firm = make_firm(document=document)
    with firm.acting():
        contact = contacts.resolve([Identity("phone", fresh_phone())], now=NOW)
        channel = load(ConnectedChannel, firm.channel_id)
        conversation = contacts.between(contact, channel, shard=0, language="en", now=NOW)
        conversation.last_inbound_at = NOW
        return Counter(firm, contact.id, conversation.id)


@pytest.fixture(scope="module")
def shared(app: Flask) -> Iterator[Counter]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield open_counter(app)


@pytest.fixture
def counter(shared: Counter, program: Flask) -> Counter:
    """A counter that attacks leave as it was."""
    return shared


@pytest.fixture
def own_counter(program: Flask) -> Counter:
    """A counter whose policy or keys an attack changes."""
    return open_counter(program)


def cleared(counter: Counter, words: str = "Good morning.") -> tuple[Outbound, Cleared]:
    outbound = counter.outbound(counter.submit(Segment(words)))
    return outbound, counter.recall(outbound)


# --- type


def test_senders_take_cleared_messages_alone() -> None:
    for send in (whatsapp.send, portal.send):
        assert typing.get_type_hints(send)["message"] is Cleared
    assert typing.get_args(delivery.Send)[0] == [Cleared]
    assert getattr(Cleared, "__final__", False)


@pytest.mark.slow
def test_mypy_refuses_whatever_else_is_passed_to_a_sender(tmp_path: Path) -> None:
    snippet = tmp_path / "forger.py"
    snippet.write_text(
        "from bot.channels.portal.send import send\n"
        "from compliance.gate import Cleared\n"
        'send("hello")\n'
        'send({"payload": {}})\n'
        "class Own(Cleared):\n    pass\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(snippet)]
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    cache = ROOT / ".mypy_cache"
    command += ["--cache-dir", str(cache), "--config-file", str(ROOT / "pyproject.toml")]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    refused = [line for line in found.stdout.splitlines() if "forger.py" in line and "error" in line]
    assert [int(line.split(":")[1]) for line in refused] == [3, 4, 5], found.stdout + found.stderr


# --- seal


def forge(**changes: Any) -> Cleared:
    arguments: dict[str, Any] = {
        "outbound_id": "1",
        "organisation_id": uuid.uuid4(),
        "channel_id": uuid.uuid4(),
        "recipient": {},
        "payload": {"text": "forged"},
    }
    return Cleared(**{**arguments, **changes})


@pytest.mark.parametrize("seal", [None, object(), "seal", True, dataclasses.MISSING])
def test_a_wrong_seal_makes_nothing(seal: object) -> None:
    with pytest.raises(Forged):
        forge(seal=seal)


def test_no_seal_makes_nothing() -> None:
    with pytest.raises(TypeError):
        forge()


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, pickle.dumps, lambda one: dataclasses.replace(one, seal=object())],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_what_is_cleared_is_not_duplicated(counter: Counter, duplicate: Callable[[Cleared], object]) -> None:
    with counter.acting():
        _, genuine = cleared(counter)
    with pytest.raises(Forged):
        duplicate(genuine)


def test_replace_without_the_seal_is_refused(counter: Counter) -> None:
    with counter.acting():
        _, genuine = cleared(counter)
    with pytest.raises(ValueError, match="seal"):
        dataclasses.replace(genuine, payload={"text": "other"})  # type: ignore[call-arg]


def test_what_is_cleared_cannot_be_changed(counter: Counter) -> None:
    with counter.acting():
        _, genuine = cleared(counter)
    with pytest.raises(dataclasses.FrozenInstanceError):
        genuine.payload = {}  # type: ignore[misc]
    with pytest.raises(TypeError):
        genuine.payload["text"] = "other"  # type: ignore[index]
    assert not hasattr(genuine, "seal")


def test_cleared_has_no_heirs() -> None:
    with pytest.raises(Forged):
        type("Heir", (Cleared,), {"__post_init__": lambda self, seal: None})


def test_what_is_made_around_the_constructor_is_refused_by_every_sender() -> None:
    """`__new__` cannot be forbidden in Python: the ring further in is that a sender asks the gate for its own."""
    forged = object.__new__(Cleared)
    for name, value in {"outbound_id": "1", "recipient": {"phone": "41790000001"}, "payload": {"text": "x"}}.items():
        object.__setattr__(forged, name, value)
    with pytest.raises(Forged):
        portal.send(forged)
    number = Number(phone_number_id="1", secret="x", base_url="http://127.0.0.1:9", version="v26.0")
    with pytest.raises(Forged):
        whatsapp._send(forged, number, SimpleNamespace(), {})


def sources() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }


def test_the_seal_lies_in_one_file_and_clearing_happens_in_one_place() -> None:
    seals, makers, benders = set(), [], []
    for name, tree in sources().items():
        for node in ast.walk(tree):
            word = getattr(node, "id", getattr(node, "attr", getattr(node, "name", None)))
            if word == "_SEAL" or (isinstance(node, ast.Constant) and node.value == "_SEAL"):
                seals.add(name)
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", None))
                if called == "Cleared":
                    makers.append(name)
                if called in ("__new__", "__setattr__"):
                    benders.append(name)
    assert seals == {"compliance/gate.py"}
    assert makers == ["compliance/gate.py"]
    assert benders == []


# --- who may import what


CONTRACTS = {
    "gate": ("compliance.gate", {"bot.outbox", "bot.delivery", "bot.channels", "bot.channels.*.send"}),
    "senders": ("bot.channels.*.send", {"bot.delivery"}),
    "delivery": ("bot.delivery", {"bot.jobs"}),
    "secrets": (
        "tenants.reveal",
        {"bot.channels.*.send", "bot.channels.*.receive", "bot.connectors", "tenants.sign_in"},
    ),
}


def contracts() -> dict[str, dict[str, Any]]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in pyproject["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("name", CONTRACTS)
def test_who_may_import_a_ring_is_written_down(name: str) -> None:
    protected, importers = CONTRACTS[name]
    contract = contracts()[name]
    assert contract["type"] == "protected"
    assert contract["protected_modules"] == [protected]
    assert set(contract["allowed_importers"]) <= importers


def test_one_module_speaks_to_the_network() -> None:
    contract = contracts()["network"]
    assert contract["source_modules"] == ["web", "bot", "compliance", "tenants"]
    assert {"httpx", "httpx2", "requests", "urllib3"} <= set(contract["forbidden_modules"])
    assert contract["ignore_imports"] == ["tenants.http -> httpx2"]


def test_the_gate_is_imported_by_few_and_by_no_dynamic_import() -> None:
    importers = set()
    for name, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (
                node.module == "compliance.gate"
                or (node.module == "compliance" and any(alias.name == "gate" for alias in node.names))
            ):
                importers.add(name)
            if isinstance(node, ast.Constant) and node.value == "compliance.gate":
                importers.add(name)
    assert importers == {
        "bot/outbox.py",
        "bot/delivery.py",
        "bot/channels/portal/send.py",
        "bot/channels/whatsapp/send.py",
    }


# --- database


def insert(table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    db.session.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def an_outbound(counter: Counter, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "organisation_id": counter.firm.id,
        "id": new_id(),
        "decision_id": new_id(),
        "outcome": "cleared",
        "sealed": b"sealed",
        "conversation_id": counter.conversation_id,
        "contact_id": counter.contact_id,
        "channel_id": counter.firm.channel_id,
        "author_kind": "operator",
        "author_id": "attacker",
        "created_at": NOW,
        "state": "waiting",
        "attempts": 0,
        "not_before": NOW,
    }
    return {**row, **changes}


def refused(sql: Callable[[], object]) -> str:
    """What PostgreSQL says to an attack: the constraint that it met, or the error's class."""
    savepoint = db.session.begin_nested()
    with pytest.raises(DBAPIError) as met:
        sql()
        db.session.flush()
    savepoint.rollback()
    original: Any = met.value.orig
    return original.diag.constraint_name or type(original).__name__


def test_a_row_without_a_decision_is_refused(counter: Counter) -> None:
    with counter.acting():
        assert refused(lambda: insert("outbound", an_outbound(counter))) == "fk_outbound_cleared_by_decision"


@pytest.mark.parametrize("outcome", ["held", "diverted", "refused", "masked"])
def test_a_decision_that_did_not_clear_lets_nothing_out(counter: Counter, outcome: str) -> None:
    with counter.acting():
        decision_id = invent_decision(counter, outcome=outcome, fingerprint=None)
        row = an_outbound(counter, decision_id=decision_id)
        assert refused(lambda: insert("outbound", row)) == "fk_outbound_cleared_by_decision"
        assert refused(lambda: insert("outbound", {**row, "outcome": outcome})) == "ck_outbound_only_cleared"


def test_a_real_held_decision_lets_nothing_out(counter: Counter) -> None:
    with counter.acting():
        late = counter.submit(Segment("Good morning."), now=NOW + timedelta(days=2))
        assert late.verdict is Verdict.HELD
        row = an_outbound(counter, decision_id=late.decision_id)
        assert refused(lambda: insert("outbound", row)) == "fk_outbound_cleared_by_decision"


def test_a_decision_of_another_organisation_lets_nothing_out(counter: Counter, own_counter: Counter) -> None:
    with own_counter.acting():
        theirs, _ = cleared(own_counter)
        stolen = {"decision_id": theirs.decision_id, "sealed": theirs.sealed}
    with counter.acting():
        assert refused(lambda: insert("outbound", an_outbound(counter, **stolen))) == "fk_outbound_cleared_by_decision"


def test_a_changed_or_reused_payload_is_refused(counter: Counter) -> None:
    with counter.acting():
        outbound, _ = cleared(counter)
        again = {"decision_id": outbound.decision_id, "sealed": outbound.sealed}
        assert (
            refused(lambda: insert("outbound", an_outbound(counter, **again)))
            == "uq_outbound_organisation_id_decision_id"
        )
        changed = {**again, "sealed": outbound.sealed + b"!"}
        assert refused(lambda: insert("outbound", an_outbound(counter, **changed))) in (
            "fk_outbound_cleared_by_decision",
            "uq_outbound_organisation_id_decision_id",
        )


@pytest.mark.parametrize(
    "column", ["organisation_id", "decision_id", "outcome", "sealed", "conversation_id", "channel_id"]
)
def test_nothing_of_an_outbound_row_may_be_left_open(counter: Counter, column: str) -> None:
    with counter.acting():
        kind = refused(lambda: insert("outbound", an_outbound(counter, **{column: None})))
        assert kind in ("NotNullViolation", "InsufficientPrivilege")


def test_the_fingerprint_is_made_by_the_database_alone(counter: Counter) -> None:
    with counter.acting():
        row = an_outbound(counter, fingerprint=b"\0" * 32)
        assert refused(lambda: insert("outbound", row)) == "GeneratedAlways"


ATTACKS = [
    *[
        f"UPDATE outbound SET {column} = {column}"
        for column in (
            "sealed",
            "decision_id",
            "outcome",
            "organisation_id",
            "conversation_id",
            "contact_id",
            "channel_id",
            "reader",
            "author_id",
            "created_at",
        )
    ],
    "UPDATE outbound SET fingerprint = DEFAULT",
    "DELETE FROM outbound",
    "TRUNCATE outbound",
    "UPDATE decision SET outcome = 'cleared'",
    "UPDATE decision SET fingerprint = fingerprint",
    "DELETE FROM decision",
    "TRUNCATE decision CASCADE",
    "UPDATE audit_entry SET act = 'nothing'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "INSERT INTO audit_entry (organisation_id, at) VALUES (gen_random_uuid(), '2020-01-01')",
    "ALTER TABLE outbound DROP CONSTRAINT fk_outbound_cleared_by_decision",
    "ALTER TABLE decision DISABLE TRIGGER ALL",
    "ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY of_the_acting_organisation ON outbound",
    "SET session_replication_role = replica",
    "CREATE TABLE own (id int)",
    "ALTER TABLE outbound OWNER TO guichet_program",
    "UPDATE policy SET document = document",
    "DELETE FROM policy",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_program_has_no_right_to_it(counter: Counter, attack: str) -> None:
    with counter.acting():
        assert refused(lambda: db.session.execute(sa.text(attack))) == "InsufficientPrivilege"


@pytest.mark.parametrize("table", ["decision", "audit_entry"])
@pytest.mark.parametrize(
    "attack", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_not_even_the_owner_changes_what_was_decided_or_logged(
    engines: Engines, counter: Counter, table: str, attack: str
) -> None:
    with counter.acting():
        cleared(counter)
    owner = sa.create_engine(engines.owner_url or engines.database_url)
    try:
        with owner.connect() as connection, pytest.raises(DBAPIError, match=f"rows of {table} are never changed"):
            here = {"organisation": str(counter.firm.id)}
            connection.execute(sa.text("SELECT set_config('guichet.organisation', :organisation, true)"), here)
            connection.execute(sa.text(attack.format(table)))
    finally:
        owner.dispose()


# --- recall


def invent_decision(counter: Counter, *, outcome: str, fingerprint: bytes | None, **changes: Any) -> uuid.UUID:
    decision_id = new_id()
    row: dict[str, Any] = {
        "organisation_id": counter.firm.id,
        "id": decision_id,
        "contact_id": counter.contact_id,
        "conversation_id": counter.conversation_id,
        "channel_id": counter.firm.channel_id,
        "direction": "outbound",
        "outcome": outcome,
        "fingerprint": fingerprint,
        "mac": b"\0" * 32,
        "policy_version": 1,
        "classifier_version": "1",
        "sealed": b"",
        "decided_at": NOW,
    }
    insert("decision", {**row, **changes})
    return decision_id


def fingerprint_of(sealed: bytes) -> bytes:
    return hashlib.sha256(sealed).digest()


def test_an_invented_decision_is_stored_and_not_recalled(counter: Counter) -> None:
    with counter.acting():
        genuine, _ = cleared(counter)
        mac = load(Decision, genuine.decision_id).mac
        for mark in (b"\0" * 32, mac):
            sealed = genuine.sealed
            decision_id = invent_decision(counter, outcome="cleared", fingerprint=fingerprint_of(sealed), mac=mark)
            row = an_outbound(counter, decision_id=decision_id, sealed=sealed)
            insert("outbound", row)
            with pytest.raises(NotRecalled, match="mark"):
                counter.recall(load(Outbound, row["id"]))
        db.session.rollback()


def test_a_payload_does_not_open_in_another_place(counter: Counter) -> None:
    """Even with the gate's mark on an invented decision, the payload is bound to the decision it was sealed for."""
    with counter.acting():
        genuine, _ = cleared(counter)
        decision_id = invent_decision(counter, outcome="cleared", fingerprint=genuine.fingerprint)
        invented = load(Decision, decision_id)
        mark = gate._mac(invented)
        db.session.expunge(invented)
        moved = invent_decision(counter, outcome="cleared", fingerprint=genuine.fingerprint, mac=mark)
        forged = db.session.execute(sa.select(Decision).where(Decision.id == moved)).scalar_one()
        object.__setattr__(forged, "mac", gate._mac(forged))
        with pytest.raises(NotRecalled, match="does not open"):
            counter.recall(genuine, decision_id=moved)
        db.session.rollback()


def test_a_payload_of_another_row_is_not_recalled(counter: Counter) -> None:
    with counter.acting():
        one, _ = cleared(counter, "One.")
        two, _ = cleared(counter, "Two.")
        with pytest.raises(NotRecalled, match="not what was cleared"):
            counter.recall(one, sealed=two.sealed)


def test_what_was_cleared_for_one_place_is_not_sent_at_another(counter: Counter) -> None:
    """A portal's message in a row that names WhatsApp, or a row that borrows a fresher conversation's window."""
    with counter.acting():
        kept = counter.outbound(
            counter.submit(Segment(IBAN, approved=False), channel="portal", assurance=Assurance.SIGNED_IN)
        )
        assert counter.recall(kept).payload["text"] == IBAN
        for elsewhere in ({"channel_id": counter.firm.channel_id}, {"conversation_id": new_id()}):
            with pytest.raises(NotRecalled, match="another place"):
                counter.recall(kept, **elsewhere)


def test_another_organisations_payload_is_not_recalled(counter: Counter, own_counter: Counter) -> None:
    with own_counter.acting():
        theirs, _ = cleared(own_counter)
        stolen = SimpleNamespace(
            **{name: getattr(theirs, name) for name in ("id", "decision_id", "sealed", "conversation_id", "channel_id")}
        )
    with counter.acting(), pytest.raises(NotRecalled):
        counter.recall(stolen)  # type: ignore[arg-type]


@pytest.mark.parametrize("last", [None, NOW - timedelta(hours=24), NOW - timedelta(days=3)])
def test_a_window_that_closed_meanwhile_stops_the_message(counter: Counter, last: datetime | None) -> None:
    with counter.acting():
        outbound, _ = cleared(counter)
        with pytest.raises(NotRecalled, match="window"):
            counter.recall(outbound, last_inbound_at=last)


def test_a_policy_that_was_tightened_meanwhile_stops_the_message(program: Flask) -> None:
    counter = open_counter(program, document=clearing("whatsapp", "number_known", ["account"]))
    with counter.acting():
        outbound = counter.outbound(counter.submit(Segment(IBAN, approved=False)))
        assert counter.recall(outbound).payload["text"] == IBAN
        written = policy.draft(document=PolicyDocument.model_validate(POLICY), written_by="admin")
        policy.approve(written, approved_by="officer", now=NOW)
        with pytest.raises(NotRecalled, match="no longer clears"):
            counter.recall(outbound)


def test_emergency_is_a_purpose_for_approved_words_alone(program: Flask) -> None:
    """Who calls another text an emergency gains nothing by it: neither at review nor at recall."""
    counter = open_counter(program)
    with counter.acting():
        assert counter.submit(Segment(IBAN, approved=False), purpose="emergency").verdict is Verdict.DIVERTED
        outbound = counter.outbound(counter.submit(Segment("Good morning."), purpose="emergency"))
        with pytest.raises(NotRecalled, match="window"):
            counter.recall(outbound, last_inbound_at=None)
        words = emergencies.text(country="CH", signals=frozenset({"emergency.medical"}), language="en")
        assert words is not None
        approved = counter.outbound(counter.submit(Segment(words), purpose="emergency"))
        assert counter.recall(approved, last_inbound_at=None).payload["text"] == words


def test_a_destroyed_key_stops_the_message(own_counter: Counter) -> None:
    with own_counter.acting():
        outbound, _ = cleared(own_counter)
        outbound_id = outbound.id
        db.session.execute(sa.delete(ContactKey).where(ContactKey.contact_id == own_counter.contact_id))
    with own_counter.acting(), pytest.raises(NotRecalled, match="does not open"):
        own_counter.recall(load(Outbound, outbound_id))


def test_what_cannot_be_recalled_is_stopped_and_the_channel_goes_on(own_counter: Counter) -> None:
    """One customer who was erased holds nobody else up."""
    firm = own_counter.firm
    with own_counter.acting():
        erased, _ = cleared(own_counter)
        erased_id = erased.id
        db.session.execute(sa.delete(ContactKey).where(ContactKey.contact_id == own_counter.contact_id))
        other = contacts.resolve([Identity("phone", fresh_phone())], now=NOW)
        channel = load(ConnectedChannel, firm.channel_id)
        conversation = contacts.between(other, channel, shard=0, language="en", now=NOW)
        conversation.last_inbound_at = NOW
        waits = Counter(firm, other.id, conversation.id)
        waits_id = waits.outbound(waits.submit(Segment("Good morning."))).id
    with own_counter.acting():
        claims = delivery.claim(load(ConnectedChannel, firm.channel_id), now=NOW)
        assert [claim.outbound_id for claim in claims] == [waits_id]
        assert load(Outbound, erased_id).state == "stopped"


# --- the gate fails closed


class Broken(RuntimeError):
    pass


def break_down(*arguments: object, **named: object) -> Any:
    raise Broken("words that must not be told")


class BrokenRule:
    name = "broken"
    judge = staticmethod(break_down)


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("compliance.gate.classify", break_down),
        ("compliance.gate.policy.in_force", break_down),
        ("compliance.gate.RULES", (BrokenRule(),)),
        ("compliance.gate._seal", break_down),
        ("compliance.gate.emergencies.is_approved", break_down),
        ("compliance.policy.PolicyDocument.clears", break_down),
    ],
)
def test_whatever_fails_inside_holds_the_message_and_the_turn_commits(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, where: str, what: Any
) -> None:
    with counter.acting():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(tickets.Ticket)) or 0
        with monkeypatch.context() as broken:
            broken.setattr(where, what)
            purpose = "emergency" if "is_approved" in where else "reply"
            draft = counter.draft(Piece("Good morning."), purpose=purpose)
            judged = gate.review(draft, now=NOW)
            assert (judged.verdict, judged.sealed) == (Verdict.HELD, None)
            assert "told" not in judged.judgements[0].reason
    with counter.acting():
        assert load(Decision, judged.decision_id).outcome == "held"
        if where == "compliance.gate.policy.in_force":
            return  # the words that stand in come from there too: the turn as a whole is taken back
        with monkeypatch.context() as broken:
            broken.setattr(where, what)
            submission = counter.submit(Segment("Good", approved=False), purpose=purpose)
        assert submission.verdict is Verdict.HELD
    with counter.acting():
        assert (db.session.scalar(sa.select(sa.func.count()).select_from(tickets.Ticket)) or 0) > before
        assert db.session.scalar(sa.select(Outbound).where(Outbound.decision_id == submission.decision_id)) is None


def test_without_a_policy_nothing_is_cleared_and_the_turn_commits(own_counter: Counter) -> None:
    long_ago = NOW - timedelta(days=400)
    with own_counter.acting():
        submission = own_counter.submit(Segment("Good morning."), now=long_ago)
        assert submission.verdict is Verdict.HELD
    with own_counter.acting():
        assert own_counter.firm.outbound() == []
        assert [ticket.reason for ticket in tickets.open_tickets()] == ["held"]


def test_without_a_policy_nothing_is_recalled(own_counter: Counter) -> None:
    with own_counter.acting():
        outbound, _ = cleared(own_counter)
        with pytest.raises(NotRecalled, match="no policy"):
            own_counter.recall(outbound, now=NOW - timedelta(days=400), last_inbound_at=NOW - timedelta(days=400))


# --- what the gate says


def clearing(channel: str, assurance: str, categories: list[str]) -> dict[str, Any]:
    return {**POLICY, "clearance": {**POLICY["clearance"], channel: {assurance: categories}}}


N, C, S, T = Assurance.NUMBER_KNOWN, Assurance.CODE_CONFIRMED, Assurance.SIGNED_IN, Assurance.SIGNED_IN_STRONGLY
VERDICTS = [
    # The tests' policy: nothing on WhatsApp; personal, client, account and secret on the portal when signed in.
    ("whatsapp", Assurance.NONE, PUBLIC, "reply", "cleared"),
    ("whatsapp", N, PUBLIC, "reply", "cleared"),
    ("whatsapp", N, PUBLIC, "notice", "cleared"),
    ("whatsapp", N, PUBLIC, "emergency", "cleared"),
    ("whatsapp", N, Label.ACCOUNT, "reply", "diverted"),
    ("whatsapp", N, Label.ACCOUNT, "notice", "diverted"),
    ("whatsapp", N, Label.ACCOUNT, "emergency", "diverted"),
    ("whatsapp", C, Label.CLIENT, "reply", "diverted"),
    ("whatsapp", S, Label.PERSONAL, "reply", "diverted"),
    ("whatsapp", T, Label.SECRET, "reply", "diverted"),
    ("whatsapp", N, Label.HEALTH, "reply", "refused"),
    ("whatsapp", T, Label.SPECIAL, "reply", "refused"),
    ("whatsapp", N, Label.ACCOUNT | Label.HEALTH, "reply", "refused"),
    ("portal", S, Label.ACCOUNT, "reply", "cleared"),
    ("portal", T, Label.SECRET | Label.CLIENT, "reply", "cleared"),
    ("portal", N, Label.ACCOUNT, "reply", "diverted"),
    ("portal", C, Label.ACCOUNT, "reply", "diverted"),
    ("portal", S, Label.HEALTH, "reply", "refused"),
    ("portal", N, PUBLIC, "reply", "cleared"),
    ("an unknown channel", T, Label.PERSONAL, "reply", "diverted"),
]


@pytest.mark.parametrize(("channel", "assurance", "label", "purpose", "verdict"), VERDICTS)
def test_the_verdict_follows_from_channel_assurance_label_and_purpose(
    counter: Counter, channel: str, assurance: Assurance, label: Label, purpose: str, verdict: str
) -> None:
    with counter.acting():
        place = "portal" if channel == "portal" else "whatsapp"
        draft = counter.draft(Piece("Words.", label, True), channel=place, assurance=assurance, purpose=purpose)
        judged = gate.review(dataclasses.replace(draft, channel=channel), now=NOW)
        assert judged.verdict.value == verdict
        assert (judged.sealed is not None) is (verdict == "cleared")


@pytest.mark.parametrize("hours", [23, 24, 48])
def test_outside_the_window_a_person_decides_but_not_on_the_portal(counter: Counter, hours: int) -> None:
    later = NOW + timedelta(hours=hours)
    with counter.acting():
        on_whatsapp = gate.review(counter.draft(Piece("Hello.", approved=True)), now=later)
        on_portal = gate.review(counter.draft(Piece("Hello.", approved=True), channel="portal"), now=later)
    assert on_whatsapp.verdict is (Verdict.CLEARED if hours < 24 else Verdict.HELD)
    assert on_portal.verdict is Verdict.CLEARED


def test_what_is_branched_upon_counts_as_said(counter: Counter) -> None:
    with counter.acting():
        draft = counter.draft(Piece("Please call us.", approved=True), path_label=Label.ACCOUNT)
        assert gate.review(draft, now=NOW).verdict is Verdict.DIVERTED


def test_what_its_author_protected_goes_to_the_portal_whatever_is_cleared(program: Flask) -> None:
    counter = open_counter(program, document=clearing("whatsapp", "number_known", ["account"]))
    with counter.acting():
        draft = counter.draft(Piece("7.–", Label.ACCOUNT), keep_for_portal=Label.ACCOUNT)
        assert gate.review(draft, now=NOW).verdict is Verdict.DIVERTED


# --- approved words


def test_approved_words_keep_their_labels_and_the_same_words_inserted_do_not(counter: Counter) -> None:
    number = "+41 79 123 45 67"
    with counter.acting():
        fixed = gate.review(counter.draft(Piece(f"Call {number}.", approved=True)), now=NOW)
        inserted = gate.review(
            counter.draft(Piece("Call ", approved=True), Piece(number), Piece(".", approved=True)), now=NOW
        )
    assert (fixed.verdict, fixed.label) == (Verdict.CLEARED, PUBLIC)
    assert inserted.verdict is Verdict.DIVERTED
    assert Label.PERSONAL in inserted.label


@pytest.mark.parametrize("cut", [4, 9, 18, len(IBAN) - 1])
def test_a_finding_across_fixed_and_inserted_words_counts(counter: Counter, cut: int) -> None:
    with counter.acting():
        pieces = Piece(f"Pay to {IBAN[:cut]}", approved=True), Piece(IBAN[cut:])
        assert gate.review(counter.draft(*pieces), now=NOW).verdict is Verdict.DIVERTED


def test_fixed_words_beside_inserted_ones_keep_their_labels(counter: Counter) -> None:
    with counter.acting():
        judged = gate.review(counter.draft(Piece(f"Call {HOTLINE}, ", approved=True), Piece("dear reader.")), now=NOW)
    assert judged.verdict is Verdict.CLEARED


@pytest.mark.parametrize(
    "smuggled",
    [
        {"text": f"Good morning. {IBAN}"},
        {"options": [{"id": "a", "title": IBAN, "description": ""}]},
        {"options": [{"id": IBAN, "title": "", "description": ""}]},
        {"button": IBAN},
        {"url": f"https://example.org/{IBAN}"},
        {"caption": {"anything": [IBAN]}},
        {"number": 4111111111111111},
    ],
)
def test_no_word_of_a_payload_goes_unread(counter: Counter, smuggled: dict[str, Any]) -> None:
    with counter.acting():
        draft = counter.draft(Piece("Good morning.", approved=True))
        judged = gate.review(dataclasses.replace(draft, payload={**draft.payload, **smuggled}), now=NOW)
    assert judged.verdict is Verdict.HELD
    assert "Unread" in judged.judgements[0].reason


around = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Nd", "Nl", "No"]), max_size=40)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=around, after=around, number=st.sampled_from([IBAN, CARD, AHV]), is_split=st.booleans())
def test_no_number_of_a_person_is_ever_cleared_on_whatsapp(
    counter: Counter, before: str, after: str, number: str, is_split: bool
) -> None:
    before, after = before.replace("\0", ""), after.replace("\0", "")
    pieces = [Piece(f"{before} ", approved=is_split), Piece(number), Piece(f" {after}", approved=is_split)]
    with counter.acting():
        verdict, label, findings, _ = gate._judge(counter.draft(*pieces), policy.in_force(now=NOW), NOW)
    assert verdict is not Verdict.CLEARED, (label, findings)


def test_what_was_cleared_says_nothing_in_the_database(counter: Counter) -> None:
    with counter.acting():
        outbound, genuine = cleared(counter, "Good morning.")
        row = db.session.execute(
            sa.select(Decision.__table__).where(Decision.__table__.c.id == outbound.decision_id)
        ).one()
        assert b"Good morning" not in outbound.sealed + row.sealed
        assert genuine.payload["text"] == "Good morning."
        assert json.dumps(dict(genuine.payload))
    assert "seal" in inspect.signature(Cleared).parameters


def test_what_is_diverted_waits_in_the_vault_and_a_notice_goes_instead(counter: Counter) -> None:
    with counter.acting():
        submission = counter.submit(Segment("Your balance is "), Segment("CHF 7", Label.ACCOUNT, approved=False))
        assert submission.verdict is Verdict.DIVERTED
        entry = db.session.scalar(sa.select(VaultEntry).where(VaultEntry.decision_id == submission.decision_id))
        assert entry is not None
        said = outbox.content_of(counter.firm.outbound()[-1])
        assert said["text"] == "A message waits for you in the secure area."
        assert "/l/" in said["url"]
