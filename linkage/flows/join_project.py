"""Verbs of a custodian: join a project with its own keys, see all custodians' keys, pass the sealed secret on.

The unit checks that the joining agency holds the key it names, stores sealed secrets and hands them to their recipient.
It cannot open one, and the fingerprint that both custodians compare would tell if it had put a key of its own.

May touch: database
Sees:      public keys, sealed secrets
"""

from __future__ import annotations

import hashlib
import io

from sqlalchemy import Connection

from audit.crypto.container import verify_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import SealingKey
from audit.crypto.signatures import VerifyingKey
from audit.crypto.signed_object import Kind, open_object
from audit.events import Reason
from audit.request_id import new_request_id
from audit.shapes import Fact
from linkage.caller import Caller
from linkage.flows.manage_projects import find_project, joined_member
from linkage.projects import MemberState, ProjectState, custodians_fingerprint
from linkage.refusals import Refused, Why
from linkage.store import projects as store
from linkage.store.projects import Member, Project, SealedSecret
from linkage.unit import Unit

LONGEST_SECRET = 16 * 1024


def join_project(unit: Unit, caller: Caller, code: str, acceptance: bytes, verifying: str) -> Member:
    """Join by an object signed with the key of the line `verifying`; joining anew replaces the keys."""
    agency = caller.agency or ""
    with unit.database.reading() as connection:
        project = find_project(connection, caller, code)
    expected: dict[str, str | int] = {"project": code, "agency": agency, "epoch": project.epoch, "verifying": verifying}
    sealing = _sealing_of(acceptance, verifying, expected)

    def note(connection: Connection) -> None:
        if find_project(connection, caller, code).state is not ProjectState.OPEN:
            raise Refused(Why.WRONG_STATE, "project: closed")
        store.join(connection, code, agency, verifying, sealing, acceptance)

    facts = {"project": code, "agency": agency, "change": "joined"}
    request = hashlib.sha256(acceptance).hexdigest()
    unit.enter(caller, "member.change", facts, within=note, decision=unit.allow(Reason.MEMBER), input=request)
    with unit.database.reading() as connection:
        found = store.member(connection, code, agency)
    assert found is not None
    return found


def read_custodians(unit: Unit, caller: Caller, code: str) -> tuple[Project, dict[str, tuple[str, str]]]:
    """The project and the keys of all that joined."""
    with unit.database.reading() as connection:
        project = find_project(connection, caller, code)
        return project, _keys(connection, code)


def relay_secret(unit: Unit, caller: Caller, code: str, recipient: str, sealed: bytes) -> SealedSecret:
    """Store a secret that the caller sealed to `recipient`, for the keys of all custodians as they stand now."""
    sender = caller.agency or ""
    if len(sealed) > LONGEST_SECRET:
        raise Refused(Why.TOO_LARGE, "secret: longer than a sealed secret can be")
    with unit.database.reading() as connection:
        project = find_project(connection, caller, code)
        mine = joined_member(connection, caller, project)
        keys = _keys(connection, code)
    if recipient not in keys or recipient == sender:
        raise Refused(Why.NOT_FOUND, "recipient: no other custodian of this project")
    fingerprint = custodians_fingerprint(code, project.epoch, keys)
    ids: dict[str, str | int] = {
        "project": code, "epoch": project.epoch, "sender": sender, "recipient": recipient, "custodians": fingerprint,
    }  # fmt: skip
    try:
        senders = [VerifyingKey.parse(mine.verifying_key or "")]
        found = verify_container(io.BytesIO(sealed), senders=senders, purpose=Purpose.SECRET, ids=ids)
        if [wrap.recipient for wrap in found.header.wraps] != [SealingKey.parse(keys[recipient][1]).id]:
            raise Refused(Why.UNSEALED, "secret: not sealed to the recipient's key alone")
    except CryptoError as error:
        raise Refused(Why.UNSEALED, f"secret: {error}") from error
    now = unit.now_ms()
    secret = SealedSecret(new_request_id(now), code, project.epoch, sender, recipient, fingerprint, sealed, now)
    facts: dict[str, Fact] = {
        "project": code, "epoch": project.epoch, "sender": sender, "recipient": recipient,
        "fingerprint": fingerprint, "step": "invitation",
    }  # fmt: skip
    unit.enter(
        caller, "secret.relay", facts, within=lambda connection: store.keep_secret(connection, secret),
        decision=unit.allow(Reason.MEMBER), input=hashlib.sha256(sealed).hexdigest(),
    )  # fmt: skip
    return secret


def fetch_secrets(unit: Unit, caller: Caller, code: str) -> list[SealedSecret]:
    """The sealed secrets that wait for the caller."""
    with unit.database.reading() as connection:
        find_project(connection, caller, code)
        return store.secrets_for(connection, code, caller.agency or "")


def _keys(connection: Connection, code: str) -> dict[str, tuple[str, str]]:
    return {
        one.agency: (one.verifying_key or "", one.sealing_key or "")
        for one in store.members(connection, code)
        if one.state is MemberState.JOINED
    }


def _sealing_of(acceptance: bytes, verifying: str, expected: dict[str, str | int]) -> str:
    """The sealing key inside a right acceptance."""
    try:
        found = open_object(acceptance, Kind.ACCEPT, [VerifyingKey.parse(verifying)]).payload
        sealing = found.get("sealing")
        if found != {**expected, "sealing": sealing} or not isinstance(sealing, str):
            raise Refused(Why.MALFORMED, "acceptance: about another project, agency, epoch or key")
        SealingKey.parse(sealing)
    except CryptoError as error:
        raise Refused(Why.UNSEALED, f"acceptance: {error}") from error
    return sealing
