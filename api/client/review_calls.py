"""Calls of clerical review, custodians' checks, subjects' requests and webhooks, each a generator of calls.

May touch: nothing (the drivers do)
Sees:      agreement patterns, the agency's own record handles, a webhook's secret once
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.client.calls import Answer, Call, Steps, ask, get, pages, post, send

Json = dict[str, Any]


def _json(call: Call) -> Steps[Json]:
    found: Json = (yield from ask(call)).json()
    return found


def _done(call: Call) -> Steps[None]:
    yield from ask(call)


def _tag(answer: Answer) -> str:
    return answer.headers.get("etag", "")


# --- clerical review ---------------------------------------------------------------------------------------------


def take_pair(project: str) -> Steps[Json | None]:
    answer = yield from ask(post(f"/v1/projects/{project}/reviews/next"))
    if answer.status == 204:
        return None
    found: Json = answer.json()
    return found


def decide_pair(project: str, item: str, seen: str, verdict: str) -> Steps[str]:
    path = f"/v1/projects/{project}/reviews/{item}/decisions"
    found = yield from _json(post(path, {"verdict": verdict}, if_match=f'"{seen}"'))
    return str(found["decision"])


def undo_decision(project: str, decision: str) -> Steps[None]:
    return _done(send("DELETE", f"/v1/projects/{project}/reviews/decisions/{decision}"))


def own_review(project: str) -> Steps[Json]:
    return _json(get(f"/v1/projects/{project}/reviews/mine"))


def review_figures(project: str) -> Steps[Json]:
    return _json(get(f"/v1/projects/{project}/reviews/status"))


def unsure_pairs(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/reviews/unsure", "items")


def reopen_pair(project: str, item: str) -> Steps[None]:
    return _done(post(f"/v1/projects/{project}/reviews/{item}/reopen"))


def ask_custodians(project: str, item: str, reason: str) -> Steps[None]:
    return _done(post(f"/v1/projects/{project}/reviews/{item}/checks", {"reason": reason}))


def list_checks(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/checks", "checks")


def answer_check(project: str, check: str, answer: str) -> Steps[None]:
    return _answer(f"/v1/projects/{project}/checks/{check}", {"answer": answer})


# --- subjects' requests ------------------------------------------------------------------------------------------


def open_subject_request(project: str, handle: str, right: str) -> Steps[Json]:
    return _json(post(f"/v1/projects/{project}/subject-requests", {"handle": handle, "right": right}))


def open_subject_request_by_pseudonym(project: str, agency: str, pseudonym: str, right: str) -> Steps[Json]:
    body = {"agency": agency, "pseudonym": pseudonym, "right": right}
    return _json(post(f"/v1/projects/{project}/subject-requests/by-pseudonym", body))


def list_subject_requests(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/subject-requests", "requests")


def list_subject_requests_by_pseudonym(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/subject-requests/by-pseudonym", "requests")


def list_subject_tasks(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/subject-tasks", "tasks")


def list_overdue_tasks(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/subject-tasks/overdue", "tasks")


def answer_subject_task(project: str, task: str, answer: str, reason: str | None = None) -> Steps[None]:
    body = {"answer": answer} | ({"reason": reason} if reason else {})
    return _answer(f"/v1/projects/{project}/subject-tasks/{task}", body)


def _answer(path: str, body: Json) -> Steps[None]:
    """Read what is answered, and answer exactly that."""
    read = yield from ask(get(path))
    yield from ask(send("PUT", f"{path}/answer", body, {"if-match": _tag(read)}))


# --- webhooks ----------------------------------------------------------------------------------------------------


def register_webhook(url: str, kinds: Sequence[str]) -> Steps[Json]:
    return _json(post("/v1/webhooks", {"url": url, "kinds": list(kinds)}))


def list_webhooks() -> Steps[list[Json]]:
    found = yield from _json(get("/v1/webhooks"))
    return list(found["webhooks"])


def change_webhook(
    endpoint: str, url: str | None = None, kinds: Sequence[str] | None = None, active: bool | None = None
) -> Steps[Json]:
    path = f"/v1/webhooks/{endpoint}"
    read = yield from ask(get(path))
    now: Json = read.json()
    body = {
        "url": now["url"] if url is None else url,
        "kinds": now["kinds"] if kinds is None else list(kinds),
        "active": now["active"] if active is None else active,
    }
    return (yield from _json(send("PUT", path, body, {"if-match": _tag(read)})))


def remove_webhook(endpoint: str) -> Steps[None]:
    path = f"/v1/webhooks/{endpoint}"
    read = yield from ask(get(path))
    yield from ask(send("DELETE", path, None, {"if-match": _tag(read)}))


def rotate_webhook_secret(endpoint: str) -> Steps[str]:
    path = f"/v1/webhooks/{endpoint}"
    read = yield from ask(get(path))
    found = yield from _json(post(f"{path}/secret", None, if_match=_tag(read)))
    return str(found["secret"])


def ping_webhook(endpoint: str) -> Steps[str]:
    found = yield from _json(post(f"/v1/webhooks/{endpoint}/ping"))
    return str(found["delivery"])


def list_deliveries(endpoint: str) -> Steps[list[Json]]:
    return pages(f"/v1/webhooks/{endpoint}/deliveries", "deliveries")


def replay_delivery(endpoint: str, delivery: str) -> Steps[None]:
    return _done(post(f"/v1/webhooks/{endpoint}/deliveries/{delivery}/replay"))
