"""What a verb of the client is made of: calls that it yields, answers that it is sent, and the error of a refusal.

Nothing here opens a connection: a driver (`sync.py`, `aio.py`) runs the generator. So every verb is written once and
tested without a network.

May touch: nothing
Sees:      requests and answers
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

_T = TypeVar("_T")

_NEXT = re.compile(r'<(/[^>]*)>; rel="next"')

UNREACHABLE = "unreachable"
"""Code of the error that a driver throws into a verb when a connection broke."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is relative to the service; `into` makes the driver stream the body to that file.

    `repeatable` calls may be sent again after a broken connection: they are safe by method or by idempotency key.
    `after_s` is how long the driver waits first.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)
    into: Path | None = None
    repeatable: bool = True
    after_s: float = 0

    def with_headers(self, more: Mapping[str, str]) -> Call:
        return replace(self, headers={**self.headers, **more})

    def after(self, seconds: float) -> Call:
        return replace(self, after_s=seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 400

    @property
    def following(self) -> str | None:
        """Path of the next page of a list, as the answer links to it."""
        match = _NEXT.search(self.headers.get("link", ""))
        return match[1] if match else None

    def json(self) -> Any:
        """The body as JSON; `ServiceError` when it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            raise ServiceError(self.status, "not-json", "the service's answer is not JSON") from None


Steps: TypeAlias = Generator[Call, Answer, _T]
"""A verb: yields calls, is sent their answers, returns its result."""


class ServiceError(Exception):
    """The service refused, or could not be reached (`status` 0). `code` is the last part of the problem's type."""

    def __init__(
        self, status: int, code: str, detail: str, *, hint: str | None = None, retry_after_s: float = 0
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.hint, self.retry_after_s = status, code, detail, hint, retry_after_s


def get(path: str, **headers: str) -> Call:
    return Call("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})


def send(method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Call:
    """A call with a JSON body; a POST needs an `Idempotency-Key` among its headers to be repeatable."""
    given = dict(headers or {})
    content = b""
    if body is not None:
        given["content-type"] = "application/json"
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    repeatable = method != "POST" or any(name.lower() == "idempotency-key" for name in given)
    return Call(method, path, given, content, repeatable=repeatable)


def post(path: str, body: object = None, **headers: str) -> Call:
    """A POST that may be repeated after a broken connection: its key names this one act."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send("POST", path, body, {"idempotency-key": secrets.token_hex(16), **named})


def ask(call: Call) -> Steps[Answer]:
    """Send one call; returns its answer if it is a success, else raises the problem that it carries."""
    answer = yield call
    if answer.is_success:
        return answer
    raise problem_of(answer)


def pages(path: str, of: str, query: str = "", limit: int = 200) -> Steps[list[dict[str, Any]]]:
    """All pages of a list whose rows stand under `of`."""
    rows: list[dict[str, Any]] = []
    following: str | None = f"{path}?limit={limit}" + (f"&{query}" if query else "")
    while following:
        answer = yield from ask(get(following))
        rows += answer.json()[of]
        following = answer.following
    return rows


def problem_of(answer: Answer) -> ServiceError:
    """The refusal that an answer carries, in the service's own words."""
    try:
        found = json.loads(answer.content)
        code, detail, hint = str(found["type"]).rsplit("/", 1)[-1], str(found["detail"]), found.get("hint")
    except (ValueError, KeyError, TypeError, AttributeError):
        code, detail, hint = f"http-{answer.status}", f"the service answered {answer.status}", None
    wait = answer.headers.get("retry-after", "")
    return ServiceError(answer.status, code, detail, hint=hint, retry_after_s=float(wait) if wait.isdigit() else 0)
