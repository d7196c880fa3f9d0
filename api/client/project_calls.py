"""Calls of projects, membership and the sealed linkage secret, each a generator of calls.

May touch: nothing
Sees:      public keys, sealed secrets
"""

from __future__ import annotations

import base64
from typing import Any

from api.client.calls import Steps, ask, get, pages, post, send

Json = dict[str, Any]


def list_projects() -> Steps[list[Json]]:
    return pages("/v1/projects", "projects", limit=500)


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
    yield from ask(post(f"/v1/projects/{project}/secrets", body))


def list_secrets(project: str) -> Steps[list[Json]]:
    found: list[Json] = (yield from ask(get(f"/v1/projects/{project}/secrets"))).json()["secrets"]
    return found
