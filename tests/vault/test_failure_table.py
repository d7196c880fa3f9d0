"""The failure table of the vault, a test for each row: what happens when a part fails, and that nothing leaves then.

Rows that another room's tests prove with the real fault stand in `ELSEWHERE`, which must name tests that exist.
"""

from __future__ import annotations

import ast
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from protocol_machine import LAWFUL, ProtocolMachine
from sqlalchemy import update
from vault_cast import DAY, NEWER_RULES, NOW, RULES, Cast
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault.agent_program import decided_view
from audit.entry import read
from audit.log import Log
from audit.publisher import Publisher
from audit.refusals import LogUnavailableError
from audit.refusals import Why as LogWhy
from vault.agent import release_half
from vault.asking import Asked
from vault.deciding import approve, decide
from vault.errors import CheckFailedError, EnvelopeError, Stop
from vault.flows.take_envelope import envelope_path
from vault.keys.errors import TokenError
from vault.models import HALF
from vault.receiving import open_release
from vault.vocabulary import Holder, View

TESTS = Path(__file__).resolve().parents[1]

ELSEWHERE = {
    "audit write fails: disk full": "audit/test_log_faults.py::test_full_disk_is_named",
    "audit write fails: read-only": "audit/test_log_faults.py::test_read_only_database_is_named",
    "audit write is slow": "audit/test_log_faults.py::test_slow_lock_holder_is_waited_for_and_named",
    "log file deleted": "audit/test_log_faults.py::test_a_database_file_that_goes_away_is_named",
    "log truncated: signer's memory deleted": (
        "audit/test_site.py::test_a_signer_without_its_memory_is_never_given_a_new_one"
    ),
    "one witness down: silent": (
        "audit/test_publisher.py::test_silent_witnesses_stop_what_demands_them_and_leave_a_trace"
    ),
    "one witness down: goes on afterwards": (
        "vault/test_vault_attacks.py::test_a_release_that_waited_for_a_witness_goes_on"
    ),
    "one witness down: agents": "vault/test_release.py::test_one_witness_is_not_enough",
    "witness heads diverge: refused": "audit/test_witness.py::test_a_forked_log_is_refused",
    "witness heads diverge: evidence": "audit/test_witness.py::test_two_trees_of_one_size_are_kept_as_evidence",
    "token down": "vault/keys/test_pkcs11_token.py::test_a_deleted_key_and_a_pulled_token_open_nothing",
    "PIN locked": "vault/keys/test_pkcs11_token.py::test_a_wrong_pin_is_tried_once_and_said",
    "clock skew": "vault/test_release.py::test_clocks",
    "restored database: by the signer": "audit/test_site.py::test_a_restored_backup_is_read_only_and_named",
    "restored database: by a witness": "audit/test_publisher.py::test_a_restored_database_is_caught_by_a_witness_alone",
    "approver revoked": "vault/test_release.py::test_revoked_in_the_middle_stops",
    "crash: same bytes": "vault/test_release.py::test_a_retry_gives_the_same_bytes_and_nothing_else",
    "crash at every write of the log": "audit/test_log_crash.py::test_kill_at_each_step_of_the_log",
    "rules changed": "vault/test_release.py::test_stricter_rules_ask_anew",
    "corrupt half or envelope": "vault/test_release.py::test_one_half_or_wrong_halves_open_nothing",
}


@pytest.mark.parametrize("row", ELSEWHERE)
def test_what_is_tested_elsewhere_is_tested(row: str) -> None:
    """A row would lose its test with a rename and nobody would see it."""
    file, _, name = ELSEWHERE[row].partition("::")
    found = {node.name for node in ast.walk(ast.parse((TESTS / file).read_text())) if isinstance(node, ast.FunctionDef)}
    assert name in found


# --- on the served vault -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSite]:
    with vault_site(tmp_path_factory.mktemp("failures")) as made:
        made.store(made.cast.seal())
        yield made


def _asked(site: VaultSite, officer: str = "officer-procuratorate") -> Asked:
    site.cast.now_ms = now_ms()
    asked = site.cast.ask(officer)
    site.client(officer).ask(asked.data)
    return asked


