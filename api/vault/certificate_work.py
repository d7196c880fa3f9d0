"""Issue a no-record certificate at a desk: from a file of facts and the ordinary check's answer to page and record.

    name = "…"
    resident_id = "…"
    agency_zh = "…"
    agency_en = "…"
    ordinary_check = "answer.json"     # what the ordinary check answered for this person

Issuing, in numbered steps:
  1. the file is read strictly;
  2. the ordinary check said that it found no record: nobody on the ordinary index gets a certificate;
  3. the page is set in memory, the record of its hash signed;
  4. the vault's log holds the record's hash: without that entry there is no certificate;
  5. the record is kept beside the desk's own papers, then the page is written.
Whether the person may have one although records are sealed is the issuer's decision (L25); no field asks for it, so
that no file or page shows it.

May touch: disk, network (the vault), clock
Sees:      a name, a resident ID
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Final

from api.vault.desk_folder import DeskFolder
from api.vault.desk_work import Desk
from audit.crypto.whole_file import whole_file
from audit.request_id import new_request_id
from audit.shapes import is_ulid
from vault.certificate import CertificateFacts, CertificateRecord, certificate_pdf, record_of
from vault.errors import CertificateError
from vault.forms import open_form
from vault.law.calendar import civil_day

_FIELDS: Final = ("name", "resident_id", "agency_zh", "agency_en", "ordinary_check")
_NO_RECORD: Final = "no-record"
_FOLDER: Final = "certificates"
_LONGEST: Final = 64 * 1024


def issue(desk: Desk, facts: Path, page: Path) -> str:
    """Write the certificate to `page` (0600) and its record to the desk's folder; returns its number."""
    own, now = desk.folder, desk.now_ms()
    found = _read(facts)  # 1
    _check_ordinary(facts.parent / found.pop("ordinary_check"))  # 2
    _check_new(page)
    number = new_request_id(now)
    pdf = certificate_pdf(CertificateFacts(number=number, **found), civil_day(now))  # 3
    record = record_of(pdf, number, own.agency, own.person, now).sign(own.signer)
    desk.client.enter_certificate(record)  # 4
    folder = own.path / _FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with whole_file(folder / number, may_replace=False) as out:  # 5
        out.write(record)
    try:
        with whole_file(page, may_replace=False) as out:
            out.write(pdf)
    except OSError:
        (folder / number).unlink()
        _check_new(page)
        raise
    return number


def _check_new(page: Path) -> None:
    if page.exists():
        raise CertificateError(f"{page.name}: exists already, and is never replaced")


def is_issued(desk: DeskFolder, number: str, page: bytes) -> bool:
    """Whether this desk issued exactly this page under that number."""
    path = desk.path / _FOLDER / number
    if not is_ulid(number) or not path.exists():
        return False
    record = open_form(CertificateRecord, path.read_bytes(), [desk.signer.verifying_key]).form
    return (record.certificate, record.pdf) == (number, hashlib.sha256(page).hexdigest())


def _read(path: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CertificateError(f"{path.name}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise CertificateError(f"{path.name}: not TOML") from None
    if set(found) != set(_FIELDS) or not all(isinstance(value, str) for value in found.values()):
        raise CertificateError(f"{path.name}: exactly the texts {', '.join(_FIELDS)} expected")
    return found


def _check_ordinary(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            answer = json.loads(stream.read(_LONGEST))
    except (OSError, ValueError):
        raise CertificateError(f"{path.name}: not an answer of the ordinary check") from None
    if not isinstance(answer, dict) or answer.get("result") != _NO_RECORD or answer.get("records") != []:
        raise CertificateError(f"{path.name}: the ordinary check does not say that it found no record")
