"""Verb: match one. A fresh record of an agency, held against the standing index of the project's last job.

1. The agency has joined, is not blocked, and a job has left an index.
2. The container is the agency's own and holds one record made under the project's plan and linkage secret.
3. The question is within the quotas and does not look like probing, or the refusal is entered, once, and for a while
   nothing is answered.
4. Candidates by shared keys, weights by the job's model, one verdict; records deleted since do not count.
5. What may be told: the agency's own name for the child if it has records of it; that others know it, yes or no, only
   where the project states a basis. Otherwise the answer is that of an unknown child, byte for byte.
6. Entry `match.one` with the hash of the answer, and in its transaction the question's sketch, once step 3 holds
   against what was asked meanwhile as well: many questions sent at once are judged one after the other.

May touch: database, disk
Sees:      keys of one record, clusters
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from audit.events import Reason
from audit.release import Release
from audit.shapes import Fact
from linkage.asked_before import asked_before
from linkage.caller import Caller
from linkage.encoded import VISIBLE
from linkage.flows.manage_projects import find_project, joined_member, plan_of_project
from linkage.fresh_record import FreshRecord, open_record
from linkage.job_files import open_table
from linkage.job_index import JobIndex, open_index
from linkage.job_results import pseudonym_of
from linkage.matching.agreement import levels_fast
from linkage.matching.decide import LINK_PROBABILITY
from linkage.matching.one import Verdict, judge
from linkage.matching.weights import probability
from linkage.plan import Plan
from linkage.quotas import HOUR_MS, Asked, Quota, Rule, blocked_for_ms, broken_rule, sketch_of
from linkage.refusals import Refused, Why
from linkage.store import jobs, matches, results
from linkage.store.projects import Project
from linkage.store.results import Result
from linkage.unit import Unit, request_sha256

NAME_BIT: Final = 1
"""Of the visible bits: "has a name"."""
_BUCKETS: Final = 10


class Known(StrEnum):
    """What is answered."""

    MATCH = "match"
    UNSURE = "unsure"  # a person would have to look
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer before it is bytes."""

    known: Known
    pseudonym: bytes | None
    known_elsewhere: bool | None


@dataclass(frozen=True, slots=True)
class _Place:
    """What was read before; `asked` are the questions since `from_ms`, which only ever become more."""

    from_ms: int
    project: Project
    plan: Plan
    verifying_key: str
    result: Result | None
    index: JobIndex
    job: str
    asked: Asked
    in_a_day: int

    @property
    def slots(self) -> list[int]:
        return [key_type.slots for key_type in self.plan.schema.key_types]


def match_one(unit: Unit, caller: Caller, project: str, sealed: bytes, quota: Quota) -> Release:
    """The answer as JSON: `job`, `known`, `pseudonym`, `known_elsewhere`."""
    place = _read(unit, caller, project)  # 1
    expected: dict[str, str | int] = {
        "project": project, "agency": caller.agency or "", "epoch": place.project.epoch,
        "fingerprint": place.project.fingerprint,
    }  # fmt: skip
    record = open_record(sealed, expected, place.verifying_key, unit.keys.opening, place.plan)  # 2
    if record.secret != place.index.secret:
        raise Refused(Why.PARAMETERS_DIFFER, "record: encoded under another linkage secret than the standing records")
    sketch, now = sketch_of(record.keys), unit.now_ms()
    rule = broken_rule(sketch, place.slots, place.asked, place.in_a_day, now, quota)  # 3
    if rule is not None:
        _refuse(unit, caller, project, rule, record, max(0, quota.per_day - place.in_a_day))
    verdict, own, others = _verdict(unit, project, place, record, caller.agency or "")  # 4
    told = _told(unit, place, verdict, own, others)  # 5
    try:
        return _answer(unit, caller, place, record, told, verdict, sketch, quota)  # 6
    except _BrokenMeanwhileError as broken:
        _refuse(unit, caller, project, broken.rule, record, max(0, quota.per_day - place.in_a_day))


