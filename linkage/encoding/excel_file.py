"""The first visible sheet of an Excel workbook → the asked columns as text. No formula is run, no value normalised.

May touch: disk (reads one file)
Sees:      names
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from linkage.encoding.cells import MAX_CELL, Cells, cell_rule, cell_text, check_header, chunked, guarded, open_bytes
from linkage.errors import SourceFileError


def load_excel(path: Path, wanted: list[str]) -> Cells:
    (_, names), *records = sheet_rows(path)
    check_header(path, names, wanted)
    values: dict[str, list[str]] = {name: [] for name in wanted}
    for row, cells in records:
        for name, column in values.items():
            text = cells[names.index(name)]
            if len(text) > MAX_CELL or "\0" in text:
                raise SourceFileError.at(path, cell_rule(text), row=row, column=name)
            column.append(text)
    return Cells({name: chunked(c) for name, c in values.items()}, [row for row, _ in records], "row")


def sheet_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Rows of the first visible sheet that are not blank, as (row number, texts); the header first."""
    rows = guarded(path, lambda: _first_sheet(path))
    texts = ((number, [cell_text(cell) for cell in row]) for number, row in enumerate(rows, 1))
    full = [(number, row) for number, row in texts if any(cell.strip() for cell in row)]
    if not full:
        raise SourceFileError.at(path, "the first sheet is empty")
    number, names = full[0]
    return [(number, [name.strip() for name in names]), *full[1:]]


def _first_sheet(path: Path) -> list[list[Any]]:
    with open_bytes(path) as file, CalamineWorkbook.from_filelike(file) as book:
        for index, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                return list(book.get_sheet_by_index(index).to_python(skip_empty_area=False))
    return []
