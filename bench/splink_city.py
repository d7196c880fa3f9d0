"""Sealink beside plaintext Splink 5 on the same generated cities and FEBRL4 splits, judged against the truth.

Run: `bench/peers/setup splink && .venv/bin/python -m bench.splink_city`. Splink gets the fields that our normalisers
give, in plaintext; Sealink sees match keys alone. Splink's pairs are judged three ways: clustered at p ≥ .99 as a user
would, clustered by our own evidence sums at p ≥ .5 (most of the difference is in the clustering, and anyone could give
it to Splink), and as pairs above the best threshold chosen *with* truth. Writes bench/out/splink_city.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench import quality
from bench.peers.splink_rows import RowTruth, write_rows
from linkage.matching.cluster_pairs import linked_pairs
from linkage.matching.clusters import Evidence, cluster
from linkage.matching.decide import APART_NAMED, APART_NAMELESS
from linkage.synthetic import profiles
from linkage.synthetic.city import City, build_city
from linkage.synthetic.febrl import write_febrl4
from linkage.synthetic.files import write_city

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-peers-splink" / "bin" / "python"
OUT = ROOT / "bench" / "out" / "splink_city.json"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """One tool on one data set: pairs across sources against the truth, false links by kind (−1: no kinds known)."""

    data: str
    tool: str
    precision: float
    recall: float
    f1: float
    twin_links: int = -1
    sibling_links: int = -1
    other_false_links: int = -1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The peer's answer over the rows of its table: pairs a < b sorted by (a, b), and its own clusters."""

    a: Ints
    b: Ints
    probability: Floats
    clusters: Ints
    seconds: dict[str, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=[5000, 50_000])
    options.add_argument("--profiles", nargs="*", default=["TYPICAL", "HARD"])
    options.add_argument("--seed", type=int, default=101)
    options.add_argument("--febrl", type=int, default=3, help="number of FEBRL4 splits")
    given = options.parse_args()
    if not PEER.exists():
        raise SystemExit("no peer environment: run bench/peers/setup splink first")
    lines: list[Line] = []
    print_heading()
    for size in given.sizes:
        for profile in given.profiles:
            lines += shown(city_lines(profile, size, given.seed))
    for split in range(given.febrl):
        lines += shown(febrl_lines(split))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(line) for line in lines], indent=1))


def city_lines(profile: str, children: int, seed: int) -> list[Line]:
    data = f"{profile.lower()} {children:,}"
    city = build_city(children, seed, getattr(profiles, profile))
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        project = write_city(city, folder)
        ours, seconds = quality.run(project)
        own = quality.score(data, ours, quality.entities(ours, folder / "truth.csv"), seconds, city)
        started = time.perf_counter()
        truth = write_rows(project, folder / "city.parquet")
        prepared = time.perf_counter() - started
        found = splink("city", [folder / "city.parquet"], folder)
    spent = prepared + sum(found.seconds.values())
    kinds = (own.twin_links, own.sibling_links, own.other_false_links)
    return [
        Line(data, "Sealink, keys only", own.precision, own.recall, own.f1, *kinds, seconds),
        judged(data, "Splink, p ≥ .99", *within(found.clusters), truth, city, spent),
        judged(data, "Splink, our clusters", *within(our_clusters(found, truth)), truth, city, spent),
        judged(data, "Splink, best cut", *best_pairs(found, truth), truth, city, spent),
    ]


def febrl_lines(split: int) -> list[Line]:
    """FEBRL4 open world, five fields, one to one, no truth used by any of the three."""
    data = f"febrl4 split {split}"
    lines = []
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        project = write_febrl4(folder, split)
        ours, seconds = quality.run(project)
        own = quality.score(data, ours, quality.entities(ours, folder / "truth.csv"), seconds, None)
        lines.append(Line(data, "Sealink, keys only", own.precision, own.recall, own.f1, seconds=seconds))
        truth, rows = febrl_rows(folder)
        found = splink("febrl", [folder / "a.parquet", folder / "b.parquet"], folder, cluster_at=0.5)
        spent = sum(found.seconds.values())
        lines.append(judged(data, "Splink, one to one", *within(found.clusters), truth, None, spent))
        started = time.perf_counter()
        ecm = recordlinkage_pairs(folder, rows)
        lines.append(judged(data, "recordlinkage ECM", *ecm, truth, None, time.perf_counter() - started))
    return lines


