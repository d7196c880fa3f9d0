"""The file that an officer writes a request in; names and case numbers never become arguments of a command.

    to = "court-a"
    basis = "judicial-case"
    purpose = "case-handling"
    scope = "read"
    [subject]
    name = "…"              # and resident_id, birth, where known
    [grounds]
    case_no = "…"           # of the receiving case
    need = "…"
    [papers]                # files whose hashes are signed
    letter = "letter.pdf"
    undertaking = "undertaking.pdf"

May touch: disk
Sees:      the subject's name, grounds
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vault.asking import Grounds, Papers, Subject
from vault.errors import MalformedFormError

_TOP: Final = {"to", "basis", "purpose", "scope", "subject", "grounds", "papers"}


@dataclass(frozen=True, slots=True)
class RequestFile:
    """What the file says."""

    to: str
    basis: str
    purpose: str
    scope: str
    subject: Subject = field(repr=False)
    grounds: Grounds = field(repr=False)
    papers: Papers


def read_request_file(path: Path) -> RequestFile:
    """Read it strictly; MalformedFormError names place and rule, never a value."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MalformedFormError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise MalformedFormError(f"{path}: not TOML") from None
    _exactly(path, "", found, _TOP, frozenset())
    subject = _texts(path, "subject", found["subject"], {"name"}, {"resident_id", "birth"})
    grounds = _texts(path, "grounds", found["grounds"], {"case_no", "need"}, set())
    papers = _texts(path, "papers", found["papers"], {"letter", "undertaking"}, set())
    hashes = {name: _sha256(path.parent / file, f"papers.{name}") for name, file in papers.items()}
    top = _texts(path, "", {name: found[name] for name in ("to", "basis", "purpose", "scope")}, set(), _TOP)
    return RequestFile(
        top["to"], top["basis"], top["purpose"], top["scope"],
        Subject(subject["name"], subject.get("resident_id"), subject.get("birth")),
        Grounds.of(grounds["case_no"], grounds["need"]),
        Papers(hashes["letter"], hashes["undertaking"]),
    )  # fmt: skip


def _texts(path: Path, place: str, table: Any, needs: set[str], takes: set[str]) -> dict[str, str]:
    _exactly(path, place, table, needs, takes)
    for name, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise MalformedFormError(f"{path}: {place}.{name}: must be text".replace(": .", ": "))
    return dict(table)


def _exactly(path: Path, place: str, table: Any, needs: set[str], takes: Any) -> None:
    if not isinstance(table, dict) or not needs <= set(table) or not set(table) <= needs | set(takes):
        wanted = ", ".join(sorted(needs | set(takes)))
        raise MalformedFormError(f"{path}: {place or 'the file'}: exactly these are expected: {wanted}")


def _sha256(path: Path, place: str) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MalformedFormError(f"{place}: cannot be read: {error.strerror}") from None
