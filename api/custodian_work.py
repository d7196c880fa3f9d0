"""What a custodian does with the linkage service, one verb a function: from the first sign-in to its own results.

    1. sign_in          keys of its own, the unit's keys pinned, a registration for the operator
    2. join             its public keys into the project
    3. draw_secret      the first custodian draws the linkage secret
    4. pass_secret      … and seals it to each other one, after both compared the fingerprint of all keys
       accept_secret    which takes it out
    5. seal_source      a source becomes a sealed batch; what names its records stays in the folder
    6. own_results      handles become record ids again
    7. match_record     one record, encoded and sealed like a source, is asked about; nothing of it is kept

Sending and waiting are the client's. It prints nothing and asks nobody: what people compared is an argument.

May touch: disk (the custodian's folder), network (through the client)
Sees:      plaintext of one agency, linkage secret, agency key
Spec:      contracts section 2
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.client import SealinkClient, ServiceError
from api.client.job_calls import Matched
from api.client.transport import checked_base
from api.custody_folder import CustodyFolder, Profile
from api.own_records import records_by_handle
from audit.crypto.errors import MissingKeyError
from audit.crypto.hpke import SealingKey
from linkage.encoded import Place, read_batch
from linkage.encoding import secret_passing
from linkage.encoding.custody import Custody, encode_file, encode_unchecked, plan_of
from linkage.encoding.keys import LinkageSecret
from linkage.encoding.project import Project, Source
from linkage.encoding.sealed_batch import seal_batch
from linkage.encoding.secret_passing import Custodians
from linkage.errors import BatchError, FingerprintError, KeyFileError, ProjectError
from linkage.health.report import HealthReport
from linkage.plan import Plan
from linkage.projects import spoken
from linkage.whole_file import whole_file

SEALED, PRIVATE = ".sealed", ".private"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`is_known`: the service lets the agency in. `registration` is the file for the operator."""

    agency: str
    thumbprint: str
    registration: Path
    is_known: bool


def sign_in(folder: CustodyFolder, service: str, agency: str) -> SignedIn:
    """Make keys where there are none, pin the unit's, and see whether the service knows the agency by now."""
    checked_base(service)  # before keys are made for an address that no batch may go to
    keys = folder.keys() if folder.has_keys else folder.make_keys(agency)
    if keys.owner != agency:
        raise KeyFileError(f"{folder.path}: the folder of another agency", hint="name another folder with --at")
    registration = folder.registration()
    file = folder.path / "registration.json"
    with whole_file(file) as partial:
        partial.write_text(json.dumps(registration, indent=1) + "\n", encoding="ascii")
    with SealinkClient(service) as anonymous:
        unit = anonymous.unit()
    folder.keep_profile(Profile(service, agency, unit["sealing_key"], unit["verifying_key"]))
    with SealinkClient(service, folder.credential()) as client:
        known = _is_known(client)
    return SignedIn(agency, folder.credential().key.kid, file, known)


def _is_known(client: SealinkClient) -> bool:
    try:
        client.list_projects()
    except ServiceError as error:
        if error.status == 401:
            return False
        raise
    return True


def join(folder: CustodyFolder, client: SealinkClient, project: str) -> None:
    """Join with the folder's public keys; joining anew replaces them."""
    epoch = int(client.read_project(project)["epoch"])
    signing = folder.signing_key()
    acceptance = secret_passing.join(project, folder.keys().owner, epoch, signing, folder.opening_key())
    client.join_project(project, acceptance, signing.verifying_key.to_text())


def custodians(folder: CustodyFolder, client: SealinkClient, project: str) -> Custodians:
    """All custodians as the unit shows them; the fingerprint is made here.

    FingerprintError if the unit does not show our own keys as ours: its fingerprint must not be read to anybody.
    """
    found = client.list_custodians(project)
    keys = {each["agency"]: (each["verifying_key"], each["sealing_key"]) for each in found["custodians"]}
    shown = Custodians(project, int(found["epoch"]), keys)
    own = folder.keys()
    shown.check_own(own.owner, folder.signing_key().verifying_key, folder.opening_key().sealing_key)
    return shown


def draw_secret(folder: CustodyFolder, client: SealinkClient, project: str) -> str:
    """Draw the linkage secret of the project's epoch; its fingerprint. KeyFileError if there is one."""
    epoch = int(client.read_project(project)["epoch"])
    if _has_secret(folder, project, epoch):
        raise KeyFileError(f"{project}: this folder has the secret of epoch {epoch}", hint="pass it on")
    secret = LinkageSecret.generate()
    folder.keep_secret(project, epoch, secret)
    return secret.fingerprint


def pass_secret(folder: CustodyFolder, client: SealinkClient, project: str, recipient: str, read_out: str) -> None:
    """Seal the secret to another custodian. `read_out` is what its people read to ours: FingerprintError if unequal."""
    all_of_them = custodians(folder, client, project)
    compared = _compared(all_of_them, read_out)
    if recipient not in all_of_them.keys:
        raise ProjectError(f"{project}: no custodian of this code has joined", hint=", ".join(all_of_them.keys))
    secret = folder.linkage_secret(project, all_of_them.epoch)
    own, signing, opening = folder.keys().owner, folder.signing_key(), folder.opening_key()
    sealed = secret_passing.invite(secret, all_of_them, own, recipient, signing, opening, compared)
    client.relay_secret(project, recipient, sealed)


