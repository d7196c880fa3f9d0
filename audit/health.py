"""How a log stands: sizes at each stage, who witnessed when, what is wrong; and the gap that stops acts.

Everything is read from the database and the published folder, so that each process of a service says the same. A gap
is the time since the quorum of the policy last cosigned, by the witnesses' own clocks and signatures.

May touch: database and disk (through the caller's log)
Sees:      hashes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.keys import Verifier
from audit.log import Log
from audit.note import OpenedNote, open_note, split_note
from audit.policy import Policy
from audit.publish import CHECKPOINT


@dataclass(frozen=True, slots=True)
class WitnessHealth:
    """One witness: the size that it cosigned last, how far that is behind the log, when it said so (POSIX seconds)."""

    name: str
    size: int
    lag: int
    cosigned_at: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """`fault` and `publishing_fault` are words of the log's own, safe to show; None when nothing is wrong."""

    origin: str
    size: int
    signed: int
    cosigned: int
    published: int
    witnesses: tuple[WitnessHealth, ...]
    gap_s: int | None
    """Seconds since the last quorum; None when there was none yet, 0 when the policy asks for none."""
    is_witnessed: bool
    """Is the gap short enough for acts that demand witnesses?"""
    read_only: str | None
    fault: str | None
    publishing_fault: str | None

    @property
    def takes_entries(self) -> bool:
        return self.read_only is None and self.fault is None

    def to_json(self) -> dict[str, object]:
        """For a health page or a metrics endpoint."""
        return asdict(self) | {"takes_entries": self.takes_entries}


def health_of(
    log: Log,
    published: Path,
    keys: Sequence[Verifier],
    policy: Policy | None,
    now: float,
    longest_gap_s: float,
    publishing_fault: str | None = None,
) -> Health:
    """Look at everything once. `keys` are the log's own."""
    size, signed, cosigned = log.head().size, log.checkpoint().size, log.checkpoint("cosigned")
    gap = gap_of(cosigned.note, keys, policy, now)
    return Health(
        log.store.origin,
        size,
        signed,
        cosigned.size,
        _shown(published, keys),
        _witnesses(cosigned.note, size, keys, policy),
        gap,
        gap is not None and gap <= longest_gap_s,
        str(log.read_only) if log.read_only else None,
        str(log.fault) if log.fault else None,
        publishing_fault,
    )


def gap_of(note: bytes, keys: Sequence[Verifier], policy: Policy | None, now: float) -> int | None:
    """Seconds since a quorum of witnesses signed: the age of the oldest line that the quorum cannot do without."""
    if policy is None or policy.quorum is None:
        return 0
    opened = _opened(note, keys, policy)
    if opened is None:
        return None
    signed: set[Verifier] = set()
    for line in sorted(opened.signatures, key=lambda line: line.timestamp or 0, reverse=True):
        signed.add(line.verifier)
        if policy.is_satisfied(signed):
            return max(0, int(now) - (line.timestamp or 0))
    return None


def _opened(note: bytes, keys: Sequence[Verifier], policy: Policy) -> OpenedNote | None:
    return _verified(note, frozenset({*keys, *(known.key for known in policy.witnesses)}))


@lru_cache(maxsize=16)
def _verified(note: bytes, trusted: frozenset[Verifier]) -> OpenedNote | None:
    """The same note is asked for by every act that demands witnesses, until the next one is there."""
    try:
        return open_note(note, set(trusted)) if note else None
    except AuditError:
        return None


def _witnesses(note: bytes, size: int, keys: Sequence[Verifier], policy: Policy | None) -> tuple[WitnessHealth, ...]:
    if policy is None:
        return ()
    opened = _opened(note, keys, policy)
    times = {line.verifier: line.timestamp for line in opened.signatures} if opened else {}
    cosigned = Checkpoint.parse(opened.text).size if opened else 0
    found = []
    for known in policy.witnesses:
        seen = cosigned if known.key in times else 0
        found.append(WitnessHealth(known.name, seen, size - seen, times.get(known.key)))
    return tuple(found)


def _shown(published: Path, keys: Sequence[Verifier]) -> int:
    try:
        note = (published / CHECKPOINT).read_bytes()
        open_note(note, keys)
        return Checkpoint.parse(split_note(note)[0]).size
    except (OSError, AuditError):
        return 0
