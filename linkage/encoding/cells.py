"""One cell as text, and what holds for a table of any format: its names, its longest cell, how it is opened.

It knows no format. Whatever is wrong is refused by place and rule; no message quotes a cell.

May touch: disk (opens a file)
Sees:      names
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, TypeVar

import pyarrow as pa
from python_calamine import PasswordError

from linkage.errors import LONGEST_NAME, MappingError, SourceFileError, quoted

MAX_CELL: Final = 10_000
"""Characters that one cell may hold; more is a damaged file, not an address."""


_T = TypeVar("_T")
_EXACT_FLOAT: Final = 1e15  # a spreadsheet keeps 15 digits; beyond them its digits are invented
_LISTED: Final = 30
FIRST_LINE: Final = "the header must be the first line; `sealink mapping guess FILE` shows what was found there"


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns as text; `places` holds each record's line or row, None when the fast way did not count."""

    columns: dict[str, pa.ChunkedArray]
    places: Sequence[int] | None
    unit: Literal["line", "row"] = "line"


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


def cell_rule(cell: str) -> str:
    return "a NUL character" if "\0" in cell else f"a cell of more than {MAX_CELL:,} characters"


def chunked(values: list[str]) -> pa.ChunkedArray:
    array = pa.array(values, pa.string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def check_header(path: Path, header: Sequence[str], wanted: Iterable[str]) -> None:
    """Check that every wanted column is there and that no name stands twice.

    Raises MappingError for a missing column (listing the header once one wanted column proved that it is one)
    and SourceFileError for a repeated name.
    """
    wanted = list(wanted)
    missing = [name for name in wanted if name not in header]
    if wanted and len(missing) == len(set(wanted)):
        raise MappingError.at(path, "none of the mapped columns is in the header", hint=FIRST_LINE)
    if missing:
        raise MappingError.at(path, "no such column", column=missing[0], hint=_list_names(header))
    seen: set[str] = set()
    for name in header:
        if name and name in seen:
            raise SourceFileError.at(path, "two columns have this name", column=name)
        seen.add(name)


def _list_names(header: Sequence[str]) -> str:
    """List the columns, unless one is so long or broken that a damaged header may have swallowed records."""
    named = [name for name in header if name]
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in named):
        return FIRST_LINE
    more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
    return f"columns there: {', '.join(map(quoted, named[:_LISTED]))}{more}"


def open_bytes(path: Path) -> io.BufferedReader:
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


def guarded(path: Path, read: Callable[[], _T]) -> _T:
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
