"""Read what an agency holds: CSV, Parquet or Excel → the asked columns as text, one unique record id per row.

It decides nothing about meaning: no value is normalised, no column is guessed, and of the other columns only
the shape is checked. A CSV file is read by Arrow when its bytes are plain beyond doubt, and otherwise cell by
cell; the careful way is the definition, the fast way must agree with it. Whatever cannot be read for certain
is refused with file, line (text) or row (Parquet, Excel) and column. No message quotes a cell, and none
quotes a header before a mapped column was found in it: in a file without a header line the first line is a
child.

May touch: disk (reads one file)
Sees:      names
"""

from __future__ import annotations

import codecs
import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from linkage.errors import LONGEST_NAME, MappingError, SourceFileError, quoted

MAX_CELL: Final = 10_000
"""Characters that one cell may hold; more is a damaged file, not an address."""

_T = TypeVar("_T")

_HEAD_BYTES: Final = 1 << 20
_BLOCK_BYTES: Final = 1 << 25
_LISTED: Final = 30
_EXACT_FLOAT: Final = 1e15  # a spreadsheet keeps 15 digits; beyond them its digits are invented
_FIRST_LINE: Final = "the header must be the first line; `sealink mapping guess FILE` shows what was found there"


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


@dataclass(frozen=True, slots=True)
class _Cells:
    """Columns as text; `places` holds each record's line or row, None when the fast way did not count."""

    columns: dict[str, pa.ChunkedArray]
    places: Sequence[int] | None
    unit: Literal["line", "row"] = "line"


@dataclass(frozen=True, slots=True)
class _Header:
    names: list[str]
    delimiter: str
    size: int  # bytes up to and including the header's line end
    lines: int  # lines up to and including the header


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
            return _open_parquet(path)[0]
        case "excel":
            rows = _sheet_rows(path)
            return rows[0][1]
        case "text":
            with _opened(path) as file:
                raw = file.read(_HEAD_BYTES)
            return _read_csv_header(path, _to_utf8(path, raw, whole=len(raw) < _HEAD_BYTES)).names


def read_sample(path: Path, rows: int) -> tuple[list[str], list[list[str]]]:
    """Return the column names and, per column, the texts of at most the first `rows` records.

    Only a text file's first megabyte is read. Record ids are not checked. Raises SourceFileError.
    """
    match _detect_format(path):
        case "parquet":
            names, file = _open_parquet(path)
            return names, _parquet_sample(path, file, rows)
        case "excel":
            (_, names), *records = _sheet_rows(path)
        case "text":
            names, records = _text_sample(path, rows)
    return names, [[cells[i] for _, cells in records[:rows]] for i in range(len(names))]


def check_header(path: Path, header: Sequence[str], wanted: Iterable[str]) -> None:
    """Check that every wanted column is there and that no name stands twice.

    Raises MappingError for a missing column (listing the header once one wanted column proved that it is one)
    and SourceFileError for a repeated name.
    """
    wanted = list(wanted)
    missing = [name for name in wanted if name not in header]
    if wanted and len(missing) == len(set(wanted)):
        raise MappingError.at(path, "none of the mapped columns is in the header", hint=_FIRST_LINE)
    if missing:
        raise MappingError.at(path, "no such column", column=missing[0], hint=_list_names(header))
    seen: set[str] = set()
    for name in header:
        if name and name in seen:
            raise SourceFileError.at(path, "two columns have this name", column=name)
        seen.add(name)


