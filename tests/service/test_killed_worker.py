"""A running service whose worker is killed in the middle of a job."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from batch_site import PROJECT, make_project
from job_site import send
from running import running
from service_site import ServiceSite, caller
from test_jobs import entries

from api.settings import load_settings
from api.wiring import opened
from api.working_folder import make_folder
from linkage.flows.read_jobs import read_events, read_job
from linkage.flows.start_job import start_job
from linkage.jobs import JobKind, JobState
from linkage.store import results

MOST_TRIES = 5


def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """A crash in a job would leave it running for ever, its results half there, or everything there twice."""
    folder = tmp_path / "unit"
    make_folder(folder, public_url="http://127.0.0.1:8401", port=8401)
    file = folder / "settings.toml"
    file.write_text(file.read_text().replace("[processes]", "[processes]\nlease_s = 2.0"))
    with running(file) as service, opened(load_settings(file)) as mine:
        place = ServiceSite(None, mine.unit)  # type: ignore[arg-type]
        for agency, first in zip(make_project(place), (0, 1_000), strict=True):
            send(place, tmp_path, agency, {n: n for n in range(first, first + 3_000)})
        for _ in range(MOST_TRIES):
            job = start_job(mine.unit, caller(), PROJECT, JobKind.MATCH).id

            def state() -> JobState:
                return read_job(mine.unit, caller(), PROJECT, job).state  # noqa: B023

            soon(lambda: state() is not JobState.QUEUED)
            worker = service.pids("worker-1")[-1]
            os.kill(worker, signal.SIGSTOP)
            if state() is JobState.RUNNING:
                break
            os.kill(worker, signal.SIGCONT)
        else:
            raise AssertionError("every job had ended before it could be met")
        os.kill(worker, signal.SIGKILL)
        soon(lambda: state().is_end)
        ended = read_job(mine.unit, caller(), PROJECT, job)
        assert (ended.state, ended.attempts) == (JobState.DONE, 2)
        told = read_events(mine.unit, caller(), PROJECT, job, 0)
        assert [each.done for each in told] == sorted(each.done for each in told)
        assert [change for _, change in entries(place)].count("retried") == 1
        assert len([event for event, _ in entries(place) if event == "job.run"]) == len(
            [change for _, change in entries(place) if change == "requested"]
        )
        for agency in ("police", "hospital"):
            with mine.unit.database.reading() as connection:
                (found,) = results.since(connection, PROJECT, agency, job)
            assert (found.records, found.file.split("/")[0]) == (3_000, f"{job}-2")


def soon(found: Callable[[], bool]) -> None:
    until = time.monotonic() + 90
    while not found():
        assert time.monotonic() < until
        time.sleep(0.005)
