"""A published log in forms that others read: a verified copy, OCSF JSON lines for a SIEM, CSV for people, one proof.

It reads a published folder and no database, and writes what stands there: nothing is looked up, nothing is added. The
forms carry no proof of their own, so each starts from a log that was just verified. The same log gives the same bytes.

May touch: disk (the files it is asked for)
Sees:      commitments, hashes
Spec:      OCSF 1.5 API Activity (class 6003); RFC 4180; c2sp.org/tlog-proof
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from audit.entry import Entry, read
from audit.errors import MissingError
from audit.events import Outcome
from audit.merkle import inclusion_proof
from audit.proof import TlogProof
from audit.tiles import WIDTH, TileHashes, encode_bundle, hash_tiles_between, tiles_between
from audit.verifier.read_again import proven_bundle
from audit.verifier.sources import Source
from audit.verifier.stretch import read_tile
from audit.verifier.whole_log import CHECKPOINT, VKEYS, Proven

_READS: Final = frozenset({"audit.read", "register.read", "match.one", "export", "result.deliver"})
_CREATES: Final = frozenset({"batch.receive", "job.run", "record.seal", "run", "project.plan", "access.request"})
_CHANGES: Final = frozenset({"permission.change", "policy.change", "key.rotate", "register.change", "roster.change"})
_DELETES: Final = frozenset({"subject.shred", "retention.prune"})
_STATUS: Final = {Outcome.ALLOW: (1, "Success"), Outcome.DENY: (2, "Failure"), Outcome.PARTIAL: (99, "Partial")}

COLUMNS: Final = (
    "index", "time", "event", "request", "org", "role", "pseudonym", "auth", "device", "law", "outcome", "reasons",
    "policy", "case", "subject", "records", "continues", "facts",
)  # fmt: skip
"""Columns of the CSV form."""


def copy_folder(source: Source, proven: Proven, out: Path) -> int:
    """Write key list, tiles and bundles of the proven tree, and its checkpoint last; how many files.

    The log may have grown since the proof: what is written is the tree that was proven.
    """
    size = proven.head.size
    files: dict[str, Callable[[], bytes]] = {}
    files |= {tile.path: partial(read_tile, source, tile) for tile in hash_tiles_between(0, size)}
    for bundle in tiles_between(None, 0, size):
        if proven.bundles[bundle.index] is not None:
            files[bundle.path] = partial(_bundle, source, proven, bundle.index)
    files[VKEYS] = partial(source.read, VKEYS)
    files[CHECKPOINT] = lambda: proven.checkpoint
    for path, data in files.items():
        _write(out / path, data())
    return len(files)


def to_ocsf(index: int, data: bytes, origin: str) -> str:
    """One entry as an OCSF API Activity event, a line of JSON without its newline."""
    entry = read(data)
    activity, name = _activity(entry.event)
    status, word = _STATUS[entry.decision.outcome] if entry.decision else (0, "Unknown")
    event: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": name,
        "actor": {"user": {"uid": entry.actor.pseudonym, "org": {"name": entry.actor.org}, "type": entry.actor.role}},
        "api": {"operation": entry.event, "request": {"uid": entry.req}},
        "category_name": "Application Activity",
        "category_uid": 6,
        "class_name": "API Activity",
        "class_uid": 6003,
        "metadata": {
            "log_name": origin,
            "product": {"name": "Sealink", "vendor_name": "Sealink"},
            "sequence": index,
            "uid": f"{origin}/{index}",
            "version": "1.5.0",
        },
        "severity": "Informational",
        "severity_id": 1,
        "src_endpoint": {"uid": entry.actor.device},
        "status": word,
        "status_id": status,
        "time": entry.ts_ms,
        "type_name": f"API Activity: {name}",
        "type_uid": 600_300 + activity,
        "unmapped": _rest(entry),
    }
    return json.dumps(event, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def to_csv(entries: Iterator[tuple[int, bytes]]) -> Iterator[str]:
    """Lines of the CSV form, the header first, each with its line end; no cell can begin a formula."""
    yield _csv_line(COLUMNS)
    for index, data in entries:
        yield _csv_line(_row(index, read(data)))


def proof_of(source: Source, proven: Proven, index: int) -> tuple[bytes, bytes]:
    """Exact bytes of one entry and the text of its `.tlog-proof`. MissingError for one that is not there."""
    size = proven.head.size
    if not 0 <= index < size:
        raise MissingError(f"entry {index}: the log holds {size}")
    place = index // WIDTH
    entry = proven_bundle(source, proven, place)[index % WIDTH]
    hashes = TileHashes(lambda tile: read_tile(source, tile), size)
    proof = TlogProof(index, tuple(inclusion_proof(hashes, index, size)), proven.checkpoint)
    return entry, proof.to_text()


def _activity(event: str) -> tuple[int, str]:
    for number, name, events in ((1, "Create", _CREATES), (2, "Read", _READS), (3, "Update", _CHANGES)):
        if event in events:
            return number, name
    return (4, "Delete") if event in _DELETES else (99, "Other")


def _rest(entry: Entry) -> dict[str, Any]:
    """What OCSF has no place for, as it stands in the entry."""
    known = {"actor", "ts_ms", "req", "type"}
    return {name: value for name, value in entry.to_json().items() if name not in known}


def _row(index: int, entry: Entry) -> tuple[str, ...]:
    decision, actor = entry.decision, entry.actor
    facts = " ".join(f"{name}={_plain(value)}" for name, value in sorted(entry.facts.items()))
    return (
        str(index), _iso(entry.ts_ms), entry.event, entry.req, actor.org, actor.role, actor.pseudonym, actor.auth,
        actor.device, entry.basis.law if entry.basis else "", str(decision.outcome) if decision else "",
        " ".join(map(str, decision.reasons)) if decision else "", decision.policy if decision else "",
        entry.case or "", entry.subject or "", str(entry.output.n) if entry.output else "", entry.prev or "", facts,
    )  # fmt: skip


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _iso(ts_ms: int) -> str:
    """UTC with milliseconds; years beyond a calendar's end as they are."""
    try:
        when = datetime.fromtimestamp(ts_ms // 1000, UTC)
    except (OverflowError, ValueError):
        return f"{ts_ms} ms"
    return f"{when:%Y-%m-%dT%H:%M:%S}.{ts_ms % 1000:03d}Z"


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a program."""


def _csv_line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
    csv.writer(out, lineterminator="\r\n").writerow(safe)
    return out.getvalue()


def _bundle(source: Source, proven: Proven, index: int) -> bytes:
    return encode_bundle(proven_bundle(source, proven, index))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
