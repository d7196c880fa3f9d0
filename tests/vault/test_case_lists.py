"""`sealink desk finding` and `desk coverage`: a signed answer that counts later, and numbers that are missing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from case_folder import write_case
from typer.testing import CliRunner

from api.cli.main import app
from api.vault.desk_folder import DeskFolder, make_desk
from audit.crypto.keystore import Effort
from vault.findings import Finding, change_matter_of, matter_of
from vault.forms import open_form

PHRASE = b"a passphrase for tests"
CASE_NO = "(2026)苏06刑初1号"


@pytest.fixture
def folder(tmp_path: Path) -> DeskFolder:
    phrase = tmp_path / "phrase"
    phrase.write_bytes(PHRASE)
    phrase.chmod(0o600)
    (tmp_path / "paper.txt").write_text("判决书")
    write_case(tmp_path / "case")
    return make_desk(
        tmp_path / "desk", person="decider-court", agency="court-a", device="d-1", vault="http://127.0.0.1:1",
        passphrase=PHRASE, effort=Effort(19 * 1024, 2),
    )  # fmt: skip


def run(base: Path, *words: str) -> tuple[int, str, str]:
    options = ("--at", str(base / "desk"), "--passphrase-file", str(base / "phrase"))
    result = CliRunner().invoke(app, ["desk", *words, *options])
    return result.exit_code, result.stdout, result.stderr


def find(base: Path, *words: str) -> tuple[int, str, str]:
    return run(base, "finding", *words, "--document", str(base / "paper.txt"), "--to", str(base / "main.finding"))


def test_a_finding_is_signed_about_this_case_and_paper(folder: DeskFolder, tmp_path: Path) -> None:
    """No case on both sides of 18 could be sealed, for want of somebody who can answer."""
    code, out, err = find(tmp_path, str(tmp_path / "case"), "main-acts-before-18", "yes")
    assert (code, out) == (0, "") and CASE_NO not in err
    data = (tmp_path / "main.finding").read_bytes()
    form = open_form(Finding, data, [folder.signer.verifying_key]).form
    assert (form.question, form.answer, form.person, form.agency) == (
        "main-acts-before-18",
        True,
        "decider-court",
        "court-a",
    )
    assert form.matter == matter_of("court-a", CASE_NO)
    assert form.document == hashlib.sha256("判决书".encode()).hexdigest()
    assert find(tmp_path, str(tmp_path / "case"), "main-acts-before-18", "no")[0] == 2, "it was written over"


@pytest.mark.usefixtures("folder")
def test_a_finding_about_another_agencys_case_is_refused(tmp_path: Path) -> None:
    """Somebody would answer for a case that is not theirs, and learn of it at sealing only."""
    other = write_case(tmp_path / "other", [('agency = "court-a"', 'agency = "court-b"')])
    code, _, err = find(tmp_path, str(other), "main-acts-before-18", "yes")
    assert code == 2 and "not the agency of this desk" in err
    assert find(tmp_path, str(tmp_path / "case"), "unseal-it", "yes")[0] == 2
    assert find(tmp_path, str(tmp_path / "nowhere"), "court-agrees", "yes")[0] == 2
    assert not (tmp_path / "main.finding").exists()


RECORD = "01JDMZ0000000000000000000A"
CHANGE = ("--sealed-by", "court-b", "--cause", "new-offence")


def test_a_finding_about_a_change_is_bound_to_record_and_cause(folder: DeskFolder, tmp_path: Path) -> None:
    """No cause of unsealing could be found by anybody, nor an end of a record decided."""
    assert find(tmp_path, RECORD, "cause-has-arisen", "yes", *CHANGE)[0] == 0
    data = (tmp_path / "main.finding").read_bytes()
    form = open_form(Finding, data, [folder.signer.verifying_key]).form
    assert form.matter == change_matter_of("court-b", RECORD, "new-offence")
    assert form.matter != change_matter_of("court-b", RECORD, "retrial")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [
        (RECORD, "cause-has-arisen", "yes"),
        (RECORD, "cause-has-arisen", "yes", "--sealed-by", "court-b"),
        (RECORD, "main-acts-before-18", "yes", *CHANGE),
        ("case", "shred", "yes"),
        ("case", "court-agrees", "yes", *CHANGE),
    ],
)
def test_a_question_is_asked_about_what_it_is_about(tmp_path: Path, words: tuple[str, ...]) -> None:
    """An answer would be signed that counts for nothing, and nobody told until two agencies have met."""
    about = str(tmp_path / "case") if words[0] == "case" else words[0]
    assert find(tmp_path, about, *words[1:])[0] == 2
    assert not (tmp_path / "main.finding").exists()


def test_the_adults_file_is_written_redacted_or_not_at_all(tmp_path: Path) -> None:
    """The adults' file of a joint case would be cut by hand, and name the minor (L8)."""
    changes = [
        ('joint = "none"', 'joint = "separated"\nmark = "含犯罪记录封存信息"'),
        ("extract = true", "extract = true\nshared = true"),
    ]
    joint, target = write_case(tmp_path / "joint", changes), tmp_path / "adults.tar"
    run_app = CliRunner().invoke
    assert run_app(app, ["desk", "adult-file", str(joint), "--to", str(target)]).exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert "欧阳小明".encode() not in target.read_bytes() and "含犯罪记录封存信息".encode() in target.read_bytes()
    again = run_app(app, ["desk", "adult-file", str(joint), "--to", str(target)])
    alone = run_app(app, ["desk", "adult-file", str(write_case(tmp_path / "alone")), "--to", str(tmp_path / "no.tar")])
    assert (again.exit_code, alone.exit_code) == (2, 2) and not (tmp_path / "no.tar").exists()


@pytest.mark.usefixtures("folder")
def test_coverage_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old cases would be called complete while some are missing (L37)."""
    sealed = [SimpleNamespace(case_no="(2011) 海刑1号"), SimpleNamespace(case_no="(2012)海刑9号")]
    monkeypatch.setattr("api.vault.desk_work.index_of", lambda desk: sealed)
    (tmp_path / "old.csv").write_text("case_no\n〔2011〕海刑1号\n(2011)海刑2号\n")
    code, out, err = run(tmp_path, "coverage", str(tmp_path / "old.csv"))
    assert (code, out) == (1, "(2011)海刑2号\n")
    assert "1 of 2 declared cases are sealed, 1 are missing; 1 sealed cases were never declared" in err
    (tmp_path / "old.csv").write_text("case_no\n〔2011〕海刑1号\n")
    assert run(tmp_path, "coverage", str(tmp_path / "old.csv"))[:2] == (0, "")
    (tmp_path / "old.csv").write_text("number\n1\n")
    assert run(tmp_path, "coverage", str(tmp_path / "old.csv"))[0] == 2
    folders = tmp_path / "bundles"
    write_case(folders / "one")
    assert run(tmp_path, "coverage", str(folders))[:2] == (1, CASE_NO + "\n")
