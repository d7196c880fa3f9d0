"""Strict JSON: what two readers could read differently is refused, everything else is taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.strict_json import DEEPEST, LARGEST_INTEGER, NotStrictError, check_json

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))
numbers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(scalars, lambda below: st.lists(below) | st.dictionaries(texts, below), max_leaves=30)


@given(values, st.booleans())
def test_what_everybody_reads_alike_is_taken(value: object, ascii_only: bool) -> None:
    """Honest clients would be refused."""
    check_json(json.dumps(value, ensure_ascii=ascii_only).encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"a":1}}]', b"NaN", b"[Infinity]", b"-Infinity",
        b"9007199254740992", b"-9007199254740992", b"1e400", b"0." + b"1" * 100, b"1" * 5_000, b'"\\ud800"',
        b'{"\\uDC00":1}', b'["\\u0000"]', b'{"a\\u0000":1}', b"\xff", b'"\xed\xa0\x80"', b"", b"{", b"[1,]", b"'a'",
        b"[" * 33 + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33, b"\xef\xbb\xbf{}", b"{}{}", b'"\n"', b"01", b"+1",
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(data: bytes) -> None:
    """A checker and the service behind it could see two different requests in the same bytes."""
    with pytest.raises(NotStrictError) as told:
        check_json(data)
    assert "body:" in str(told.value) and len(str(told.value)) < 80


def test_brackets_in_texts_are_no_nesting() -> None:
    """A text of brackets would be refused as too deep."""
    check_json(json.dumps(["[" * 1_000 + '"' + "{" * 1_000]).encode())
    check_json(b"[" * DEEPEST + b"]" * DEEPEST)


@pytest.mark.parametrize("piece", [b'\\"', b'"', b"\\", b'"\\'])
def test_a_text_without_an_end_takes_no_longer_than_its_length(piece: bytes) -> None:
    """A mebibyte of quotes could hold a process for minutes: this test would not come back."""
    with pytest.raises(NotStrictError):
        check_json(b'"' + piece * (1_000_000 // len(piece)) + b"x")


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(data: bytes) -> None:
    """Garbage could raise something else than a refusal, which would be a fault."""
    try:
        check_json(data)
    except NotStrictError:
        return
    json.loads(data)
