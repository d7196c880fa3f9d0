"""Call every operation with what its description allows and forbids; what comes back must be what it says.

schemathesis makes the requests, hypothesis shrinks what fails. Callers are of the role that the operation is for; the
objects that paths name are there in most of the requests, so that flows are reached and not only doors.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from batch_site import PROJECT, make_project
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service_site import ServiceSite, caller, who
from tokens_made import ed25519_signer

from api.auth.agencies import register_agency
from api.auth.permissions import GRANTS, Permission, Role
from api.http.problems import MEDIA_TYPE, TYPE_BASE
from linkage.batches import BatchKind
from linkage.flows.manage_webhooks import register_webhook
from linkage.flows.upload_batch import begin_upload
from linkage.webhooks.kinds import Kind

Operation = APIOperation[Any, Any, Any, Any]
REQUEST_PARTS = ("method", "url", "params", "json")  # no cookie is ever read
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
AGENCY = "police"


@dataclass
class Fuzzer:
    """One service under test. `answers` counts statuses, of all operations and of each."""

    http: TestClient
    description: dict[str, Any]
    there: Mapping[str, str]
    answers: Counter[int] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    def operations(self) -> Iterator[Operation]:
        schema = schemathesis.openapi.from_dict(self.description)
        for found in schema.get_all_operations():
            yield found.ok()

    def run(self, operation: Operation, examples: int, number: int) -> None:
        """So many examples of one operation, half of them breaking its description. Raises what the first one broke."""
        for mode, share in (
            (GenerationMode.POSITIVE, examples - examples // 2),
            (GenerationMode.NEGATIVE, examples // 2),
        ):
            if share and not (mode is GenerationMode.NEGATIVE and _takes_nothing(operation)):
                self._run(operation, mode, share, number)

    def _run(self, operation: Operation, mode: GenerationMode, examples: int, number: int) -> None:
        roles = roles_for(operation.definition.raw["x-permission"])

        @seed(number)
        @settings(
            max_examples=examples, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(mode), role=st.sampled_from(roles), is_there=st.integers(0, 4))
        def one(case: Any, role: Role | None, is_there: int) -> None:
            if is_there and isinstance(case.path_parameters, dict):
                case.path_parameters |= {name: self.there[name] for name in case.path_parameters if name in self.there}
            self._call(case, role)

        one()

    def _call(self, case: Any, role: Role | None) -> None:
        headers = who(role, AGENCY if role is Role.AGENCY else None) if role else {}
        given_kwargs = case.as_transport_kwargs(base_url="http://testserver", headers=headers)
        answer = self.http.request(**_kwargs(given_kwargs))
        self.answers[answer.status_code] += 1
        if answer.status_code < 300:
            self.reached[case.operation.label] += 1
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            _must_be_problem(answer)


def fuzzer_of(place: ServiceSite, app: Any, description: dict[str, Any]) -> Fuzzer:
    """A project with members, an open upload and a webhook, and the service around them."""
    register_agency(place.unit, caller(), AGENCY, "Police", "police", ed25519_signer().public)
    make_project(place)
    upload = begin_upload(place.unit, caller(AGENCY), PROJECT, BatchKind.WHOLE, 1_000, hashlib.sha256(b"x").hexdigest())
    endpoint, _ = register_webhook(place.unit, caller(AGENCY), "https://hooks.example.org/x", [Kind.JOB_DONE])
    there = {"agency": AGENCY, "project": PROJECT, "upload": upload.id, "endpoint": endpoint.id, "handle": "9f" * 16}
    return Fuzzer(TestClient(app, raise_server_exceptions=False), description, there)


def roles_for(permission: str) -> list[Role | None]:
    """Who may call it, those first; and somebody without a credential."""
    if permission == Permission.PUBLIC:
        return [None]
    return [role for role in Role if Permission(permission) in GRANTS[role]] * 6 + [None]


def _takes_nothing(operation: Operation) -> bool:
    return not operation.definition.raw.get("parameters") and "requestBody" not in operation.definition.raw


def _kwargs(given_kwargs: dict[str, Any]) -> dict[str, Any]:
    """What `requests` would take, as the test client takes it."""
    kept = {name: value for name, value in given_kwargs.items() if name in REQUEST_PARTS}
    kept["headers"] = [
        (name.encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
        for name, value in (given_kwargs.get("headers") or {}).items()
    ]
    data = given_kwargs.get("data")
    if isinstance(data, str):
        kept["content"] = data.encode("utf-8", "surrogatepass")
    elif isinstance(data, bytes):
        kept["content"] = data
    elif data is not None:
        kept["data"] = data
    if "json" in kept:
        kept["content"] = json.dumps(kept.pop("json")).encode()
        if not any(name.lower() == b"content-type" for name, _ in kept["headers"]):
            kept["headers"].append((b"content-type", b"application/json"))
    return kept


def _must_be_problem(answer: Any) -> None:
    assert answer.headers["content-type"] == MEDIA_TYPE
    if answer.request.method == "HEAD":  # says what a GET would say, without its body (RFC 9110, 9.3.2)
        assert not answer.content and answer.headers["request-id"]
        return
    found = answer.json()
    assert found["type"].startswith(TYPE_BASE) and found["status"] == answer.status_code
    assert found["instance"] == answer.headers["request-id"]
