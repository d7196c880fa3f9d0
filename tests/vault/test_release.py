"""A release from beginning to end without a service, and everything that must stop it."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any

import pytest
from vault_cast import DAY, NEWER_RULES, NOW, RULES, Cast, Human, Sealed

from audit.crypto.signatures import SigningKey
from vault.agent import Dossier, release_half
from vault.asking import Asked
from vault.checks import Given
from vault.deciding import approve, decide
from vault.errors import CheckFailedError, EnvelopeError, Stop
from vault.halves import HeldHalves, KeyOpener, KeySealer, open_halves, seal_halves
from vault.receiving import Opened, deliver, open_release
from vault.vocabulary import Holder, RecordKind, Role, View

AT = NOW + 4000


@pytest.fixture(scope="module")
def shared() -> Cast:
    """Keys are slow to make; tests that change the cast make their own."""
    return Cast()


def _open(cast: Cast, sealed: Sealed, asked: Asked, at_ms: int = AT) -> Opened:
    dossiers = {holder: cast.dossier(sealed, asked, holder) for holder in Holder}
    # One entry serves both agents: the second dossier takes the papers of the first.
    first = dossiers[Holder.COURT]
    second = dataclasses.replace(first, halves=dossiers[Holder.PROCURATORATE].halves)
    releases = [
        release_half(cast.agent(holder), dossier, cast.rosters(), cast.memories[holder], cast.locks, at_ms)
        for holder, dossier in ((Holder.COURT, first), (Holder.PROCURATORATE, second))
    ]
    view = View.JUDICIAL_EXTRACT
    return open_release(asked, first, releases, io.BytesIO(sealed.envelopes[view]), cast.rosters(), at_ms)


@pytest.mark.parametrize("agency", ["court-a", "police-a"])
def test_two_agencies_open_what_the_law_allows(agency: str) -> None:
    """Without it nothing shows that the protocol releases at all; police records need both agencies' approval."""
    cast = Cast()
    sealed = cast.seal(agency)
    asked = cast.ask(to=agency)
    opened = _open(cast, sealed, asked)
    assert len(opened.consent.approvals) == (1 if agency == "court-a" else 2)
    assert opened.container.read(10**6) == b"judicial_extract\n" + b"the file" * 1000
    deliver(cast.officer("officer-procuratorate"), opened, AT)


def _dossier(cast: Cast) -> tuple[Sealed, Asked, Dossier]:
    sealed = cast.seal()
    asked = cast.ask()
    return sealed, asked, cast.dossier(sealed, asked, Holder.COURT)


def _stops(cast: Cast, dossier: Dossier, stop: Stop, at_ms: int = AT) -> None:
    memory = cast.memories[Holder.COURT]
    before = dict(memory.kept)
    with pytest.raises(CheckFailedError) as caught:
        release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), memory, cast.locks, at_ms)
    assert caught.value.stop is stop
    assert memory.kept == before


def _flip(data: bytes) -> bytes:
    return data[:-30] + bytes([data[-30] ^ 1]) + data[-29:]


@pytest.mark.parametrize(
    ("part", "change", "stop"),
    [
        ("request", _flip, Stop.REQUEST),
        ("decision", _flip, Stop.DECISION),
        ("approvals", lambda kept: (), Stop.APPROVAL),
        ("approvals", lambda kept: (_flip(kept[0]),), Stop.APPROVAL),
        ("approvals", lambda kept: (*kept, *kept), Stop.APPROVAL),
        ("cover", _flip, Stop.ENVELOPE),
        ("entry", _flip, Stop.WITNESSES),
        ("proof", _flip, Stop.WITNESSES),
        ("salt", lambda kept: b"t" * 32, Stop.ENTRY),
    ],
)
def test_changed_papers_stop_the_agent(shared: Cast, part: str, change: Callable[[object], object], stop: Stop) -> None:
    """An altered request, decision, approval, envelope, entry, proof or salt must not reach the half."""
    _, _, dossier = _dossier(shared)
    _stops(shared, dataclasses.replace(dossier, **{part: change(getattr(dossier, part))}), stop)


def test_papers_of_another_release_stop_the_agent(shared: Cast) -> None:
    """A vault that mixes two releases, each in order by itself, must get nothing."""
    _, _, dossier = _dossier(shared)
    _, _, other = _dossier(shared)
    for part, stop in (
        ("request", Stop.DECISION),
        ("decision", Stop.DECISION),
        ("approvals", Stop.APPROVAL),
        ("cover", Stop.ENVELOPE),
        ("entry", Stop.WITNESSES),
        ("halves", Stop.HALF),
    ):
        _stops(shared, dataclasses.replace(dossier, **{part: getattr(other, part)}), stop)
    moved = dataclasses.replace(dossier, entry=other.entry, proof=other.proof)
    _stops(shared, moved, Stop.ENTRY)


