"""Canonical JSON against the RFC 8785 oracle, and what it refuses."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import LARGEST, dumps, loads
from audit.errors import CanonicalError, MalformedError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ASCII = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_bytes_are_those_of_rfc8785(value: object) -> None:
    """Verifiers written by others would hash other bytes for the same entry."""
    assert dumps(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(VALUES)
def test_reading_gives_the_value_back(value: object) -> None:
    """An entry could not be read again."""
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), {"é": 1}, {1: 1}, 2**53, -(2**53), b"x", {1}, "\ud800", [[0.5]]],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    """Two programs could write different bytes for one value."""
    with pytest.raises(CanonicalError):
        dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"nul", b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a": 1}', b'{"a":1}\n', b"1.0", b"1e3", b"-0", b"01",
        b"NaN", b'"\\u0041"', b'"\\/"', b'"\xff"', b"9007199254740992", b'{"a":1}{}', b"[" * 5000, b"\xef\xbb\xbf1",
    ],
)  # fmt: skip
def test_a_second_reading_of_a_value_is_refused(data: bytes) -> None:
    """Bytes with another form of the same value could be logged beside the first and hash differently."""
    with pytest.raises(MalformedError):
        loads(data)


def test_refusals_do_not_repeat_the_value() -> None:
    """A name that slipped into an entry would stand in an operator's log."""
    with pytest.raises(CanonicalError) as caught:
        dumps({"Zhang San 310101": 0.5, "é": "Zhang San"})
    assert "Zhang" not in str(caught.value)
