"""Records and clusters as subjects' requests see them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
import pytest
from review_pairs import PROJECT, handle
from service_site import ServiceSite
from sqlalchemy import insert

from linkage import standing_records
from linkage.encoded import HANDLE
from linkage.models.projects import PROJECT as PROJECT_TABLE
from linkage.records import Holder
from linkage.standing_records import StandingRecords
from linkage.unit import Unit


@dataclass
class _Batch:
    table: pa.Table


@dataclass
class _Standing:
    agency: str
    batch: _Batch


class _OneCluster:
    """Everybody is one child; the hospital calls it abc."""

    def holders(self, unit: Unit, project: str, agency: str, handle_: bytes) -> list[Holder]:
        return [Holder("police", handle(1)), Holder("hospital", handle(2)), Holder("school", handle(3))]

    def of_pseudonym(self, unit: Unit, project: str, agency: str, pseudonym: str) -> list[Holder]:
        return [Holder("hospital", handle(2)), Holder("hospital", handle(9))] if pseudonym == "abc" else []


def test_what_was_deleted_is_no_record(place_sqlite: ServiceSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task would go to an agency for a record that it has deleted, and never end."""

    def standing(*_: object) -> list[_Standing]:
        rows = {"police": [1], "hospital": [2]}
        columns = {name: pa.array([handle(each) for each in numbers], pa.binary(16)) for name, numbers in rows.items()}
        return [_Standing(name, _Batch(pa.table({HANDLE: column}))) for name, column in columns.items()]

    monkeypatch.setattr(standing_records, "standing", standing)
    unit, records = place_sqlite.unit, StandingRecords(_OneCluster())
    assert records.stands(unit, PROJECT, "police", handle(1))
    assert not records.stands(unit, PROJECT, "hospital", handle(1))
    found = records.holders(unit, PROJECT, "police", handle(1))
    assert sorted(found, key=lambda each: each.agency) == [Holder("hospital", handle(2)), Holder("police", handle(1))]
    assert records.of_pseudonym(unit, PROJECT, "hospital", "abc") == [Holder("hospital", handle(2))]
    assert records.of_pseudonym(unit, PROJECT, "hospital", "xyz") == []


def test_nothing_shows_without_a_stated_basis(place: ServiceSite) -> None:
    """Counts would tell that a child is known elsewhere where nobody has allowed it."""
    records = StandingRecords(_OneCluster())
    assert not records.elsewhere_may_show(place.unit, PROJECT)
    same = {"fingerprint": "f" * 64, "epoch": 1, "until_ms": 1, "state": "open", "created_ms": 0, "version": 1}
    with place.unit.database.writing() as connection:
        for code, basis in ((PROJECT, ""), ("p-two", "law/9"), ("p-old", None)):
            terms = json.dumps({} if basis is None else {"elsewhere_basis": basis})
            connection.execute(insert(PROJECT_TABLE).values(code=code, terms=terms, **same))
    shows = [records.elsewhere_may_show(place.unit, code) for code in (PROJECT, "p-two", "p-old")]
    assert shows == [False, True, False]
