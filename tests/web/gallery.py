"""A surface that exists in tests only: every component once, on every layout."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Flask, abort, flash, render_template, request
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from web.app import create_app, show_shell
from web.bodies import takes_media
from web.config import Settings
from web.health import Probe
from web.i18n import prefer
from web.navigation import Area, Link, Section

AT = datetime(2026, 11, 17, 9, 4, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Organisation:
    slug: str = "telco"
    name: str = "Talfunk"


@dataclass(frozen=True)
class Person:
    name: str = "Mara Egli"
    role: str = "Administration"


@dataclass(frozen=True)
class Firm:
    name: str = "Lindenkasse"
    telephone: str | None = "058 000 00 00"
    hours: str | None = "Mon–Fri 8–18"
    stylesheet: str | None = None


class Invitation(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form as pages have them."""

    email = StringField("E-mail", validators=[DataRequired()], description="The invitation is valid for three days.")
    role = SelectField(
        "Role",
        choices=[SelectChoice("", "Choose"), SelectChoice("agent", "Agent")],
        validators=[DataRequired("Choose a role")],
    )
    told = BooleanField("The person knows about it")


blueprint = Blueprint("gallery", __name__, template_folder=str(Path(__file__).parent / "pages"))


@blueprint.get("/gallery")
def page() -> str:
    show_shell(organisation=Organisation(), person=Person(), sign_out_url="/gallery/sign-out")
    return render_template("gallery.html", at=AT)


@blueprint.route("/gallery/form", methods=["GET", "POST"])
def form() -> tuple[str, int]:
    show_shell(organisation=Organisation(), person=Person(), sign_out_url=None)
    invitation = Invitation()
    refused = invitation.is_submitted() and not invitation.validate()
    if invitation.is_submitted() and not refused:
        flash("Invited.")
    return render_template("form.html", form=invitation), 422 if refused else 200


@blueprint.get("/gallery/toast")
def toast() -> str:
    flash("Template submitted to the provider.")
    return page()


@blueprint.get("/gallery/door")
def door() -> str:
    return render_template("gallery_door.html")


@blueprint.get("/gallery/portal")
def portal() -> str:
    prefer(organisation="it", offered=["de", "fr", "it"])
    return render_template("gallery_portal.html", firm=Firm(), sign_out_url="/gallery/sign-out")


@blueprint.get("/gallery/simulator")
def simulator() -> str:
    return render_template("gallery_simulator.html", at=AT)


@blueprint.get("/gallery/fail/<int:status>")
def fail(status: int) -> str:
    if status == 500:
        raise RuntimeError("Hans Muster, +41 79 000 00 00")
    abort(status)


@blueprint.post("/gallery/media")
@takes_media
def media() -> str:
    return str(len(request.get_data()))


@blueprint.post("/gallery/sign-out")
def sign_out() -> str:
    return "Signed out"


AREA = Area(
    name="gallery",
    title=lambda: "Console",
    endpoint="gallery.page",
    icon="home",
    sections=[
        Section(
            links=[
                Link(title=lambda: "Overview", endpoint="gallery.page", icon="home"),
                Link(title=lambda: "Set-up", endpoint="gallery.form", icon="setup", count=lambda: 2),
            ]
        ),
        Section(
            title=lambda: "Conversations",
            links=[
                Link(title=lambda: "Flows", endpoint="gallery.door", icon="flow", count=lambda: 1, alert=True),
                Link(title=lambda: "Nobody sees it", endpoint="gallery.portal", icon="lock", may_follow=lambda: False),
            ],
        ),
    ],
)


class Machines:
    """A surface for programs."""

    FOR_MACHINES = True
    blueprint = Blueprint("machines", __name__)


@Machines.blueprint.post("/machines/hook")
def hook() -> str:
    return str(len(request.get_data()))


def gallery_app(settings: Settings | None = None, probes: dict[str, Probe] | None = None) -> Flask:
    """The app with the gallery on it."""
    import sys

    chosen = settings or Settings(secret_key="only for tests")
    return create_app(chosen, probes=probes, surfaces=[sys.modules[__name__], Machines])  # type: ignore[list-item]
