"""A CSV file → the asked columns as text, by a fast way when its bytes are plain beyond doubt, else cell by cell.

The careful way is the definition, the fast way must agree with it. No value is normalised. No message quotes a cell,
and none quotes a header before a mapped column was found in it: in a file without a header line the first line is a
child.

May touch: disk (reads one file)
Sees:      names
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from linkage.encoding.cells import MAX_CELL, Cells, cell_rule, check_header, chunked, open_bytes
from linkage.encoding.text_bytes import count_lines, to_utf8
from linkage.errors import SourceFileError

_HEAD_BYTES: Final = 1 << 20
_BLOCK_BYTES: Final = 1 << 25


@dataclass(frozen=True, slots=True)
class _Header:
    names: list[str]
    delimiter: str
    size: int  # bytes up to and including the header's line end
    lines: int  # lines up to and including the header


def load_csv(path: Path, wanted: list[str], *, careful: bool) -> Cells:
    with open_bytes(path) as file:
        text = to_utf8(path, file.read(), whole=True)
    header = _read_csv_header(path, text)
    check_header(path, header.names, wanted)
    columns = None if careful else _read_plain(text, header, wanted)
    return Cells(columns, None) if columns is not None else _read_careful(path, text, header, wanted)


def head_names(path: Path) -> list[str]:
    """The header's names; only the file's first megabyte is read."""
    with open_bytes(path) as file:
        raw = file.read(_HEAD_BYTES)
    return _read_csv_header(path, to_utf8(path, raw, whole=len(raw) < _HEAD_BYTES)).names


def _read_csv_header(path: Path, text: bytes) -> _Header:
    head = codecs.getincrementaldecoder("utf-8")().decode(text[:_HEAD_BYTES])
    delimiter = _detect_delimiter(head)
    feed = _Lines(io.StringIO(head, newline=""))
    rows = csv.reader(feed, delimiter=delimiter, strict=True)
    try:
        names = next((row for row in rows if any(cell.strip() for cell in row)), [])
    except csv.Error:
        names = []
    names = [_unwrap(name).strip().lstrip("\ufeff") for name in names]
    if not names or max(map(len, names)) > MAX_CELL or any("\0" in name for name in names):
        hint = "UTF-16 needs a byte order mark; save the file as UTF-8" if "\0" in head else None
        raise SourceFileError.at(path, "the header cannot be read", line=max(feed.number, 1), hint=hint)
    return _Header(names, delimiter, feed.size, feed.number)


def _detect_delimiter(head: str) -> str:
    """The most frequent of comma, semicolon and tab outside quotes in the first line that is not blank."""
    line = next((line for line in io.StringIO(head) if line.strip()), "")
    bare = "".join(line.split('"')[::2])
    return max(",;\t", key=bare.count)


class _Lines(Iterator[str]):
    """Hands lines to the csv module and remembers how many, and which ones since the last `begin`."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.number = 0
        self.size = 0
        self.current: list[str] = []

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.size += len(line.encode())
        self.current.append(line)
        return line

    def begin(self) -> int:
        """Forget the record before; return the line at which the next one begins."""
        self.current.clear()
        return self.number + 1


def csv_sample(path: Path, rows: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with open_bytes(path) as file:
        raw = file.read(_HEAD_BYTES)
    whole = len(raw) < _HEAD_BYTES
    text = to_utf8(path, raw, whole=whole)
    if not whole:
        text = text[: text.rfind(b"\n") + 1]
    header = _read_csv_header(path, text)
    records: list[tuple[int, list[str]]] = []
    try:
        for line, row in islice(_checked_rows(path, text, header), rows):
            records.append((line, [_unwrap(cell) for cell in row]))
    except SourceFileError:
        if whole:  # otherwise the cut may have gone through a quoted cell
            raise
    return header.names, records


def _read_plain(text: bytes, header: _Header, wanted: list[str]) -> dict[str, pa.ChunkedArray] | None:
    """Read by Arrow, or return None when Arrow and the careful way might disagree."""
    body = memoryview(text)[header.size :]
    if not _is_plain(text, header):
        return None
    numbers = {name: f"{header.names.index(name)}" for name in wanted}
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=pa.csv.ReadOptions(column_names=[f"{i}" for i in range(len(header.names))]),
            parse_options=pa.csv.ParseOptions(delimiter=header.delimiter),
            convert_options=pa.csv.ConvertOptions(
                include_columns=list(numbers.values()),
                column_types=dict.fromkeys(numbers.values(), pa.string()),
            ),
        )
    except pa.ArrowException:  # its text quotes the row: never shown, never chained
        return None
    return {name: table.column(number) for name, number in numbers.items()}


