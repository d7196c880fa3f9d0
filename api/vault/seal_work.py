"""`sealink seal BUNDLE`: seal a case on the device of the agency that owns it, and hand the ciphertext to the vault.

In numbered steps:
  1. the bundle, strictly; its agency is the desk's own;
  2. the law in force says that the case must be sealed; what only a person can answer must be answered by a finding;
  3. each view is sealed into a file of its own, all under one signature, with a half for each holder's agent;
  4. the index entry for this agency's desk, the notices for every agency that holds a part;
  5. what the log's commitments need later is kept on the desk, sealed to its own key, before anything is sent;
  6. envelopes, then the sealing form: with it the record is sealed, or it is not there at all.
Killed before 6, it leaves nothing in the vault that counts; run again it seals anew under another record id.

May touch: disk (the bundle, the desk's folder), network (the vault), clock
Sees:      the case, halves, keys of the sealing
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from api.vault.desk_work import LAW, Desk
from audit import canonical
from audit.commitments import commit, new_secrets
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, open_key, seal_key
from audit.crypto.whole_file import whole_file
from audit.request_id import new_request_id
from vault.bundle import Bundle, read_bundle
from vault.eligibility import AsksHuman, MustSeal, judge
from vault.errors import BundleError, MalformedFormError
from vault.findings import matter_of, verified_answers
from vault.forms import Signed
from vault.halves import RecordId, Sealer
from vault.handing_over import Notice, Sealing, envelope_texts, halves_texts
from vault.index import IndexEntry, seal_index
from vault.keys.opener import parse_sealer
from vault.law.rule_set import RuleSet
from vault.law.rules import by_digest
from vault.manifest import check_kinds
from vault.notices import NoticeContent, notices
from vault.rosters import Rosters
from vault.sealing import SealedRecord, Source, seal_views
from vault.view_archive import view_pieces
from vault.vocabulary import Holder, View

BASIS: Final = "cpl-286"
_NOTICE: Final = b"sealink/v1/vault/notice"
_KEPT: Final = b"sealink/v1/vault/kept"

Told = Callable[[str, int, int], None]
"""Progress: what, how much of how much."""


@dataclass(frozen=True, slots=True)
class SealedCase:
    """What was sealed."""

    record: str
    views: int
    notices: int
    is_at_limit: bool
    """Exactly five years: sealed, and a person must look before it is ever unsealed."""


def seal_bundle(desk: Desk, folder: Path, told: Told = lambda what, done, whole: None) -> SealedCase:
    """Seal a case; BundleError names place and rule, and nothing is stored."""
    bundle = read_bundle(folder)  # 1
    if bundle.manifest.agency != desk.folder.agency:
        raise BundleError("case.toml: agency: not the agency of this desk")
    now = desk.now_ms()
    rosters, rules = desk.rosters(), by_digest(LAW.in_force(now))
    verdict = examined(bundle, rules, rosters, now)  # 2
    agents = agents_of(rosters, now)
    epoch = max(agent.epoch for holder in Holder if (agent := rosters.of(rosters.pins.holder(holder).code, now).agent))
    record = RecordId(new_request_id(now), 1, desk.folder.agency, epoch)
    with tempfile.TemporaryDirectory(dir=desk.folder.path, prefix=".sealing-") as work:
        files, sealed = _sealed_views(desk, bundle, record, agents, Path(work), told)  # 3
        index = _index_entry(bundle, sealed)  # 4
        secrets = new_secrets()
        subject = bundle.manifest.subject.name
        form = Sealing(
            record=record.record,
            version=record.version,
            epoch=record.epoch,
            suite=record.suite,
            agency=record.agency,
            sealer=desk.folder.person,
            basis=BASIS,
            rules=rules.sha256,
            finding=hashlib.sha256(b"".join(bundle.findings)).hexdigest(),
            case=commit(secrets.salt, "case", bundle.manifest.case_no),
            subject=commit(secrets.salt, "subject", subject),
            parts=len(bundle.objects),
            envelopes=envelope_texts(sealed.digests),
            halves=halves_texts(sealed.halves),
            index=base64.b64encode(seal_index(index, desk.folder.desk_key.sealing_key, desk.folder.signer)).decode(),
            sealed_ms=now,
        )
        told_to = [_notice(desk, content, record.record, rosters, rules, now) for content in notices(bundle.manifest)]
        _keep(desk, record.record, secrets.salt, secrets.key)  # 5
        for view, path in files.items():  # 6
            digest = desk.client.upload(path, partial(told, f"send {view.value}"))
            if digest != sealed.digests[view].hex():
                raise BundleError("vault: keeps another envelope than was sent")
        desk.client.seal(form.sign(desk.folder.signer), told_to)
    return SealedCase(record.record, len(files), len(told_to), verdict.is_at_limit)


def examined(bundle: Bundle, rules: RuleSet, rosters: Rosters, now_ms: int) -> MustSeal:
    """The verdict that the case must be sealed; BundleError with the rule when it is another."""
    manifest = bundle.manifest
    check_kinds(manifest, rosters.pins)
    matter = matter_of(manifest.agency, manifest.case_no)
    answers = verified_answers(bundle.findings, matter, manifest.agency, rosters, now_ms)
    verdict = judge(rules, manifest.facts, answers)
    if isinstance(verdict, MustSeal):
        return verdict
    named = ", ".join(verdict.rules)
    if isinstance(verdict, AsksHuman):
        raise BundleError(f"case.toml: a person must answer first: {verdict.reason.value} ({named})")
    raise BundleError(f"case.toml: not a case that is sealed: {verdict.reason.value} ({named})")


def agents_of(rosters: Rosters, now_ms: int) -> Mapping[Holder, Sealer]:
    """The agents' present keys, from the rosters of court and procuratorate."""
    found: dict[Holder, Sealer] = {}
    for holder in Holder:
        agent = rosters.of(rosters.pins.holder(holder).code, now_ms).agent
        if agent is None:
            raise MalformedFormError(f"roster: the {holder.value}'s names no agent")
        found[holder] = parse_sealer(agent.seal)
    return found


