"""Quality without truth at decision time: FEBRL4 in ten random splits, and generated cities of three profiles.

Each run goes files → links through the rehearsal, then is judged. Prints, per data set, precision, recall and F1 across
sources, the F1 of the best cut chosen *with* truth (how much the threshold costs), stated against true precision, and
false links by kind. Cities are planned for `--population` children, as a project would state. Writes
bench/out/quality.json and, with --keep, docs/results/quality.json, which the README quotes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from api.rehearsal import Rehearsal, rehearse
from linkage.encoding.project import load_project
from linkage.matching.cluster_pairs import linked_pairs
from linkage.matching.weights import probability
from linkage.schema import load_schema
from linkage.synthetic import profiles
from linkage.synthetic.city import City, build_city
from linkage.synthetic.febrl import write_febrl4
from linkage.synthetic.files import project_text, write_city

OUT = Path(__file__).parent / "out"
KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "quality.json"


@dataclass
class Score:
    data: str
    records: int
    precision: float
    recall: float
    f1: float
    stated_precision: float
    best_cut_f1: float
    twin_links: int
    sibling_links: int
    other_false_links: int
    seconds: float


def quiet(title: str):
    return lambda done, total: None


def run(project: Path, workers: int = 2) -> tuple[Rehearsal, float]:
    started = time.perf_counter()
    loaded = load_project(project, lambda name: load_schema(name).fields)
    with tempfile.TemporaryDirectory() as work:
        result = rehearse(loaded, Path(work), quiet, workers=workers)
    return result, time.perf_counter() - started


def entities(rehearsal: Rehearsal, truth: Path) -> np.ndarray:
    import csv

    with truth.open(encoding="utf-8") as file:
        known = {(r["source"], r["record"]): r["entity"] for r in csv.DictReader(file)}
    names = rehearsal.naming.sources
    ids = rehearsal.naming.record.to_pylist()
    labels = [known[names[s], i] for s, i in zip(rehearsal.matches.source, ids, strict=True)]
    return (
        np.unique(labels, return_inverse=True)[1]
        if not labels[0].startswith("E")
        else np.array([int(label[1:]) for label in labels])
    )


def score(data: str, rehearsal: Rehearsal, entity: np.ndarray, seconds: float, city: City | None) -> Score:
    found = rehearsal.matches
    links = linked_pairs(found.clusters, found.pairs.a, found.pairs.b, found.weight)
    across = found.source[links.a] != found.source[links.b]
    a, b, weight = links.a[across], links.b[across], links.weight[across]
    same = entity[a] == entity[b]
    true = true_pairs(entity, found.source)
    precision = same.mean() if len(same) else 1.0
    recall = same.sum() / true
    twins = siblings = 0
    if city is not None:
        kids, wrong = city.children, ~same
        family = kids.family[entity[a]] == kids.family[entity[b]]
        born = kids.born[entity[a]] == kids.born[entity[b]]
        twins, siblings = int((wrong & family & born).sum()), int((wrong & family & ~born).sum())
    return Score(
        data, len(entity), float(precision), float(recall), float(2 * same.sum() / (len(same) + true)),
        float(probability(weight).mean()), best_cut(rehearsal, entity, true),
        twins, siblings, int((~same).sum()) - twins - siblings, seconds,
    )  # fmt: skip


def true_pairs(entity: np.ndarray, source: np.ndarray) -> int:
    def pairs(labels: np.ndarray) -> int:
        size = np.unique(labels, return_counts=True)[1].astype(np.int64)
        return int((size * (size - 1) // 2).sum())

    return pairs(entity) - pairs(entity.astype(np.int64) * 64 + source)


def best_cut(rehearsal: Rehearsal, entity: np.ndarray, true: int) -> float:
    """Highest F1 over all shifts of the log odds, clustering anew at each: what knowing the truth would gain."""
    from linkage.flows.match_batches import evidence_of
    from linkage.matching.clusters import cluster

    best = 0.0
    found = rehearsal.matches
    for shift in (-4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3):
        evidence = evidence_of(found, found.weight - shift)
        clusters = cluster(evidence, one_to_one=rehearsal.project.one_to_one)
        links = linked_pairs(clusters, found.pairs.a, found.pairs.b, found.weight)
        across = found.source[links.a] != found.source[links.b]
        same = (entity[links.a] == entity[links.b])[across]
        best = max(best, 2 * same.sum() / (len(same) + true))
    return float(best)


def city_score(profile: str, children: int, seed: int, population: int) -> Score:
    city = build_city(children, seed, getattr(profiles, profile))
    with tempfile.TemporaryDirectory() as folder:
        project = write_city(city, Path(folder))
        project.write_text(project_text(population), encoding="utf-8")
        result, seconds = run(project)
        entity = entities(result, Path(folder) / "truth.csv")
    return score(f"{profile.lower()} {children:,} seed {seed}", result, entity, seconds, city)


def febrl_score(seed: int) -> Score:
    with tempfile.TemporaryDirectory() as folder:
        project = write_febrl4(Path(folder), seed)
        result, seconds = run(project)
        entity = entities(result, Path(folder) / "truth.csv")
    return score(f"febrl4 split {seed}", result, entity, seconds, None)


def show(s: Score) -> None:
    print(
        f"{s.data:24} {s.records:8,}  P {s.precision:.4f} (stated {s.stated_precision:.4f})  R {s.recall:.4f}  "
        f"F1 {s.f1:.4f} (best cut {s.best_cut_f1:.4f})  false: twin {s.twin_links} sibling {s.sibling_links} "
        f"other {s.other_false_links}  {s.seconds:.1f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[5000, 50000])
    parser.add_argument("--profiles", nargs="*", default=["TYPICAL", "HARD", "OTHER"])
    parser.add_argument("--seeds", type=int, nargs="*", default=[101])
    parser.add_argument("--population", type=int, default=2_000_000)
    parser.add_argument("--keep", action="store_true", help="also write docs/results/quality.json")
    parser.add_argument("--febrl", type=int, default=10, help="number of FEBRL4 splits")
    args = parser.parse_args()
    scores = []
    for seed in range(args.febrl):
        scores.append(febrl_score(seed))
        show(scores[-1])
    if scores:
        print(f"{'febrl4 mean':24} F1 {np.mean([s.f1 for s in scores]):.4f}")
    for size in args.sizes:
        for profile in args.profiles:
            for seed in args.seeds:
                scores.append(city_score(profile, size, seed, args.population))
                show(scores[-1])
    for file in (OUT / "quality.json", *((KEPT,) if args.keep else ())):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([asdict(s) for s in scores], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
