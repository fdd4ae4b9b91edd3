"""Make the tables of policies, decisions, what was withheld, and the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "002_compliance"
down_revision = "001_tenancy"


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(approved_by IS NULL) = (in_force_from IS NULL)", name=op.f("ck_policy_approved_to_rule")),
        sa.CheckConstraint("approved_by <> written_by", name=op.f("ck_policy_four_eyes")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_policy_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_policy")),
        sa.UniqueConstraint("organisation_id", "version", name=op.f("uq_policy_organisation_id_version")),
    )
    op.create_table(
        "decision",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("classifier_version", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name=op.f("ck_decision_direction_is_known")),
        sa.CheckConstraint(
            "fingerprint IS NULL OR (outcome = 'cleared' AND direction = 'outbound')",
            name=op.f("ck_decision_only_cleared_goes_out"),
        ),
        sa.CheckConstraint(
            "outcome IN ('cleared', 'diverted', 'held', 'refused', 'masked')", name=op.f("ck_decision_outcome_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_decision_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_decision")),
        sa.UniqueConstraint("organisation_id", "id", "outcome", "fingerprint", name="uq_decision_what_was_cleared"),
    )
    op.create_index("ix_decision_conversation", "decision", ["organisation_id", "conversation_id"], unique=False)
    op.create_index("ix_decision_decided_at", "decision", ["organisation_id", "decided_at"], unique=False)
    op.create_table(
        "vault_entry",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reader", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason IN ('diverted', 'held')", name=op.f("ck_vault_entry_reason_is_known")),
        sa.CheckConstraint("expires_at > kept_at", name=op.f("ck_vault_entry_expires_later")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_vault_entry_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_vault_entry")),
        sa.UniqueConstraint("organisation_id", "decision_id", name=op.f("uq_vault_entry_organisation_id_decision_id")),
    )
    op.create_index("ix_vault_entry_conversation", "vault_entry", ["organisation_id", "conversation_id"], unique=False)
    op.create_index("ix_vault_entry_reader", "vault_entry", ["organisation_id", "reader"], unique=False)
    op.create_table(
        "portal_link",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_by", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(spent_at IS NULL) = (spent_by IS NULL)", name=op.f("ck_portal_link_spent_by_somebody")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_portal_link_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_portal_link")),
        sa.UniqueConstraint("organisation_id", "token_hash", name=op.f("uq_portal_link_organisation_id_token_hash")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(sealed IS NULL) = (commitment IS NULL)", name=op.f("ck_audit_entry_sealed_is_committed")),
        sa.CheckConstraint(
            "sealed IS NULL OR contact_id IS NOT NULL", name=op.f("ck_audit_entry_sealed_is_about_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_audit_entry_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_organisation_id_at", "audit_entry", ["organisation_id", "at"], unique=False)
    op.create_index(
        "ix_audit_entry_subject", "audit_entry", ["organisation_id", "subject_kind", "subject_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("audit_entry")
    op.drop_table("portal_link")
    op.drop_table("vault_entry")
    op.drop_table("decision")
    op.drop_table("policy")
