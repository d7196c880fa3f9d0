"""Verb: examine batches. The unit's half of the health report: measure what arrives, before anything is matched.

1. Examine each batch by itself under the plan, exactly as its custodian did.
2. Refuse all of them if one fails: a failing batch harms the children in every other.

It writes nothing: the caller stores the reports.

May touch: disk (the schema's reference table)
Sees:      batches
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from linkage.encoded import Batch
from linkage.errors import HealthError
from linkage.health.examine import examine
from linkage.health.report import HealthReport
from linkage.health.verdict import failed
from linkage.plan import Plan


def examine_batches(
    batches: Sequence[Batch],
    plan: Plan,
    date: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    are_whole: bool = True,
) -> list[HealthReport]:
    """One report a batch, in their order; none is refused here. `are_whole`: no corrections were laid over them."""
    reports = []
    for done, batch in enumerate(batches, 1):
        reports.append(examine(batch, plan, date, is_whole=are_whole))
        progress(done, len(batches))
    return reports


def refuse_failing(reports: Sequence[HealthReport]) -> None:
    """Raise HealthError if any batch failed, naming every such source with its checks."""
    found = {report.source: failed(report.checks) for report in reports if not report.passed}
    if found:
        said = "; ".join(
            f"source {source} fails {', '.join(f'{check.name} ({check.rule.title.en})' for check in checks)}"
            for source, checks in found.items()
        )
        raise HealthError(f"not matched: {said}", hint="send the batch back to its custodian, who must encode it again")
