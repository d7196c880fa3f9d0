"""One record at a time: who is known, what may be told of it, and who asks too much."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch_site import PROJECT, Agency
from fastapi.testclient import TestClient
from job_site import run
from keyed_children import Children, handles
from match_site import KEYED, body, fresh, header, matched, send_children
from service_site import ServiceSite, caller, who
from test_run_job import names

from api.auth.permissions import Role
from api.linkage.routers import ROUTERS
from audit.commitments import hash_output
from audit.entry import read
from linkage.batches import BatchKind
from linkage.encoded import read_batch
from linkage.encoding.sealed_batch import seal_batch
from linkage.flows import match_one as flow
from linkage.flows.change_records import delete_record
from linkage.flows.forget_questions import forget_questions
from linkage.flows.manage_projects import change_project, plan_of_terms
from linkage.flows.match_one import match_one
from linkage.flows.run_job import Rules, match_batches, observables
from linkage.flows.warm_indexes import warm_indexes
from linkage.job_index import is_open, let_go
from linkage.job_records import stage
from linkage.matching.kept import keep, take_up
from linkage.matching.one import Weigher
from linkage.quotas import DAY_MS, HOUR_MS, MOST_ALIKE, Quota
from linkage.refusals import Refused, Why
from linkage.sealed_batch import BodyForm
from linkage.store.batches import deleted
from linkage.store.jobs import last_done

POLICE = who(Role.AGENCY, "police")
PATH = f"/v1/projects/{PROJECT}/match"


def entries(place: ServiceSite, event: str) -> list[Any]:
    log = place.unit.log
    return [each for data in log.entries(0, log.head().size) if (each := read(data)).event == event]


def ask(place: ServiceSite, sealed: bytes, agency: str = "police", quota: Quota | None = None) -> dict[str, Any]:
    found = match_one(place.unit, caller(agency), PROJECT, sealed, quota or Quota())
    return dict(json.loads(found.data))


def refused(why: Why, place: ServiceSite, sealed: bytes, **given: Any) -> None:
    with pytest.raises(Refused) as error:
        ask(place, sealed, **given)
    assert error.value.why is why


def test_the_known_are_known(place: ServiceSite, tmp_path: Path) -> None:
    """A child at the door would stay nobody, or be taken for another one."""
    police, _ = matched(place, tmp_path)
    named = names(place, "police")
    known = 0
    for child in range(150, 190):
        found = ask(place, fresh(place, tmp_path, police, 50_000 + child, child))
        own = named[handles(np.array([child]))[0].tobytes()].hex()
        assert found["pseudonym"] in (own, None) and found["known_elsewhere"] is None
        known += found["known"] == "match"
    assert known >= 38
    for child in range(700, 710):
        found = ask(place, fresh(place, tmp_path, police, 60_000 + child, child))
        assert (found["known"], found["pseudonym"]) == ("none", None)
    (first, *_) = entries(place, "match.one")
    assert first.facts["quota_left"] == Quota().per_day - 1 and first.output.n == 1


def test_others_records_do_not_show(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Without a basis, an answer would tell whom other agencies know; with one, which agency, or how sure."""
    police, _ = matched(place_sqlite, tmp_path)
    others = fresh(place_sqlite, tmp_path, police, 50_001, 500, spoilt=0.0)
    nobodys = fresh(place_sqlite, tmp_path, police, 50_002, 9_999)
    assert ask(place_sqlite, others) == ask(place_sqlite, nobodys)
    change_project(place_sqlite.unit, caller(), PROJECT, 1, elsewhere_basis="law-9")
    told = ask(place_sqlite, others)
    assert (told["known"], told["pseudonym"], told["known_elsewhere"]) == ("match", None, True)
    assert ask(place_sqlite, nobodys)["known_elsewhere"] is False
    both = ask(place_sqlite, fresh(place_sqlite, tmp_path, police, 50_003, 300, spoilt=0.0))
    assert (both["known"], both["known_elsewhere"]) == ("match", True) and both["pseudonym"]
    alone = ask(place_sqlite, fresh(place_sqlite, tmp_path, police, 50_004, 10, spoilt=0.0))
    assert (alone["known"], alone["known_elsewhere"]) == ("match", False)


