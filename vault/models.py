"""The vault service's tables: rosters, sealed records, requests and the acts on them. Ciphertext, hashes, pseudonyms.

There is no column for a name, a number or a search token, and none for plaintext or a key. Envelopes are files; a row
names each by its digest. The log's own tables are `audit.models`.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROSTER: Final = Table(
    "vault_roster",
    METADATA,
    Column("agency", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

RECORD: Final = Table(
    "vault_record",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("req", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("index_entry", LargeBinary, nullable=False),
    Column("sealed_ms", BigInteger, nullable=False),
    Column("proof", LargeBinary),
    Index(None, "agency", "sealed_ms"),
)
"""`req`: request id of its log entry. `data`: the signed sealing form. `proof`: of the entry, as first witnessed."""

ENVELOPE: Final = Table(
    "vault_envelope",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("view", Text, nullable=False),
    Column("cover", LargeBinary, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    UniqueConstraint("record", "version", "view"),
)

HALF: Final = Table(
    "vault_half",
    METADATA,
    Column("record", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("suite", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "holder", "key"),
)

NOTICE: Final = Table(
    "vault_notice",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("answered_ms", BigInteger),
    Index(None, "recipient", "answered_ms"),
)

REQUEST: Final = Table(
    "vault_request",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("nonce", Text, nullable=False, unique=True),
    Column("officer", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("not_after_ms", BigInteger, nullable=False),
    Column("warn_ms", BigInteger, nullable=False),
    Column("escalate_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Index(None, "agency", "officer", "asked_ms"),
    Index(None, "state", "escalate_ms"),
)
"""`recipient`: the agency that is asked. `expires_ms`: end of what was authorised."""

ACT: Final = Table(
    "vault_act",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    UniqueConstraint("request", "kind", "agency"),
)
"""Decision, approval, refusal, release, delivery, return: one of a kind and agency for each request."""

INTENT: Final = Table(
    "vault_intent",
    METADATA,
    Column("request", Text, primary_key=True),
    Column("req", Text, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)
"""The log entry that lets a release happen. Written in the entry's own transaction."""

PROPOSAL: Final = Table(
    "vault_proposal",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("agency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger),
    Index(None, "state", "at_ms"),
    Index(None, "record", "version"),
)
"""To unseal, seal again or shred: `proposed` or `done`. Agreements are acts on it; those done are the history (L29)."""

CORRECTION: Final = Table(
    "vault_correction",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("answered_ms", BigInteger),
    Index(None, "recipient", "answered_ms"),
    Index(None, "agency", "due_ms"),
)
"""Notices to correct. `agency`: the procuratorate; `due_ms`: from when on an unanswered one is overdue."""

LOCK: Final = Table(
    "vault_lock",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

SEEN_CALL: Final = Table(
    "vault_seen_call",
    METADATA,
    Column("nonce", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "at_ms"),
)
