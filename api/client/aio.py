"""The asynchronous driver: the same verbs, for programs with an event loop. See `sync.py` for what it promises.

May touch: network, disk (a body that goes to a file)
Sees:      requests and answers
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Self, TypeVar

import httpx2

from api.client import transport
from api.client.async_job_verbs import AsyncJobVerbs
from api.client.async_project_verbs import AsyncProjectVerbs
from api.client.async_review_verbs import AsyncReviewVerbs
from api.client.authorised import Authoriser
from api.client.calls import Answer, Call, ServiceError, Steps
from api.client.credentials import Credential
from api.client.people_verbs import AsyncPeopleVerbs
from api.client.verbs import AsyncVerbs

_T = TypeVar("_T")


class AsyncSealinkClient(AsyncVerbs, AsyncJobVerbs, AsyncProjectVerbs, AsyncReviewVerbs, AsyncPeopleVerbs):
    """The linkage service at `base`, called as `credential` says. Use it as an asynchronous context manager."""

    def __init__(self, base: str, credential: Credential = None, *, timeout_s: float = 60.0) -> None:
        self._base = transport.checked_base(base)
        self._authoriser = Authoriser(self._base, credential, time.time)
        self._http = httpx2.AsyncClient(**transport.options(self._base, timeout_s))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def _run(self, steps: Steps[_T]) -> _T:
        authorised = self._authoriser.run(steps)
        try:
            call = next(authorised)
            while True:
                try:
                    answer = await self._send(call)
                except ServiceError as error:
                    call = authorised.throw(error)
                else:
                    call = authorised.send(answer)
        except StopIteration as end:
            result: _T = end.value
            return result

    async def _send(self, call: Call) -> Answer:
        if call.after_s:
            await asyncio.sleep(call.after_s)
        try:
            return await self._once(call)
        except httpx2.TransportError as error:
            raise transport.unreachable(error) from None

    async def _once(self, call: Call) -> Answer:
        request: dict[str, Any] = transport.request(call)
        if call.into is None:
            got = await self._http.request(**request)
            return Answer(got.status_code, transport.lower(got.headers), got.content)
        async with self._http.stream(**request) as got:
            headers = transport.lower(got.headers)
            if got.status_code >= 300:
                return Answer(got.status_code, headers, await got.aread())
            with call.into.open("wb") as file:
                async for piece in got.aiter_bytes():
                    file.write(piece)
            return Answer(got.status_code, headers, b"")
