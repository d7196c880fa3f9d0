"""Calls of projects, membership and the sealed linkage secret, each a generator of calls.

May touch: nothing
Sees:      public keys, sealed secrets
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from api.client.calls import Steps, ask, get, send
from api.client.job_calls import pages

Json = dict[str, Any]


def list_projects() -> Steps[list[Json]]:
    return pages("/v1/projects", "projects")


def read_project(project: str) -> Steps[Json]:
    found: Json = (yield from ask(get(f"/v1/projects/{project}"))).json()
    return found


def join_project(project: str, acceptance: bytes, verifying: str) -> Steps[Json]:
    body = {"verifying_key": verifying, "acceptance": base64.b64encode(acceptance).decode()}
    found: Json = (yield from ask(send("PUT", f"/v1/projects/{project}/membership", body))).json()
    return found


def list_custodians(project: str) -> Steps[Json]:
    found: Json = (yield from ask(get(f"/v1/projects/{project}/custodians"))).json()
    return found


def relay_secret(project: str, recipient: str, sealed: bytes) -> Steps[None]:
    body = {"recipient": recipient, "sealed": base64.b64encode(sealed).decode()}
    key = {"idempotency-key": secrets.token_hex(16)}
    yield from ask(send("POST", f"/v1/projects/{project}/secrets", body, key))


def list_secrets(project: str) -> Steps[list[Json]]:
    found: list[Json] = (yield from ask(get(f"/v1/projects/{project}/secrets"))).json()["secrets"]
    return found
