"""Subjects' requests to their end, on both engines and across crashes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from review_pairs import PROJECT, handle
from service_site import ServiceSite, caller, who

from api.auth.permissions import Role
from api.linkage import subject_routes
from audit.entry import Entry, read
from linkage.flows.answer_subject_task import answer_task
from linkage.flows.follow_subjects import follow_subjects
from linkage.flows.open_subject_request import open_for_pseudonym, open_for_record
from linkage.flows.read_subjects import list_overdue, list_tasks, read_request, read_task
from linkage.records import Holder
from linkage.refusals import Refused, Why
from linkage.store import subjects
from linkage.subjects import Refusal, RequestState, Right, TaskAnswer, Terms
from linkage.unit import Unit

WORKER, OPERATOR = caller(subject="worker"), caller()
TERMS = Terms()


@dataclass
class Cluster:
    """One cluster; what stands in it, and what the project lets show."""

    records: set[Holder]
    pseudonyms: dict[tuple[str, str], list[Holder]] = field(default_factory=dict)
    may_show: bool = False

    def stands(self, unit: Unit, project: str, agency: str, handle: bytes) -> bool:
        return project == PROJECT and Holder(agency, handle) in self.records

    def holders(self, unit: Unit, project: str, agency: str, handle: bytes) -> list[Holder]:
        return list(self.records)

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> list[Holder]:
        return self.pseudonyms.get((agency, pseudonym), [])

    def elsewhere_may_show(self, unit: Unit, project: str) -> bool:
        return self.may_show


def three() -> Cluster:
    return Cluster({Holder("police", handle(1)), Holder("hospital", handle(2)), Holder("school", handle(3))})


def refused(why: Why) -> Any:
    return pytest.raises(Refused, check=lambda error: error.why is why)


def entries(place: ServiceSite) -> list[Entry]:
    log = place.unit.log
    return [read(data) for data in log.entries(0, log.head().size)]


def answer(place: ServiceSite, records: Cluster, agency: str, said: TaskAnswer, reason: Refusal | None = None) -> None:
    (task,) = list_tasks(place.unit, caller(agency), PROJECT, "", 9)
    answer_task(place.unit, caller(agency), records, PROJECT, task.id, task.version, said, reason)


def test_every_agency_answers_and_then_it_is_closed(place: ServiceSite) -> None:
    """A subject's request would end at the agency that took it."""
    records = three()
    police = caller("police")
    made = open_for_record(place.unit, police, records, TERMS, PROJECT, handle(1), Right.DELETION)
    with refused(Why.EXISTS):
        open_for_record(place.unit, police, records, TERMS, PROJECT, handle(1), Right.DELETION)
    for agency, number in (("police", 1), ("hospital", 2), ("school", 3)):
        (task,) = list_tasks(place.unit, caller(agency), PROJECT, "", 9)
        assert task.handle == handle(number)
    answer(place, records, "school", TaskAnswer.REFUSED, Refusal.LEGAL_RETENTION)
    with refused(Why.WRONG_STATE):
        answer(place, records, "hospital", TaskAnswer.DONE)
    records.records -= {Holder("hospital", handle(2)), Holder("police", handle(1))}
    answer(place, records, "hospital", TaskAnswer.DONE)
    assert entries(place)[-1].facts["change"] == "answered"
    answer(place, records, "police", TaskAnswer.NO_RECORD)
    found = [(each.facts["agency"], each.facts["change"]) for each in entries(place)]
    assert found == [
        ("police", "received"),
        ("hospital", "forwarded"),
        ("police", "forwarded"),
        ("school", "forwarded"),
        ("school", "refused"),
        ("hospital", "answered"),
        ("police", "answered"),
        ("police", "closed"),
    ]
    assert entries(place)[-1].prev == made.id
    with refused(Why.WRONG_STATE):
        answer(place, records, "police", TaskAnswer.NO_RECORD)
    with place.unit.database.writing() as connection:
        assert subjects.forget_closed(connection, PROJECT, place.unit.now_ms() + 1) == 1
    assert list_tasks(place.unit, caller("police"), PROJECT, "", 9) == []