def splink(task: str, tables: list[Path], folder: Path, cluster_at: float = 0.99) -> Found:
    """Run the peer on tables whose `unique_id` numbers all rows from 0."""
    script = ROOT / "bench" / "peers" / "splink_link.py"
    command: list[str | Path] = [PEER, script, task, *tables, "--out", folder, "--cluster-at", str(cluster_at)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = json.loads(run.stdout)
    del seconds["peak_bytes"]
    pairs, clusters = (pq.read_table(folder / f"{name}.parquet") for name in ("pairs", "clusters"))
    a, b = (pairs[name].to_numpy().astype(np.int64) for name in "ab")
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((high, low))
    label = np.empty(clusters.num_rows, dtype=np.int64)
    label[clusters["record"].to_numpy()] = np.unique(clusters["cluster"].to_numpy(), return_inverse=True)[1]
    return Found(low[order], high[order], pairs["probability"].to_numpy()[order], label, seconds)


def our_clusters(found: Found, truth: RowTruth) -> Ints:
    """Splink's pair weights under our clustering, so that only the weights differ."""
    p = np.clip(found.probability, 1e-15, 1 - 1e-15)
    evidence = Evidence(
        len(truth.source), found.a, found.b, np.log2(p / (1 - p)), truth.named, truth.source,
        (APART_NAMELESS, APART_NAMED),
    )  # fmt: skip
    return cluster(evidence)


def within(clusters: Ints) -> tuple[Ints, Ints]:
    """All pairs of rows in one cluster."""
    none = np.zeros(0, dtype=np.int64)
    pairs = linked_pairs(clusters, none, none, np.zeros(0))
    return pairs.a, pairs.b


def best_pairs(found: Found, truth: RowTruth) -> tuple[Ints, Ints]:
    """Pairs above the threshold of highest F1 across sources: an upper bound, since it takes the truth to find."""
    across = truth.source[found.a] != truth.source[found.b]
    a, b, p = found.a[across], found.b[across], found.probability[across]
    order = np.argsort(-p, kind="stable")
    same = np.cumsum(truth.entity[a[order]] == truth.entity[b[order]])
    f1 = 2 * same / (np.arange(1, len(same) + 1) + quality.true_pairs(truth.entity, truth.source))
    kept = order[: int(np.argmax(f1)) + 1]
    return a[kept], b[kept]


def judged(data: str, tool: str, a: Ints, b: Ints, truth: RowTruth, city: City | None, seconds: float) -> Line:
    across = truth.source[a] != truth.source[b]
    a, b = truth.entity[a[across]], truth.entity[b[across]]
    wrong = a != b
    right, total = int((~wrong).sum()), quality.true_pairs(truth.entity, truth.source)
    kinds = (-1, -1, -1)
    if city is not None:
        kids = city.children
        family, born = kids.family[a] == kids.family[b], kids.born[a] == kids.born[b]
        twins, siblings = int((wrong & family & born).sum()), int((wrong & family & ~born).sum())
        kinds = (twins, siblings, int(wrong.sum()) - twins - siblings)
    f1 = 2 * right / max(len(a) + total, 1)
    return Line(data, tool, right / max(len(a), 1), right / max(total, 1), f1, *kinds, seconds)


def febrl_rows(folder: Path) -> tuple[RowTruth, dict[str, int]]:
    """Write a.parquet and b.parquet with rows numbered through both; returns the truth and each record's number."""
    as_text = pa.csv.ConvertOptions(strings_can_be_null=True, null_values=[""])
    known = pa.csv.read_csv(folder / "truth.csv")
    entity_of = dict(zip(known["record"].to_pylist(), known["entity"].to_pylist(), strict=True))
    number: dict[str, int] = {}
    source: list[int] = []
    for code, name in enumerate("ab"):
        with (folder / f"{name}.csv").open("rb") as file:
            columns = file.readline().decode().strip().split(",")
        as_text.column_types = dict.fromkeys(columns, pa.string())
        table = pa.csv.read_csv(folder / f"{name}.csv", convert_options=as_text)
        rows = np.arange(len(number), len(number) + table.num_rows)
        pq.write_table(table.append_column("unique_id", pa.array(rows)), folder / f"{name}.parquet")
        number |= dict(zip(table["rec"].to_pylist(), rows.tolist(), strict=True))
        source += [code] * table.num_rows
    entity = np.array([entity_of[record] for record in number])
    return RowTruth(np.array(source), entity, np.ones(len(entity), dtype=np.bool_)), number


def recordlinkage_pairs(folder: Path, rows: dict[str, int]) -> tuple[Ints, Ints]:
    out = folder / "ecm.csv"
    script = ROOT / "bench" / "peers" / "recordlinkage_ecm.py"
    subprocess.run([PEER, script, folder / "a.csv", folder / "b.csv", out], capture_output=True, check=True)
    found = pa.csv.read_csv(out)
    a, b = (np.array([rows[record] for record in found[side].to_pylist()], dtype=np.int64) for side in "ab")
    return a, b


def print_heading() -> None:
    print(f"{'data':18} {'tool':22} {'P':>7} {'R':>7} {'F1':>7}   false: twin sibling other   seconds")


def shown(lines: list[Line]) -> list[Line]:
    for line in lines:
        kinds = "".join(f"{count:8,}" if count >= 0 else " " * 8 for count in kinds_of(line))
        head = f"{line.data:18} {line.tool:22} {line.precision:7.4f} {line.recall:7.4f} {line.f1:7.4f}"
        print(f"{head}    {kinds}  {line.seconds:8.1f}", flush=True)
    return lines


def kinds_of(line: Line) -> tuple[int, int, int]:
    return line.twin_links, line.sibling_links, line.other_false_links


if __name__ == "__main__":
    main()
