"""Cut values into q-grams, the tokens that a CLK is made of when a value has no finer structure.

`padded_bigrams` and `positional` cut one string and are the meaning; `bigram_table` and `character_table` cut a whole
column of distinct values without making a Python object per token, and must give the same tokens in the same order.
Nothing here normalises or adds a field prefix: the position key of the field keeps equal q-grams of two fields apart.

May touch: nothing
Sees:      plaintext values
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

_PAD: Final = " "
_TABLE: Final = 1 << 24  # keys up to here are numbered through a table, larger ones by sorting


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Tokens of v distinct values: value i has vocabulary[n] for n in numbers[ends[i]:ends[i + 1]]."""

    ends: NDArray[np.int64]
    numbers: NDArray[np.int32]
    vocabulary: list[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, value: int) -> list[str]:
        return [self.vocabulary[n] for n in self.numbers[self.ends[value] : self.ends[value + 1]]]

    def keeping(self, wanted: Sequence[bool]) -> TokenTable:
        """The tokens whose flag is set, one flag per entry of the vocabulary; values that lose all keep their place."""
        flags = np.asarray(wanted, dtype=np.bool_)
        kept = flags[self.numbers]
        before = _ends(kept.astype(np.int64))
        renumbered = (np.cumsum(flags) - 1).astype(np.int32)
        names = [token for token, keep in zip(self.vocabulary, flags.tolist(), strict=True) if keep]
        return TokenTable(before[self.ends], renumbered[self.numbers[kept]], names)

    @classmethod
    def of(cls, tokens_per_value: Sequence[Iterable[str]]) -> Self:
        """The same tokens, each distinct one numbered once, in order of appearance."""
        listed = [tuple(tokens) for tokens in tokens_per_value]
        vocabulary = list(dict.fromkeys(chain.from_iterable(listed)))
        number = dict(zip(vocabulary, range(len(vocabulary)), strict=True))
        ends = _ends(np.fromiter(map(len, listed), np.int64, len(listed)))
        flat = map(number.__getitem__, chain.from_iterable(listed))
        return cls(ends, np.fromiter(flat, np.int32, int(ends[-1])), vocabulary)


def padded_bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters, with the two ends marked: "ann" → [" a", "an", "nn", "n "]; "" → []."""
    if not text:
        return []
    padded = f"{_PAD}{text}{_PAD}"
    return [padded[i : i + 2] for i in range(len(text) + 1)]


def positional(text: str, q: int) -> list[str]:
    """Substrings of `q` characters with their place: "2013", 3 → ["0:201", "1:013"]; shorter text is one token."""
    if not text:
        return []
    return [f"{i}:{text[i : i + q]}" for i in range(max(1, len(text) - q + 1))]


def bigram_table(values: Sequence[str]) -> TokenTable:
    """`padded_bigrams` of every value."""
    if not values:
        return TokenTable.of([])
    lengths = _lengths(values)
    points = _code_points(_PAD + (_PAD + _PAD).join(values) + _PAD)
    letters, ranks = numbered(points, int(points.max()) + 1)
    size = len(letters)
    starts = np.ones(len(points), dtype=bool)
    last = np.cumsum(lengths + 2) - 1
    starts[last] = False  # the end mark begins no bigram
    starts[last[lengths == 0] - 1] = False
    first = np.flatnonzero(starts)
    pairs, numbers = numbered(ranks[first] * size + ranks[first + 1], size * size)
    vocabulary = [chr(letters[pair // size]) + chr(letters[pair % size]) for pair in pairs.tolist()]
    return TokenTable(_ends(np.where(lengths > 0, lengths + 1, 0)), numbers.astype(np.int32), vocabulary)


def words_table(words_per_value: Sequence[Sequence[str]]) -> TokenTable:
    """`padded_bigrams` of every word of every value; a bigram that two words share stands twice."""
    words = bigram_table(list(chain.from_iterable(words_per_value)))
    return TokenTable(words.ends[_ends(_lengths(words_per_value))], words.numbers, words.vocabulary)


def character_table(values: Sequence[str]) -> TokenTable:
    """`positional` with q = 1 of every value."""
    lengths = _lengths(values)
    ends = _ends(lengths)
    points = _code_points("".join(values))
    if not len(points):
        return TokenTable(ends, np.zeros(0, dtype=np.int32), [])
    size = int(points.max()) + 1
    places = np.arange(len(points), dtype=np.int64) - np.repeat(ends[:-1], lengths)
    keys, numbers = numbered(places * size + points, (int(places.max()) + 1) * size)
    vocabulary = [f"{key // size}:{chr(key % size)}" for key in keys.tolist()]
    return TokenTable(ends, numbers.astype(np.int32), vocabulary)


def numbered(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct keys in rising order, and for each key its number among them. Keys are below `size`."""
    if size > _TABLE:
        distinct, numbers = np.unique(keys, return_inverse=True)
        return distinct, numbers.astype(np.int64)
    seen = np.zeros(size, dtype=np.int64)
    seen[keys] = 1
    distinct = np.flatnonzero(seen)
    seen[distinct] = np.arange(len(distinct))
    return distinct, seen[keys]


def _code_points(text: str) -> NDArray[np.int64]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)


def _lengths(values: Sequence[Sequence[object]]) -> NDArray[np.int64]:
    return np.fromiter(map(len, values), np.int64, len(values))


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
