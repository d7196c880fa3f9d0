"""Tests of linkage/encoding/reader.py: what agencies hold is read exactly, or refused without quoting a cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.encoding import csv_file
from linkage.encoding.cells import cell_text, check_header
from linkage.encoding.reader import read_header, read_sample, read_source
from linkage.errors import LinkageError, MappingError, SourceFileError

CANARY = "钱多多QX7"
GOOD = "序号,姓名,性别\n1,王小明,男\n2,李子涵,女\n"

Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return _write


def _read(path: Path, **filters: list[str]) -> dict[str, list[str]]:
    table = read_source(path, ["姓名", "性别"], "序号", filters)
    ids = {"序号": table.record_ids.to_pylist()}
    return ids | {name: column.to_pylist() for name, column in table.columns.items()}


EXPECTED = {"序号": ["1", "2"], "姓名": ["王小明", "李子涵"], "性别": ["男", "女"]}


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("gb18030"),
        GOOD.encode("utf-16"),
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").encode("gb18030"),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.rstrip("\n").encode(),
        ("\n\n" + GOOD + "\n,,\n\n").encode(),
        GOOD.replace("王小明", '"王小明"').encode(),
        GOOD.replace("1,", '="1",').encode(),
        GOOD.replace("1,", '"=""1""",').encode(),
        GOOD.replace("序号,姓名", '" 序号 ","姓名"').encode(),
    ],
)
def test_the_same_table_in_every_dress(write: Write, content: bytes) -> None:
    """Encodings, delimiters, line ends and quotes that exports really use must not change what is read."""
    assert _read(write("s.csv", content)) == EXPECTED


def test_quoted_cells_keep_delimiters_quotes_and_line_breaks(write: Write) -> None:
    """An address with a comma or a line break inside quotes must stay one cell."""
    path = write("s.csv", '序号,姓名,性别\n1,"a,""b""\nc",男\n2,d,\n'.encode())
    assert _read(path)["姓名"] == ['a,"b"\nc', "d"]


def test_only_asked_columns_are_kept_in_file_order(write: Write) -> None:
    """Columns that nobody mapped must not travel further than the reader."""
    table = read_source(write("s.csv", GOOD.encode()), ["性别"], "序号", {})
    assert list(table.columns) == ["性别"]
    assert (table.rows_read, table.rows_filtered) == (2, 0)


def test_filter_keeps_allowed_rows_and_counts_the_others(write: Write) -> None:
    """Rows that may not enter (contracts section 2) must be gone before anything is encoded."""
    path = write("s.csv", (GOOD + "3,赵六, 男 \n").encode())
    table = read_source(path, ["姓名"], "序号", {"性别": ["男"]})
    assert table.record_ids.to_pylist() == ["1", "3"]
    assert (table.rows_read, table.rows_filtered) == (3, 1)


def test_repr_shows_no_cell(write: Write) -> None:
    """A table that lands in a log by accident must not print children."""
    table = read_source(write("s.csv", GOOD.encode()), ["姓名"], "序号", {})
    assert "王小明" not in repr(table)