def test_no_agency_sees_anothers_part(place: ServiceSite) -> None:
    """A request would tell each agency which others know the child."""
    records = three()
    made = open_for_record(place.unit, caller("police"), records, TERMS, PROJECT, handle(1), Right.ACCESS)
    (foreign,) = list_tasks(place.unit, caller("hospital"), PROJECT, "", 9)
    with refused(Why.NOT_FOUND):
        read_task(place.unit, caller("police"), PROJECT, foreign.id)
    with refused(Why.NOT_FOUND):
        answer_task(place.unit, caller("police"), records, PROJECT, foreign.id, 2, TaskAnswer.DONE, None)
    with refused(Why.NOT_FOUND):
        read_request(place.unit, caller("hospital"), records, PROJECT, made.id)
    with refused(Why.NOT_FOUND):
        open_for_record(place.unit, caller("police"), records, TERMS, PROJECT, handle(2), Right.ACCESS)
    alone = Cluster({Holder("police", handle(9))})
    lonely = open_for_record(place.unit, caller("police"), alone, TERMS, PROJECT, handle(9), Right.ACCESS)
    shown = [read_request(place.unit, caller("police"), records, PROJECT, each.id)[1] for each in (made, lonely)]
    assert shown[0] == shown[1]


def test_what_is_late_is_listed_and_stays_open(place: ServiceSite) -> None:
    """A request could be closed by waiting, or be forgotten."""
    records = three()
    made = open_for_record(place.unit, caller("police"), records, TERMS, PROJECT, handle(1), Right.CORRECTION)
    answer(place, records, "police", TaskAnswer.DONE)
    assert list_overdue(place.unit, PROJECT, "", 9) == []
    place.shift_ms[0] += 40 * 24 * 3600 * 1000
    assert {each.agency for each in list_overdue(place.unit, PROJECT, "", 9)} == {"hospital", "school"}
    assert follow_subjects(place.unit, WORKER) == 0
    _, far = read_request(place.unit, caller("police"), records, PROJECT, made.id)
    assert (far.state, far.overdue) == (RequestState.OPEN, True)


def test_the_operator_opens_for_a_pseudonym(place: ServiceSite) -> None:
    """A subject who turns to the unit would be sent away."""
    records = three()
    records.pseudonyms["hospital", "abc"] = [Holder("hospital", handle(2))]
    with refused(Why.NOT_FOUND):
        open_for_pseudonym(place.unit, OPERATOR, records, TERMS, PROJECT, "school", "abc", Right.ACCESS)
    made = open_for_pseudonym(place.unit, OPERATOR, records, TERMS, PROJECT, "hospital", "abc", Right.ACCESS)
    _, far = read_request(place.unit, OPERATOR, records, PROJECT, made.id)
    assert (far.open, far.answered) == (3, 0)


class _Killed(BaseException):
    """The process died."""


