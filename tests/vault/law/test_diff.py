"""Comparing rule sets and replaying past decisions, by hand and over every combination."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import LawError
from vault.law.basis import Allowed, examine
from vault.law.diff import Difference, Kind, PastDecision, Turn, differences, parse_decisions, replay
from vault.law.package_data import shipped
from vault.law.parsing import parse_rules
from vault.law.rules import load_rules
from vault.vocabulary import AgencyKind, RecordKind, View

OLD, NEW = load_rules("cn-2022-05-30"), load_rules("cn-2026-01-01")
LINE = {"basis": "judicial-case", "requester": "police", "kinds": ["conviction"], "purpose": "case-handling",
        "view": "judicial_extract"}  # fmt: skip


def past(**changes: object) -> list[PastDecision]:
    return list(parse_decisions([json.dumps({**LINE, **changes})]))


def test_what_2026_changed_is_the_sealing_of_violations() -> None:
    """A difference that nobody made would be shown, or one that somebody made would not."""
    found = differences(OLD, NEW)
    assert Difference("rules", "L44", Kind.ADDED) in found
    assert {one.id for one in found if one.section == "bases"} == {"judicial-case", "state-provision-query"}
    assert not [one for one in found if one.kind is Kind.REMOVED]
    assert differences(NEW, NEW) == []


def test_a_violation_record_would_be_allowed_now() -> None:
    """The replay would not show what a new rule set opens."""
    (found,) = replay(past(kinds=["public_security_violation"], view=None), OLD, NEW)
    assert (found.turn, found.view, found.was_by_the_book) == (Turn.ALLOWED_NOW, View.JUDICIAL_EXTRACT, True)
    assert "L44" in found.rules


def test_a_decision_that_was_never_lawful_stands_out() -> None:
    """A view wider than the rules of its time gave would pass as unchanged."""
    (found,) = replay(past(view="court_full"), OLD, NEW)
    assert (found.turn, found.was_by_the_book) == (Turn.NARROWER, False)


@pytest.mark.parametrize(
    ("old", "new", "turn", "asked"),
    [
        ('view = "judicial_extract"', 'view = "court_full"', Turn.WIDER, {"requester": "court"}),
        ('requesters = ["court", "procuratorate", "police"]', 'requesters = ["court"]', Turn.REFUSED_NOW, {}),
        ('purposes = ["case-handling"]', 'purposes = ["retrial"]', Turn.REFUSED_NOW, {}),
        ("", "", Turn.SAME, {}),
    ],
)
def test_a_changed_rule_file_turns_decisions(old: str, new: str, turn: Turn, asked: dict[str, object]) -> None:
    """Somebody who changes a rule file would not see whom it hits."""
    text = dict(shipped("rules"))["cn-2026-01-01.toml"].decode()
    assert old in text
    if turn is Turn.WIDER:  # the whole file goes to no police (L21), so the file must say that too
        text = text.replace('requesters = ["court", "procuratorate", "police"]', 'requesters = ["court"]', 1)
    changed = parse_rules(text.replace(old, new, 1).encode() if old else text.encode(), "changed")
    (found,) = replay(past(**asked), NEW, changed)
    assert found.turn is turn


@given(
    st.sampled_from([*NEW.bases, *NEW.refused]), st.sampled_from(AgencyKind),
    st.frozensets(st.sampled_from(RecordKind), min_size=1), st.sampled_from(sorted(NEW.purposes)),
)  # fmt: skip
def test_replaying_what_the_rules_gave_changes_nothing(basis, requester, kinds, purpose) -> None:  # type: ignore[no-untyped-def]
    """The replay would judge by another code than the desks do."""
    given_view = examine(NEW, basis, requester, kinds, purpose)
    view = given_view.view.value if isinstance(given_view, Allowed) else None
    line = {"basis": basis, "requester": requester, "kinds": sorted(kinds), "purpose": purpose, "view": view}
    (found,) = replay(parse_decisions([json.dumps(line)]), NEW, NEW)
    assert (found.turn, found.was_by_the_book) == (Turn.SAME, True)


@pytest.mark.parametrize(
    "line",
    [
        "x", "[]", "1", '{"basis": "a"}', json.dumps({**LINE, "name": "x"}), json.dumps({**LINE, "view": "all"}),
        json.dumps({**LINE, "requester": "employer"}), json.dumps({**LINE, "kinds": "conviction"}),
        json.dumps({**LINE, "kinds": ["conviction", "conviction"]}), json.dumps({**LINE, "scope": "publish"}),
        json.dumps({**LINE, "basis": "Zhang San"}), json.dumps(LINE)[:-1] + ', "view": null}', "[" * 3000,
        json.dumps(LINE) + " " * 5000,
    ],
)  # fmt: skip
def test_a_line_that_is_no_decision_is_refused(line: str) -> None:
    """A damaged file would be replayed in part, or its contents printed."""
    with pytest.raises(LawError, match=r"^decisions: line 2") as caught:
        list(parse_decisions(["", line]))
    assert "Zhang" not in str(caught.value)


def test_a_missing_view_is_not_a_refusal() -> None:
    """Who forgets the field would have said that nothing was given."""
    line = {name: value for name, value in LINE.items() if name != "view"}
    with pytest.raises(LawError, match="view: missing"):
        list(parse_decisions([json.dumps(line)]))
