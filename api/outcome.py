"""A finished rehearsal → its five result files: links, review, clusters, and the report as JSON and HTML.

The report holds counts, weights and names of levels only; it is checked by its own types (`linkage/report/model.py`)
that no record can enter it. Where a truth is at hand (demo, benchmarks) the report shows quality as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from api.rehearsal import Rehearsal, count_sizes
from linkage.evaluation import Evaluation
from linkage.matching.cluster_pairs import LinkedPairs, linked_pairs
from linkage.matching.decide import Thresholds, for_review, stated_precision, thresholds
from linkage.matching.em import Model
from linkage.matching.weights import Floats
from linkage.report.histogram import weight_histogram
from linkage.report.model import (
    ClusterSize,
    ComparisonWeights,
    Cuts,
    FieldReading,
    KeyTypeSummary,
    LevelWeights,
    PlanSummary,
    RunReport,
    SourceSummary,
    Step,
    Totals,
    Waterfall,
    WaterfallStep,
)
from linkage.report.page import write_report
from linkage.results import write_clusters, write_pairs
from linkage.schema import Comparison

_WATERFALLS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts for the last line on the terminal, and the report."""

    records: int
    links: int
    review: int
    clusters: int
    report: RunReport


def write_outcome(rehearsal: Rehearsal, folder: Path, quality: Evaluation | None = None) -> Outcome:
    """Write all result files into an empty folder."""
    found = rehearsal.matches
    links = linked_pairs(found.clusters, found.pairs.a, found.pairs.b, found.weight)
    cuts = thresholds()
    linked = found.clusters[found.pairs.a] == found.clusters[found.pairs.b]
    wanted = for_review(found.weight, linked, cuts)
    review = LinkedPairs(found.pairs.a[wanted], found.pairs.b[wanted], found.weight[wanted])
    write_pairs(folder / "links.csv", rehearsal.naming, links)
    write_pairs(folder / "review.csv", rehearsal.naming, review)
    write_clusters(folder / "clusters.csv", rehearsal.naming, found.clusters)
    report = describe(rehearsal, links, linked, wanted, cuts, quality)
    text = json.dumps(report.to_json_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    write_report(folder / "report.html", report)
    several = int((np.bincount(found.clusters) > 1).sum())
    return Outcome(len(found.source), len(links), len(review), several, report)


def describe(
    rehearsal: Rehearsal,
    links: LinkedPairs,
    linked: np.ndarray,
    review: np.ndarray,
    cuts: Thresholds,
    quality: Evaluation | None,
) -> RunReport:
    """The report's figures."""
    found, plan = rehearsal.matches, rehearsal.plan
    project = rehearsal.project
    weights = {"link": found.weight[linked], "review": found.weight[review], "no_link": found.weight[~linked & ~review]}
    return RunReport(
        title=project.path.stem,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - the edge may look at the clock
        plan=PlanSummary(
            plan.schema.name,
            plan.scheme,
            plan.population,
            plan.fingerprint,
            project.within_sources,
            project.one_to_one,
        ),
        totals=Totals(
            len(found.source),
            len(found.pairs),
            len(links),
            int(review.sum()),
            int(found.clusters.max(initial=-1)) + 1,
            stated_precision(links.weight) if len(links) else None,
        ),
        steps=tuple(Step(name, seconds) for name, seconds in rehearsal.seconds.items()),
        sources=_sources(rehearsal),
        key_types=_key_types(rehearsal),
        comparisons=_comparisons(found.model, found.comparisons),
        cuts=Cuts(cuts.review, cuts.link),
        histogram=weight_histogram(weights),  # type: ignore[arg-type]
        waterfalls=_waterfalls(rehearsal),
        cluster_sizes=tuple(ClusterSize(size, count) for size, count in count_sizes(found.clusters) if count),
        quality=quality,
    )


def _sources(rehearsal: Rehearsal) -> tuple[SourceSummary, ...]:
    out = []
    for source in rehearsal.project.sources:
        custody = rehearsal.custody[source.name]
        fields = tuple(
            FieldReading(name, count.present, count.missing, count.unreadable)
            for name, count in custody.encoded.fields.items()
        )
        rows = custody.rows_read, custody.rows_filtered, custody.encoded.records
        out.append(SourceSummary(source.name, source.kind, *rows, fields))
    return tuple(out)


def _key_types(rehearsal: Rehearsal) -> tuple[KeyTypeSummary, ...]:
    records = max(sum(c.encoded.records for c in rehearsal.custody.values()), 1)
    out = []
    for key_type in rehearsal.plan.schema.key_types if rehearsal.plan.scheme == "match-keys" else ():
        filled = sum(c.encoded.occupied[key_type.name] for c in rehearsal.custody.values())
        share = filled / (records * key_type.slots)
        out.append(KeyTypeSummary(key_type.name, key_type.tags, key_type.slots, share))
    return tuple(out)


def _comparisons(model: Model, comparisons: tuple[Comparison, ...]) -> tuple[ComparisonWeights, ...]:
    """m and the other classes averaged over the pairs of sources, weighted by their expected matches."""
    out = []
    for number, comparison in enumerate(comparisons):
        per_class = {name: model.mean_levels(i, number) for i, name in enumerate(model.classes)}
        m = model.mean_match_levels(number)
        u = model.u[number]
        levels = tuple(
            LevelWeights(
                label=label,
                m=float(m[level]),
                u=float(u[level]),
                weight=float(np.log2(m[level] / u[level])),
                twin=float(per_class["twin"][level]) if "twin" in per_class else None,
                sibling=float(per_class["sibling"][level]) if "sibling" in per_class else None,
            )
            for level, label in enumerate(comparison.labels())
        )
        out.append(ComparisonWeights(comparison.name, levels))
    return tuple(out)


def _waterfalls(rehearsal: Rehearsal) -> tuple[Waterfall, ...]:
    """Some patterns, spread over the range of weights, each told as prior, one step a comparison, and the rivals."""
    found = rehearsal.matches
    if not len(found.patterns.count):
        return ()
    weight = found.model.weights(found.patterns)
    order = np.argsort(weight)
    heavy = order[np.argsort(-found.patterns.count[order], kind="stable")][:60]
    chosen = heavy[np.argsort(-weight[heavy])][:: max(len(heavy) // _WATERFALLS, 1)][:_WATERFALLS]
    return tuple(_waterfall(rehearsal, int(pattern), float(weight[pattern])) for pattern in chosen)


def _waterfall(rehearsal: Rehearsal, pattern: int, weight: float) -> Waterfall:
    model, patterns = rehearsal.matches.model, rehearsal.matches.patterns
    cell = int(patterns.cell[pattern])
    stratum = int(patterns.stratum[cell])
    random: Floats = patterns.possible[cell : cell + 1]
    matches = float(model.shares[model.matching, cell].sum())
    prior = float(np.log2(max(matches, 1e-9) / max(float(random[0]), 1e-9)))
    steps = []
    for number, comparison in enumerate(rehearsal.matches.comparisons):
        level = int(patterns.levels[pattern][number])
        if level < 0:
            steps.append(WaterfallStep(comparison.name, "missing", 0.0))
            continue
        factor = float(np.log2(model.match_levels(number)[stratum, level] / model.u[number][level]))
        steps.append(WaterfallStep(comparison.name, comparison.labels()[level], factor))
    rivals = weight - prior - sum(step.weight for step in steps)
    if len(model.classes) > 1:
        steps.append(WaterfallStep("twins and siblings", "other explanations", rivals))
    return Waterfall(prior, tuple(steps))
