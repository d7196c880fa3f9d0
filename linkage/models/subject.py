"""Subjects' requests and the tasks that each becomes; handles, codes and times, nothing else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from linkage.models.metadata import METADATA

REQUEST: Final = Table(
    "subject_request",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("opener", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("handle", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Index(None, "project", "opener", "id"),
)
"""`opener`: code of the agency, or "" for the operator. `agency` and `handle`: the record that was named."""

TASK: Final = Table(
    "subject_task",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("request", Text, ForeignKey("subject_request.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("project", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("handle", LargeBinary, nullable=False),
    Column("right", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("opened_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answered_ms", BigInteger),
    Column("version", Integer, nullable=False),
    Index(None, "agency", "project", "id"),
    Index(None, "state", "due_ms"),
)
"""One record of the cluster. Both ids are request ids of entries: the request's "received", the task's "forwarded"."""
