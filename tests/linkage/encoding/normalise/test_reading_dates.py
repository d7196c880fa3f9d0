from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunar_python import Lunar

from linkage.encoding.normalise.dates import Dob, lunar_to_solar, read_date
from linkage.encoding.normalise.lunar import solar_date

SIXTH_OF_AUGUST = Dob(2013, 8, 6)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "20130806",
            "2013-08-06",
            "2013.08.06",
            "2013/8/6",
            "2013年8月6日",
            "2013年08月06日",
            "2013 08 06",
            "2013年8月6",
        ),
        *(
            "二〇一三年八月六日",
            "二零一三年八月六日",
            "２０１３－０８－０６",
            "2013—08—06",
            "'2013-08-06",
            "2013、8、6",
        ),
        *(
            "2013-08-06 00:00:00",
            "2013-08-06T00:00:00",
            "2013-08-06T00:00:00+08:00",
            "2013/08/06 0:00",
            "20130806000000",
        ),
        *("2013-08-05T16:00:00.000Z", "1375718400000", "1375718400", "41492", "41492.0"),
        *("13-08-06", "130806", "13.8.6", "06/08/2013", "6/8/2013", "8/6/13", "06-8月-13", "06-8月 -13", "06-AUG-13"),
        *("6 Aug 2013", "Aug 6, 2013", "August 6 2013", "2013-Aug-06", "06082013", "2013806"),
        *("农历2013年六月三十", "二〇一三年六月三十(农历)", "2013年8月6日(农历六月三十)", "民国102年8月6日"),
        *("出生于2013年8月6日", "2013年8月6日 12时30分", "320684201308061236"),
    ],
)
def test_every_writing_of_one_day(written: str) -> None:
    """Agencies write one day in dozens of ways; each unread one loses a child."""
    assert read_date(written) == SIXTH_OF_AUGUST


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2013年8月", Dob(2013, 8, None)),
        ("2013-08", Dob(2013, 8, None)),
        ("201308", Dob(2013, 8, None)),
        ("20130800", Dob(2013, 8, None)),
        ("8/2013", Dob(2013, 8, None)),
        ("2013", Dob(2013, None, None)),
        ("2013年", Dob(2013, None, None)),
        ("2013-00-00", Dob(2013, None, None)),
        ("2013-01-01", Dob(2013, 1, 1, default_day=True)),
        ("20130101", Dob(2013, 1, 1, default_day=True)),
        ("2013-13-06", Dob(2013, 6, 13)),
        ("20131306", Dob(2013, 6, 13)),
        ("08/13/2013", Dob(2013, 8, 13)),
        ("2013-04-31", Dob(2013, 4, None)),
        ("2013-13-45", Dob(2013, None, None)),
        ("2013-02-29", Dob(2013, 4, 9)),
        ("98-8-6", Dob(1998, 8, 6)),
        ("2012-02-29", Dob(2012, 2, 29)),
        ("2013年正月初五", Dob(2013, 2, 14)),
    ],
)
def test_partial_swapped_and_impossible_dates(written: str, read: Dob) -> None:
    """What is left of a bad date still narrows the search; an invented part would mislead it."""
    assert read_date(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "无",
        "5岁",
        "3岁半",
        "6个月",
        "12周岁",
        "1899-01-01",
        "2101-01-01",
        "0000-00-00",
        "1900-01-01",
        "9999-12-31",
        "abc",
        "123",
        "待查",
    ],
)
def test_no_date(written: str) -> None:
    """Ages and placeholders are no dates of birth."""
    assert read_date(written) is None


@given(st.integers(1901, 2099), st.integers(1, 12), st.integers(1, 29))
def test_lunar_table_agrees_with_the_library(year: int, month: int, day: int) -> None:
    """The table stands in for lunar_python and must give its dates."""
    solar = Lunar.fromYmd(year, month, day).getSolar()
    assert solar_date(year, month, day) == date(solar.getYear(), solar.getMonth(), solar.getDay())


def test_lunar_dates() -> None:
    """A doubled month means its ordinary first; days that do not exist give nothing."""
    assert lunar_to_solar(Dob(2013, 6, 30)) == SIXTH_OF_AUGUST
    assert lunar_to_solar(Dob(2020, 4, 1)) == Dob(2020, 4, 23)
    assert lunar_to_solar(Dob(2020, 5, 1)) == Dob(2020, 6, 21)
    assert lunar_to_solar(Dob(2013, 1, 31)) is None
    assert lunar_to_solar(Dob(2013, 1, None)) is None


@given(st.dates(date(1900, 1, 2), date(2100, 12, 31)))
def test_own_writing_is_read_back(day: date) -> None:
    """ISO and compact dates are what clean systems hold."""
    for written in (day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"):
        read = read_date(written)
        assert read is not None
        assert (read.year, read.month, read.day) == (day.year, day.month, day.day)
