"""How pairs of records agree: linkage/schemas/NAME.worth.csv, by which the planner weighs key types.

For pairs of records of one child, of twins and of siblings: which tags agree and which visible bits both records have,
in pairs per child. cn-child-v1: from generated cities of all three profiles. person-v1: from FEBRL3, generated too (the
quality figures use FEBRL4), without its identifier, once with house and street and once without. The tables hold
counts of patterns and nothing of any person; patterns rarer than `RAREST` are left out. Run after any change of the
tags: `python -m bench.worth`.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.city_tags import FEBRL_FIELDS, CityTags, tagged_city, tagged_febrl3
from linkage.schema import ROOT, Schema

Ints = NDArray[np.int64]
Row = tuple[str, str, str]  # kind, visible bits, agreeing tags

RAREST = 1.2e-5  # pairs per child
PROFILES = {"typical": 0.4, "hard": 0.35, "other": 0.25}
SEEDS = (911, 912)
FEBRL_FEW = ("given_name", "surname", "date_of_birth", "locality", "postcode")


def patterns(city: CityTags) -> Iterator[tuple[Row, float]]:
    """Each pattern with its number of pairs per child."""
    children = len(np.unique(city.child))
    for kind, a, b in kinds_of_pairs(city):
        mask = np.zeros(len(a), dtype=np.int64)
        names = list(city.tags)
        for bit, tag in enumerate(names):
            column = city.tags[tag]
            mask |= _shares(column.indptr, column.codes, a, b).astype(np.int64) << bit
        bits = sum(
            (city.visible[name][a] & city.visible[name][b]).astype(np.int64) << i for i, name in enumerate(city.visible)
        )
        distinct, count = np.unique(np.column_stack((mask, bits)), axis=0, return_counts=True)
        for (found, seen), pairs in zip(distinct.tolist(), count.tolist(), strict=True):
            agree = short([tag for bit, tag in enumerate(names) if found >> bit & 1], city.schema)
            visible = " ".join(name for i, name in enumerate(city.visible) if seen >> i & 1)
            yield (kind, visible, ".".join(agree)), pairs / children


def kinds_of_pairs(city: CityTags) -> Iterator[tuple[str, Ints, Ints]]:
    """(kind, a, b): all pairs of records of one child; of twins; of other children of one family."""
    family = city.family[city.child]
    a, b = pairs_within(family)
    same = city.child[a] == city.child[b]
    twins = ~same & (city.born[city.child[a]] == city.born[city.child[b]])
    yield "match", a[same], b[same]
    yield "twin", a[twins], b[twins]
    yield "sibling", a[~same & ~twins], b[~same & ~twins]


def pairs_within(group: Ints) -> tuple[Ints, Ints]:
    """All pairs of rows with an equal group number."""
    order = np.argsort(group, kind="stable")
    start = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.diff(np.append(start, len(group)))
    after = np.repeat(start + size, size) - np.arange(len(group)) - 1  # later members of the same group
    a = np.repeat(np.arange(len(group)), after)
    b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(after) - after, after)
    return order[a], order[b]


def short(tags: list[str], schema: Schema) -> list[str]:
    """The tags without those that another of them implies."""
    return [tag for tag in tags if not any(tag in schema.closure([other]) for other in tags if other != tag)]


@njit(cache=True)
def _shares(indptr, codes, a, b):  # type: ignore[no-untyped-def]
    out = np.zeros(len(a), dtype=np.bool_)
    for pair in range(len(a)):
        for i in range(indptr[a[pair]], indptr[a[pair] + 1]):
            for j in range(indptr[b[pair]], indptr[b[pair] + 1]):
                if codes[i] == codes[j]:
                    out[pair] = True
    return out


def children_table(size: int) -> dict[Row, float]:
    found: dict[Row, float] = defaultdict(float)
    for profile, share in PROFILES.items():
        for seed in SEEDS:
            for row, pairs in patterns(tagged_city(size, seed, profile)):
                found[row] += pairs * share / len(SEEDS)
    return found


def people_table() -> dict[Row, float]:
    found: dict[Row, float] = defaultdict(float)
    for fields in (FEBRL_FIELDS, {name: FEBRL_FIELDS[name] for name in FEBRL_FEW}):
        for row, pairs in patterns(tagged_febrl3(fields)):
            found[row] += pairs / 2
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument(
        "--schema", choices=("cn-child-v1", "person-v1"), nargs="*", default=["cn-child-v1", "person-v1"]
    )
    args = parser.parse_args()
    for schema in args.schema:
        found = children_table(args.children) if schema == "cn-child-v1" else people_table()
        write(found, ROOT / f"{schema}.worth.csv")


def write(found: dict[Row, float], path: Path) -> None:
    kept = sorted(((row, pairs) for row, pairs in found.items() if pairs >= RAREST), key=lambda e: (e[0][0], -e[1]))
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("kind", "visible", "agree", "pairs"))
        out.writerows((*row, f"{pairs:.2e}") for row, pairs in kept)
    for kind in ("match", "twin", "sibling"):
        total = sum(pairs for row, pairs in found.items() if row[0] == kind)
        shown = sum(pairs for row, pairs in kept if row[0] == kind)
        rows = sum(row[0] == kind for row, _ in kept)
        if not rows:
            continue
        print(f"{path.stem:18} {kind:8} {total:.3f} pairs per child, {shown / total:.1%} in {rows:,} patterns")


if __name__ == "__main__":
    main()
