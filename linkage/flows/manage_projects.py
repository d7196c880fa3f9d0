"""Verbs of the operator: create, change and close a project; and reading it, for whoever is in it.

1. The plan is made from the terms, the same everywhere; terms that no plan keeps the floor for are refused, and so are
   members whom the unit's register of agencies does not have.
2. Entry `project.change` with the hash of the terms, and in its transaction the rows.
Foreign and absent projects are the same NOT_FOUND.

May touch: database, disk (schema and its tables)
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from audit.events import Reason
from audit.shapes import is_code
from linkage.agencies import AgencyState
from linkage.caller import Caller
from linkage.errors import LinkageError
from linkage.flows.plan_for_batches import plan_for_batches
from linkage.plan import Plan
from linkage.projects import LONGEST_RETENTION_DAYS, MemberState, ProjectState, Terms
from linkage.refusals import Refused, Why
from linkage.schema import BUILT_IN
from linkage.store import agencies
from linkage.store import projects as store
from linkage.store.projects import Member, Project
from linkage.unit import Unit

DAY_MS = 24 * 3_600_000

_ASK: Final = "ask the operator for the code, and whether your agency is a member"


def create_project(unit: Unit, caller: Caller, code: str, terms: Terms) -> Project:
    """A new project in its first epoch, its members invited."""
    if not is_code(code):
        raise Refused(Why.MALFORMED, "project: its code is lower-case words without a run of eight digits")
    _check(terms)
    now = unit.now_ms()
    until = now + terms.retention_days * DAY_MS
    made = Project(code, terms, plan_of_terms(terms).fingerprint, 1, until, ProjectState.OPEN, now, 1)

    def note(connection: Connection) -> None:
        if store.find(connection, code, None) is not None:
            raise Refused(Why.EXISTS, "project: its code is taken")
        _check_new(connection, terms.members)
        store.add(connection, made)
        for agency in terms.members:
            store.invite(connection, code, agency)

    _enter(unit, caller, code, terms, "created", note)
    return made


def change_project(
    unit: Unit,
    caller: Caller,
    code: str,
    version: int,
    *,
    elsewhere_basis: str | None = None,
    retention_days: int | None = None,
    members: tuple[str, ...] | None = None,
) -> Project:
    """Other result policy, retention or members; `version` is the one that was read."""
    before = _open_at(unit, code, version)
    terms = before.terms.changed(elsewhere_basis=elsewhere_basis, retention_days=retention_days, members=members)
    _check(terms)
    until = before.created_ms + terms.retention_days * DAY_MS
    after = replace(before, terms=terms, until_ms=until, version=version + 1)

    def note(connection: Connection) -> None:
        _replace(connection, after)
        _check_new(connection, sorted(set(terms.members) - set(before.terms.members)))
        for agency in terms.members:
            store.invite(connection, code, agency)
        for agency in set(before.terms.members) - set(terms.members):
            store.leave(connection, code, agency)

    _enter(unit, caller, code, terms, "changed", note)
    return after


def close_project(unit: Unit, caller: Caller, code: str, version: int) -> Project:
    """It takes no more batches; what it holds stays until its term."""
    after = replace(_open_at(unit, code, version), state=ProjectState.CLOSED, version=version + 1)

    def note(connection: Connection) -> None:
        _replace(connection, after)
        store.drop_secrets(connection, code)

    _enter(unit, caller, code, after.terms, "closed", note)
    return after


def read_project(unit: Unit, caller: Caller, code: str) -> Project:
    with unit.database.reading() as connection:
        return find_project(connection, caller, code)


def list_projects(unit: Unit, caller: Caller, after: str, limit: int) -> list[Project]:
    with unit.database.reading() as connection:
        return store.listed(connection, caller.agency, after, limit)


def find_project(connection: Connection, caller: Caller, code: str) -> Project:
    """The project, if the caller is in it (or at the unit)."""
    found = store.find(connection, code, caller.agency)
    if found is None:
        raise Refused(Why.NOT_FOUND, "project: none of this code", hint=_ASK)
    return found


def joined_member(connection: Connection, caller: Caller, project: Project) -> Member:
    """The caller's own membership; it must have joined, and the project be open."""
    found = store.member(connection, project.code, caller.agency or "")
    if found is None or found.state is not MemberState.JOINED:
        raise Refused(
            Why.WRONG_STATE, "project: the agency has not joined with its keys", hint="join the project first"
        )
    if project.state is not ProjectState.OPEN:
        raise Refused(Why.WRONG_STATE, "project: closed")
    return found


def plan_of_project(project: Project) -> Plan:
    """The plan that all its batches are made under."""
    return plan_of_terms(project.terms)


@lru_cache(maxsize=32)
def plan_of_terms(terms: Terms) -> Plan:
    try:
        return plan_for_batches(terms.schema, terms.scheme, terms.population, terms.normaliser, terms.diffusion or None)
    except LinkageError as error:
        raise Refused(Why.MALFORMED, f"terms: {error}") from error


def _check(terms: Terms) -> None:
    if terms.schema not in BUILT_IN:
        raise Refused(Why.MALFORMED, "terms.schema: not one that the unit has", hint=", ".join(BUILT_IN))
    if not terms.purpose.strip() or not terms.legal_basis.strip():
        raise Refused(Why.NO_BASIS, "terms: purpose and legal basis must be stated")
    if not 1 <= terms.retention_days <= LONGEST_RETENTION_DAYS:
        raise Refused(Why.MALFORMED, f"terms.retention_days: from 1 to {LONGEST_RETENTION_DAYS}")
    if len(set(terms.members)) != len(terms.members):
        raise Refused(Why.MALFORMED, "terms.members: an agency stands twice")


def _check_new(connection: Connection, members: Sequence[str]) -> None:
    """An invitation to a code that nobody has would wait for whoever is given that code one day."""
    known = [agencies.find(connection, each) for each in members]
    if any(each is None or each.state is AgencyState.REMOVED for each in known):
        raise Refused(Why.MALFORMED, "terms.members: not an agency of the register", hint="register it first")


def _open_at(unit: Unit, code: str, version: int) -> Project:
    with unit.database.reading() as connection:
        found = store.find(connection, code, None)
    if found is None:
        raise Refused(Why.NOT_FOUND, "project: none of this code", hint=_ASK)
    if found.state is not ProjectState.OPEN:
        raise Refused(Why.WRONG_STATE, "project: not open")
    if found.version != version:
        raise Refused(Why.STALE, "project: changed since it was read")
    return found


def _replace(connection: Connection, after: Project) -> None:
    if not store.put(connection, after):
        raise Refused(Why.STALE, "project: changed since it was read")


def _enter(
    unit: Unit, caller: Caller, code: str, terms: Terms, change: str, note: Callable[[Connection], None]
) -> None:
    facts = {"project": code, "terms": terms.sha256, "change": change}
    allowed = unit.allow(Reason.ENTITLED_ROLE)
    unit.enter(caller, "project.change", facts, within=note, decision=allowed, input=terms.sha256)
