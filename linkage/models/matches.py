"""Questions about single records of the last day, and who may ask nothing for a while. No answer is kept."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from linkage.models.metadata import METADATA

ASKED: Final = Table(
    "match_asked",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), nullable=False),
    Column("agency", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("sketch", LargeBinary, nullable=False),
    Index(None, "project", "agency", "at_ms"),
)
"""`id` is the request id of the question's entry. `sketch`: see `linkage.quotas`."""

BLOCKED: Final = Table(
    "match_blocked",
    METADATA,
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
