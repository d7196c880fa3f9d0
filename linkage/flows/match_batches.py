"""Verb: match batches. Encoded batches of several sources → scored pairs and clusters, by equality of keys alone.

1. Check that every batch was made under the plan and under one linkage secret.
2. Find candidate pairs and their agreeing key types (relational plan).
3. Recover a level of agreement per comparison.
4. Fit the mixture and give every pair a match weight.
5. Cluster by summed evidence, and by what reviewers decided.

It sees keys and visible bits only. It writes nothing: the caller stores the result, after its audit entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.encoded import KEY_BYTES, VISIBLE, Batch, check_batch
from linkage.errors import BatchError, FingerprintError
from linkage.matching.agreement import Observable, hide_missing, levels_fast, observable
from linkage.matching.candidates import KeyColumn, Pairs
from linkage.matching.clusters import Evidence, cluster
from linkage.matching.decide import APART_NAMED, APART_NAMELESS
from linkage.matching.em import Model, Patterns, fit, with_states
from linkage.matching.engines import duckdb, memory
from linkage.matching.similarity import chance, comparison, find_similar, match_class
from linkage.matching.ties import Ties, tied
from linkage.matching.weights import FLOOR, Floats, random_levels, random_subsets
from linkage.plan import Plan
from linkage.schema import Comparison, Schema

Ints = NDArray[np.int64]
Progress = Callable[[str, int, int], None]  # step, done, total

IN_MEMORY = 50_000_000  # records; more go through DuckDB, which may spill to disk
CHANCE_PARTNERS = 10.0  # others of its file that agree with a record on a tag; of fewer, too many are no strangers
NO_TIES = Ties(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the project decides: whether duplicates inside a source are linked, and whether there are none."""

    within_sources: bool = True
    one_to_one: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """Result over the records of all batches, numbered in the order of the batches.

    `pairs` with `weight` float[p] (log2 odds) and `pattern` int[p] into `patterns`; `clusters` int64[n]; `source`
    int64[n] is each record's batch.
    """

    pairs: Pairs
    weight: Floats
    pattern: Ints
    patterns: Patterns
    model: Model
    comparisons: tuple[Comparison, ...]
    clusters: Ints
    source: Ints
    named: NDArray[np.bool_]


def match_batches(
    batches: Sequence[Batch],
    plan: Plan,
    rules: Rules,
    *,
    threads: int = 2,
    scratch: Path | None = None,
    progress: Progress = lambda step, done, total: None,
    ties: Ties = NO_TIES,
) -> Matches:
    """Link the batches' records; what `ties` say is decided.

    Raises FingerprintError or BatchError before any work when they do not fit.
    """
    _check(batches, plan)
    key_types = plan.schema.key_types
    source = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
    visible = {name: np.concatenate([batch.visible(name) for batch in batches]) for name in VISIBLE}
    if plan.scheme == "clk":
        return _match_filters(batches, source, visible, rules, threads, progress, ties)

    def advance(done: int) -> None:
        progress("candidate pairs", done, len(key_types))

    columns = key_columns(batches, plan)
    if len(source) <= IN_MEMORY:
        pairs = memory.find_pairs(columns, threads=threads, progress=advance)
    else:
        pairs = duckdb.find_pairs(columns, threads=threads, scratch=scratch, progress=advance)
    if not rules.within_sources or rules.one_to_one:
        pairs = pairs.keep(source[pairs.a] != source[pairs.b])
    levels = hide_missing(plan.schema, levels_fast(plan.schema, pairs.agreeing), pairs.a, pairs.b, visible)
    patterns, pattern = count_patterns(levels, pairs, source, visible, rules)
    patterns = with_states(patterns, observables(plan))
    progress("weights", 0, 1)
    model = fit(patterns, plan.schema.comparisons, plan.schema.classes, random_rates(batches, plan))
    weight = model.weights(patterns)[pattern]
    progress("clusters", 0, 1)
    comparisons = plan.schema.comparisons
    return _clustered(pairs, weight, pattern, patterns, model, comparisons, source, visible, rules, ties)


