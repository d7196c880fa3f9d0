"""The bytes of a text file → UTF-8, or a refusal that names the line: UTF-8, UTF-16 and GB18030 exports.

It does not look for columns. GB18030 accepts nearly any bytes, so a decoded text must also look like Chinese.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

import codecs
from pathlib import Path

import numpy as np
import pyarrow as pa

from linkage.errors import SourceFileError


def to_utf8(path: Path, raw: bytes, *, whole: bool) -> bytes:
    """Return the text as UTF-8 without byte order mark; `whole` is false when `raw` is only a beginning."""
    if not raw.strip():
        raise SourceFileError.at(path, "the file is empty")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _transcode(path, raw, "utf-16", whole=whole)
    body = raw.removeprefix(codecs.BOM_UTF8)
    broken = first_undecodable(body, "utf-8", whole=whole)
    if broken is None:
        return body
    # GB18030 accepts nearly any bytes: one bad byte in UTF-8 must not turn names into other names.
    utf8_before = len(body[:broken].decode("utf-8")) < broken - 4
    if body is not raw or utf8_before:
        raise SourceFileError.at(path, "bytes that are not UTF-8", line=count_lines(body[:broken]) + 1)
    return _transcode(path, raw, "gb18030", whole=whole)


def _transcode(path: Path, raw: bytes, encoding: str, *, whole: bool) -> bytes:
    broken = first_undecodable(raw, encoding, whole=whole)
    if broken is not None:
        before = codecs.getincrementaldecoder(encoding)().decode(raw[:broken]).encode()
        name = "UTF-16" if encoding == "utf-16" else "UTF-8 or GB18030"
        raise SourceFileError.at(
            path, f"bytes that are not {name}", line=count_lines(before) + 1, hint="save the file as UTF-8"
        )
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    if encoding == "gb18030" and not _is_plausible_han(text):
        line = next(number for number, part in enumerate(text.splitlines(), 1) if not part.isascii())
        raise SourceFileError.at(
            path, "bytes that are neither UTF-8 nor GB18030", line=line, hint="save the file as UTF-8"
        )
    return text.encode()


def first_undecodable(raw: bytes, encoding: str, *, whole: bool) -> int | None:
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


def count_lines(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
