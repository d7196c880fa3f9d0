"""The officer's side of a request: what is asked, why, and for whom it is readable.

The subject is sealed to the agency that is asked, the grounds to it and to everybody who must approve; the vault reads
neither. The grounds carry a salt, so that their hash in the request and in the log confirms nobody's guess. The key
that the halves go to is drawn for this request alone and never leaves the officer's device.

May touch: the system's randomness
Sees:      the subject's name, the officer's keys
Spec:      vault-law L16, L17, L22; contracts section 4
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from audit import canonical
from audit.crypto.errors import CryptoError
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.signatures import SigningKey
from audit.errors import MalformedError
from audit.request_id import new_request_id
from vault.errors import MalformedFormError
from vault.forms import Signed
from vault.requests import Request
from vault.rosters import Rosters

_SUBJECT = b"sealink/v1/vault/subject"
_GROUNDS = b"sealink/v1/vault/grounds"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a request is about, as far as the officer knows."""

    name: str = field(repr=False)
    resident_id: str | None = field(default=None, repr=False)
    birth: str | None = field(default=None, repr=False)
    """YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why: the receiving case's number and the need in words; `salt` is 64 hex digits, drawn once."""

    case_no: str = field(repr=False)
    need: str = field(repr=False)
    salt: str = field(repr=False)

    @classmethod
    def of(cls, case_no: str, need: str) -> Grounds:
        """Grounds with a fresh salt."""
        return cls(case_no, need, secrets.token_hex(32))

    def to_bytes(self) -> bytes:
        """The canonical text that is hashed and sealed."""
        return canonical.dumps({"case_no": self.case_no, "need": self.need, "salt": self.salt})


@dataclass(frozen=True, slots=True)
class Papers:
    """What the law demands with a request: hashes (hex) of the official letter and of the signed undertaking."""

    letter: str
    undertaking: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A signed request, and the key that opens what comes back. Keep the key until the delivery is done."""

    data: bytes
    request: str
    opening_key: OpeningKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Officer:
    """Who asks."""

    person: str
    agency: str
    signer: SigningKey


def make_request(
    officer: Officer,
    subject: Subject,
    grounds: Grounds,
    papers: Papers,
    *,
    to: str,
    basis: str,
    rules: str,
    purpose: str,
    scope: str,
    rosters: Rosters,
    now_ms: int,
    not_after_ms: int,
) -> Asked:
    """Sign a request to the agency `to`; RosterError if somebody who must read it has no valid roster."""
    request = new_request_id(now_ms)
    readers = [to, *rosters.pins.approvers(to)]
    desks = [rosters.of(agency, now_ms).desk for agency in readers]
    key = OpeningKey.generate(officer.signer.suite)
    said = canonical.dumps({"name": subject.name, "resident_id": subject.resident_id, "birth": subject.birth})
    form = Request(
        request=request,
        officer=officer.person,
        agency=officer.agency,
        to=to,
        basis=basis,
        rules=rules,
        purpose=purpose,
        scope=scope,
        letter=papers.letter,
        undertaking=papers.undertaking,
        grounds=hashlib.sha256(grounds.to_bytes()).hexdigest(),
        subject=_seal(desks[0], _padded(said), _SUBJECT, request),
        sealed_grounds=tuple(_seal(desk, _padded(grounds.to_bytes()), _GROUNDS, request) for desk in desks),
        officer_key=key.sealing_key.to_text(),
        nonce=secrets.token_hex(32),
        issued_ms=now_ms,
        not_after_ms=not_after_ms,
    )
    return Asked(form.sign(officer.signer), request, key)


def read_subject(request: Signed[Request], desk: OpeningKey) -> Subject:
    """The subject, at the desk of the agency that was asked; MalformedFormError if it does not open."""
    value = _open(request.form.subject, desk, _SUBJECT, request.form.request, {"name", "resident_id", "birth"})
    if not isinstance(value["name"], str):
        raise MalformedFormError("request: its subject is not of its form")
    return Subject(value["name"], value["resident_id"], value["birth"])


def read_grounds(request: Signed[Request], desk: OpeningKey, agency: str, rosters: Rosters) -> Grounds:
    """The grounds, at the desk of `agency`, once they are the ones that everybody was given."""
    readers = [request.form.to, *rosters.pins.approvers(request.form.to)]
    if agency not in readers:
        raise MalformedFormError("request: its grounds are not sealed to this agency")
    sealed = request.form.sealed_grounds[readers.index(agency)]
    value = _open(sealed, desk, _GROUNDS, request.form.request, {"case_no", "need", "salt"})
    grounds = Grounds(str(value["case_no"]), str(value["need"]), str(value["salt"]))
    if hashlib.sha256(grounds.to_bytes()).hexdigest() != request.form.grounds:
        raise MalformedFormError("request: its grounds are not those that it names")
    return grounds


def _padded(text: bytes) -> bytes:
    """Spaces up to a multiple of 512 bytes: the length of a name is not for the vault to see."""
    if len(text) > _LONGEST:
        raise MalformedFormError("request: subject or grounds too long")
    return text + b" " * (-len(text) % 512)


def _seal(desk: SealingKey, text: bytes, info: bytes, request: str) -> str:
    return base64.b64encode(seal_key(desk, text, info, request.encode())).decode()


def _open(sealed: str, desk: OpeningKey, info: bytes, request: str, names: set[str]) -> dict[str, str | None]:
    try:
        value = canonical.loads(open_key(desk, base64.b64decode(sealed), info, request.encode()).rstrip(b" "))
    except (CryptoError, MalformedError, ValueError):
        raise MalformedFormError("request: what is sealed does not open at this desk") from None
    if not isinstance(value, dict) or set(value) != names:
        raise MalformedFormError("request: what is sealed is not of its form")
    if not all(item is None or isinstance(item, str) for item in value.values()):
        raise MalformedFormError("request: what is sealed is not of its form")
    return {name: item if isinstance(item, str) else None for name, item in value.items()}
