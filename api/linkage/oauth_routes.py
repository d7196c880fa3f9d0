"""Where agencies' programs get tokens: the token and revocation endpoints, and what describes them.

May touch: nothing
Sees:      assertions, proofs and tokens, for the length of a call
Spec:      RFC 6749, RFC 7009, RFC 7517, RFC 8414
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from api.auth.authenticating import NONCE, address_of
from api.auth.guard import public
from api.auth.issuing import Asking, issue_token, revoke_token, said_of
from api.auth.jose_keys import OURS
from api.auth.server import AuthServer
from api.auth.tokens import Rule, TokenRefusedError
from api.http.forms import FORM, TheForm, oauth_problem
from api.http.limits import take_strangers_turn
from api.http.problems import Problem
from api.linkage.app import TheServer
from api.linkage.schemas import Body

router = APIRouter(tags=["credentials"])

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = sorted(map(str, OURS))
_MISPLACED: Final = frozenset({"client_secret", "scope"})
_CACHED: Final = {"Cache-Control": "public, max-age=300"}


Proof = Annotated[str | None, Header(description="proof of the key that the token will be bound to (RFC 9449)")]


class Metadata(Body):
    """What the authorization server can do (RFC 8414)."""

    issuer: str = Field(examples=["https://unit.example"])
    token_endpoint: str = Field(examples=["https://unit.example/oauth/token"])
    revocation_endpoint: str = Field(examples=["https://unit.example/oauth/revoke"])
    jwks_uri: str = Field(examples=["https://unit.example/.well-known/jwks.json"])
    response_types_supported: list[str] = Field(examples=[[]])
    grant_types_supported: list[str] = Field(examples=[["client_credentials"]])
    token_endpoint_auth_methods_supported: list[str] = Field(examples=[["private_key_jwt"]])
    token_endpoint_auth_signing_alg_values_supported: list[str] = Field(examples=[_ALGORITHMS])
    revocation_endpoint_auth_methods_supported: list[str] = Field(examples=[["private_key_jwt"]])
    revocation_endpoint_auth_signing_alg_values_supported: list[str] = Field(examples=[_ALGORITHMS])
    dpop_signing_alg_values_supported: list[str] = Field(examples=[_ALGORITHMS])


class KeySet(Body):
    """The public halves of the service's token keys: the one that signs, the next one, perhaps the one before."""

    keys: list[dict[str, str]] = Field(examples=[[{"kty": "OKP", "crv": "Ed25519", "x": "AQID", "kid": "AQID"}]])


class TokenAnswer(Body):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str = Field(examples=["eyJhbGciOiJFZERTQSJ9.e30.AQID"])
    token_type: Literal["DPoP"]
    expires_in: int = Field(ge=0, examples=[300], description="seconds")


