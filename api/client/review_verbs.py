"""Clerical review, checks, subjects' requests and webhooks as methods of the synchronous driver.

May touch: nothing (the driver does)
Sees:      what `review_calls` sees
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from api.client import review_calls as calls
from api.client.calls import Steps
from api.client.review_calls import Json

_T = TypeVar("_T")


class ReviewVerbs:
    """What synchronous clients can do."""

    def _run(self, steps: Steps[_T]) -> _T:
        raise NotImplementedError

    def take_pair(self, project: str) -> Json | None:
        """The pair most worth deciding, kept for this reviewer; None when nothing waits."""
        return self._run(calls.take_pair(project))

    def decide_pair(self, project: str, item: str, seen: str, verdict: str) -> str:
        """Decide a pair as it was `seen`; returns the decision's id."""
        return self._run(calls.decide_pair(project, item, seen, verdict))

    def undo_decision(self, project: str, decision: str) -> None:
        """Take one's own decision back."""
        self._run(calls.undo_decision(project, decision))

    def own_review(self, project: str) -> Json:
        """A reviewer's own figures: `decided`, `latest`, `waiting`."""
        return self._run(calls.own_review(project))

    def review_figures(self, project: str) -> Json:
        """Queue, verdicts and agreement, for the operator."""
        return self._run(calls.review_figures(project))

    def unsure_pairs(self, project: str) -> list[Json]:
        """Pairs that stayed unsure, for the operator."""
        return self._run(calls.unsure_pairs(project))

    def reopen_pair(self, project: str, item: str) -> None:
        """Undo all decisions of a settled pair."""
        self._run(calls.reopen_pair(project, item))

    def ask_custodians(self, project: str, item: str, reason: str) -> None:
        """Ask both custodians of an unsure pair to check their own record."""
        self._run(calls.ask_custodians(project, item, reason))

    def list_checks(self, project: str) -> list[Json]:
        """The agency's own records that it is asked to check."""
        return self._run(calls.list_checks(project))

    def answer_check(self, project: str, check: str, answer: str) -> None:
        """Answer a check: `corrected`, `confirmed` or `declined`."""
        self._run(calls.answer_check(project, check, answer))

    def open_subject_request(self, project: str, handle: str, right: str) -> Json:
        """Open a subject's request about one of the agency's own records."""
        return self._run(calls.open_subject_request(project, handle, right))

    def open_subject_request_by_pseudonym(self, project: str, agency: str, pseudonym: str, right: str) -> Json:
        """The same for the operator, by an agency's pseudonym."""
        return self._run(calls.open_subject_request_by_pseudonym(project, agency, pseudonym, right))

    def list_subject_requests(self, project: str) -> list[Json]:
        """Requests that the agency opened."""
        return self._run(calls.list_subject_requests(project))

    def list_subject_requests_by_pseudonym(self, project: str) -> list[Json]:
        """Requests that the operator opened."""
        return self._run(calls.list_subject_requests_by_pseudonym(project))

    def list_subject_tasks(self, project: str) -> list[Json]:
        """What the agency has to do for subjects."""
        return self._run(calls.list_subject_tasks(project))

    def list_overdue_tasks(self, project: str) -> list[Json]:
        """Tasks whose day has passed, for the operator."""
        return self._run(calls.list_overdue_tasks(project))

    def answer_subject_task(self, project: str, task: str, answer: str, reason: str | None = None) -> None:
        """Answer a task: `done`, `refused` with a reason, or `no-record`."""
        self._run(calls.answer_subject_task(project, task, answer, reason))

    def register_webhook(self, url: str, kinds: Sequence[str]) -> Json:
        """Register an endpoint; the answer holds its `secret`, this once."""
        return self._run(calls.register_webhook(url, kinds))

    def list_webhooks(self) -> list[Json]:
        """The agency's endpoints."""
        return self._run(calls.list_webhooks())

    def change_webhook(
        self, endpoint: str, url: str | None = None, kinds: Sequence[str] | None = None, active: bool | None = None
    ) -> Json:
        """Change an endpoint; what is None stays."""
        return self._run(calls.change_webhook(endpoint, url, kinds, active))

    def remove_webhook(self, endpoint: str) -> None:
        """Remove an endpoint and its messages."""
        self._run(calls.remove_webhook(endpoint))

    def rotate_webhook_secret(self, endpoint: str) -> str:
        """A new secret; the old one signs too for a day."""
        return self._run(calls.rotate_webhook_secret(endpoint))

    def ping_webhook(self, endpoint: str) -> str:
        """Send a message that says nothing; returns its id."""
        return self._run(calls.ping_webhook(endpoint))

    def list_deliveries(self, endpoint: str) -> list[Json]:
        """An endpoint's messages and how they fared."""
        return self._run(calls.list_deliveries(endpoint))

    def replay_delivery(self, endpoint: str, delivery: str) -> None:
        """Send a message again, under the same id."""
        self._run(calls.replay_delivery(endpoint, delivery))
