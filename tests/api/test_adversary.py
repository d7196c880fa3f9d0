"""`sealink attack`: every attack runs from the command line, on generated and on own data, and says what it found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.adversary_table import written
from api.cli.main import app
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city

SMALL = ["--children", "300", "--seed", "3"]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["attack", *words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    "words",
    [
        ["keys", *SMALL],
        ["keys", *SMALL, "--scheme", "match-keys:no-floor"],
        ["graph", *SMALL, "--overlap", "0.8", "--known", "0.05"],
        ["known-pairs", *SMALL, "--known", "20"],
        ["known-pairs", *SMALL, "--known", "60", "--scheme", "clk"],
        ["frequency", *SMALL, "--scheme", "single-field"],
        ["frequency", *SMALL, "--scheme", "plain-clk"],
        ["enumerate", *SMALL, "--days", "2"],
        ["margin", *SMALL],
    ],
)
def test_every_attack_writes_what_it_found(words: list[str], tmp_path: Path) -> None:
    """An attack could no longer be run, or its figures not be read by a program."""
    run(*words, "--json", str(tmp_path / "found.json"))
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["attack"] == words[0] and found["findings"]
    assert {one["verdict"] for one in found["findings"]} <= {"holds", "broken", "stated"}


def test_own_files_are_attacked_without_a_value_leaving_them(tmp_path: Path) -> None:
    """An agency could not judge its own data, or names would stand in the table or the file."""
    city = build_city(300, 3)
    project = write_city(city, tmp_path)
    file = tmp_path / "found.json"
    shown = run("keys", "--project", str(project), "--json", str(file)) + file.read_text(encoding="utf-8")
    assert "largest component" in file.read_text(encoding="utf-8")
    assert not any(name in shown for name in city.children.name.tolist() if len(name) > 1)


def test_an_unknown_scheme_is_refused_with_the_known_ones() -> None:
    """A misspelt scheme would be taken for another one."""
    result = CliRunner().invoke(app, ["attack", "keys", *SMALL, "--scheme", "nonsense"])
    assert result.exit_code == 2 and "single-field" in result.output


def test_more_known_records_than_there_are_is_refused() -> None:
    """The attack would be judged on nobody and hold."""
    result = CliRunner().invoke(app, ["attack", "known-pairs", *SMALL, "--scheme", "clk", "--known", "300"])
    assert result.exit_code == 2 and "--known" in result.output


def test_figures_read_as_people_write_them() -> None:
    """A share would be shown as a fraction, or days as seconds."""
    assert [written(0.0123, "share"), written(1200, "count"), written(9e5, "seconds")] == [
        "1.23 %",
        "1,200",
        "10.4 days",
    ]


@pytest.mark.parametrize("scheme", ["eld:t=x", "eld:t=0", "eld:q=3", "eld:", "clk:zz", "blip:f=nan", "eld:m=1000"])
def test_filters_that_nobody_can_make_are_refused(scheme: str) -> None:
    """A misspelt setting would be left out in silence and figures of another scheme shown, or end in a page of code."""
    result = CliRunner().invoke(app, ["attack", "margin", *SMALL, "--scheme", scheme])
    assert result.exit_code == 2 and "no such scheme" in result.output


def test_filters_of_own_files_are_refused(tmp_path: Path) -> None:
    """Figures of a generated city would be taken for those of the agency's own files."""
    project = write_city(build_city(300, 3), tmp_path)
    result = CliRunner().invoke(app, ["attack", "known-pairs", "--scheme", "clk", "--project", str(project)])
    assert result.exit_code == 2 and "match keys only" in result.output
