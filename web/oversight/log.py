"""The log: every act, one entry, and the shown page to take away."""

import csv
import io
import json
import uuid
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from compliance import audit
from compliance.audit import AuditEntry
from tenants import people
from tenants.database import load
from tenants.keys import CannotOpen
from tenants.roles import Permission
from web.access import here, needs
from web.oversight.views import blueprint
from web.words import ACTS

PAGE = 50
FIELDS = ("id", "at", "actor_kind", "actor_id", "act", "subject_kind", "subject_id", "details", "commitment")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take as the beginning of a formula (OWASP, CSV Injection)."""


@blueprint.get("/log", endpoint="log")
@needs(Permission.SEE_LOG)
def show_log() -> ResponseReturnValue:
    """The entries, newest first."""
    rows, kept = _rows(PAGE + 1)
    return render_template(
        "oversight/log.html",
        rows=rows[:PAGE],
        act=kept["act"],
        names=people.names(),
        older=url_for("oversight.log", act=kept["act"], before=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        newest=url_for("oversight.log", act=kept["act"]) if kept["before"] else None,
        kept=kept,
    )


@blueprint.get("/log/<uuid:entry_id>")
@needs(Permission.SEE_LOG)
def log_entry(entry_id: uuid.UUID) -> ResponseReturnValue:
    """One entry. What it says about a customer is opened for those entitled, and that is an entry too."""
    entry = load(AuditEntry, entry_id)
    private, is_gone = None, False
    if entry.sealed is not None and here().may(Permission.SEE_MASKED):
        try:
            private = audit.private_part(entry)
        except CannotOpen:
            is_gone = True
        audit.record("read", subject=("audit_entry", entry.id), details={"for": "private part"})
    return render_template("oversight/entry.html", entry=entry, private=private, is_gone=is_gone, names=people.names())


@blueprint.get("/log/page.<form>")
@needs(Permission.SEE_LOG)
def log_export(form: str) -> ResponseReturnValue:
    """The shown page as a file: CSV or JSON lines."""
    if form not in ("csv", "jsonl"):
        abort(404)
    rows, _kept = _rows(PAGE)
    written = [_plain(row) for row in rows]
    audit.record("exported", subject=("log", here().firm.slug), details={"form": form, "number": len(rows)})
    body = _as_csv(written) if form == "csv" else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
    kind = "text/csv" if form == "csv" else "application/jsonl"
    response = Response(body, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="log-{here().firm.slug}.{form}"'
    return response


def _rows(limit: int) -> tuple[list[AuditEntry], dict[str, Any]]:
    act = request.args.get("act")
    act = act if act in ACTS else None
    before = request.args.get("before", type=uuid.UUID)
    return audit.latest(limit=limit, before=before, act=act), {"act": act, "before": before}


def _plain(entry: AuditEntry) -> dict[str, Any]:
    """An entry as a file holds it: what is sealed stays sealed, its commitment shows that it is there."""
    return {
        "id": str(entry.id),
        "at": entry.at.isoformat(),
        "actor_kind": entry.actor_kind,
        "actor_id": "" if entry.actor_kind == "customer" else entry.actor_id,
        "act": entry.act,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "details": entry.details,
        "commitment": entry.commitment.hex() if entry.commitment is not None else None,
    }


def _as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([_cell(row[field]) for field in FIELDS])
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    written = str(value if value is not None else "")
    return f"'{written}" if written.startswith(FORMULA) else written
