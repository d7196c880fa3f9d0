"""Turn the columns of a source into the fields of the schema, each column as a dictionary of distinct values.

Dictionary encoding is the point: every normaliser downstream runs once per distinct value and not once per
row. This module reads no file and changes no value.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from linkage.encoding.reader import SourceTable
from linkage.errors import MappingError, quoted


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one source: `record_ids` and, per schema field, one DictionaryArray per mapped column.

    All arrays have one element per record, in file order; indices are int32, there are no nulls, and an empty
    cell points at the dictionary's "".
    """

    record_ids: pa.Array = field(repr=False)
    fields: Mapping[str, tuple[pa.DictionaryArray, ...]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.record_ids)


def apply_mapping(table: SourceTable, fields: Mapping[str, Sequence[str]]) -> Records:
    """Give every schema field its columns, in the mapping's order.

    Raises MappingError when a mapped column was not read into `table`.
    """
    distinct = {name: None for columns in fields.values() for name in columns}
    missing = [name for name in distinct if name not in table.columns]
    if missing:
        raise MappingError(f"column {quoted(missing[0])} is mapped but was not read")
    encoded = {name: _encode(table.columns[name]) for name in distinct}
    return Records(table.record_ids, {key: tuple(encoded[name] for name in fields[key]) for key in fields})


def _encode(column: pa.ChunkedArray) -> pa.DictionaryArray:
    combined = column.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(combined, pa.ChunkedArray):  # no chunk at all
        return pa.array([], pa.dictionary(pa.int32(), pa.string()))
    return combined