def _takes(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    """The description of a form, and what its operation refuses with."""
    client = {
        "client_id": {"type": "string", "description": "the agency's code"},
        "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
        "client_assertion": {"type": "string", "description": "a JWT by a key of the agency (RFC 7523)"},
    }
    schema = {
        "type": "object",
        "properties": {**properties, **client},
        "required": [*required, "client_assertion_type", "client_assertion"],
    }
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


@router.get(
    "/.well-known/oauth-authorization-server",
    operation_id="readAuthorizationServer",
    summary="What the authorization server can do",
    dependencies=[public()],
    openapi_extra={"x-problems": ["not-served"]},
)
def read_metadata(server: TheServer, response: Response) -> Metadata:
    """A client refuses to go on where `issuer` is not the address that it called."""
    response.headers.update(_CACHED)
    issuer = server.issuer
    return Metadata(
        issuer=issuer,
        token_endpoint=f"{issuer}/oauth/token",
        revocation_endpoint=f"{issuer}/oauth/revoke",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=_ALGORITHMS,
        revocation_endpoint_auth_methods_supported=["private_key_jwt"],
        revocation_endpoint_auth_signing_alg_values_supported=_ALGORITHMS,
        dpop_signing_alg_values_supported=_ALGORITHMS,
    )


@router.get(
    "/.well-known/jwks.json",
    operation_id="readTokenKeys",
    summary="The public token keys of the service",
    dependencies=[public()],
    openapi_extra={"x-problems": ["not-served"]},
)
def read_keys(server: TheServer, response: Response) -> KeySet:
    """A key is published long before it signs."""
    response.headers.update(_CACHED)
    return KeySet(keys=[key.published for key in server.keys.known.values()])


@router.post(
    "/oauth/token",
    operation_id="issueToken",
    summary="Get an access token for a signed assertion",
    dependencies=[public()],
    openapi_extra={
        **_takes(["grant_type"], grant_type={"type": "string", "const": "client_credentials"}),
        "x-problems": [
            "invalid-request", "invalid-client", "unsupported-grant-type", "invalid-dpop-proof", "use-dpop-nonce",
            "too-many-requests", "not-served",
        ],
    },
)  # fmt: skip
def issue(
    form: TheForm,
    server: TheServer,
    request: Request,
    dpop: Annotated[
        str | None, Header(description="proof of the key that the token will be bound to (RFC 9449)")
    ] = None,
) -> TokenAnswer:
    """Good for five minutes, and only together with proofs by the same key. An assertion is taken once."""
    take_strangers_turn(request, "limits")
    if "grant_type" not in form:
        raise oauth_problem("invalid-request", "grant_type: missing")
    if form["grant_type"] != "client_credentials":
        raise oauth_problem("unsupported-grant-type")
    proofs = request.headers.getlist("dpop")
    if len(proofs) != 1 or dpop is None:
        raise oauth_problem("invalid-dpop-proof", "DPoP: exactly one proof")
    asking = Asking(form.get("client_id", ""), _assertion(form), dpop)
    try:
        made = issue_token(server, asking, address_of(server, request))
    except TokenRefusedError as error:
        raise _refused(server, error.rule, is_proof=True) from None
    request.state.answer_headers = [(NONCE, server.nonces.newest(server.now_s()))]
    return TokenAnswer(access_token=made.text, token_type="DPoP", expires_in=made.ends_s - server.now_s())  # noqa: S106


@router.post(
    "/oauth/revoke",
    operation_id="revokeToken",
    summary="Give an access token back",
    response_class=Response,
    dependencies=[public()],
    openapi_extra={
        **_takes(["token"], token={"type": "string"}),
        "x-problems": ["invalid-request", "invalid-client", "too-many-requests", "not-served"],
    },
)
def revoke(form: TheForm, server: TheServer, request: Request) -> Response:
    """It stops to count at once. For what is no token of this client the answer is the same (RFC 7009)."""
    take_strangers_turn(request, "limits")
    if "token" not in form:
        raise oauth_problem("invalid-request", "token: missing")
    try:
        revoke_token(server, form.get("client_id", ""), _assertion(form), form["token"])
    except TokenRefusedError as error:
        raise _refused(server, error.rule) from None
    return Response()


def _assertion(form: dict[str, str]) -> str:
    if misplaced := _MISPLACED & form.keys():
        raise oauth_problem("invalid-request", f"{min(misplaced)}: not used here")
    if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
        raise oauth_problem("invalid-client", "client: a client_assertion of type jwt-bearer is needed")
    return form["client_assertion"]


def _refused(server: AuthServer, rule: Rule, *, is_proof: bool = False) -> Problem:
    if rule is Rule.PROOF_NONCE:
        return oauth_problem("use-dpop-nonce", headers={NONCE: server.nonces.newest(server.now_s())})
    server.refusals.note(str(rule))
    if is_proof and rule.startswith("proof-"):
        return oauth_problem("invalid-dpop-proof", f"DPoP: {rule}")
    return oauth_problem("invalid-client", said_of(rule))
