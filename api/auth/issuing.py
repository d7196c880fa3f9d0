"""Give an agency an access token for a signed assertion (client credentials), or take one back before its end.

1. The proof: whoever asks holds the key that the token will be bound to.
2. The assertion: signed by a key of the agency, for this service alone, for five minutes at most.
3. Entry `token.issue`; in its transaction the assertion and the proof are used up, and the agency is still let in.
4. The token.

What is wrong with a key, a signature or a name of an agency is the same refusal, so that nobody learns who is
registered.

May touch: database
Sees:      assertions, tokens
Spec:      RFC 6749 section 4.4, RFC 7523, RFC 7009, RFC 9449 section 5
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from api.auth import clients
from api.auth.dpop import Proof, check_proof
from api.auth.jose_keys import PublicKey
from api.auth.seen import Used, is_first_use
from api.auth.server import AuthServer, device_of
from api.auth.token_keys import LIVES_S, TYPE, IssuedToken
from api.auth.tokens import Expected, Rule, TokenRefusedError, claimed_issuer, header_of, verify
from audit.entry import Actor
from audit.events import Reason
from audit.shapes import Fact, is_code
from linkage.caller import Caller
from linkage.store import agencies

ASSERTION_TYPES: Final = frozenset({"JWT", "client-authentication+jwt"})
LONGEST_ASSERTION_S: Final = 300
METHOD: Final = "private-key-jwt"
_CONCEALED: Final = frozenset({Rule.KEY, Rule.SIGNATURE, Rule.UNKNOWN_CLIENT, Rule.REVOKED})


@dataclass(frozen=True, slots=True)
class Asking:
    """What came to the token endpoint: the client's name if it was stated, its assertion, its proof."""

    client: str
    assertion: str = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """An agency that proved its key."""

    agency: str
    key: PublicKey
    claims: dict[str, Any] = field(repr=False)


def issue_token(server: AuthServer, asking: Asking, address: str) -> IssuedToken:
    """A token for an agency. TokenRefusedError by a rule, `AuditError` when the log takes no entry."""
    now = server.now_s()
    proof = check_proof(asking.proof, "POST", address, now, nonces=server.nonces)  # 1
    client = prove_client(server, asking.client, asking.assertion, now)  # 2
    generation: list[int] = []

    def note(connection: Connection) -> None:
        _use(connection, client, now)
        _use_proof(connection, proof, now)
        if not _may_ask(connection, client):
            raise TokenRefusedError(Rule.REVOKED)
        generation[:] = [clients.generation(connection, client.agency)]

    facts: dict[str, Fact] = {"client": client.agency, "key": client.key.sha256, "expires_ms": (now + LIVES_S) * 1000}
    allowed = server.unit.allow(Reason.ENTITLED_ROLE)
    server.unit.enter(_caller(client, proof), "token.issue", facts, within=note, decision=allowed)  # 3
    return server.keys.access_token(server.issuer, client.agency, proof.thumbprint, generation[0], now)  # 4


def revoke_token(server: AuthServer, client_name: str, assertion: str, token: str) -> None:
    """A token of this client stops to count. One that is not its own, or no token at all, is none of its business."""
    now = server.now_s()
    client = prove_client(server, client_name, assertion, now)
    claims = _own_token(server, client, token, now)

    def note(connection: Connection) -> None:
        _use(connection, client, now)
        if claims is not None:
            clients.revoke(connection, claims["jti"], claims["exp"] * 1000, now * 1000)

    if claims is None:
        with server.unit.database.writing() as connection:
            note(connection)
        return
    facts = {"client": client.agency, "key": client.key.sha256}
    allowed = server.unit.allow(Reason.OWN_RECORDS)
    server.unit.enter(_caller(client), "token.revoke", facts, within=note, decision=allowed)


def prove_client(server: AuthServer, stated: str, assertion: str, now_s: int) -> Client:
    """The agency whose key signed this assertion for this service."""
    claimed = claimed_issuer(assertion)
    if not is_code(claimed) or (stated and stated != claimed):
        raise TokenRefusedError(Rule.UNKNOWN_CLIENT)
    with server.unit.database.reading() as connection:
        keys = {each.key.thumbprint: each.key for each in clients.keys(connection, claimed)}
    expected = Expected(ASSERTION_TYPES, claimed, server.issuer, LONGEST_ASSERTION_S)
    claims = verify(assertion, keys, expected, now_s)
    if claims["sub"] != claimed:
        raise TokenRefusedError(Rule.SUBJECT)
    return Client(claimed, keys[header_of(assertion)["kid"]], claims)


def said_of(rule: Rule) -> str:
    """What the client is told."""
    return "client: not authenticated" if rule in _CONCEALED else f"credential: {rule}"


def _may_ask(connection: Connection, client: Client) -> bool:
    names = {each.key.thumbprint for each in clients.keys(connection, client.agency)}
    return client.key.thumbprint in names and agencies.is_active(connection, client.agency)


def _use(connection: Connection, client: Client, now_s: int) -> None:
    jti, until = client.claims["jti"], client.claims["exp"]
    if not is_first_use(connection, Used.ASSERTION, client.agency, jti, until * 1000, now_s * 1000):
        raise TokenRefusedError(Rule.REPLAYED)


def _use_proof(connection: Connection, proof: Proof, now_s: int) -> None:
    if not is_first_use(connection, Used.PROOF, proof.thumbprint, proof.jti, proof.until_s * 1000, now_s * 1000):
        raise TokenRefusedError(Rule.REPLAYED)


def _own_token(server: AuthServer, client: Client, token: str, now_s: int) -> dict[str, Any] | None:
    try:
        claims = verify(token, server.keys.known, access_token_of(server), now_s)
    except TokenRefusedError:
        return None
    return claims if claims["sub"] == client.agency else None


def access_token_of(server: AuthServer) -> Expected:
    """What an access token of this service must be."""
    return Expected(frozenset({TYPE}), server.issuer, server.issuer, LIVES_S, frozenset({"sub", "jti", "client_id"}))


def _caller(client: Client, proof: Proof | None = None) -> Caller:
    device = device_of(proof.thumbprint if proof else client.key.thumbprint)
    return Caller(Actor(client.agency, client.agency, "agency", METHOD, device), client.agency)
