"""Encode records as CLKs: one keyed Bloom filter of m bits per record, the second linkage scheme.

Takes tokens and gives filters. It does not normalise, choose tokens (`clk_tokens.py`), diffuse (`diffusion.py`) or
write files. A plain CLK is broken by graph matching whatever its key (decision D5): nothing that leaves this module
may leave the agency before diffusion.

How it goes:
1. The positions of a token come from HMAC-SHA-256 under a key of its field and epoch (HKDF), never from double
   hashing, whose lattice is a known weakness.
2. Each distinct token is hashed once, each distinct value becomes a filter once.
3. A record is the OR of its fields' filters.

`encode_fields_plain` does the same one token at a time; both must agree in every bit.

May touch: nothing
Sees:      plaintext tokens, linkage secret
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from numba import njit
from numpy.typing import NDArray

from linkage.encoding.keys import LinkageSecret
from linkage.encoding.qgrams import TokenTable

Filters = NDArray[np.uint64]

BITS: Final = 1024
MISSING: Final = -1
_SLICES: Final = 16  # 16-bit numbers in one HMAC-SHA-256 output
_MOST_HASHES: Final = 64
_LABEL: Final = b"sealink/v1/clk-positions/"


@dataclass(frozen=True, slots=True)
class ClkKeys:
    """The key that chooses bit positions, for one project and epoch; one sub-key for each field."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise ValueError("a position key has 32 bytes")

    @classmethod
    def from_secret(cls, secret: LinkageSecret, epoch: str) -> Self:
        """The position key of an epoch. It says nothing about match keys or a diffusion seed."""
        return cls(secret.derive("clk-positions", epoch))

    def position_key(self, field_name: str) -> bytes:
        """Key of one field's tokens: HKDF-Expand (RFC 5869), so that equal tokens of two fields never meet."""
        return HKDFExpand(SHA256(), 32, _LABEL + field_name.encode()).derive(self.key)


@dataclass(frozen=True, slots=True)
class FieldTokens:
    """One dictionary-encoded column of n records.

    `name` is the field whose position key applies (two columns of one field share it), `codes` int32 (n,) the number
    of each record's value or −1 for none, `tokens_per_value` what each distinct value is made of, `k` the number of
    positions of each token.
    """

    name: str
    codes: NDArray[np.int32]
    tokens_per_value: Sequence[Sequence[str]] | TokenTable = field(repr=False)
    k: int


def encode_fields(columns: Sequence[FieldTokens], keys: ClkKeys, m: int = BITS) -> Filters:
    """CLKs of all records, uint64 (n, m / 64); equals `encode_fields_plain`.

    A record without any token is an empty filter. Raises ValueError for columns of unequal length, codes without a
    value, k outside 1 … 64, or m not a power of two from 64 to 65,536.
    """
    out = np.zeros((_check(columns, m), m // 64), dtype=np.uint64)
    for column in columns:
        given = column.tokens_per_value
        table = given if isinstance(given, TokenTable) else TokenTable.of(given)
        positions = token_positions(keys.position_key(column.name), table.vocabulary, column.k, m)
        _or_rows(out, column.codes, build_filters(table.ends, table.numbers, positions, m))
    return out


def encode_fields_plain(columns: Sequence[FieldTokens], keys: ClkKeys, m: int = BITS) -> Filters:
    """The same, token by token."""
    out = np.zeros((_check(columns, m), m), dtype=np.uint8)
    for column in columns:
        key = keys.position_key(column.name)
        for row, code in enumerate(column.codes.tolist()):
            if code != MISSING:
                for token in column.tokens_per_value[code]:
                    out[row, _positions_of(key, token, column.k, m)] = 1
    return np.packbits(out, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def token_positions(key: bytes, tokens: Sequence[str], k: int, m: int = BITS) -> NDArray[np.uint16]:
    """Bit positions of each token under a field's key, (number of tokens, k), with repeats as chance has it.

    Position i is 16-bit big-endian number i mod 16 of HMAC-SHA-256(key, byte i div 16 ‖ token), modulo m; m being a
    power of two, no position is more likely than another. Raises ValueError as `encode_fields` does.
    """
    _check_size(k, m)
    blocks = [bytes([number]) for number in range(-(-k // _SLICES))]
    encoded = [token.encode("utf-8", "surrogatepass") for token in tokens]
    digests = b"".join([hmac.digest(key, block + token, "sha256") for token in encoded for block in blocks])
    slices = np.frombuffer(digests, dtype=">u2").reshape(len(tokens), len(blocks) * _SLICES)
    return (slices[:, :k] & (m - 1)).astype(np.uint16)


def build_filters(
    ends: NDArray[np.int64], tokens: NDArray[np.int32], positions: NDArray[np.uint16], m: int = BITS
) -> Filters:
    """One filter per value, uint64 (v, m / 64): value i has the tokens numbered tokens[ends[i]:ends[i + 1]].

    `ends` is (v + 1,), `positions` (number of distinct tokens, k).
    """
    out = np.zeros((len(ends) - 1, m // 64), dtype=np.uint64)
    _set_bits(out, ends, tokens, positions)
    return out


def _positions_of(key: bytes, token: str, k: int, m: int) -> list[int]:
    message = token.encode("utf-8", "surrogatepass")
    digests = [hmac.new(key, bytes([block]) + message, "sha256").digest() for block in range(-(-k // _SLICES))]
    stream = b"".join(digests)
    return [int.from_bytes(stream[2 * i : 2 * i + 2], "big") % m for i in range(k)]


def _check(columns: Sequence[FieldTokens], m: int) -> int:
    """Number of records; refuses columns that the kernels could not read safely."""
    lengths = {len(column.codes) for column in columns}
    if len(lengths) != 1:
        raise ValueError("at least one column, all of the same length, is expected")
    for column in columns:
        _check_size(column.k, m)
        codes = column.codes
        if codes.dtype != np.int32 or codes.ndim != 1:
            raise ValueError(f"field {column.name}: codes are one row of int32")
        if len(codes) and not (codes.min() >= MISSING and codes.max() < len(column.tokens_per_value)):
            raise ValueError(f"field {column.name}: a code has no value")
    return lengths.pop()


def _check_size(k: int, m: int) -> None:
    if not 1 <= k <= _MOST_HASHES:
        raise ValueError(f"a token has 1 to {_MOST_HASHES} positions")
    if m & (m - 1) or not 64 <= m <= 1 << 16:
        raise ValueError("the length of a filter is a power of two from 64 to 65,536 bits")


@njit(cache=True, nogil=True)
def _set_bits(out, ends, tokens, positions):  # type: ignore[no-untyped-def]
    k = positions.shape[1]
    for value in range(len(out)):
        for i in range(ends[value], ends[value + 1]):
            for j in range(k):
                position = positions[tokens[i], j]
                out[value, position >> 6] |= np.uint64(1) << np.uint64(position & 63)


@njit(cache=True, nogil=True)
def _or_rows(out, codes, filters):  # type: ignore[no-untyped-def]
    for row in range(len(out)):
        code = codes[row]
        if code >= 0:
            for w in range(out.shape[1]):
                out[row, w] |= filters[code, w]
