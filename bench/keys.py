"""What each match key of cn-child-v1 costs and what it finds: the table in docs/match-keys.md.

For every key type that the planner uses for `--population` children: its slots, its bits and the strangers that it ties
to a child by the schema's reference table, the strangers measured in a generated city and scaled to the population
(neighbours grow with it), and the F1 that is lost on two cities when it alone is left out. For the other candidates:
the populations that they serve. It chooses nothing. `--write` puts the table into docs/match-keys.md; without, it is
printed. Run: `python -m bench.keys --write`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.rehearsal import Rehearsal
from bench.quality import entities, run, true_pairs
from linkage.encoded import VISIBLE
from linkage.floor import Leak
from linkage.flows.match_batches import Rules, count_patterns, evidence_of, observables, random_rates
from linkage.matching.agreement import hide_missing, levels_fast
from linkage.matching.cluster_pairs import linked_pairs
from linkage.matching.clusters import cluster
from linkage.matching.em import fit, with_states
from linkage.plan import Plan
from linkage.planner import Choice, choose
from linkage.reference import load_reference, load_worth
from linkage.schema import load_schema
from linkage.synthetic import profiles
from linkage.synthetic.city import City, build_city
from linkage.synthetic.files import project_text, write_city

SCHEMA = "cn-child-v1"
POPULATIONS = (10_000, 100_000, 1_000_000, 2_000_000, 10_000_000, 100_000_000)
DOCS = Path(__file__).parent.parent / "docs" / "match-keys.md"
BEGIN, END = "<!-- bench.keys: begin -->", "<!-- bench.keys: end -->"

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Linked:
    """One city, linked with the whole plan: entity int64[n] of the records, and the city behind them."""

    result: Rehearsal
    entity: Ints
    city: City


def link(profile: str, children: int, seed: int, population: int) -> Linked:
    city = build_city(children, seed, getattr(profiles, profile))
    with tempfile.TemporaryDirectory() as name:
        project = write_city(city, Path(name))
        project.write_text(project_text(population), encoding="utf-8")
        result, _ = run(project)
        entity = entities(result, Path(name) / "truth.csv")
        for batch in result.batches:  # their files go with the folder
            batch.table.validate()
    return Linked(result, entity, city)


def f1_without(linked: Linked, left_out: int | None) -> float:
    """F1 across sources with all key types of the plan but one, by its number; None leaves none out."""
    found, plan = linked.result.matches, linked.result.plan
    kept = [number for number in range(len(plan.schema.key_types)) if number != left_out]
    agreeing = np.zeros_like(found.pairs.agreeing)
    for place, number in enumerate(kept):
        agreeing |= (found.pairs.agreeing >> number & 1) << place
    pairs = replace(found.pairs, agreeing=agreeing).keep(agreeing != 0)
    schema = replace(plan.schema, key_types=tuple(plan.schema.key_types[number] for number in kept))
    weight = weights_of(linked.result, replace(plan, schema=schema), pairs)
    clusters = cluster(evidence_of(replace(found, pairs=pairs), weight))
    links = linked_pairs(clusters, pairs.a, pairs.b, weight)
    across = found.source[links.a] != found.source[links.b]
    true = (linked.entity[links.a] == linked.entity[links.b])[across]
    return float(2 * true.sum() / (len(true) + true_pairs(linked.entity, found.source)))


def weights_of(result: Rehearsal, plan: Plan, pairs):  # type: ignore[no-untyped-def]
    """Match weights of candidate pairs under a smaller plan: steps 3 and 4 of `match_batches`."""
    source, schema = result.matches.source, plan.schema
    visible = {name: np.concatenate([batch.visible(name) for batch in result.batches]) for name in VISIBLE}
    levels = hide_missing(schema, levels_fast(schema, pairs.agreeing), pairs.a, pairs.b, visible)
    patterns, pattern = count_patterns(levels, pairs, source, visible, Rules())
    patterns = with_states(patterns, observables(plan))
    model = fit(patterns, schema.comparisons, schema.classes, random_rates(result.batches, plan))
    return model.weights(patterns)[pattern]


def strangers(linked: Linked, number: int, population: int) -> float:
    """Children of unrelated families whom one child meets through a key type, scaled to the population.

    Brothers' families, which share grandparents and the old home, stand next to each other and do not count.
    """
    pairs, kids = linked.result.matches.pairs, linked.city.children
    agree = (pairs.agreeing >> number & 1).astype(bool)
    x, y = linked.entity[pairs.a[agree]], linked.entity[pairs.b[agree]]
    apart = np.abs(kids.family[x] - kids.family[y]) > 1
    count = len(kids.family)
    met = len(np.unique(np.minimum(x, y)[apart] * count + np.maximum(x, y)[apart]))
    return 2 * met / count * population / count


def used_at() -> dict[str, list[int]]:
    """Candidate → the populations for which the planner uses it."""
    schema = load_schema(SCHEMA)
    reference, worth = load_reference(SCHEMA, schema), load_worth(SCHEMA)
    out: dict[str, list[int]] = {key_type.name: [] for key_type in schema.key_types}
    for population in POPULATIONS:
        for key_type in choose(schema, reference, worth, population).key_types:
            out[key_type.name].append(population)
    return out


def choice_for(population: int) -> Choice:
    schema = load_schema(SCHEMA)
    return choose(schema, load_reference(SCHEMA, schema), load_worth(SCHEMA), population)


def table(children: int, leak_children: int, seed: int, population: int) -> Iterator[str]:
    """The markdown, line by line."""
    choice = choice_for(population)
    typical = link("TYPICAL", children, seed, population)
    hard = link("HARD", children, seed, population)
    large = link("TYPICAL", leak_children, seed, population)
    whole = [f1_without(city, None) for city in (typical, hard)]
    yield (
        f"{len(choice.used)} key types of {len(load_schema(SCHEMA).key_types)} candidates for {population:,} children. "
        f"F1 with all of them: typical errors {whole[0]:.4f}, many errors {whole[1]:.4f} ({children:,} children, seed "
        f"{seed}); strangers measured among {leak_children:,} children."
    )
    yield ""
    yield "| key type | slots | bits | strangers, reference | measured | F1 lost without it: typical | many errors |"
    yield "|---|---|---|---|---|---|---|"
    measured = []
    for number, leak in enumerate(choice.used):
        measured.append(strangers(large, number, population))
        lost = [f1 - f1_without(city, number) for f1, city in zip(whole, (typical, hard), strict=True)]
        yield row(leak, measured[-1], lost)
    slots = sum(leak.key_type.slots for leak in choice.used)
    yield f"| together | {slots} | | {choice.leakage:.3f} | {sum(measured):.3f} | | |"
    yield ""
    yield "Candidates that serve other populations, and those populations:"
    yield ""
    names = {leak.key_type.name for leak in choice.used}
    for name, populations in used_at().items():
        if populations and name not in names:
            yield f"- {name}: {', '.join(f'{each:,}' for each in populations)}"


def row(leak: Leak, measured: float, lost: list[float]) -> str:
    key_type = leak.key_type
    typical, hard = (f"{100 * each:+.2f}" for each in lost)
    return (
        f"| {key_type.name} | {key_type.slots} | {leak.bits:.1f} | {leak.strangers:.4f} | {measured:.4f} "
        f"| {typical} | {hard} |"
    )


def write(lines: list[str]) -> None:
    """Replace what stands between the markers in the docs."""
    before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    DOCS.write_text(before + "\n".join([BEGIN, "", *lines, "", END]) + after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--leak-children", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=71)
    parser.add_argument("--population", type=int, default=2_000_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lines = list(table(args.children, args.leak_children, args.seed, args.population))
    print("\n".join(lines))
    if args.write:
        write(lines)


if __name__ == "__main__":
    main()
