"""Records → token columns of the CLK scheme: which function reads which field.

Each distinct cell of a column is read once. The result goes to `clk.encode_fields`. It holds no key, and it gives no
token for what is missing or unreadable.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoding import cn_clk_tokens as cn
from linkage.encoding import person_clk_tokens as person
from linkage.encoding.clk import MISSING, FieldTokens
from linkage.encoding.date_tokens import date_table
from linkage.encoding.mapping import Records
from linkage.encoding.normalise.dates import Dob, read_date
from linkage.encoding.normalise.sex import read_sex
from linkage.encoding.qgrams import TokenTable
from linkage.schema import Normaliser

ReadCell = Callable[[str], Mapping[str, list[str]]]
ReadColumn = Callable[[Sequence[str]], TokenTable]

_CN_CELLS: Final[Mapping[str, ReadCell]] = {
    "name": cn.read_name_cell,
    "other_names": cn.read_name_cell,
    "resident_id": cn.read_id_cell,
    "guardian_names": cn.read_guardian_cell,
    "phones": cn.read_phone_cell,
    "addresses": cn.read_address_cell,
}
_PERSON_COLUMNS: Final[Mapping[str, tuple[str, ReadColumn]]] = {
    "given_name": ("given_name", person.given_names),
    "other_names": ("given_name", person.given_names),
    "surname": ("surname", person.surnames),
    "street_number": ("street", person.street_numbers),
    "address": ("street", person.streets),
    "locality": ("locality", person.localities),
    "postcode": ("postcode", person.postcodes),
    "identifier": ("identifier", person.identifiers),
    "phone": ("phone", person.phones),
}
_SEX_POSITIONS: Final = 6
# Digits of a broken ID must meet those of a sound one: same position key, fewer positions.
_KEY_OF: Final = {"resident_id_unsound": "resident_id"}


def clk_columns(records: Records, normaliser: Normaliser) -> list[FieldTokens]:
    """Token columns of all n records. A field may yield several columns, several fields may share a position key."""
    chinese = normaliser == "cn-child"
    columns = _cn_columns(records) if chinese else _person_columns(records)
    columns += _date_columns(records, (cn if chinese else person).GROUPS["date_of_birth"], lunar=chinese)
    if not columns:
        nothing = np.full(len(records), MISSING, dtype=np.int32)
        columns.append(FieldTokens("none", nothing, TokenTable.of([]), 1))
    return columns


def _cn_columns(records: Records) -> list[FieldTokens]:
    out: list[FieldTokens] = []
    for name, read in _CN_CELLS.items():
        for column in records.fields.get(name, ()):
            codes, found = _codes(column), [read(value) for value in _values(column)]
            for group in dict.fromkeys(group for tokens in found for group in tokens):
                table = TokenTable.of([tokens.get(group, ()) for tokens in found])
                out.append(FieldTokens(_KEY_OF.get(group, group), codes, table, cn.GROUPS[group]))
    return out


def _person_columns(records: Records) -> list[FieldTokens]:
    out: list[FieldTokens] = []
    for name, (group, read) in _PERSON_COLUMNS.items():
        for column in records.fields.get(name, ()):
            out.append(FieldTokens(group, _codes(column), read(_values(column)), person.GROUPS[group]))
    return out


def _date_columns(records: Records, k: int, *, lunar: bool) -> list[FieldTokens]:
    """Dates of birth, and sex together with the year: sex alone would set the same bits in half of all filters."""
    columns = records.fields.get("date_of_birth", ())
    if not columns:
        return []
    codes, dobs = _codes(columns[0]), [read_date(value) if value else None for value in _values(columns[0])]
    out = [FieldTokens("date_of_birth", codes, date_table(dobs, lunar=lunar), k)]
    for sexes in records.fields.get("sex", ()):
        out.append(_sex_with_year(sexes, codes, dobs))
    return out


def _sex_with_year(sexes: pa.DictionaryArray, codes: NDArray[np.int32], dobs: Sequence[Dob | None]) -> FieldTokens:
    read = [read_sex(value) for value in _values(sexes)]
    years = sorted({dob.year for dob in dobs if dob is not None})
    place = {year: number for number, year in enumerate(years)}
    sex = _looked_up(_codes(sexes), [{"M": 0, "F": 1}.get(value or "", MISSING) for value in read])
    year = _looked_up(codes, [MISSING if dob is None else place[dob.year] for dob in dobs])
    both = np.where((sex >= 0) & (year >= 0), 2 * year + sex, MISSING).astype(np.int32)
    tokens = [[f"{letter}:{year}"] for year in years for letter in "MF"]
    return FieldTokens("sex_with_year", both, TokenTable.of(tokens), _SEX_POSITIONS)


def _codes(column: pa.DictionaryArray) -> NDArray[np.int32]:
    codes: NDArray[np.int32] = column.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes


def _values(column: pa.DictionaryArray) -> list[str]:
    return [value or "" for value in column.dictionary.to_pylist()]


def _looked_up(codes: NDArray[np.int32], numbers: Sequence[int]) -> NDArray[np.int32]:
    """numbers[code] per record, MISSING for a missing code."""
    return np.array([*numbers, MISSING], dtype=np.int32)[codes]
