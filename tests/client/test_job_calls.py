"""Uploads, jobs and results as a client asks for them, without a network: the generators are driven by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client import job_calls as calls
from api.client.calls import Answer, Call, ServiceError, Steps

DATA = bytes(range(256)) * 16


class Unit:
    """An upload at a unit that may lose answers, cut parts, or be busy. `received` is what it has."""

    def __init__(self, faults: Iterator[str]) -> None:
        self.faults, self.received, self.state, self.begun = faults, bytearray(), "open", 0
        self.sent = 0

    def answer(self, call: Call) -> Answer | ServiceError:
        fault = next(self.faults, "")
        if fault == "broken":
            return ServiceError(0, "unreachable", "broken")
        done = self._act(call, fault)
        return ServiceError(0, "unreachable", "broken") if fault == "answer lost" else done

    def _act(self, call: Call, fault: str) -> Answer:
        if call.method == "POST" and call.path.endswith("/uploads"):
            self.begun += 1
            self.received, self.state = bytearray(), "open"
            return _answer(201, upload=f"u{self.begun}", received=0, state="open")
        if call.path.endswith("/commit"):
            if fault == "busy":
                return _problem(409, "in-flight", 1)
            self.state = "committed"
            return _answer(200, records=1, whole=bytes(self.received) == DATA)
        if call.method == "PUT":
            if fault == "busy":
                return _problem(409, "wrong-state", 1)
            if int(call.headers["upload-offset"]) != len(self.received):
                return _problem(409, "wrong-offset")
            self.received += call.content
            self.sent += len(call.content)
        return _answer(200, received=len(self.received), state=self.state)


def _answer(status: int, **body: object) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def _problem(status: int, code: str, wait: int = 0) -> Answer:
    body = {"type": f"https://x/{code}", "detail": "no"}
    return Answer(status, {"retry-after": str(wait)} if wait else {}, json.dumps(body).encode())


def run(steps: Steps[Any], unit: Unit) -> Any:
    """To its end, or to the first error that it does not handle."""
    call = next(steps)
    try:
        while True:
            answer = unit.answer(call)
            call = steps.throw(answer) if isinstance(answer, ServiceError) else steps.send(answer)
    except StopIteration as end:
        return end.value


@given(st.lists(st.sampled_from(["", "", "broken", "answer lost", "busy"]), max_size=12))
def test_whatever_happens_on_the_way_it_arrives(tmp_path_factory: pytest.TempPathFactory, faults: list[str]) -> None:
    """A file would arrive with a hole, twice in a row, or be sent from the beginning after every cut."""
    folder = tmp_path_factory.mktemp("x")
    file = folder / "batch.sealed"
    file.write_bytes(DATA)
    unit = Unit(iter(faults))
    part, calls.PART_BYTES = calls.PART_BYTES, 1_000  # type: ignore[misc]
    try:
        for _ in range(len(faults) + 1):  # a program that is started again after each error
            try:
                found = run(calls.submit("p", file, "whole", calls.no_bar), unit)
                break
            except ServiceError as error:
                assert error.code == "unreachable"
        assert found == {"records": 1, "whole": True}
        assert unit.begun <= 1 + faults.count("answer lost")
        assert unit.sent == len(DATA)
        assert not file.with_name("batch.sealed.upload").exists()
    finally:
        calls.PART_BYTES = part  # type: ignore[misc]


def test_another_file_is_another_upload(tmp_path: Path) -> None:
    """The rest of one file would be sent as the rest of another."""
    file = tmp_path / "batch.sealed"
    note = file.with_name("batch.sealed.upload")
    file.write_bytes(DATA)
    old = {"project": "p", "kind": "whole", "sha256": hashlib.sha256(b"other").hexdigest(), "upload": "u0"}
    for found in (json.dumps(old), "no JSON", "[]"):
        note.write_text(found)
        unit = Unit(iter(()))
        assert run(calls.submit("p", file, "whole", calls.no_bar), unit)["whole"]
        assert unit.begun == 1


def test_a_refused_batch_is_not_taken_up_again(tmp_path: Path) -> None:
    """After a refusal the corrected file's upload would look like one that goes on."""
    file = tmp_path / "batch.sealed"
    file.write_bytes(b"x")
    steps = calls.submit("p", file, "whole", calls.no_bar)
    next(steps)
    steps.send(_answer(201, upload="u1", received=0, state="open"))
    steps.send(_answer(200, received=1, state="open"))
    with pytest.raises(ServiceError, match="no"):
        steps.send(_problem(422, "unhealthy"))
    assert not file.with_name("batch.sealed.upload").exists()


def test_waiting_tells_and_ends() -> None:
    """A client would wait for ever, hammer the service, or call a failure a success."""
    told: list[int] = []
    steps = calls.wait_for_job("p", "j", lambda done, total: told.append(done))
    call = next(steps)
    replies = [
        Answer(200, {"etag": '"a"'}, b'{"state":"queued","done":0.0}'), Answer(304, {}, b""), Answer(304, {}, b""),
        Answer(200, {"etag": '"b"'}, b'{"state":"running","done":0.25}'),
        Answer(200, {"etag": '"c"'}, b'{"state":"failed","done":0.25,"failure":"no-records"}'),
    ]  # fmt: skip
    pauses, tags = [], []
    with pytest.raises(StopIteration) as end:
        for reply in replies:
            call = steps.send(reply)
            pauses.append(call.after_s)
            tags.append(call.headers["if-none-match"])
    assert end.value.value["failure"] == "no-records"
    assert told == [0, 250, 250] and tags == ['"a"', '"a"', '"a"', '"b"']
    assert pauses[0] < pauses[1] < pauses[2] and pauses[3] == pauses[0]


def test_results_are_of_one_job() -> None:
    """Names of two jobs would be mixed in one list."""
    steps = calls.list_results("p")
    next(steps)
    more = Answer(200, {"link": '</v1/projects/p/results?cursor=c>; rel="next"'}, b'{"results":[{"handle":"old"}]}')
    assert "cursor=c" in steps.send(more).path
    assert "cursor" not in steps.send(_problem(412, "stale")).path
    with pytest.raises(StopIteration) as end:
        steps.send(Answer(200, {}, b'{"results":[{"handle":"new"}]}'))
    assert end.value.value == [{"handle": "new"}]
