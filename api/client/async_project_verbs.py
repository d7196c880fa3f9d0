"""Projects, membership and the sealed secret as methods of the asynchronous driver.

May touch: nothing (the driver does)
Sees:      what `project_calls` sees
"""

from __future__ import annotations

from typing import TypeVar

from api.client import project_calls as calls
from api.client.calls import Steps
from api.client.project_calls import Json

_T = TypeVar("_T")


class AsyncProjectVerbs:
    """What asynchronous clients can do."""

    async def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    async def list_projects(self) -> list[Json]:
        """Projects that the agency is in."""
        return await self._run(calls.list_projects())

    async def read_project(self, project: str) -> Json:
        """One project: its terms, state and plan's fingerprint."""
        return await self._run(calls.read_project(project))

    async def join_project(self, project: str, acceptance: bytes, verifying: str) -> Json:
        """Join with the agency's own keys (`linkage.encoding.secret_passing.join`)."""
        return await self._run(calls.join_project(project, acceptance, verifying))

    async def list_custodians(self, project: str) -> Json:
        """All custodians' keys; compare their fingerprint by telephone."""
        return await self._run(calls.list_custodians(project))

    async def relay_secret(self, project: str, recipient: str, sealed: bytes) -> None:
        """Pass the sealed linkage secret to another custodian."""
        await self._run(calls.relay_secret(project, recipient, sealed))

    async def list_secrets(self, project: str) -> list[Json]:
        """Sealed secrets that wait for the agency."""
        return await self._run(calls.list_secrets(project))
