"""Recall by what is special about a record, at a stated population: the children whom averages forget.

Each run makes a city, plans its key types for `--population` children, links it through the rehearsal and judges it
with the truth: precision, recall and F1 across sources; recall of the pairs in which at least one record carries a
stratum, at the product's own cut and at the lowest cut that still has a precision of .99 (found with the truth); how
far children with ethnic names or without an ID stay behind the rest; and how large the components are that cross-child
keys form. The gap is given once more without found children, of
whom a file has a guessed year and at best a given name. It changes nothing and tunes nothing. Writes
docs/results/strata.json, which the README quotes. Run: `python -m bench.strata --sizes 5000 50000 --seed 601`.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from api.rehearsal import Rehearsal
from bench.quality import entities, run, true_pairs
from linkage.flows.match_batches import evidence_of
from linkage.matching.cluster_pairs import linked_pairs
from linkage.matching.clusters import cluster
from linkage.synthetic import profiles
from linkage.synthetic.city import build_city
from linkage.synthetic.files import project_text, write_city
from linkage.synthetic.strata import Stratum

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "strata.json"
POPULATION = 2_000_000
PRECISION = 0.99
CUTS = np.arange(-8.0, 4.5, 0.5)  # added to the match weights; the product's cut is 0


@dataclass(frozen=True, slots=True)
class Found:
    """What one cut finds: precision and recall over all pairs across sources, and `linked` bool[true pairs]."""

    cut: float
    precision: float
    recall: float
    linked: Flags

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Report:
    """One city. `strata`: name → (true pairs, recall at the product's cut, recall at precision .99). Gaps in points:
    recall of the rest less that of the children named, at the product's cut."""

    city: str
    population: int
    key_types: int
    slots: int
    leakage: float
    precision: float
    recall: float
    f1: float
    strata: dict[str, tuple[int, float, float]]
    ethnic_gap: float
    no_id_gap: float
    no_id_gap_without_found: float
    components: tuple[int, ...]


def judge(profile: str, children: int, seed: int, population: int) -> Report:
    """Make, link and judge one city."""
    city = build_city(children, seed, getattr(profiles, profile))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = write_city(city, folder)
        project.write_text(project_text(population), encoding="utf-8")
        result, _ = run(project)
        entity = entities(result, folder / "truth.csv")
        marks = read_marks(result, folder / "strata.csv")
    a, b = pairs_of_children(entity, result.matches.source)
    usual = found_at(result, entity, a, b, 0.0)
    precise = lowest_cut(result, entity, a, b)
    strata = {}
    for stratum, flags in marks.items():
        among = flags[a] | flags[b]
        if among.any():
            strata[stratum] = (int(among.sum()), recall(usual, among), recall(precise, among))
    plan = result.plan
    return Report(
        f"{profile.lower()} {children:,} seed {seed}", population, len(plan.schema.key_types), plan.schema.slots,
        plan.leakage, usual.precision, usual.recall, usual.f1, strata,
        gap(usual, marks[Stratum.ETHNIC], a, b), gap(usual, marks[Stratum.MISSING_ID], a, b),
        gap(usual, marks[Stratum.MISSING_ID], a, b, ~marks[Stratum.FOUND]),
        components(result, entity, children),
    )  # fmt: skip


def read_marks(rehearsal: Rehearsal, file: Path) -> dict[str, Flags]:
    """Stratum → bool[n] in the order of the rehearsal's records."""
    with file.open(encoding="utf-8") as rows:
        known = {(row["source"], row["record"]): row for row in csv.DictReader(rows)}
    names, ids = rehearsal.naming.sources, rehearsal.naming.record.to_pylist()
    found = [known[names[s], i] for s, i in zip(rehearsal.matches.source, ids, strict=True)]
    return {str(stratum): np.array([row[stratum] == "1" for row in found]) for stratum in Stratum}


def pairs_of_children(entity: Ints, source: Ints) -> tuple[Ints, Ints]:
    """All pairs of records of one child across sources."""
    nothing = np.zeros(0, dtype=np.int64)
    pairs = linked_pairs(np.unique(entity, return_inverse=True)[1], nothing, nothing, np.zeros(0))
    across = source[pairs.a] != source[pairs.b]
    return pairs.a[across], pairs.b[across]


def found_at(rehearsal: Rehearsal, entity: Ints, a: Ints, b: Ints, cut: float) -> Found:
    """Cluster anew with the cut moved to `cut` and compare with the true pairs (a, b)."""
    found = rehearsal.matches
    clusters = cluster(evidence_of(found, found.weight - cut)) if cut else found.clusters
    links = linked_pairs(clusters, found.pairs.a, found.pairs.b, found.weight)
    across = found.source[links.a] != found.source[links.b]
    true = entity[links.a[across]] == entity[links.b[across]]
    return Found(
        cut, float(true.mean()), float(true.sum() / true_pairs(entity, found.source)), clusters[a] == clusters[b]
    )


def lowest_cut(rehearsal: Rehearsal, entity: Ints, a: Ints, b: Ints) -> Found:
    """The lowest cut with the precision asked for; the highest one where none has it."""
    tried = (found_at(rehearsal, entity, a, b, float(cut)) for cut in CUTS)
    last = None
    for last in tried:
        if last.precision >= PRECISION:
            break
    assert last is not None
    return last


def recall(found: Found, among: Flags) -> float:
    return float(found.linked[among].mean())


def gap(found: Found, flags: Flags, a: Ints, b: Ints, only: Flags | None = None) -> float:
    """Points of recall by which pairs with the flag stay behind the others, among pairs of `only` these records."""
    within = np.ones(len(a), dtype=bool) if only is None else only[a] & only[b]
    among, others = within & (flags[a] | flags[b]), within & ~(flags[a] | flags[b])
    return 100 * (recall(found, others) - recall(found, among)) if among.any() and others.any() else 0.0


def components(rehearsal: Rehearsal, entity: Ints, children: int) -> tuple[int, ...]:
    """Number of components of each size, from size 1, of children tied by a key to another child."""
    pairs = rehearsal.matches.pairs
    x, y = entity[pairs.a], entity[pairs.b]
    tied = x != y
    graph = coo_matrix((np.ones(int(tied.sum())), (x[tied], y[tied])), shape=(children, children))
    sizes = np.bincount(connected_components(graph, directed=False)[1])
    return tuple(np.bincount(sizes)[1:].tolist())


def show(report: Report) -> None:
    largest = len(report.components)
    print(
        f"{report.city}, planned for {report.population:,} children: {report.key_types} key types, "
        f"{report.slots} slots, leakage {report.leakage:.3f}, largest cross-child component {largest}\n"
        f"  P {report.precision:.4f}  R {report.recall:.4f}  F1 {report.f1:.4f}  "
        f"gap: ethnic {report.ethnic_gap:+.1f}, no ID {report.no_id_gap:+.1f} "
        f"(without found children {report.no_id_gap_without_found:+.1f}) points"
    )
    for stratum, (pairs, usual, precise) in report.strata.items():
        print(f"  {stratum:20} {pairs:8,} pairs  recall {usual:.4f}   at precision {PRECISION:g}: {precise:.4f}")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[50_000])
    parser.add_argument("--profiles", nargs="*", default=["TYPICAL", "HARD"])
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--population", type=int, default=POPULATION)
    args = parser.parse_args()
    reports = []
    for size in args.sizes:
        for profile in args.profiles:
            reports.append(judge(profile, size, args.seed, args.population))
            show(reports[-1])
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps([asdict(report) for report in reports], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
