"""Make the tables of channels, contacts, flows, and what comes in and goes out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "003_conversation"
down_revision = "002_compliance"


def upgrade() -> None:
    op.create_table(
        "webhook_app",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_verify_token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_webhook_app")),
    )
    op.create_table(
        "channel_route",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["app"], ["webhook_app.slug"], name=op.f("fk_channel_route_app_webhook_app")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_channel_route_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_channel_route")),
    )
    op.create_table(
        "channel",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_for", sa.Text(), nullable=True),
        sa.CheckConstraint("(paused_at IS NULL) = (paused_for IS NULL)", name=op.f("ck_channel_paused_for_a_reason")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_channel_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_channel")),
    )
    op.create_table(
        "contact",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.LargeBinary(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(reader IS NULL) = (bound_at IS NULL)", name=op.f("ck_contact_bound_at_a_time")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contact_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_contact")),
    )
    op.create_table(
        "contact_identity",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blind_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_contact_identity_ends_later")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "contact_id"],
            ["contact.organisation_id", "contact.id"],
            name=op.f("fk_contact_identity_organisation_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contact_identity_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_contact_identity")),
    )
    op.create_index("ix_contact_identity_contact", "contact_identity", ["organisation_id", "contact_id"], unique=False)
    op.create_index(
        "uq_contact_identity_valid",
        "contact_identity",
        ["organisation_id", "kind", "blind_index"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "conversation",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("talking_on", sa.Uuid(), nullable=False),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("masked_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flow_version_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_session", sa.LargeBinary(), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pair_ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reader", sa.LargeBinary(), nullable=True),
        sa.Column("confirm_hash", sa.LargeBinary(), nullable=True),
        sa.Column("confirm_reader", sa.LargeBinary(), nullable=True),
        sa.Column("confirm_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(flow_version_id IS NULL) = (sealed_session IS NULL)", name=op.f("ck_conversation_session_of_a_flow")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "contact_id"],
            ["contact.organisation_id", "contact.id"],
            name=op.f("fk_conversation_organisation_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_conversation_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_conversation")),
        sa.UniqueConstraint(
            "organisation_id",
            "contact_id",
            "channel_id",
            name=op.f("uq_conversation_organisation_id_contact_id_channel_id"),
        ),
    )
    op.create_index("ix_conversation_latest", "conversation", ["organisation_id", "last_inbound_at"], unique=False)
    op.create_index(
        "ix_conversation_wake_at",
        "conversation",
        ["organisation_id", "wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_table(
        "inbound_event",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("is_masked", sa.Boolean(), nullable=False),
        sa.Column("reader", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'taken', 'kept', 'failed')", name=op.f("ck_inbound_event_state_is_known")
        ),
        sa.CheckConstraint("shard BETWEEN 0 AND 7", name=op.f("ck_inbound_event_shard_is_known")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_inbound_event_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_inbound_event")),
        sa.UniqueConstraint(
            "organisation_id",
            "channel_id",
            "external_id",
            name=op.f("uq_inbound_event_organisation_id_channel_id_external_id"),
        ),
    )
    op.create_index(
        "ix_inbound_event_conversation",
        "inbound_event",
        ["organisation_id", "conversation_id", "sent_at"],
        unique=False,
    )
    op.create_index(
        "ix_inbound_event_kept",
        "inbound_event",
        ["organisation_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('kept', 'failed')"),
    )
    op.create_index(
        "ix_inbound_event_waiting",
        "inbound_event",
        ["organisation_id", "shard", "sent_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "outbound",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), sa.Computed("sha256(sealed)", persisted=True), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("reader", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome = 'cleared'", name=op.f("ck_outbound_only_cleared")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'unknown', 'accepted', 'failed', 'stopped')",
            name=op.f("ck_outbound_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "decision_id", "outcome", "fingerprint"],
            ["decision.organisation_id", "decision.id", "decision.outcome", "decision.fingerprint"],
            name="fk_outbound_cleared_by_decision",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_outbound_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_outbound")),
        sa.UniqueConstraint("organisation_id", "decision_id", name=op.f("uq_outbound_organisation_id_decision_id")),
    )
    op.create_index("ix_outbound_claimed_at", "outbound", ["organisation_id", "channel_id", "claimed_at"], unique=False)
    op.create_index("ix_outbound_conversation", "outbound", ["organisation_id", "conversation_id", "id"], unique=False)
    op.create_index("ix_outbound_external_id", "outbound", ["organisation_id", "external_id"], unique=False)
    op.create_index(
        "ix_outbound_unfinished",
        "outbound",
        ["organisation_id", "channel_id", "conversation_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"),
    )
    op.create_table(
        "receipt",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outbound_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("pricing", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_receipt_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "organisation_id",
            "channel_id",
            "external_id",
            "status",
            "at",
            name=op.f("uq_receipt_organisation_id_channel_id_external_id_status_at"),
        ),
    )
    op.create_index("ix_receipt_outbound", "receipt", ["organisation_id", "outbound_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('emergency', 'handoff', 'held', 'not delivered', 'turn failed', 'unknown outcome')",
            name=op.f("ck_ticket_reason_is_known"),
        ),
        sa.CheckConstraint("(closed_by IS NULL) = (closed_at IS NULL)", name=op.f("ck_ticket_closed_by_somebody")),
        sa.CheckConstraint("(taken_by IS NULL) = (taken_at IS NULL)", name=op.f("ck_ticket_taken_by_somebody")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_ticket_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_ticket")),
    )
    op.create_index("ix_ticket_conversation", "ticket", ["organisation_id", "conversation_id"], unique=False)
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["organisation_id", "opened_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_ticket_taking_over",
        "ticket",
        ["organisation_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND reason IN ('handoff', 'emergency')"),
    )
    op.create_table(
        "flow_version",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (live_from IS NULL)", name=op.f("ck_flow_version_approved_to_live")
        ),
        sa.CheckConstraint("approved_by <> written_by", name=op.f("ck_flow_version_four_eyes")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_flow_version_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_flow_version")),
        sa.UniqueConstraint(
            "organisation_id", "flow", "version", name=op.f("uq_flow_version_organisation_id_flow_version")
        ),
    )
    op.create_index(
        "uq_flow_version_live",
        "flow_version",
        ["organisation_id", "flow"],
        unique=True,
        postgresql_where=sa.text("live_from IS NOT NULL AND retired_at IS NULL"),
    )
    op.create_table(
        "connector",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_connector_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_connector")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_connector_organisation_id_name")),
    )
    op.create_table(
        "connector_call",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("sealed_arguments", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done')", name=op.f("ck_connector_call_state_is_known")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_connector_call_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_connector_call")),
    )
    op.create_index(
        "ix_connector_call_unfinished",
        "connector_call",
        ["organisation_id", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )


def downgrade() -> None:
    op.drop_table("connector_call")
    op.drop_table("connector")
    op.drop_table("flow_version")
    op.drop_table("ticket")
    op.drop_table("receipt")
    op.drop_table("outbound")
    op.drop_table("inbound_event")
    op.drop_table("conversation")
    op.drop_table("contact_identity")
    op.drop_table("contact")
    op.drop_table("channel")
    op.drop_table("channel_route")
    op.drop_table("webhook_app")
