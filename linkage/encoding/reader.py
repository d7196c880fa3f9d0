"""Read what an agency holds: CSV, Parquet or Excel → the asked columns as text, one unique record id per row.

It decides nothing about meaning: no value is normalised, no column is guessed, and of the other columns only the
shape is checked. Each format has its own file (`csv_file`, `excel_file`, `parquet_file`); whatever cannot be read for
certain is refused with file, line (text) or row (Parquet, Excel) and column.

May touch: disk (reads one file)
Sees:      names
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from linkage.encoding.cells import Cells, open_bytes
from linkage.encoding.csv_file import csv_sample, head_names, load_csv
from linkage.encoding.excel_file import load_excel, sheet_rows
from linkage.encoding.parquet_file import load_parquet, open_parquet, parquet_sample
from linkage.errors import MappingError, SourceFileError


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The rows of one source that may enter, in file order.

    `record_ids` is a string Array, unique and never blank; `columns` maps each asked column to a string
    ChunkedArray of the same length without nulls ("" = empty cell). `rows_read` counts the records in the
    file, `rows_filtered` those that the filter kept out.
    """

    record_ids: pa.Array = field(repr=False)
    columns: Mapping[str, pa.ChunkedArray] = field(repr=False)
    rows_read: int
    rows_filtered: int


def read_source(
    path: Path, columns: Sequence[str], record_id: str, filters: Mapping[str, Sequence[str]]
) -> SourceTable:
    """Read `columns` of the rows that pass every filter: column → allowed values, outer spaces ignored.

    Raises SourceFileError when the file is no table of records with unique ids, MappingError when a column is
    missing or no row passes the filter.
    """
    wanted = list(dict.fromkeys([record_id, *columns, *filters]))
    cells = _load(path, wanted, careful=False)
    clash = _find_id_clash(cells.columns[record_id])
    if clash and cells.places is None:
        cells = _load(path, wanted, careful=True)
        clash = _find_id_clash(cells.columns[record_id])
    if clash:
        raise _id_error(path, record_id, cells, *clash)
    rows = len(cells.columns[record_id])
    if rows == 0:
        raise SourceFileError.at(path, "the file has a header but no records")
    kept = _apply_filters(path, cells.columns, filters)
    ids = kept[record_id].combine_chunks()
    return SourceTable(ids, {name: kept[name] for name in columns}, rows, rows - len(ids))


def read_header(path: Path) -> list[str]:
    """Return the column names in file order, without outer spaces ("" for a nameless column).

    Raises SourceFileError when the file cannot be opened or holds no header. Only the file's beginning is
    read.
    """
    match _detect_format(path):
        case "parquet":
            return open_parquet(path)[0]
        case "excel":
            rows = sheet_rows(path)
            return rows[0][1]
        case "text":
            return head_names(path)


def read_sample(path: Path, rows: int) -> tuple[list[str], list[list[str]]]:
    """Return the column names and, per column, the texts of at most the first `rows` records.

    Only a text file's first megabyte is read. Record ids are not checked. Raises SourceFileError.
    """
    match _detect_format(path):
        case "parquet":
            names, file = open_parquet(path)
            return names, parquet_sample(path, file, rows)
        case "excel":
            (_, names), *records = sheet_rows(path)
        case "text":
            names, records = csv_sample(path, rows)
    return names, [[cells[i] for _, cells in records[:rows]] for i in range(len(names))]


def _load(path: Path, wanted: list[str], *, careful: bool) -> Cells:
    match _detect_format(path):
        case "parquet":
            return load_parquet(path, wanted)
        case "excel":
            return load_excel(path, wanted)
        case "text":
            return load_csv(path, wanted, careful=careful)


def _detect_format(path: Path) -> Literal["parquet", "excel", "text"]:
    """Trust the first bytes, not the suffix: many an export named .xls is a text file."""
    with open_bytes(path) as file:
        start = file.read(512)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return "excel"
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise SourceFileError.at(
            path, "this is a web page or XML, not a table", hint="open it and save it as .xlsx or CSV"
        )
    return "text"


def _find_id_clash(ids: pa.ChunkedArray) -> tuple[int, int | None] | None:
    """Index of the first blank id, or indices of the first repeated one and of its first appearance."""
    lengths = pc.binary_length(pc.utf8_trim_whitespace(ids))
    if pc.min(lengths).as_py() == 0:
        return pc.index(lengths, 0).as_py(), None
    if pc.count_distinct(ids).as_py() == len(ids):
        return None
    first: dict[str, int] = {}
    for index, value in enumerate(ids.to_pylist()):
        if first.setdefault(value, index) != index:
            return index, first[value]
    return None


def _id_error(path: Path, record_id: str, cells: Cells, index: int, earlier: int | None) -> SourceFileError:
    places = cells.places or range(1, index + 2)
    rule = "the record id is missing"
    if earlier is not None:
        rule = f"the record id is the same as on {cells.unit} {places[earlier]}"
    line, row = (places[index], None) if cells.unit == "line" else (None, places[index])
    return SourceFileError.at(path, rule, line=line, row=row, column=record_id)


def _apply_filters(
    path: Path, columns: dict[str, pa.ChunkedArray], filters: Mapping[str, Sequence[str]]
) -> dict[str, pa.ChunkedArray]:
    for name, allowed in filters.items():
        values = pa.array([value.strip() for value in allowed], pa.string())
        mask = pc.is_in(pc.utf8_trim_whitespace(columns[name]), value_set=values)
        columns = {other: column.filter(mask) for other, column in columns.items()}
        if len(columns[name]) == 0:
            raise MappingError.at(path, "no row passes the filter", column=name)
    return columns