def _match_filters(
    batches: Sequence[Batch], source: Ints, visible: dict[str, NDArray[np.bool_]], rules: Rules, threads: int,
    progress: Progress, ties: Ties,
) -> Matches:  # fmt: skip
    """Steps 2 to 5 for the CLK scheme: one similarity instead of key types."""
    filters = np.concatenate([batch.keys("clk") for batch in batches]).view(np.uint64)
    similar = find_similar(filters, threads)
    progress("candidate pairs", 1, 1)
    wanted = np.ones(len(similar.a), dtype=bool)
    if not rules.within_sources or rules.one_to_one:
        wanted = source[similar.a] != source[similar.b]
    pairs = Pairs(similar.a[wanted], similar.b[wanted], np.zeros(int(wanted.sum()), dtype=np.int64))
    level = similar.level[wanted]
    patterns, pattern = count_patterns(level[:, None], pairs, source, visible, rules)
    comparisons = (comparison(similar.edges),)
    u = [chance(level, float(patterns.possible.sum()))]
    model = fit(patterns, comparisons, [match_class()], u)
    weight = model.weights(patterns)[pattern]
    return _clustered(pairs, weight, pattern, patterns, model, comparisons, source, visible, rules, ties)


def _clustered(
    pairs: Pairs, weight: Floats, pattern: Ints, patterns: Patterns, model: Model,
    comparisons: tuple[Comparison, ...], source: Ints, visible: dict[str, NDArray[np.bool_]], rules: Rules, ties: Ties,
) -> Matches:  # fmt: skip
    nobody = np.zeros(0, dtype=np.int64)
    found = Matches(pairs, weight, pattern, patterns, model, comparisons, nobody, source, visible["has_name"])
    return replace(found, clusters=cluster(tied(evidence_of(found, weight), ties), one_to_one=rules.one_to_one))


def evidence_of(matches: Matches, weight: Floats) -> Evidence:
    """What clustering looks at, with the given weights of the candidate pairs."""
    pairs = matches.pairs
    apart = (APART_NAMELESS, APART_NAMED)
    return Evidence(len(matches.source), pairs.a, pairs.b, weight, matches.named, matches.source, apart)


def count_patterns(
    levels: NDArray[np.int16], pairs: Pairs, source: Ints, visible: dict[str, NDArray[np.bool_]], rules: Rules
) -> tuple[Patterns, Ints]:
    """Distinct (levels, cell) with counts, and for every pair the number of its pattern."""
    sources = int(source.max(initial=0)) + 1
    a, b = source[pairs.a], source[pairs.b]
    stratum = np.minimum(a, b) * sources + np.maximum(a, b)
    flags = np.zeros(len(pairs), dtype=np.int64)
    for bit, name in enumerate(VISIBLE):
        flags |= (visible[name][pairs.a] & visible[name][pairs.b]).astype(np.int64) << bit
    cell = stratum * 4 + flags
    rows = np.column_stack((cell, levels.astype(np.int64)))
    distinct, pattern, count = distinct_rows(rows)
    cells = np.arange(sources * sources * 4)
    return (
        Patterns(
            levels=distinct[:, 1:],
            cell=distinct[:, 0],
            count=count.astype(np.float64),
            stratum=cells // 4,
            possible=_possible_pairs(source, visible, sources, rules),
            states=distinct[:, 1:],
            of=np.arange(len(distinct)),
        ),
        pattern,
    )


