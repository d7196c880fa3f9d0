"""The tables of the front desk itself, in one `METADATA`: answers kept for repeated requests. Rows, no queries.

Accounts, sessions and clients are declared by `api.auth.models` in the same METADATA. Times are Unix milliseconds.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

KEPT_ANSWER: Final = Table(
    "kept_answer",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("claim", Text, nullable=False),
    Column("status", Integer),
    Column("sealed", LargeBinary),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""`status` is null while the first request is under way; then `until_ms` is the end of its lease. `sealed`: headers and
body of the answer under the service's key, since it may hold a secret that is shown once."""
