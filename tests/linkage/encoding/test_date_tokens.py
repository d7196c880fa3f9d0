"""Tokens of dates: whole columns equal single dates, the commonest errors still meet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.date_tokens import date_table, date_tokens
from linkage.encoding.normalise.dates import Dob, read_date

MONTHS = st.none() | st.integers(1, 12)
DOBS = st.none() | st.builds(
    lambda year, month, day, default: Dob(year, month, day if month else None, default),
    st.integers(1900, 2100), MONTHS, st.none() | st.integers(1, 31), st.booleans(),
)  # fmt: skip


def tokens(text: str) -> list[str]:
    return date_tokens(read_date(text), lunar=True)


@given(st.lists(DOBS, max_size=12), st.booleans())
def test_columns_hold_the_tokens_of_single_dates(dobs: list[Dob | None], lunar: bool) -> None:
    """Without it the fast table could drop or swap a part of a date."""
    table = date_table(dobs, lunar=lunar)
    assert [table[i] for i in range(len(table))] == [date_tokens(dob, lunar=lunar) for dob in dobs]


def test_swapped_day_and_month_and_a_lunar_date_still_meet() -> None:
    """Without it the two commonest date errors would cost the whole date."""
    assert "X:2013-6-8" in set(tokens("2013-08-06")) & set(tokens("2013-06-08"))
    assert "MD:9-11" in tokens("2013年8月7日")  # the seventh day of the eighth lunar month of 2013


def test_neighbouring_years_share_a_band() -> None:
    """Without it an estimated age would share nothing with the true year."""
    assert set(tokens("2013-08-06")) & set(tokens("2014")) == {"B:2013-2014"}


def test_first_of_january_says_the_year_alone() -> None:
    """Without it all children of unknown birthday would share a birthday."""
    assert {token[0] for token in tokens("2013-01-01")} == {"Y", "B"}


def test_unreadable_dates_give_no_token() -> None:
    """Without it children of unknown birth would look alike."""
    assert date_tokens(None, lunar=True) == []
    assert date_table([None, None], lunar=False)[1] == []