def distinct_rows(rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct rows in rising order, every row's number among them, and their counts. Rows are packed if they fit."""
    lowest = rows.min(axis=0, initial=0)
    widths = [int(width) for width in rows.max(axis=0, initial=0) - lowest + 1]
    if math.prod(widths) >= 2**62:
        distinct, inverse, count = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return distinct, inverse.reshape(-1), count
    codes = np.ravel_multi_index(tuple((rows - lowest).T), widths)
    _, first, inverse, count = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    return rows[first], inverse, count


def observables(plan: Plan) -> list[Observable]:
    """What keys show, for each combination of visible bits in the order of a cell's last digit."""
    kinds = range(2 ** len(VISIBLE))
    return [observable(plan.schema, [name for bit, name in enumerate(VISIBLE) if kind >> bit & 1]) for kind in kinds]


def random_rates(batches: Sequence[Batch], plan: Plan) -> list[Floats]:
    """u per comparison: the agencies' published collision rates where they tell of strangers, else the schema's."""
    rates = {tag.name: tag.collision for tag in plan.schema.tags.values()}
    for name in rates:
        published = [rate for batch in batches if (rate := _told_by_chance(batch, name))]
        if published:
            rates[name] = float(np.mean(published))
    return [_random_outcomes(each, rates, plan.schema) for each in plan.schema.comparisons]


def _told_by_chance(batch: Batch, tag: str) -> float:
    """A file's published rate, or 0.0 where its repeats and siblings may explain it: the schema's is better then."""
    rate = batch.header.collisions.get(tag, 0.0)
    return rate if rate * batch.header.records >= CHANCE_PARTNERS else 0.0


def _random_outcomes(each: Comparison, rates: dict[str, float], schema: Schema) -> Floats:
    if each.random:
        return np.array([*each.random, max(1.0 - sum(each.random), FLOOR)])
    per_level = [sum(rates[tag] for tag in _widest(level.tags, schema)) for level in each.levels]
    if each.kind == "joint":
        return random_subsets(per_level)
    reached = [schema.closure(level.tags) for level in each.levels]
    above = [
        [better for better in range(number) if not reached[better].isdisjoint(level.tags)]
        for number, level in enumerate(each.levels)
    ]
    return random_levels(per_level, above)


def _widest(tags: Sequence[str], schema: Schema) -> list[str]:
    """The tags that imply no other of them: whoever agrees on one agrees on one of these."""
    return [tag for tag in tags if schema.closure([tag]).isdisjoint(other for other in tags if other != tag)]


def _possible_pairs(source: Ints, visible: dict[str, NDArray[np.bool_]], sources: int, rules: Rules) -> Floats:
    """Number of record pairs per cell, from the counts of each combination of visible bits in each source."""
    bits = sum((visible[name].astype(np.int64) << bit for bit, name in enumerate(VISIBLE)), np.zeros_like(source))
    count = np.bincount(source * 4 + bits, minlength=sources * 4).reshape(sources, 4).astype(np.float64)
    possible = np.zeros(sources * sources * 4)
    for a in range(sources):
        for b in range(a, sources):
            if a == b and (not rules.within_sources or rules.one_to_one):
                continue
            for x in range(4):
                for y in range(4):
                    pairs = count[a, x] * count[b, y]
                    if a == b:
                        pairs = count[a, x] * (count[a, y] - (x == y)) / 2
                    possible[(a * sources + b) * 4 + (x & y)] += pairs
    return possible


def key_columns(batches: Sequence[Batch], plan: Plan) -> Iterator[KeyColumn]:
    """Per key type of the plan, views of all batches' keys."""
    for key_type in plan.schema.key_types:
        parts = [part for batch in batches for part in batch.key_parts(key_type.name)]
        yield [part.view(np.uint64).reshape(len(part), key_type.slots, KEY_BYTES // 8) for part in parts]


def _check(batches: Sequence[Batch], plan: Plan) -> None:
    if not batches:
        raise BatchError("no batch to match")
    for batch in batches:
        check_batch(batch, plan)
        if batch.header.secret != batches[0].header.secret:
            raise FingerprintError(
                f"{batch.path}: encoded under another linkage secret than {batches[0].path}",
                hint="all custodians of one project and epoch share one secret",
            )
