"""What subjects' requests need from the worker: forward tasks and close requests that a crash left behind."""

from __future__ import annotations

from linkage.caller import Caller
from linkage.flows.answer_subject_task import close
from linkage.flows.open_subject_request import forward
from linkage.store import subjects
from linkage.unit import Unit


def follow_subjects(unit: Unit, caller: Caller) -> int:
    """Do what is due; returns how much was done. Safe to run in several workers."""
    with unit.database.reading() as connection:
        waiting, answered = subjects.waiting_tasks(connection), subjects.answered_requests(connection)
    forwarded = sum(forward(unit, caller, task) for task in waiting)
    return forwarded + sum(close(unit, caller, request) for request in answered)