def cell_text(value: object) -> str:
    """Write a typed cell as text: dates ISO, whole numbers without ".0", nothing for null and NaN.

    A number of more than 15 digits has lost its last ones in a spreadsheet; it is written with an exponent,
    so that no reader takes the zeros at its end for digits of an ID.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return _number_text(value)
        case Decimal():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _number_text(value: int | float) -> str:
    if not math.isfinite(value):
        return ""
    if abs(value) >= _EXACT_FLOAT:
        return f"{value:.14E}"
    return str(int(value)) if value == int(value) else repr(value)


# --- opening --------------------------------------------------------------------------------------


def _load(path: Path, wanted: list[str], *, careful: bool) -> _Cells:
    match _detect_format(path):
        case "parquet":
            return _load_parquet(path, wanted)
        case "excel":
            return _load_excel(path, wanted)
        case "text":
            return _load_text(path, wanted, careful=careful)


def _opened(path: Path) -> io.BufferedReader:
    reason = "the file cannot be opened"
    try:
        return path.open("rb")
    except FileNotFoundError:
        reason = "there is no such file"
    except IsADirectoryError:
        reason = "this is a folder, not a file"
    except (OSError, ValueError):
        pass
    raise SourceFileError.at(path, reason)


def _detect_format(path: Path) -> Literal["parquet", "excel", "text"]:
    """Trust the first bytes, not the suffix: many an export named .xls is a text file."""
    with _opened(path) as file:
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


def _list_names(header: Sequence[str]) -> str:
    """List the columns, unless one is so long or broken that a damaged header may have swallowed records."""
    named = [name for name in header if name]
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in named):
        return _FIRST_LINE
    more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
    return f"columns there: {', '.join(map(quoted, named[:_LISTED]))}{more}"


# --- record ids and the filter --------------------------------------------------------------------


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


def _id_error(path: Path, record_id: str, cells: _Cells, index: int, earlier: int | None) -> SourceFileError:
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


# --- CSV: encoding and header ---------------------------------------------------------------------


def _load_text(path: Path, wanted: list[str], *, careful: bool) -> _Cells:
    with _opened(path) as file:
        text = _to_utf8(path, file.read(), whole=True)
    header = _read_csv_header(path, text)
    check_header(path, header.names, wanted)
    columns = None if careful else _read_plain(text, header, wanted)
    return _Cells(columns, None) if columns is not None else _read_careful(path, text, header, wanted)


def _to_utf8(path: Path, raw: bytes, *, whole: bool) -> bytes:
    """Return the text as UTF-8 without byte order mark; `whole` is false when `raw` is only a beginning."""
    if not raw.strip():
        raise SourceFileError.at(path, "the file is empty")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _transcode(path, raw, "utf-16", whole=whole)
    body = raw.removeprefix(codecs.BOM_UTF8)
    broken = _first_undecodable(body, "utf-8", whole=whole)
    if broken is None:
        return body
    # GB18030 accepts nearly any bytes: one bad byte in UTF-8 must not turn names into other names.
    utf8_before = len(body[:broken].decode("utf-8")) < broken - 4
    if body is not raw or utf8_before:
        raise SourceFileError.at(path, "bytes that are not UTF-8", line=_count_lines(body[:broken]) + 1)
    return _transcode(path, raw, "gb18030", whole=whole)


def _transcode(path: Path, raw: bytes, encoding: str, *, whole: bool) -> bytes:
    broken = _first_undecodable(raw, encoding, whole=whole)
    if broken is not None:
        before = codecs.getincrementaldecoder(encoding)().decode(raw[:broken]).encode()
        name = "UTF-16" if encoding == "utf-16" else "UTF-8 or GB18030"
        raise SourceFileError.at(
            path, f"bytes that are not {name}", line=_count_lines(before) + 1, hint="save the file as UTF-8"
        )
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    if encoding == "gb18030" and not _is_plausible_han(text):
        line = next(number for number, part in enumerate(text.splitlines(), 1) if not part.isascii())
        raise SourceFileError.at(
            path, "bytes that are neither UTF-8 nor GB18030", line=line, hint="save the file as UTF-8"
        )
    return text.encode()


def _first_undecodable(raw: bytes, encoding: str, *, whole: bool) -> int | None:
    if encoding == "utf-8" and whole and _is_utf8(raw):
        return None
    try:
        codecs.getincrementaldecoder(encoding)().decode(raw, final=whole)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _is_utf8(raw: bytes) -> bool:
    ends = pa.py_buffer(np.array([0, len(raw)], dtype=np.int64))
    value = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(raw)])
    try:
        value.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _is_plausible_han(text: str) -> bool:
    """Tell Chinese from Latin-1 that happens to decode: real text is mostly in the small GB2312 set."""
    sample = [char for char in text[: 1 << 16] if not char.isascii()] or [c for c in text if not c.isascii()]
    sample = sample[:2000]
    common = sum(1 for char in sample if char.encode("gb2312", "ignore"))
    return common * 5 >= len(sample)


def _count_lines(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


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


def _text_sample(path: Path, rows: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with _opened(path) as file:
        raw = file.read(_HEAD_BYTES)
    whole = len(raw) < _HEAD_BYTES
    text = _to_utf8(path, raw, whole=whole)
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


# --- CSV: the fast way ----------------------------------------------------------------------------


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


# --- CSV: the careful way -------------------------------------------------------------------------


def _read_careful(path: Path, text: bytes, header: _Header, wanted: list[str]) -> _Cells:
    picks = [header.names.index(name) for name in wanted]
    values: list[list[str]] = [[] for _ in wanted]
    places: list[int] = []
    for line, row in _checked_rows(path, text, header):
        places.append(line)
        for column, pick in zip(values, picks, strict=True):
            column.append(_unwrap(row[pick]))
    return _Cells({name: _chunked(column) for name, column in zip(wanted, values, strict=True)}, places)


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
                raise SourceFileError.at(path, _cell_rule(cell), line=line, column=_name_at(header, position))
        yield line, row


_BROKEN: Final[list[str]] = ["\0broken"]


def _next_row(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error:
        return _BROKEN


def _cell_rule(cell: str) -> str:
    return "a NUL character" if "\0" in cell else f"a cell of more than {MAX_CELL:,} characters"


def _name_at(header: _Header, position: int) -> str | int:
    name = header.names[position] if position < len(header.names) else ""
    return name or position + 1


def _broken_cell_error(path: Path, header: _Header, line: int, record: str) -> SourceFileError:
    position, offset, rule = _find_broken_cell(record, header.delimiter)
    column = _name_at(header, position)
    return SourceFileError.at(path, rule, line=line + _count_lines(record[:offset].encode()), column=column)


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


def _chunked(values: list[str]) -> pa.ChunkedArray:
    array = pa.array(values, pa.string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


# --- Excel ----------------------------------------------------------------------------------------


def _load_excel(path: Path, wanted: list[str]) -> _Cells:
    (_, names), *records = _sheet_rows(path)
    check_header(path, names, wanted)
    values: dict[str, list[str]] = {name: [] for name in wanted}
    for row, cells in records:
        for name, column in values.items():
            text = cells[names.index(name)]
            if len(text) > MAX_CELL or "\0" in text:
                raise SourceFileError.at(path, _cell_rule(text), row=row, column=name)
            column.append(text)
    return _Cells({name: _chunked(c) for name, c in values.items()}, [row for row, _ in records], "row")


def _sheet_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Rows of the first visible sheet that are not blank, as (row number, texts); the header first."""
    rows = _guarded(path, lambda: _first_sheet(path))
    texts = ((number, [cell_text(cell) for cell in row]) for number, row in enumerate(rows, 1))
    full = [(number, row) for number, row in texts if any(cell.strip() for cell in row)]
    if not full:
        raise SourceFileError.at(path, "the first sheet is empty")
    number, names = full[0]
    return [(number, [name.strip() for name in names]), *full[1:]]


