"""When a record was sealed, proven to agents and desks: a revoked key plants nothing that looks old."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update
from test_release import AT, _stops
from test_vault_attacks import _desk
from test_vault_service import agree_on, asked_at, dossier_of
from vault_cast import DAY, NOW, Cast, Sealed
from vault_site import VaultSite, now_ms, vault_site

from api.client.calls import ServiceError
from api.vault import desk_work
from audit.proof import TlogProof
from vault.agent import Dossier, release_half
from vault.asking import Asked
from vault.checks import SealedEntry, check_record
from vault.errors import CheckFailedError, Stop
from vault.models import RECORD
from vault.receiving import open_release
from vault.store import record_rows
from vault.vocabulary import Holder, View


@pytest.fixture(scope="module")
def shared() -> tuple[Cast, Sealed, Asked, Dossier]:
    made = Cast()
    sealed, asked = made.seal(), made.ask()
    return made, sealed, asked, made.dossier(sealed, asked, Holder.COURT)


def _revoked(made: Cast, at_ms: int | None) -> None:
    made.people["sealer-court"].revoked_ms = at_ms


def test_what_was_sealed_before_its_key_was_revoked_still_opens(
    shared: tuple[Cast, Sealed, Asked, Dossier],
) -> None:
    """Every record of a sealer who retires, or whose device is replaced, would be lost."""
    made, _, _, dossier = shared
    _revoked(made, NOW - DAY // 2)
    try:
        for holder in Holder:
            halves = shared[1].halves(holder)
            memory = made.memories[holder]
            one = dataclasses.replace(dossier, halves=halves)
            assert release_half(made.agent(holder), one, made.rosters(), memory, made.locks, AT)
            memory.kept.clear()
    finally:
        _revoked(made, None)


def test_what_was_witnessed_after_its_key_was_revoked_is_refused(shared: tuple[Cast, Sealed, Asked, Dossier]) -> None:
    """A stolen key and a malicious vault together would plant a record, with an entry that says it is old."""
    made, sealed, _, dossier = shared
    try:
        for revoked_ms in (NOW - 2 * DAY, NOW - DAY, NOW - DAY + 500):  # 500 ms: within the witnesses' second
            _revoked(made, revoked_ms)
            _stops(made, dossier, Stop.SEALED_LATE)
        _revoked(made, NOW - 2 * DAY)
        old = dataclasses.replace(dossier, sealing=_backdated(made, sealed))
        _stops(made, old, Stop.SEALED_LATE)
    finally:
        _revoked(made, None)


def _backdated(made: Cast, sealed: Sealed) -> SealedEntry:
    """An entry that says ten days ago, cosigned yesterday."""
    entry = made.sealed_entry(sealed, NOW - 10 * DAY).entry
    index = made.log.entries.index(entry)
    return SealedEntry(entry, made.log.proof(index, NOW - DAY))


def test_a_sealing_without_proof_of_its_own_is_refused(shared: tuple[Cast, Sealed, Asked, Dossier]) -> None:
    """The proof of any old record, of another event, or of one witness would do for a planted one."""
    made, sealed, _, dossier = shared
    other = made.seal()
    index = made.log.entries.index(dossier.sealing.entry)
    for wrong in (
        SealedEntry(b"", b""),
        SealedEntry(dossier.sealing.entry, b""),
        SealedEntry(dossier.sealing.entry, dossier.proof),
        SealedEntry(dossier.entry, dossier.proof),
        made.sealed_entry(other),
        made.sealed_entry(dataclasses.replace(sealed, index=dataclasses.replace(sealed.index, agency="police-a"))),
        SealedEntry(dossier.sealing.entry, made.log.proof(index, NOW - DAY, witnesses=["court"])),
        SealedEntry(dossier.sealing.entry, made.log.proof(index, NOW + DAY)),
    ):
        _stops(made, dataclasses.replace(dossier, sealing=wrong), Stop.SEALED_LATE)
    assert TlogProof.parse(dossier.sealing.proof).index == index


def test_both_desks_refuse_it_as_well(shared: tuple[Cast, Sealed, Asked, Dossier]) -> None:
    """Two agents that were fooled would be enough; and a decider would decide on what was never lawfully sealed."""
    made, sealed, asked, dossier = shared
    releases = [
        release_half(
            made.agent(holder), dataclasses.replace(dossier, halves=sealed.halves(holder)), made.rosters(),
            made.memories[holder], made.locks, AT,
        )
        for holder in Holder
    ]  # fmt: skip
    covers = {view: sealed.cover(view) for view in View}
    check_record(sealed.index, dossier.sealing, covers, made.rosters(), AT)
    envelope = sealed.envelopes[View.JUDICIAL_EXTRACT]
    assert open_release(asked, dossier, releases, io.BytesIO(envelope), made.rosters(), AT)
    _revoked(made, NOW - 2 * DAY)
    try:
        with pytest.raises(CheckFailedError) as caught:
            open_release(asked, dossier, releases, io.BytesIO(envelope), made.rosters(), AT)
        assert caught.value.stop is Stop.SEALED_LATE
        with pytest.raises(CheckFailedError):
            check_record(sealed.index, dossier.sealing, covers, made.rosters(), AT)
    finally:
        _revoked(made, None)
    with pytest.raises(CheckFailedError):  # an envelope that the index does not name
        check_record(made.seal().index, dossier.sealing, covers, made.rosters(), AT)


# --- the service -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[VaultSite]:
    with vault_site(tmp_path) as made:
        yield made


def _proof(site: VaultSite, record: str) -> bytes | None:
    with site.vault.database.reading() as connection:
        found = record_rows.sealing_proof(connection, record, 1)
    assert found
    return found[1]


def _forget(site: VaultSite, record: str) -> None:
    with site.vault.database.writing() as connection:
        connection.execute(update(RECORD).where(RECORD.c.id == record).values(proof=None))


def test_the_first_proof_is_kept_and_outlives_the_key(
    site: VaultSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof that is made anew at each release would be later than any revocation, and the record never open again."""
    record = site.store(site.cast.seal())
    first = _proof(site, record)
    assert first
    site.store(site.cast.seal("police-a"))
    site.cast.people["sealer-court"].revoked_ms = now_ms() + 2000
    site.publish()
    asked = asked_at(site)
    agree_on(site, asked)
    later = dataclasses.replace(site.agent(Holder.COURT), now_ms=lambda: now_ms() + 5000)
    assert later.turn().released == (asked.request,)
    assert _proof(site, record) == first
    # As if it had been planted after the revocation: whatever the vault proves now comes too late.
    _forget(site, record)
    site.cast.people["sealer-court"].revoked_ms = now_ms() - 60_000
    site.publish()
    again = asked_at(site)
    agree_on(site, again)
    turn = site.agent(Holder.PROCURATORATE).turn()
    assert turn.released == () and any("sealed-late" in why for _, why in turn.stopped)
    monkeypatch.setattr(desk_work, "LAW", site.cast.law)
    folder = tmp_path / "desk"
    folder.mkdir()
    desk = dataclasses.replace(
        _desk(site.cast, folder, "decider-court", cast(Any, None)), client=site.client("decider-court"), now_ms=now_ms
    )
    third = asked_at(site)
    shown = desk_work.show(desk, third.request)
    (found,) = desk_work.candidates(desk, shown)
    with pytest.raises(CheckFailedError) as caught:
        desk_work.decide_on(desk, shown, found)
    assert caught.value.stop is Stop.SEALED_LATE
    with pytest.raises(ServiceError):
        site.client("decider-police").sealing(record, 1)
    assert dossier_of(site, asked)[0].sealing.proof


def test_what_a_silent_witness_left_is_made_up_for(site: VaultSite) -> None:
    """A record that came in while a witness was away would never open."""
    record = site.store(site.cast.seal())
    _forget(site, record)
    site.agent(Holder.COURT).turn()
    assert _proof(site, record)
