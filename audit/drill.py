"""Tamper with a copy of a log in every way of the list and see that each is caught: an exercise for auditors.

A tampering that nobody notices is the drill's failure. With a published log of one's own, the files of a copy of it are
changed (`tampering.py`); what needs a log's key or its database is done to a small log that the drill makes and throws
away. It changes nothing of what it is shown.

Four drills:
1. Files: entries, tiles, checkpoint, signatures, key list. The auditor's verifier must object.
2. Proofs of one entry: hash, index, another entry, a longer path. The proof's check must object.
3. History: rollback, fork, a restored backup, rows deleted or edited with the owner's rights, guards taken away, the
   database gone. The verifier with an older checkpoint, or the log itself when it starts, must object.
4. Running: the right to write revoked, the database deleted. The next append must be refused.

May touch: disk and processes' threads within a temporary folder; reads the folder it is shown
Spec:      audit.md section 7
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import event

from audit.drill_log import DrillKeys, DrillLog, append_entries, everyday_entry, publish_cosigned
from audit.errors import AuditError, MissingError
from audit.log import Log
from audit.merkle import inclusion_proof
from audit.models import create_tables
from audit.proof import TlogProof
from audit.recover import check_entries
from audit.refusals import LogUnavailableError
from audit.tampering import CHECKPOINT, NEEDS, TAMPERINGS, Overlay, Published, flip
from audit.tiles import WIDTH, TileHashes, parse_bundle
from audit.verifier.sources import Folder, Source
from audit.verifier.stretch import read_tile
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

EARLIER: Final = 300
ENTRIES: Final = 600
"""Entries of the drill's own log: enough for a full and a partial tile, and for a tile of level 1."""

Attempt = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Trial:
    """One tampering and what was said to it; `said` is None for one that nobody noticed."""

    drill: str
    tampering: str
    said: str | None

    @property
    def is_caught(self) -> bool:
        return self.said is not None


def drill_published(source: Source, trust: Trust, now: int) -> Iterator[Trial]:
    """Drills 1 and 2 on a published log that verifies. Raises `AuditError` when it does not verify to begin with."""
    proven = verify_log(source, trust, now)
    log = Published(source, proven.head.size)
    if log.size < 1:
        raise MissingError("a drill needs a log with an entry")
    for name, change in TAMPERINGS.items():
        if log.size < NEEDS.get(name, 1):
            continue
        tampered = Overlay(source, change(log))
        yield _trial("files", name, lambda tampered=tampered: verify_log(tampered, trust, now))  # type: ignore[misc]
    yield from _drill_proof(log, trust, now)


def drill_history(folder: Path, now: int) -> Iterator[Trial]:
    """Drill 3 on a log made in `folder`, which must be empty; preceded by drills 1 and 2 on the same log."""
    keys = DrillKeys.generate()
    trust = Trust(keys.verifiers)
    kept = DrillLog(folder / "kept", keys)
    kept.create()
    with kept.opened() as log:
        append_entries(log, 0, EARLIER)
        publish_cosigned(log, folder / "earlier", keys, now)
    backup = folder / "backup.sqlite"
    _copy_database(kept.database, backup)
    with kept.opened() as log:
        append_entries(log, EARLIER, ENTRIES)
        publish_cosigned(log, folder / "published", keys, now)
    yield from drill_published(Folder(folder / "published"), trust, now)
    since = (folder / "published" / CHECKPOINT).read_bytes()
    forked = _forked(folder, keys, now)
    yield _trial("history", "rollback", lambda: verify_log(Folder(folder / "earlier"), trust, now, since))
    yield _trial("history", "fork", lambda: verify_log(Folder(forked), trust, now, since))
    yield from _drill_database(folder, kept, backup)
    yield from _drill_running(folder, kept)


def _drill_proof(log: Published, trust: Trust, now: int) -> Iterator[Trial]:
    index = log.size // 2
    bundle = index // WIDTH
    entries = parse_bundle(log.source.read(log.place(None, bundle)))
    entry, neighbour = entries[index % WIDTH], entries[index % WIDTH - 1]
    hashes = TileHashes(lambda tile: read_tile(log.source, tile), log.size)
    proof = TlogProof(index, tuple(inclusion_proof(hashes, index, log.size)), log.note)
    check_proof(entry, proof.to_text(), trust, now)
    spoilt = {
        "the index of a proof": (entry, replace(proof, index=index + 1)),
        "a byte of a proven entry": (flip(entry, 9), proof),
        "a proof with a hash too many": (entry, replace(proof, hashes=(*proof.hashes, bytes(32)))),
    }
    if log.size > 1:
        spoilt |= {
            "a hash of a proof": (entry, replace(proof, hashes=(flip(proof.hashes[0], 5), *proof.hashes[1:]))),
            "the entry of another index": (neighbour, proof),
            "a proof with a hash too few": (entry, replace(proof, hashes=proof.hashes[:-1])),
        }
    for name, (shown, wrong) in spoilt.items():
        text = wrong.to_text()
        yield _trial("proof", name, lambda shown=shown, text=text: check_proof(shown, text, trust, now))  # type: ignore[misc]


