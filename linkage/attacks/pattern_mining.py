"""Pattern mining on filters: find the bits that are set together, which in a plain Bloom filter are one token's.

A token sets the same few positions in every record that has it, so a common token shows as a group of bits whose
columns agree far beyond chance. The records that have all bits of a group are the token's holders: the attacker reads
who shares a syllable or a street without any key, and ranks the groups by their holders to name the tokens (Christen,
Vidanage et al. 2018). Diffusion mixes positions, so that no two columns agree more than chance has it.

How it goes:
1. Correlation of all pairs of bit columns; what chance gives to the largest of so many pairs is the line.
2. From each pair above the line, strongest first, grow a group: the bit whose weakest tie to the group is strongest.
3. Holders of a group: the records with all its bits. Groups with the same holders are one.

May touch: nothing
Sees:      names (the judge's)
Spec:      privacy.md section 3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

COMMON: Final = (0.02, 0.5)
"""Share of the records that a token is on, from which and up to which it counts as common."""
_SAME: Final = 0.8  # correlation from which a group's holders are those of a token
_CHANCE: Final = 0.01  # pairs that chance may lift over the line
_FEWEST_BITS: Final = 3
_MOST_BITS: Final = 24
_MOST_SEEDS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Mined:
    """`groups` found; `true` of them hold exactly a common token's records; of `common` tokens `shown` have a group.

    `named` of the shown tokens are rightly named by the rank of their holders' number.
    """

    groups: int
    true: int
    common: int
    shown: int
    named: int

    @property
    def share(self) -> float:
        """Common tokens whose holders can be read."""
        return self.shown / max(self.common, 1)


def mine_patterns(bits: Floats, tokens: Floats) -> Mined:
    """Find groups of bits in float32 (n, m) and judge them by the tokens float32 (n, v) of the same records."""
    return judge(found_holders(bits), tokens)


def found_holders(bits: Floats) -> Flags:
    """Holders bool (groups, n) of every group of bits that are set together, largest first."""
    n, m = bits.shape
    tie = _correlations(bits)
    np.fill_diagonal(tie, 0)
    line = float(norm.isf(_CHANCE / (m * m / 2))) / np.sqrt(n)
    a, b = np.nonzero(np.triu(tie) > line)
    order = np.argsort(-tie[a, b], kind="stable")[:_MOST_SEEDS]
    found: dict[bytes, Flags] = {}
    for x, y in zip(a[order], b[order], strict=True):
        group = _grown(tie, int(x), int(y), line)
        if len(group) >= _FEWEST_BITS:
            holders = np.asarray(bits[:, group].all(axis=1))
            found.setdefault(np.packbits(holders).tobytes(), holders)
    kept = [holders for holders in found.values() if COMMON[0] <= holders.mean() <= COMMON[1]]
    kept.sort(key=lambda holders: -int(holders.sum()))
    return np.array(kept, dtype=bool).reshape(len(kept), n)


def judge(holders: Flags, tokens: Floats) -> Mined:
    """Compare holders with those of the common tokens."""
    share = tokens.mean(axis=0)
    common = tokens[:, (share >= COMMON[0]) & (share <= COMMON[1])]
    common = common[:, np.argsort(-common.sum(axis=0), kind="stable")]
    if not len(holders) or not common.shape[1]:
        return Mined(len(holders), 0, common.shape[1], 0, 0)
    alike = _correlations_between(holders.T.astype(np.float32), common)
    best = alike.argmax(axis=1)
    true = alike.max(axis=1) >= _SAME
    shown = np.unique(best[true])
    guess = np.abs(holders.sum(axis=1)[:, None] - common.sum(axis=0)[None, :]).argmin(axis=1)
    named = np.unique(best[true & (guess == best)])
    return Mined(len(holders), int(true.sum()), common.shape[1], len(shown), len(named))


def _grown(tie: Floats, x: int, y: int, line: float) -> list[int]:
    """Bits of one group, tied to one another above the line and at least half as strongly as the first two."""
    group = [x, y]
    least = max(line, tie[x, y] / 2)
    weakest = np.minimum(tie[x], tie[y])
    while len(group) < _MOST_BITS:
        following = int(weakest.argmax())
        if weakest[following] < least:
            break
        group.append(following)
        weakest = np.minimum(weakest, tie[following])
    return group


def _correlations(columns: Floats) -> Floats:
    return _correlations_between(columns, columns)


def _correlations_between(one: Floats, other: Floats) -> Floats:
    a, b = (_standard(side) for side in (one, other))
    return np.asarray(a.T @ b, dtype=np.float32)


def _standard(columns: Floats) -> Floats:
    centred = columns - columns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return np.asarray(centred / np.where(length > 0, length, 1), dtype=np.float32)
