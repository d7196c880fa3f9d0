"""How many of the cases that an agency declared are sealed, and which are missing (old cases: L37).

It proves completeness of what was declared and of nothing else: a case that nobody declares is not missed here.

May touch: the folder or file that it is given
Sees:      case numbers
Spec:      vault-law L37, section 5 (residual truths)
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vault.bundle import read_manifest
from vault.errors import BundleError
from vault.manifest import MANIFEST

COLUMN: Final = "case_no"
LARGEST_LIST: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts, and the case numbers behind them."""

    declared: int
    sealed: int
    """Declared and sealed."""
    missing: tuple[str, ...] = field(repr=False)
    undeclared: int
    """Sealed, but never declared: the list is not complete."""

    @property
    def is_complete(self) -> bool:
        """Whether every declared case is sealed."""
        return not self.missing


def coverage(declared: Iterable[str], sealed: Collection[str]) -> Coverage:
    """Compare case numbers; brackets and digits of full width are the same as plain ones."""
    wanted = {_plain(case_no): case_no for case_no in declared}
    done = {_plain(case_no) for case_no in sealed}
    missing = tuple(sorted(case_no for plain, case_no in wanted.items() if plain not in done))
    return Coverage(len(wanted), len(wanted) - len(missing), missing, len(done - wanted.keys()))


def declared_in_folder(folder: Path) -> tuple[str, ...]:
    """Case numbers of the bundles in a folder, one a subfolder; BundleError names the number of the subfolder."""
    if not folder.is_dir():
        raise BundleError("coverage: the folder is not there")
    found = []
    for number, one in enumerate(sorted(path for path in folder.iterdir() if path.is_dir()), start=1):
        if not (one / MANIFEST).exists():
            raise BundleError(f"coverage: subfolder {number} has no {MANIFEST}")
        try:
            found.append(read_manifest(one).case_no)
        except BundleError as error:
            raise BundleError(f"coverage: subfolder {number}: {error}") from None
    return tuple(found)


def declared_in_csv(data: bytes) -> tuple[str, ...]:
    """Case numbers of a CSV with a column `case_no` (UTF-8); BundleError names the line."""
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        if rows.fieldnames is None or COLUMN not in rows.fieldnames:
            raise BundleError(f"coverage: a column {COLUMN} expected")
        found = []
        for row in rows:
            case_no = row[COLUMN]
            if not case_no or not case_no.strip() or len(case_no) > 128:
                raise BundleError(f"coverage: line {rows.line_num}: a case number expected")
            found.append(case_no.strip())
    except (UnicodeDecodeError, csv.Error):
        raise BundleError("coverage: not a CSV in UTF-8") from None
    return tuple(found)


def _plain(case_no: str) -> str:
    return "".join(unicodedata.normalize("NFKC", case_no).translate(_BRACKETS).split())


_BRACKETS = str.maketrans("〔〕[]【】", "()()()")
