"""The unit's two ways to act: an entry with its rows, or bytes with their entry."""

from __future__ import annotations

import pytest
from service_site import ServiceSite, caller
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select

from audit.commitments import hash_output
from audit.entry import read
from audit.errors import AuditError
from audit.events import Reason

_OTHER = MetaData()
_ROW = Table("test_row", _OTHER, Column("one", Integer, primary_key=True))


def _heartbeat(place: ServiceSite, within: object = None) -> None:
    place.unit.enter(caller(), "heartbeat", {}, within=within)  # type: ignore[arg-type]


def test_rows_stand_with_their_entry(place: ServiceSite) -> None:
    """Business rows could be written without their entry, or the other way round."""
    with place.unit.database.writing() as connection:
        _OTHER.create_all(connection)
    before = place.unit.log.head().size

    def add(connection: Connection) -> None:
        connection.execute(insert(_ROW).values(one=1))

    _heartbeat(place, add)
    with pytest.raises(Exception, match=r"(?i)unique"):
        _heartbeat(place, add)
    assert place.unit.log.head().size == before + 1
    with place.unit.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(_ROW)).scalar() == 1


def test_bytes_leave_with_an_entry_that_names_them(place_sqlite: ServiceSite) -> None:
    """Bytes could leave that the log does not know."""
    unit = place_sqlite.unit
    facts = {"project": "p-one", "job": "0" * 26, "recipient": "police"}
    decision = unit.allow(Reason.OWN_RECORDS)
    let_go = unit.let_go(caller("police"), "result.deliver", facts, b"some bytes", 3, decision=decision)
    (data,) = unit.log.entries(let_go.receipt.index, let_go.receipt.index + 1)
    entry = read(data)
    assert entry.output is not None
    assert entry.output.sha256 == hash_output(let_go.data, let_go.salt)
    assert entry.actor.org == "police"


def test_a_log_that_refuses_stops_the_act(place_sqlite: ServiceSite) -> None:
    """An act could go on without its entry."""
    place_sqlite.site.stop_signer()
    with pytest.raises(AuditError):
        _heartbeat(place_sqlite)
