"""Random interleavings of two agencies' uploads, cuts, commits, corrections and deletions, beside a dictionary."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from batch_site import PROJECT, handle, make_project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_site import ServiceSite, build_site, caller
from test_uploads import commit, stands

from linkage.batches import BatchKind
from linkage.flows.change_records import delete_record
from linkage.flows.upload_batch import begin_upload, read_upload, receiving_part
from linkage.refusals import Refused, Why
from linkage.standing import standing_batches

NUMBERS = st.lists(st.integers(0, 5), unique=True, min_size=1, max_size=4)
ACTS = st.lists(
    st.tuples(st.sampled_from(["send", "begin", "cut", "finish", "replay", "delete"]), st.integers(0, 1), NUMBERS),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS)
def test_what_stands_is_what_each_agency_sent_last(acts: list[tuple[str, int, list[int]]]) -> None:
    """An agency would touch another's records, or a cut, a replay or a late commit would change what stands."""
    with tempfile.TemporaryDirectory() as name:
        place = build_site(f"sqlite:///{name}/unit.db", Path(name))
        try:
            _play(place, Path(name), acts)
        finally:
            place.close()


def _play(place: ServiceSite, folder: Path, acts: list[tuple[str, int, list[int]]]) -> None:
    agencies = make_project(place)
    model: list[dict[bytes, int]] = [{}, {}]
    opened: list[tuple[str, bytes, list[int], int] | None] = [None, None]
    sent: list[bytes | None] = [None, None]
    for seed, (act, which, numbers) in enumerate(acts):
        agency = agencies[which]
        me = caller(agency.code)
        under_way = opened[which]
        match act:
            case "send":
                sent[which] = agency.sealed(place, folder, numbers, seed=seed)
                commit(place, agency, agency.upload(place, sent[which] or b""))
                model[which].update({handle(n): seed for n in numbers})
            case "begin" if under_way is None:
                data = agency.sealed(place, folder, numbers, seed=seed)
                declared = hashlib.sha256(data).hexdigest()
                made = begin_upload(place.unit, me, PROJECT, BatchKind.CHANGES, len(data), declared)
                agency.send(place, made.id, 0, data[:1_000])
                opened[which] = (made.id, data, numbers, seed)
            case "cut" if under_way is not None:
                upload, data, _, _ = under_way
                at = read_upload(place.unit, me, PROJECT, upload).received
                try:
                    with receiving_part(place.unit, me, PROJECT, upload, at, b"\0" * 32) as part:
                        part.write(data[at : at + 100])
                        raise ConnectionError
                except ConnectionError:
                    assert read_upload(place.unit, me, PROJECT, upload).received == at
            case "finish" if under_way is not None:
                upload, data, sealed, made_at = under_way
                at = read_upload(place.unit, me, PROJECT, upload).received
                agency.send(place, upload, at, data[at:])
                commit(place, agency, upload)
                model[which].update({handle(n): made_at for n in sealed})
                opened[which] = None
            case "replay" if sent[which] is not None:
                again = agency.upload(place, sent[which] or b"")
                _refused(Why.REPLAYED, commit, place, agency, again)
            case "delete":
                wanted = handle(numbers[0])
                if wanted in model[which]:
                    delete_record(place.unit, me, PROJECT, wanted)
                    del model[which][wanted]
                else:
                    _refused(Why.NOT_FOUND, delete_record, place.unit, me, PROJECT, wanted)
        assert stands(place) == {a.code: set(m) for a, m in zip(agencies, model, strict=True) if m}
    for batch in standing_batches(place.unit, PROJECT):
        assert batch.header.records == batch.table.num_rows


def _refused(why: Why, act: Callable[..., object], *args: object) -> None:
    try:
        act(*args)
    except Refused as refused:
        assert refused.why is why
    else:
        raise AssertionError("not refused")
