"""Projects, their members with the members' own public keys, and sealed linkage secrets on their way.

`terms` is canonical JSON of what the operator laid down; the columns beside it are what queries need.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from linkage.models.metadata import METADATA

PROJECT: Final = Table(
    "project",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("terms", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)

MEMBER: Final = Table(
    "project_member",
    METADATA,
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("verifying_key", Text),
    Column("sealing_key", Text),
    Column("acceptance", LargeBinary),
    Column("version", Integer, nullable=False),
    Index(None, "agency"),
)
"""`acceptance`: the signed object by which the agency joined, as it came."""

SECRET: Final = Table(
    "project_secret",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("project.code", ondelete="CASCADE"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index(None, "project", "recipient"),
)
"""A container that only its recipient opens; the unit stores and forwards it."""
