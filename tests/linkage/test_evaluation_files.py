"""linkage/evaluation_files.py: files that people edit by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.evaluation_files import read_evaluation_table
from linkage.evaluation_index import EvaluationError


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ids_stay_text(tmp_path: Path, start: str, end: str) -> None:
    """A record id 007 read as 7 would be missing from the truth; a BOM must not rename a column."""
    path = tmp_path / "truth.csv"
    path.write_bytes(end.join([f"{start}source,record,entity", "学校,007,x", '"a,b",NA,']).encode())
    table = read_evaluation_table(path)
    assert table.name == "truth.csv"
    assert table.rows.to_pylist() == [
        {"source": "学校", "record": "007", "entity": "x"},
        {"source": "a,b", "record": "NA", "entity": ""},
    ]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_header_alone_is_an_empty_table(tmp_path: Path, end: str) -> None:
    """A run that links nothing still has a links file, and it must be judged."""
    path = tmp_path / "links.csv"
    path.write_text("source_a,record_a,source_b,record_b" + end, encoding="utf-8")
    assert read_evaluation_table(path).rows.num_rows == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv: line 1: the file is empty or has no header"),
        ("来源,记录".encode("gb18030"), "t.csv: line 1: the header is not UTF-8"),
        (b"a,b\n1,2\n3,CANARY,5\n", "t.csv: line 3: this line has more or fewer cells than the header"),
        ("a,b\n1,李CANARY\n".encode("gb18030"), "t.csv: the file is not CSV in UTF-8"),
    ],
)
def test_broken_files_are_refused_without_quoting_them(tmp_path: Path, content: bytes, message: str) -> None:
    """The CSV reader's own messages quote the row; ours reach terminals and must not."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(EvaluationError) as error:
        read_evaluation_table(path)
    assert str(error.value) == message
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A typing error in a path must end in one sentence, not in a traceback."""
    with pytest.raises(EvaluationError, match=r"^none\.csv: the file cannot be opened$"):
        read_evaluation_table(tmp_path / "none.csv")
