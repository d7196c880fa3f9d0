"""Turn links, truth and strata from (source, record) text into row numbers of the truth.

Every rule about the three tables is enforced here; scoring is not done here, and files are not read here.
Errors name the table, the line and the rule, never a record id: an id may be a child's number at an agency.

May touch: nothing
Sees:      record ids of the truth
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.errors import LinkageError

IntArray = npt.NDArray[np.int64]

LINK_COLUMNS = ("source_a", "record_a", "source_b", "record_b")
TRUTH_COLUMNS = ("source", "record", "entity")
STRATA_COLUMNS = ("source", "record", "stratum")


class EvaluationError(LinkageError):
    """Links, truth or strata cannot be judged against each other; the message names table, line and rule."""


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table of text columns and the name under which errors speak of it (a file name, or "links").

    Row i is line i + 2: the header is line 1.
    """

    name: str
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class TruthIndex:
    """Who is who, by row of the truth: codes of entity and source, and the texts that find a row again."""

    entity: IntArray
    source: IntArray
    entities: int
    source_names: pa.Array
    keys: pa.Array

    @property
    def records(self) -> int:
        """Number of records that the truth holds."""
        return len(self.entity)


@dataclass(frozen=True, slots=True)
class LinkedRows:
    """Distinct linked pairs as rows of the truth, row_a < row_b, with the line order of their first mention.

    `first` is each pair's row in the links table; `repeated` counts the rows that named a pair again.
    """

    row_a: IntArray
    row_b: IntArray
    first: IntArray
    repeated: int


def index_truth(truth: NamedTable) -> TruthIndex:
    """Number the entities and sources of `truth` (source, record, entity).

    Raises EvaluationError for a missing column, an empty value, or a record that stands there twice.
    """
    _check_columns(truth, TRUTH_COLUMNS)
    source, record, entity = (_column(truth, name) for name in TRUTH_COLUMNS)
    source_names = pc.unique(source)
    keys = _keys(source, record, source_names)
    first = _codes(keys, keys)
    again = np.flatnonzero(first != np.arange(len(first)))
    if len(again):
        row = int(again[0])
        raise _error(truth, row, "record", f"this record already stands in line {int(first[row]) + 2}")
    entity_names = pc.unique(entity)
    return TruthIndex(
        entity=_codes(entity, entity_names),
        source=_codes(source, source_names),
        entities=len(entity_names),
        source_names=source_names,
        keys=keys,
    )


def linked_rows(links: NamedTable, index: TruthIndex) -> LinkedRows:
    """Find both ends of every link in the truth; a pair named twice, in either order, counts once.

    Raises EvaluationError for a missing column, an empty value, a record that the truth does not hold, or a
    record linked with itself.
    """
    _check_columns(links, LINK_COLUMNS)
    end_a = _rows_of(links, "source_a", "record_a", index)
    end_b = _rows_of(links, "source_b", "record_b", index)
    itself = np.flatnonzero(end_a == end_b)
    if len(itself):
        raise _error(links, int(itself[0]), "record_b", "a record is linked with itself")
    low, high = np.minimum(end_a, end_b), np.maximum(end_a, end_b)
    _, first = np.unique(low * np.int64(index.records) + high, return_index=True)
    return LinkedRows(low[first], high[first], first, len(low) - len(first))


def stratum_rows(strata: NamedTable, index: TruthIndex) -> Iterator[tuple[str, IntArray]]:
    """Yield each stratum's name, in alphabetical order, with the rows of the truth that it flags.

    Raises EvaluationError for a missing column, an empty value, or a record that the truth does not hold.
    """
    _check_columns(strata, STRATA_COLUMNS)
    rows = _rows_of(strata, "source", "record", index)
    stratum = _column(strata, "stratum")
    names = pc.unique(stratum)
    codes = _codes(stratum, names)
    for code, name in sorted(enumerate(names.to_pylist()), key=lambda item: str(item[1])):
        yield name, np.unique(rows[codes == code])


def _rows_of(table: NamedTable, source_column: str, record_column: str, index: TruthIndex) -> IntArray:
    keys = _keys(_column(table, source_column), _column(table, record_column), index.source_names)
    rows = _codes(keys, index.keys)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        raise _error(table, int(unknown[0]), record_column, "the truth does not hold this record")
    return rows


def _keys(source: pa.Array, record: pa.Array, source_names: pa.Array) -> pa.Array:
    """One text per (source, record); with the source as a number, no choice of ids makes two records meet."""
    number = pc.cast(pc.index_in(source, value_set=source_names), pa.large_string())
    return pc.binary_join_element_wise(number, record, pa.scalar(":", pa.large_string()))


def _codes(values: pa.Array, names: pa.Array) -> IntArray:
    """Position of each value in `names`, −1 where it is not there."""
    found = pc.fill_null(pc.index_in(values, value_set=names), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _column(table: NamedTable, name: str) -> pa.Array:
    """The column as one array of text; raises EvaluationError at its first empty value."""
    column = pc.cast(table.rows.column(name), pa.large_string()).combine_chunks()
    empty = pc.fill_null(pc.equal(pc.binary_length(column), 0), True)
    row = int(pc.index(empty, True).as_py())
    if row >= 0:
        raise _error(table, row, name, "the value is empty")
    return column


def _check_columns(table: NamedTable, wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if table.rows.column_names.count(name) != 1:
            raise EvaluationError.at(table.name, "the header must name this column once", line=1, column=name)


def _error(table: NamedTable, row: int, column: str, rule: str) -> EvaluationError:
    return EvaluationError.at(table.name, rule, line=row + 2, column=column)
