"""One worker process: again and again whatever is due. Started by the supervisor, ended with it; any number may run.

Each round is safe to run in several workers at once and to be killed in at any point; one that fails is told and does
not keep the others from their turn. Jobs have a thread of their own, so that a long one holds up no message. What the
rounds do is the flows' matter.

May touch: what the flows touch
Sees:      what the flows see
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from api.http import kept_answers
from api.http.logs import set_up_logs
from api.serving.ending import on_end
from api.settings import load_settings
from api.wiring import Service, opened, worker_caller
from linkage.flows.erase_past_term import erase_past_term
from linkage.flows.follow_up import follow_up
from linkage.flows.forget_questions import forget_questions
from linkage.flows.run_job import Worker, run_next_job
from linkage.flows.upload_batch import clean_up
from linkage.webhooks.sending import GuardedHttp

IDLE_S: Final = 1.0

log = structlog.get_logger("worker")


@dataclass
class Round:
    """One kind of work: `turn` returns how much it did; it is looked at every `every_s` seconds."""

    name: str
    turn: Callable[[], int]
    every_s: float = 0.0
    due_at: float = 0.0


def job_rounds(service: Service, ends: threading.Event) -> list[Round]:
    """Matching: minutes, and most of the machine."""
    counts = service.settings.processes
    worker = Worker(counts.threads, int(counts.lease_s * 1000), ends.is_set)
    return [Round("jobs", partial(run_next_job, service.unit, worker_caller(), worker))]


def rounds_of(service: Service) -> list[Round]:
    """All else that a worker does, in this order."""
    unit, caller = service.unit, worker_caller()
    http = GuardedHttp(loopback=service.settings.webhook_loopback)
    return [
        Round("follow-up", partial(follow_up, unit, caller, http)),
        Round("kept-answers", lambda: kept_answers.forget(unit.database, unit.now_ms()), every_s=600),
        Round("questions", partial(forget_questions, unit), every_s=600),
        Round("uploads", partial(clean_up, unit), every_s=60),
        Round("erase", lambda: len(erase_past_term(unit, caller)), every_s=3_600),
    ]


def work(rounds: Sequence[Round], ends: threading.Event, clock: Callable[[], float]) -> None:
    """Take turns until asked to end; wait a moment when nothing was due."""
    while not ends.is_set():
        done = 0
        for each in rounds:
            if ends.is_set() or clock() < each.due_at:
                continue
            each.due_at = clock() + each.every_s
            try:
                done += each.turn()
            except Exception as error:
                log.error("round failed", round=each.name, error=type(error).__name__)
        if not done:
            ends.wait(IDLE_S)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m api.serving.worker")
    options.add_argument("--settings", type=Path, required=True)
    given = options.parse_args()
    set_up_logs("worker")
    ends = threading.Event()
    on_end(ends.set)
    with opened(load_settings(given.settings)) as service:
        beside = threading.Thread(
            target=work, args=(rounds_of(service), ends, time.monotonic), name="rounds", daemon=True
        )
        beside.start()
        work(job_rounds(service, ends), ends, time.monotonic)
        beside.join()


if __name__ == "__main__":
    main()
