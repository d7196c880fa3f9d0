"""The only queries of the vault service. Every one that reads for an agency is filtered by that agency.

May touch: database (connections that are handed in)
Sees:      ciphertext, hashes, pseudonyms
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, or_, select, update

from vault.errors import StateError
from vault.halves import RecordId, SealedHalves
from vault.models import (
    ACT,
    CORRECTION,
    ENVELOPE,
    HALF,
    INTENT,
    LOCK,
    NOTICE,
    PROPOSAL,
    RECORD,
    REQUEST,
    ROSTER,
    SEEN_CALL,
)
from vault.states import RequestState
from vault.unsealing import SealState
from vault.vocabulary import Holder, View

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One request as the service knows it."""

    id: str
    digest: str
    nonce: str
    officer: str
    agency: str
    recipient: str
    state: RequestState
    data: bytes
    asked_ms: int
    not_after_ms: int
    warn_ms: int
    escalate_ms: int
    expires_ms: int | None


@dataclass(frozen=True, slots=True)
class StoredAct:
    """One act on a request."""

    id: str
    request: str
    kind: str
    agency: str
    digest: str
    data: bytes
    at_ms: int


Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A record's sealed index entry; `state` is sealed or unsealed."""

    record: str
    state: str
    entry: bytes


def put(connection: Connection, table: Table, **values: Any) -> None:
    """One new row; an IntegrityError of the database when it is there."""
    connection.execute(insert(table).values(**values))


# --- rosters -------------------------------------------------------------------------------------------------------


def rosters_stamp(connection: Connection) -> Stamp:
    """What changes whenever `newest_rosters` does, and costs less to read.

    The time counts as well: a replaced roster key's first version may have the number of one that was dropped.
    """
    newest = (ROSTER.c.agency, func.max(ROSTER.c.version), func.max(ROSTER.c.at_ms))
    found = select(*newest).group_by(ROSTER.c.agency).order_by(ROSTER.c.agency)
    return tuple((row[0], row[1], row[2]) for row in connection.execute(found))


def newest_rosters(connection: Connection) -> list[bytes]:
    """The newest roster of each agency, as it was signed."""
    newest = select(ROSTER.c.agency, func.max(ROSTER.c.version).label("version")).group_by(ROSTER.c.agency).subquery()
    joined = select(ROSTER.c.data).join(
        newest, (ROSTER.c.agency == newest.c.agency) & (ROSTER.c.version == newest.c.version)
    )
    return [bytes(row.data) for row in connection.execute(joined.order_by(ROSTER.c.agency))]


def rosters_since(connection: Connection, agency: str, since_ms: int) -> int:
    """How many rosters of an agency came since then."""
    where = (ROSTER.c.agency == agency, ROSTER.c.at_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(ROSTER).where(*where)).scalar_one())


def drop_rosters(connection: Connection, agency: str) -> None:
    """Forget an agency's rosters; their entries stay in the log."""
    connection.execute(delete(ROSTER).where(ROSTER.c.agency == agency))


# --- records -------------------------------------------------------------------------------------------------------


def record_data(connection: Connection, record: str, version: int) -> bytes | None:
    """The signed sealing form of a record version."""
    found = connection.execute(select(RECORD.c.data).where(RECORD.c.id == record, RECORD.c.version == version))
    return _bytes(found.scalar_one_or_none())


def sealing_proof(connection: Connection, record: str, version: int) -> tuple[str, bytes | None] | None:
    """(request id of the entry of a sealing, its first witnessed proof if there is one)."""
    where = (RECORD.c.id == record, RECORD.c.version == version)
    row = connection.execute(select(RECORD.c.req, RECORD.c.proof).where(*where)).one_or_none()
    return None if row is None else (row.req, _bytes(row.proof))


