"""The keyed function: the fast version against the standard library, and the published vectors against both."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encoding.prf import _INITIAL, _ROUND, MESSAGE_LIMIT, prf_fast, prf_plain


def rows(*messages: bytes) -> np.ndarray:
    return np.array([list(m) for m in messages], dtype=np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    key=st.binary(max_size=100),
    width=st.integers(0, MESSAGE_LIMIT),
    count=st.integers(0, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_fast_equals_plain(key: bytes, width: int, count: int, seed: int) -> None:
    """Custodians on different code paths would no longer meet: not one key would be equal."""
    messages = np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)
    assert np.array_equal(prf_fast(key, messages), prf_plain(key, messages))


def test_rfc_4231_vectors() -> None:
    """HMAC-SHA-256 would be some other function than the one that the contracts name (RFC 4231, cases 1, 2, 6)."""
    cases = [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f",
        ),
    ]
    for key, message, digest in cases:
        assert prf_fast(key, rows(message))[0].tobytes().hex() == digest
        assert prf_plain(key, rows(message))[0].tobytes().hex() == digest


def test_constants_are_those_of_the_standard() -> None:
    """The computed SHA-256 constants would drift from FIPS 180-4 without a visible sign."""
    assert _INITIAL[0] == 0x6A09E667 and _INITIAL[7] == 0x5BE0CD19
    assert _ROUND[0] == 0x428A2F98 and _ROUND[63] == 0xC67178F2
    assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")


def test_too_wide_a_message_is_refused() -> None:
    """A message over one block would be cut in silence and two tags would collide."""
    with pytest.raises(ValueError, match="at most"):
        prf_fast(b"k", np.zeros((1, MESSAGE_LIMIT + 1), dtype=np.uint8))