def accept_secret(folder: CustodyFolder, client: SealinkClient, project: str, sender: str, read_out: str) -> str:
    """Take the secret that `sender` passed; its fingerprint. It replaces none that is here."""
    all_of_them = custodians(folder, client, project)
    compared = _compared(all_of_them, read_out)
    waiting = [each for each in client.list_secrets(project) if each["sender"] == sender]
    if not waiting:
        raise ProjectError(f"{project}: no secret of this sender waits", hint="ask them to pass it")
    own, signing, opening = folder.keys().owner, folder.signing_key(), folder.opening_key()
    sealed = base64.b64decode(waiting[-1]["sealed"], validate=True)
    secret = secret_passing.accept(sealed, all_of_them, sender, own, signing, opening, compared)
    if not _has_secret(folder, project, all_of_them.epoch):
        folder.keep_secret(project, all_of_them.epoch, secret)
    elif folder.linkage_secret(project, all_of_them.epoch).key != secret.key:
        raise FingerprintError(f"{project}: another secret than the one in this folder", hint="ask all custodians")
    return secret.fingerprint


def seal_source(
    folder: CustodyFolder,
    client: SealinkClient,
    code: str,
    project: Project,
    source: Source,
    progress: Callable[[int, int], None],
    *,
    date: str,
    examined: Callable[[HealthReport], object],
) -> tuple[Custody, Path]:
    """Encode, examine and seal one source for the unit. FingerprintError when the project's plan is another one."""
    plan, place = _agreed(folder, client, code, project)
    secret = folder.linkage_secret(code, place.epoch)
    at = folder.project(code)
    batch, private, sealed = (at / f"{source.name}{end}" for end in (".batch", PRIVATE, SEALED))
    done = encode_file(
        source, plan, secret, folder.agency_key(), batch, private, progress, date=date, examined=examined, place=place
    )  # fmt: skip
    unit = SealingKey.parse(folder.profile().unit_sealing)
    seal_batch(read_batch(batch), sealed, unit, folder.signing_key())
    batch.unlink()
    return done, sealed


def match_record(folder: CustodyFolder, client: SealinkClient, code: str, project: Project, source: Source) -> Matched:
    """Ask about the one record that `source` holds. BatchError when it holds more; FingerprintError as `seal_source`.

    No health report: its figures are about files, and what one record shows is the plan's.
    """
    plan, place = _agreed(folder, client, code, project)
    secret, unit = folder.linkage_secret(code, place.epoch), SealingKey.parse(folder.profile().unit_sealing)
    with TemporaryDirectory(dir=folder.project(code)) as name:
        batch, private, sealed = (Path(name) / f"one{end}" for end in (".batch", PRIVATE, SEALED))
        encoded, _ = encode_unchecked(source, plan, secret, folder.agency_key(), batch, private, place=place)
        if encoded.records != 1:
            raise BatchError(
                f"{source.file}: {encoded.records:,} records, one is asked about at a time",
                hint="put the record into a file of its own, under the source's header",
            )
        seal_batch(read_batch(batch), sealed, unit, folder.signing_key())
        return client.match_one(code, sealed.read_bytes())


def own_results(folder: CustodyFolder, client: SealinkClient, project: str) -> Iterator[tuple[str, str, Any]]:
    """(record id, pseudonym, known elsewhere or None) of the agency's own records, in no order that says anything."""
    epoch = int(client.read_project(project)["epoch"])
    named: dict[str, str] = {}
    for private in sorted(folder.project(project).glob(f"*{PRIVATE}")):
        named |= records_by_handle(private, folder.agency_key(), project, epoch)
    for each in client.list_results(project):
        if each["handle"] not in named:
            raise ProjectError(
                f"{folder.path / project}: no private map here names all records of the results",
                hint="keep NAME.private of every source that was sent",
            )
        yield named[each["handle"]], each["pseudonym"], each["known_elsewhere"]


def _agreed(folder: CustodyFolder, client: SealinkClient, code: str, project: Project) -> tuple[Plan, Place]:
    """The plan of project file and service, and where its records belong. FingerprintError if the two differ."""
    found, plan = client.read_project(code), plan_of(project)
    if found["fingerprint"] != plan.fingerprint:
        raise FingerprintError(
            f"{project.path}: its plan is not the one of {code}",
            hint=f"the project states schema {found['schema_name']}, scheme {found['scheme']}, "
            f"population {found['population']}, normaliser {found['normaliser']}",
        )
    return plan, Place(code, folder.keys().owner, int(found["epoch"]))


def _has_secret(folder: CustodyFolder, project: str, epoch: int) -> bool:
    try:
        folder.linkage_secret(project, epoch)
    except MissingKeyError:
        return False
    return True


def _compared(all_of_them: Custodians, read_out: str) -> str:
    """The whole fingerprint, if what was read out is its spoken half."""
    letters = "".join(read_out.split()).lower()
    if letters != spoken(all_of_them.fingerprint).replace(" ", ""):
        raise FingerprintError(
            "custodians: what was read out is not the fingerprint of the keys that the unit shows here",
            hint="read it to each other again with sealink secret fingerprint; pass nothing until both are equal",
        )
    return all_of_them.fingerprint