def read_notice(notice: Signed[Notice], desk: Desk) -> NoticeContent:
    """What a sealing notice says, at the desk of the agency that it is for."""

    def opened(key: OpeningKey) -> NoticeContent:
        try:
            part = open_key(key, base64.b64decode(notice.form.part), _NOTICE, notice.form.notice.encode())
        except CryptoError:
            raise MalformedFormError("notice: does not open at this desk") from None
        return NoticeContent.parse(part)

    return desk.read_with(opened)


def kept_secrets(desk: Desk, record: str) -> tuple[bytes, bytes]:
    """Salt and detail key of a record that this desk sealed, for whoever must open the log's commitments."""
    value = canonical.loads(
        open_key(desk.folder.opener, (desk.folder.path / "sealed" / record).read_bytes(), _KEPT, record.encode())
    )
    assert isinstance(value, dict)
    return bytes.fromhex(str(value["salt"])), bytes.fromhex(str(value["key"]))


def _sealed_views(
    desk: Desk, bundle: Bundle, record: RecordId, agents: Mapping[Holder, Sealer], work: Path, told: Told
) -> tuple[dict[View, Path], SealedRecord]:
    files = {view: work / view.value for view in View}
    with ExitStack() as opened:
        sources = [
            Source(
                view,
                _counted(view_pieces(bundle, view), partial(told, "seal", number, len(View))),
                opened.enter_context(path.open("xb")),
            )
            for number, (view, path) in enumerate(files.items())
        ]
        sealed = seal_views(record, sources, kinds=bundle.manifest.kinds, sealer=desk.folder.signer, agents=agents)
    told("seal", len(View), len(View))
    return files, sealed


def _counted(pieces: Iterable[bytes], begins: Callable[[], None]) -> Iterator[bytes]:
    begins()
    yield from pieces


def _index_entry(bundle: Bundle, sealed: SealedRecord) -> IndexEntry:
    manifest = bundle.manifest
    subject = manifest.subject
    return IndexEntry(
        sealed.id.record,
        sealed.id.version,
        sealed.id.epoch,
        sealed.id.suite,
        sealed.id.agency,
        tuple(sorted(manifest.kinds)),
        {view: digest.hex() for view, digest in sealed.digests.items()},
        name=subject.name,
        aliases=subject.aliases,
        resident_id=subject.resident_id,
        birth=subject.birth.isoformat() if subject.birth else None,
        case_no=manifest.case_no,
        charge="、".join(dict.fromkeys(offence.charge for offence in manifest.offences)),
    )


def _notice(desk: Desk, content: NoticeContent, record: str, rosters: Rosters, rules: RuleSet, now_ms: int) -> bytes:
    notice = new_request_id(now_ms)
    reader = rosters.of(content.to, now_ms).desk
    form = Notice(
        notice=notice,
        record=record,
        agency=desk.folder.agency,
        to=content.to,
        sealer=desk.folder.person,
        part=base64.b64encode(seal_key(reader, content.to_bytes(), _NOTICE, notice.encode())).decode(),
        issued_ms=now_ms,
        due_ms=LAW.seal_by(rules.sha256, now_ms),
    )
    return form.sign(desk.folder.signer)


def _keep(desk: Desk, record: str, salt: bytes, key: bytes) -> None:
    folder = desk.folder.path / "sealed"
    folder.mkdir(exist_ok=True, mode=0o700)
    text = canonical.dumps({"salt": salt.hex(), "key": key.hex()})
    with whole_file(folder / record, may_replace=False) as out:
        out.write(seal_key(desk.folder.opener.sealing_key, text, _KEPT, record.encode()))
