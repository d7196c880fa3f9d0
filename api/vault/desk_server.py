"""`sealink desk serve`: the desk's own API on loopback, for the pages and programs of the person who sits at it.

It serves one person on one machine. A start token is printed once and exchanged once for a session that ends with the
program; other hosts' names, other origins and calls without the session get nothing. It signs only what was shown
under the same session: a decision, approval or refusal names the request that `show` returned before. The vault's own
origin serves no page at all (contracts section 4).

May touch: network (loopback; the vault)
Sees:      what the person may see
"""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.client.calls import ServiceError
from api.http import problems
from api.http.bodies import Bodies
from api.http.context import Context
from api.http.plain_app import plain_app
from api.http.problems import Problem, Status
from api.vault import desk_work
from api.vault.desk_work import Desk, Shown
from api.vault.refusing import of_vault
from vault.errors import VaultError
from vault.refusals import Refused, Why

router = APIRouter(prefix="/v1")

Ulid = Annotated[str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


class Body(BaseModel):
    """Strict, frozen, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Start(Body):
    """The token that was printed when the program started."""

    token: str = Field(max_length=200, repr=False)


class Choice(Body):
    """The record that the decider means."""

    record: str = Field(max_length=26)


class Refusing(Body):
    """A refusal with reasons for the officer alone."""

    reason: str = Field(max_length=64)
    words: str = Field(max_length=4000, repr=False)


class Session:
    """One start token, one session, and what was shown in it."""

    def __init__(self, token: str) -> None:
        self._token: str | None = token
        self._secret: str | None = None
        self.shown: dict[str, Shown] = {}

    def start(self, token: str) -> str:
        """The session's secret, once."""
        if self._token is None or not hmac.compare_digest(self._token.encode(), token.encode()):
            raise Problem(Status.UNAUTHORIZED, "no-credential", "the start token is wrong, or was used")
        self._token, self._secret = None, secrets.token_urlsafe(32)
        return self._secret

    def check(self, given: str) -> None:
        """Refuse anybody without the secret."""
        expected = f"Bearer {self._secret}"
        if self._secret is None or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Problem(Status.UNAUTHORIZED, "no-credential", "exchange the start token first")


def create_desk_app(desk: Desk, token: str) -> FastAPI:
    """The application of one desk; `token` is told to the person and to nobody else."""
    app = plain_app("Sealink desk", (router,))
    app.state.desk, app.state.session = desk, Session(token)
    problems.install(app, {VaultError: of_vault, ServiceError: _of_service})
    app.add_middleware(Bodies, streams=[])
    app.add_middleware(Context)
    return app


async def _of_service(request: Request, error: Exception) -> Response:
    """The vault's refusal, in its own words."""
    assert isinstance(error, ServiceError)
    status = error.status or int(Status.UNAVAILABLE)
    return problems.answer_of(request.scope, Problem(status, error.code, error.detail))


def _local(request: Request) -> None:
    """Another page in the same browser must not reach the desk, whatever name it gives to this address."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    origin = request.headers.get("origin")
    if host not in HOSTS or (origin is not None and origin != f"http://{request.headers['host']}"):
        raise Problem(Status.FORBIDDEN, "not-entitled", "the desk answers to its own origin on this machine only")


def _session(request: Request) -> Session:
    _local(request)
    session: Session = request.app.state.session
    session.check(request.headers.get("authorization", ""))
    return session


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


TheSession = Annotated[Session, Depends(_session)]
TheDesk = Annotated[Desk, Depends(_desk)]


@router.post("/start")
def start(body: Start, request: Request) -> dict[str, str]:
    """Exchange the start token for the session."""
    _local(request)
    session: Session = request.app.state.session
    return {"session": session.start(body.token)}


@router.get("/requests")
def read_inbox(_: TheSession, desk: TheDesk) -> dict[str, Any]:
    """Requests that this agency takes part in."""
    return {"requests": desk_work.inbox(desk)}


@router.get("/requests/{request_id}")
def show(request_id: Ulid, session: TheSession, desk: TheDesk) -> dict[str, Any]:
    """One request with its grounds and, where this agency decides, the records that may be meant."""
    shown = desk_work.show(desk, request_id)
    found = desk_work.candidates(desk, shown) if shown.subject else []
    session.shown[request_id] = shown
    form = shown.request.form
    return {
        "request": request_id,
        "from": {"agency": form.agency, "officer": form.officer},
        "to": form.to,
        "basis": form.basis,
        "purpose": form.purpose,
        "scope": form.scope,
        "state": shown.state,
        "grounds": {"case_no": shown.grounds.case_no, "need": shown.grounds.need},
        "subject": None if shown.subject is None else {"name": shown.subject.name, "birth": shown.subject.birth},
        "records": [
            {"record": one.record, "name": one.name, "birth": one.birth, "case_no": one.case_no, "charge": one.charge}
            for one in found
        ],
    }


@router.post("/requests/{request_id}/decision", status_code=204)
def decide(request_id: Ulid, body: Choice, session: TheSession, desk: TheDesk) -> Response:
    """Allow the view that the law gives for a record that was shown."""
    shown = _shown(session, request_id)
    found = [one for one in desk_work.candidates(desk, shown) if one.record == body.record]
    if not found:
        raise Refused(Why.NOT_FOUND, "record: not one that fits the request's subject")
    desk_work.decide_on(desk, shown, found[-1])
    return Response(status_code=204)


@router.post("/requests/{request_id}/approval", status_code=204)
def approve(request_id: Ulid, session: TheSession, desk: TheDesk) -> Response:
    """Approve the decision that was shown."""
    desk_work.approve_on(desk, _shown(session, request_id))
    return Response(status_code=204)


@router.post("/requests/{request_id}/refusal", status_code=204)
def refuse(request_id: Ulid, body: Refusing, session: TheSession, desk: TheDesk) -> Response:
    """Refuse in writing."""
    desk_work.refuse_on(desk, _shown(session, request_id), body.reason, body.words)
    return Response(status_code=204)


@router.post("/locks/{act}", status_code=204)
def lock(act: Annotated[str, Path(pattern="^(lock|open)$")], _: TheSession, desk: TheDesk) -> Response:
    """Stop every release at once, or agree to open again."""
    desk_work.sign_lock(desk, act)
    return Response(status_code=204)


@router.get("/ledger")
def read_ledger(_: TheSession, desk: TheDesk) -> dict[str, Any]:
    """Which agencies have sealed their part."""
    return {"notices": desk.client.ledger()}


def _shown(session: Session, request_id: str) -> Shown:
    if request_id not in session.shown:
        raise Refused(Why.WRONG_STATE, "request: it was not shown in this session; nothing is signed unseen")
    return session.shown[request_id]
