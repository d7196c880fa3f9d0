"""The tables of the vault service, and of its log. Drawn by `python -m api.migrations.drawing`; do not edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.models import create_tables

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables(op.get_bind())
    op.create_table(
        "vault_act",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_act")),
        sa.UniqueConstraint("request", "kind", "agency", name=op.f("uq_vault_act_request_kind_agency")),
    )
    op.create_table(
        "vault_correction",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_correction")),
    )
    op.create_index(op.f("ix_vault_correction_agency_due_ms"), "vault_correction", ["agency", "due_ms"], unique=False)
    op.create_index(
        op.f("ix_vault_correction_recipient_answered_ms"),
        "vault_correction",
        ["recipient", "answered_ms"],
        unique=False,
    )
    op.create_table(
        "vault_envelope",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("cover", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_vault_envelope")),
        sa.UniqueConstraint("record", "version", "view", name=op.f("uq_vault_envelope_record_version_view")),
    )
    op.create_table(
        "vault_half",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record", "version", "holder", name=op.f("pk_vault_half")),
    )
    op.create_index(op.f("ix_vault_half_holder_key"), "vault_half", ["holder", "key"], unique=False)
    op.create_table(
        "vault_intent",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("req", sa.Text(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_vault_intent")),
    )
    op.create_table(
        "vault_lock",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_lock")),
    )
    op.create_table(
        "vault_notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_notice")),
    )
    op.create_index(
        op.f("ix_vault_notice_recipient_answered_ms"), "vault_notice", ["recipient", "answered_ms"], unique=False
    )
    op.create_table(
        "vault_proposal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_proposal")),
    )
    op.create_index(op.f("ix_vault_proposal_record_version"), "vault_proposal", ["record", "version"], unique=False)
    op.create_index(op.f("ix_vault_proposal_state_at_ms"), "vault_proposal", ["state", "at_ms"], unique=False)
    op.create_table(
        "vault_record",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("req", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("index_entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_ms", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_vault_record")),
    )
    op.create_index(op.f("ix_vault_record_agency_sealed_ms"), "vault_record", ["agency", "sealed_ms"], unique=False)
    op.create_table(
        "vault_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_after_ms", sa.BigInteger(), nullable=False),
        sa.Column("warn_ms", sa.BigInteger(), nullable=False),
        sa.Column("escalate_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_request")),
        sa.UniqueConstraint("digest", name=op.f("uq_vault_request_digest")),
        sa.UniqueConstraint("nonce", name=op.f("uq_vault_request_nonce")),
    )
    op.create_index(
        op.f("ix_vault_request_agency_officer_asked_ms"),
        "vault_request",
        ["agency", "officer", "asked_ms"],
        unique=False,
    )
    op.create_index(op.f("ix_vault_request_state_escalate_ms"), "vault_request", ["state", "escalate_ms"], unique=False)
    op.create_table(
        "vault_roster",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "version", name=op.f("pk_vault_roster")),
    )
    op.create_table(
        "vault_seen_call",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_vault_seen_call")),
    )
    op.create_index(op.f("ix_vault_seen_call_at_ms"), "vault_seen_call", ["at_ms"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_vault_seen_call_at_ms"), table_name="vault_seen_call")
    op.drop_table("vault_seen_call")
    op.drop_table("vault_roster")
    op.drop_index(op.f("ix_vault_request_state_escalate_ms"), table_name="vault_request")
    op.drop_index(op.f("ix_vault_request_agency_officer_asked_ms"), table_name="vault_request")
    op.drop_table("vault_request")
    op.drop_index(op.f("ix_vault_record_agency_sealed_ms"), table_name="vault_record")
    op.drop_table("vault_record")
    op.drop_index(op.f("ix_vault_proposal_state_at_ms"), table_name="vault_proposal")
    op.drop_index(op.f("ix_vault_proposal_record_version"), table_name="vault_proposal")
    op.drop_table("vault_proposal")
    op.drop_index(op.f("ix_vault_notice_recipient_answered_ms"), table_name="vault_notice")
    op.drop_table("vault_notice")
    op.drop_table("vault_lock")
    op.drop_table("vault_intent")
    op.drop_index(op.f("ix_vault_half_holder_key"), table_name="vault_half")
    op.drop_table("vault_half")
    op.drop_table("vault_envelope")
    op.drop_index(op.f("ix_vault_correction_recipient_answered_ms"), table_name="vault_correction")
    op.drop_index(op.f("ix_vault_correction_agency_due_ms"), table_name="vault_correction")
    op.drop_table("vault_correction")
    op.drop_table("vault_act")
