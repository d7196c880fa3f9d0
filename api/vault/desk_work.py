"""What people do at their desks, one function for each verb: fetch, check, sign, hand in. The command line calls these.

A desk trusts its own folder and what verifies under its pins. It fetches the newest rosters before anything is checked,
searches its agency's index entries by itself, and shows before it signs: what is shown is what is signed.

May touch: network (the vault), disk (the desk's folder), clock
Sees:      subjects and grounds that are sealed to this desk; opened views
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO, Final, TypeVar

from api.vault.agent_program import decided_view
from api.vault.client import Identity, VaultClient
from api.vault.desk_folder import DeskFolder
from audit.crypto.hpke import OpeningKey
from audit.request_id import new_request_id
from vault.asking import Asked, Grounds, Officer, Papers, Subject, make_request, read_grounds, read_subject
from vault.checks import check_decision, check_record, check_request, sealers_of
from vault.deciding import Signer, approve, decide, refuse
from vault.errors import EnvelopeError, MalformedFormError, VaultError
from vault.forms import Signed, open_form
from vault.handing_over import Acknowledgement, Notice
from vault.index import IndexEntry, find, open_index
from vault.law.lawbook import ShippedLaw
from vault.receiving import Opened, deliver, give_back, open_release
from vault.requests import Lock, Request
from vault.rosters import Rosters
from vault.unsealing import SealState
from vault.vocabulary import Holder

NOT_AFTER_MS: Final = 7 * 24 * 3600 * 1000
LAW: Final = ShippedLaw()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened desk with its connection."""

    folder: DeskFolder
    client: VaultClient
    now_ms: Callable[[], int]

    @classmethod
    def of(cls, folder: DeskFolder, now_ms: Callable[[], int]) -> Desk:
        """Connect to the vault that the folder names; nothing is sent yet."""
        identity = Identity(folder.person, folder.agency, folder.signer)
        return cls(folder, VaultClient(folder.vault, identity, now_ms), now_ms)

    @property
    def officer(self) -> Officer:
        return Officer(self.folder.person, self.folder.agency, self.folder.signer)

    @property
    def signer(self) -> Signer:
        return Signer(self.folder.person, self.folder.agency, self.folder.signer)

    def read_with(self, read: Callable[[OpeningKey], T]) -> T:
        """What is sealed to the agency's desk, by its key or one before it; the first refusal when none opens it."""
        refusal: VaultError | None = None
        for key in self.folder.desk_keys:
            try:
                return read(key)
            except VaultError as error:
                refusal = refusal or error
        assert refusal
        raise refusal

    def rosters(self) -> Rosters:
        """The newest rosters, fetched now and never older than seen before."""
        return self.folder.rosters().fetched(self.client.rosters(), self.now_ms())


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as its reader sees it before signing anything: who asks, on which basis, about whom and why."""

    request: Signed[Request]
    data: bytes = field(repr=False)
    """The request as it was signed: the bytes that were shown, and no others, are decided on."""
    grounds: Grounds = field(repr=False)
    subject: Subject | None = field(repr=False)
    """Only at the desk of the agency that was asked."""
    decision: bytes | None = field(repr=False)
    state: str = ""


def ask(
    desk: Desk, subject: Subject, grounds: Grounds, papers: Papers, *, to: str, basis: str, purpose: str, scope: str,
    passphrase: bytes,
) -> tuple[str, DeskFolder]:  # fmt: skip
    """Sign a request, keep its key, hand it in; returns its id and the folder with the key."""
    now = desk.now_ms()
    asked = make_request(
        desk.officer, subject, grounds, papers, to=to, basis=basis, rules=LAW.in_force(now), purpose=purpose,
        scope=scope, rosters=desk.rosters(), now_ms=now, not_after_ms=now + NOT_AFTER_MS,
    )  # fmt: skip
    folder = desk.folder.keep_request(asked.request, asked.data, asked.opening_key, passphrase)
    desk.client.ask(asked.data)
    return asked.request, folder


def inbox(desk: Desk) -> list[dict[str, Any]]:
    """Requests that this agency takes part in, the newest first."""
    return sorted(desk.client.requests(), key=lambda one: str(one["request"]), reverse=True)


def show(desk: Desk, request: str) -> Shown:
    """Fetch a request and read what is sealed to this desk; CheckFailedError if it is not a proper request."""
    rosters, now = desk.rosters(), desk.now_ms()
    found = desk.client.request(request)
    data = found["signed"].encode()
    signed, _ = check_request(data, rosters, now)
    if signed.form.request != request:
        raise MalformedFormError("request: the vault sent another one than was asked for")
    grounds = desk.read_with(lambda key: read_grounds(signed, key, desk.folder.agency, rosters))
    is_ours = signed.form.to == desk.folder.agency
    subject = desk.read_with(lambda key: read_subject(signed, key)) if is_ours else None
    decision = found["decision"][0].encode() if found["decision"] else None
    if decision is not None:
        check_decision(decision, signed, rosters, now)
    return Shown(signed, data, grounds, subject, decision, str(found["state"]))


def read(desk: Desk, request: str) -> Shown:
    """`show`, noted on this desk's disk: only what somebody has read here can be signed afterwards."""
    shown = show(desk, request)
    desk.folder.note_read(request, _papers(shown))
    return shown


