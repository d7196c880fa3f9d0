"""Rules that a stranger can apply again: was each logged decision to allow one that these rules allow?

A rule file is a closed, line-based language; what no line allows is not allowed. It reads logged facts only, so it says
whether the decision follows from what was logged, never whether what was logged is true.

    # everything after a hash at the start of a line is a comment
    allow <event> [if <condition>; <condition>; ...]

    <field> in <word> ...            actor.org actor.role actor.auth basis.law decision.policy facts.<name>
    <field> has <word>               decision.reasons
    <field> >= <n>, <field> <= <n>   output.n facts.<name>
    prev <event> [by another]        the request that this entry continues is such an entry, earlier, of the same case;
                                     `by another`: of another actor
    approvals <event> <n>            at least n of basis.approvals are such entries, earlier, allowed, of the same case,
                                     by different actors, none of them this entry's

An entry names the SHA-256 of the rules that it was decided under; it is judged by that file and no other.

May touch: nothing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from audit.entry import Entry
from audit.errors import PolicyFileError
from audit.events import EVENTS

Entries: TypeAlias = Mapping[str, Entry]
"""Earlier entries by request id."""

Condition: TypeAlias = Callable[[Entry, Entries], bool]

_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
_WORD_FIELDS = frozenset({"actor.org", "actor.role", "actor.auth", "basis.law", "decision.policy"})


@dataclass(frozen=True, slots=True)
class Rules:
    """One file of rules: the SHA-256 of its bytes, and per event the alternatives, each a list of conditions."""

    sha256: str
    allows: Mapping[str, tuple[tuple[Condition, ...], ...]]

    def allow(self, entry: Entry, earlier: Entries) -> bool:
        """Whether some line allows this entry."""
        return any(all(holds(entry, earlier) for holds in line) for line in self.allows.get(entry.event, ()))


def parse_rules(data: bytes) -> Rules:
    """Read a rule file; PolicyFileError names the line and the rule of the language that it breaks."""
    allows: dict[str, tuple[tuple[Condition, ...], ...]] = {}
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise PolicyFileError("rules: not ASCII") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            event, conditions = _read_line(line)
        except PolicyFileError as error:
            raise PolicyFileError(f"rules line {number}: {error}") from None
        allows[event] = (*allows.get(event, ()), conditions)
    return Rules(sha256(data).hexdigest(), allows)


def _read_line(line: str) -> tuple[str, tuple[Condition, ...]]:
    head, condition, rest = line.partition(" if ")
    words = head.split()
    if len(words) != 2 or words[0] != "allow":
        raise PolicyFileError("not of the form: allow <event> [if ...]")
    event = _event(words[1])
    if "decision" not in EVENTS[event].needs | EVENTS[event].takes:
        raise PolicyFileError("an event that holds no decision")
    return event, tuple(_condition(event, part.split()) for part in rest.split(";")) if condition else ()


def _condition(event: str, words: list[str]) -> Condition:
    match words:
        case ["prev", name]:
            return _continues(_event(name), by_another=False)
        case ["prev", name, "by", "another"]:
            return _continues(_event(name), by_another=True)
        case ["approvals", name, count] if _NUMBER.fullmatch(count):
            return _is_approved(_event(name), int(count))
        case ["decision.reasons", "has", word]:
            return lambda entry, _: entry.decision is not None and word in entry.decision.reasons
        case [field, "in", *allowed] if allowed and (field in _WORD_FIELDS or _is_fact(event, field)):
            return lambda entry, _: _value(entry, field) in allowed
        case [field, ">=" | "<=" as order, count] if _NUMBER.fullmatch(count):
            if field != "output.n" and not _is_fact(event, field):
                raise PolicyFileError("a field that is no number of this event")
            return _is_within(field, order, int(count))
    raise PolicyFileError("a condition that the language does not know")


def _event(name: str) -> str:
    if name not in EVENTS:
        raise PolicyFileError("an event that the vocabulary does not know")
    return name


def _is_fact(event: str, field: str) -> bool:
    return field.startswith("facts.") and field.removeprefix("facts.") in EVENTS[event].facts


def _value(entry: Entry, field: str) -> object:
    """The value of a field, None when the entry has no such part."""
    owner, _, name = field.partition(".")
    if owner == "facts":
        return entry.facts.get(name)
    return getattr(getattr(entry, owner), name, None)


def _is_within(field: str, order: str, bound: int) -> Condition:
    def holds(entry: Entry, _: Entries) -> bool:
        value = _value(entry, field)
        return type(value) is int and (value >= bound if order == ">=" else value <= bound)

    return holds


def _continues(event: str, *, by_another: bool) -> Condition:
    def holds(entry: Entry, earlier: Entries) -> bool:
        prev = earlier.get(entry.prev or "")
        return (
            prev is not None
            and prev.event == event
            and prev.case == entry.case
            and not (by_another and prev.actor.pseudonym == entry.actor.pseudonym)
        )

    return holds


def _is_approved(event: str, least: int) -> Condition:
    def holds(entry: Entry, earlier: Entries) -> bool:
        named = entry.basis.approvals if entry.basis else ()
        found = [earlier[request] for request in named if request in earlier]
        people = {one.actor.pseudonym for one in found if one.event == event and _is_allowed(one, entry.case)}
        return len(people - {entry.actor.pseudonym}) >= least

    return holds


def _is_allowed(entry: Entry, case: str | None) -> bool:
    return entry.case == case and entry.decision is not None and entry.decision.outcome == "allow"
