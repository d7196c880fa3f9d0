"""All benches one after the other, then one table: target, aim, measured. `make bench` runs this.

Run: `python -m bench [--peers] [--short]`. Each bench is a process of its own, so a broken one costs its own rows only.
A peer whose environment is not there is left out with a line that says so; `--peers` makes the environments first.
The table is read from what the benches wrote in this run, never from an earlier one. Writes bench/out/summary.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"

Read = Callable[[Any], Iterator["Row"]]


@dataclass(frozen=True, slots=True)
class Row:
    """One promise. `at_least`: higher is better; otherwise the figure must not exceed target and aim."""

    what: str
    target: float
    aim: float
    measured: float
    at_least: bool = True
    unit: str = ""

    @property
    def verdict(self) -> str:
        if self.reaches(self.aim):
            return "aim"
        return "target" if self.reaches(self.target) else "MISSED"

    def reaches(self, bound: float) -> bool:
        return self.measured >= bound if self.at_least else self.measured <= bound


@dataclass(frozen=True, slots=True)
class Bench:
    """A module of this package, its arguments in full and in short, the peer that it cannot run without, its rows."""

    module: str
    full: str
    short: str
    peer: str
    rows: Read


def quality_rows(scores: list[dict[str, Any]]) -> Iterator[Row]:
    febrl = [score["f1"] for score in scores if score["data"].startswith("febrl4")]
    if febrl:
        yield Row(f"FEBRL4 open world, mean F1 of {len(febrl)} splits", 0.990, 0.997, sum(febrl) / len(febrl))
    for profile, f1, precision in (("typical", (0.975, 0.988), (0.99, 0.995)), ("hard", (0.93, 0.96), (0.98, 0.99))):
        cities = [score for score in scores if score["data"].startswith(profile)]
        if cities:
            yield Row(f"city, {profile}: lowest F1 across agencies", *f1, min(city["f1"] for city in cities))
            yield Row(f"city, {profile}: lowest precision", *precision, min(city["precision"] for city in cities))


def splink_rows(lines: list[dict[str, Any]]) -> Iterator[Row]:
    for data in dict.fromkeys(line["data"] for line in lines if line["data"].startswith("typical")):
        twins = {line["tool"]: line["twin_links"] for line in lines if line["data"] == data}
        ours, theirs = twins["Sealink, keys only"], twins["Splink, p ≥ .99"]
        yield Row(f"false links between twins over Splink's, {data}", 1.0, 0.5, ours / max(theirs, 1), False, "x")


def dice_rows(lines: list[dict[str, Any]]) -> Iterator[Row]:
    same = all(line["equal"] for line in lines)
    title = "Dice comparisons over anonlink's, " + ("equal pairs" if same else "PAIRS DIFFER")
    yield Row(title, 5, 8, min(line["ratio"] for line in lines), unit="x")


def encode_rows(result: dict[str, Any]) -> Iterator[Row]:
    yield Row("encoding over clkhash's, CSV reading included", 20, 50, result["ratio"], unit="x")


def scale_rows(result: dict[str, Any]) -> Iterator[Row]:
    if "files_to_links" in result:
        files = result["files_to_links"]
        yield Row(f"{files['children']:,} children, files to links", 40, 15, files["seconds"], False, " s")
    if "records" in result:
        head = f"{result['records']:,} records"
        peak = next(run["peak_bytes"] for run in result["runs"] if run["tool"] == "Sealink") / 1e9
        yield Row(f"{head}, peak memory", 10, 4, peak, False, " GB")
        if "ratio_all" in result:
            yield Row(
                f"{head}, time over Splink's predict + cluster", 3, 1, result["ratio_predict_cluster"], False, "x"
            )
            yield Row(f"{head}, time over Splink's with training", 3, 1, result["ratio_all"], False, "x")


def log_rows(result: dict[str, Any]) -> Iterator[Row]:
    for each in result["engines"]:
        name = each["engine"]
        if name == "PostgreSQL":
            yield Row(f"{name}: durable signed appends, 256 callers", 20_000, 45_000, each["appends"], unit="/s")
        yield Row(f"{name}: call to signed, 16 callers, p50", 4, 1.5, each["p50_ms"], False, " ms")
        yield Row(f"{name}: call to signed, 16 callers, p99", 15, 6, each["p99_ms"], False, " ms")
        yield Row(f"{name}: one caller over a bare commit", 8, 5, each["one_over_bare"], False, "x")
    yield Row("proof in 70,000 entries, 2 witnesses", 1_500, 1_300, result["proof_bytes"], False, " B")


def verify_rows(result: dict[str, Any]) -> Iterator[Row]:
    yield Row(f"{result['entries']:,} entries verified offline", 10, 5, result["seconds"], False, " s")


def health_rows(result: dict[str, Any]) -> Iterator[Row]:
    seconds = result["examine"] + result["write"]
    yield Row(f"health report of {result['records']:,} records", 60, 20, seconds, False, " s")


BENCHES = (
    Bench("quality", "", "--febrl 2 --sizes 5000", "", quality_rows),
    Bench("splink_city", "", "--febrl 1 --sizes 5000", "splink", splink_rows),
    Bench("dice", "", "--records 4000 --rounds 1", "anonlink", dice_rows),
    Bench("encode_clk", "", "--rows 50000 --rounds 1", "anonlink", encode_rows),
    Bench("scale", "", "--records 100000 --files-children 5000", "", scale_rows),
    Bench("health", "", "--records 5000", "", health_rows),
    Bench("log", "", "--seconds 1", "", log_rows),
    Bench("verify_log", "", "--entries 100000", "", verify_rows),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, prog="python -m bench")
    options.add_argument(
        "--peers", action="store_true", help="make the peers' environments first (needs a package index)"
    )
    options.add_argument("--short", action="store_true", help="smaller files: a few minutes")
    given = options.parse_args()
    if given.peers:
        subprocess.run([ROOT / "bench" / "peers" / "setup"], check=True)
    rows: list[Row] = []
    for bench in BENCHES:
        print(f"\n== {bench.module}", flush=True)
        rows += measured(bench, given.short)
    print_table(rows)
    if given.short:
        print("short: smaller files and fewer splits than the promises are about")
    OUT.mkdir(exist_ok=True)
    summary = [{**asdict(row), "verdict": row.verdict} for row in rows]
    (OUT / "summary.json").write_text(json.dumps({"short": given.short, "rows": summary}, indent=1))


def measured(bench: Bench, short: bool) -> list[Row]:
    """Run one bench and read its rows; none, and one line, when its peer or its result is not there."""
    if bench.peer and not (ROOT / f".venv-peers-{bench.peer}" / "bin" / "python").exists():
        print(f"left out: run bench/peers/setup {bench.peer} first, or add --peers")
        return []
    result = OUT / f"{bench.module}.json"
    result.unlink(missing_ok=True)
    arguments = (bench.short if short else bench.full).split()
    run = subprocess.run([sys.executable, "-m", f"bench.{bench.module}", *arguments], cwd=ROOT, check=False)
    if run.returncode or not result.exists():
        print(f"{bench.module} failed; its rows are missing below")
        return []
    return list(bench.rows(json.loads(result.read_text())))


def print_table(rows: list[Row]) -> None:
    print(f"\n{'':62} {'target':>9} {'aim':>9} {'measured':>10}")
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        bounds = (f"{sign} {bound:g}{row.unit}" for bound in (row.target, row.aim))
        figure = f"{row.measured:.4f}" if not row.unit else f"{row.measured:.2f}{row.unit}"
        print(f"{row.what:62} {next(bounds):>9} {next(bounds):>9} {figure:>10}  {row.verdict}")


if __name__ == "__main__":
    main()
