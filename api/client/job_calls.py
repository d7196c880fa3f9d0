"""Calls of uploads, jobs and results, each a generator of calls.

1. A sealed file goes up in parts, each with its digest, at the offset that the unit states. Where it stands is in a
   small file beside it, so that a program that was ended goes on where it was; nothing is sent twice but the open part.
2. A job is followed by asking again, at growing intervals; what has not changed costs no body.
3. Results come in pages or as one Arrow file, which appears whole.
4. One sealed record is asked about in one call, which may be repeated: the service answers it once.

May touch: disk (the file to be sent, the note beside it, the results)
Sees:      sealed bytes; the agency's own handles and pseudonyms
Spec:      RFC 9530 (Content-Digest)
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypedDict

from api.client.calls import Answer, Call, ServiceError, Steps, ask, get, pages, post, send
from linkage.whole_file import whole_file

Json = dict[str, Any]
Advance = Callable[[int, int], None]
"""Told how much is done of how much."""


class Matched(TypedDict):
    """What is told of one record: whether its child is known, by which of the agency's own pseudonyms, and elsewhere.

    `known_elsewhere` is None unless the project states a basis for telling it. `job`: whose records were asked.
    """

    job: str
    known: Literal["match", "unsure", "none"]
    pseudonym: str | None
    known_elsewhere: bool | None


PART_BYTES: Final = 8 * 1024**2
"""What a cut connection costs is half of one, what a part costs is a wait for the disk and the database."""
_BLOCK: Final = 1024**2
_PAGE: Final = 500
_LONGEST_PAUSE_S: Final = 2.0
_FIRST_PAUSE_S: Final = 0.1
_GO_ON: Final = frozenset({"wrong-offset", "wrong-state", "in-flight", "too-many-requests", "database-busy"})
"""Refusals after which a part or a commit is looked at again: somebody, perhaps we, was quicker, or it is too early."""


def no_bar(done: int, total: int) -> None:
    """Tell nobody."""


# --- batches -----------------------------------------------------------------------------------------------------


def submit(project: str, file: Path, kind: str, advance: Advance) -> Steps[Json]:
    """Send a sealed batch and commit it; returns the batch as the unit keeps it."""
    note = file.with_name(f"{file.name}.upload")
    with file.open("rb") as sealed:
        digest, length = _sha256(sealed), file.stat().st_size
        path, at = yield from _begun(project, kind, note, digest, length)
        advance(at, length)
        while at < length:
            at = yield from _part(path, sealed, at)
            advance(at, length)
    try:
        found = yield from _committed(path)
    except ServiceError as error:
        if error.status and error.code not in _GO_ON:
            note.unlink(missing_ok=True)  # refused for good: the next try is another upload
        raise
    note.unlink(missing_ok=True)
    return found


def _begun(project: str, kind: str, note: Path, digest: str, length: int) -> Steps[tuple[str, int]]:
    """Where to send parts and how many bytes the unit has: of the upload that was begun before, or of a new one."""
    base = f"/v1/projects/{project}/uploads"
    wanted = {"project": project, "kind": kind, "sha256": digest}
    known = _noted(note)
    if known is not None and {name: known.get(name) for name in wanted} == wanted:
        path = f"{base}/{known['upload']}"
        try:
            found: Json = (yield from ask(get(path))).json()
        except ServiceError as error:
            if error.status != 404:
                raise
        else:
            if found["state"] in ("open", "committed"):
                return path, int(found["received"])
    body = {"kind": kind, "length": length, "sha256": digest}
    made: Json = (yield from ask(post(base, body))).json()
    note.write_text(json.dumps({**wanted, "upload": made["upload"]}), encoding="utf-8")
    return f"{base}/{made['upload']}", 0


def _part(path: str, sealed: BinaryIO, at: int) -> Steps[int]:
    """Send what comes next; the offset that the unit has then."""
    sealed.seek(at)
    part = sealed.read(PART_BYTES)
    digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
    headers = {
        "content-type": "application/octet-stream",
        "content-digest": f"sha-256=:{digest}:",
        "upload-offset": str(at),
    }
    try:
        answer = yield from ask(Call("PUT", path, headers, part))
    except ServiceError as error:
        if error.code not in _GO_ON:
            raise
        answer = yield from ask(get(path).after(max(error.retry_after_s, _FIRST_PAUSE_S)))
        if answer.json()["state"] not in ("open", "committed"):
            raise
    return int(answer.json()["received"])


def _committed(path: str) -> Steps[Json]:
    """A commit of a large file outlasts a connection: asked again until it has ended."""
    call = post(f"{path}/commit")
    while True:
        try:
            found: Json = (yield from ask(call)).json()
            return found
        except ServiceError as error:
            if error.code not in _GO_ON or not error.retry_after_s:
                raise
            call = call.after(error.retry_after_s)


def list_batches(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/batches", "batches", limit=_PAGE)


def delete_record(project: str, handle: str) -> Steps[None]:
    yield from ask(send("DELETE", f"/v1/projects/{project}/records/{handle}"))


# --- jobs --------------------------------------------------------------------------------------------------------


def start_job(project: str, kind: str) -> Steps[Json]:
    found: Json = (yield from ask(post(f"/v1/projects/{project}/jobs", {"kind": kind}))).json()
    return found


def read_job(project: str, job: str) -> Steps[Json]:
    found: Json = (yield from ask(get(f"/v1/projects/{project}/jobs/{job}"))).json()
    return found


def list_jobs(project: str) -> Steps[list[Json]]:
    return pages(f"/v1/projects/{project}/jobs", "jobs", limit=_PAGE)


def cancel_job(project: str, job: str) -> Steps[None]:
    yield from ask(send("DELETE", f"/v1/projects/{project}/jobs/{job}"))


def wait_for_job(project: str, job: str, advance: Advance) -> Steps[Json]:
    """Ask until it has ended, well or badly; `advance` is told thousandths."""
    path, found, tag = f"/v1/projects/{project}/jobs/{job}", Json(), ""
    pause = _FIRST_PAUSE_S
    call = get(path)
    while True:
        try:
            answer: Answer = yield from ask(call)
        except ServiceError as error:
            if error.code != "too-many-requests":
                raise
            call = get(path, if_none_match=tag).after(max(error.retry_after_s, _LONGEST_PAUSE_S))
            continue
        if answer.status != 304:
            found, tag, pause = answer.json(), answer.headers.get("etag", ""), _FIRST_PAUSE_S
            advance(round(found["done"] * 1000), 1000)
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        call = get(path, if_none_match=tag).after(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


# --- results -----------------------------------------------------------------------------------------------------


def list_results(project: str) -> Steps[list[Json]]:
    """All records of one job; begun again when a later job ends between two pages."""
    while True:
        try:
            return (yield from pages(f"/v1/projects/{project}/results", "results", limit=_PAGE))
        except ServiceError as error:
            if error.code != "stale":
                raise


def save_results(project: str, file: Path) -> Steps[int]:
    """The Arrow stream as a file; how many bytes it has."""
    with whole_file(file) as partial:
        yield from ask(Call("GET", f"/v1/projects/{project}/results.arrow", into=partial))
        return partial.stat().st_size


def list_changes(project: str, since: str | None) -> Steps[list[Json]]:
    query = f"since={since}" if since else ""
    return pages(f"/v1/projects/{project}/results/changes", "changes", query, limit=_PAGE)


# --- one record --------------------------------------------------------------------------------------------------


def match_one(project: str, sealed: bytes) -> Steps[Matched]:
    """`sealed` is a sealed batch of exactly one record."""
    body = {"record": base64.b64encode(sealed).decode()}
    found: Matched = (yield from ask(post(f"/v1/projects/{project}/match", body))).json()
    return found


def _sha256(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while block := file.read(_BLOCK):
        found.update(block)
    return found.hexdigest()


def _noted(note: Path) -> Json | None:
    """What a run before wrote down; None when there is nothing that can be used."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("upload"), str) else None
