"""What only the custodian can measure of its own file, for the health report: reading, common values, source order.

File-wide shares alone leave this module, rounded before they do. The entropy floor on own data (`leakage.py`) and the
margin of filters (`linkage/margin.py`) are measured elsewhere and handed over.

May touch: nothing
Sees:      tags
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from linkage.encoding.leakage import check_leakage, measure_leakage
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import TaggedRecords
from linkage.health.bit_patterns import Filters
from linkage.health.examine import reference_of
from linkage.health.own_figures import (
    FieldFigures,
    KeyTypeLeakage,
    Leakage,
    Margin,
    OwnFigures,
    TagFigures,
    rounded,
    rounded_up,
    two_digits,
)
from linkage.margin import Margin as ClkMargin
from linkage.plan import Plan


def own_figures(
    tagged: TaggedRecords,
    order: NDArray[np.int64],
    plan: Plan,
    too_common: Mapping[str, int],
    margin: Margin | None = None,
) -> OwnFigures:
    """Figures of n records; `order` int64[n] says which record of the source each row of the batch holds.

    `too_common`: tag → records that lost a value because too many share it.
    """
    n = len(order)
    return OwnFigures(
        fields=tuple(
            FieldFigures(name, rounded(count.present / max(n, 1), n), rounded(count.unreadable / max(n, 1), n))
            for name, count in tagged.fields.items()
        ),
        tags=_tag_figures(tagged.tags, too_common, n),
        foreign_ids=rounded(tagged.foreign_ids / max(n, 1), n),
        source_order_z=_source_order(order),
        leakage=leakage_figures(tagged.tags, plan) if plan.scheme == "match-keys" else None,
        margin=margin,
    )


def leakage_figures(columns: Mapping[str, TagColumn], plan: Plan) -> Leakage:
    """The encoder's check of the floor on own data, as the report shows it; it refuses nothing."""
    reference = plan.reference or reference_of(plan.schema)
    measured = measure_leakage(columns, plan.schema, reference)
    verdict = check_leakage(measured, plan, reference)
    return Leakage(
        reference=verdict.reference,
        upper=two_digits(verdict.upper),
        allowed=verdict.allowed,
        fits=verdict.fits,
        key_types=tuple(
            KeyTypeLeakage(
                one.key_type,
                round(two_digits(one.agreeing_pairs)),
                round(two_digits(one.compared_pairs)),
                two_digits(verdict.strangers[one.key_type]),
            )
            for one in measured.key_types
            if one.key_type in verdict.strangers
        ),
        raised_tags={tag: rounded_up(factor) for tag, factor in verdict.tags.items()},
        raised_key_types={name: rounded_up(factor) for name, factor in verdict.key_types.items()},
    )


def margin_figures(measured: ClkMargin, plain: Filters, hidden: Filters) -> Margin:
    """The margin of filters as the report shows it; `plain` and `hidden` uint64 (n, w), before and after diffusion."""
    weights = [np.bitwise_count(each).sum(axis=1, dtype=np.int64).astype(np.float64) for each in (plain, hidden)]
    varies = len(plain) >= 20 and min(weight.std() for weight in weights) > 0
    return Margin(
        fill=measured.fill,
        rho=measured.rho_limits[0] if measured.is_measured else None,
        allowed=measured.allowed,
        critical=measured.critical if measured.is_measured else None,
        degree=measured.kin + measured.strangers_limits[0] if measured.is_measured else None,
        weight_correlation=float(np.corrcoef(*weights)[0, 1]) if varies else None,
    )


def _tag_figures(columns: Mapping[str, TagColumn], too_common: Mapping[str, int], n: int) -> tuple[TagFigures, ...]:
    """Tags that nobody has are left out."""
    found = []
    for name, column in columns.items():
        having = int((np.diff(column.indptr) > 0).sum())
        lost = too_common.get(name, 0)
        if having or lost:
            commonest = int(np.bincount(column.codes, minlength=1).max())
            shares = having / n, commonest / max(having, 1), lost / n
            found.append(TagFigures(name, *(rounded(share, n) for share in shares)))
    return tuple(found)


def _source_order(order: NDArray[np.int64]) -> float | None:
    """Rows in the source's order: rank correlation and rises from row to row, in standard deviations of chance."""
    n = len(order)
    if n < 20:
        return None
    place = np.arange(n) - (n - 1) / 2
    correlation = float(place @ (order - (n - 1) / 2)) / float(place @ place)
    rises = float((np.diff(order) > 0).sum()) - (n - 1) / 2
    return max(abs(correlation) * math.sqrt(n - 1), abs(rises) / math.sqrt((n + 1) / 12))
