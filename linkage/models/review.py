"""Clerical review: pairs to be decided, who holds a seat on them, what was decided, what custodians were asked.

An item belongs to a pair of record handles, in the order (agency, handle), for as long as both records stand: a later
job finds it again by that pair. Agencies and handles never leave toward a reviewer.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from linkage.models.metadata import METADATA

ITEM: Final = Table(
    "review_item",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("agency_a", Text, nullable=False),
    Column("handle_a", LargeBinary, nullable=False),
    Column("agency_b", Text, nullable=False),
    Column("handle_b", LargeBinary, nullable=False),
    Column("cluster_a", Text, nullable=False),
    Column("cluster_b", Text, nullable=False),
    Column("size_a", Integer, nullable=False),
    Column("size_b", Integer, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("levels", LargeBinary, nullable=False),
    Column("weight", Float, nullable=False),
    Column("urgency", Float, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("verdict", Text),
    Column("version", Integer, nullable=False),
    UniqueConstraint("project", "agency_a", "handle_a", "agency_b", "handle_b"),
    Index(None, "project", "state", "urgency"),
)
"""`pattern`: JSON of comparisons, levels and weights, as shown. `levels`: SHA-256 of the levels alone, empty
once a record has changed since."""

SEAT: Final = Table(
    "review_seat",
    METADATA,
    Column("item", Text, ForeignKey("review_item.id", ondelete="CASCADE"), primary_key=True),
    Column("reviewer", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)

DECISION: Final = Table(
    "review_decision",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("item", Text, ForeignKey("review_item.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("undone_ms", BigInteger),
)
"""`id` is the request id of the decision's entry in the log."""

CHECK: Final = Table(
    "review_check",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("item", Text, ForeignKey("review_item.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("project", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("handle", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answered_ms", BigInteger),
    Column("version", Integer, nullable=False),
    Index(None, "agency", "project", "state"),
)
"""One half of "please check your own record". `id` is the request id of its entry."""
