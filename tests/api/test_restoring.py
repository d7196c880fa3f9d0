"""The restore ceremony from the command line: a rolled-back log goes on after two officers, and never after one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from audit.drill_log import everyday_entry
from audit.entry import read
from audit.events import Book
from audit.publish import publish
from audit.site import open_site


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)])


@pytest.fixture
def rolled_back(tmp_path: Path) -> Path:
    """A log of three entries whose database was set back to one; its two officers are known."""
    folder = tmp_path / "data"
    with open_site(folder, Book.LINKAGE) as site:
        site.log.append_and_wait(everyday_entry(0))
    backup = (site.place.state / "log.sqlite").read_bytes()
    with open_site(folder, Book.LINKAGE) as site:
        site.log.append_and_wait(everyday_entry(1))
        site.log.append_and_wait(everyday_entry(2))
        publish(site.log, site.place.published, site.keys)
    (site.place.state / "log.sqlite").write_bytes(backup)
    keys = [run("officer-key", f"{who}.example/officer", tmp_path / who).output for who in ("court", "bureau")]
    site.place.officers.write_text("".join(keys))
    return folder


def test_two_officers_let_a_rolled_back_log_go_on(rolled_back: Path, tmp_path: Path) -> None:
    """A lost disk would end a service for good, or one person could rewrite its history."""
    paper = tmp_path / "statement"
    assert run("restore-statement", rolled_back, paper).exit_code == 0
    assert run("restore", rolled_back, paper).exit_code != 0
    assert "sealink/restore/v1" in run("restore-sign", paper, tmp_path / "court").output
    assert run("restore", rolled_back, paper).exit_code != 0
    assert run("restore-sign", paper, tmp_path / "bureau").exit_code == 0
    assert run("restore", rolled_back, paper).exit_code == 0
    with open_site(rolled_back, Book.LINKAGE) as site:
        assert site.log.read_only is None
        assert site.log.append_and_wait(everyday_entry(3)).index == 2
        publish(site.log, site.place.published, site.keys)
        said = read(site.log.entries(1, 2)[0])
    assert (said.event, said.facts["lost_start"], said.facts["lost_stop"]) == ("restore", 1, 3)
    assert run("verify", rolled_back / "log", "--keys", rolled_back / "log" / "vkeys").exit_code == 0


def test_a_whole_log_has_nothing_to_restore(tmp_path: Path) -> None:
    """A statement for a log that lost nothing could be kept, and used when it has."""
    with open_site(tmp_path / "data", Book.LINKAGE) as site:
        site.log.append_and_wait(everyday_entry(0))
    done = run("restore-statement", tmp_path / "data", tmp_path / "statement")
    assert done.exit_code != 0 and not (tmp_path / "statement").exists()
    assert run("restore-statement", tmp_path / "nowhere", tmp_path / "statement").exit_code != 0


def test_a_file_that_is_not_there_is_said_in_words(rolled_back: Path, tmp_path: Path) -> None:
    """In the hour of a restore, a mistyped name would end in a page of traceback."""
    for words in (
        ("restore", rolled_back, tmp_path / "nothing"),
        ("restore-sign", tmp_path / "nothing", tmp_path / "court"),
        ("restore-statement", rolled_back, tmp_path / "out", "--database", tmp_path / "nothing"),
    ):
        done = run(*words)
        assert done.exit_code == 2 and isinstance(done.exception, SystemExit)
