"""Rows of agencies as OAuth clients: their keys, the generation of their tokens, tokens given back. The only queries.

May touch: database
Sees:      public keys, identifiers of tokens
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from api.auth.jose_keys import PublicKey, public_key
from api.auth.models import CLIENT, CLIENT_KEY, REVOKED


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A key of an agency, and since when (Unix milliseconds)."""

    key: PublicKey
    added_ms: int


def add(connection: Connection, agency: str) -> None:
    connection.execute(insert(CLIENT).values(agency=agency, generation=1))


def generation(connection: Connection, agency: str) -> int:
    """What stands in every token that counts; 0 when there is no such client."""
    return int(connection.execute(_GENERATION, {"of": agency}).scalar() or 0)


def end_tokens(connection: Connection, agency: str) -> None:
    """Every token that the agency holds stops to count."""
    connection.execute(update(CLIENT).where(CLIENT.c.agency == agency).values(generation=CLIENT.c.generation + 1))


def keys(connection: Connection, agency: str) -> list[ClientKey]:
    """In the order in which they were added."""
    query = select(CLIENT_KEY).where(CLIENT_KEY.c.agency == agency)
    rows = connection.execute(query.order_by(CLIENT_KEY.c.added_ms, CLIENT_KEY.c.thumbprint))
    return [ClientKey(public_key(json.loads(row.jwk)), row.added_ms) for row in rows]


def add_key(connection: Connection, agency: str, key: PublicKey, now_ms: int) -> None:
    values = {"thumbprint": key.thumbprint, "jwk": json.dumps(dict(key.jwk)), "added_ms": now_ms}
    connection.execute(insert(CLIENT_KEY).values(agency=agency, **values))


def remove_key(connection: Connection, agency: str, thumbprint: str) -> bool:
    one = (CLIENT_KEY.c.agency == agency, CLIENT_KEY.c.thumbprint == thumbprint)
    return bool(connection.execute(delete(CLIENT_KEY).where(*one)).rowcount)


def remove_keys(connection: Connection, agency: str) -> None:
    connection.execute(delete(CLIENT_KEY).where(CLIENT_KEY.c.agency == agency))


def revoke(connection: Connection, jti: str, until_ms: int, now_ms: int) -> None:
    """One token stops to count; those past their end are forgotten."""
    connection.execute(delete(REVOKED).where((REVOKED.c.until_ms < now_ms) | (REVOKED.c.jti == jti)))
    connection.execute(insert(REVOKED).values(jti=jti, until_ms=until_ms))


def is_revoked(connection: Connection, jti: str) -> bool:
    return connection.execute(_REVOKED, {"named": jti}).scalar() is not None


_GENERATION: Final = select(CLIENT.c.generation).where(CLIENT.c.agency == bindparam("of"))
_REVOKED: Final = select(REVOKED.c.jti).where(REVOKED.c.jti == bindparam("named"))