def _is_plain(text: bytes, header: _Header) -> bool:
    """True when each record is one line, short enough, and each quote opens or closes a whole cell."""
    if b"\0" in text or b'="' in text or text.count(b"\r") != text.count(b"\r\n"):
        return False
    edge = np.zeros(256, dtype=np.bool_)
    edge[list(f'\r\n"{header.delimiter}'.encode())] = True
    start = header.size
    while start < len(text):
        stop = text.rfind(b"\n", start, start + _BLOCK_BYTES) + 1 or len(text)
        block = np.frombuffer(text, dtype=np.uint8, count=stop - start, offset=start)
        if not _is_plain_block(block, edge):
            return False
        start = stop
    return True


def _is_plain_block(block: NDArray[np.uint8], edge: NDArray[np.bool_]) -> bool:
    line_end, carriage_return = block == 10, block == 13
    if carriage_return.any():
        line_end |= carriage_return
    ends = np.flatnonzero(line_end)
    starts = np.concatenate(([-1], ends))
    if (np.diff(np.append(starts, len(block))) > MAX_CELL).any():
        return False
    quotes = np.flatnonzero(block == 34)
    if len(quotes) == 0:
        return True
    if len(quotes) % 2 or (np.searchsorted(quotes, ends) % 2).any():
        return False
    before, after = quotes[::2] - 1, quotes[1::2] + 1
    before, after = before[before >= 0], after[after < len(block)]
    return bool(edge[block[before]].all() and edge[block[after]].all())


def _read_careful(path: Path, text: bytes, header: _Header, wanted: list[str]) -> Cells:
    picks = [header.names.index(name) for name in wanted]
    values: list[list[str]] = [[] for _ in wanted]
    places: list[int] = []
    for line, row in _checked_rows(path, text, header):
        places.append(line)
        for column, pick in zip(values, picks, strict=True):
            column.append(_unwrap(row[pick]))
    return Cells({name: chunked(column) for name, column in zip(wanted, values, strict=True)}, places)


def _checked_rows(path: Path, text: bytes, header: _Header) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every record that is not blank; raise SourceFileError at the first bad one."""
    width = len(header.names)
    body = io.TextIOWrapper(io.BytesIO(memoryview(text)[header.size :]), encoding="utf-8", newline="")
    feed = _Lines(body)
    feed.number = header.lines
    rows = csv.reader(feed, delimiter=header.delimiter, strict=True)
    while True:
        line = feed.begin()
        row = _next_row(rows)
        if row is None:
            return
        if row == _BROKEN:
            raise _broken_cell_error(path, header, line, "".join(feed.current))
        if not any(row):
            continue
        if len(row) != width:
            cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
            raise SourceFileError.at(path, f"{cells} where the header has {width}", line=line)
        for position, cell in enumerate(row):
            if len(cell) > MAX_CELL or "\0" in cell:
                raise SourceFileError.at(path, cell_rule(cell), line=line, column=_name_at(header, position))
        yield line, row


_BROKEN: Final[list[str]] = ["\0broken"]


def _next_row(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error:
        return _BROKEN


def _name_at(header: _Header, position: int) -> str | int:
    name = header.names[position] if position < len(header.names) else ""
    return name or position + 1


def _broken_cell_error(path: Path, header: _Header, line: int, record: str) -> SourceFileError:
    position, offset, rule = _find_broken_cell(record, header.delimiter)
    column = _name_at(header, position)
    return SourceFileError.at(path, rule, line=line + count_lines(record[:offset].encode()), column=column)


def _find_broken_cell(record: str, delimiter: str) -> tuple[int, int, str]:
    """Find the cell that the csv module refused: (position, offset in the record, the rule it breaks)."""
    position = offset = 0
    while True:
        is_quoted = record[offset : offset + 1] == '"'
        end = _end_of_quoted(record, offset) if is_quoted else _end_of_bare(record, offset, delimiter)
        if end < 0:
            return position, offset, "a quote opens this cell and is never closed"
        if end - offset > MAX_CELL:
            return position, offset, f"a cell of more than {MAX_CELL:,} characters"
        if record[end : end + 1] not in (delimiter, "\r", "\n", ""):
            return position, offset, "text after a closing quote (a quote inside a cell must be doubled)"
        if record[end : end + 1] != delimiter:
            return position, offset, "this cell cannot be read"
        position, offset = position + 1, end + 1


def _end_of_quoted(record: str, offset: int) -> int:
    """Offset just after the closing quote, or -1."""
    at = offset + 1
    while True:
        at = record.find('"', at)
        if at < 0 or record[at + 1 : at + 2] != '"':
            return at + 1 if at >= 0 else -1
        at += 2


def _end_of_bare(record: str, offset: int, delimiter: str) -> int:
    stops = [at for at in (record.find(stop, offset) for stop in (delimiter, "\r", "\n")) if at >= 0]
    return min(stops, default=len(record))


def _unwrap(cell: str) -> str:
    """Undo `="…"`, by which exports keep a spreadsheet from rounding long numbers."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell
