"""The drill, and a thousand random changes to an export: nothing that was tampered with may pass."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from published_log import KEYS, NOW, PublishedLog, random_entries

import audit.drill
from audit.drill import drill_history, drill_published
from audit.errors import AuditError, MissingError
from audit.tampering import TAMPERINGS
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log


@dataclass(frozen=True)
class Memory:
    """A published log as a mapping of files."""

    files: Mapping[str, bytes]

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise MissingError(f"{path}: not there")
        return self.files[path]

    def names(self) -> list[str]:
        return sorted(self.files)


@pytest.fixture(scope="module")
def log() -> Memory:
    return Memory(PublishedLog(random_entries(600)).files())


def test_every_tampering_of_the_list_is_caught(tmp_path: Path) -> None:
    """One way to tamper would go unnoticed, and the drill would say so to nobody but its user."""
    trials = list(drill_history(tmp_path, NOW))
    assert [trial.tampering for trial in trials if not trial.is_caught] == []
    assert {"rollback", "fork", "a restored backup", *TAMPERINGS} <= {trial.tampering for trial in trials}
    assert len({trial.tampering for trial in trials}) == len(trials)
    said = {trial.tampering: trial.said or "" for trial in trials}
    assert said["the right to write revoked"].endswith("database grant revoked")
    assert said["the database deleted under a running log"].endswith("database gone")


def test_a_drill_admits_what_it_missed(log: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drill that always says "caught" would prove nothing."""
    monkeypatch.setattr(audit.drill, "TAMPERINGS", {"nothing at all": lambda log: {}})
    trials = {trial.tampering: trial for trial in drill_published(log, Trust(KEYS), NOW)}
    assert not trials["nothing at all"].is_caught


def test_a_log_of_one_entry_can_be_drilled() -> None:
    """The first log that anybody has, of one run, would be refused, or its drill would miss what is none."""
    trials = list(drill_published(Memory(PublishedLog(random_entries(1)).files()), Trust(KEYS), NOW))
    assert len(trials) > 20 and all(trial.is_caught for trial in trials)


def test_a_drill_begins_with_a_log_that_verifies(log: Memory) -> None:
    """A log that is broken anyway would make every tampering look caught."""
    broken = Memory({**log.files, "checkpoint": log.files["checkpoint"].replace(b"600", b"599")})
    with pytest.raises(AuditError):
        list(drill_published(broken, Trust(KEYS), NOW))


def test_a_thousand_random_mutations_are_all_detected(log: Memory) -> None:
    """Some byte of an export would be nobody's business."""
    trust, rng = Trust(KEYS), random.Random(4)
    verify_log(log, trust, NOW)
    missed = []
    for number in range(1000):
        name, files = mutated(dict(log.files), rng)
        try:
            verify_log(Memory(files), trust, NOW)
        except AuditError:
            continue
        missed.append((number, name))
    assert missed == []


def mutated(files: dict[str, bytes], rng: random.Random) -> tuple[str, dict[str, bytes]]:
    """One random change that leaves other bytes than before; the same list of keys in another order is none."""
    path = rng.choice(sorted(files))
    data = files[path]
    at = rng.randrange(len(data))
    kind = rng.choice(["bit", "byte", "cut", "insert", "delete", "swap", "copy", "gone", "rename", "stray"])
    match kind:
        case "bit":
            files[path] = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        case "byte":
            files[path] = data[:at] + bytes([(data[at] + rng.randrange(1, 256)) % 256]) + data[at + 1 :]
        case "cut":
            files[path] = data[:at]
        case "insert":
            files[path] = data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]
        case "delete":
            files[path] = data[:at] + data[at + rng.randrange(1, 9) :]
        case "swap":
            other = rng.choice([name for name in sorted(files) if files[name] != data])
            files[path], files[other] = files[other], data
        case "copy":
            files[path] = files[rng.choice([name for name in sorted(files) if files[name] != data])]
        case "gone":
            del files[path if path != "vkeys" else "checkpoint"]
        case "rename":
            files[path + "0"] = files.pop(path)
        case "stray":
            files[f"tile/{rng.randrange(9)}/{rng.randrange(1000):03d}.bak"] = data
    return f"{kind} {path} {at}", files