def _decided(site: VaultSite, asked: Asked, sealed: Any) -> bytes:
    cast, rosters = site.cast, site.cast.rosters()
    decision = decide(cast.signer("decider-court"), asked.data, sealed.index, rosters, cast.law, now_ms())
    site.client("decider-court").act(asked.request, "decision", decision)
    return approve(cast.signer("approver-procuratorate"), asked.data, decision, rosters, now_ms())


def _approve(site: VaultSite, asked: Asked, approval: bytes) -> None:
    site.client("approver-procuratorate").act(asked.request, "approval", approval)


def _agreed(site: VaultSite, officer: str = "officer-procuratorate") -> tuple[Asked, Any]:
    sealed = site.cast.seal()
    site.store(sealed)
    asked = _asked(site, officer)
    _approve(site, asked, _decided(site, asked, sealed))
    return asked, sealed


def _events(site: VaultSite, asked: Asked) -> list[str]:
    entries = [read(data) for data in site.vault.log.entries(0, site.vault.log.head().size)]
    return [one.event for one in entries if one.prev == asked.request]


def _state(site: VaultSite, asked: Asked) -> str:
    return str(site.client("officer-procuratorate").request(asked.request)["state"])


@pytest.mark.parametrize("why", [LogWhy.DISK_FULL, LogWhy.DATABASE_GONE, LogWhy.SIGNER_HUNG])
def test_audit_write_fails(site: VaultSite, why: LogWhy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault that goes on without its log would release what nobody can ever prove; the request must wait instead."""
    sealed = site.cast.seal()
    site.store(sealed)
    asked = _asked(site)
    approval = _decided(site, asked, sealed)

    def refuse(*_: object, **__: object) -> None:
        raise LogUnavailableError(why)

    with monkeypatch.context() as patch:
        patch.setattr(Log, "append_and_wait", refuse)
        with pytest.raises(ServiceError) as caught:
            _approve(site, asked, approval)
        assert caught.value.status == 503
        assert _state(site, asked) == "decided"
        assert asked.request not in site.agent(Holder.COURT).turn().released
    assert "release.intent" not in _events(site, asked)
    _approve(site, asked, approval)
    assert asked.request in site.agent(Holder.COURT).turn().released


def test_one_witness_down(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without both witnesses nothing is released; deciders still read, sealing desks still hand in."""
    sealed = site.cast.seal()
    site.store(sealed)
    asked = _asked(site)
    approval = _decided(site, asked, sealed)

    def gap(self: Publisher) -> None:
        raise LogUnavailableError(LogWhy.WITNESS_GAP)

    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "require_witnesses", gap)
        with pytest.raises(ServiceError) as caught:
            _approve(site, asked, approval)
        assert caught.value.status == 503
        assert "release.intent" not in _events(site, asked)
        assert asked.request not in site.agent(Holder.COURT).turn().released
        assert site.client("decider-court").request(asked.request)["state"] == "decided"
        assert site.store(site.cast.seal())
    _approve(site, asked, approval)
    assert asked.request in site.agent(Holder.COURT).turn().released


def test_approver_revoked_in_the_middle(site: VaultSite) -> None:
    """An approval must fall with its approver, up to the moment at which a half leaves."""
    asked, _ = _agreed(site)
    approver = site.cast.people["approver-procuratorate"]
    approver.revoked_ms = site.cast.now_ms = now_ms()
    site.publish()
    try:
        for holder in Holder:
            turn = site.agent(holder).turn()
            assert asked.request not in turn.released
            assert any(request == asked.request and "revoked" in why for request, why in turn.stopped)
    finally:
        approver.revoked_ms = None
        site.publish()
    assert _state(site, asked) == "authorised"


