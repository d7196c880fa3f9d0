"""Cells of a child's record → tags: what must meet although it is written differently, and what must not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from linkage.encoding.cn_tags import another_persons_id, name_tags, written_date_tags
from linkage.encoding.mapping import Records
from linkage.encoding.normalise.dates import Dob
from linkage.encoding.tags import tag_records
from linkage.schema import load_schema

SCHEMA = load_schema("cn-child-v1")


def column(cells: list[str]) -> tuple[pa.DictionaryArray]:
    return (pa.array(cells, pa.string()).dictionary_encode(),)


@pytest.mark.parametrize(
    ("solar", "written"),
    [
        ("2012-08-14", "2012-06-27"),  # the lunar day of the same year
        ("2013-01-20", "2012-12-09"),  # after New Year: the lunar year is the one before
        ("2013-01-20", "2013-12-09"),  # the same lunar day beside the solar year
        ("2012-03-05", "2012-05-03"),  # day and month exchanged
    ],
)
def test_lunar_and_swapped_dates_meet_the_solar_one(solar: str, written: str) -> None:
    """Children whose grandparents gave the lunar birthday would have no date in common with themselves."""
    assert set(written_date_tags(solar)["DL"]) & set(written_date_tags(written)["DL"])


def test_another_day_stays_another_day() -> None:
    """Readings of a date that meet too often would leak and tie strangers."""
    assert not set(written_date_tags("2012-08-14")["DL"]) & set(written_date_tags("2012-08-15")["DL"])


def test_a_lunar_date_in_the_solar_year_is_still_the_childs_own() -> None:
    """The ID of a child born after New Year would be dropped as somebody else's."""
    assert not another_persons_id(Dob(2013, 12, 9), Dob(2013, 1, 20))
    assert another_persons_id(Dob(2013, 12, 9), Dob(2010, 3, 4))


def test_a_masked_name_is_visibly_a_name() -> None:
    """What the readable part of 张** shows would be thrown away, the record passing for one without a name."""
    records = Records(pa.array(["1", "2", "3"]), {"name": column(["张**", "张丽之女", ""])})
    assert tag_records(records, SCHEMA).visible["has_name"].tolist() == [True, False, False]


def test_a_masked_name_meets_the_whole_one_by_what_it_shows() -> None:
    """A mask would count as a character and meet other masks."""
    masked, whole = name_tags("张*明"), name_tags("张小明")
    assert set(masked["NC"]) & set(whole["NC"])
    assert "NX" not in masked and "NP" not in masked


def test_characters_that_stay_right_meet_beside_one_that_is_not() -> None:
    """A wrong, added or masked character would be told by its sound alone, and the keys of a sound leak more."""
    right = name_tags("张小明")["NK"]
    assert set(right) & set(name_tags("张晓明")["NK"]) == set(right) & set(name_tags("张*明")["NK"]) == {"张明"}
    assert not set(right) & set(name_tags("章小敏")["NK"])


def test_rising_dates_meet_when_swapped_and_never_by_the_moon() -> None:
    """Swapped dates would need keys that also tie whoever was born on the lunar day."""
    assert written_date_tags("2012-03-05")["DS"] == written_date_tags("2012-05-03")["DS"]
    assert not set(written_date_tags("2012-08-14")["DS"]) & set(written_date_tags("2012-06-27")["DS"])


@pytest.mark.parametrize(("one", "other"), [("2012-03-05", "2012-05-03"), ("2012-03-25", "2012-03-25")])
def test_what_agrees_rising_agrees_as_a_reading(one: str, other: str) -> None:
    """The schema says that DS implies DL: a level would be claimed that the tags do not show."""
    assert set(written_date_tags(one)["DL"]) & set(written_date_tags(other)["DL"])
