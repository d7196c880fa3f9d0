"""Verb: commit an upload. A sealed container that arrived whole → a batch that stands, or a refusal that is entered.

1. The bytes are those that were declared (SHA-256).
2. The container is the member's: signature, project, agency, epoch, the plan's fingerprint; its digest is new here.
3. Its body is read as a stream and written as a file that appears whole: columns, widths, count, handles.
4. The health report is made again and must be within the limits.
5. Entry `batch.receive`, and in its transaction the batch's row, what it supersedes and the upload's end.
A refusal by 1 to 4 is an entry `batch.refuse` and ends the upload. A kill at any point leaves the upload open, and
the next commit does the same again under the same names; a committed upload answers with its batch.

May touch: database, disk
Sees:      encodings
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
from sqlalchemy import Connection

from audit.crypto.container import VerifiedContainer, verify_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.signatures import VerifyingKey
from audit.crypto.whole_file import whole_file
from audit.events import Reason
from audit.shapes import Fact
from linkage.batches import BatchKind, BatchState, UploadState
from linkage.caller import Caller
from linkage.encoded import arrow_schema, read_batch
from linkage.errors import BatchError, FingerprintError, HealthError
from linkage.flows.examine_batches import examine_batches, refuse_failing
from linkage.flows.manage_projects import find_project, joined_member, plan_of_project
from linkage.flows.renew_reviews import renewal
from linkage.flows.upload_batch import read_upload
from linkage.plan import Plan
from linkage.refusals import Refused, Why
from linkage.sealed_batch import BodyForm, check_header, drain, read_body
from linkage.staging import file_sha256, sole_writer, staging_path
from linkage.standing import batch_path
from linkage.store import batches as store
from linkage.store import uploads
from linkage.store.batches import StoredBatch
from linkage.store.projects import Member, Project
from linkage.store.uploads import Upload
from linkage.unit import Unit

_AGAIN: Final = "what it held was taken then; to send it anew, encode it again"
_REASONS: Final = {
    Why.UNSEALED: Reason.SIGNATURE_WRONG,
    Why.REPLAYED: Reason.REPEATED,
    Why.PARAMETERS_DIFFER: Reason.PARAMETERS_DIFFER,
    Why.UNHEALTHY: Reason.HEALTH_FAILED,
}


def commit_upload(unit: Unit, caller: Caller, project: str, upload: str) -> StoredBatch:
    """The batch that now stands; the same again when it is asked again."""
    found = read_upload(unit, caller, project, upload)
    if found.state is UploadState.COMMITTED:
        return _batch(unit, found)
    with sole_writer(staging_path(unit, upload)) as file:
        found = read_upload(unit, caller, project, upload)
        if found.state is UploadState.COMMITTED:
            return _batch(unit, found)
        if found.state is not UploadState.OPEN:
            raise Refused(Why.WRONG_STATE, f"upload: {found.state}")
        if found.received != found.length:
            raise Refused(Why.WRONG_OFFSET, "upload: not all of it has arrived")
        with unit.database.reading() as connection:
            place = find_project(connection, caller, project)
            member = joined_member(connection, caller, place)
        target = batch_path(unit, upload)
        try:
            batch = _received(unit, file, found, place, member, target)
            _stand(unit, caller, found, batch)
        except Refused as refusal:
            _refuse(unit, caller, found, refusal)
            target.unlink(missing_ok=True)
            staging_path(unit, upload).unlink(missing_ok=True)
            raise
        staging_path(unit, upload).unlink(missing_ok=True)
    return _batch(unit, found)


def _received(
    unit: Unit, file: BinaryIO, upload: Upload, project: Project, member: Member, target: Path
) -> StoredBatch:
    """Steps 1 to 4; the file stands when it returns."""
    if file_sha256(file) != upload.sha256:
        raise Refused(Why.WRONG_DIGEST, "upload: its bytes are not those that were declared")
    plan = plan_of_project(project)
    try:
        sender = VerifyingKey.parse(member.verifying_key or "")
        container = verify_container(file, senders=[sender], purpose=Purpose.BATCH)
        ids = dict(container.header.ids)
        expected = {"project": project.code, "agency": upload.agency, "epoch": project.epoch}
        if {name: ids.get(name) for name in expected} != expected:
            raise Refused(Why.PARAMETERS_DIFFER, "batch: of another project, agency or epoch")
        if ids.get("fingerprint") != project.fingerprint:
            raise Refused(Why.PARAMETERS_DIFFER, "batch: encoded under other parameters than this project's plan")
        with unit.database.reading() as connection:
            if store.is_known(connection, project.code, container.digest.hex()):
                raise Refused(Why.REPLAYED, "batch: this very container was received before", hint=_AGAIN)
        records = _unsealed(unit, container, ids, plan, target)
    except CryptoError as error:
        raise Refused(Why.UNSEALED, f"batch: {error}") from error
    except FingerprintError as error:
        raise Refused(Why.PARAMETERS_DIFFER, str(error)) from error
    except BatchError as error:
        raise Refused(Why.MALFORMED, str(error)) from error
    if upload.kind is BatchKind.WHOLE:
        _examine(unit, target, plan)
    with target.open("rb", buffering=0) as written:
        file_digest = file_sha256(written)
    digest, now = container.digest.hex(), unit.now_ms()
    return StoredBatch(
        upload.id, project.code, upload.agency, 0, upload.kind, project.epoch, digest, file_digest, records,
        BatchState.STANDING, now,
    )  # fmt: skip


def _unsealed(unit: Unit, container: VerifiedContainer, ids: dict[str, str | int], plan: Plan, target: Path) -> int:
    form = container.header.facts.get("form")
    if form not in set(BodyForm):
        raise Refused(Why.MALFORMED, "batch: a body of unknown form")
    target.parent.mkdir(parents=True, exist_ok=True)
    spool = target.with_suffix(".spool")
    opened = container.open(unit.keys.opening)
    try:
        body = read_body(BodyForm(str(form)), opened.chunks(), plan, spool)
        check_header(body.header, plan, ids)
        schema = arrow_schema(plan, body.header)
        with whole_file(target) as sink, pa.ipc.new_file(sink, schema) as out:
            drain(body, lambda part: out.write_batch(pa.RecordBatch.from_arrays(part.columns, schema=schema)))
            if not opened.is_complete:
                raise BatchError("batch: bytes after its last record")
    finally:
        spool.unlink(missing_ok=True)
    return body.header.records


def _examine(unit: Unit, target: Path, plan: Plan) -> None:
    """A few corrected records show no distribution: only whole files are measured."""
    try:
        refuse_failing(examine_batches([read_batch(target)], plan, unit.today()))
    except HealthError as error:
        raise Refused(Why.UNHEALTHY, str(error), hint=error.hint) from error


def _stand(unit: Unit, caller: Caller, upload: Upload, batch: StoredBatch) -> None:
    """Step 5."""
    renew = renewal(unit, batch.project, batch.agency, batch.id, whole=batch.kind is BatchKind.WHOLE)

    def note(connection: Connection) -> None:
        joined_member(connection, caller, find_project(connection, caller, batch.project))
        if store.is_known(connection, batch.project, batch.digest):
            raise Refused(Why.REPLAYED, "batch: this very container was received before", hint=_AGAIN)
        number = store.next_number(connection, batch.project, batch.agency)
        if batch.kind is BatchKind.WHOLE:
            store.supersede(connection, batch.project, batch.agency)
        store.add(connection, replace(batch, number=number))
        renew(connection)
        if not uploads.end(connection, upload.id, UploadState.COMMITTED):
            raise Refused(Why.WRONG_STATE, "upload: not open")

    facts: dict[str, Fact] = {
        "project": batch.project,
        "agency": batch.agency,
        "epoch": batch.epoch,
        "rows": batch.records,
    }
    unit.enter(
        caller, "batch.receive", facts, within=note, decision=unit.allow(Reason.OWN_RECORDS), input=upload.sha256
    )


def _refuse(unit: Unit, caller: Caller, upload: Upload, refusal: Refused) -> None:
    def note(connection: Connection) -> None:
        uploads.end(connection, upload.id, UploadState.REFUSED, str(refusal.why))

    facts = {"project": upload.project, "agency": upload.agency, "rule": str(refusal.why)}
    denied = unit.deny(_REASONS.get(refusal.why, Reason.MALFORMED))
    unit.enter(caller, "batch.refuse", facts, within=note, decision=denied, input=upload.sha256)


def _batch(unit: Unit, upload: Upload) -> StoredBatch:
    with unit.database.reading() as connection:
        found = store.find(connection, upload.project, upload.agency, upload.id)
    if found is None:
        raise Refused(Why.NOT_FOUND, "batch: erased")
    return found
