"""A Parquet file → the asked columns as text, whatever their stored types. No value is normalised.

May touch: disk (reads one file)
Sees:      names
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from linkage.encoding.cells import MAX_CELL, Cells, cell_rule, cell_text, check_header, guarded
from linkage.encoding.text_bytes import first_undecodable
from linkage.errors import SourceFileError


def open_parquet(path: Path) -> tuple[list[str], Any]:
    file = guarded(path, lambda: pa.parquet.ParquetFile(path))
    names = guarded(path, lambda: [name.strip() for name in file.schema_arrow.names])
    if not any(names):
        raise SourceFileError.at(path, "the file has no columns")
    return names, file


def load_parquet(path: Path, wanted: list[str]) -> Cells:
    names, file = open_parquet(path)
    check_header(path, names, wanted)
    positions = {name: names.index(name) for name in wanted}
    stored = {name: file.schema_arrow.names[position] for name, position in positions.items()}
    table = guarded(path, lambda: file.read(columns=list(stored.values())))
    columns = {name: _column_text(path, name, table.column(stored[name])) for name in wanted}
    return Cells(columns, range(1, table.num_rows + 1), "row")


def _column_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise SourceFileError.at(path, "cells of this type are not text, numbers or dates", column=name)
    text = guarded(path, lambda: _cast_text(column, kind))
    broken = _find_not_utf8(text)
    if broken is not None:
        raise SourceFileError.at(path, "bytes that are not UTF-8", row=broken + 1, column=name)
    too_long = pc.index(pc.greater(pc.utf8_length(text), MAX_CELL), True).as_py()
    nul = pc.index(pc.match_substring(text, "\0"), True).as_py()
    for row in (too_long, nul):
        if row >= 0:
            raise SourceFileError.at(path, cell_rule(text[row].as_py()), row=row + 1, column=name)
    return text


def _find_not_utf8(text: pa.ChunkedArray) -> int | None:
    """Parquet does not check its strings; index of the first that is none."""
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        values = text.cast(pa.binary()).to_pylist()
        broken = (i for i, value in enumerate(values) if first_undecodable(value, "utf-8", whole=True) is not None)
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


def parquet_sample(path: Path, file: Any, rows: int) -> list[list[str]]:
    batch = guarded(path, lambda: next(file.iter_batches(batch_size=rows), None))
    if batch is None:
        return [[] for _ in file.schema_arrow.names]
    return [_sample_texts(path, pa.chunked_array([column])) for column in batch.columns]


def _sample_texts(path: Path, column: pa.ChunkedArray) -> list[str]:
    try:
        return list(_column_text(path, "", column).to_pylist())
    except SourceFileError:  # a type that could not be mapped anyway
        return [""] * len(column)