BAD = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n \n", "the file is empty"),
    "header only": ("序号,姓名,性别\n".encode(), "has a header but no records"),
    "ragged": ((GOOD + f"3,{CANARY}\n").encode(), "line 4: 2 cells where the header has 3"),
    "ragged after a line break": (
        f'序号,姓名,性别\n1,"a\n{CANARY}",男\n2,b,女,c\n'.encode(),
        "line 4: 4 cells where the header has 3",
    ),
    "missing id": ((GOOD + f" ,{CANARY},男\n").encode(), "line 4: column '序号': the record id is missing"),
    "duplicate id": (
        (GOOD + f"\n1,{CANARY},男\n").encode(),
        "line 5: column '序号': the record id is the same as on line 2",
    ),
    "undecodable utf-8": (
        (GOOD + f"3,{CANARY}").encode() + b"\xff,x\n",
        "line 4: bytes that are not UTF-8",
    ),
    "undecodable utf-8 with mark": (b"\xef\xbb\xbf1,2\n\xff\xfe,3", "line 2: bytes that are not UTF-8"),
    "undecodable gb18030": (
        (GOOD + f"3,{CANARY}").encode("gb18030") + b"\xff\xff,x\n",
        "line 4: bytes that are not UTF-8 or GB18030",
    ),
    "latin-1": ("id,name\n1,Müller\n".encode("latin-1"), "line 2: bytes that are neither UTF-8 nor GB18030"),
    "odd utf-16": (GOOD.encode("utf-16") + b"\x00", "line 4: bytes that are not UTF-16"),
    "nul": ((GOOD + f"3,{CANARY}\0,x\n").encode(), "line 4: column '姓名': a NUL character"),
    "utf-16 without mark": (GOOD.encode("utf-16-le"), "line 1: bytes that are neither UTF-8"),
    "unclosed quote": (
        (GOOD + f'3,"{CANARY},男\n4,b,女\n').encode(),
        "line 4: column '姓名': a quote opens this cell and is never closed",
    ),
    "unclosed quote far from the end": (
        (GOOD + f'3,"{CANARY},男\n' + "4,b,女\n" * 40_000).encode(),
        "line 4: column '姓名': a quote opens this cell and is never closed",
    ),
    "stray quote": (
        (GOOD + f'3,"{CANARY}"x,男\n').encode(),
        "line 4: column '姓名': text after a closing quote",
    ),
    "long cell": (
        (GOOD + f"3,{CANARY * 2_000},男\n").encode(),
        "line 4: column '姓名': a cell of more than 10,000 characters",
    ),
    "10 MB cell": (
        (GOOD + f"3,x,{CANARY * 700_000}\n").encode(),
        "line 4: column '性别': a cell of more than 10,000 characters",
    ),
    "duplicate header": (f"序号,姓名,性别,性别\n1,{CANARY},1,1\n".encode(), "column '性别': two columns"),
    "missing header": (f"1,{CANARY},男\n2,b,女\n".encode(), "none of the mapped columns is in the header"),
    "missing column": (f"序号,姓名,班级\n1,{CANARY},男\n".encode(), "column '性别': no such column"),
    "web page": (f"<html><table>{CANARY}".encode(), "this is a web page or XML"),
    "broken Excel": (b"PK\x03\x04" + CANARY.encode(), "the file is damaged"),
    "broken old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + CANARY.encode() * 99, "the file is damaged"),
    "broken Parquet": (b"PAR1" + CANARY.encode(), "the file is damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_by_place_and_rule(write: Write, name: str) -> None:
    """Whoever repairs a file needs its line and column, and nobody may learn a child's name from the message."""
    content, rule = BAD[name]
    path = write("s.csv", content)
    with pytest.raises(LinkageError) as caught:
        _read(path)
    assert rule in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert CANARY not in _everything_said(caught.value)


def _everything_said(error: BaseException) -> str:
    """All that a log could show of an error: its own text and that of errors that led to it."""
    said = f"{error} {error!r} {getattr(error, 'hint', '')}"
    for other in (error.__cause__, error.__context__):
        said += _everything_said(other) if other else ""
    return said


def test_a_missing_column_lists_the_header_only_when_it_is_one(write: Write) -> None:
    """The list of columns helps to repair a mapping, but a first line that is a child must never be listed."""
    with pytest.raises(MappingError) as caught:
        _read(write("s.csv", "序号,姓名,班级\n1,a,b\n".encode()))
    assert caught.value.hint is not None
    assert "'班级'" in caught.value.hint
    with pytest.raises(MappingError) as caught:
        check_header(Path("f"), ["序号", *(f"{i}" * 9 for i in range(100))], ["序号", "姓名"])
    assert caught.value.hint is not None
    assert len(caught.value.hint) < 600
    with pytest.raises(MappingError) as caught:
        _read(write("s.csv", f'序号,姓名,"性别\n1,{CANARY},男\n2,b,女"\n1,a,b\n'.encode()))
    assert CANARY not in _everything_said(caught.value)


def test_missing_filter_column_and_empty_filter_result(write: Write) -> None:
    """A filter that cannot work must stop the run instead of letting everything or nothing in."""
    path = write("s.csv", GOOD.encode())
    with pytest.raises(MappingError, match="column '状态': no such column"):
        _read(path, 状态=["在读"])
    with pytest.raises(MappingError, match="column '性别': no row passes the filter"):
        _read(path, 性别=["未知"])


def test_absent_files_and_folders_are_named(tmp_path: Path) -> None:
    """A wrong path must give the same kind of one-line message as wrong content."""
    with pytest.raises(SourceFileError, match="there is no such file"):
        _read(tmp_path / "none.csv")
    with pytest.raises(SourceFileError, match="this is a folder"):
        _read(tmp_path)


def test_nameless_columns_are_tolerated(write: Write) -> None:
    """Spreadsheet exports end in nameless columns; they hold nothing that could be mapped and harm nobody."""
    assert _read(write("s.csv", "序号,姓名,性别,,\n1,a,b,,\n".encode()))["姓名"] == ["a"]


def test_read_header_reads_the_beginning_of_a_large_file(write: Write) -> None:
    """Checking a project must not depend on where the first megabyte cuts a character."""
    for extra in range(3):
        content = ("x" * extra + "序号,姓名\n" + "1,王小明\n" * 90_000).encode()
        assert read_header(write("s.csv", content))[1] == "姓名"


# Fast and careful --------------------------------------------------------------------------------

cells = st.text(alphabet='a王,"\n\r\t;= \0é', max_size=6)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fast_way_agrees_with_the_careful_way(tmp_path: Path, rows: list[list[str]]) -> None:
    """Arrow is used only where it reads the very same cells; a difference would move data between children."""
    body = "\n".join(",".join([f"{i}", *row]) for i, row in enumerate(rows))
    text = f"序号,姓名,性别\n{body}\n".encode()
    header = csv_file._read_csv_header(Path("f"), text)
    fast = csv_file._read_plain(text, header, ["序号", "姓名", "性别"])
    if fast is None:
        return
    careful = csv_file._read_careful(Path("f"), text, header, ["序号", "姓名", "性别"])
    assert {k: v.to_pylist() for k, v in fast.items()} == {k: v.to_pylist() for k, v in careful.columns.items()}


def test_the_fast_way_is_taken_for_ordinary_files() -> None:
    """If the plainness check became too strict, large files would quietly be read ten times slower."""
    text = '"序号","姓名","性别"\r\n"1","a ""b"" c","男"\r\n2,,""\r\n'.encode()
    header = csv_file._read_csv_header(Path("f"), text)
    fast = csv_file._read_plain(text, header, ["姓名"])
    assert fast is not None
    assert fast["姓名"].to_pylist() == ['a "b" c', ""]


def test_blocks_are_joined_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plainness check walks in blocks; their borders must not be taken for cell borders."""
    text = ("序号,姓名\n" + '"1","王小明"\n' * 50).encode()
    header = csv_file._read_csv_header(Path("f"), text)
    monkeypatch.setattr(csv_file, "_BLOCK_BYTES", 64)
    assert csv_file._is_plain(text, header)
    assert not csv_file._is_plain(text + b'2,"a\nb"\n', header)


# Any bytes ---------------------------------------------------------------------------------------

LETTERS = [CANARY, ",", ";", "\t", '"', "\n", "\r\n", "\0", " ", "1", "2", "序号", "姓名", "性别", '="', "<"]
OCTETS = [
    CANARY.encode("gb18030"),
    b"\xff",
    b"\xfe",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x81",
    b"\xe9",
    b"PAR1",
    b"PK\3\4",
]
fragments: st.SearchStrategy[str | bytes] = st.sampled_from([*LETTERS, *OCTETS])


@given(
    st.lists(fragments | st.binary(max_size=4), max_size=40),
    st.sampled_from(["", GOOD, "序号,姓名,性别\n", "序号\t姓名\t性别\r\n1\ta\tb\r\n"]),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_table_or_a_silent_refusal(
    tmp_path: Path, parts: list[str | bytes], start: str, encoding: str
) -> None:
    """No file whatsoever may crash the reader or make it say a cell aloud."""
    body = b"".join(part if isinstance(part, bytes) else part.encode(encoding) for part in parts)
    path = tmp_path / "any.csv"
    path.write_bytes(start.encode(encoding) + body)
    try:
        table = read_source(path, ["姓名", "性别"], "序号", {})
    except LinkageError as error:
        header_names = start == ""  # the canary may then be a column's name, which may be listed
        assert header_names or CANARY not in _everything_said(error)
    else:
        assert len(set(table.record_ids.to_pylist())) == len(table.record_ids) > 0


# Excel and Parquet -------------------------------------------------------------------------------


def _xlsx(rows: list[list[str | float | bool | date | None]]) -> bytes:
    """A minimal workbook: texts inline, dates as style 1 serials."""
    sheet = "".join(
        f'<row r="{r}">{"".join(_cell(f"{chr(64 + c)}{r}", v) for c, v in enumerate(row, 1))}</row>'
        for r, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{rel}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{rel}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/>'
        "</cellXfs></styleSheet>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        for name, text in parts.items():
            book.writestr(name, f'<?xml version="1.0"?>{text}')
    return buffer.getvalue()


def _cell(place: str, value: str | float | bool | date | None) -> str:
    match value:
        case None:
            return ""
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        case _:
            return f'<c r="{place}"><v>{value}</v></c>'


def test_excel_numbers_and_dates_become_exact_text(write: Write) -> None:
    """Record ids must not grow ".0", dates must be ISO, and an ID rounded by the sheet must not look like one."""
    rows = [["序号", "姓名", "性别"], [1, date(2013, 8, 6), 2], [None], [2, 3.20684201308061e17, 13800001234]]
    path = write("s.xls", _xlsx(rows))
    assert _read(path) == {
        "序号": ["1", "2"],
        "姓名": ["2013-08-06", "3.20684201308061E+17"],
        "性别": ["2", "13800001234"],
    }
    assert read_header(path) == ["序号", "姓名", "性别"]


def test_excel_faults_are_named_by_row(write: Write) -> None:
    """Row numbers must be those that the person sees in the spreadsheet, blank rows included."""
    rows: list[list[Any]] = [[None], ["序号", "姓名", "性别"], [1, CANARY, "x"], [None], [1, "b", "x"]]
    with pytest.raises(SourceFileError, match="row 5: column '序号': the record id is the same as on row 3"):
        _read(write("s.xlsx", _xlsx(rows)))
    with pytest.raises(SourceFileError, match="row 2: column '姓名': a cell of more than 10,000"):
        _read(write("t.xlsx", _xlsx([["序号", "姓名", "性别"], [1, CANARY * 2000, "x"]])))
    with pytest.raises(SourceFileError, match="the first sheet is empty"):
        _read(write("u.xlsx", _xlsx([])))


def test_parquet_columns_of_every_type(tmp_path: Path) -> None:
    """Typed columns must become the text that the agency would have written, nulls an empty cell."""
    path = tmp_path / "s.parquet"
    columns = {
        "id": pa.array([320684201308061234, 2], pa.int64()),
        "dict": pa.array(["a", None]).dictionary_encode(),
        "float": pa.array([1.0, None], pa.float64()),
        "day": pa.array([date(2013, 8, 6), None]),
        "stamp": pa.array([datetime(2013, 8, 6), datetime(2013, 8, 6, 7, 30)], pa.timestamp("ns")),
        "decimal": pa.array([Decimal("1.50"), Decimal("2.00")]),
        "null": pa.nulls(2),
    }
    pq.write_table(pa.table(columns), path)
    table = read_source(path, [name for name in columns if name != "id"], "id", {})
    assert table.record_ids.to_pylist() == ["320684201308061234", "2"]
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {
        "dict": ["a", ""],
        "float": ["1", ""],
        "day": ["2013-08-06", ""],
        "stamp": ["2013-08-06", "2013-08-06 07:30:00"],
        "decimal": ["1.5", "2"],
        "null": ["", ""],
    }


def test_parquet_faults_are_named_by_row(tmp_path: Path) -> None:
    """The rules for CSV hold for Parquet, with rows for lines."""
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"序号": ["1", "2", "1"], "姓名": ["a", CANARY, "c"], "性别": [["x"]] * 3}), path)
    with pytest.raises(SourceFileError, match="column '性别': cells of this type"):
        _read(path)
    with pytest.raises(SourceFileError, match="row 3: column '序号': the record id is the same as on row 1"):
        read_source(path, ["姓名"], "序号", {})
    bad = pa.array([b"ok", CANARY.encode() + b"\xff"]).view(pa.string())
    pq.write_table(pa.table({"序号": ["1", "2"], "姓名": bad}), path)
    with pytest.raises(SourceFileError, match="row 2: column '姓名': bytes that are not UTF-8") as caught:
        read_source(path, ["姓名"], "序号", {})
    assert CANARY not in _everything_said(caught.value)
    pq.write_table(pa.table({"序号": pa.array([], pa.string()), "姓名": pa.array([], pa.string())}), path)
    with pytest.raises(SourceFileError, match="no records"):
        read_source(path, ["姓名"], "序号", {})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (True, "true"), (2.5, "2.5"), (7, "7"), (10**17, "1.00000000000000E+17")],
)
def test_cell_text(value: object, text: str) -> None:
    """Typed cells have one way to be written; an over-long number shows that digits are missing."""
    assert cell_text(value) == text


# Samples -----------------------------------------------------------------------------------------


def test_a_sample_is_the_files_beginning(write: Write) -> None:
    """A proposal needs a few rows of any format, without waiting for the whole file or for unique ids."""
    csv_rows = "序号,姓名\n" + '1,"王\n明"\n' * 200_000
    for name, content in {
        "s.csv": csv_rows.encode(),
        "s.xlsx": _xlsx([["序号", "姓名"], *[[1, "王\n明"]] * 9]),
    }.items():
        header, columns = read_sample(write(name, content), 3)
        assert (header, columns) == (["序号", "姓名"], [["1"] * 3, ["王\n明"] * 3])
    header, columns = read_sample(write("s.csv", csv_rows.encode()), 500_000)
    assert 50_000 < len(columns[0]) < 200_000


def test_a_parquet_sample_skips_what_cannot_be_text(tmp_path: Path) -> None:
    """One nested column must not keep the others from being proposed."""
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"a": ["x", "y", "z"], "b": [[1]] * 3}), path)
    assert read_sample(path, 2) == (["a", "b"], [["x", "y"], ["", ""]])
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), path)
    assert read_sample(path, 2) == (["a"], [[]])
