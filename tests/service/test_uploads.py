"""Uploads and their commit: cut connections, replays, strangers, crashes; and what stands afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from batch_site import PROJECT, Agency, handle, make_project
from service_site import ServiceSite, caller

from audit.errors import AuditError
from linkage.batches import BatchKind, UploadState
from linkage.flows import commit_upload as committing
from linkage.flows.commit_upload import commit_upload
from linkage.flows.upload_batch import begin_upload, clean_up, read_upload, receiving_part
from linkage.refusals import Refused, Why
from linkage.sealed_batch import BodyForm
from linkage.standing import standing_batches
from linkage.unit import Unit


def stands(place: ServiceSite) -> dict[str, set[bytes]]:
    found = standing_batches(place.unit, PROJECT)
    return {batch.header.agency: {row.tobytes() for row in batch.handles()} for batch in found}


def commit(place: ServiceSite, agency: Agency, upload: str) -> str:
    return commit_upload(place.unit, caller(agency.code), PROJECT, upload).id


@pytest.mark.parametrize("form", BodyForm)
def test_what_was_sealed_stands_once(place: ServiceSite, tmp_path: Path, form: BodyForm) -> None:
    """A batch would not arrive, or a repeated commit would count it twice."""
    police, _ = make_project(place)
    upload = police.upload(place, police.sealed(place, tmp_path, [1, 2, 3], form=form))
    assert commit(place, police, upload) == commit(place, police, upload) == upload
    assert stands(place) == {"police": {handle(1), handle(2), handle(3)}}
    assert list((place.unit.folder / "uploads").iterdir()) == []


def test_later_records_lie_over_earlier_ones_of_the_same_agency(place: ServiceSite, tmp_path: Path) -> None:
    """A correction would stand beside what it corrects, or touch another agency's record of the same handle."""
    police, hospital = make_project(place)
    for agency, numbers, seed in ((police, [1, 2], 1), (hospital, [1], 2), (police, [2, 3], 3)):
        commit(place, agency, agency.upload(place, agency.sealed(place, tmp_path, numbers, seed=seed)))
    assert stands(place) == {"police": {handle(1), handle(2), handle(3)}, "hospital": {handle(1)}}


def test_a_cut_part_leaves_the_offset_and_is_sent_again(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Bytes that nothing has checked would count, or all would have to be sent again."""
    police, _ = make_project(place_sqlite)
    unit, data = place_sqlite.unit, police.sealed(place_sqlite, tmp_path, [1, 2])
    declared = hashlib.sha256(data).hexdigest()
    made = begin_upload(unit, caller("police"), PROJECT, BatchKind.CHANGES, len(data), declared)
    police.send(place_sqlite, made.id, 0, data[:100])
    digest = hashlib.sha256(data[100:]).digest()
    with (
        pytest.raises(ConnectionError),
        receiving_part(unit, caller("police"), PROJECT, made.id, 100, digest) as part,
    ):
        part.write(b"x" * 50)
        raise ConnectionError
    assert read_upload(unit, caller("police"), PROJECT, made.id).received == 100
    with pytest.raises(Refused) as wrong:
        police.send(place_sqlite, made.id, 150, data[150:])
    assert wrong.value.why is Why.WRONG_OFFSET
    police.send(place_sqlite, made.id, 100, data[100:])
    commit(place_sqlite, police, made.id)
    assert stands(place_sqlite) == {"police": {handle(1), handle(2)}}


def test_two_connections_never_write_one_upload(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Two parts would be mixed in one file."""
    police, _ = make_project(place_sqlite)
    unit = place_sqlite.unit
    made = begin_upload(unit, caller("police"), PROJECT, BatchKind.CHANGES, 10, "0" * 64)
    digest = hashlib.sha256(b"0123456789").digest()
    with receiving_part(unit, caller("police"), PROJECT, made.id, 0, digest) as part:
        with pytest.raises(Refused) as second:
            police.send(place_sqlite, made.id, 0, b"0123456789")
        part.write(b"0123456789")
    assert second.value.why is Why.WRONG_STATE


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fingerprint": "0" * 64}, Why.PARAMETERS_DIFFER),
        ({"epoch": 2}, Why.PARAMETERS_DIFFER),
        ({"project": "p-two"}, Why.PARAMETERS_DIFFER),
        ({"agency": "hospital"}, Why.PARAMETERS_DIFFER),
        ({"normaliser": "other"}, Why.PARAMETERS_DIFFER),
    ],
)
def test_foreign_batches_are_refused(
    place_sqlite: ServiceSite, tmp_path: Path, change: dict[str, object], why: Why
) -> None:
    """Encodings of other parameters, epochs or agencies would be matched."""
    police, _ = make_project(place_sqlite)
    upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1], **change))
    with pytest.raises(Refused) as refused:
        commit(place_sqlite, police, upload)
    assert refused.value.why is why
    assert read_upload(place_sqlite.unit, caller("police"), PROJECT, upload).state is UploadState.REFUSED
    assert stands(place_sqlite) == {}
    assert list((place_sqlite.unit.folder / "batches").glob("*")) == []


