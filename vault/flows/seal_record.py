"""Take a sealed record over: every part is here, signed by one sealer, bound to the same ids; then it is an entry.

1. The sealing form is signed by a sealer of its agency, who is the caller.
2. Each view's envelope is here, of these ids, and both holders' halves are sealed to the agents' present keys.
3. The index entry is sealed by the same agency, about this record.
4. Notices name agencies that take part, and are due within the law's three days.
5. The entry; in its transaction record, envelopes, halves and notices. The same form again changes nothing.
6. The proof of the entry under the witnesses' cosignatures of this moment, which agents ask for at each release.

May touch: database, disk (ciphertext), a local socket (the signer)
Sees:      ciphertext, commitments
Spec:      vault-law L4, L10 to L12
"""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Sequence

from sqlalchemy import Connection

from audit.crypto.container import verify_container
from audit.crypto.container_cover import VerifiedCover, verify_cover
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.signatures import VerifyingKey
from audit.entry import Basis
from audit.errors import AuditError
from audit.request_id import new_request_id
from vault.caller import Caller
from vault.checks import sealers_of
from vault.flows.prove_sealing import prove_sealing
from vault.flows.take_envelope import cover_path, is_fresh
from vault.forms import Signed, open_form
from vault.handing_over import Notice, Sealing
from vault.house import Vault, caller_actor, signed_by
from vault.models import ENVELOPE, NOTICE, RECORD
from vault.refusals import Refused, Why, need
from vault.rosters import Rosters
from vault.store import half_rows, record_rows
from vault.store.pages import insert_row
from vault.vocabulary import Holder, Role, View


def seal_record(vault: Vault, caller: Caller, data: bytes, notices: Sequence[bytes]) -> Signed[Sealing]:
    """Keep the record; MalformedFormError or Refused names what is not as it must be."""
    now = vault.now_ms()
    with vault.database.reading() as connection:
        rosters = vault.rosters(connection)
        signed = signed_by(caller, Sealing, data, rosters, now)  # 1
        form = signed.form
        is_own = (form.agency, form.sealer) == (caller.agency, caller.person) and Role.SEALER in caller.roles
        need(is_own, Why.NOT_ENTITLED, "sealing: not by the caller, or the caller is no sealer")
        known = record_rows.signed_form(connection, form.record, form.version)
        owner = record_rows.owner_of(connection, form.record)
    if known is not None or owner not in (None, form.agency):  # nobody seals a version of another agency's record
        need(known == data, Why.EXISTS, "sealing: this version of the record is sealed already, by another form")
        return signed
    # All by the very key of the sealing: a revoked sealer's key, which old records need, brings in nothing new.
    signer = [person.verify for person in rosters.of(form.agency, now).people if person.verify.id == signed.signer]
    covers = {view: _cover(vault, form, view, digest, signer) for view, digest in form.digests().items()}  # 2
    _check_halves(form, rosters, now)
    index = _index(form, signer, rosters, now)  # 3
    latest = vault.law.seal_by(form.rules, now)  # 4
    told = [_notice(notice, form, rosters, now, latest) for notice in notices]

    req = new_request_id(now)

    def rows(connection: Connection) -> None:
        insert_row(
            connection, RECORD, id=form.record, version=form.version, agency=form.agency, state="sealed", req=req,
            data=data, index_entry=index, sealed_ms=now,
        )  # fmt: skip
        for view, (cover, raw) in covers.items():
            insert_row(
                connection, ENVELOPE, digest=cover.digest.hex(), record=form.record, version=form.version,
                view=view.value, cover=raw, bytes=cover.length,
            )  # fmt: skip
        for halves in form.sealed_halves():
            half_rows.put(connection, halves)
        for notice, raw in zip(told, notices, strict=True):
            insert_row(
                connection, NOTICE, id=notice.notice, record=form.record, agency=form.agency, recipient=notice.to,
                data=raw, due_ms=notice.due_ms,
            )  # fmt: skip

    vault.enter(  # 5
        caller_actor(caller, Role.SEALER.value),
        "record.seal",
        {"envelopes": tuple(form.digests()[view] for view in View), "parts": form.parts},
        req=req,
        basis=Basis(form.basis, form.rules),
        case=form.case,
        subject=form.subject,
        input=signed.hex,
        within=rows,
    )
    with contextlib.suppress(AuditError):  # 6; a silent witness keeps no record from being sealed
        prove_sealing(vault, form.record, form.version)
    return signed


def _cover(
    vault: Vault, form: Sealing, view: View, digest: str, signer: list[VerifyingKey]
) -> tuple[VerifiedCover, bytes]:
    path = cover_path(vault, digest)
    need(path.exists() and is_fresh(vault, digest), Why.NOT_FOUND, "sealing: an envelope is not here; send it again")
    raw = path.read_bytes()
    try:
        found = verify_cover(raw, senders=signer, purpose=Purpose.ENVELOPE, ids=form.id.view(view).to_ids())
    except CryptoError as error:
        raise Refused(Why.MALFORMED, f"sealing: {error}") from None
    need(found.digest.hex() == digest, Why.MALFORMED, "sealing: an envelope is not the one that is named")
    return found, raw


def _check_halves(form: Sealing, rosters: Rosters, now_ms: int) -> None:
    """The service cannot open a half; it can see that each is sealed to the present key of its holder's agent."""
    keys = {}
    for holder in Holder:
        agent = rosters.of(rosters.pins.holder(holder).code, now_ms).agent
        keys[holder] = agent.key_id if agent else ""
    for one in form.sealed_halves():
        need(one.key == keys[one.holder], Why.MALFORMED, "sealing: a half is not sealed to its agent's present key")


def _index(form: Sealing, signer: list[VerifyingKey], rosters: Rosters, now_ms: int) -> bytes:
    data = base64.b64decode(form.index)
    try:
        ids: dict[str, str | int] = {"record": form.record, "version": form.version, "agency": form.agency}
        found = verify_container(io.BytesIO(data), senders=signer, purpose=Purpose.INDEX, ids=ids)
    except CryptoError as error:
        raise Refused(Why.MALFORMED, f"sealing: index entry: {error}") from None
    desk = rosters.of(form.agency, now_ms).desk.id
    is_ours = [wrap.recipient for wrap in found.header.wraps] == [desk]
    need(is_ours, Why.MALFORMED, "sealing: the index entry is not sealed to the agency's desk alone")
    return data


def _notice(data: bytes, form: Sealing, rosters: Rosters, now_ms: int, latest_ms: int) -> Notice:
    notice = open_form(Notice, data, sealers_of(rosters.of(form.agency, now_ms))).form
    is_of_it = (notice.record, notice.agency) == (form.record, form.agency) and notice.to in rosters.pins.agencies
    need(is_of_it, Why.MALFORMED, "notice: about another record, or to an agency that does not take part")
    is_in_time = now_ms < notice.due_ms <= latest_ms
    need(is_in_time, Why.MALFORMED, "notice: due later than the three days of the law")
    return notice
