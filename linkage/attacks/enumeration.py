"""Enumeration with a leaked linkage secret: build every possible resident ID's key and look it up. It always succeeds.

This attack is here to be honest about its cost, not to be passed: whoever holds the linkage secret *and* other
agencies' encodings (an agency together with the unit, or a thief of both) reads every resident ID, and names with dates
for as many names as he can list. No encoding under a shared key prevents it; only keeping secret and encodings apart
does, and later a key service that counts.

May touch: nothing
Sees:      resident IDs (enumerated)
Spec:      privacy.md section 1.2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.attacks.plaintext import Flags, Ints
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.match_keys import build_keys, record_seeds, tag_digests
from linkage.encoding.prf import Bytes2D, prf_fast
from linkage.encoding.tag_columns import TagColumn
from linkage.schema import KeyType

_WEIGHTS: Final = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_CHECKS: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)
_TAG_BYTES: Final = 54  # a length byte and the value, as the encoder digests a tag
SEQUENCES: Final = 999
CHILDHOOD_BEGINS: Final = np.datetime64("2006-01-01", "D")
CHILDHOOD_DAYS: Final = 6_574  # eighteen years
CITY_DIVISIONS: Final = 20
COUNTRY_DIVISIONS: Final = 3_000


@dataclass(frozen=True, slots=True)
class Enumerated:
    """`guesses` were built and looked up in `seconds`; `holders` records have an ID among them, `found` were read.

    Costs are extrapolated from the same rate, in seconds on this machine as it ran.
    """

    guesses: int
    seconds: float
    holders: int
    found: int

    @property
    def rate(self) -> float:
        return self.guesses / max(self.seconds, 1e-9)

    @property
    def city_seconds(self) -> float:
        """All IDs of the children of a city: twenty divisions, past and present."""
        return CITY_DIVISIONS * CHILDHOOD_DAYS * SEQUENCES / self.rate

    @property
    def country_seconds(self) -> float:
        return COUNTRY_DIVISIONS * CHILDHOOD_DAYS * SEQUENCES / self.rate


def candidate_ids(division: int, days: NDArray[np.datetime64]) -> Bytes2D:
    """Every valid ID of one division and these birth days as ASCII: uint8[days × 999, 18]."""
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    date = year * 10_000 + (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    body = division * 10**11 + np.repeat(date, SEQUENCES) * 1_000 + np.tile(np.arange(1, 1 + SEQUENCES), len(days))
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    check = _CHECKS[digits @ _WEIGHTS % 11]
    return np.column_stack(((digits + ord("0")).astype(np.uint8), check))


def id_keys(numbers: Bytes2D, secret: LinkageSecret) -> Bytes2D:
    """The match keys of type I that the encoder gives these IDs: uint8[n, 16]."""
    messages = np.zeros((len(numbers), _TAG_BYTES), dtype=np.uint8)
    messages[:, 0] = numbers.shape[1]
    messages[:, 1 : 1 + numbers.shape[1]] = numbers
    return prf_fast(secret.derive("key type", "I"), prf_fast(secret.derive("tag", "I"), messages))


def encoded_ids(column: TagColumn, secret: LinkageSecret) -> NDArray[np.uint8]:
    """Keys of type I as the encoder makes them, dummies and all: uint8[n, slots, 16]."""
    agency = AgencyKey.generate()
    seeds = record_seeds([str(row) for row in range(len(column))], agency)
    slots = max(1, int(np.diff(column.indptr).max(initial=1)))
    digests = tag_digests({"I": column}, secret)
    return build_keys(KeyType(("I",), slots), {"I": column}, digests, seeds, secret, agency).keys


def lie_among(column: TagColumn, divisions: Sequence[int], days: NDArray[np.datetime64]) -> Flags:
    """Records with an ID of these divisions and birth days, bool[n]: the judge's."""
    wanted = {f"{division:06}" for division in divisions}
    dates = {str(day).replace("-", "") for day in days}
    inside = np.array([n[:6] in wanted and n[6:14] in dates for n in column.vocabulary] or [False])
    out = np.zeros(len(column), dtype=bool)
    out[np.repeat(np.arange(len(column)), np.diff(column.indptr))[inside[column.codes]]] = True
    return out


def look_up(guessed: Bytes2D, encoded: Bytes2D) -> Ints:
    """Per encoded key the number of the guess that equals it, −1 for none."""
    both = [np.ascontiguousarray(keys).view("V16").ravel() for keys in (guessed, encoded)]
    order = np.argsort(both[0], kind="stable")
    at = np.minimum(np.searchsorted(both[0][order], both[1]), max(len(order) - 1, 0))
    hit = both[0][order][at] == both[1] if len(order) else np.zeros(len(encoded), dtype=bool)
    return np.where(hit, order[at] if len(order) else -1, -1)


def divisions_of(numbers: Sequence[str]) -> list[int]:
    """The divisions that IDs start with, most frequent first; an attacker knows those of his city."""
    codes, counts = np.unique([int(number[:6]) for number in numbers], return_counts=True)
    return [int(code) for code in codes[np.argsort(-counts, kind="stable")]]
