"""Records → token columns of the CLK scheme: which function reads which field.

Each distinct cell of a column is read once. The result goes to `clk.encode_fields`. It holds no key, and it gives no
token for what is missing or unreadable.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
# Digits of a broken ID must meet those of a sound one: same position key, fewer positions.
_KEY_OF: Final = {"resident_id_unsound": "resident_id"}
FILL_TO: Final[Mapping[Normaliser, float]] = {"cn-child": cn.FILL_TO, "person": person.FILL_TO}
"""Share of bits up to which thin filters are filled (`clk_filling.py`)."""


def clk_columns(records: Records, normaliser: Normaliser) -> list[FieldTokens]:
    """Token columns of all n records. A field may yield several columns, several fields may share a position key."""
    chinese = normaliser == "cn-child"
    columns = _cn_columns(records) if chinese else _person_columns(records)
    columns += _date_columns(records, (cn if chinese else person).WEIGHTS, lunar=chinese)
    if not columns:
        nothing = np.full(len(records), MISSING, dtype=np.int32)
        columns.append(FieldTokens("none", nothing, TokenTable.of([]), 1))
    return columns


def take_columns(columns: Sequence[FieldTokens], rows: NDArray[np.int64]) -> list[FieldTokens]:
    """The columns of the records `rows`, in that order."""
    return [FieldTokens(each.name, each.codes[rows], each.tokens_per_value, each.k) for each in columns]


def _cn_columns(records: Records) -> list[FieldTokens]:
    out: list[FieldTokens] = []
    for name, read in _CN_CELLS.items():
        for column in records.fields.get(name, ()):
            codes, found = column_codes(column), [read(value) for value in column_values(column)]
            for group in dict.fromkeys(group for tokens in found for group in tokens):
                table = TokenTable.of([tokens.get(group, ()) for tokens in found])
                out += _weighed(_KEY_OF.get(group, group), codes, table, cn.WEIGHTS[group])
    return out


def _person_columns(records: Records) -> list[FieldTokens]:
    out: list[FieldTokens] = []
    for name, (group, read) in _PERSON_COLUMNS.items():
        for column in records.fields.get(name, ()):
            out.append(FieldTokens(group, column_codes(column), read(column_values(column)), person.POSITIONS[group]))
    return out


def _weighed(
    name: str, codes: NDArray[np.int32], table: TokenTable, weights: Mapping[str, int]
) -> Iterator[FieldTokens]:
    """The table cut into columns of equal positions per token; tokens of a kind without weight stay out."""
    positions = np.array([weights.get(_kind(token), 0) for token in table.vocabulary], dtype=np.int64)
    for k in np.unique(positions[positions > 0]).tolist():
        yield FieldTokens(name, codes, table.keeping((positions == k).tolist()), k)


def _kind(token: str) -> str:
    """What stands before the colon, without the place of a syllable: "G1:ming" → "G", "12:402" → "12"."""
    head = token.partition(":")[0]
    return head if head.isdigit() else head.rstrip("0123456789")


def _date_columns(records: Records, weights: Mapping[str, Mapping[str, int]], *, lunar: bool) -> list[FieldTokens]:
    """Dates of birth, and sex together with the year: sex alone would set the same bits in half of all filters."""
    columns = records.fields.get("date_of_birth", ())
    if not columns:
        return []
    codes, dobs = column_codes(columns[0]), [read_date(value) if value else None for value in column_values(columns[0])]
    out = list(_weighed("date_of_birth", codes, date_table(dobs, lunar=lunar), weights["date_of_birth"]))
    for sexes in records.fields.get("sex", ()):
        out.append(_sex_with_year(sexes, codes, dobs, weights["sex_with_year"]["M"]))
    return out


def _sex_with_year(
    sexes: pa.DictionaryArray, codes: NDArray[np.int32], dobs: Sequence[Dob | None], k: int
) -> FieldTokens:
    read = [read_sex(value) for value in column_values(sexes)]
    years = sorted({dob.year for dob in dobs if dob is not None})
    place = {year: number for number, year in enumerate(years)}
    sex = _looked_up(column_codes(sexes), [{"M": 0, "F": 1}.get(value or "", MISSING) for value in read])
    year = _looked_up(codes, [MISSING if dob is None else place[dob.year] for dob in dobs])
    both = np.where((sex >= 0) & (year >= 0), 2 * year + sex, MISSING).astype(np.int32)
    tokens = [[f"{letter}:{year}"] for year in years for letter in "MF"]
    return FieldTokens("sex_with_year", both, TokenTable.of(tokens), k)


def column_codes(column: pa.DictionaryArray) -> NDArray[np.int32]:
    """Number of each record's value in the column's dictionary, MISSING for a null."""
    codes: NDArray[np.int32] = column.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes


def column_values(column: pa.DictionaryArray) -> list[str]:
    """The distinct cells of a column, a null as ""."""
    return [value or "" for value in column.dictionary.to_pylist()]


def _looked_up(codes: NDArray[np.int32], numbers: Sequence[int]) -> NDArray[np.int32]:
    """numbers[code] per record, MISSING for a missing code."""
    return np.array([*numbers, MISSING], dtype=np.int32)[codes]