def test_a_replay_and_a_strangers_batch_are_refused(place: ServiceSite, tmp_path: Path) -> None:
    """An old batch, sent again by whoever recorded it, would undo a correction; a stranger could submit."""
    police, hospital = make_project(place)
    data = police.sealed(place, tmp_path, [1])
    commit(place, police, police.upload(place, data))
    with pytest.raises(Refused) as again:
        commit(place, police, police.upload(place, data))
    assert again.value.why is Why.REPLAYED
    with pytest.raises(Refused) as stolen:
        commit(place, hospital, hospital.upload(place, data))
    assert stolen.value.why is Why.UNSEALED
    assert stands(place) == {"police": {handle(1)}}


def test_another_agencys_upload_is_not_found(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """One agency could read, write or commit what another sends."""
    police, hospital = make_project(place_sqlite)
    upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1]))
    for act in (
        lambda: read_upload(place_sqlite.unit, caller("hospital"), PROJECT, upload),
        lambda: hospital.send(place_sqlite, upload, 0, b"x"),
        lambda: commit(place_sqlite, hospital, upload),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.why is Why.NOT_FOUND


def test_a_log_that_refuses_leaves_the_upload_open(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch without an entry would stand, or a crash would lose what was sent."""
    police, _ = make_project(place_sqlite)
    upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1]))

    def down(*_: object, **__: object) -> None:
        raise AuditError("log: down")

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "enter", down)
        with pytest.raises(AuditError):
            commit(place_sqlite, police, upload)
    assert stands(place_sqlite) == {}
    commit(place_sqlite, police, upload)
    assert stands(place_sqlite) == {"police": {handle(1)}}


@pytest.mark.parametrize("step", ["_received", "_examine", "_unsealed", "_stand"])
def test_a_crash_at_any_step_is_made_good_by_the_next_commit(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A killed server would leave half a batch, or an upload that nobody can finish."""
    police, _ = make_project(place_sqlite)
    numbers = list(range(40))
    upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, numbers), BatchKind.WHOLE)
    monkeypatch.setattr(committing, "refuse_failing", lambda reports: None)
    real = getattr(committing, step)

    def killed(*args: object) -> None:
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(committing, step, killed)
        with pytest.raises(KeyboardInterrupt):
            commit(place_sqlite, police, upload)
    assert commit(place_sqlite, police, upload) == upload
    assert stands(place_sqlite) == {"police": {handle(n) for n in numbers}}


def test_an_expired_upload_is_cleaned_up(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """Abandoned uploads would fill the disk."""
    police, _ = make_project(place_sqlite)
    upload = police.upload(place_sqlite, police.sealed(place_sqlite, tmp_path, [1]))
    assert clean_up(place_sqlite.unit) == 0
    place_sqlite.shift_ms[0] = 8 * 24 * 3_600_000
    assert clean_up(place_sqlite.unit) == 1
    assert read_upload(place_sqlite.unit, caller("police"), PROJECT, upload).state is UploadState.EXPIRED