@pytest.mark.parametrize("seed", range(12))
def test_whatever_dies_the_request_comes_to_its_end(
    place_sqlite: ServiceSite, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A crash between two entries would leave an agency without its task, or a request open for ever."""
    place, chance = place_sqlite, random.Random(seed)
    names = ["police", *chance.sample(["hospital", "school", "shelter", "welfare"], chance.randint(0, 4))]
    records = Cluster({Holder(name, handle(at)) for at, name in enumerate(names)})
    enter = type(place.unit).enter

    def dying(*args: Any, **parts: Any) -> Any:
        late = chance.random()
        if late < 0.2:
            raise _Killed
        receipt = enter(*args, **parts)
        if late > 0.8:
            raise _Killed
        return receipt

    monkeypatch.setattr(type(place.unit), "enter", dying)

    def attempt(act: Any, *args: Any) -> None:
        try:
            act(*args)
        except (_Killed, Refused):
            return

    def open_tasks() -> int:
        return sum(
            each.state == "open" for name in names for each in list_tasks(place.unit, caller(name), PROJECT, "", 9)
        )

    def again() -> None:
        open_for_record(place.unit, caller("police"), records, TERMS, PROJECT, handle(0), Right.ACCESS)

    while not entries(place):
        attempt(again)
    for _ in range(200):
        attempt(follow_subjects, place.unit, WORKER)
        name = chance.choice(names)
        said = chance.choice([(TaskAnswer.DONE, None), (TaskAnswer.REFUSED, Refusal.IDENTITY_UNPROVEN)])
        for task in list_tasks(place.unit, caller(name), PROJECT, "", 9):
            attempt(answer_task, place.unit, caller(name), records, PROJECT, task.id, task.version, said[0], said[1])
        if entries(place)[-1].facts["change"] == "closed":
            break
    monkeypatch.undo()
    assert follow_subjects(place.unit, WORKER) == 0
    assert open_tasks() == 0
    changes = [str(each.facts["change"]) for each in entries(place)]
    assert (changes[0], changes[-1]) == ("received", "closed")
    assert (changes.count("received"), changes.count("closed")) == (1, 1)
    forwarded = sorted(str(each.facts["agency"]) for each in entries(place) if each.facts["change"] == "forwarded")
    assert forwarded == sorted(names)
    assert changes.count("answered") + changes.count("refused") == len(names)


def test_over_http(place_sqlite: ServiceSite) -> None:
    """Routes could miss their flows, show an agency, or let the wrong role in."""
    records = three()
    records.pseudonyms["hospital", "abc"] = [Holder("hospital", handle(2))]
    app = place_sqlite.app(subject_routes.router)
    app.state.subject_records = records
    base = f"/v1/projects/{PROJECT}"
    police, hospital, school = (who(Role.AGENCY, agency) for agency in ("police", "hospital", "school"))
    operator, reviewer = who(Role.OPERATOR), who(Role.REVIEWER)
    with TestClient(app) as http:
        body = {"handle": handle(1).hex(), "right": "correction"}
        made = http.post(f"{base}/subject-requests", json=body, headers=police)
        assert made.status_code == 201
        assert not [word for word in ("hospital", "school", handle(2).hex()) if word in made.text]
        assert made.json()["open_tasks"] is None
        assert http.post(f"{base}/subject-requests", json=body, headers=operator).status_code == 403
        assert http.get(f"{base}/subject-tasks", headers=reviewer).status_code == 403
        asked = {"agency": "hospital", "pseudonym": "abc", "right": "access"}
        managed = http.post(f"{base}/subject-requests/by-pseudonym", json=asked, headers=operator)
        assert (managed.status_code, managed.json()["open_tasks"], managed.json()["handle"]) == (201, 3, None)
        for agency in (police, hospital, school):
            for task in http.get(f"{base}/subject-tasks", headers=agency).json()["tasks"]:
                path = f"{base}/subject-tasks/{task['task']}"
                tag = http.get(path, headers=agency).headers["etag"]
                put = {**agency, "If-Match": tag}
                wrong = http.put(f"{path}/answer", json={"answer": "refused"}, headers=put)
                assert wrong.status_code == 422
                assert http.put(f"{path}/answer", json={"answer": "done"}, headers=put).status_code == 204
        listed = http.get(f"{base}/subject-requests/by-pseudonym", headers=operator).json()["requests"]
        assert [(each["state"], each["answered_tasks"]) for each in listed] == [("closed", 3)]
        own = http.get(f"{base}/subject-requests", headers=police).json()["requests"]
        assert [each["state"] for each in own] == ["open"]  # closed, and not to be told before its day
        records.may_show = True
        own = http.get(f"{base}/subject-requests", headers=police).json()["requests"]
        assert [(each["state"], each["answered_tasks"]) for each in own] == [("closed", 3)]
        assert http.get(f"{base}/subject-tasks/overdue", headers=operator).json() == {"tasks": []}
