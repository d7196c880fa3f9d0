"""Measures → checks: each passed, failed or not measurable, by the limits of the closed list (`limits.py`).

Deterministic: the same batch, plan and figures give the same verdict. It measures nothing and refuses nothing; whoever
asks decides what a failure stops.

May touch: nothing
Sees:      measures
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from linkage.encoded import Header
from linkage.floor import FLOOR
from linkage.health import limits
from linkage.health.bit_patterns import BitPatterns
from linkage.health.key_graph import KeyGraph
from linkage.health.limits import RULES, Rule, Sentence
from linkage.health.measures import BatchMeasures
from linkage.health.own_figures import PUBLISH_FROM, STATED, Margin, OwnFigures, rounded_up
from linkage.health.record_shapes import worst
from linkage.health.similarities import Similarities
from linkage.health.tails import chi_square_quantile
from linkage.margin import SAFETY, critical_correlation
from linkage.plan import Plan, diffusion_for

Outcome = Literal["passed", "failed", "not measurable"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its outcome; `measured` is at most (`at_least`: at least) `limit` when it passed."""

    rule: Rule
    outcome: Outcome
    measured: float | None
    limit: float
    reason: Sentence
    at_least: bool = False

    @property
    def name(self) -> str:
        return self.rule.name


def judge(
    measures: BatchMeasures,
    header: Header,
    plan: Plan,
    floor: float | None,
    own: OwnFigures | None = None,
    *,
    is_whole: bool = True,
) -> tuple[Check, ...]:
    """All checks that the scheme and the form call for; `floor` is Σ N·2^−H2 of the plan by reference.

    `is_whole`: one file as its custodian encoded it, which states its figures; not one with corrections laid over it.
    """
    found = [*_parameters(measures, header, plan, floor), *_shapes(measures, plan)]
    if measures.graph is not None:
        found += _sharing(measures, measures.graph, plan)
    if measures.bits is not None and measures.similar is not None:
        found += _bits(measures.bits, measures.similar)
    if own is not None:
        found += _own(own, measures.records, plan)
    else:
        found.append(_stated(header, plan, is_whole=is_whole))
    return tuple(found)


