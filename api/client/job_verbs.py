"""Uploads, jobs and results as methods of the synchronous driver.

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


class JobVerbs:
    """What synchronous clients can do."""

    def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    def submit(self, project: str, file: Path, kind: str = "whole", advance: Advance = no_bar) -> Json:
        """Send a sealed batch (`whole` or `changes`) and commit it; a run that was ended goes on where it was."""
        return self._run(calls.submit(project, file, kind, advance))

    def list_batches(self, project: str) -> list[Json]:
        """The agency's own batches."""
        return self._run(calls.list_batches(project))

    def delete_record(self, project: str, handle: str) -> None:
        """Delete one of the agency's own records."""
        self._run(calls.delete_record(project, handle))

    def start_job(self, project: str, kind: str = "match") -> Json:
        """Ask for a job: `match` or `apply-review`."""
        return self._run(calls.start_job(project, kind))

    def read_job(self, project: str, job: str) -> Json:
        """Where a job stands."""
        return self._run(calls.read_job(project, job))

    def list_jobs(self, project: str) -> list[Json]:
        """The project's jobs."""
        return self._run(calls.list_jobs(project))

    def cancel_job(self, project: str, job: str) -> None:
        """Cancel a job that one has started."""
        self._run(calls.cancel_job(project, job))

    def wait_for_job(self, project: str, job: str, advance: Advance = no_bar) -> Json:
        """Wait for its end, well or badly; `advance` is told thousandths."""
        return self._run(calls.wait_for_job(project, job, advance))

    def list_results(self, project: str) -> list[Json]:
        """The agency's own records with their pseudonyms."""
        return self._run(calls.list_results(project))

    def save_results(self, project: str, file: Path) -> int:
        """The same as an Arrow file; its bytes."""
        return self._run(calls.save_results(project, file))

    def list_changes(self, project: str, since: str | None = None) -> list[Json]:
        """Pseudonyms that merged or split: in the last job, or in all after `since`."""
        return self._run(calls.list_changes(project, since))

    def match_one(self, project: str, sealed: bytes) -> Matched:
        """Is the child of this one sealed record known?"""
        return self._run(calls.match_one(project, sealed))