def check_proof(entry: bytes, text: bytes, trust: Trust, now: int) -> None:
    """The auditor's check of a `.tlog-proof` file; raises `AuditError` when it does not hold."""
    proof = TlogProof.parse(text)
    head, _ = trust.open_checkpoint(proof.checkpoint, now)
    proof.check(entry, head)


def _forked(folder: Path, keys: DrillKeys, now: int) -> Path:
    """A log that shares the earlier entries and goes on otherwise, signed by whoever has stolen the key."""
    thief = DrillLog(folder / "fork", keys)
    thief.create()
    with thief.opened() as log:
        append_entries(log, 0, EARLIER)
        append_entries(log, EARLIER, ENTRIES, lambda number: everyday_entry(number, "school"))
        publish_cosigned(log, folder / "forked", keys, now)
    return folder / "forked"


def _drill_database(folder: Path, kept: DrillLog, backup: Path) -> Iterator[Trial]:
    """What the owner of the database can do; a start of the log, or its recount, must say so."""
    edits: dict[str, Callable[[Path], None]] = {
        "a restored backup": lambda path: _copy_database(backup, path),
        "an entry edited by the owner": lambda path: _edit(
            path, "UPDATE audit_entry SET data = CAST(replace(data, 'police', 'school') AS BLOB) WHERE idx = 7"
        ),
        "a hash edited by the owner": lambda path: _edit(
            path, "UPDATE audit_entry SET leaf = zeroblob(32) WHERE idx = 7"
        ),
        "the text of an entry put in place of its bytes": lambda path: _edit(
            path, "UPDATE audit_entry SET data = CAST(data AS TEXT) WHERE idx = 7"
        ),
        "the last entry deleted by the owner": lambda path: _edit(
            path, "DELETE FROM audit_entry WHERE idx = (SELECT max(idx) FROM audit_entry)"
        ),
        "the head set back by the owner": lambda path: _edit(path, "UPDATE audit_head SET size = size - 1"),
        "a guard of the tables taken away": lambda path: _edit(path, "", restore_guards=False),
        "the database deleted": lambda path: path.unlink(),
    }
    for number, (name, edit) in enumerate(edits.items()):
        tampered = replace(kept, folder=folder / f"tampered-{number}")
        tampered.folder.mkdir()
        _copy_database(kept.database, tampered.database)
        shutil.copy(kept.folder / "memory", tampered.folder / "memory")
        edit(tampered.database)
        yield _trial("history", name, lambda tampered=tampered: _start(tampered))  # type: ignore[misc]


def _drill_running(folder: Path, kept: DrillLog) -> Iterator[Trial]:
    """What is done to a log while it runs: the next append must be refused, so that nothing is released for it."""
    harms: dict[str, Callable[[Log], None]] = {
        "the right to write revoked": _revoke,
        "the database deleted under a running log": lambda log: Path(str(log.store.engine.url.database)).unlink(),
    }
    for number, (name, harm) in enumerate(harms.items()):
        harmed = replace(kept, folder=folder / f"harmed-{number}")
        harmed.folder.mkdir()
        _copy_database(kept.database, harmed.database)
        shutil.copy(kept.folder / "memory", harmed.folder / "memory")
        with harmed.opened() as log:
            harm(log)
            yield _trial("running", name, lambda log=log: log.append_and_wait(everyday_entry(ENTRIES)))  # type: ignore[misc]


def _revoke(log: Log) -> None:
    """SQLite has no grants; its authorizer refuses in the same way."""

    def deny(action: int, table: str | None, *_: object) -> int:
        is_write = action == sqlite3.SQLITE_INSERT and table == "audit_entry"
        return sqlite3.SQLITE_DENY if is_write else sqlite3.SQLITE_OK

    event.listen(log.store.engine, "connect", lambda driver, _record: driver.set_authorizer(deny))
    log.store.forget_connections()


def _start(log: DrillLog) -> None:
    """What a service does before its first entry, and an operator when he has doubts: recount everything."""
    with log.opened() as opened:
        _refuse_read_only(opened)
        check_entries(opened.store)


def _refuse_read_only(log: Log) -> None:
    if log.read_only is not None:
        raise log.read_only


def _copy_database(source: Path, target: Path) -> None:
    """A backup as an operator makes it: a consistent copy of a SQLite database."""
    target.unlink(missing_ok=True)
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


def _edit(path: Path, statement: str, *, restore_guards: bool = True) -> None:
    """Change rows with the owner's rights: take the guards away, change, put them back as if nothing had been."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in names if restore_guards else names[:1]:
        connection.execute(f'DROP TRIGGER "{name}"')
    if statement:
        connection.execute(statement)
    connection.commit()
    connection.close()
    if restore_guards:
        _put_guards_back(path)


def _put_guards_back(path: Path) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        create_tables(connection)
    engine.dispose()


def _trial(drill: str, tampering: str, attempt: Attempt) -> Trial:
    try:
        attempt()
    except (AuditError, LogUnavailableError) as error:
        return Trial(drill, tampering, str(error))
    return Trial(drill, tampering, None)
