"""The rule files: what they say, and every way to break them that must be caught."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from vault.errors import LawError
from vault.law.lawbook import ShippedLaw
from vault.law.package_data import shipped
from vault.law.parsing import parse_rules
from vault.law.rules import by_digest, in_force, load_rules, rule_sets
from vault.law.terms import Place
from vault.law.views import CONTENTS, ORDER, is_within
from vault.vocabulary import AgencyKind, RecordKind, View

ROOT = Path(__file__).resolve().parents[3]
NEWEST = dict(shipped("rules"))["cn-2026-01-01.toml"].decode()
EVERY_ID = {f"L{number}" for number in range(1, 45)}

COMING: set[str] = set()
"""Enforced rules whose pair of tests is still to come, from the part that enforces them. Shrink this, never grow it."""


def named_after(rule: str) -> set[str]:
    """Which of accepting and refusing tests exist under tests/vault, by name."""
    pattern = re.compile(rf"def test_{rule}_(accepts|refuses)_")
    return {
        name for file in (ROOT / "tests/vault").rglob("test_*.py") for name in pattern.findall(file.read_text("utf-8"))
    }


def test_the_newest_rules_hold_every_row_of_the_table() -> None:
    """A row of the law would be forgotten."""
    assert set(rule_sets()[-1].rules) == EVERY_ID


@pytest.mark.parametrize("rule", sorted(EVERY_ID, key=lambda id: int(id[1:])))
def test_every_enforced_rule_has_an_accepting_and_a_refusing_test(rule: str) -> None:
    """A rule would be called enforced while nothing shows that it is; `COMING` lists those still to be shown."""
    found = named_after(rule)
    if not rule_sets()[-1].rules[rule].is_enforced:
        assert not found, "tested, so enforced: say so in the rule file"
    elif rule in COMING:
        assert found != {"accepts", "refuses"}, "both tests are there: take the rule off COMING"
    else:
        assert found == {"accepts", "refuses"}


def test_rules_that_no_program_can_enforce_are_named() -> None:
    """A rule could be dropped from enforcement without anybody reading why."""
    left = {id: rule.why_not for id, rule in rule_sets()[-1].rules.items() if not rule.is_enforced}
    assert set(left) == {"L27", "L31", "L43"}
    assert all(why and why.startswith("not enforceable by a program because ") for why in left.values())


def test_places_that_enforce_are_modules_or_parts() -> None:
    """A rule would be said to be enforced by a place that no longer enforces anything."""
    assert {place for rule in rule_sets()[-1].rules.values() for place in rule.places} == set(Place)


def test_rule_sets_by_date_id_and_hash() -> None:
    """A request that pins a version would be decided under another."""
    assert [rules.id for rules in rule_sets()] == ["cn-2022-05-30", "cn-2026-01-01"]
    assert in_force(dt.date(2025, 12, 31)).id == "cn-2022-05-30"
    assert in_force(dt.date(2026, 1, 1)).id == "cn-2026-01-01"
    for rules in rule_sets():
        assert by_digest(rules.sha256) is load_rules(rules.id) is rules


@pytest.mark.parametrize("ask", [lambda: load_rules("cn-2030-01-01"), lambda: by_digest("0" * 64)])
def test_a_rule_set_that_is_not_shipped_is_refused(ask) -> None:  # type: ignore[no-untyped-def]
    """Something else would be decided under instead."""
    with pytest.raises(LawError, match=r"^rules: no "):
        ask()


def test_no_rules_before_the_first() -> None:
    """Days before any rule set would be judged by one that was not in force."""
    with pytest.raises(LawError, match="in force on that day"):
        in_force(dt.date(2022, 5, 29))


def test_the_lawbook_gives_the_view_of_the_pinned_version_and_nothing_for_an_unknown_one() -> None:
    """An agent would decide by another rule file than the request names."""
    law, (old, new) = ShippedLaw(), rule_sets()
    kinds = [RecordKind.PUBLIC_SECURITY_VIOLATION]
    asked = ("judicial-case", AgencyKind.COURT, kinds, "case-handling", "read")
    given = law.gives(new.sha256, *asked)
    assert given and given.view is View.JUDICIAL_EXTRACT
    assert law.gives(old.sha256, *asked) is None
    assert law.gives("0" * 64, *asked) is None
    assert law.in_force(1_767_196_800_000) == new.sha256  # 2026-01-01T00:00 in China
    assert law.in_force(1_767_196_799_999) == old.sha256


def test_each_view_contains_the_fields_of_the_narrower_ones() -> None:
    """The order of the views would not be the order of what they show."""
    assert set(ORDER) == set(View) == set(CONTENTS)
    for narrow, wide in pairwise(ORDER):
        assert CONTENTS[narrow].fields < CONTENTS[wide].fields
        assert is_within(narrow, wide) and not is_within(wide, narrow)


def test_the_rule_and_holiday_files_are_inside_the_wheel() -> None:
    """An installed program would have no law."""
    inside = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    for shelf in ("rules", "holidays"):
        assert {f"vault/law/{shelf}/{name}" for name, _ in shipped(shelf)} <= inside  # type: ignore[arg-type]


def broken(old: str, new: str) -> bytes:
    assert old in NEWEST, "the mutation does not touch the file"
    return NEWEST.replace(old, new, 1).encode()


def in_table(head: str, old: str, new: str) -> tuple[str, str]:
    """A change inside the first table that contains `head`."""
    start = NEWEST.index(head)
    part = NEWEST[start : NEWEST.index("\n\n", start)]
    return part, part.replace(old, new, 1)


UNIT = 'requesters = ["state_unit"]'
LAST = 'requesters = ["court", "procuratorate", "police"]\nkinds = ["non_prosecution"]'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "cn-2026-01-01"', 'id = "cn-2027-01-01"'),
        ("in_force_from = 2026-01-01", 'in_force_from = "2026-01-01"'),
        ("in_force_from = 2026-01-01", "in_force_from = 2026-01-01\nnote = 1"),
        ('id = "L1"', 'id = "L45"'),
        ('id = "L1"', 'id = "L01"'),
        ('id = "L1"', 'id = "L2"'),
        ('kind = "sealing"', 'kind = "sealed"'),
        in_table('id = "L15"', 'mark = "C"\n', 'mark = "U"\n'),
        in_table('id = "L15"', 'by = ["law/basis"]', "by = []"),
        in_table('id = "L15"', 'by = ["law/basis"]', 'by = ["law/bases"]'),
        in_table('id = "L15"', 'by = ["law/basis"]', 'by = ["law/basis"]\nwhy = "x"'),
        in_table('id = "L27"', "not enforceable by a program because ", ""),
        in_table('id = "L27"', "enforced = false", "enforced = true"),
        in_table('id = "L15"', 'zh = "', 'zhh = "'),
        in_table(UNIT, '"unit_minimal"', '"judicial_extract"'),
        in_table(UNIT, '"unit_minimal"', '"court_full"'),
        in_table(UNIT, 'kinds = ["conviction"]', 'kinds = ["conviction", "non_prosecution"]'),
        in_table(UNIT, 'beside = ["compulsory_measure"', 'beside = ["non_prosecution"'),
        in_table(UNIT, 'kinds = ["conviction"]', "kinds = []"),
        in_table(UNIT, 'kinds = ["conviction"]', 'kinds = ["conviction", "compulsory_measure"]'),
        in_table(UNIT, 'kinds = ["conviction"]', 'kinds = ["conviction", "conviction"]'),
        in_table(UNIT, 'requesters = ["state_unit"]', "requesters = []"),
        in_table(UNIT, 'requesters = ["state_unit"]', 'requesters = ["employer"]'),
        in_table(UNIT, 'scopes = ["read"]', 'scopes = ["publish"]'),
        in_table(UNIT, 'scopes = ["read"]', "scopes = []"),
        in_table(UNIT, '"L14"', '"L99"'),
        in_table(UNIT, 'kinds = ["conviction"]', 'kinds = ["administrative_punishment"]'),
        in_table(LAST, '"police"', '"justice"'),
        in_table(LAST, '"police"', '"state_unit"'),
        ('view = "court_full"', 'view = "court"'),
        ('requesters = ["court", "procuratorate"]', 'requesters = ["court", "police"]'),
        ('purposes = ["case-handling"]', 'purposes = ["anything"]'),
        ('purposes = ["case-handling"]', "purposes = []"),
        ("expires_hours = 24", "expires_hours = 0"),
        ("expires_hours = 24", "expires_hours = 1000"),
        ("expires_hours = 24", "expires_hours = true"),
        ("longest_not_after_days = 30", "longest_not_after_days = 400"),
        ('id = "ordinary-employment"', 'id = "judicial-case"'),
        ('id = "enlistment"', 'id = "ordinary-employment"'),
        ("warn = { count = 3", "warn = { count = 0"),
        ('unit = "working_days" }', 'unit = "workdays" }'),
        ('unit = "working_days" }', 'unit = "working_days", then = "approve" }'),
        ("age_below = 18", "age_below = 0"),
        ("longest_term_months = 60", "longest_term_months = 60.0"),
        ("needs_court_consent = true", "needs_court_consent = false"),
        ("log_months = 36", "log_months = 5"),
        ('shredding_needs = ["court", "procuratorate"]', 'shredding_needs = ["court"]'),
        ("[retention]", "[retain]"),
        ("[[rule]]", "[[rule]"),
    ],
)  # fmt: skip
def test_a_broken_rule_file_is_refused(old: str, new: str) -> None:
    """The file would open what the law shuts, or be read as something that nobody wrote; the error names the file."""
    assert old != new
    with pytest.raises(LawError, match=r"^cn-2026"):
        parse_rules(broken(old, new), "cn-2026")


def test_a_rule_file_that_is_not_text_is_refused() -> None:
    """Bytes that are not TOML would end in a traceback."""
    for data in (b"\xff\xfe", b"x" * 300_000):
        with pytest.raises(LawError, match=r"^cn"):
            parse_rules(data, "cn")


def test_errors_never_repeat_what_was_written() -> None:
    """A value in a file that somebody mixed up would stand in a log."""
    with pytest.raises(LawError) as caught:
        parse_rules(broken("title_zh", "zhangsan_secret = 1\ntitle_zh"), "cn-2026")
    assert "zhangsan" not in str(caught.value)
