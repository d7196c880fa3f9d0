"""The reference table against generated cities: how often strangers agree, per tag and key type, and H2 of both.

Children of different families (cousins' families left out) who share a value or a key are counted from the sizes of
groups, over all their records. The reference must be the more pessimistic one for every key type; where the measurement
resolves a key type (30 pairs or more), by some two bits at most. Then the planner's choice from ten thousand to a
hundred million children. Writes bench/out/floor.json. Run: `python -m bench.floor`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.city_tags import CityTags, tagged_city
from linkage.encoding.strangers import combinations_of
from linkage.floor import Reference, key_rate, leaks, total
from linkage.planner import choose
from linkage.reference import load_reference, load_worth
from linkage.schema import load_schema

OUT = Path(__file__).parent / "out"
SCHEMA = "cn-child-v1"
CITIES = (("typical", 50_000, 901), ("hard", 30_000, 902), ("other", 30_000, 903), ("typical", 150_000, 904))
POPULATIONS = (10_000, 100_000, 1_000_000, 2_000_000, 10_000_000, 100_000_000)
RESOLVED = 30  # agreeing pairs


@dataclass
class Rate:
    """One tag or key type in one city; `short_by`: bits of H2 that the reference claims too much (negative: safe)."""

    name: str
    pairs: float
    measured: float
    reference: float

    @property
    def short_by(self) -> float:
        return math.log2(max(self.measured, 1e-12) / self.reference)


def strangers(city: CityTags, tags: Sequence[str]) -> float:
    """Pairs of children of families that are not kin who share a combination of these tags in any of their records."""
    rows, mixed = combinations_of(city.tags, tags)
    return _across(mixed, city.child[rows], city.family[city.child[rows]])


def _across(mixed: NDArray[np.uint64], child: NDArray[np.int64], family: NDArray[np.int64]) -> float:
    if not len(mixed):
        return 0.0
    once = np.unique(np.column_stack((mixed.view(np.int64), family, child)), axis=0)
    pairs = _pairs(_runs(once[:, :1])) - _pairs(size := _runs(once[:, :2]))
    first = np.flatnonzero(np.r_[True, np.any(np.diff(once[:, :2], axis=0) != 0, axis=1)])
    brothers = (np.diff(once[first, 0]) == 0) & (np.diff(once[first, 1]) == 1)
    return pairs - float((size[1:] * size[:-1])[brothers].sum())


def _runs(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    start = np.flatnonzero(np.r_[True, np.any(np.diff(rows, axis=0) != 0, axis=1)])
    return np.diff(np.append(start, len(rows))).astype(np.float64)


def _pairs(size: NDArray[np.float64]) -> float:
    return float((size * (size - 1)).sum() / 2)


def measure(city: CityTags, reference: Reference) -> tuple[list[Rate], list[Rate]]:
    """Rates per tag and per key type, among the children whom any source knows."""
    seen = len(np.unique(city.child))
    possible = seen * (seen - 1) / 2

    def rate(tags: Sequence[str]) -> Rate:
        pairs = strangers(city, tags)
        return Rate(".".join(tags), pairs, pairs / possible, key_rate(tags, city.schema, reference, seen))

    return [rate([tag]) for tag in city.schema.tags], [rate(each.tags) for each in city.schema.key_types]


def show(title: str, tags: Iterable[Rate], keys: Iterable[Rate]) -> None:
    print(f"\n{title}\n{'':12}{'measured':>10}{'reference':>11}{'pairs':>10}  reference safer by")
    for each in (*tags, *keys):
        mark = "" if each.short_by <= 0 else "  <-- too optimistic" if each.pairs >= RESOLVED else "  (few pairs)"
        safer = f"{-each.short_by:5.1f} bits" if each.pairs else "    -"
        print(f"{each.name:12}{each.measured:10.2e}{each.reference:11.2e}{each.pairs:10.0f}  {safer}{mark}")


def show_plans() -> list[dict[str, object]]:
    schema = load_schema(SCHEMA)
    reference, worth = load_reference(SCHEMA, schema), load_worth(SCHEMA)
    found: list[dict[str, object]] = []
    print(f"\n{'children':>12}{'Σ':>9}{'keys':>6}{'slots':>7}{'pairs found':>13}   all candidates Σ")
    for population in POPULATIONS:
        choice = choose(schema, reference, worth, population)
        slots = sum(key_type.slots for key_type in choice.key_types)
        every = total(leaks(schema.key_types, schema, reference, population))
        recall = f"{choice.recall:.1%}" if choice.recall is not None else "-"
        row = f"{population:12,}{choice.leakage:9.4f}{len(choice.used):6}{slots:7}{recall:>13}   {every:.3g}"
        print(row)
        keys = [key_type.name for key_type in choice.key_types]
        found.append(
            {"population": population, "leakage": choice.leakage, "recall": choice.recall, "slots": slots, "keys": keys}
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="cities of a tenth")
    args = parser.parse_args()
    schema = load_schema(SCHEMA)
    reference = load_reference(SCHEMA, schema)
    results = []
    for profile, children, seed in CITIES:
        size = children // 10 if args.short else children
        tags, keys = measure(tagged_city(size, seed, profile), reference)
        show(f"{profile}, {size:,} children, seed {seed}", tags, keys)
        results.append(
            {"profile": profile, "children": size, "rates": [asdict(r) | {"short_by": r.short_by} for r in tags + keys]}
        )
        wrong = [r.name for r in keys if r.short_by > 0 and r.pairs >= RESOLVED]
        wide = [f"{r.name} {-r.short_by:.1f}" for r in keys if r.short_by < -2 and r.pairs >= RESOLVED]
        print(
            f"too optimistic: {', '.join(wrong) or 'none'}; more than two bits pessimistic: {', '.join(wide) or 'none'}"
        )
    plans = show_plans()
    OUT.mkdir(exist_ok=True)
    (OUT / "floor.json").write_text(json.dumps({"cities": results, "plans": plans}, indent=1))


if __name__ == "__main__":
    main()
