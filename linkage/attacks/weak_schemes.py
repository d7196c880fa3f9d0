"""Schemes by name, for the attacker's bench: the default CLK scheme and the weak ones that an audit must break.

Each turns token columns into filters under a key. The weak ones are what others use or once advised; nothing in the
product encodes with them. What an attacker expects to see, who knows the scheme and guesses keys, is here too: it needs
neither the secret nor the encoded file.

    clk            the default: filled up, diffused as the plan of the population asks; clk:t=4 with another t
    plain-clk      a CLK as it is
    eld:t=3,m=2048 diffusion of any t on a filter of any length m, not filled up
    blip:f=0.05    a CLK whose bits are flipped with probability f (as f/2 of them become the other value)
    min-hash       one bit of tabulation min-hash for each of 1,024 functions

May touch: nothing
Sees:      plaintext tokens, keys of generated data
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.attacks.clk_plaintext import Columns
from linkage.encoding.clk import ClkKeys, FieldTokens, encode_fields
from linkage.encoding.clk_filling import fill_up
from linkage.encoding.clk_tokens import FILL_TO
from linkage.encoding.diffusion import MOST_INPUTS, diffuse
from linkage.encoding.token_incidence import incidence
from linkage.health.bit_patterns import unpacked
from linkage.margin import signs
from linkage.plan import diffusion_for

Filters = NDArray[np.uint64]
Floats = NDArray[np.float32]
Kind = Literal["clk", "plain-clk", "eld", "blip", "min-hash"]

BITS: Final = 1024
_FUNCTIONS_AT_ONCE: Final = 64
_LENGTHS: Final = frozenset(1 << power for power in range(8, 17))


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to encode: `t` inputs per output bit, `m` bits, `flips` share of bits flipped, `fill_to` 0: no filling."""

    kind: Kind
    t: int = 1
    m: int = BITS
    flips: float = 0.0
    fill_to: float = 0.0

    def encode(self, columns: Columns, key: bytes, chance: int) -> Filters:
        """Filters uint64 (n, m / 64) under a 32-byte key; `chance` seeds what differs from record to record."""
        if self.kind == "min-hash":
            return _min_hash(columns, int.from_bytes(key, "big"))
        filters = diffuse(self._undiffused(columns, key, chance), key, self.t)
        return _flipped(filters, self.flips, chance) if self.flips else filters

    def expected(self, columns: Columns, keys: Sequence[bytes]) -> Floats:
        """1 − 2d/m that an attacker expects between records, float32 (n, n): the mean over guessed keys.

        Diffusion's own noise is left out by its law, (1 − 2d/m)^t of the plain filters.
        """
        n = len(columns[0].codes)
        total = np.zeros((n, n), dtype=np.float32)
        for number, key in enumerate(keys):
            if self.kind == "min-hash":
                total += similarity(self.encode(columns, key, number))
            else:
                total += similarity(self._undiffused(columns, key, number)) ** self.t
        total /= len(keys)
        return total

    def _undiffused(self, columns: Columns, key: bytes, chance: int) -> Filters:
        plain = encode_fields(columns, ClkKeys(key), self.m)
        if not self.fill_to:
            return plain
        seeds = np.random.default_rng(chance).integers(0, 256, (len(plain), 16), dtype=np.uint8)
        return fill_up(plain, seeds, self.fill_to)


def scheme_named(name: str, population: int) -> Scheme:
    """The scheme of a name such as "clk", "plain-clk" or "eld:t=3,m=2048"; ValueError for any other."""
    kind, colon, given = name.partition(":")
    settings = dict(part.partition("=")[::2] for part in given.split(",")) if colon else {}
    schemes: dict[str, Scheme] = {
        "clk": Scheme("clk", diffusion_for(population), fill_to=FILL_TO["cn-child"]),
        "plain-clk": Scheme("plain-clk"),
        "eld": Scheme("eld", 3),
        "blip": Scheme("blip", flips=0.05),
        "min-hash": Scheme("min-hash"),
    }
    readers = {"t": ("t", int), "m": ("m", int), "f": ("flips", float)}
    try:
        changed = {readers[key][0]: readers[key][1](value) for key, value in settings.items()}
        made = replace(schemes[kind], **changed)
    except (KeyError, ValueError):
        raise ValueError("no such scheme; known: clk, plain-clk, eld:t=3,m=2048, blip:f=0.05, min-hash") from None
    if not (1 <= made.t <= MOST_INPUTS and made.m in _LENGTHS and 0.0 <= made.flips <= 1.0):
        raise ValueError("no such scheme; t is 1 to 64, m a power of two from 256 to 65,536, f a share")
    return made


def guessed_keys(count: int, seed: int) -> list[bytes]:
    """Keys that an attacker makes up."""
    rng = np.random.default_rng([seed, 7])
    return [rng.bytes(32) for _ in range(count)]


def similarity(filters: Filters) -> Floats:
    """1 − 2d/m of all pairs, float32 (n, n)."""
    plus = signs(filters)
    product: Floats = plus @ plus.T / np.float32(plus.shape[1])
    return product


def _flipped(filters: Filters, share: float, chance: int) -> Filters:
    """Each bit replaced by a fair coin with probability `share`."""
    rng = np.random.default_rng([chance, 3])
    bits = unpacked(filters)
    coins = rng.integers(0, 2, bits.shape, dtype=np.uint8)
    noisy = np.where(rng.random(bits.shape, dtype=np.float32) < share, coins, bits)
    return _packed(noisy)


def _min_hash(columns: Sequence[FieldTokens], seed: int) -> Filters:
    """Bit i: lowest bit of the smallest of the record's token hashes under function i, a table of random numbers."""
    held = incidence(columns)
    rng = np.random.default_rng(seed)
    n, vocabulary = held.shape
    empty = np.diff(held.indptr) == 0
    starts = np.minimum(held.indptr[:-1], max(len(held.indices) - 1, 0))
    bits = np.zeros((n, BITS), dtype=np.uint8)
    for first in range(0, BITS, _FUNCTIONS_AT_ONCE):
        table = rng.integers(0, 2**32, (vocabulary, _FUNCTIONS_AT_ONCE), dtype=np.uint32)
        smallest = np.minimum.reduceat(table[held.indices], starts, axis=0)
        bits[:, first : first + _FUNCTIONS_AT_ONCE] = smallest & 1
    bits[empty] = 0
    return _packed(bits)


def _packed(bits: NDArray[np.uint8]) -> Filters:
    packed = np.ascontiguousarray(np.packbits(bits, axis=1, bitorder="little"))
    return packed.view("<u8").astype(np.uint64)