def test_another_view_stops_the_agent(shared: Cast) -> None:
    """The half of a wider view must not leave for a basis that gives a narrower one."""
    sealed, _, dossier = _dossier(shared)
    key = shared.agent_keys[Holder.COURT]
    held = open_halves(sealed.halves(Holder.COURT), KeyOpener(key)).of_view
    for known in ({View.JUDICIAL_EXTRACT: held[View.COURT_FULL]}, {View.COURT_FULL: held[View.COURT_FULL]}):
        wider = seal_halves(HeldHalves(known), sealed.made.id, Holder.COURT, KeySealer(key.sealing_key))
        _stops(shared, dataclasses.replace(dossier, halves=wider), Stop.HALF)
    _stops(shared, dataclasses.replace(dossier, cover=sealed.cover(View.COURT_FULL)), Stop.ENVELOPE)


def test_one_witness_is_not_enough(shared: Cast) -> None:
    """With one witness down nothing is released."""
    _, _, dossier = _dossier(shared)
    index = shared.log.entries.index(dossier.entry)
    for one in ("court", "procuratorate"):
        _stops(
            shared,
            dataclasses.replace(dossier, proof=shared.log.proof(index, NOW + 3000, witnesses=[one])),
            Stop.WITNESSES,
        )


def test_a_lock_stops_at_once(shared: Cast) -> None:
    """Either agency's lock must hold whatever the papers say."""
    _, _, dossier = _dossier(shared)
    shared.locks.locked = True
    try:
        _stops(shared, dossier, Stop.LOCKED)
    finally:
        shared.locks.locked = False


def test_clocks(shared: Cast) -> None:
    """A clock that runs back, an expired release, papers from the future: nothing may be extended by a clock."""
    cast = Cast()
    _, _, dossier = _dossier(cast)
    _stops(cast, dossier, Stop.EXPIRED, NOW + 2 * DAY)  # the agent's memory is now two days ahead
    _stops(cast, dossier, Stop.CLOCK, AT)
    fresh = Cast()
    _, _, early = _dossier(fresh)
    _stops(fresh, early, Stop.CLOCK, NOW - 120_000)


def test_revoked_in_the_middle_stops() -> None:
    """A key revoked between approval and release must count at the release."""
    for person, stop in (
        ("officer-procuratorate", Stop.REVOKED),
        ("decider-court", Stop.REVOKED),
        ("approver-procuratorate", Stop.REVOKED),
    ):
        cast = Cast()
        _, _, dossier = _dossier(cast)
        cast.people[person].revoked_ms = NOW + 3500
        _stops(cast, dossier, stop)


def test_a_release_under_an_earlier_key_is_told() -> None:
    """An agent whose signing key was replaced would fall over its own memory, or sign the same release twice."""
    cast = Cast()
    _, _, dossier = _dossier(cast)
    release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), cast.memories[Holder.COURT], cast.locks, AT)
    cast.agent_signers[Holder.COURT] = SigningKey.generate()
    _stops(cast, dossier, Stop.REPLAYED)


def test_nobody_agrees_with_themselves() -> None:
    """Self-approval under one name, one key or one device must be impossible, whatever roles a person holds."""
    cast = Cast()
    both = frozenset({Role.OFFICER, Role.APPROVER, Role.DECIDER})
    cast.people["officer-procuratorate"].roles = both
    sealed, asked = cast.seal(), cast.ask()
    rosters = cast.rosters()
    decision = decide(cast.signer("decider-court"), asked.data, sealed.index, rosters, cast.law, AT)
    with pytest.raises(CheckFailedError) as caught:
        approve(cast.signer("officer-procuratorate"), asked.data, decision, rosters, AT)
    assert caught.value.stop is Stop.SAME_PERSON
    cast.people["approver-procuratorate"].device = "device-officer-procuratorate"
    with pytest.raises(CheckFailedError) as caught:
        approve(cast.signer("approver-procuratorate"), asked.data, decision, cast.rosters(), AT)
    assert caught.value.stop is Stop.SAME_PERSON


def test_a_decider_decides_on_own_records_only(shared: Cast) -> None:
    """L19: each agency decides on what it sealed; the procuratorate's decider cannot allow a court's record."""
    sealed, asked = shared.seal(), shared.ask()
    with pytest.raises(CheckFailedError) as caught:
        decide(shared.signer("decider-procuratorate"), asked.data, sealed.index, shared.rosters(), shared.law, AT)
    assert caught.value.stop is Stop.DECISION


def test_stricter_rules_ask_anew() -> None:
    """A stricter rule set that came into force between request and release must stop it; an equal one must not."""
    cast = Cast()
    _, _, dossier = _dossier(cast)
    cast.law.force = NEWER_RULES
    release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), cast.memories[Holder.COURT], cast.locks, AT)
    cast = Cast()
    _, _, dossier = _dossier(cast)
    cast.law.force, cast.law.views[(NEWER_RULES, "judicial-case")] = NEWER_RULES, View.UNIT_MINIMAL
    _stops(cast, dossier, Stop.STRICTER_RULES)
    cast.law.force = RULES
    cast.law.views[(RULES, "judicial-case")] = None
    _stops(cast, dossier, Stop.NO_BASIS)


