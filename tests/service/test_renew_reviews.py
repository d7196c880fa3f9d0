"""Corrections, re-submissions and deletions of records reach what reviewers decided about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import batch_site
from batch_site import Agency, make_project
from review_pairs import JOB, pair
from service_site import ServiceSite, caller

from linkage.flows.change_records import delete_record
from linkage.flows.commit_upload import commit_upload
from linkage.flows.renew_reviews import renewal
from linkage.review import State
from linkage.store import review

PROJECT = batch_site.PROJECT


def _commit(place: ServiceSite, agency: Agency, folder: Path, numbers: list[int], seed: int) -> str:
    upload = agency.upload(place, agency.sealed(place, folder, numbers, seed=seed))
    return commit_upload(place.unit, caller(agency.code), PROJECT, upload).id


def _states(place: ServiceSite) -> dict[str, int]:
    with place.unit.database.reading() as connection:
        return review.count(connection, PROJECT)


def test_a_record_that_changes_or_goes_takes_its_decisions_along(place: ServiceSite, tmp_path: Path) -> None:
    """What was decided about a record would bind whatever is sent in its place, or outlive it."""
    police, _ = make_project(place)
    _commit(place, police, tmp_path, [1, 2, 3], 1)
    pairs = [replace(pair(0, at), handle_a=batch_site.handle(at), handle_b=batch_site.handle(at + 10)) for at in (1, 2)]
    with place.unit.database.writing() as connection:
        review.add_items(connection, PROJECT, JOB, pairs, 0)
    _commit(place, police, tmp_path, [3], 2)  # a record that nobody judged
    assert _states(place) == {State.OPEN: 2}
    batch = _commit(place, police, tmp_path, [1], 3)
    assert _states(place) == {State.OPEN: 1, State.STALE: 1}
    delete_record(place.unit, caller("police"), PROJECT, batch_site.handle(1))
    assert _states(place) == {State.OPEN: 1}
    renew = renewal(place.unit, PROJECT, "police", batch, whole=True)  # a whole file without record 2
    with place.unit.database.writing() as connection:
        renew(connection)
    assert _states(place) == {}
