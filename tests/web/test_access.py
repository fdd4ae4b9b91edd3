"""Who may open what: the door, every route and role, other organisations' things."""

import re
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from compliance.audit import AuditEntry
from compliance.decisions import Decision
from tenants import queue
from tenants.database import db
from tenants.people import Membership
from tenants.roles import Role, may
from tests.firm import Firm
from tests.web.staff import browser, page, post, sign_in, token
from web import access
from web.access import is_safe_next

ROLES = [role.value for role in Role]


@pytest.fixture(autouse=True)
def no_tries(program: Flask) -> None:
    """Each test begins with no try counted."""
    queue.connection().flushdb()


def acts(firm: Firm, act: str) -> list[AuditEntry]:
    with firm.acting():
        found = list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == act)))
        db.session.expunge_all()
        return found


def test_every_route_has_a_guard_or_a_reason(program: Flask):
    assert access.unguarded(program) == []


def test_the_table_of_routes_is_up_to_date(program: Flask):
    written = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
    assert written == access.table(program), "python -m web.access > docs/access.md"


@pytest.mark.parametrize("role", ROLES)
def test_every_staff_route_opens_for_its_roles_and_for_no_others(program: Flask, firm: Firm, role: str):
    client = sign_in(program, firm, role)
    form_token = token(client, firm)
    for rule in program.url_map.iter_rules():
        permissions = getattr(program.view_functions[rule.endpoint], "needs", ())
        if not permissions:
            continue
        given = {name: "csv" if name == "form" else uuid.uuid4() for name in rule.arguments - {"organisation"}}
        built = rule.build({"organisation": firm.slug, **given})
        assert built is not None
        if "GET" in (rule.methods or ()):
            status = client.get(built[1]).status_code
        else:
            status = client.post(built[1], data={"csrf_token": form_token}).status_code
        is_open = any(may(Role(role), one) for one in permissions)
        assert (status == 403) is not is_open, (rule.rule, status)
        assert status in (200, 403, 404), (rule.rule, status)


@pytest.mark.parametrize("role", ROLES)
def test_another_organisations_things_are_not_there(program: Flask, firm: Firm, other_firm: Firm, role: str):
    other_firm.say("hello")
    other_firm.tap("person")
    other_firm.work()
    with other_firm.acting():
        conversation = other_firm.conversation().id
        decision = db.session.scalar(sa.select(Decision.id).limit(1))
        entry = db.session.scalar(sa.select(AuditEntry.id).limit(1))
    client = sign_in(program, firm, role)
    paths = {
        "admin": [f"oversight/decisions/{decision}"],
        "agent": [f"desk/tickets/{conversation}"],
        "officer": [f"oversight/decisions/{decision}", f"oversight/log/{entry}"],
    }
    both = [f"console/conversations/{conversation}", f"console/conversations/{conversation}/thread"]
    for path in (*both, *paths[role]):
        assert client.get(f"/{firm.slug}/{path}").status_code == 404, path
    elsewhere = client.get(f"/{other_firm.slug}/console/")
    assert elsewhere.status_code == 302
    assert "/sign-in" in elsewhere.headers["Location"]


def test_who_is_not_signed_in_is_led_to_the_door_and_back(program: Flask, firm: Firm):
    client = browser(program)
    led = client.get(f"/{firm.slug}/console/conversations?standing=bot")
    assert led.status_code == 302
    door = page(client, led.headers["Location"])
    assert f"/{firm.slug}/console/conversations?standing=bot" in door
    answer = post(
        client,
        firm,
        f"/{firm.slug}/sign-in",
        email=firm.email("admin"),
        password="correct horse battery staple",
        next=f"/{firm.slug}/console/conversations?standing=bot",
    )
    assert answer.headers["Location"] == f"/{firm.slug}/console/conversations?standing=bot"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/other/console/", "/firm\\evil", "/firm/\nx", "firm/x", ""]
)
def test_signing_in_never_leads_elsewhere(target: str):
    assert not is_safe_next(target, slug="firm")


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(program: Flask, firm: Firm):
    client = browser(program)
    answers = [
        post(client, firm, f"/{firm.slug}/sign-in", email=email, password="wrong")
        for email in (firm.email("admin"), "nobody@example.com")
    ]
    assert {answer.status_code for answer in answers} == {422}
    differing = re.compile(rf'{re.escape(firm.email("admin"))}|nobody@example.com|"[\w.-]{{80,}}"')
    texts = [differing.sub("", answer.text) for answer in answers]
    assert texts[0] == texts[1]
    assert [entry.details for entry in acts(firm, "sign-in failed")] == [{"by": "password"}] * 2