class _BrokenMeanwhileError(Exception):
    """Questions that were answered since step 3 make this one break a rule."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.rule = rule


def _read(unit: Unit, caller: Caller, code: str) -> _Place:
    agency, now = caller.agency or "", unit.now_ms()
    from_ms = now - HOUR_MS
    with unit.database.reading() as connection:
        project = find_project(connection, caller, code)
        member = joined_member(connection, caller, project)
        standing = _unless_blocked(connection, code, agency, now)
        job = jobs.last_done(connection, code)
        result = results.current(connection, code, agency)
        asked = asked_before(connection, unit.folder, code, agency, from_ms)
    if project.terms.scheme != "match-keys":
        raise Refused(Why.WRONG_STATE, "project: records of its scheme are not matched one at a time")
    if job is None:
        raise Refused(Why.WRONG_STATE, "project: nothing was matched yet", hint="start a job first")
    plan = plan_of_project(project)
    index = open_index(unit, job)
    return _Place(from_ms, project, plan, member.verifying_key or "", result, index, job.id, asked, standing.in_a_day)


def _unless_blocked(connection: Connection, project: str, agency: str, now: int) -> matches.Standing:
    found = matches.standing(connection, project, agency, now)
    if found.blocked is not None:
        rule, until = found.blocked
        _raise(rule, until - now)
    return found


def _refuse(unit: Unit, caller: Caller, project: str, rule: Rule, record: FreshRecord, left: int) -> NoReturn:
    """Enter it, unless another question just was, block the agency for a while, and raise."""
    now = unit.now_ms()
    until = now + blocked_for_ms(rule)

    def note(connection: Connection) -> None:
        _unless_blocked(connection, project, caller.agency or "", now)
        matches.block(connection, project, caller.agency or "", rule, until)

    facts: dict[str, Fact] = {"project": project, "rule": str(rule), "quota_left": left}
    denied = unit.deny(Reason.PROBING if rule is Rule.PROBING else Reason.QUOTA_SPENT)
    request = request_sha256({"project": project, "record": record.digest})
    unit.enter(caller, "match.refuse", facts, within=note, decision=denied, input=request)
    _raise(rule, blocked_for_ms(rule))


def _raise(rule: Rule, wait_ms: int) -> NoReturn:
    why = Why.PROBING if rule is Rule.PROBING else Why.QUOTA_SPENT
    raise Refused(why, f"match: {rule}", retry_after_s=max(1, -(-wait_ms // 1000)))


def _verdict(
    unit: Unit, project: str, place: _Place, record: FreshRecord, agency: str
) -> tuple[Verdict | None, list[int], bool]:
    """The verdict, the agency's own rows of its cluster, and whether others have records there."""
    index, weigher = place.index.index, place.index.weigher
    number = place.index.agencies.index(agency) if agency in place.index.agencies else None
    found = index.find(record.keys)
    clusters = index.cluster[found.rows].astype(np.int64)
    members = {int(cluster): index.members(int(cluster)) for cluster in np.unique(clusters)}
    gone = _gone(unit, project, place.index, members)
    members = {cluster: rows[~np.isin(rows, gone)] for cluster, rows in members.items()}
    stands = ~np.isin(found.rows, gone)
    rows, agreeing, clusters = found.rows[stands], found.agreeing[stands], clusters[stands]
    flags = (index.visible[rows] & record.visible).astype(np.int64)
    levels = levels_fast(place.plan.schema, agreeing) if len(rows) else np.zeros((0, 0), dtype=np.int16)
    for column, comparison in enumerate(place.plan.schema.comparisons if len(rows) else ()):
        if comparison.visible is not None:
            bit = 1 << VISIBLE.index(comparison.visible)
            levels[(flags & bit) == 0, column] = -1
    cells = weigher.cells(number, index.source[rows].astype(np.int64), flags)
    named = (index.visible[rows] & NAME_BIT).astype(bool)
    sizes = {cluster: (len(each), int((index.visible[each] & NAME_BIT).sum())) for cluster, each in members.items()}
    verdict = judge(
        weigher.weights(levels, cells), clusters, named, bool(record.visible & NAME_BIT), sizes
    )  # fmt: skip
    if verdict is None:
        return None, [], False
    inside = members[verdict.cluster]
    is_own = index.source[inside] == (-1 if number is None else number)
    return verdict, inside[is_own].tolist(), bool((~is_own).any())


