"""Working days against another calendar, periods by hand, and that a passed deadline gives nothing."""

from __future__ import annotations

import datetime as dt

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import LawError
from vault.law import calendar
from vault.law.calendar import civil_day, is_working_day, start_of
from vault.law.deadlines import Due, Standing, deadline, due, last_day
from vault.law.rule_set import Period
from vault.law.rules import load_rules
from vault.law.terms import Unit

NOW = load_rules("cn-2026-01-01")
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2026, 11, 30))


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=calendar.SHANGHAI).timestamp() * 1000)


def ends(id: str, start: str) -> tuple[str, str]:
    """Last days of the warning and of the statutory period."""
    found = due(deadline(NOW, id), at(start))
    return civil_day(found.warn_ms - 1).isoformat(), civil_day(found.escalate_ms - 1).isoformat()


@pytest.mark.parametrize("year", sorted(calendar.years()))
def test_every_day_is_worked_or_free_as_the_other_calendar_says(year: int) -> None:
    """A holiday typed wrongly would move statutory deadlines."""
    day = dt.date(year, 1, 1)
    while day.year == year:
        assert is_working_day(day) == chinese_calendar.is_workday(day), day
        day += dt.timedelta(days=1)


def test_the_years_that_are_shipped() -> None:
    """A year would be lost from the package unnoticed."""
    assert set(calendar.years()) == {2024, 2025, 2026}


@pytest.mark.parametrize("day", [dt.date(2023, 12, 29), dt.date(2027, 1, 4)])
def test_a_year_without_data_is_refused(day: dt.date) -> None:
    """Working days of a year whose holidays nobody announced would be guessed."""
    with pytest.raises(LawError, match="not shipped, and working days are not guessed"):
        is_working_day(day)
    with pytest.raises(LawError):
        due(deadline(NOW, "decide-request"), start_of(day))


def test_L18_accepts_a_decision_within_the_period() -> None:
    """Monday's request would be late before Thursday is over, or not late after a week."""
    assert ends("decide-request", "2026-03-09T10:00") == ("2026-03-12", "2026-03-16")
    found = due(deadline(NOW, "decide-request"), at("2026-03-09T10:00"))
    assert found.standing(at("2026-03-12T23:59:59")) is Standing.RUNNING


def test_L18_refuses_to_call_a_late_decision_timely() -> None:
    """An agency could sit on a request without anybody being told."""
    found = due(deadline(NOW, "decide-request"), at("2026-03-09T10:00"))
    assert found.standing(at("2026-03-13T00:00")) is Standing.WARNED
    assert found.standing(at("2026-03-17T00:00")) is Standing.ESCALATED


def test_L18_refuses_to_take_silence_for_consent() -> None:
    """A passed deadline would approve: a standing must have no word for it."""
    assert {standing.value for standing in Standing} == {"running", "warned", "escalated"}
    assert {name for name in dir(Due) if not name.startswith("_")} == {"standing", "warn_ms", "escalate_ms"}


def test_around_a_long_holiday_the_warning_does_not_come_after_the_escalation() -> None:
    """Seven days end on 8 October, three working days on the 10th: the shorter one warns."""
    assert ends("decide-request", "2026-09-30T09:00") == ("2026-10-08", "2026-10-08")


def test_L11_accepts_sealing_within_three_days() -> None:
    """The three days would be counted from the day of the notice itself."""
    assert ends("seal-own-part", "2026-03-09T23:59") == ("2026-03-11", "2026-03-12")


def test_L11_refuses_a_fourth_day_unless_the_third_is_free() -> None:
    """Overdue holders would stay invisible to the procuratorate."""
    found = due(deadline(NOW, "seal-own-part"), at("2026-03-09T00:00"))
    assert found.standing(at("2026-03-13T00:00")) is Standing.ESCALATED
    assert ends("seal-own-part", "2026-03-11T12:00")[1] == "2026-03-16"  # the third day is a Saturday


def test_L12_accepts_three_days_after_execution() -> None:
    """Community correction would have no timer of its own."""
    assert ends("seal-after-execution", "2026-05-11T08:00")[1] == "2026-05-14"


