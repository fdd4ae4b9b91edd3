"""Let the program see one organisation at a time, by row-level security that nobody escapes.

The policies hold for the owner too (FORCE). A connection that comes back to the pool
leaves an empty setting behind, hence the nullif.
"""

from alembic import op

revision = "004_isolation"
down_revision = "003_conversation"

OWNED = (
    "audit_entry",
    "brand",
    "browser_session",
    "channel",
    "connector",
    "connector_call",
    "contact",
    "contact_identity",
    "contact_key",
    "conversation",
    "decision",
    "flow_version",
    "identity_provider",
    "inbound_event",
    "membership",
    "organisation_key",
    "outbound",
    "policy",
    "portal_link",
    "receipt",
    "secret",
    "ticket",
    "vault_entry",
)
HERE = "organisation_id = nullif(current_setting('guichet.organisation', true), '')::uuid"


def upgrade() -> None:
    for table in OWNED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_the_acting_organisation ON {table} USING ({HERE}) WITH CHECK ({HERE})")


def downgrade() -> None:
    for table in OWNED:
        op.execute(f"DROP POLICY of_the_acting_organisation ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