def _gone(unit: Unit, project: str, index: JobIndex, members: dict[int, NDArray[np.int64]]) -> NDArray[np.int64]:
    """Rows of records that were deleted since the job."""
    rows = np.concatenate([*members.values(), np.zeros(0, dtype=np.int64)])
    names = {index.name_of(int(row)): int(row) for row in rows}
    if not names:
        return rows
    with unit.database.reading() as connection:
        gone = matches.deleted_since(connection, project, names, index.last_numbers)
    return np.array([names[each] for each in gone if each in names], dtype=np.int64)


def _told(unit: Unit, place: _Place, verdict: Verdict | None, own: list[int], others: bool) -> Told:
    may_tell = bool(place.project.terms.elsewhere_basis)
    if verdict is None or not (verdict.is_match or verdict.is_unsure):
        return Told(Known.NONE, None, False if may_tell else None)
    if own and place.result is not None:
        table = open_table(unit, place.result.file, place.result.sha256)
        name = pseudonym_of(table, place.index.name_of(own[0])[1])
        known = Known.MATCH if verdict.is_match else Known.UNSURE
        return Told(known, name, others and verdict.is_match if may_tell else None)
    if may_tell and verdict.is_match:
        return Told(Known.MATCH, None, True)
    return Told(Known.NONE, None, False if may_tell else None)


def _answer(
    unit: Unit, caller: Caller, place: _Place, record: FreshRecord, told: Told, verdict: Verdict | None,
    sketch: bytes, quota: Quota,
) -> Release:  # fmt: skip
    agency, now, project = caller.agency or "", unit.now_ms(), place.project.code
    req = unit.next_req(now)
    left = quota.per_day - place.in_a_day - 1

    def note(connection: Connection) -> None:
        in_a_day = _unless_blocked(connection, project, agency, now).in_a_day
        if matches.count_since(connection, project, agency, place.from_ms) != len(place.asked.sketches):
            asked = matches.asked_since(connection, project, agency, place.from_ms)
            rule = broken_rule(sketch, place.slots, asked, in_a_day, now, quota)
            if rule is not None:
                raise _BrokenMeanwhileError(rule)
        matches.note(connection, project, agency, req, now, sketch)

    weight = verdict.weight if verdict is not None and told.known is not Known.NONE else -np.inf
    bucket = min(_BUCKETS - 1, int(float(probability(np.array([weight]))[0]) * _BUCKETS))
    facts: dict[str, Fact] = {
        "project": project, "model": place.index.model_sha256, "threshold_millionths": int(LINK_PROBABILITY * 1e6),
        "score_bucket": bucket, "quota_left": left,
    }  # fmt: skip
    body = {
        "job": place.job,
        "known": str(told.known),
        "pseudonym": told.pseudonym.hex() if told.pseudonym else None,
        "known_elsewhere": told.known_elsewhere,
    }
    data = json.dumps(body, separators=(",", ":")).encode()
    allowed = unit.allow(Reason.MEMBER, Reason.WITHIN_QUOTA)
    request = request_sha256({"project": project, "record": record.digest})
    return unit.let_go(
        caller, "match.one", facts, data, int(told.known is not Known.NONE), within=note, decision=allowed,
        input=request, prev=place.job, req=req,
    )  # fmt: skip
