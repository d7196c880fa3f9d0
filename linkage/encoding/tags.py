"""Records → tag columns: which function reads which field, and which cells of a record contradict each other.

Each distinct cell of a column is read once, and each distinct combination where a tag reads several columns together.
Besides the tags, it says per record whether the two visible bits are on ("has name", "has id") and counts per field the
cells that hold something unreadable. It holds no key and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoding import cn_tags, person_fields
from linkage.encoding.mapping import Records
from linkage.encoding.normalise.dates import Dob, read_date
from linkage.encoding.normalise.resident_id import read_resident_id
from linkage.encoding.tag_columns import Contribution, TagColumn, TagValues, collect
from linkage.encoding.value_columns import ValueColumn, combine, read_values
from linkage.schema import Schema

ReadCell = Callable[[str], TagValues]

_CN_CHILD: Mapping[str, ReadCell] = {
    "name": cn_tags.name_tags,
    "other_names": cn_tags.name_tags,
    "date_of_birth": cn_tags.written_date_tags,
    "resident_id": cn_tags.written_id_tags,
    "sex": cn_tags.sex_tags,
    "guardian_names": cn_tags.guardian_tags,
    "phones": cn_tags.phone_tags,
    "addresses": cn_tags.address_tags,
}


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How one field was read: records with a readable cell, with none but an unreadable one, and with nothing."""

    present: int
    unreadable: int
    missing: int


@dataclass(frozen=True, slots=True)
class TaggedRecords:
    """Tags of n records, the visible bits, and how each mapped field was read.

    `foreign_ids` counts records whose ID states another person's date of birth; such an ID counts as missing.
    """

    tags: Mapping[str, TagColumn] = field(repr=False)
    visible: Mapping[str, NDArray[np.bool_]]
    fields: Mapping[str, FieldCount]
    foreign_ids: int


def tag_records(records: Records, schema: Schema) -> TaggedRecords:
    """Tags of every record under a schema."""
    return _tag_persons(records, schema) if schema.normaliser == "person" else _tag_children(records, schema)


def _tag_children(records: Records, schema: Schema) -> TaggedRecords:
    n = len(records)
    contributions: list[Contribution] = []
    counts: dict[str, FieldCount] = {}
    foreign_ids = 0
    for name, read in _CN_CHILD.items():
        columns = [_read_column(column, read) for column in records.fields.get(name, ())]
        if columns:
            counts[name] = _count_field(columns, n)
        if columns and name == "resident_id":
            foreign = _another_persons(records, columns[0])
            foreign_ids = int(foreign.sum())
            columns[0].codes[foreign] = -1
        contributions.extend(columns)
    tags = collect(n, contributions, _limits(schema))
    return TaggedRecords(tags, visible_bits(tags, n), counts, foreign_ids)


def _tag_persons(records: Records, schema: Schema) -> TaggedRecords:
    n = len(records)
    read = {
        name: [read_values(column, reader) for column in records.fields.get(name, ())]
        for name, reader in person_fields.READERS.items()
    }
    counts = {name: _count_values(columns, n) for name, columns in read.items() if columns}
    contributions: list[Contribution] = []
    for group in person_fields.GROUPS:
        mapped = [read[name] for name in group.fields]
        if len(mapped) == 1:
            contributions.extend(combine([column], n, group.derive) for column in mapped[0])
        elif any(mapped):
            contributions.append(combine([columns[0] if columns else None for columns in mapped], n, group.derive))
    tags = collect(n, contributions, _limits(schema))
    return TaggedRecords(tags, visible_bits(tags, n), counts, 0)


def _limits(schema: Schema) -> dict[str, int]:
    return {tag.name: tag.limit for tag in schema.tags.values()}


def visible_bits(columns: Mapping[str, TagColumn], n: int) -> dict[str, NDArray[np.bool_]]:
    """Which of n records have a name and an identifier, as bool[n] per bit."""

    def present(*tags: str) -> NDArray[np.bool_]:
        bit = np.zeros(n, dtype=bool)
        for tag in tags:
            if tag in columns:
                bit |= np.diff(columns[tag].indptr) > 0
        return bit

    # A masked name (张**) is a name: hidden away, what it shows would count for nothing.
    return {"has_name": present("NX", "NC", "NL", "SU", "GX", "SX"), "has_id": present("I")}


def _read_column(column: pa.DictionaryArray, read: ReadCell) -> Contribution:
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    values = column.dictionary.to_pylist()
    per_value = [read(value) if value else {} for value in values]
    empty = np.array([not value for value in values] or [True])
    codes[(codes >= 0) & empty[np.maximum(codes, 0)]] = -1
    return Contribution(codes, per_value)


def _count_field(columns: list[Contribution], n: int) -> FieldCount:
    readable = np.zeros(n, dtype=bool)
    filled = np.zeros(n, dtype=bool)
    for column in columns:
        works = np.array([bool(tags) for tags in column.per_value] or [False])
        readable |= (column.codes >= 0) & works[np.maximum(column.codes, 0)]
        filled |= column.codes >= 0
    return FieldCount(int(readable.sum()), int((filled & ~readable).sum()), int((~filled).sum()))


def _count_values(columns: list[ValueColumn], n: int) -> FieldCount:
    readable = np.any([column.readable() for column in columns], axis=0)
    filled = np.any([column.codes >= 0 for column in columns], axis=0)
    return FieldCount(int(readable.sum()), int((filled & ~readable).sum()), int((~filled).sum()))


def _another_persons(records: Records, ids: Contribution) -> NDArray[np.bool_]:
    """Records whose ID states a birth date that the written one contradicts."""
    n = len(records)
    dates = records.fields.get("date_of_birth", ())
    out = np.zeros(n, dtype=bool)
    if not dates:
        return out
    written: list[Dob | None] = [read_date(v) if v else None for v in dates[0].dictionary.to_pylist()]
    date_codes = dates[0].indices.fill_null(-1).to_numpy(zero_copy_only=False)
    column = records.fields["resident_id"][0]
    stated = [read_resident_id(v) if v else None for v in column.dictionary.to_pylist()]
    verdicts: dict[tuple[int, int], bool] = {}
    for row in np.flatnonzero((ids.codes >= 0) & (date_codes >= 0)):
        pair = (int(date_codes[row]), int(ids.codes[row]))
        number = stated[pair[1]]
        if number is not None:
            if pair not in verdicts:
                verdicts[pair] = cn_tags.another_persons_id(written[pair[0]], number.birth)
            out[row] = verdicts[pair]
    return out