def failed(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Those that failed."""
    return tuple(check for check in checks if check.outcome == "failed")


def _check(
    name: str, measured: float | None, limit: float, missing: Sentence = limits.TOO_FEW, *, at_least: bool = False
) -> Check:
    rule = RULES[name]
    if measured is None or math.isnan(measured):
        return Check(rule, "not measurable", None, limit, missing, at_least)
    good = measured >= limit if at_least else measured <= limit
    return Check(rule, "passed" if good else "failed", measured, limit, rule.reason, at_least)


def _parameters(measures: BatchMeasures, header: Header, plan: Plan, floor: float | None) -> Iterator[Check]:
    yield _check("same_parameters", 0 if measures.same_parameters else 1, 0)
    extra = measures.missing_columns + measures.foreign_columns + measures.empty_cells
    yield _check("planned_columns_only", extra, 0)
    yield _check("header_says_little", _telling(header, plan), 0)
    if plan.scheme == "match-keys":
        yield _check("floor_by_reference", floor, FLOOR)
    else:
        yield _check("diffusion_for_population", plan.diffusion, diffusion_for(plan.population), at_least=True)


def _shapes(measures: BatchMeasures, plan: Plan) -> Iterator[Check]:
    look = measures.shapes
    if measures.missing_columns:
        return
    if plan.scheme == "match-keys":
        yield _check("slots_filled", look.zero_keys, 0)
        yield _check("no_repeats_in_record", look.repeated_keys, 0)
        yield _check("keys_look_random", look.bit_z, limits.BIT_Z)
        yield _check("slots_even", None if look.slot_excess is None else max(0.0, look.slot_excess), limits.SLOT_EXCESS)
    order = worst((look.visible_order_z, look.key_order_z, look.near_z))
    yield _check("rows_unordered", order, limits.ORDER_Z)


def _sharing(measures: BatchMeasures, graph: KeyGraph, plan: Plan) -> Iterator[Check]:
    largest = max((one.largest for one in measures.frequencies), default=0)
    yield _check("largest_group", largest, _largest_group(measures.records))
    yield _check("largest_component", graph.largest_component, limits.LARGEST_COMPONENT)
    enough = graph.implied >= limits.FEWEST_IMPLIED
    yield _check("agreements_consistent", graph.contradicted / graph.implied if enough else None, limits.CONTRADICTED)
    yield _check("chance_neighbours", _surely_by_chance(graph, plan.population), FLOOR)


def _bits(bits: BitPatterns, similar: Similarities) -> Iterator[Check]:
    luck = 1 / math.sqrt(max(bits.records, 1))
    yield _check("filters_unique", bits.largest, _largest_group(bits.records))
    if bits.records < limits.FEWEST_FILTERS:
        for name in ("fill_even", "bits_even", "bits_independent", "weights_even"):
            yield _check(name, None, 0)
    else:
        yield _check("fill_even", abs(bits.fill - 0.5), 0.02 + 0.08 * luck)
        yield _check("bits_even", max(bits.high - 0.5, 0.5 - bits.low), 0.05 + 2.5 * luck)
        yield _check("bits_independent", bits.together, 0.03 + 1.25 * bits.together_by_chance)
        yield _check("weights_even", bits.weight_spread, 1.3 + 2 * luck)
    yield _check(
        "similarity_is_noise", None if similar.excess is None else max(0.0, similar.excess), 0.02 + 15 * luck**2
    )
    yield _check("islands_small", similar.island, _largest_group(bits.records))


def _stated(header: Header, plan: Plan, *, is_whole: bool) -> Check:
    """What only the custodian can measure. A file that may state it and does not hides it, and fails."""
    if plan.scheme == "match-keys":
        check = _check("stated_floor", header.health.get("floor"), FLOOR, limits.NOT_STATED)
    else:  # it is stated to one digit, rounded up, and so is the limit
        limit = rounded_up(SAFETY * critical_correlation(plan.population))
        check = _check("stated_margin", header.health.get("rho"), limit, limits.NOT_STATED)
    if check.measured is None and is_whole and header.records >= PUBLISH_FROM:
        return replace(check, outcome="failed", reason=check.rule.reason)
    return check


def _own(own: OwnFigures, records: int, plan: Plan) -> Iterator[Check]:
    if plan.scheme == "match-keys":
        yield _own_floor(own)
    elif own.margin is not None:
        yield from _margin(own.margin, records)
    yield _check("source_order_hidden", own.source_order_z, limits.ORDER_Z)
    if own.attacks:
        over = max(attack.identified - attack.chance for attack in own.attacks)
        yield _check("attacks_fail", max(0.0, over), limits.ATTACKED)
    if own.reproduced is not None:
        yield _check("encodes_again", 0 if own.reproduced else 1, 0)
    if own.key_days is not None:
        yield _check("key_age", own.key_days, limits.KEY_DAYS)


def _margin(margin: Margin, records: int) -> Iterator[Check]:
    yield _check("fill_before_diffusion", abs(margin.fill - 0.35), 0.10)
    yield _check("margin_correlation", margin.rho, margin.allowed)
    yield _check("margin_degree", margin.degree, 1.0)
    follows = margin.weight_correlation
    yield _check("length_hidden", None if follows is None else abs(follows), 0.1 + 4 / math.sqrt(max(records, 1)))


def _own_floor(own: OwnFigures) -> Check:
    """The encoder decides, with more than the one figure that is shown."""
    leakage = own.leakage
    if leakage is None:
        return _check("floor_by_own_data", None, FLOOR)
    check = _check("floor_by_own_data", leakage.upper, leakage.allowed)
    return Check(check.rule, "passed" if leakage.fits else "failed", leakage.upper, leakage.allowed, check.reason)


def _largest_group(records: int) -> int:
    """Half of a small file at most; small files may be about one family."""
    return limits.LARGEST_GROUP if records < 10 else min(limits.LARGEST_GROUP, max(5, records // 2))


def _surely_by_chance(graph: KeyGraph, population: int) -> float:
    """Chance neighbours per child at N, lower 95 % limit, after an allowance for one child's records that differ."""
    pairs = graph.by_chance - limits.UNLIKE_RECORDS * graph.children
    if pairs <= 0 or not graph.children:
        return 0.0
    return float(chi_square_quantile(0.05, 2 * pairs) / graph.children * population / graph.children)


def _telling(header: Header, plan: Plan) -> int:
    """Figures of the header that have no place there, are not rounded, or that a file so small may not state."""
    said = (*header.collisions.values(), *header.health.values())
    if header.records < PUBLISH_FROM:
        return len(said)
    foreign = len(set(header.collisions) - set(plan.schema.tags)) + len(set(header.health) - STATED)
    return foreign + sum(float(f"{value:.1e}") != float(value) for value in said)
