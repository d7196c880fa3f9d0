"""People sign in, at the provider or here, and out; anybody learns who they are to the service.

May touch: nothing
Sees:      passwords, codes and sessions, for the length of a call
Spec:      RFC 8252, RFC 9470
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import Field

from api.auth import local_login, oidc_login, sessions
from api.auth.authenticating import credential_of
from api.auth.guard import allowed, public
from api.auth.permissions import GRANTS, Permission, Role
from api.auth.principal import Principal
from api.auth.provider import Provider
from api.auth.server import AuthServer
from api.auth.sessions import OpenedSession
from api.auth.tokens import TokenRefusedError
from api.http.limits import take_strangers_turn
from api.http.problems import problem_of
from api.linkage.app import TheServer
from api.linkage.schemas import Body, Code, Count

router = APIRouter(prefix="/v1/session", tags=["credentials"])

Anybody = Annotated[Principal, allowed(Permission.SELF)]
Challenge = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{43}$", description="PKCE challenge (S256) of the command")]
State = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{16,128}$", description="what the command knows its answer by")]
Port = Annotated[int, Query(ge=1_024, le=65_535, description="where the command listens, at 127.0.0.1")]
Fresh = Annotated[bool, Query(description="the person must prove anew who they are")]
Returned = Annotated[str, Query(max_length=4_096, pattern=r"^[ -~]*$")]
_SIGN_IN_PROBLEMS = {"x-problems": ["sign-in-refused", "too-many-requests", "not-found", "not-served"]}


class Redeeming(Body):
    """What the browser brought to the command, and the verifier of its challenge."""

    code: str = Field(max_length=128, pattern=r"^[A-Za-z0-9_-]+$")
    verifier: str = Field(max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")


class LocalSignIn(Body):
    """For sites without a provider."""

    account: Code = Field(examples=["li-wei"])
    password: str = Field(min_length=1, max_length=256)
    one_time_code: str = Field(pattern=r"^[0-9]{6}$", examples=["492039"])


class SessionView(Body):
    """A session; its token is shown this once."""

    session: str = Field(examples=["l1Zk0cS6wq8o6rJb4Jc1m8uQy2yqv0mZ1e4fQb6kT9s"])
    account: str
    role: Role = Field(strict=False)
    until_ms: Count


class CallerView(Body):
    """Who calls, and what they may ask."""

    subject: str
    role: Role = Field(strict=False)
    agency: str | None
    auth: str = Field(examples=["oidc"])
    is_fresh: bool = Field(description="whether what needs a fresh sign-in is allowed now")
    permissions: list[Permission]


@router.get(
    "/begin",
    operation_id="beginSignIn",
    summary="Go to the provider to sign in",
    status_code=status.HTTP_303_SEE_OTHER,
    response_class=Response,
    dependencies=[public()],
    openapi_extra=_SIGN_IN_PROBLEMS,
)
def begin(
    server: TheServer, request: Request, port: Port, challenge: Challenge, state: State, fresh: Fresh = False
) -> Response:
    """Opened in a browser by the command, which listens at its own machine for what comes back."""
    with _strangers_turn(server, request):
        return _sent_to(oidc_login.begin(server, _provider(server), port, challenge, state, fresh=fresh))


@router.get(
    "/return",
    operation_id="returnFromSignIn",
    summary="Come back from the provider",
    status_code=status.HTTP_303_SEE_OTHER,
    response_class=Response,
    dependencies=[public()],
    openapi_extra=_SIGN_IN_PROBLEMS,
)
def come_back(
    server: TheServer, request: Request, state: Returned = "", code: Returned = "", iss: Returned | None = None
) -> Response:
    """The browser goes on to the command that waits at its machine."""
    with _strangers_turn(server, request):
        return _sent_to(oidc_login.come_back(server, _provider(server), state, code, iss))


@router.post(
    "",
    operation_id="redeemSignIn",
    summary="Get the session of a sign-in",
    dependencies=[public()],
    openapi_extra=_SIGN_IN_PROBLEMS,
)
def redeem(body: Redeeming, server: TheServer, request: Request) -> SessionView:
    """Once, within a minute."""
    with _strangers_turn(server, request):
        return _view(oidc_login.redeem(server, body.code, body.verifier))


@router.post(
    "/local",
    operation_id="signInHere",
    summary="Sign in with a local account",
    dependencies=[public()],
    openapi_extra=_SIGN_IN_PROBLEMS,
)
def sign_in_here(body: LocalSignIn, server: TheServer, request: Request) -> SessionView:
    """Password and one-time code; whatever is wrong, the answer is the same."""
    with _strangers_turn(server, request):
        return _view(local_login.sign_in(server, body.account, body.password, body.one_time_code))


@router.get("", operation_id="readSession", summary="Who calls, and what they may")
def read(who: Anybody) -> CallerView:
    """For agencies as well."""
    return CallerView(
        subject=who.subject, role=who.role, agency=who.agency, auth=who.auth, is_fresh=who.is_fresh,
        permissions=sorted(GRANTS[who.role] - {Permission.PUBLIC}),
    )  # fmt: skip


@router.delete("", operation_id="endSession", summary="Sign out", status_code=status.HTTP_204_NO_CONTENT)
def end(who: Anybody, server: TheServer, request: Request) -> None:
    """The session of this call is worth nothing any more. Agencies give tokens back at `/oauth/revoke`."""
    if who.role is not Role.AGENCY and request.headers.get("authorization"):
        sessions.end_session(server, credential_of(request)[1])


def _provider(server: AuthServer) -> Provider:
    if server.provider is None:
        raise problem_of("not-found", "this site has no provider: sign in with a local account")
    return server.provider


def _sent_to(address: str) -> Response:
    return Response(status_code=status.HTTP_303_SEE_OTHER, headers={"Location": address})


def _view(made: OpenedSession) -> SessionView:
    return SessionView(session=made.token, account=made.account.code, role=made.account.role, until_ms=made.until_ms)


@contextmanager
def _strangers_turn(server: AuthServer, request: Request) -> Iterator[None]:
    """One try of somebody whom we do not know yet. Whatever is wrong with it, the answer is the same."""
    take_strangers_turn(request, "sign_in_limits")
    try:
        yield
    except TokenRefusedError as error:
        server.login_refusals.note(str(error.rule))
        raise problem_of("sign-in-refused") from None