def test_crash_between_entry_and_reseal(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash would lose a release, or make a second one; the entry stands, the retry gives the same bytes once."""
    asked, sealed = _agreed(site)
    agent, sent = site.agent(Holder.COURT), list[bytes]()

    def lost(self: object, request: str, act: str, signed: bytes) -> None:
        sent.append(signed)
        raise ServiceError(0, "unreachable", "the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(type(agent.client), "act", lost)
        assert asked.request not in agent.turn().released
    assert _state(site, asked) == "authorised"
    for holder in Holder:
        assert asked.request in site.agent(holder).turn().released  # a program started anew, with the same folder
    officer = site.client("officer-procuratorate")
    dossier, releases = officer.dossier(
        asked.request, lambda data: decided_view(data, site.cast.rosters()), Holder.COURT
    )
    assert [one for one in releases if one in sent] == [one for one in sent if asked.request.encode() in one]
    assert _events(site, asked).count("release.intent") == 1
    envelope = site.envelope(officer, asked.request)
    opened = open_release(asked, dossier, releases, envelope, site.cast.rosters(), now_ms())
    assert opened.container.read(10**6).startswith(b"judicial_extract\n")
    assert sealed.index.record == opened.consent.decision.form.record


def test_rules_changed_in_the_middle(site: VaultSite) -> None:
    """A stricter rule set in force before the half leaves must ask for a new decision, whatever the request pins."""
    asked, _ = _agreed(site)
    law = site.cast.law
    before = dict(law.views)
    law.force, law.views[NEWER_RULES, "judicial-case"] = NEWER_RULES, View.UNIT_MINIMAL
    try:
        turn = site.agent(Holder.COURT).turn()
        assert asked.request not in turn.released
        assert any(request == asked.request and "stricter-rules" in why for request, why in turn.stopped)
    finally:
        law.force, law.views = RULES, before
    assert asked.request in site.agent(Holder.COURT).turn().released


@pytest.mark.parametrize("how", ["corrupt", "swapped"])
def test_corrupt_or_swapped_half(site: VaultSite, how: str) -> None:
    """Whoever owns the database could have another half released, or a broken one that blames the agency."""
    asked, sealed = _agreed(site)
    other = site.cast.seal()
    half = (other if how == "swapped" else sealed).halves(Holder.COURT)
    data = half.sealed if how == "swapped" else half.sealed[:-1] + bytes([half.sealed[-1] ^ 1])
    where = (HALF.c.record == sealed.index.record, HALF.c.holder == "court")
    with site.vault.database.writing() as connection:
        assert connection.execute(update(HALF).where(*where).values(sealed=data)).rowcount == 1
    turn = site.agent(Holder.COURT).turn()
    assert asked.request not in turn.released
    assert any(request == asked.request and why.startswith("half:") for request, why in turn.stopped)
    assert asked.request in site.agent(Holder.PROCURATORATE).turn().released  # the other half is not touched by it


def test_corrupt_envelope(site: VaultSite) -> None:
    """One changed byte on the vault's disk must show nothing at all, not the part before it."""
    asked, sealed = _agreed(site, "officer-procuratorate")
    for holder in Holder:
        assert asked.request in site.agent(holder).turn().released
    officer = site.client("officer-procuratorate")
    dossier, releases = officer.dossier(
        asked.request, lambda data: decided_view(data, site.cast.rosters()), Holder.COURT
    )
    path = envelope_path(site.vault, sealed.made.digests[View.JUDICIAL_EXTRACT].hex())
    kept = path.read_bytes()
    path.write_bytes(kept[:-4000] + bytes([kept[-4000] ^ 1]) + kept[-3999:])
    with pytest.raises(EnvelopeError):
        open_release(asked, dossier, releases, site.envelope(officer, asked.request), site.cast.rosters(), now_ms())
    path.write_bytes(kept)
    open_release(asked, dossier, releases, site.envelope(officer, asked.request), site.cast.rosters(), now_ms())


def test_bulk_querying(site: VaultSite) -> None:
    """One officer could ask for everybody; the twenty-first request of a day is refused and is an alert in the log."""
    for _ in range(20):
        _asked(site, "officer-justice")
    with pytest.raises(ServiceError) as caught:
        _asked(site, "officer-justice")
    assert caught.value.code == "quota-spent"
    alerts = [
        one
        for one in map(read, site.vault.log.entries(0, site.vault.log.head().size))
        if one.event == "alert" and one.facts["rule"] == "bulk-querying"
    ]
    assert alerts
    _asked(site, "officer-police")  # another officer is not held up by it


# --- on paper ------------------------------------------------------------------------------------------------------


def test_witness_heads_diverge() -> None:
    """A vault that shows one witness another log would get its release past the other; both must have seen one tree."""
    machine = ProtocolMachine()
    world = machine.world
    machine.story(LAWFUL[0], 3, {})
    machine.story(LAWFUL[0], 1, {})
    machine.story(LAWFUL[0], 1, {})
    _, case, later = world.cases
    world.authorise(case, "branch")
    case.branch = (*world.witnessed["court"], case.entry)
    before = world.releases
    assert not world.hand(case, case, Holder.COURT, "one-witness")  # the court's witness saw the branch
    for holder in Holder:
        assert not world.hand(later, later, holder)  # the other saw the log; neither cosigns what the other saw
        assert not world.hand(case, case, holder)
    assert world.releases == before


class _TokenDown:
    """An agent's opener whose token does not answer."""

    def __init__(self, key: str) -> None:
        self.id = key

    def open(self, sealed: bytes, info: bytes, aad: bytes) -> bytes:
        raise TokenError("token: not there")


def test_token_down() -> None:
    """An agent must not find another way to its key; when the token is back the same request is released."""
    cast = Cast()
    dossier = cast.dossier(cast.seal(), cast.ask(), Holder.COURT)
    agent, memory = cast.agent(Holder.COURT), cast.memories[Holder.COURT]
    down = dataclasses.replace(agent, openers=(_TokenDown(agent.openers[0].id),))
    with pytest.raises(TokenError):
        release_half(down, dossier, cast.rosters(), memory, cast.locks, NOW + 4000)
    assert memory.kept == {}
    assert release_half(agent, dossier, cast.rosters(), memory, cast.locks, NOW + 5000)


@pytest.mark.parametrize(("ahead_ms", "stop"), [(-61_000, Stop.CLOCK), (2 * DAY, Stop.EXPIRED)])
def test_clock_skew(ahead_ms: int, stop: Stop) -> None:
    """A clock more than a minute behind, or far ahead, must not lengthen what was given."""
    cast = Cast()
    dossier = cast.dossier(cast.seal(), cast.ask(), Holder.COURT)
    with pytest.raises(CheckFailedError) as caught:
        release_half(
            cast.agent(Holder.COURT), dossier, cast.rosters(), cast.memories[Holder.COURT], cast.locks, NOW + ahead_ms
        )
    assert caught.value.stop is stop
    assert not cast.memories[Holder.COURT].kept


def test_restored_database() -> None:
    """A vault set back to yesterday could have a used request decided again; agents remember what they released."""
    machine = ProtocolMachine()
    world = machine.world
    machine.story(LAWFUL[0], 3, {})
    case = world.cases[0]
    first = dict(case.releases)
    assert set(first) == set(Holder)
    case.approvals, case.entry, case.releases = (), b"", {}  # the vault forgot what came after the request
    world.decide(case, "decider-court")
    world.approve(case, "approver-procuratorate")
    world.authorise(case)
    for holder in Holder:
        assert not world.hand(case, case, holder)
    assert not world.open(case)


def test_one_release_opens_nothing_without_the_other() -> None:
    """A half alone must open nothing, whatever else failed."""
    cast = Cast()
    sealed, asked = cast.seal(), cast.ask()
    dossier = cast.dossier(sealed, asked, Holder.COURT)
    memory = cast.memories[Holder.COURT]
    release = release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), memory, cast.locks, NOW + 4000)
    with pytest.raises(CheckFailedError):
        envelope = io.BytesIO(sealed.envelopes[View.JUDICIAL_EXTRACT])
        open_release(asked, dossier, [release], envelope, cast.rosters(), NOW + 4000)
