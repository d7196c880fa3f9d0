"""Which records may be kin: the household values that they hold, as one sparse matrix for the margin rule.

Kin are alike for a reason that does not grow with the population, so their pairs are counted apart from strangers'.
Who shares a guardian's name, a phone or a house may be kin; who shares a resident ID, or both name and date of birth,
is mostly one child seen twice. A village or a street alone makes nobody kin. It encodes nothing.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linkage.encoding import cn_clk_tokens as cn
from linkage.encoding.clk import MISSING, FieldTokens
from linkage.encoding.clk_tokens import column_codes, column_values
from linkage.encoding.mapping import Records
from linkage.encoding.normalise.dates import read_date
from linkage.encoding.normalise.latin import read_identifier, read_street
from linkage.encoding.normalise.phone import read_phone, split_phones
from linkage.encoding.qgrams import TokenTable
from linkage.encoding.token_incidence import incidence
from linkage.schema import Normaliser

ReadLabels = Callable[[str], Sequence[str]]


def household_labels(records: Records, normaliser: Normaliser) -> csr_matrix:
    """float32 (n, labels), 1 where a record holds a label."""
    columns = [
        FieldTokens(kind, column_codes(column), TokenTable.of([read(cell) for cell in column_values(column)]), 1)
        for field, (kind, read) in _READERS[normaliser].items()
        for column in records.fields.get(field, ())
    ]
    columns += _names_with_dates(records, normaliser)
    return incidence(columns) if columns else csr_matrix((len(records), 1), dtype=np.float32)


def _names_with_dates(records: Records, normaliser: Normaliser) -> list[FieldTokens]:
    """First name column and date of birth of the records that have both, as one value."""
    names = [column for field in _NAMES[normaliser] for column in records.fields.get(field, ())[:1]]
    dates = records.fields.get("date_of_birth", ())[:1]
    if len(names) < len(_NAMES[normaliser]) or not dates:
        return []
    parts = [_numbered(column, _spoken if normaliser == "cn-child" else _folded) for column in names]
    parts.append(_numbered(dates[0], _day))
    known = np.all([part >= 0 for part in parts], axis=0)
    codes = np.full(len(records), MISSING, dtype=np.int32)
    _, codes[known] = np.unique(np.stack(parts, axis=1)[known], axis=0, return_inverse=True)
    table = TokenTable.of([[str(number)] for number in range(int(codes.max(initial=-1)) + 1)])
    return [FieldTokens("name and date", codes, table, 1)]


def _numbered(column: pa.DictionaryArray, read: Callable[[str], str]) -> NDArray[np.int64]:
    """Number of what each record's cell says, −1 for nothing."""
    said = [read(cell) for cell in column_values(column)]
    number = {value: place for place, value in enumerate(dict.fromkeys(said))}
    numbers = np.array([number[value] if value else MISSING for value in said] + [MISSING], dtype=np.int64)
    return numbers[column_codes(column)]


def _spoken(cell: str) -> str:
    return next((token for token in cn.read_name_cell(cell).get("name", ()) if token.startswith("W:")), "")


def _folded(cell: str) -> str:
    return cell.strip().casefold()


def _day(cell: str) -> str:
    dob = read_date(cell)
    return "" if dob is None or dob.default_day or dob.day is None else f"{dob.year}-{dob.month}-{dob.day}"


def _guardians(cell: str) -> list[str]:
    return [token for token in cn.read_guardian_cell(cell).get("guardian", ()) if token.startswith("W:")]


def _mothers(cell: str) -> list[str]:
    """The mother under whom a newborn was entered."""
    return [token for token in cn.read_name_cell(cell).get("guardian", ()) if token.startswith("W:")]


def _phones(cell: str) -> list[str]:
    return [number for number in map(read_phone, split_phones(cell)) if number is not None]


def _houses(cell: str) -> list[str]:
    return [token for token in cn.read_address_cell(cell).get("address", ()) if token.startswith("N:")]


def _resident_id(cell: str) -> list[str]:
    return [token for token in cn.read_id_cell(cell).get("resident_id", ()) if token.startswith("W:")]


def _street(cell: str) -> list[str]:
    street = read_street(cell)
    return [] if street is None or not street.numbers else [f"{street.name}|{street.numbers[-1]}"]


def _identifier(cell: str) -> list[str]:
    return [number for number in (read_identifier(cell),) if number]


_NAMES: Final[Mapping[Normaliser, tuple[str, ...]]] = {"cn-child": ("name",), "person": ("given_name", "surname")}
_READERS: Final[Mapping[Normaliser, Mapping[str, tuple[str, ReadLabels]]]] = {
    "cn-child": {
        "guardian_names": ("guardian", _guardians),
        "name": ("guardian", _mothers),
        "phones": ("phone", _phones),
        "addresses": ("house", _houses),
        "resident_id": ("id", _resident_id),
    },
    "person": {
        "phone": ("phone", _phones),
        "address": ("house", _street),
        "identifier": ("id", _identifier),
    },
}
