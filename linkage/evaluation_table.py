"""Lay an Evaluation out as a terminal table; it computes nothing, and printing is the caller's.

May touch: nothing
Sees:      counts and names of strata
"""

from __future__ import annotations

from rich import box
from rich.table import Table

from linkage.evaluation import Evaluation, PairScores

UNDEFINED = "–"
"""Shown for a score without a denominator: 0 would read as failure, 1 as success."""


def evaluation_table(evaluation: Evaluation) -> Table:
    """One row per way of counting: pairs across sources, within, all; B-cubed; then one row per stratum."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left")
    table.title = f"{evaluation.records:,} records, {evaluation.entities:,} entities"
    table.caption = _caption(evaluation)
    table.add_column("counted over")
    for heading in ("precision", "recall", "F1", "true pairs", "found", "correct"):
        table.add_column(heading, justify="right")
    table.add_row("pairs across sources", *_pair_cells(evaluation.across))
    table.add_row("pairs within sources", *_pair_cells(evaluation.within))
    table.add_row("all pairs", *_pair_cells(evaluation.all))
    bcubed = evaluation.bcubed
    table.add_row("B-cubed", *map(_score, (bcubed.precision, bcubed.recall, bcubed.f1)), "", "", "")
    if evaluation.strata:
        table.add_section()
    for stratum in evaluation.strata:
        label = f"pairs touching {stratum.stratum} ({stratum.records:,} records)"
        table.add_row(label, *_pair_cells(stratum.pairs))
    return table


def _caption(evaluation: Evaluation) -> str:
    clusters = f"{evaluation.clusters:,} clusters"
    if not evaluation.repeated:
        return clusters
    return f"{clusters}; {evaluation.repeated:,} rows named a pair again and were counted once"


def _pair_cells(pairs: PairScores) -> tuple[str, ...]:
    scores = (_score(pairs.precision), _score(pairs.recall), _score(pairs.f1))
    return (*scores, f"{pairs.true:,}", f"{pairs.found:,}", f"{pairs.correct:,}")


def _score(score: float | None) -> str:
    return UNDEFINED if score is None else f"{score:.4f}"
