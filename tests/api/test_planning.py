"""`sealink project plan`: a readable choice, a file that custodians can encode with, one clear error otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from linkage.encoding.custody import plan_of
from linkage.encoding.project import load_terms
from linkage.errors import PlanError
from linkage.floor import FLOOR


def project(folder: Path, population: int, extra: str = "") -> Path:
    file = folder / "project.toml"
    file.write_text(f'[project]\nschema = "cn-child-v1"\npopulation = {population}\n{extra}', encoding="utf-8")
    return file


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["project", "plan", *map(str, arguments)], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_operator_needs_no_agency_file(tmp_path: Path) -> None:
    """Without this only somebody who holds every agency's data could plan."""
    file = project(tmp_path, 2_000_000, '[[source]]\nname = "school"\nfile = "not-here.csv"\nrecord_id = "id"\n')
    said = run(file)
    assert "2,000,000 children" in said and "leaks too much" in said and "true pairs" in said


def test_the_file_gives_the_plan_that_was_shown(tmp_path: Path) -> None:
    """Without this custodians with and without the file would make batches that may not be compared."""
    file = project(tmp_path, 50_000)
    run(file, "--out", tmp_path / "plan.json")
    without = plan_of(load_terms(file))
    with_file = plan_of(load_terms(project(tmp_path, 50_000, 'plan = "plan.json"\n')))
    assert with_file.fingerprint == without.fingerprint
    assert 0 < with_file.leakage <= FLOOR and with_file.reference is not None


def test_an_old_file_is_refused_for_more_children(tmp_path: Path) -> None:
    """Without this a project could grow past its floor unnoticed."""
    run(project(tmp_path, 50_000), "--out", tmp_path / "plan.json")
    with pytest.raises(PlanError, match="another population"):
        plan_of(load_terms(project(tmp_path, 60_000, 'plan = "plan.json"\n')))
    run(project(tmp_path, 60_000, 'plan = "plan.json"\n'), "--out", tmp_path / "plan.json")


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    """Without this a custodian would not know whom to ask."""
    with pytest.raises(PlanError, match="cannot be read") as refused:
        plan_of(load_terms(project(tmp_path, 60_000, 'plan = "plan.json"\n')))
    assert refused.value.hint is not None and "sealink project plan" in refused.value.hint


def test_many_children_bring_a_hint(tmp_path: Path) -> None:
    """Without this an operator would not learn what the number of children costs."""
    assert "hint:" in run(project(tmp_path, 100_000_000))
    assert "hint:" not in run(project(tmp_path, 10_000))


def test_the_second_scheme_has_a_plan_too(tmp_path: Path) -> None:
    """Without this a CLK project would have no file to share."""
    file = project(tmp_path, 20_000, 'scheme = "clk"\n')
    assert "diffusion t = 5" in run(file, "--out", tmp_path / "plan.json")


def test_a_plan_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is not there would end in a page of code, after the planner's work."""
    file = tmp_path / "p.toml"
    file.write_text('[project]\nschema = "cn-child-v1"\nscheme = "clk"\npopulation = 10_000\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["project", "plan", str(file), "--out", str(tmp_path / "none" / "plan.json")])
    assert result.exit_code == 2 and not isinstance(result.exception, OSError)
    assert "plan.json: No such file" in result.stderr and ".partial" not in result.stderr
