"""Uploads under way, the batches that stand, and records that were deleted.

`number` orders batches and deletions of one agency in one project: what is later counts.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from linkage.models.metadata import METADATA

UPLOAD: Final = Table(
    "upload",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), nullable=False),
    Column("agency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text),
    Column("expires_ms", BigInteger, nullable=False),
    Index(None, "state", "expires_ms"),
    Index(None, "project", "agency"),
)
"""`received`: bytes that are durable in the staging file. `rule`: why it was refused."""

BATCH: Final = Table(
    "batch",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), nullable=False),
    Column("agency", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("records", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    UniqueConstraint("project", "digest"),
    UniqueConstraint("project", "agency", "number"),
)
"""`id` is that of the upload it came by. `digest` names the container: a second one is a replay."""

DELETED: Final = Table(
    "deleted_record",
    METADATA,
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("handle", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False),
)
