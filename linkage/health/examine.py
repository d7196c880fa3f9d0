"""Examine one batch: measure, judge, report; and refuse one that fails, naming its source and the checks.

Custodian and linkage unit call the same function, the custodian with figures of its own. It writes nothing.

May touch: disk (the schema's reference table)
Sees:      one batch
"""

from __future__ import annotations

from typing import Final

from linkage.encoded import Batch
from linkage.errors import HealthError, SchemaError
from linkage.floor import Leak, Reference, leaks, total
from linkage.health.measures import Progress, measure_batch
from linkage.health.own_figures import Leakage, OwnFigures
from linkage.health.report import Form, HealthReport, KeyTypeFloor, PlanFigures
from linkage.health.verdict import failed, judge
from linkage.plan import Plan
from linkage.reference import load_reference, reference_from
from linkage.schema import Schema

MOST_NAMED: Final = 4
"""Key types, and tags, that a message names."""


def examine(
    batch: Batch,
    plan: Plan,
    date: str,
    own: OwnFigures | None = None,
    progress: Progress = lambda done, total: None,
    *,
    is_whole: bool = True,
) -> HealthReport:
    """The health report of a batch under the plan; with `own`, the custodian's form. Never raises for a bad batch.

    `is_whole` as in `verdict.judge`.
    """
    found = reference_leaks(plan)
    measures = measure_batch(batch, plan, progress)
    checks = judge(measures, batch.header, plan, total(found) if found else None, own, is_whole=is_whole)
    form: Form = "unit" if own is None else "custodian"
    return HealthReport(batch.header.source, date, form, _figures(plan, found), measures, checks, own)


def refuse_unhealthy(report: HealthReport) -> None:
    """Raise HealthError for a report with a failed check; the message has titles of checks, never a value."""
    found = failed(report.checks)
    if found:
        titles = ", ".join(f"{check.name} ({check.rule.title.en})" for check in found)
        count = "a check" if len(found) == 1 else f"{len(found)} checks"
        leakage = report.own.leakage if report.own is not None else None
        if leakage is not None and not leakage.fits:
            titles += _culprits(leakage)
        remedies = dict.fromkeys(check.rule.remedy.en for check in found)
        raise HealthError(
            f"source {report.source}: the encoded batch fails {count} of its health report: {titles}",
            hint=" ".join(remedies),
        )


def _culprits(leakage: Leakage) -> str:
    """The key types that leak most, and the tags on which the file agrees more often than the reference."""
    worst = sorted(leakage.key_types, key=lambda one: -one.measured)[:MOST_NAMED]
    named = f"; most through the key types {', '.join(one.name for one in worst)}"
    tags = ", ".join(list(leakage.raised_tags)[:MOST_NAMED])
    return named + (f"; its records agree too often on the tags {tags}" if tags else "")


def reference_leaks(plan: Plan) -> tuple[Leak, ...]:
    """N·2^−H2 of each of the plan's key types by the schema's reference; empty for the CLK scheme."""
    if plan.scheme != "match-keys":
        return ()
    return leaks(plan.schema.key_types, plan.schema, plan.reference or reference_of(plan.schema), plan.population)


def reference_of(schema: Schema) -> Reference:
    """The reference table shipped with a schema; its own collision rates for a schema of the project's own."""
    try:
        return load_reference(schema.name, schema)
    except SchemaError:
        return reference_from({}, schema, schema.name)


def _figures(plan: Plan, found: tuple[Leak, ...]) -> PlanFigures:
    keys = plan.scheme == "match-keys"
    return PlanFigures(
        schema=plan.schema.name,
        scheme=plan.scheme,
        population=plan.population,
        fingerprint=plan.fingerprint,
        normaliser=plan.normaliser,
        slots=plan.schema.slots if keys else 0,
        key_types=tuple(KeyTypeFloor(one.key_type.name, one.key_type.slots, one.bits, one.strangers) for one in found),
        floor=total(found) if keys else None,
        filter_bits=None if keys else plan.clk_bits,
        diffusion=None if keys else plan.diffusion,
    )