def unproven(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """(record, version) of sealings that no proof is kept of yet, the oldest first."""
    found = select(RECORD.c.id, RECORD.c.version).where(RECORD.c.proof.is_(None)).order_by(RECORD.c.sealed_ms)
    return [(row.id, row.version) for row in connection.execute(found.limit(limit))]


def keep_proof(connection: Connection, record: str, version: int, proof: bytes) -> None:
    """Keep the first proof of a sealing; a later one is of a later time, and replaces nothing."""
    where = (RECORD.c.id == record, RECORD.c.version == version, RECORD.c.proof.is_(None))
    connection.execute(update(RECORD).where(*where).values(proof=proof))


def owner_of(connection: Connection, record: str) -> str | None:
    """The agency that sealed a record, whatever version; None if there is none."""
    return connection.execute(select(RECORD.c.agency).where(RECORD.c.id == record).limit(1)).scalar_one_or_none()


def index_entries(connection: Connection, agency: str, after: str) -> list[IndexRow]:
    """An agency's records that are not shredded, from `after` on, a page at most."""
    found = connection.execute(
        select(RECORD.c.id, RECORD.c.state, RECORD.c.index_entry)
        .where(RECORD.c.agency == agency, RECORD.c.id > after, RECORD.c.state != SealState.SHREDDED.value)
        .order_by(RECORD.c.id)
        .limit(PAGE)
    )
    return [IndexRow(row.id, row.state, bytes(row.index_entry)) for row in found]


def cover_of(connection: Connection, digest: str) -> bytes | None:
    """The cover of an envelope."""
    return _bytes(connection.execute(select(ENVELOPE.c.cover).where(ENVELOPE.c.digest == digest)).scalar_one_or_none())


def named_envelopes(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of the digests that a sealing has named."""
    found: set[str] = set()
    for at in range(0, len(digests), PAGE):
        where = ENVELOPE.c.digest.in_(digests[at : at + PAGE])
        found.update(row.digest for row in connection.execute(select(ENVELOPE.c.digest).where(where)))
    return found


def halves_of(connection: Connection, record: RecordId, holder: Holder) -> SealedHalves | None:
    """A holder's halves of a record version."""
    row = connection.execute(select(HALF).where(*_halves_key(record, holder))).one_or_none()
    return None if row is None else _halves(row)


def halves_under(
    connection: Connection, holder: Holder, key: str, after: tuple[str, int], limit: int
) -> list[SealedHalves]:
    """Halves that are sealed to one key of a holder, beyond (record, version)."""
    record, version = after
    is_beyond = or_(HALF.c.record > record, and_(HALF.c.record == record, HALF.c.version > version))
    found = connection.execute(
        select(HALF)
        .where(HALF.c.holder == holder.value, HALF.c.key == key, is_beyond)
        .order_by(HALF.c.record, HALF.c.version)
        .limit(limit)
    )
    return [_halves(row) for row in found]


def covers_by_view(connection: Connection, record: str, version: int) -> dict[View, bytes]:
    """The covers of a record version's envelopes."""
    where = (ENVELOPE.c.record == record, ENVELOPE.c.version == version)
    rows = connection.execute(select(ENVELOPE.c.view, ENVELOPE.c.cover).where(*where))
    return {View(row.view): bytes(row.cover) for row in rows}


def covers_of(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, dict[View, bytes]]:
    """The covers of all views of a page of record versions."""
    found: dict[RecordId, dict[View, bytes]] = {one: {} for one in records}
    by_name = {(one.record, one.version): one for one in records}
    names = [one.record for one in records]
    rows = select(ENVELOPE.c.record, ENVELOPE.c.version, ENVELOPE.c.view, ENVELOPE.c.cover)
    for row in connection.execute(rows.where(ENVELOPE.c.record.in_(names))):
        if (row.record, row.version) in by_name:
            found[by_name[row.record, row.version]][View(row.view)] = bytes(row.cover)
    return found


def put_halves(connection: Connection, halves: SealedHalves) -> None:
    """A holder's halves of a new record version."""
    put(connection, HALF, **halves.id.to_json(), holder=halves.holder.value, key=halves.key, sealed=halves.sealed)


def replace_halves(connection: Connection, old_key: str, halves: Iterable[SealedHalves]) -> None:
    """Halves sealed to another key of the same holder; StateError if one is no longer under `old_key`."""
    for one in halves:
        changed = connection.execute(
            update(HALF)
            .where(*_halves_key(one.id, one.holder), HALF.c.key == old_key)
            .values(key=one.key, sealed=one.sealed)
        )
        if changed.rowcount != 1:
            raise StateError("half: not there, or under another key than was said")


def count_halves(connection: Connection, holder: Holder, key: str) -> int:
    """How many record versions' halves are sealed to that key."""
    where = (HALF.c.holder == holder.value, HALF.c.key == key)
    return int(connection.execute(select(func.count()).select_from(HALF).where(*where)).scalar_one())


# --- notices -------------------------------------------------------------------------------------------------------


def notices_for(connection: Connection, recipient: str) -> list[bytes]:
    """Signed notices that an agency has not answered."""
    found = select(NOTICE.c.data).where(NOTICE.c.recipient == recipient, NOTICE.c.answer.is_(None))
    return [bytes(row.data) for row in connection.execute(found.order_by(NOTICE.c.due_ms).limit(PAGE))]


def notice_data(connection: Connection, notice: str, recipient: str) -> tuple[bytes, bool] | None:
    """A notice to an agency, and whether it is answered."""
    where = (NOTICE.c.id == notice, NOTICE.c.recipient == recipient)
    row = connection.execute(select(NOTICE.c.data, NOTICE.c.answer).where(*where)).one_or_none()
    return None if row is None else (bytes(row.data), row.answer is not None)


def answer_notice(connection: Connection, notice: str, answer: bytes, at_ms: int) -> None:
    """Store an acknowledgement; StateError if there is one."""
    changed = connection.execute(
        update(NOTICE).where(NOTICE.c.id == notice, NOTICE.c.answer.is_(None)).values(answer=answer, answered_ms=at_ms)
    )
    if changed.rowcount != 1:
        raise StateError("notice: answered already")


def ledger(connection: Connection, agency: str | None, now_ms: int) -> list[dict[str, Any]]:
    """A page of notices, the unanswered first, for sender, recipient, or (None) the supervising procuratorate."""
    found = select(
        NOTICE.c.id, NOTICE.c.record, NOTICE.c.agency, NOTICE.c.recipient, NOTICE.c.due_ms, NOTICE.c.answered_ms
    )
    if agency is not None:
        found = found.where(or_(NOTICE.c.agency == agency, NOTICE.c.recipient == agency))
    unanswered_first = (NOTICE.c.answered_ms.is_not(None), NOTICE.c.due_ms)
    rows = connection.execute(found.order_by(*unanswered_first).limit(PAGE)).mappings()
    return [{**row, "is_overdue": row["answered_ms"] is None and row["due_ms"] < now_ms} for row in rows]


# --- requests ------------------------------------------------------------------------------------------------------


def request(connection: Connection, request_id: str) -> StoredRequest | None:
    """A request by its id; the caller checks who may see it."""
    row = connection.execute(select(REQUEST).where(REQUEST.c.id == request_id)).one_or_none()
    return None if row is None else _request(row)


def requests_of(connection: Connection, agency: str, officer: str, after: str) -> list[StoredRequest]:
    """An officer's own requests."""
    where = (REQUEST.c.id > after, REQUEST.c.agency == agency, REQUEST.c.officer == officer)
    return [
        _request(row) for row in connection.execute(select(REQUEST).where(*where).order_by(REQUEST.c.id).limit(PAGE))
    ]


def requests_seen_by(connection: Connection, agency: str, is_approver: bool, after: str) -> list[StoredRequest]:
    """Requests that an agency made or must decide or, for a half-holding one, approve and release."""
    found = select(REQUEST).where(REQUEST.c.id > after)
    if not is_approver:
        found = found.where(or_(REQUEST.c.agency == agency, REQUEST.c.recipient == agency))
    return [_request(row) for row in connection.execute(found.order_by(REQUEST.c.id).limit(PAGE))]


def owed_by(connection: Connection, holder: Holder, after: str, most: int) -> list[str]:
    """Ids of authorised requests that lack this holder's released half, from `after` on."""
    released = select(ACT.c.id).where(ACT.c.id == REQUEST.c.id + f".{holder.value}", ACT.c.kind == "release")
    where = (REQUEST.c.id > after, REQUEST.c.state == RequestState.AUTHORISED.value, ~released.exists())
    return [row.id for row in connection.execute(select(REQUEST.c.id).where(*where).order_by(REQUEST.c.id).limit(most))]


def asked_since(connection: Connection, agency: str, officer: str, since_ms: int) -> int:
    """How many requests an officer made since then."""
    where = (REQUEST.c.agency == agency, REQUEST.c.officer == officer, REQUEST.c.asked_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(REQUEST).where(*where)).scalar_one())


def move(connection: Connection, request_id: str, old: RequestState, new: RequestState, **changes: Any) -> None:
    """Change a request's state; StateError when another was quicker."""
    changed = connection.execute(
        update(REQUEST)
        .where(REQUEST.c.id == request_id, REQUEST.c.state == old.value)
        .values(state=new.value, **changes)
    )
    if changed.rowcount != 1:
        raise StateError("request: its state has changed meanwhile")


def acts_on(connection: Connection, request_id: str, kind: str) -> list[StoredAct]:
    """Acts of one kind, by agency."""
    found = select(ACT).where(ACT.c.request == request_id, ACT.c.kind == kind).order_by(ACT.c.agency)
    return [_act(row) for row in connection.execute(found)]


def put_act(connection: Connection, act: StoredAct) -> None:
    """A new act; the database refuses a second one of the same kind and agency."""
    put(connection, ACT, **{name: getattr(act, name) for name in StoredAct.__dataclass_fields__})


def moved_by(act: StoredAct, old: RequestState, new: RequestState) -> Callable[[Connection], None]:
    """What an act does to its request, to be done in the transaction of its entry."""

    def rows(connection: Connection) -> None:
        move(connection, act.request, old, new)
        put_act(connection, act)

    return rows


def intent(connection: Connection, request_id: str) -> tuple[str, bytes, bytes] | None:
    """(request id of the entry, its bytes, the salt) of a release that was authorised."""
    row = connection.execute(select(INTENT).where(INTENT.c.request == request_id)).one_or_none()
    return None if row is None else (row.req, bytes(row.entry), bytes(row.salt))


def overdue(connection: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Requests that nobody decided in time: told, escalated, never allowed by it."""
    waiting = (RequestState.ASKED.value, RequestState.DECIDED.value)
    found = (
        select(REQUEST.c.id, REQUEST.c.agency, REQUEST.c.recipient, REQUEST.c.warn_ms, REQUEST.c.escalate_ms)
        .where(REQUEST.c.state.in_(waiting), REQUEST.c.warn_ms < now_ms, REQUEST.c.not_after_ms > now_ms)
        .order_by(REQUEST.c.warn_ms)
        .limit(PAGE)
    )
    rows = connection.execute(found).mappings()
    return [{**row, "is_escalated": row["escalate_ms"] < now_ms} for row in rows]


def unmarked(connection: Connection, now_ms: int) -> list[str]:
    """Requests whose receiving case is not marked: delivered, and no return that says so (办法 art. 6)."""
    found = select(REQUEST.c.id).where(REQUEST.c.state == RequestState.DELIVERED.value).order_by(REQUEST.c.id)
    return [row.id for row in connection.execute(found.limit(PAGE))]


# --- changes of a record's state --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record version without its contents."""

    id: str
    version: int
    agency: str
    state: str
    req: str
    data: bytes
    sealed_ms: int


def record(connection: Connection, record_id: str, version: int) -> StoredRecord | None:
    """A record version; the caller checks who may see it."""
    row = connection.execute(select(RECORD).where(RECORD.c.id == record_id, RECORD.c.version == version)).one_or_none()
    if row is None:
        return None
    return StoredRecord(row.id, row.version, row.agency, row.state, row.req, bytes(row.data), row.sealed_ms)


def proposal(connection: Connection, proposal_id: str) -> tuple[bytes, str] | None:
    """A signed proposal and its state."""
    row = connection.execute(select(PROPOSAL).where(PROPOSAL.c.id == proposal_id)).one_or_none()
    return None if row is None else (bytes(row.data), row.state)


def open_proposals(connection: Connection) -> list[bytes]:
    """Signed proposals that wait for agreements."""
    found = select(PROPOSAL.c.data).where(PROPOSAL.c.state == "proposed").order_by(PROPOSAL.c.at_ms).limit(PAGE)
    return [bytes(row.data) for row in connection.execute(found)]


def carried_out(connection: Connection, record_id: str, version: int) -> list[bytes]:
    """Signed proposals that changed a record version, in the order in which they did."""
    where = (PROPOSAL.c.record == record_id, PROPOSAL.c.version == version, PROPOSAL.c.state == "done")
    found = select(PROPOSAL.c.data).where(*where).order_by(PROPOSAL.c.done_ms, PROPOSAL.c.id)
    return [bytes(row.data) for row in connection.execute(found)]


def set_record_state(connection: Connection, record_id: str, version: int, old: str, new: str) -> None:
    """Change a record's state; StateError when another was quicker."""
    where = (RECORD.c.id == record_id, RECORD.c.version == version, RECORD.c.state == old)
    if connection.execute(update(RECORD).where(*where).values(state=new)).rowcount != 1:
        raise StateError("record: its state has changed meanwhile")


def close_proposal(connection: Connection, proposal_id: str, now_ms: int) -> None:
    """It was carried out; StateError when it was before."""
    where = (PROPOSAL.c.id == proposal_id, PROPOSAL.c.state == "proposed")
    if connection.execute(update(PROPOSAL).where(*where).values(state="done", done_ms=now_ms)).rowcount != 1:
        raise StateError("proposal: carried out already")


def shred(connection: Connection, record_id: str, version: int) -> list[str]:
    """Destroy halves, covers, index entry and sealing form; a tombstone stays. Returns the envelopes' digests."""
    digests = [
        row.digest
        for row in connection.execute(
            select(ENVELOPE.c.digest).where(ENVELOPE.c.record == record_id, ENVELOPE.c.version == version)
        )
    ]
    connection.execute(delete(HALF).where(HALF.c.record == record_id, HALF.c.version == version))
    connection.execute(delete(ENVELOPE).where(ENVELOPE.c.record == record_id, ENVELOPE.c.version == version))
    where = (RECORD.c.id == record_id, RECORD.c.version == version)
    connection.execute(update(RECORD).where(*where).values(data=b"", index_entry=b""))
    return digests


# --- notices to correct ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """A notice to correct with its answer, if there is one."""

    id: str
    agency: str
    recipient: str
    data: bytes
    due_ms: int
    answer: bytes | None
    answered_ms: int | None


def correction(connection: Connection, correction_id: str) -> StoredCorrection | None:
    """A notice by its id; the caller checks who may see it."""
    row = connection.execute(select(CORRECTION).where(CORRECTION.c.id == correction_id)).one_or_none()
    return None if row is None else _correction(row)


def corrections_of(connection: Connection, agency: str, after: str) -> list[StoredCorrection]:
    """Notices that an agency issued or got, from `after` on, a page at most."""
    is_theirs = or_(CORRECTION.c.agency == agency, CORRECTION.c.recipient == agency)
    found = select(CORRECTION).where(is_theirs, CORRECTION.c.id > after).order_by(CORRECTION.c.id).limit(PAGE)
    return [_correction(row) for row in connection.execute(found)]


def answer_correction(connection: Connection, correction_id: str, answer: bytes, at_ms: int) -> None:
    """Store the answer; StateError if there is one."""
    where = (CORRECTION.c.id == correction_id, CORRECTION.c.answer.is_(None))
    if connection.execute(update(CORRECTION).where(*where).values(answer=answer, answered_ms=at_ms)).rowcount != 1:
        raise StateError("correction: answered already")


def unanswered_corrections(connection: Connection, agency: str, now_ms: int) -> list[dict[str, Any]]:
    """Notices of an agency that nobody answered in time: told until somebody does, and never closed by time."""
    found = (
        select(CORRECTION.c.id, CORRECTION.c.recipient, CORRECTION.c.due_ms)
        .where(CORRECTION.c.agency == agency, CORRECTION.c.answer.is_(None), CORRECTION.c.due_ms <= now_ms)
        .order_by(CORRECTION.c.due_ms)
        .limit(PAGE)
    )
    return [{**row} for row in connection.execute(found).mappings()]


# --- locks and calls -------------------------------------------------------------------------------------------------


def locks(connection: Connection) -> list[bytes]:
    """Every lock and opening, as it was signed."""
    return [bytes(row.data) for row in connection.execute(select(LOCK.c.data).order_by(LOCK.c.at_ms))]


def lock_acts_since(connection: Connection, agency: str, since_ms: int) -> int:
    """How many locks and openings an agency put since then."""
    where = (LOCK.c.agency == agency, LOCK.c.at_ms >= since_ms)
    return int(connection.execute(select(func.count()).select_from(LOCK).where(*where)).scalar_one())


def see_call(connection: Connection, nonce: str, at_ms: int, forget_before_ms: int) -> None:
    """Remember a call; the database refuses a nonce that was seen."""
    connection.execute(delete(SEEN_CALL).where(SEEN_CALL.c.at_ms < forget_before_ms))
    put(connection, SEEN_CALL, nonce=nonce, at_ms=at_ms)


def _halves_key(record: RecordId, holder: Holder) -> Sequence[Any]:
    return (HALF.c.record == record.record, HALF.c.version == record.version, HALF.c.holder == holder.value)


def _halves(row: Row[Any]) -> SealedHalves:
    record = RecordId(row.record, row.version, row.agency, row.epoch, row.suite)
    return SealedHalves(record, Holder(row.holder), row.key, bytes(row.sealed))


def _request(row: Row[Any]) -> StoredRequest:
    found = row._mapping
    values = {name: found[name] for name in StoredRequest.__dataclass_fields__}
    return StoredRequest(**values | {"state": RequestState(row.state), "data": bytes(row.data)})


def _act(row: Row[Any]) -> StoredAct:
    found = row._mapping
    return StoredAct(**{name: found[name] for name in StoredAct.__dataclass_fields__} | {"data": bytes(row.data)})


def _correction(row: Row[Any]) -> StoredCorrection:
    answer = _bytes(row.answer)
    return StoredCorrection(row.id, row.agency, row.recipient, bytes(row.data), row.due_ms, answer, row.answered_ms)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
