"""The verbs of the client, for both drivers: each is one generator of calls, and two one-line methods.

May touch: nothing (the drivers do)
Sees:      requests and answers
"""

from __future__ import annotations

from typing import Any, TypeVar

from api.client.calls import Steps, ask, get

_T = TypeVar("_T")


def _unit() -> Steps[dict[str, Any]]:
    found: dict[str, Any] = (yield from ask(get("/v1/unit"))).json()
    return found


class Verbs:
    """What a synchronous client can do."""

    def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    def unit(self) -> dict[str, Any]:
        return self._run(_unit())


class AsyncVerbs:
    """What an asynchronous client can do."""

    async def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    async def unit(self) -> dict[str, Any]:
        return await self._run(_unit())
