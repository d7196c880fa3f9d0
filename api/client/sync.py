"""The synchronous driver: runs verbs over one HTTP connection pool, and tells a verb when a connection broke.

It decides nothing: what is repeated, and with which credential, `authorised.py` says. It follows no redirect, reads
no proxy from the environment and verifies TLS; plain HTTP is for loopback only.

May touch: network, disk (a body that goes to a file)
Sees:      requests and answers
"""

from __future__ import annotations

import time
from typing import Any, Self, TypeVar

import httpx2

from api.client import transport
from api.client.authorised import Authoriser
from api.client.calls import Answer, Call, ServiceError, Steps
from api.client.credentials import Credential
from api.client.job_verbs import JobVerbs
from api.client.people_verbs import PeopleVerbs
from api.client.project_verbs import ProjectVerbs
from api.client.review_verbs import ReviewVerbs
from api.client.verbs import Verbs

_T = TypeVar("_T")


class SealinkClient(Verbs, JobVerbs, ProjectVerbs, ReviewVerbs, PeopleVerbs):
    """The linkage service at `base`, called as `credential` says. Use it as a context manager."""

    def __init__(self, base: str, credential: Credential = None, *, timeout_s: float = 60.0) -> None:
        self._base = transport.checked_base(base)
        self._authoriser = Authoriser(self._base, credential, time.time)
        self._http = httpx2.Client(**transport.options(self._base, timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def _run(self, steps: Steps[_T]) -> _T:
        authorised = self._authoriser.run(steps)
        try:
            call = next(authorised)
            while True:
                try:
                    answer = self._send(call)
                except ServiceError as error:
                    call = authorised.throw(error)
                else:
                    call = authorised.send(answer)
        except StopIteration as end:
            result: _T = end.value
            return result

    def _send(self, call: Call) -> Answer:
        if call.after_s:
            time.sleep(call.after_s)
        try:
            return self._once(call)
        except httpx2.TransportError as error:
            raise transport.unreachable(error) from None

    def _once(self, call: Call) -> Answer:
        request: dict[str, Any] = transport.request(call)
        if call.into is None:
            got = self._http.request(**request)
            return Answer(got.status_code, transport.lower(got.headers), got.content)
        with self._http.stream(**request) as got:
            headers = transport.lower(got.headers)
            if got.status_code >= 300:
                return Answer(got.status_code, headers, got.read())
            with call.into.open("wb") as file:
                for piece in got.iter_bytes():
                    file.write(piece)
            return Answer(got.status_code, headers, b"")
