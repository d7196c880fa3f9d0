"""The encoder's check: does a file leak more than the plan allows? Own data raise the estimate, never lower it.

1. How often strangers of the file agree on each tag, held against the reference table: where they agree beyond chance
   more often, the tag's rate is raised. Dates are judged within a year of birth, since a file may cover few years;
   rates that fall with the population are judged per child, since a file may cover one village.
2. How often they share a key of each type, held against what the file's own rates foretell: where fields agree
   together more often than apart (one small group with its own names and days), the key type is raised.
3. Σ N·2^-H2 with what was raised, and its upper 95 % limit. If that exceeds the floor, the file is refused.

A small file raises nothing that chance explains, and is not refused for being small. No value leaves this module.

May touch: nothing
Sees:      tags, as numbers
Spec:      contracts section 2 (H2 and the floor)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Final

import numpy as np

from linkage.encoding.strangers import Count, Strangers, find_strangers, group_sizes
from linkage.encoding.tag_columns import TagColumn
from linkage.floor import FLOOR, Rate, Reference, key_rate
from linkage.plan import Plan
from linkage.schema import KeyType, Schema

BEYOND_CHANCE: Final = 4.0  # standard deviations; some sixty figures of each file are tested
UPPER_95: Final = 1.645


@dataclass(frozen=True, slots=True)
class KeyLeakage:
    """One key type in one file: its `occurrences`, and of `compared_pairs` pairs of records how many strangers share
    a key. 0 compared pairs: the key type holds a household tag, so that who shares one may be kin."""

    key_type: str
    occurrences: int
    agreeing_pairs: int
    compared_pairs: int
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What strangers of one file share: per tag and per key type."""

    records: int
    tags: Mapping[str, Count]
    key_types: tuple[KeyLeakage, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Σ N·2^-H2 by the reference, with own data, and its upper 95 % limit; what was raised, as factors, worst first.

    `strangers`: per key type of the plan, N·2^-H2 with own data.
    """

    reference: float
    estimate: float
    upper: float
    allowed: float
    tags: Mapping[str, float]
    key_types: Mapping[str, float]
    strangers: Mapping[str, float] = field(repr=False)

    @property
    def fits(self) -> bool:
        return self.upper <= self.allowed


def measure_leakage(columns: Mapping[str, TagColumn], schema: Schema, reference: Reference) -> Measured:
    """Count the strangers of n records who agree, per tag and key type; linear in the records but for sorting."""
    people = find_strangers(columns, reference)
    tags = {tag: people.count([tag]) for tag in columns}
    return Measured(people.records, tags, tuple(_measure_key(people, schema, reference, k) for k in schema.key_types))


def check_leakage(measured: Measured, plan: Plan, reference: Reference, allowed: float = FLOOR) -> Verdict:
    """Hold a file's measures against the plan's floor. `allowed` is the floor."""
    before = _strangers(plan, reference)
    rates = _raised_rates(measured, reference)
    raised = reference.raised({tag: rate for tag, (rate, _, _) in rates.items()})
    factors = _raised_keys(measured, plan, reference)
    after = _strangers(plan, raised)
    found = {name: value * factors[name][0] if name in factors else value for name, value in after.items()}
    estimate = max(sum(found.values()), _inside(measured))
    doubts = [found[name] * relative for name, (_, relative) in factors.items()]
    for tag, (rate, relative, _) in rates.items():
        higher = _strangers(plan, raised.raised({tag: _scaled(rate, 1 + UPPER_95 * relative)}))
        doubts.append(sum(higher.values()) - sum(after.values()))
    return Verdict(
        reference=sum(before.values()),
        estimate=estimate,
        upper=estimate + sqrt(sum(doubt * doubt for doubt in doubts)),
        allowed=max(allowed, sum(before.values())),
        tags={tag: factor for tag, (_, _, factor) in sorted(rates.items(), key=lambda each: -each[1][2])},
        key_types={name: factor for name, (factor, _) in sorted(factors.items(), key=lambda each: -each[1][0])},
        strangers=found,
    )


def _measure_key(people: Strangers, schema: Schema, reference: Reference, key_type: KeyType) -> KeyLeakage:
    occurrences = int(group_sizes(people.columns, key_type.tags).sum())
    if set(key_type.tags) & set(reference.household) or reference.identifier in key_type.tags:
        return KeyLeakage(key_type.name, occurrences, 0, 0)
    comparable = people.records
    if reference.tells_a_child(schema.closure(key_type.tags)):  # only identifiers can say that two who share it are two
        identifier = people.columns.get(reference.identifier)
        comparable = int((np.diff(identifier.indptr) > 0).sum()) if identifier is not None else 0
    found = people.count(key_type.tags)
    return KeyLeakage(key_type.name, occurrences, round(found.pairs), comparable * (comparable - 1) // 2, found.spread)


def _raised_rates(measured: Measured, reference: Reference) -> dict[str, tuple[Rate, float, float]]:
    """Tags on which strangers agree beyond chance more often than the reference says: new rate, its relative standard
    deviation, and the factor."""
    n = measured.records
    raised = {}
    for tag, found in measured.tags.items():
        if tag in reference.free or n < 2:
            continue
        known = reference.rates[tag]
        within = reference.within.get(tag)
        expected = n * (n - 1) / 2 * known.at(n)
        if within is not None and within in measured.tags:
            share = known.at(n) / reference.rates[within].at(n)
            expected = max(expected, measured.tags[within].pairs * share)
        if found.pairs - expected > BEYOND_CHANCE * found.spread:
            factor = found.pairs / max(expected, 1e-9)
            here = replace(known, per_child=max(2 * found.pairs / n - known.rate * n, known.per_child))
            rate = here if known.per_child else _scaled(known, factor)
            raised[tag] = (rate, found.spread / found.pairs, factor)
    return raised


def _raised_keys(measured: Measured, plan: Plan, reference: Reference) -> dict[str, tuple[float, float]]:
    """Key types that strangers share beyond chance more often than the file's own rates foretell: factor, and its
    relative uncertainty at the upper limit."""
    n = measured.records
    pairs = max(n * (n - 1) / 2, 1.0)
    own = reference.raised({tag: Rate(min(1.0, found.pairs / pairs)) for tag, found in measured.tags.items()})
    kept = {key_type.name: key_type for key_type in plan.schema.key_types}
    raised = {}
    for each in measured.key_types:
        if each.compared_pairs and each.key_type in kept:
            rate = key_rate(kept[each.key_type].tags, plan.schema, own, max(n, 1))
            expected = each.compared_pairs * rate
            if each.agreeing_pairs - expected > BEYOND_CHANCE * sqrt(each.spread**2 + expected):
                raised[each.key_type] = (
                    each.agreeing_pairs / expected,
                    UPPER_95 * each.spread / each.agreeing_pairs,
                )
    return raised


def _inside(measured: Measured) -> float:
    """Strangers that a record meets in this very file, whatever the population."""
    return 2 * sum(each.agreeing_pairs for each in measured.key_types) / max(measured.records, 1)


def _strangers(plan: Plan, reference: Reference) -> dict[str, float]:
    return {
        each.name: plan.population * key_rate(each.tags, plan.schema, reference, plan.population)
        for each in plan.schema.key_types
    }


def _scaled(rate: Rate, factor: float) -> Rate:
    return Rate(min(1.0, rate.rate * factor), rate.per_child * factor)
