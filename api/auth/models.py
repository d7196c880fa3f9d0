"""The tables of who gets in: agencies' keys, what was used once, what was revoked. Rows, no queries.

Times are Unix milliseconds. Keys are public ones. Of tokens and proofs only identifiers are kept, never themselves.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from api.models import METADATA

CLIENT: Final = Table(
    "oauth_client",
    METADATA,
    Column("agency", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
)
"""`generation` stands in every token of the agency; raising it revokes them all at once."""

CLIENT_KEY: Final = Table(
    "oauth_client_key",
    METADATA,
    Column("agency", Text, primary_key=True),
    Column("thumbprint", Text, primary_key=True),
    Column("jwk", Text, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
)
"""The keys that an agency's assertions may be signed with. The same key under two agencies is two rows."""

SEEN: Final = Table(
    "oauth_seen",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""Identifiers of assertions and proofs that were used, hashed with whose they are, until they are too old anyway."""

REVOKED: Final = Table(
    "oauth_revoked",
    METADATA,
    Column("jti", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""Tokens that were given back before their end."""
