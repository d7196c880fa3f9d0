"""Verb: plan for batches. The parameters that the linkage unit was told → the plan that its batches must be made under.

The unit has no project file: the operator tells it population, schema, scheme, and perhaps hands it the plan file. The
planner chooses the same key types everywhere, so nothing else is needed. Whether batches fit the plan is checked when
they are opened for matching, not here.

May touch: disk (schema, its tables, the plan file)
Sees:      nothing personal
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from linkage.errors import PlanError
from linkage.plan import Plan, diffusion_for
from linkage.plan_file import read_plan
from linkage.planner import choose
from linkage.reference import load_reference, load_worth
from linkage.schema import load_schema


def plan_for_batches(
    schema_name: str,
    scheme: Literal["match-keys", "clk"],
    population: int,
    normaliser: str,
    diffusion: int | None = None,
    plan_file: Path | None = None,
) -> Plan:
    """The plan for batches made by `normaliser`. Raises SchemaError or PlanError."""
    schema = load_schema(schema_name)
    plan = Plan(schema, scheme, population, normaliser, diffusion=diffusion or diffusion_for(population))
    if plan_file is not None:
        return read_plan(_text_of(plan_file), plan_file, schema, plan)
    if scheme == "clk":
        return plan
    chosen = choose(schema, load_reference(schema_name, schema), load_worth(schema_name), population)
    return plan.with_keys(chosen.key_types, chosen.leakage)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError.at(path, "the plan file cannot be read", hint="ask the project's operator for it") from error