def test_L12_refuses_a_fourth_day() -> None:
    """The same."""
    found = due(deadline(NOW, "seal-after-execution"), at("2026-05-11T08:00"))
    assert found.standing(at("2026-05-15T00:00")) is Standing.ESCALATED


def test_L25_accepts_three_working_days_for_a_certificate() -> None:
    """The youth would be told that a weekend counts."""
    assert ends("no-record-certificate", "2026-03-12T10:00") == ("2026-03-16", "2026-03-17")


def test_L25_refuses_a_fourth_working_day() -> None:
    """A certificate could be put off without anybody being told."""
    found = due(deadline(NOW, "no-record-certificate"), at("2026-03-12T10:00"))
    assert found.standing(at("2026-03-18T00:00")) is Standing.ESCALATED


def test_L35_accepts_an_answer_within_ten_days() -> None:
    """Correction tickets would have no deadline."""
    assert ends("answer-correction", "2026-03-02T10:00") == ("2026-03-09", "2026-03-12")


def test_L35_refuses_a_later_answer() -> None:
    """The same."""
    found = due(deadline(NOW, "answer-correction"), at("2026-03-02T10:00"))
    assert found.standing(at("2026-03-13T00:00")) is Standing.ESCALATED


def test_a_deadline_that_the_rules_do_not_have_is_refused() -> None:
    """A slip in an id would end in a traceback."""
    with pytest.raises(LawError, match="deadline: not one of this rule set"):
        deadline(NOW, "decide")


def test_the_civil_day_is_chinas() -> None:
    """A request at 23:30 UTC would count from the wrong day."""
    assert civil_day(at("2026-03-10T00:00")) == dt.date(2026, 3, 10)
    assert civil_day(at("2026-03-10T00:00") - 1) == dt.date(2026, 3, 9)
    assert start_of(dt.date(2026, 3, 10)) == 1773072000000


@given(DAYS, st.integers(1, 10))
def test_working_days_are_counted_one_by_one(start: dt.date, count: int) -> None:
    """Against counting with the other calendar: skipped holidays and make-up days."""
    days = chinese_calendar.get_workdays(start + dt.timedelta(days=1), start + dt.timedelta(days=31))
    assert last_day(Period(count, Unit.WORKING_DAYS), start) == days[count - 1]


@given(DAYS, st.integers(1, 10), st.sampled_from(Unit))
def test_a_period_never_ends_early_or_on_a_free_day(start: dt.date, count: int, unit: Unit) -> None:
    """Rounding the wrong way would shorten a period."""
    last = last_day(Period(count, unit), start)
    assert (last - start).days >= count
    assert is_working_day(last)


@given(st.sampled_from(sorted(NOW.deadlines)), DAYS)
def test_a_later_start_is_never_due_earlier(id: str, start: dt.date) -> None:
    """Somebody who waits a day would be due before somebody who did not."""
    one, next_day = (due(deadline(NOW, id), start_of(start + dt.timedelta(days=n))) for n in (0, 1))
    assert one.warn_ms <= next_day.warn_ms
    assert one.escalate_ms <= next_day.escalate_ms
    assert one.warn_ms <= one.escalate_ms


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("year = 2026", "year = 2025"),
        ("2026-02-14", "2026-02-13"),
        ("2026-02-14", "2026-02-15"),
        ("last = 2026-10-07", "last = 2026-10-17"),
        ("last = 2026-10-07", "last = 2026-09-30"),
        ("first = 2026-04-04", "first = 2026-04-30"),
        ("first = 2026-10-01\nlast = 2026-10-07", "first = 2026-09-27\nlast = 2026-10-05"),
        ('mark = "S"', 'mark = "X"'),
        ("year = 2026", "year = 2026\nguess = true"),
        ("first = 2026-04-04", 'first = "2026-04-04"'),
    ],
)
def test_a_damaged_holiday_file_is_refused(old: str, new: str) -> None:
    """A slip in next year's file would be taken for an announcement."""
    from vault.law.package_data import shipped

    data = dict(shipped("holidays"))["cn-2026.toml"].decode()
    assert old in data
    with pytest.raises(LawError, match="cn-2026"):
        calendar.parse_year(data.replace(old, new, 1).encode(), "cn-2026.toml")