def _first_sheet(path: Path) -> list[list[Any]]:
    with _opened(path) as file, CalamineWorkbook.from_filelike(file) as book:
        for index, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                return list(book.get_sheet_by_index(index).to_python(skip_empty_area=False))
    return []


def _guarded(path: Path, read: Callable[[], _T]) -> _T:
    """Run a parser of foreign bytes; whatever it complains about may quote a cell and is not passed on."""
    rule = "the file is damaged or not what its first bytes say"
    try:
        return read()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except PasswordError:
        rule = "the file is protected by a password"
    except BaseException:  # noqa: S110  a panic of the Rust parser is not an Exception
        pass
    raise SourceFileError.at(path, rule)


# --- Parquet --------------------------------------------------------------------------------------


def _open_parquet(path: Path) -> tuple[list[str], Any]:
    file = _guarded(path, lambda: pa.parquet.ParquetFile(path))
    names = _guarded(path, lambda: [name.strip() for name in file.schema_arrow.names])
    if not any(names):
        raise SourceFileError.at(path, "the file has no columns")
    return names, file


def _load_parquet(path: Path, wanted: list[str]) -> _Cells:
    names, file = _open_parquet(path)
    check_header(path, names, wanted)
    positions = {name: names.index(name) for name in wanted}
    stored = {name: file.schema_arrow.names[position] for name, position in positions.items()}
    table = _guarded(path, lambda: file.read(columns=list(stored.values())))
    columns = {name: _column_text(path, name, table.column(stored[name])) for name in wanted}
    return _Cells(columns, range(1, table.num_rows + 1), "row")


def _column_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise SourceFileError.at(path, "cells of this type are not text, numbers or dates", column=name)
    text = _guarded(path, lambda: _cast_text(column, kind))
    broken = _find_not_utf8(text)
    if broken is not None:
        raise SourceFileError.at(path, "bytes that are not UTF-8", row=broken + 1, column=name)
    too_long = pc.index(pc.greater(pc.utf8_length(text), MAX_CELL), True).as_py()
    nul = pc.index(pc.match_substring(text, "\0"), True).as_py()
    for row in (too_long, nul):
        if row >= 0:
            raise SourceFileError.at(path, _cell_rule(text[row].as_py()), row=row + 1, column=name)
    return text


def _find_not_utf8(text: pa.ChunkedArray) -> int | None:
    """Parquet does not check its strings; index of the first that is none."""
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        values = text.cast(pa.binary()).to_pylist()
        broken = (i for i, value in enumerate(values) if _first_undecodable(value, "utf-8", whole=True) is not None)
        return next(broken, 0)
    return None


def _cast_text(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    plain = column.cast(kind)
    if pa.types.is_timestamp(kind):
        plain = plain.cast(pa.timestamp("us", kind.tz), safe=False)
    exact = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
    if exact or pa.types.is_string_view(kind):
        return pc.fill_null(plain.cast(pa.string()), "")
    coded = plain.dictionary_encode().unify_dictionaries()
    chunks = []
    for chunk in coded.chunks:
        texts = pa.array([cell_text(value) for value in chunk.dictionary.to_pylist()], pa.string())
        chunks.append(pc.fill_null(texts.take(chunk.indices), ""))
    return pa.chunked_array(chunks, pa.string())


def _parquet_sample(path: Path, file: Any, rows: int) -> list[list[str]]:
    batch = _guarded(path, lambda: next(file.iter_batches(batch_size=rows), None))
    if batch is None:
        return [[] for _ in file.schema_arrow.names]
    return [_sample_texts(path, pa.chunked_array([column])) for column in batch.columns]


def _sample_texts(path: Path, column: pa.ChunkedArray) -> list[str]:
    try:
        return list(_column_text(path, "", column).to_pylist())
    except SourceFileError:  # a type that could not be mapped anyway
        return [""] * len(column)
