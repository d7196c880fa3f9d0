"""Webhooks: agencies' endpoints, and the messages on their way to them (the outbox).

Secrets lie sealed to the unit's key. A message holds ids alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from linkage.models.metadata import METADATA

ENDPOINT: Final = Table(
    "webhook_endpoint",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("active", Integer, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_before", LargeBinary),
    Column("before_until_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)
"""`kinds`: words joined by spaces. `secret_before` is valid until `before_until_ms`."""

DELIVERY: Final = Table(
    "webhook_delivery",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, ForeignKey("webhook_endpoint.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("status", Integer),
    Column("fault", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Index(None, "state", "next_ms"),
    Index(None, "endpoint", "id"),
)
"""`state`: due, delivered, failed. `next_ms` of a due message is also the end of the lease of whoever sends it."""
