"""Uploads, jobs and results as methods of the asynchronous driver.

May touch: nothing (the driver does)
Sees:      what `job_calls` sees
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from api.client import job_calls as calls
from api.client.calls import Steps
from api.client.job_calls import Advance, Json, Matched, no_bar

_T = TypeVar("_T")


class AsyncJobVerbs:
    """What asynchronous clients can do."""

    async def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    async def submit(self, project: str, file: Path, kind: str = "whole", advance: Advance = no_bar) -> Json:
        """Send a sealed batch (`whole` or `changes`) and commit it; a run that was ended goes on where it was."""
        return await self._run(calls.submit(project, file, kind, advance))

    async def list_batches(self, project: str) -> list[Json]:
        """The agency's own batches."""
        return await self._run(calls.list_batches(project))

    async def delete_record(self, project: str, handle: str) -> None:
        """Delete one of the agency's own records."""
        await self._run(calls.delete_record(project, handle))

    async def start_job(self, project: str, kind: str = "match") -> Json:
        """Ask for a job: `match` or `apply-review`."""
        return await self._run(calls.start_job(project, kind))

    async def read_job(self, project: str, job: str) -> Json:
        """Where a job stands."""
        return await self._run(calls.read_job(project, job))

    async def list_jobs(self, project: str) -> list[Json]:
        """The project's jobs."""
        return await self._run(calls.list_jobs(project))

    async def cancel_job(self, project: str, job: str) -> None:
        """Cancel a job that one has started."""
        await self._run(calls.cancel_job(project, job))

    async def wait_for_job(self, project: str, job: str, advance: Advance = no_bar) -> Json:
        """Wait for its end, well or badly; `advance` is told thousandths."""
        return await self._run(calls.wait_for_job(project, job, advance))

    async def list_results(self, project: str) -> list[Json]:
        """The agency's own records with their pseudonyms."""
        return await self._run(calls.list_results(project))

    async def save_results(self, project: str, file: Path) -> int:
        """The same as an Arrow file; its bytes."""
        return await self._run(calls.save_results(project, file))

    async def list_changes(self, project: str, since: str | None = None) -> list[Json]:
        """Pseudonyms that merged or split: in the last job, or in all after `since`."""
        return await self._run(calls.list_changes(project, since))

    async def match_one(self, project: str, sealed: bytes) -> Matched:
        """Is the child of this one sealed record known?"""
        return await self._run(calls.match_one(project, sealed))
