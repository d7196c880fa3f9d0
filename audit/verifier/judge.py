"""Every decision of a proven log judged again, by the rules that it says it was decided under.

Whether the log itself is sound is audit.verifier.whole_log's affair and comes first. Refusals are not judged: refusing
too much harms no sealed record.

May touch: nothing (reads through the source it is given)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.entry import Entry, read
from audit.errors import MissingError, RuleError
from audit.events import Outcome
from audit.verifier.read_again import proven_entries
from audit.verifier.rules import Rules
from audit.verifier.sources import Source
from audit.verifier.whole_log import Proven


@dataclass(frozen=True, slots=True)
class Judged:
    """Decisions read, and how many of them allowed something (in full or in part)."""

    decisions: int
    allowed: int


def judge_log(source: Source, proven: Proven, rules: Sequence[Rules]) -> Judged:
    """Judge the decisions of a proven log.

    Raises RuleError for the first one that its rules do not allow; MissingError when some were decided under rules that
    were not given, after all others have been judged.
    """
    return judge_entries(proven_entries(source, proven), {one.sha256: one for one in rules})


def judge_entries(entries: Iterator[tuple[int, bytes]], rules: Mapping[str, Rules]) -> Judged:
    """The same over (index, bytes) in the order of the log, rules by the SHA-256 of their file."""
    earlier: dict[str, Entry] = {}
    decisions = allowed = 0
    unjudged: int | None = None
    for index, data in entries:
        entry = read(data)
        if entry.req in earlier:  # conditions look requests up by their id: a second one could stand in for the first
            raise RuleError(f"entry {index}: its request id is that of an earlier entry")
        if entry.decision is not None:
            decisions += 1
            if entry.decision.outcome is not Outcome.DENY:
                allowed += 1
                book = rules.get(entry.decision.policy_sha256)
                if book is None:
                    unjudged = index if unjudged is None else unjudged
                elif not book.allow(entry, earlier):
                    raise RuleError(f"entry {index}: {entry.event} was allowed, the rules do not allow it")
        earlier[entry.req] = entry
    if unjudged is not None:
        raise MissingError(f"entry {unjudged}: decided under rules that are not among those given")
    return Judged(decisions, allowed)
