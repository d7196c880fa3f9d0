"""The API's description, OpenAPI 3.1: what FastAPI knows of the routes, and what it does not know of our conventions.

1. Every operation names its permission and how one gets it.
2. Every error that it may answer with, by status, with an example of each problem: derived from its permission, its
   parameters and its body, and from the table of problems. For changes, any reason that a flow may refuse for.
3. Examples of bodies and answers; headers that every answer has.

Whatever is derived here is held to the running service by schemathesis (`tests/service/test_described.py`).

May touch: nothing
Sees:      nothing personal
Spec:      OpenAPI 3.1.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.auth.permissions import STEP_UP, Permission
from api.http.examples import example_of
from api.http.problem_words import WORDS
from api.http.problems import MEDIA_TYPE, TYPE_BASE
from api.linkage.listing import permissions_of
from linkage.refusals import Why

Json = dict[str, Any]

_ALWAYS: Final = ("bad-request", "fault", "log-unavailable", "database-busy")
_CREDENTIAL: Final = ("no-credential", "not-entitled", "too-many-requests")
_JSON_BODY: Final = ("bad-json", "media-type", "too-large", "malformed")
_FORM_BODY: Final = ("media-type", "too-large", "malformed")
_STREAM_BODY: Final = ("too-large", "wrong-digest", "wrong-offset", "malformed")
_OF_PARAMETER: Final = {
    "if-match": ("precondition-required", "stale"),
    "idempotency-key": ("in-flight", "key-reused"),
    "cursor": ("bad-cursor",),
}
_READING: Final = frozenset({"get", "head"})
_REQUEST_ID: Final = "01KB1N3X9W4Q2V7T8R5Y6M0ZCD"

ABOUT: Final = """\
Agencies submit sealed batches of encoded records; the linkage unit links them without seeing a name; each agency reads
the links of its own records. Errors are RFC 9457 problems, in English or Chinese by Accept-Language. Every POST that
takes an Idempotency-Key (draft) may be repeated. Lists link to their next page. Changes need If-Match.
"""


def describe(routers: Sequence[APIRouter]) -> Json:
    """The whole description of what these routers serve."""
    app = FastAPI(title="Sealink linkage service", version="1")
    for router in routers:
        app.include_router(router)
    found: Json = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", description=ABOUT, routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    found = _whole_numbers(found)
    schemas: Json = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    found["components"] |= {"responses": {}, "headers": deepcopy(HEADERS), "securitySchemes": deepcopy(SECURITY)}
    for route in _routes(routers):
        for method in route.methods or ():
            operation = found["paths"][route.path_format][method.lower()]
            _complete(operation, method.lower(), route, found["components"])
    found["components"]["responses"] = dict(sorted(found["components"]["responses"].items()))
    return found


def _routes(routers: Iterable[APIRouter]) -> Iterable[APIRoute]:
    return (
        route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    )


def _complete(operation: Json, method: str, route: APIRoute, components: Json) -> None:
    permission = " ".join(permissions_of(route))
    operation["x-permission"] = permission
    operation["security"] = [] if permission == Permission.PUBLIC else [{"dpop": []}, {"session": []}]  # 1
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "if-match":
            parameter |= {"required": True, "schema": {"type": "string", "pattern": '^"[0-9A-Za-z]{1,64}"$'}}
            parameter["example"] = '"3"'
    operation["responses"].pop("422", None)
    for code in _codes(operation, method):  # 2
        operation["responses"].setdefault(str(WORDS[code].status), []).append(code)
    for status, answer in operation["responses"].items():
        if isinstance(answer, list):
            operation["responses"][status] = _refer(int(status), sorted(answer), components)
        else:
            _show(answer, components["schemas"])  # 3
            answer["headers"] = _headers(answer, operation)
    if "requestBody" in operation:
        _show(operation["requestBody"], components["schemas"])
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _codes(operation: Json, method: str) -> list[str]:
    """Every problem that this operation may answer with."""
    found = set(_ALWAYS)
    parameters = operation.get("parameters", ())
    if operation["x-permission"] != Permission.PUBLIC:
        found.update(_CREDENTIAL)
    if operation["x-permission"] in STEP_UP:
        found.add("sign-in-again")
    if operation["x-permission"] not in (Permission.PUBLIC, Permission.SELF) and method not in _READING:
        found.update(map(str, Why))
    if parameters:
        found.add("malformed")
    if any(each["in"] == "path" for each in parameters):
        found.add("not-found")
    for each in parameters:
        found.update(_OF_PARAMETER.get(each["name"].lower(), ()))
    for kind in operation.get("requestBody", {}).get("content", ()):
        found.update(_body_codes(kind))
    return sorted(found | set(operation.pop("x-problems", ())))


def _body_codes(kind: str) -> tuple[str, ...]:
    if kind == "application/octet-stream":
        return _STREAM_BODY
    return _JSON_BODY if kind.endswith("json") else _FORM_BODY


def _refer(status: int, codes: Sequence[str], components: Json) -> Json:
    """One description for all operations that answer a status with the same problems."""
    name = ".".join([str(status), *codes])
    components["responses"].setdefault(
        name,
        {
            "description": " · ".join(WORDS[code].title for code in codes),
            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {code: {"value": problem_example(code)} for code in codes},
                }
            },
        },
    )
    return {"$ref": f"#/components/responses/{name}"}


def problem_example(code: str) -> Json:
    """A problem as it is answered."""
    words = WORDS[code]
    return {
        "type": TYPE_BASE + code,
        "title": words.title,
        "status": words.status,
        "detail": words.detail,
        "instance": _REQUEST_ID,
    }


def _show(part: Json, schemas: Json) -> None:
    for kind, media in part.get("content", {}).items():
        if "json" in kind and "schema" in media and "example" not in media and "examples" not in media:
            media["example"] = example_of(media["schema"], schemas)


def _headers(answer: Json, operation: Json) -> Json:
    names = ["Request-Id"]
    taken = {each["name"] for each in operation.get("parameters", ())}
    if "cursor" in taken:
        names.append("Link")
    if "idempotency-key" in taken:
        names.append("Idempotency-Replayed")
    found: Json = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return found | dict(answer.get("headers", {}))


def _whole_numbers(found: Any) -> Any:
    """Limits of integers are integers; pydantic writes them as floats."""
    if isinstance(found, dict):
        return {name: _whole_numbers(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_whole_numbers(value) for value in found]
    return int(found) if isinstance(found, float) and found.is_integer() else found


PROBLEM: Final[Json] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `rule` is the exact sentence in English where `detail` is another language.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "enum": [TYPE_BASE + code for code in sorted(WORDS)]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "the request's id, as in `Request-Id` and in the service's log"},
        "rule": {"type": "string"},
        "hint": {"type": "string", "description": "what to do next"},
        "places": {"type": "array", "items": {"type": "string"}, "description": "where the schema is broken"},
    },
    "additionalProperties": True,
}

HEADERS: Final[Json] = {
    "Request-Id": {
        "description": "ULID of this request",
        "schema": {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", "examples": [_REQUEST_ID]},
    },
    "Link": {"description": '`rel="next"`: the next page, if there may be one', "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` when this is the kept answer of an earlier request",
        "schema": {"type": "string", "const": "true"},
    },
}

SECURITY: Final[Json] = {
    "dpop": {
        "type": "http",
        "scheme": "DPoP",
        "description": "Agencies: a token of five minutes from `/oauth/token`, bound to a key (RFC 9449).",
    },
    "session": {"type": "http", "scheme": "bearer", "description": "People: a session, as signing in gave it."},
}
