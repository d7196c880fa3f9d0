"""The tables of the linkage service, and of its log. Drawn by `python -m api.migrations.drawing`; do not edit."""

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
        "agency",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agency")),
    )
    op.create_table(
        "project",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_project")),
    )
    op.create_table(
        "review_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("agency_a", sa.Text(), nullable=False),
        sa.Column("handle_a", sa.LargeBinary(), nullable=False),
        sa.Column("agency_b", sa.Text(), nullable=False),
        sa.Column("handle_b", sa.LargeBinary(), nullable=False),
        sa.Column("cluster_a", sa.Text(), nullable=False),
        sa.Column("cluster_b", sa.Text(), nullable=False),
        sa.Column("size_a", sa.Integer(), nullable=False),
        sa.Column("size_b", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("levels", sa.LargeBinary(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("urgency", sa.Float(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint(
            "project",
            "agency_a",
            "handle_a",
            "agency_b",
            "handle_b",
            name=op.f("uq_review_item_project_agency_a_handle_a_agency_b_handle_b"),
        ),
    )
    op.create_index(
        op.f("ix_review_item_project_state_urgency"), "review_item", ["project", "state", "urgency"], unique=False
    )
    op.create_table(
        "subject_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("opener", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request")),
    )
    op.create_index(
        op.f("ix_subject_request_project_opener_id"), "subject_request", ["project", "opener", "id"], unique=False
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_agency"), "webhook_endpoint", ["agency"], unique=False)
    op.create_table(
        "batch",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.code"], name=op.f("fk_batch_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("project", "agency", "number", name=op.f("uq_batch_project_agency_number")),
        sa.UniqueConstraint("project", "digest", name=op.f("uq_batch_project_digest")),
    )
    op.create_table(
        "deleted_record",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["project.code"], name=op.f("fk_deleted_record_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project", "agency", "handle", name=op.f("pk_deleted_record")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=True),
        sa.Column("links", sa.BigInteger(), nullable=True),
        sa.Column("clusters", sa.BigInteger(), nullable=True),
        sa.Column("reviews", sa.BigInteger(), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.code"], name=op.f("fk_job_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_project_id"), "job", ["project", "id"], unique=False)
    op.create_index(op.f("ix_job_state_until_ms"), "job", ["state", "until_ms"], unique=False)
    op.create_table(
        "match_asked",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.code"], name=op.f("fk_match_asked_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_asked")),
    )
    op.create_index(
        op.f("ix_match_asked_project_agency_at_ms"), "match_asked", ["project", "agency", "at_ms"], unique=False
    )
    op.create_table(
        "match_blocked",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["project.code"], name=op.f("fk_match_blocked_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project", "agency", name=op.f("pk_match_blocked")),
    )
    op.create_table(
        "project_member",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verifying_key", sa.Text(), nullable=True),
        sa.Column("sealing_key", sa.Text(), nullable=True),
        sa.Column("acceptance", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["project.code"], name=op.f("fk_project_member_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project", "agency", name=op.f("pk_project_member")),
    )
    op.create_index(op.f("ix_project_member_agency"), "project_member", ["agency"], unique=False)
    op.create_table(
        "project_secret",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["project.code"], name=op.f("fk_project_secret_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_secret")),
    )
    op.create_index(
        op.f("ix_project_secret_project_recipient"), "project_secret", ["project", "recipient"], unique=False
    )
    op.create_table(
        "review_check",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["review_item.id"], name=op.f("fk_review_check_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_check")),
    )
    op.create_index(
        op.f("ix_review_check_agency_project_state"), "review_check", ["agency", "project", "state"], unique=False
    )
    op.create_index(op.f("ix_review_check_item"), "review_check", ["item"], unique=False)
    op.create_table(
        "review_decision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["item"], ["review_item.id"], name=op.f("fk_review_decision_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decision")),
    )
    op.create_index(op.f("ix_review_decision_item"), "review_decision", ["item"], unique=False)
    op.create_table(
        "review_seat",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["review_item.id"], name=op.f("fk_review_seat_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item", "reviewer", name=op.f("pk_review_seat")),
    )
    op.create_table(
        "subject_task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["subject_request.id"], name=op.f("fk_subject_task_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_task")),
    )
    op.create_index(
        op.f("ix_subject_task_agency_project_id"), "subject_task", ["agency", "project", "id"], unique=False
    )
    op.create_index(op.f("ix_subject_task_request"), "subject_task", ["request"], unique=False)
    op.create_index(op.f("ix_subject_task_state_due_ms"), "subject_task", ["state", "due_ms"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.code"], name=op.f("fk_upload_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_project_agency"), "upload", ["project", "agency"], unique=False)
    op.create_index(op.f("ix_upload_state_expires_ms"), "upload", ["state", "expires_ms"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_endpoint_id"), "webhook_delivery", ["endpoint", "id"], unique=False)
    op.create_index(op.f("ix_webhook_delivery_state_next_ms"), "webhook_delivery", ["state", "next_ms"], unique=False)
    op.create_table(
        "job_event",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_job_event_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_job_event")),
    )
    op.create_table(
        "result",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("changes_file", sa.Text(), nullable=False),
        sa.Column("changes_sha256", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("fk_result_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "agency", name=op.f("pk_result")),
    )
    op.create_index(op.f("ix_result_project_agency_job"), "result", ["project", "agency", "job"], unique=False)
    op.create_table(
        "account",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_account")),
        sa.UniqueConstraint("subject", name=op.f("uq_account_subject")),
    )
    op.create_table(
        "account_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("proved_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_account_session")),
    )
    op.create_index(op.f("ix_account_session_account"), "account_session", ["account"], unique=False)
    op.create_table(
        "account_signing_in",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_account_signing_in")),
    )
    op.create_index(op.f("ix_account_signing_in_until_ms"), "account_signing_in", ["until_ms"], unique=False)
    op.create_table(
        "kept_answer",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_until_ms"), "kept_answer", ["until_ms"], unique=False)
    op.create_table(
        "oauth_client",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_oauth_client")),
    )
    op.create_table(
        "oauth_client_key",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "thumbprint", name=op.f("pk_oauth_client_key")),
    )
    op.create_table(
        "oauth_revoked",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_oauth_revoked")),
    )
    op.create_index(op.f("ix_oauth_revoked_until_ms"), "oauth_revoked", ["until_ms"], unique=False)
    op.create_table(
        "oauth_seen",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_oauth_seen")),
    )
    op.create_index(op.f("ix_oauth_seen_until_ms"), "oauth_seen", ["until_ms"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_oauth_seen_until_ms"), table_name="oauth_seen")
    op.drop_table("oauth_seen")
    op.drop_index(op.f("ix_oauth_revoked_until_ms"), table_name="oauth_revoked")
    op.drop_table("oauth_revoked")
    op.drop_table("oauth_client_key")
    op.drop_table("oauth_client")
    op.drop_index(op.f("ix_kept_answer_until_ms"), table_name="kept_answer")
    op.drop_table("kept_answer")
    op.drop_index(op.f("ix_account_signing_in_until_ms"), table_name="account_signing_in")
    op.drop_table("account_signing_in")
    op.drop_index(op.f("ix_account_session_account"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_table("account")
    op.drop_index(op.f("ix_result_project_agency_job"), table_name="result")
    op.drop_table("result")
    op.drop_table("job_event")
    op.drop_index(op.f("ix_webhook_delivery_state_next_ms"), table_name="webhook_delivery")
    op.drop_index(op.f("ix_webhook_delivery_endpoint_id"), table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_index(op.f("ix_upload_state_expires_ms"), table_name="upload")
    op.drop_index(op.f("ix_upload_project_agency"), table_name="upload")
    op.drop_table("upload")
    op.drop_index(op.f("ix_subject_task_state_due_ms"), table_name="subject_task")
    op.drop_index(op.f("ix_subject_task_request"), table_name="subject_task")
    op.drop_index(op.f("ix_subject_task_agency_project_id"), table_name="subject_task")
    op.drop_table("subject_task")
    op.drop_table("review_seat")
    op.drop_index(op.f("ix_review_decision_item"), table_name="review_decision")
    op.drop_table("review_decision")
    op.drop_index(op.f("ix_review_check_item"), table_name="review_check")
    op.drop_index(op.f("ix_review_check_agency_project_state"), table_name="review_check")
    op.drop_table("review_check")
    op.drop_index(op.f("ix_project_secret_project_recipient"), table_name="project_secret")
    op.drop_table("project_secret")
    op.drop_index(op.f("ix_project_member_agency"), table_name="project_member")
    op.drop_table("project_member")
    op.drop_table("match_blocked")
    op.drop_index(op.f("ix_match_asked_project_agency_at_ms"), table_name="match_asked")
    op.drop_table("match_asked")
    op.drop_index(op.f("ix_job_state_until_ms"), table_name="job")
    op.drop_index(op.f("ix_job_project_id"), table_name="job")
    op.drop_table("job")
    op.drop_table("deleted_record")
    op.drop_table("batch")
    op.drop_index(op.f("ix_webhook_endpoint_agency"), table_name="webhook_endpoint")
    op.drop_table("webhook_endpoint")
    op.drop_index(op.f("ix_subject_request_project_opener_id"), table_name="subject_request")
    op.drop_table("subject_request")
    op.drop_index(op.f("ix_review_item_project_state_urgency"), table_name="review_item")
    op.drop_table("review_item")
    op.drop_table("project")
    op.drop_table("agency")
