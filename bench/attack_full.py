"""All attacks at full size, each figure beside what it must reach: `make attack-full`.

Every row is one `sealink attack` command with a fixed seed. A shipped scheme's figures must stay under their limits; a
weak scheme's must reach a share, or the silence about the shipped ones proves nothing. Results are kept as they come,
so that an interrupted run goes on where it stopped (`--again` starts anew). Writes docs/results/attacks.json, with the
command of each figure. Run: `python -m bench.attack_full [--short]`; `--short` takes a tenth of the children where
there are many, for which the limits are not meant, and writes to bench/out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "results" / "attacks.json"
SEED = 601
POPULATION = 2_000_000
SMALL = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """One command. `must`: words of a finding → what a weak scheme's figure must reach at least."""

    attack: str
    scheme: str
    children: int
    options: tuple[str, ...] = ()
    must: Mapping[str, float] = field(default_factory=dict)

    def command(self, short: bool) -> list[str]:
        children = min(self.children, max(SMALL, self.children // 10)) if short else self.children
        words = ["attack", self.attack, "--children", str(children), "--seed", str(SEED)]
        return [*words, *(() if self.attack == "enumerate" else ("--scheme", self.scheme)), *self.options]


ROWS = (
    Row("margin", "match-keys", 50_000),
    Row("margin", "clk", 5_000),
    Row("keys", "match-keys", 50_000),
    Row("keys", "match-keys", 200_000),
    Row("keys", "match-keys:no-floor", 50_000,
        must={"largest component": 1_000, "visible shapes: children singled out": 0.40}),
    Row("graph", "match-keys", 50_000, ("--overlap", "1", "--known", "0.01")),
    Row("graph", "match-keys", 50_000, ("--overlap", "0.8", "--known", "0.01")),
    Row("graph", "match-keys", 50_000, ("--overlap", "0.5", "--known", "0.01")),
    Row("graph", "match-keys", 50_000, ("--overlap", "0.2", "--known", "0.01")),
    Row("graph", "clk", 1_000, ("--overlap", "1")),
    Row("graph", "clk", 5_000, ("--overlap", "1")),
    Row("graph", "plain-clk", 1_000, ("--overlap", "1"), {"records identified": 0.95}),
    Row("graph", "min-hash", 1_000, ("--overlap", "1"), {"records identified": 0.95}),
    Row("graph", "blip:f=0.05", 1_000, ("--overlap", "1"), {"records identified": 0.80}),
    Row("graph", "eld:t=3,m=2048", 1_000, ("--overlap", "1"), {"records identified": 0.90}),
    Row("known-pairs", "match-keys", 50_000),
    Row("known-pairs", "single-field", 50_000),
    Row("known-pairs", "clk", 2_000, ("--known", "500", "--known", "1000")),
    Row("known-pairs", "plain-clk", 2_000, ("--known", "500", "--known", "1000"), {"linear emulator": 0.9}),
    Row("known-pairs", "eld:t=3,m=2048", 2_000, ("--known", "500", "--known", "1000"), {"neural emulator": 0.5}),
    Row("frequency", "match-keys", 50_000),
    Row("frequency", "single-field", 5_000, must={"identified": 0.0}),
    Row("frequency", "clk", 5_000),
    Row("frequency", "plain-clk", 5_000, must={"holders can be read": 0.05}),
    Row("enumerate", "match-keys", 5_000),
)  # fmt: skip


def run(row: Row, short: bool) -> dict[str, Any]:
    """The findings of one command. A command that fails ends the run with its own words."""
    words = row.command(short)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        done = subprocess.run(
            [sys.executable, "-m", "api.cli.main", *words, "--json", str(file)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"sealink {' '.join(words)}: {done.stderr.strip()}")
        found = json.loads(file.read_text(encoding="utf-8"))["findings"]
    return {
        "command": " ".join(["sealink", *words]), "attack": row.attack, "scheme": row.scheme,
        "seconds": round(time.perf_counter() - started, 1), "findings": found,
    }  # fmt: skip


def judged(row: Row, result: Mapping[str, Any]) -> Iterator[tuple[str, float, str, bool]]:
    """Each figure that something is asked of: its words, its value, what is asked, whether it is reached."""
    for one in result["findings"]:
        words = f"{one['tried']}: {one['shows']}"
        if row.must:
            for part, least in row.must.items():
                if part in words:
                    yield words, one["value"], f"at least {least:g}", one["value"] >= least
        elif one["at_most"] is not None:
            yield words, one["value"], f"at most {one['at_most']:g}, aim {one['aim']:g}", one["verdict"] == "holds"


def show(row: Row, result: Mapping[str, Any]) -> bool:
    """Print a command and its figures; whether all are reached."""
    print(f"{result['command']}   ({result['seconds']} s)")
    good = True
    for words, value, asked, reached in judged(row, result):
        good &= reached
        print(f"  {'ok    ' if reached else 'MISSED'} {value:<10.4g} {asked:<28} {words}")
    sys.stdout.flush()
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the children")
    parser.add_argument("--again", action="store_true", help="forget what an earlier run found")
    given = parser.parse_args()
    kept = ROOT / "bench" / "out" / "attacks-short.json" if given.short else KEPT
    known = {} if given.again or not kept.exists() else {r["command"]: r for r in json.loads(kept.read_text("utf-8"))}
    results, good = [], True
    for row in ROWS:
        command = " ".join(["sealink", *row.command(given.short)])
        results.append(known.get(command) or run(row, given.short))
        good &= show(row, results[-1])
        kept.parent.mkdir(parents=True, exist_ok=True)
        rest = [known[c] for c in known if c not in {r["command"] for r in results}]
        kept.write_text(json.dumps([*results, *rest], ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    kept.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("all reached" if good else "some figures miss what is asked of them")
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
