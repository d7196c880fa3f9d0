"""`sealink audit`, as an auditor would use it: exit 0 proven, 1 violated, 2 could not check, and the words for it."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from audit.drill_log import DrillKeys, DrillLog, append_entries, publish_cosigned


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 300 entries, cosigned by two witnesses."""
    folder = tmp_path_factory.mktemp("audit")
    made = DrillLog(folder / "made", DrillKeys.generate())
    made.create()
    with made.opened() as log:
        append_entries(log, 0, 300)
        publish_cosigned(log, folder / "log", made.keys, int(time.time()))
    return folder / "log"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)])


def test_verify_says_proven(published: Path) -> None:
    """An auditor could not tell a good log from one that was not looked at."""
    done = run("verify", published, "--keys", published / "vkeys")
    assert done.exit_code == 0 and done.output.endswith("PROVEN\n") and "300 entries" in done.output


def test_verify_names_the_first_bad_thing(published: Path, tmp_path: Path) -> None:
    """A violated log would look like a broken disk, or like a good one."""
    assert run("export", published, tmp_path / "copy").exit_code == 0
    bundle = tmp_path / "copy" / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b"police", b"school", 1))
    done = run("verify", tmp_path / "copy", "--keys", published / "vkeys")
    assert done.exit_code == 1 and "VIOLATED: entry 0" in done.output


def test_verify_says_when_it_could_not_check(published: Path, tmp_path: Path) -> None:
    """ "Nothing found" would pass for "nothing wrong"."""
    assert run("verify", tmp_path / "nowhere", "--keys", published / "vkeys").exit_code == 2
    assert run("verify", published, "--keys", tmp_path / "no-keys").exit_code == 2


def test_a_proof_file_is_accepted_by_proof(published: Path, tmp_path: Path) -> None:
    """A case file's proof could not be checked by the very tool that made it."""
    assert run("proof-file", published, 299, tmp_path).exit_code == 0
    pair = (tmp_path / "299.entry", tmp_path / "299.tlog-proof")
    assert run("proof", *pair, "--keys", published / "vkeys").exit_code == 0
    pair[0].write_bytes(pair[0].read_bytes() + b" ")
    assert run("proof", *pair, "--keys", published / "vkeys").exit_code == 1
    assert run("proof-file", published, 300, tmp_path).exit_code == 2


def test_exports_hold_every_entry(published: Path, tmp_path: Path) -> None:
    """A SIEM or a reader would get fewer acts than the log holds."""
    assert run("export", published, tmp_path / "log.jsonl", "--form", "ocsf").exit_code == 0
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["metadata"]["sequence"] for line in lines] == list(range(300))
    assert run("export", published, tmp_path / "log.csv", "--form", "csv").exit_code == 0
    with (tmp_path / "log.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 301


def test_an_export_never_fills_a_folder_that_is_in_use(published: Path, tmp_path: Path) -> None:
    """Files of two logs would lie in one folder, and neither would verify."""
    (tmp_path / "mine.txt").write_text("x")
    assert run("export", published, tmp_path).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_violated_log_is_not_exported(published: Path, tmp_path: Path) -> None:
    """A SIEM would be fed from a log that does not verify."""
    assert run("export", published, tmp_path / "copy").exit_code == 0
    tile = tmp_path / "copy" / "tile" / "0" / "000"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    done = run("export", tmp_path / "copy", tmp_path / "out.csv", "--form", "csv")
    assert done.exit_code == 2 and not (tmp_path / "out.csv").exists()


def test_the_drill_runs_on_a_log_and_on_its_own(published: Path) -> None:
    """Auditors could not rehearse what they are there for."""
    done = run("drill", published)
    assert done.exit_code == 0 and "64 of 64 tamperings caught" in done.output, done.output[-500:]
    assert "MISSED" not in done.output
