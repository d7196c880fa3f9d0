"""Tests of linkage/encoding/mapping.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from linkage.encoding.mapping import apply_mapping
from linkage.encoding.reader import SourceTable
from linkage.errors import MappingError


def _table(**columns: list[list[str]]) -> SourceTable:
    chunked = {name: pa.chunked_array(chunks, pa.string()) for name, chunks in columns.items()}
    rows = len(next(iter(chunked.values())))
    return SourceTable(pa.array([str(i) for i in range(rows)]), chunked, rows, 0)


def test_each_field_gets_its_columns_in_order() -> None:
    """Father before mother in the mapping must stay father before mother in the records."""
    records = apply_mapping(_table(父亲=[["a"], ["b"]], 母亲=[["c"], [""]]), {"guardian_names": ["母亲", "父亲"]})
    assert [column.to_pylist() for column in records.fields["guardian_names"]] == [["c", ""], ["a", "b"]]
    assert len(records) == 2


def test_distinct_values_stand_once_across_chunks() -> None:
    """A value in two chunks must be normalised once, or encoding slows down with the number of chunks."""
    (column,) = apply_mapping(_table(x=[["a", "b"], ["b", "a"]]), {"name": ["x"]}).fields["name"]
    assert column.dictionary.to_pylist() == ["a", "b"]
    assert column.indices.to_pylist() == [0, 1, 1, 0]
    assert column.type == pa.dictionary(pa.int32(), pa.string())


def test_a_table_without_chunks_gives_empty_columns() -> None:
    """Arrow hands out tables of no chunks; they must not crash the encoder."""
    (column,) = apply_mapping(_table(x=[]), {"name": ["x"]}).fields["name"]
    assert len(column) == 0


def test_a_column_that_was_not_read_is_refused() -> None:
    """A mapping and a table that do not belong together must stop with a sentence, not with a KeyError."""
    with pytest.raises(MappingError, match="column '姓名' is mapped but was not read"):
        apply_mapping(_table(x=[["a"]]), {"name": ["姓名"]})


def test_repr_shows_no_cell() -> None:
    """Records that land in a log by accident must not print children."""
    assert "王小明" not in repr(apply_mapping(_table(x=[["王小明"]]), {"name": ["x"]}))