def test_the_half_says_the_kinds_and_nobody_else() -> None:
    """L15: the kinds that the basis is judged by come from the sealed half, so a lying vault cannot widen a basis."""
    cast = Cast()
    sealed = cast.seal(kinds=(RecordKind.CONVICTION, RecordKind.NON_PROSECUTION))
    lying = dataclasses.replace(sealed.index, kinds=(RecordKind.CONVICTION,))
    asked = cast.ask()
    dossier = cast.dossier(dataclasses.replace(sealed, index=lying), asked, Holder.COURT)
    seen: list[tuple[RecordKind, ...]] = []
    judge = cast.law.gives

    def seeing(*asked: Any) -> Given | None:
        seen.append(tuple(asked[3]))
        return judge(*asked)

    cast.law.gives = seeing  # type: ignore[method-assign]
    release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), cast.memories[Holder.COURT], cast.locks, AT)
    assert seen == [(RecordKind.CONVICTION, RecordKind.NON_PROSECUTION)]


def test_a_retry_gives_the_same_bytes_and_nothing_else() -> None:
    """A crash between entry and delivery must end in one release; the same id with other papers in none."""
    cast = Cast()
    _, _, dossier = _dossier(cast)
    agent, memory = cast.agent(Holder.COURT), cast.memories[Holder.COURT]
    once = release_half(agent, dossier, cast.rosters(), memory, cast.locks, AT)
    assert release_half(agent, dossier, cast.rosters(), memory, cast.locks, AT + 5000) == once
    other = cast.seal()
    asked = Asked(dossier.request, "", cast.desks["court-a"])
    decision, approvals = cast.agreed(other, asked)
    _stops(cast, dataclasses.replace(dossier, decision=decision, approvals=approvals), Stop.REPLAYED, AT + 6000)


def test_a_retry_after_its_time_gives_nothing() -> None:
    """An agent that crashed before it gave its half out would give it days later, when nobody may open it any more."""
    cast = Cast()
    _, _, dossier = _dossier(cast)
    release_half(cast.agent(Holder.COURT), dossier, cast.rosters(), cast.memories[Holder.COURT], cast.locks, AT)
    _stops(cast, dossier, Stop.EXPIRED, NOW + 2 * DAY)


def test_a_stranger_is_nobody() -> None:
    """A person who is on no pinned roster, or on one that a stranger signed, may sign nothing."""
    cast = Cast()
    sealed = cast.seal()
    stranger = Human("officer-procuratorate", "procuratorate-a", frozenset({Role.OFFICER}))
    known = cast.people["officer-procuratorate"]
    cast.people["officer-procuratorate"] = stranger
    asked = cast.ask()
    cast.people["officer-procuratorate"] = known
    with pytest.raises(CheckFailedError) as caught:
        decide(cast.signer("decider-court"), asked.data, sealed.index, cast.rosters(), cast.law, AT)
    assert caught.value.stop is Stop.REQUEST


def test_one_half_or_wrong_halves_open_nothing(shared: Cast) -> None:
    """The officer's desk must refuse one release, a release twice, and an envelope of another view."""
    sealed, asked = shared.seal(), shared.ask()
    first = shared.dossier(sealed, asked, Holder.COURT)
    second = dataclasses.replace(first, halves=sealed.halves(Holder.PROCURATORATE))
    rosters = shared.rosters()
    court = release_half(shared.agent(Holder.COURT), first, rosters, shared.memories[Holder.COURT], shared.locks, AT)
    other = release_half(
        shared.agent(Holder.PROCURATORATE), second, rosters, shared.memories[Holder.PROCURATORATE], shared.locks, AT
    )
    envelope = sealed.envelopes[View.JUDICIAL_EXTRACT]
    for releases in ([court], [other], [court, court]):
        with pytest.raises(CheckFailedError) as caught:
            open_release(asked, first, releases, io.BytesIO(envelope), rosters, AT)
        assert caught.value.stop is Stop.HALF
    with pytest.raises(EnvelopeError):
        open_release(asked, first, [court, other], io.BytesIO(sealed.envelopes[View.COURT_FULL]), rosters, AT)
    damaged = envelope[:-4000] + bytes([envelope[-4000] ^ 1]) + envelope[-3999:]
    with pytest.raises(EnvelopeError):
        open_release(asked, first, [court, other], io.BytesIO(damaged), rosters, AT)
    with pytest.raises(CheckFailedError) as caught:
        open_release(asked, first, [court, other], io.BytesIO(envelope), rosters, NOW + 2 * DAY)
    assert caught.value.stop is Stop.EXPIRED
