"""`sealink law`: what a clerk and counsel read, in both languages, and the page that is written from the data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from vault.law.rules import rule_sets
from vault.law.table import law_page

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["law", *arguments], env={"COLUMNS": "300"})
    return result.exit_code, result.stdout, result.stderr


def test_the_page_is_current() -> None:
    """docs/law.md would tell another law than is enforced; `sealink law table > docs/law.md` writes it anew."""
    page = (ROOT / "docs/law.md").read_text("utf-8")
    assert page == law_page(rule_sets())
    assert run("table") == (0, page, "")


def test_the_list_in_both_languages_with_marks() -> None:
    """Counsel could not read the rules, or a rule would lose its mark on the screen."""
    for lang, word in (("zh", "封存"), ("en", "sealed")):
        code, out, err = run("list", "--lang", lang)
        assert code == 0 and word in out and "cn-2026-01-01" in err
        assert all(f" {id} " in out for id in rule_sets()[-1].rules)
    code, out, _ = run("list", "--mark", "u")
    assert code == 0 and " L6 " in out and " L1 " not in out


@pytest.mark.parametrize("id", ["L15", "l18", "judicial-case", "ordinary-employment", "decide-request", "retrial"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_with_an_id_can_be_shown(id: str, lang: str) -> None:
    """A refusal would name a rule that nobody can look up."""
    code, out, _ = run("show", id, "--lang", lang)
    assert code == 0 and id.lower() in out.lower()


def test_an_unsure_rule_says_so() -> None:
    """A rule that counsel has not confirmed would look as sure as the others."""
    assert "counsel must check it" in run("show", "L18")[1]
    assert "counsel" not in run("show", "L15")[1]


def test_diff_shows_rules_and_replays_decisions(tmp_path: Path) -> None:
    """Nobody would see what a new rule file does to decisions before it is in force."""
    code, out, _ = run("diff", "cn-2022-05-30", "cn-2026-01-01")
    assert code == 0 and "L44" in out
    line = {"basis": "judicial-case", "requester": "police", "purpose": "case-handling"}
    lines = [
        {**line, "kinds": ["conviction"], "view": "judicial_extract"},
        {**line, "kinds": ["public_security_violation"], "view": None},
    ]
    file = tmp_path / "decisions.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in lines))
    code, out, err = run("diff", "cn-2022-05-30", "cn-2026-01-01", "--decisions", str(file))
    assert code == 0 and "allowed-now" in out
    assert "2 decisions: 1 would change, 0 were not what cn-2022-05-30 gives" in err


def test_the_calendar_tells_days_and_deadlines() -> None:
    """An officer could not tell when an answer is due."""
    code, out, _ = run("calendar", "2026", "--lang", "zh")
    assert code == 0 and "2026-02-17" in out and "春节" in out and "2026-02-14" in out
    code, out, _ = run("calendar", "--deadline", "decide-request", "--from", "2026-03-09")
    assert code == 0 and "warns after 2026-03-12, escalates after 2026-03-16; silence never approves" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "L45"), ("show", "张三"), ("list", "--rules", "cn-1999-01-01"), ("list", "--mark", "X"),
        ("diff", "cn-2022-05-30", "x"), ("diff", "cn-2022-05-30", "cn-2026-01-01", "--decisions", "nowhere.jsonl"),
        ("calendar", "2030"), ("calendar", "--deadline", "decide-request"),
        ("calendar", "--deadline", "x", "--from", "2026-01-05"),
        ("calendar", "--deadline", "decide-request", "--from", "2030-01-05"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_one_sentence(arguments: tuple[str, ...]) -> None:
    """A traceback, or an answer about another rule set."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("refused: ") and "Traceback" not in err and "张三" not in err
