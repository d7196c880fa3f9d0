"""Calls by which people of the unit sign in and out, each a generator of calls.

May touch: nothing (the drivers do)
Sees:      password, codes and session, for the length of a call
"""

from __future__ import annotations

from typing import Any

from api.client.calls import Steps, ask, get, send

Json = dict[str, Any]


def sign_in_here(account: str, password: str, one_time_code: str) -> Steps[Json]:
    """The session of a local account. Never repeated: a one-time code is taken once."""
    body = {"account": account, "password": password, "one_time_code": one_time_code}
    found: Json = (yield from ask(send("POST", "/v1/session/local", body))).json()
    return found


def redeem_sign_in(code: str, verifier: str) -> Steps[Json]:
    """The session of a sign-in at the provider, for the code that the browser brought."""
    found: Json = (yield from ask(send("POST", "/v1/session", {"code": code, "verifier": verifier}))).json()
    return found


def read_session() -> Steps[Json]:
    """Who the caller is to the service, and what they may ask."""
    found: Json = (yield from ask(get("/v1/session"))).json()
    return found


def end_session() -> Steps[None]:
    """Sign out."""
    yield from ask(send("DELETE", "/v1/session"))
