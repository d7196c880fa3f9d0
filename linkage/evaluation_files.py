"""Read links, truth and strata from CSV files as tables of text; judging them is not done here.

May touch: disk (reads)
Sees:      record ids and entities
Promise:   a file is read whole or refused with its line and the rule, never a cell's value.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from linkage.evaluation_index import EvaluationError, NamedTable

UTF8_HINT = "Save the file as CSV in UTF-8."


def read_evaluation_table(path: Path) -> NamedTable:
    """Read one CSV file with a header line; every column stays text, an empty cell stays an empty text.

    Which columns must be there is checked by whoever uses the table. Raises EvaluationError for a file that
    cannot be opened, is empty, is not UTF-8, or has a line with too few or too many cells.
    """
    try:
        with path.open("rb") as file:
            header = _header(file.readline(), path)
            has_rows = bool(file.read(1))
        return NamedTable(path.name, _read(path, header) if has_rows else _no_rows(header))
    except OSError:
        raise EvaluationError.at(path.name, "the file cannot be opened") from None


def _header(line: bytes, path: Path) -> list[str]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EvaluationError.at(path.name, "the header is not UTF-8", line=1, hint=UTF8_HINT) from None
    if not text.strip():
        raise EvaluationError.at(path.name, "the file is empty or has no header", line=1)
    return [name.strip().strip('"') for name in text.rstrip("\r\n").split(",")]


def _no_rows(header: list[str]) -> pa.Table:
    return pa.Table.from_arrays([pa.array([], pa.string()) for _ in header], names=header)


def _read(path: Path, header: list[str]) -> pa.Table:
    ragged: list[int | None] = []

    def refuse(row: pa.csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "error"

    try:
        return pa.csv.read_csv(
            path,
            # One thread: only then does a refused row know its line.
            read_options=pa.csv.ReadOptions(use_threads=False, column_names=header, skip_rows=1),
            parse_options=pa.csv.ParseOptions(invalid_row_handler=refuse, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        # The reader's own message quotes the row; it must not travel with ours.
        if ragged:
            rule = "this line has more or fewer cells than the header"
            raise EvaluationError.at(path.name, rule, line=ragged[0]) from None
        raise EvaluationError.at(path.name, "the file is not CSV in UTF-8", hint=UTF8_HINT) from None
