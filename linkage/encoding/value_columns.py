"""Columns of read values, and tags that read several columns together.

Each distinct cell is read once, each distinct combination of read values yields its tags once, and every record only
points at the results. This module knows no field, no tag and no key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linkage.encoding.tag_columns import Contribution, TagValues


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """One mapped column: `codes` int32[n], −1 for an empty cell; `values[code]` is None where a cell is unreadable."""

    codes: NDArray[np.int32]
    values: Sequence[object | None] = field(repr=False)

    def readable(self) -> NDArray[np.bool_]:
        """Per record, whether its cell says something: bool[n]."""
        says = np.array([*(value is not None for value in self.values), False])
        return np.asarray(says[self.codes])


def read_values(column: pa.DictionaryArray, read: Callable[[str], object]) -> ValueColumn:
    """Read every distinct cell once; cells that read as the same value share one code."""
    cells = column.dictionary.to_pylist()
    numbers: dict[object, int] = {}
    code_of = np.full(len(cells) + 1, -1, dtype=np.int32)  # the last one serves null cells
    for place, cell in enumerate(cells):
        if cell and not cell.isspace():
            code_of[place] = numbers.setdefault(read(cell) or None, len(numbers))
    indices = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return ValueColumn(code_of[indices], list(numbers))


def combine(columns: Sequence[ValueColumn | None], records: int, derive: Callable[..., TagValues]) -> Contribution:
    """Tags of n records from one value of each column; `derive` gets None for what a record or file does not have.

    It is called once per distinct combination, in the order of the columns.
    """
    combined = np.zeros(records, dtype=np.int64)
    for column in columns:
        if column is not None:
            pair = combined * (len(column.values) + 1) + column.codes + 1
            combined = np.unique(pair, return_inverse=True)[1].reshape(-1)
    first = np.unique(combined, return_index=True)[1]
    taken = [_values_at(column, first) for column in columns]
    return Contribution(combined.astype(np.int32), [derive(*values) for values in zip(*taken, strict=True)])


def _values_at(column: ValueColumn | None, rows: NDArray[np.int64]) -> list[object | None]:
    if column is None:
        return [None] * len(rows)
    return [column.values[code] if code >= 0 else None for code in column.codes[rows].tolist()]
