"""Jobs, what they told while they ran, and what each recipient got from them.

Bulk data lie as files in `jobs/` of the unit's folder; the rows name them and state their SHA-256.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from linkage.models.metadata import METADATA

JOB: Final = Table(
    "job",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("phase", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failure", Text),
    Column("started_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("records", BigInteger),
    Column("links", BigInteger),
    Column("clusters", BigInteger),
    Column("reviews", BigInteger),
    Column("files", Text, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Index(None, "state", "until_ms"),
    Index(None, "project", "id"),
)
"""`id` is the request id of the entry that asked for it. `done`: millionths of the whole."""

JOB_EVENT: Final = Table(
    "job_event",
    METADATA,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("phase", Text, nullable=False),
    Column("done", Integer, nullable=False),
)
"""Every change of a job that may be seen, numbered without a gap."""

RESULT: Final = Table(
    "result",
    METADATA,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("records", Integer, nullable=False),
    Column("changes_file", Text, nullable=False),
    Column("changes_sha256", Text, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("is_current", Integer, nullable=False),
    Index(None, "project", "agency", "job"),
)
"""One recipient's share of one job. Only the current one's records are kept; what changed is kept of all."""