def test_what_was_deleted_is_forgotten_at_once(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A deleted record would answer for its child until the next job."""
    police, _ = matched(place_sqlite, tmp_path)
    sealed = fresh(place_sqlite, tmp_path, police, 50_001, 10, spoilt=0.0)
    assert ask(place_sqlite, sealed)["known"] == "match"
    delete_record(place_sqlite.unit, caller("police"), PROJECT, handles(np.array([10]))[0].tobytes())
    assert ask(place_sqlite, sealed)["known"] == "none"
    send_children(place_sqlite, tmp_path, police, 0, [10])
    run(place_sqlite)
    assert ask(place_sqlite, sealed)["known"] == "match"


def test_a_new_whole_file_brings_no_deleted_record_back(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Between a whole file and its job, the door would answer for a child whose record was deleted."""
    police, _ = matched(place_sqlite, tmp_path)
    sealed = fresh(place_sqlite, tmp_path, police, 50_001, 10, spoilt=0.0)
    delete_record(place_sqlite.unit, caller("police"), PROJECT, handles(np.array([10]))[0].tobytes())
    send_children(place_sqlite, tmp_path, police, 0, range(20, 400), BatchKind.WHOLE)
    assert ask(place_sqlite, sealed)["known"] == "none"
    run(place_sqlite)
    assert ask(place_sqlite, sealed)["known"] == "none"
    with place_sqlite.unit.database.reading() as connection:
        assert not deleted(connection, PROJECT, "police")  # nothing needs to be remembered any more


def test_guessing_is_refused_and_entered_once(place: ServiceSite, tmp_path: Path) -> None:
    """Somebody could try out who is known; or fill the log by trying."""
    police, hospital = matched(place, tmp_path)
    guesses = [fresh(place, tmp_path, police, 50_000 + n, 10, spoilt=0.05) for n in range(MOST_ALIKE + 2)]
    for guess in guesses[:MOST_ALIKE]:
        ask(place, guess)
    for guess in (*guesses[MOST_ALIKE:], fresh(place, tmp_path, police, 1, 300)):
        refused(Why.PROBING, place, guess)
    (entry,) = entries(place, "match.refuse")
    assert (entry.facts["rule"], entry.decision.outcome) == ("probing", "deny")
    assert len(entries(place, "match.one")) == MOST_ALIKE
    assert ask(place, fresh(place, tmp_path, hospital, 1, 300), agency="hospital")["known"] == "match"
    place.shift_ms[0] += HOUR_MS + 1
    assert ask(place, guesses[-1])["job"]
    assert forget_questions(place.unit) == 1  # the block
    place.shift_ms[0] += DAY_MS
    assert forget_questions(place.unit) == MOST_ALIKE + 2


def test_guesses_sent_at_once_are_judged_one_after_the_other(
    place: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends all guesses in one moment would have an answer to each of them."""
    police, _ = matched(place, tmp_path)
    guesses = [fresh(place, tmp_path, police, 50_000 + n, 10, spoilt=0.0) for n in range(MOST_ALIKE + 3)]
    start, told = threading.Barrier(len(guesses), timeout=60), flow._told

    def told_together(*given: Any) -> flow.Told:
        start.wait()  # all were held against the questions before them, and none is entered yet
        return told(*given)

    monkeypatch.setattr(flow, "_told", told_together)
    with ThreadPoolExecutor(len(guesses)) as pool:
        ends = [each.exception() for each in [pool.submit(ask, place, guess) for guess in guesses]]
    refusals = [each for each in ends if isinstance(each, Refused)]
    assert len(refusals) == 3 == sum(each is not None for each in ends)
    assert {each.why for each in refusals} == {Why.PROBING}
    assert len(entries(place, "match.one")) == MOST_ALIKE and len(entries(place, "match.refuse")) == 1


def test_the_quota_is_exact(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """An agency could ask more than it may, or be refused before it has."""
    police, _ = matched(place_sqlite, tmp_path)
    sealed = [fresh(place_sqlite, tmp_path, police, n, n) for n in (1, 2, 3)]
    quota = Quota(per_day=2)
    for each in sealed[:2]:
        ask(place_sqlite, each, quota=quota)
    refused(Why.QUOTA_SPENT, place_sqlite, sealed[2], quota=quota)
    assert [each.facts["quota_left"] for each in entries(place_sqlite, "match.one")] == [1, 0]
    assert [each.facts["rule"] for each in entries(place_sqlite, "match.refuse")] == ["quota-day"]


def test_only_ones_own_fresh_record_is_taken(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """A record from somebody else, of other parameters, or a whole file would be answered."""
    place = place_sqlite
    police, hospital = matched(place, tmp_path)
    refused(Why.UNSEALED, place, b"nothing")
    refused(Why.UNSEALED, place, fresh(place, tmp_path, hospital, 1, 1))
    refused(Why.UNSEALED, place, fresh(place, tmp_path, Agency("police"), 1, 1))
    refused(Why.PARAMETERS_DIFFER, place, fresh(place, tmp_path, police, 1, 1, fingerprint="0" * 64))
    refused(Why.PARAMETERS_DIFFER, place, fresh(place, tmp_path, police, 1, 1, project="other"))
    refused(Why.PARAMETERS_DIFFER, place, fresh(place, tmp_path, police, 1, 1, epoch=2))
    refused(Why.PARAMETERS_DIFFER, place, fresh(place, tmp_path, police, 1, 1, secret="0" * 16))
    refused(Why.MALFORMED, place, fresh(place, tmp_path, police, 1, 1, form=BodyForm.PARQUET))
    assert ask(place, fresh(place, tmp_path, police, 1, 1, form=BodyForm.NDJSON))["known"] == "match"
    numbers = np.array([1, 2])
    Children(plan_of_terms(KEYED)).write(tmp_path / "two.batch", header("police", 2), numbers, numbers)
    unit = place.unit.keys.opening.sealing_key
    seal_batch(read_batch(tmp_path / "two.batch"), tmp_path / "two.sealed", unit, police.signing)
    refused(Why.MALFORMED, place, (tmp_path / "two.sealed").read_bytes())
    with pytest.raises(Refused) as stranger:
        ask(place, fresh(place, tmp_path, police, 1, 1), agency="school")
    assert stranger.value.why is Why.NOT_FOUND
    assert len(entries(place, "match.one")) == 1


def test_a_single_record_is_weighed_as_a_job_weighs_it(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """The door and the job would say different things of the same child."""
    matched(place_sqlite, tmp_path)
    plan = plan_of_terms(KEYED)
    found = match_batches(stage(place_sqlite.unit, PROJECT).batches, plan, Rules())
    made = Weigher(found.model, found.patterns.possible, observables(plan), 2)
    kept, about = take_up(keep(made, {"x": 1}))
    assert about == {"x": 1}
    for weigher in (made, kept):
        weights = weigher.weights(found.patterns.levels.astype(np.int16), found.patterns.cell)
        np.testing.assert_allclose(weights[found.pattern], found.weight, rtol=1e-9, atol=1e-9)
    never = made.cells(None, np.array([0, 1]), np.array([3, 1]))
    assert never.tolist() == [-4, -2]
    best = found.patterns.levels[[found.pattern[int(np.argmax(found.weight))]]].astype(np.int16)
    assert np.isfinite(made.weights(np.repeat(best, 2, axis=0), never)).all()


def test_the_index_of_the_last_job_is_open_before_anybody_asks(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """The first question after a job would wait while gigabytes are read; or old indexes would fill the disk unseen."""
    police, _ = matched(place_sqlite, tmp_path)
    unit = place_sqlite.unit
    with unit.database.reading() as connection:
        first = last_done(connection, PROJECT)
    assert first is not None and not is_open(unit, first)
    assert warm_indexes(unit) == 1 and is_open(unit, first)
    assert warm_indexes(unit) == 0
    second = run(place_sqlite)
    assert warm_indexes(unit) == 1 and is_open(unit, second) and not is_open(unit, first)
    sealed = fresh(place_sqlite, tmp_path, police, 50_001, 10, spoilt=0.0)
    assert ask(place_sqlite, sealed)["job"] == second.id
    let_go(unit, set())
    assert not is_open(unit, second) and ask(place_sqlite, sealed)["known"] == "match"


def test_over_http(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """The route could miss its flow, or an answer leave that the log does not name."""
    police, _ = matched(place_sqlite, tmp_path)
    app = place_sqlite.app(*ROUTERS)
    app.state.match_quota = Quota(per_day=3, per_minute=2)
    with TestClient(app) as http:
        asked = body(fresh(place_sqlite, tmp_path, police, 1, 10))
        headers = {**POLICE, "idempotency-key": "k1"}
        answer = http.post(PATH, json=asked, headers=headers)
        assert answer.json()["known"] == "match"
        assert http.post(PATH, json=asked, headers=headers).content == answer.content
        (entry,) = entries(place_sqlite, "match.one")
        assert entry.output.sha256 == hash_output(answer.content, bytes.fromhex(answer.headers["sealink-salt"]))
        assert http.post(PATH, json={"record": "AQID"}, headers=POLICE).status_code == 422
        assert http.post(PATH, json={"record": "A"}, headers=POLICE).status_code == 422
        assert http.post(PATH, json=asked, headers=who(Role.OPERATOR)).status_code == 403
        assert http.post(PATH, json=body(fresh(place_sqlite, tmp_path, police, 2, 11)), headers=POLICE).is_success
        late = http.post(PATH, json=body(fresh(place_sqlite, tmp_path, police, 3, 12)), headers=POLICE)
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        assert late.json()["type"].endswith("quota-spent")
