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

ACCOUNT: Final = Table(
    "account",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("subject", Text, unique=True),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("wait_until_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
"""A person of the unit. `subject` is their `sub` at the provider, or `password` (an Argon2id hash) and `totp` (sealed)
are there. `totp_step` is the last time step whose code was used."""

SESSION: Final = Table(
    "account_session",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("auth", Text, nullable=False),
    Column("proved_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
"""`digest`: SHA-256 of the session's token, which nobody but its holder has. `proved_ms`: when the person last proved
who they are, by the provider's word or here."""

SIGNING_IN: Final = Table(
    "account_signing_in",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("step", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""Sign-ins under way, each step taken once: `digest` is of the state that the provider sends back, or of the code that
the command then redeems; `about` is JSON of what must be known then."""
