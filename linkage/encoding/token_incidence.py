"""Token columns → one sparse matrix: which record has which token, without keys and without filters.

Health figures and attacks count tokens with it; the encoder itself does not need it. It weighs nothing: a token that
stands twice in a record counts once.

May touch: nothing
Sees:      plaintext tokens
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linkage.encoding.clk import MISSING, FieldTokens
from linkage.encoding.qgrams import TokenTable

Ints = NDArray[np.int64]


def incidence(columns: Sequence[FieldTokens]) -> csr_matrix:
    """float32 (n, vocabulary), 1 where a record has a token; a field's equal tokens are one wherever they stand."""
    number: dict[tuple[str, str], int] = {}
    rows: list[Ints] = []
    tokens: list[Ints] = []
    for column in columns:
        given = column.tokens_per_value
        table = given if isinstance(given, TokenTable) else TokenTable.of(given)
        names = [number.setdefault((column.name, token), len(number)) for token in table.vocabulary]
        present = np.flatnonzero(column.codes != MISSING)
        first, last = table.ends[column.codes[present]], table.ends[column.codes[present] + 1]
        length = last - first
        offset = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        rows.append(np.repeat(present, length))
        tokens.append(np.array([*names, 0], dtype=np.int64)[table.numbers[np.repeat(first, length) + offset]])
    n = len(columns[0].codes)
    row, token = np.concatenate(rows), np.concatenate(tokens)
    found = csr_matrix((np.ones(len(row), dtype=np.float32), (row, token)), shape=(n, max(len(number), 1)))
    found.data[:] = 1.0
    return found
