"""Decisions: the list, and one of them beside it."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.channels import routes
from compliance import audit, decisions
from compliance.decisions import OUTCOMES, Decision
from compliance.labels import Direction
from tenants import people
from tenants.database import load
from tenants.keys import CannotOpen
from tenants.roles import Permission
from web.access import here, needs

PAGE = 25

blueprint = Blueprint("oversight", __name__, url_prefix="/<organisation>/oversight")


@blueprint.get("/", endpoint="decisions")
@needs(Permission.SEE_DECISIONS)
def decisions_list() -> ResponseReturnValue:
    """The decisions, newest first."""
    return render_template("oversight/decisions.html", chosen=None, **_page())


@blueprint.get("/decisions/<uuid:decision_id>")
@needs(Permission.SEE_DECISIONS)
def decisions_one(decision_id: uuid.UUID) -> ResponseReturnValue:
    """One decision: what was decided, by what rule, and what followed."""
    chosen = load(Decision, decision_id)
    reasons = None
    if here().may(Permission.SEE_MASKED):
        reasons = _opened(chosen)
        audit.record("read", subject=("decision", chosen.id), details={"for": "reasons"})
    return render_template(
        "oversight/decisions.html",
        chosen=chosen,
        reasons=reasons,
        history=audit.about("decision", chosen.id),
        names=people.names(),
        **_page(),
    )


def _page() -> dict[str, Any]:
    outcome = request.args.get("outcome")
    outcome = outcome if outcome in OUTCOMES else None
    direction = request.args.get("direction")
    direction = direction if direction in set(Direction) else None
    before = request.args.get("before", type=uuid.UUID)
    rows = decisions.latest(
        limit=PAGE + 1,
        before=before,
        outcome=outcome,
        direction=Direction(direction) if direction is not None else None,
    )
    kept: dict[str, Any] = {"outcome": outcome, "direction": direction}
    return {
        "rows": rows[:PAGE],
        "categories": _categories(rows[:PAGE]),
        "channels": {channel.id: channel for channel in routes.every()},
        "outcome": outcome,
        "direction": direction,
        "outcomes": OUTCOMES,
        "directions": [one.value for one in Direction],
        "older": url_for("oversight.decisions", before=rows[PAGE - 1].id, **kept) if len(rows) > PAGE else None,
        "newest": url_for("oversight.decisions", **kept) if before else None,
        "kept": {**kept, "before": before},
    }


def _categories(rows: Sequence[Decision]) -> dict[uuid.UUID, list[str]]:
    """The categories of each decision, for whom they concern; opening them is noted once for the page."""
    if not rows or not here().may(Permission.SEE_MASKED):
        return {}
    audit.record("read", subject=("decisions", rows[0].id), details={"for": "list", "number": len(rows)})
    return {row.id: (_opened(row) or {}).get("label", []) for row in rows}


def _opened(row: Decision) -> dict[str, Any] | None:
    """The reasons; None once the contact's key is destroyed."""
    try:
        return decisions.reasons_of(row)
    except CannotOpen:
        return None