def read_before(desk: Desk, request: str) -> Shown:
    """Fetch again what was read; MalformedFormError if the vault sends other papers than the person has read."""
    shown = show(desk, request)
    if desk.folder.was_read(request) != _papers(shown):
        raise MalformedFormError("request: not what was read at this desk; read it with `sealink desk show` first")
    return shown


def _papers(shown: Shown) -> str:
    # An officer may have signed two requests under one id: a vault could show one and have the other signed.
    return hashlib.sha256(shown.data + (shown.decision or b"")).hexdigest()


def candidates(desk: Desk, shown: Shown) -> list[IndexEntry]:
    """Records of this agency that may be the subject's, found on this desk; the vault learns nothing of it."""
    if shown.subject is None:
        raise MalformedFormError("request: this agency was not asked")
    return list(find(index_of(desk), shown.subject))


def index_of(desk: Desk) -> list[IndexEntry]:
    """Index entries of this agency's sealed records: what the vault calls unsealed is in the ordinary files again."""
    return [entry for state, entry in records_of(desk) if state == SealState.SEALED]


def records_of(desk: Desk) -> list[tuple[str, IndexEntry]]:
    """(state, entry) of every record of this agency; EnvelopeError names how many do not open, and nothing is shown."""
    sealers = sealers_of(desk.rosters().of(desk.folder.agency, desk.now_ms()))
    found, damaged = list[tuple[str, IndexEntry]](), 0
    for state, data in desk.client.index():
        try:
            found.append((state, desk.read_with(partial(open_index, data, sealers=sealers))))
        except EnvelopeError:
            damaged += 1
    if damaged:
        raise EnvelopeError(f"index: {damaged} of {damaged + len(found)} entries do not open at this desk")
    return found


def decide_on(desk: Desk, shown: Shown, record: IndexEntry) -> None:
    """Sign the decision that the rules give for this record, and hand it in; not for one that only looks old."""
    rosters, now = desk.rosters(), desk.now_ms()
    sealing, covers = desk.client.sealing(record.record, record.version)
    check_record(record, sealing, covers, rosters, now)
    signed = decide(desk.signer, shown.data, record, rosters, LAW, now)
    desk.client.act(shown.request.form.request, "decision", signed)


def approve_on(desk: Desk, shown: Shown) -> None:
    """Sign an approval of the decision that was shown, and hand it in."""
    if shown.decision is None:
        raise MalformedFormError("request: nobody has decided yet")
    signed = approve(desk.signer, shown.data, shown.decision, desk.rosters(), desk.now_ms())
    desk.client.act(shown.request.form.request, "approval", signed)


def refuse_on(desk: Desk, shown: Shown, reason: str, words: str) -> None:
    """Sign a refusal with reasons for the officer alone, and hand it in."""
    signed = refuse(desk.signer, shown.data, reason, words, desk.rosters(), desk.now_ms())
    desk.client.act(shown.request.form.request, "refusal", signed)


def open_own(desk: Desk, request: str, envelope: BinaryIO) -> Opened:
    """Fetch dossier and envelope of an own request and open it: every check of the officer's desk holds, or nothing.

    `envelope` is an empty file that takes the ciphertext; the caller reads `container` while it is open.
    """
    asked = Asked(desk.folder.request(request), request, desk.folder.keystore.opening_key(request))
    rosters = desk.rosters()
    dossier, releases = desk.client.dossier(request, lambda data: decided_view(data, rosters), Holder.COURT)
    desk.client.fetch_envelope(request, envelope)
    return open_release(asked, dossier, releases, envelope, rosters, desk.now_ms())


def sign_delivery(desk: Desk, opened: Opened) -> None:
    """Hand in the delivery."""
    request = opened.consent.request.form.request
    desk.client.act(request, "delivery", deliver(desk.officer, opened, desk.now_ms()))


def sign_return(desk: Desk, request: str, manner: str, *, is_marked: bool) -> None:
    """Hand in the statement of return."""
    desk.client.act(request, "return", give_back(desk.officer, request, manner, is_marked, desk.now_ms()))


def sign_lock(desk: Desk, act: str) -> None:
    """Lock every release at once, or agree to open."""
    now = desk.now_ms()
    lock = Lock(lock=new_request_id(now), agency=desk.folder.agency, person=desk.folder.person, act=act, at_ms=now)
    desk.client.put_lock(lock.sign(desk.folder.signer))


def unanswered(desk: Desk) -> list[Signed[Notice]]:
    """Sealing notices to this agency that wait for an answer."""
    rosters = desk.rosters()
    sealers = [key for roster in rosters.known() for key in sealers_of(roster)]
    return [open_form(Notice, data, sealers) for data in desk.client.notices()]


def acknowledge(desk: Desk, notice: Signed[Notice], sealed_parts: int) -> None:
    """Sign that the agency's part is sealed."""
    now = desk.now_ms()
    answer = Acknowledgement(
        acknowledgement=new_request_id(now),
        notice=notice.form.notice,
        notice_digest=notice.hex,
        agency=desk.folder.agency,
        sealer=desk.folder.person,
        sealed_parts=sealed_parts,
        answered_ms=now,
    )
    desk.client.answer_notice(answer.sign(desk.folder.signer))


def watermark(opened: Opened, now_ms: int) -> str:
    """Who opened it, under which request, when: shown with everything that is shown (vault-law L36)."""
    form = opened.consent.request.form
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    mark = hashlib.sha256(opened.consent.request.digest + str(now_ms).encode()).hexdigest()[:12]
    return f"{form.agency}/{form.officer} · {form.request} · {moment} · {mark}"
