"""Give the program the rights that it needs and no others.

What was decided, logged, cleared or published is never changed: columns that state a
fact cannot be updated, and rows of the log cannot be touched by anybody.
"""

from alembic import op

revision = "005_rights"
down_revision = "004_isolation"

PROGRAM = "guichet_program"
ADDED = ("decision", "receipt", "organisation_key")
"""Rows that are only ever added."""
ENTRY = (
    "organisation_id, id, actor_kind, actor_id, act, subject_kind, subject_id, details, contact_id, sealed, commitment"
)
"""What the program says of an entry of the log; when it happened is for the database's clock to say."""
CHANGED = {
    "organisation": None,
    "person": None,
    "membership": None,
    "brand": None,
    "secret": None,
    "identity_provider": None,
    "webhook_app": None,
    "channel_route": None,
    "channel": None,
    "connector": None,
    "contact": "language, reader, bound_at",
    "contact_identity": "valid_to",
    "contact_key": "wrapped",
    "conversation": None,
    "browser_session": "ended_at, expires_at",
    "policy": "approved_by, in_force_from",
    "flow_version": "approved_by, live_from, retired_at",
    "portal_link": "spent_at, spent_by",
    "vault_entry": "reader",
    "inbound_event": ("state, attempts, contact_id, conversation_id, decision_id, is_masked, sealed, taken_at"),
    "outbound": ("state, attempts, not_before, claimed_at, finished_at, external_id, status, error_code, error"),
    "ticket": "priority, taken_by, taken_at, closed_by, closed_at, close_reason",
    "connector_call": "state, attempts, started_at, finished_at, outcome",
}
"""Rows of which these columns may change; None: all of them."""
REMOVED = ("membership", "brand", "secret", "identity_provider", "channel_route", "contact_key")
"""Rows that may be deleted: configuration, and keys, whose deletion is the erasure of content."""


def upgrade() -> None:
    for table in ADDED:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {PROGRAM}")
    op.execute(f"GRANT SELECT, INSERT ({ENTRY}) ON audit_entry TO {PROGRAM}")
    for table, columns in CHANGED.items():
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {PROGRAM}")
        op.execute(f"GRANT UPDATE{f' ({columns})' if columns else ''} ON {table} TO {PROGRAM}")
    for table in REMOVED:
        op.execute(f"GRANT DELETE ON {table} TO {PROGRAM}")
    op.execute(f"GRANT SELECT ON alembic_version TO {PROGRAM}")
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    for table in ("audit_entry", "decision"):
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # What was accepted is never sent again, whoever asks for it.
    op.execute(
        """
        CREATE FUNCTION refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a message that is % does not become %', OLD.state, NEW.state
                USING ERRCODE = 'check_violation';
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER never_sent_again BEFORE UPDATE OF state ON outbound FOR EACH ROW "
        "WHEN (OLD.state IN ('accepted', 'failed', 'stopped') AND NEW.state NOT IN (OLD.state, 'failed')) "
        "EXECUTE FUNCTION refuse_return()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER never_sent_again ON outbound")
    op.execute("DROP FUNCTION refuse_return()")
    for table in ("audit_entry", "decision"):
        op.execute(f"DROP TRIGGER never_emptied ON {table}")
        op.execute(f"DROP TRIGGER never_changed ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute(f"REVOKE ALL ON alembic_version FROM {PROGRAM}")
    for table in ("audit_entry", *ADDED, *CHANGED):
        op.execute(f"REVOKE ALL ON {table} FROM {PROGRAM}")
