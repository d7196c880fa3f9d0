"""Retention from the command line: the log says what goes before it goes; an ended log stays ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from audit.drill_log import everyday_entry
from audit.events import Book
from audit.site import open_site

OLD_MS = 1_500_000_000_000  # 2017-07-14


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 260 entries of 2017, and rules that let them go."""
    with open_site(tmp_path / "data", Book.LINKAGE) as site:
        for index in range(260):
            site.log.append_and_wait(replace(everyday_entry(index), ts_ms=OLD_MS))
    (tmp_path / "rules").write_text("allow retention.prune if facts.below >= 1\n")
    return tmp_path / "data"


def test_prune_drops_old_words_and_the_log_still_proves(folder: Path, tmp_path: Path) -> None:
    """Retention would have no command, lose a proof, or be a decision that nobody can judge again."""
    words = ("prune", folder, "--before", "2018-01-01", "--rules", tmp_path / "rules")
    done = run(*words)
    assert done.exit_code == 0 and "256" in done.output
    again = run(*words)
    assert again.exit_code == 0
    keys = ("--keys", folder / "log" / "vkeys")
    verified = run("verify", folder / "log", *keys)
    assert verified.exit_code == 0 and "256 entries pruned" in verified.output and "261 entries" in verified.output
    assert run("export", folder / "log", tmp_path / "rest.csv", "--form", "csv").exit_code == 0
    assert len((tmp_path / "rest.csv").read_text().splitlines()) == 1 + 261 - 256


def test_prune_refuses_what_is_young_or_not_allowed(folder: Path, tmp_path: Path) -> None:
    """A wrong date, or rules that say nothing of it, would erase evidence."""
    assert run("prune", folder, "--before", "2999-01-01", "--rules", tmp_path / "rules").exit_code == 2
    (tmp_path / "rules").write_text("allow job.run\n")
    assert run("prune", folder, "--before", "2018-01-01", "--rules", tmp_path / "rules").exit_code == 2
    with open_site(folder, Book.LINKAGE) as site:
        assert site.log.head().size == 260 and all(site.log.entries(0, 260))


def test_roll_over_ends_the_log_and_names_the_next(folder: Path) -> None:
    """A year's log could not be ended, or would go on in secret."""
    assert run("roll-over", folder, "no origin").exit_code == 2
    assert run("roll-over", folder, "city.example/linkage/2027").exit_code == 0
    assert run("roll-over", folder, "city.example/linkage/2028").exit_code == 2
    assert b"city.example/linkage/2027" in (folder / "log/tile/entries/001.p/5").read_bytes()
    verified = run("verify", folder / "log", "--keys", folder / "log" / "vkeys")
    assert verified.exit_code == 0 and "1 rollover" in verified.output


def test_the_witness_stands_where_the_specification_of_the_product_says() -> None:
    """`sealink witness serve`, as auditors are told to type it, would not be there."""
    assert CliRunner().invoke(app, ["witness", "serve", "--help"]).exit_code == 0
