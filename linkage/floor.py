"""The entropy floor: what a set of key types leaks about children of different families, at a given population.

A key type's rate is P(two children of different families share a key of it) = 2^-H2; its leakage is N · 2^-H2, the
strangers that a child meets through it. The floor is that leakages sum to at most `FLOOR`. Rates follow from a
schema's reference table: fields vary independently except where the table says how much more often they agree
together. It measures no file (`encoding/leakage.py` does) and chooses nothing (`planner.py` does).

May touch: nothing
Sees:      nothing personal
Spec:      contracts section 2; match-keys.md section 5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import log2, prod
from typing import Final

from linkage.schema import KeyType, Schema

FLOOR: Final = 0.2
"""Largest sum of leakages: below it the graph of strangers stays in small pieces (match-keys.md section 5)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """P(two children of different families agree): `rate` anywhere, and `per_child` others however many there are."""

    rate: float
    per_child: float = 0.0

    def at(self, population: float) -> float:
        """The probability among so many children, at most 1."""
        return min(1.0, self.rate + self.per_child / population)


@dataclass(frozen=True, slots=True)
class Commonest:
    """How many records of a file may share one value: `share` of them, and `records` more.

    `takes_along`: tags whose values go with it (the days that are the first of January, whatever the year).
    """

    share: float
    records: float
    takes_along: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What is publicly known of a schema's tags.

    `groups`: tag → the group of tags that say the same thing. `rates`: tag, or several of one group joined by ".".
    `together`: two tags of different groups → how much more often they agree together than apart.

    For an agency's own file: `household`: who agrees on one of these may be family. `one_child`: tags that records of
    one child share. `identifier`: the tag that tells children apart. `most`: tag → how common a value may be. `within`:
    tag → the tag of which a file may hold few values. `free`: tags that a file may be uniform in.
    """

    household: tuple[str, ...]
    groups: Mapping[str, str]
    rates: Mapping[str, Rate]
    together: Mapping[tuple[str, str], float]
    one_child: tuple[str, ...] = ()
    identifier: str = ""
    most: Mapping[str, Commonest] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    def raised(self, rates: Mapping[str, Rate]) -> Reference:
        """The same table with these tags' rates at least so high; combinations of raised tags rise with them."""
        higher = {tag: _higher(known, rates[tag]) if tag in rates else known for tag, known in self.rates.items()}
        for name, known in self.rates.items():
            factors = [higher[tag].rate / self.rates[tag].rate for tag in name.split(".") if tag in rates]
            if name not in rates and factors:
                higher[name] = Rate(min(1.0, known.rate * max(factors)), known.per_child)
        return replace(self, rates=higher)

    def tells_a_child(self, tags: frozenset[str]) -> bool:
        """Whether records that agree on these tags count as one child's unless something speaks against it."""
        return any(tags.issuperset(each.split(".")) for each in self.one_child)


@dataclass(frozen=True, slots=True)
class Leak:
    """What one key type leaks: `strangers` = N · rate, expected strangers per child."""

    key_type: KeyType
    rate: float
    strangers: float

    @property
    def bits(self) -> float:
        """H2, the collision entropy between different families."""
        return -log2(self.rate)


def key_rate(tags: Iterable[str], schema: Schema, reference: Reference, population: float) -> float:
    """P(two children of different families share a key of these tags)."""
    groups: dict[str, list[str]] = {}
    for tag in tags:
        groups.setdefault(reference.groups[tag], []).append(tag)
    rated = sorted((_group_rate(members, reference, population), members) for members in groups.values())
    together = 1.0
    reached: list[frozenset[str]] = []
    for rate, members in rated:  # the rarest first: what mostly follows from it cannot make more than all of it
        agreeing = schema.closure(members)
        lift = prod(_lift(agreeing, other, reference.together) for other in reached)
        together *= min(1.0, rate * lift)
        reached.append(agreeing)
    return together


def leaks(key_types: Iterable[KeyType], schema: Schema, reference: Reference, population: float) -> tuple[Leak, ...]:
    """The leak of each key type among `population` children."""
    rates = ((each, key_rate(each.tags, schema, reference, population)) for each in key_types)
    return tuple(Leak(each, rate, population * rate) for each, rate in rates)


def total(found: Iterable[Leak]) -> float:
    """Σ N · 2^-H2, to be held against `FLOOR`."""
    return sum(leak.strangers for leak in found)


def _group_rate(tags: list[str], reference: Reference, population: float) -> float:
    """Tags of one group are nested or nearly so: the rarest decides, unless the table knows the combination."""
    known = (name for name in reference.rates if set(name.split(".")) <= set(tags))
    return min(reference.rates[name].at(population) for name in known)


def _higher(known: Rate, own: Rate) -> Rate:
    return Rate(max(known.rate, own.rate), max(known.per_child, own.per_child))


def _lift(a: frozenset[str], b: frozenset[str], together: Mapping[tuple[str, str], float]) -> float:
    """The strongest known dependence between two groups' agreeing tags."""
    found = [lift for (x, y), lift in together.items() if (x in a and y in b) or (x in b and y in a)]
    return max(found, default=1.0)
