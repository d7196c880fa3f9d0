"""Who a request is from: an agency's program by a DPoP-bound access token, a person by a session.

1. Exactly one Authorization header. `Bearer` is a session and nothing else: an access token is never taken without a
   proof. `DPoP` goes on, with exactly one proof.
2. The token: ours, for us, within its five minutes.
3. The proof: for this method, this address, this token, by the key that the token is bound to.
4. In the database: the agency is still let in, the token was not ended, the proof was not used.
5. The `Principal`.

What is wrong is told to the client in the words of RFC 6750 and RFC 9449, and counted in the log by its rule.

May touch: database
Sees:      tokens
Spec:      RFC 9449 section 7, RFC 9068 section 4
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.auth import clients
from api.auth.dpop import Proof, check_proof
from api.auth.guard import Authenticate
from api.auth.issuing import METHOD, access_token_of
from api.auth.permissions import Role
from api.auth.principal import Principal
from api.auth.seen import Used, is_first_use
from api.auth.server import AuthServer, device_of
from api.auth.sessions import principal_of
from api.auth.tokens import Rule, TokenRefusedError, verify
from api.http.problems import Problem, problem_of
from linkage.store import agencies

NONCE: Final = "DPoP-Nonce"
_SESSION: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
_ALGORITHMS: Final = 'algs="EdDSA ES256"'


def authenticator(server: AuthServer) -> Authenticate:
    """How the guard of every route learns who calls."""

    async def authenticate(request: Request) -> Principal:
        scheme, token = credential_of(request)  # 1
        if scheme == "bearer":
            return await run_in_threadpool(_person, server, token)
        if scheme != "dpop":
            raise refused(Rule.FORM)
        try:
            proof = _only(request, "dpop")
            principal, used = await run_in_threadpool(
                _agency, server, token, proof, request.method, address_of(server, request)
            )
        except TokenRefusedError as error:
            raise await run_in_threadpool(told, server, error.rule) from None
        newest = server.nonces.newest(server.now_s())
        if used.nonce != newest:
            request.state.answer_headers = [(NONCE, newest)]
        return principal

    return authenticate


def address_of(server: AuthServer, request: Request) -> str:
    """The address that a proof must be for: our own name, the path as it came."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return server.issuer + raw.partition(b"?")[0].decode("latin-1")


def told(server: AuthServer, rule: Rule) -> Problem:
    """The refusal by this rule, counted; a client that lacks our nonce is told it and is no refusal."""
    if rule is Rule.PROOF_NONCE:
        return refused(rule, {NONCE: server.nonces.newest(server.now_s())})
    server.refusals.note(str(rule))
    return refused(rule)


def refused(rule: Rule, headers: dict[str, str] | None = None) -> Problem:
    """The 401 of a resource."""
    challenge = f'DPoP {_ALGORITHMS}, error="{_error_of(rule)}"'
    return problem_of(
        "no-credential", f"credential: {rule}", headers={"WWW-Authenticate": challenge, **(headers or {})}
    )


def _error_of(rule: Rule) -> str:
    if rule is Rule.PROOF_NONCE:
        return "use_dpop_nonce"
    return "invalid_dpop_proof" if rule.startswith("proof-") else "invalid_token"


def credential_of(request: Request) -> tuple[str, str]:
    """Scheme in lower case, and what follows it."""
    found = request.headers.getlist("authorization")
    if not found:
        raise problem_of("no-credential")
    if len(found) > 1:
        raise refused(Rule.FORM)
    scheme, _, token = found[0].partition(" ")
    return scheme.lower(), token.strip(" ")


def _person(server: AuthServer, token: str) -> Principal:
    try:
        return principal_of(server, token)
    except TokenRefusedError as error:
        server.login_refusals.note(str(error.rule))
        raise problem_of("no-credential", "session: none, or not any more", headers=_SESSION) from None


def _only(request: Request, name: str) -> str:
    found = request.headers.getlist(name)
    if len(found) != 1:
        raise TokenRefusedError(Rule.PROOF_MISSING)
    return found[0]


def _agency(server: AuthServer, token: str, proof_text: str, method: str, address: str) -> tuple[Principal, Proof]:
    now = server.now_s()
    claims = verify(token, server.keys.known, access_token_of(server), now)  # 2
    proof = check_proof(proof_text, method, address, now, token=token, nonces=server.nonces)  # 3
    if claims.get("cnf") != {"jkt": proof.thumbprint}:
        raise TokenRefusedError(Rule.PROOF_KEY)
    agency = claims["sub"]
    _check_standing(server, agency, claims)  # 4
    with server.unit.database.passing() as connection:
        until_ms = proof.until_s * 1000
        if not is_first_use(connection, Used.PROOF, proof.thumbprint, proof.jti, until_ms, now * 1000):
            raise TokenRefusedError(Rule.REPLAYED)
    return Principal(agency, Role.AGENCY, agency, METHOD, device_of(proof.thumbprint)), proof  # 5


def _check_standing(server: AuthServer, agency: str, claims: dict[str, Any]) -> None:
    with server.unit.database.reading() as connection:
        if not agencies.is_active(connection, agency):
            raise TokenRefusedError(Rule.REVOKED)
        if claims.get("generation") != clients.generation(connection, agency):
            raise TokenRefusedError(Rule.REVOKED)
        if clients.is_revoked(connection, claims["jti"]):
            raise TokenRefusedError(Rule.REVOKED)
