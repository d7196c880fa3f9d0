"""What privacy costs and what it buys: `make attack-curve` draws both into docs/attacks.md.

F1 of both schemes against the population that the plan is made for: one city and seed, linked anew for every
population, errors on 40 % and on 60 % of the records. Beside it the table of attacks by scheme, from what
`make attack-full` kept in docs/results/attacks.json. Points are kept as they come (docs/results/curve.json), so that an
interrupted run goes on; `--again` starts anew. It attacks nothing itself. Run: `python -m bench.curve`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np

from bench.attack_full import KEPT as ATTACKS
from bench.attack_full import ROOT, ROWS, judged
from bench.quality import entities, run, true_pairs
from linkage.errors import HealthError
from linkage.matching.cluster_pairs import linked_pairs
from linkage.plan import Scheme, diffusion_for
from linkage.synthetic import profiles
from linkage.synthetic.city import build_city
from linkage.synthetic.files import project_text, write_city

CHILDREN, SEED = 20_000, 501
POPULATIONS = (20_000, 100_000, 300_000, 1_000_000, 2_000_000, 10_000_000, 30_000_000, 100_000_000)
PROFILES = {"TYPICAL": "40 % of records with errors", "HARD": "60 % of records with errors"}
SCHEMES: tuple[Scheme, ...] = ("match-keys", "clk")
POINTS = ROOT / "docs" / "results" / "curve.json"
CHART = ROOT / "docs" / "images" / "attack-curve.svg"
PAGE = ROOT / "docs" / "attacks.md"
CURVE_MARKS = ("<!-- bench.curve: curve -->", "<!-- bench.curve: end of curve -->")
TABLE_MARKS = ("<!-- bench.curve: attacks -->", "<!-- bench.curve: end of attacks -->")


@dataclass(frozen=True, slots=True)
class Point:
    """Quality across sources of one city, linked under one plan. `detail`: key types, or t.

    All three None: an agency's encoder refused, because its file leaks more than the plan allows for.
    """

    scheme: Scheme
    profile: str
    population: int
    detail: str
    precision: float | None
    recall: float | None
    f1: float | None


def measure(scheme: Scheme, profile: str, population: int) -> Point:
    """Link one city under the plan for `population` children."""
    city = build_city(CHILDREN, SEED, getattr(profiles, profile))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = write_city(city, folder)
        text = project_text(population)
        if scheme == "clk":
            text = text.replace("[project]\n", '[project]\nscheme = "clk"\n', 1)
        project.write_text(text, encoding="utf-8")
        try:
            result, _ = run(project)
        except HealthError:
            return Point(scheme, profile, population, "refused", None, None, None)
        entity = entities(result, folder / "truth.csv")
    found = result.matches
    links = linked_pairs(found.clusters, found.pairs.a, found.pairs.b, found.weight)
    across = found.source[links.a] != found.source[links.b]
    right = int((entity[links.a[across]] == entity[links.b[across]]).sum())
    wanted, claimed = true_pairs(entity, found.source), int(np.count_nonzero(across))
    keys = f"{len(result.plan.schema.key_types)} key types"
    return Point(
        scheme, profile, population, f"t = {diffusion_for(population)}" if scheme == "clk" else keys,
        right / max(claimed, 1), right / wanted, 2 * right / (claimed + wanted),
    )  # fmt: skip


def points(again: bool) -> list[Point]:
    """All points, measured or kept."""
    kept = [] if again or not POINTS.exists() else [Point(**row) for row in json.loads(POINTS.read_text("utf-8"))]
    known = {(p.scheme, p.profile, p.population): p for p in kept}
    out: list[Point] = []
    for scheme in SCHEMES:
        for profile in PROFILES:
            for population in POPULATIONS:
                point = known.get((scheme, profile, population)) or measure(scheme, profile, population)
                out.append(point)
                known[scheme, profile, population] = point
                print(f"{scheme:12} {profile:8} {population:>12,}  F1 {shown(point)}  {point.detail}", flush=True)
                rows = [asdict(p) for p in known.values()]
                POINTS.parent.mkdir(parents=True, exist_ok=True)
                POINTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return out


def chart(found: Sequence[Point]) -> alt.LayerChart:
    """F1 against population, one line per scheme and mix of errors."""
    rows = [{"population": p.population, "F1": p.f1, "scheme": p.scheme, "errors": PROFILES[p.profile]} for p in found]
    line = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("population:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", title="children planned for")),
        y=alt.Y("F1:Q", scale=alt.Scale(domain=[0.2, 1.0]), title="F1 across agencies"),
        color=alt.Color("scheme:N", title=None, scale=alt.Scale(range=["#b4552d", "#1f6f78"])),
        strokeDash=alt.StrokeDash("errors:N", title=None),
    )
    return alt.layer(line.mark_line(), line.mark_point(filled=True, size=40)).properties(width=560, height=320)


def curve_table(found: Sequence[Point]) -> Iterator[str]:
    """The same figures, for those who would rather read."""
    by = {(p.scheme, p.profile, p.population): p for p in found}
    yield "| children planned for | match keys, 40 % / 60 % | key types | CLK, 40 % / 60 % | t |"
    yield "|---|---|---|---|---|"
    for n in POPULATIONS:
        keys, hard = (by["match-keys", profile, n] for profile in PROFILES)
        clk, clk_hard = (by["clk", profile, n] for profile in PROFILES)
        yield (
            f"| {n:,} | {shown(keys)} / {shown(hard)} | {keys.detail.split()[0]} "
            f"| {shown(clk)} / {shown(clk_hard)} | {clk.detail.split()[-1]} |"
        )


def shown(point: Point) -> str:
    return "refused" if point.f1 is None else f"{point.f1:.4f}"


def attack_table(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every figure that something is asked of, with its command."""
    known = {result["command"]: result for result in results}
    yield "| scheme | attack | shows | measured | asked | |"
    yield "|---|---|---|---|---|---|"
    for row in ROWS:
        result = known.get(" ".join(["sealink", *row.command(False)]))
        if result is None:
            yield f"| {row.scheme} | {row.attack} | not measured yet | | | |"
            continue
        for words, value, asked, reached in judged(row, result):
            tried, _, shows = words.rpartition(": ")
            yield (
                f"| {row.scheme} | {row.attack}: {tried} | {shows} | {figure(value)} | {asked} "
                f"| {'yes' if reached else '**no**'} |"
            )


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.4g}"


def between(text: str, marks: tuple[str, str], lines: Iterator[str]) -> str:
    """The text with what stands between two marks replaced."""
    head, _, rest = text.partition(marks[0])
    _, _, tail = rest.partition(marks[1])
    return "\n".join([head + marks[0], "", *lines, "", marks[1] + tail])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="forget what an earlier run measured")
    given = parser.parse_args()
    found = points(given.again)
    chart(found).save(CHART)
    attacks = json.loads(ATTACKS.read_text("utf-8")) if ATTACKS.exists() else []
    page = between(PAGE.read_text("utf-8"), CURVE_MARKS, curve_table(found))
    PAGE.write_text(between(page, TABLE_MARKS, attack_table(attacks)), encoding="utf-8")
    print(f"wrote {CHART.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