def test_somebody_of_another_firm_is_not_let_in(program: Flask, firm: Firm, other_firm: Firm):
    client = browser(program)
    answer = post(
        client,
        firm,
        f"/{firm.slug}/sign-in",
        email=other_firm.email("admin"),
        password="correct horse battery staple",
    )
    assert answer.status_code == 422


def test_signing_in_and_out_is_in_the_log_and_ends_the_session(program: Flask, firm: Firm):
    client = sign_in(program, firm, "agent")
    name = f"guichet-staff-{firm.slug}"
    cookie = client.get_cookie(name)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert post(client, firm, f"/{firm.slug}/sign-out").status_code == 302
    client.set_cookie(name, cookie.value)
    assert client.get(f"/{firm.slug}/desk/").status_code == 302, "the token of an ended session opens nothing"
    who = str(firm.users["agent"])
    assert [entry.actor_id for entry in acts(firm, "signed in")] == [who]
    assert [entry.actor_id for entry in acts(firm, "signed out")] == [who]


def test_a_planted_session_is_worth_nothing_after_signing_in(program: Flask, firm: Firm):
    client = browser(program)
    client.set_cookie(f"guichet-staff-{firm.slug}", "planted")
    post(client, firm, f"/{firm.slug}/sign-in", email=firm.email("agent"), password="correct horse battery staple")
    cookie = client.get_cookie(f"guichet-staff-{firm.slug}")
    assert cookie is not None
    assert cookie.value != "planted"


def test_who_no_longer_works_here_is_out_at_once(program: Flask, firm: Firm):
    client = sign_in(program, firm, "agent")
    with firm.acting():
        left = db.session.scalar(sa.select(Membership).where(Membership.user_id == firm.users["agent"]))
        db.session.delete(left)
    assert client.get(f"/{firm.slug}/desk/").status_code == 302


def test_too_many_tries_are_stopped_and_told_when_to_come_back(program: Flask, firm: Firm):
    client = browser(program)
    form = {"email": firm.email("admin"), "password": "wrong", "csrf_token": token(client, firm)}
    statuses = [client.post(f"/{firm.slug}/sign-in", data=form).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    stopped = client.post(f"/{firm.slug}/sign-in", data={**form, "password": "correct horse battery staple"})
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    assert "There were too many tries" in stopped.text
    sign_in(program, firm, "agent")  # another person is not kept out


def test_no_change_without_the_form_token(program: Flask, firm: Firm):
    client = sign_in(program, firm, "agent")
    for url in (f"/{firm.slug}/sign-out", f"/{firm.slug}/desk/tickets/{uuid.uuid4()}/take"):
        assert client.post(url).status_code == 400


def test_the_door_asks_for_the_organisation_first(program: Flask, firm: Firm):
    client = browser(program)
    page(client, "/sign-in")
    assert client.get(f"/sign-in?organisation={firm.slug}").headers["Location"] == f"/{firm.slug}/sign-in"
    page(client, "/sign-in?organisation=nobody", status=422)
    assert client.get("/nobody/sign-in").status_code == 404


def test_a_role_that_may_not_is_told_who_may(program: Flask, firm: Firm):
    told = page(sign_in(program, firm, "agent"), f"/{firm.slug}/oversight/log", status=403)
    assert "Compliance officer" in told
