"""The kinds of mistakes in `linkage.synthetic`, one by one, and how they are dealt out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_python import Solar

from linkage.synthetic import spoil_dates, spoil_household, spoil_ids, spoil_names
from linkage.synthetic.characters import homophones, lookalikes, spell, spell_surname
from linkage.synthetic.resident_ids import is_valid
from linkage.synthetic.spoil_names import Name, han_name
from linkage.synthetic.strata import Stratum
from linkage.synthetic.striking import strike

SEEDS = st.integers(0, 2**32 - 1)
NAMES = st.sampled_from(["王梓涵", "李明", "欧阳子轩", "单一诺", "陈玥", "吕思雨萱"])


@settings(max_examples=60, deadline=None)
@given(NAMES, SEEDS, st.sampled_from(list(spoil_names.HAN_KINDS)))
def test_every_mistake_in_a_name_gives_a_nonempty_text(whole: str, seed: int, kind: Stratum) -> None:
    """A kind that crashes or empties a name would make missing values out of mistakes."""
    name = han_name(whole, 2)
    assert name.whole == whole
    assert spoil_names.HAN_KINDS[kind](name, np.random.default_rng(seed))


@settings(max_examples=60, deadline=None)
@given(st.dates(min_value=spoil_dates.date(2006, 1, 1), max_value=spoil_dates.date(2023, 12, 31)), SEEDS)
def test_every_mistake_in_a_date_gives_a_date_or_a_partial_one(born: spoil_dates.date, seed: int) -> None:
    """An impossible date would be refused by any reader, which is an easier case than the one meant."""
    for spoil in spoil_dates.KINDS.values():
        year, month, day = spoil((born.year, born.month, born.day), np.random.default_rng(seed))
        assert spoil_dates.date(year, month, day or 1)


@pytest.mark.parametrize(
    "born", [(2012, 5, 21), (2017, 8, 1), (2020, 5, 30), (2023, 3, 25), (2006, 1, 28), (2023, 12, 31)]
)
def test_lunar_birthdays_agree_with_the_calendar_library(born: tuple[int, int, int]) -> None:
    """The fast table must be the real lunar calendar, leap months included, or the lunar stratum tests nothing."""
    lunar = Solar.fromYmd(*born).getLunar()
    assert spoil_dates._lunar(*born) == (lunar.getYear(), abs(lunar.getMonth()), lunar.getDay())


def test_homophones_sound_alike_and_exclude_the_character_itself() -> None:
    """A table slip would turn homophones into random characters."""
    for character in "涵梓轩怡浩婷":
        assert homophones(character)
        assert character not in homophones(character)
        assert {spell(c) for c in homophones(character)} == {spell(character)}
        assert character not in lookalikes(character)


def test_surnames_have_their_own_readings() -> None:
    """Pinyin rows of 单 and 曾 must be spelled as their bearers spell them."""
    assert [spell_surname(s) for s in ("单", "曾", "仇", "尉迟", "吕")] == ["shan", "zeng", "qiu", "yuchi", "lv"]


def test_relatives_numbers_stay_valid_and_typos_do_not() -> None:
    """The sibling's ID is dangerous only while it is valid; a typed digit must break the check digit or the date."""
    numbers = spoil_ids.Numbers("11010519491231002X", "110105194912310038", "110105194912310054")
    rng = np.random.default_rng(1)
    assert spoil_ids.siblings_id(numbers, rng) == numbers.siblings
    assert spoil_ids.guardians_id(numbers, rng) == numbers.guardians
    assert spoil_ids.siblings_id(spoil_ids.Numbers("1", "", "2"), rng) == "1"
    typed = {spoil_ids.wrong_digit_id(numbers, rng) for _ in range(50)} - {numbers.own}
    assert typed
    assert not any(is_valid(number) for number in typed)


def test_newborns_carry_their_mothers_name_and_twins_are_numbered() -> None:
    """Newborn rows are a quarter of the hospital's difficulty; they must not leak the child's own name."""
    rng = np.random.default_rng(2)
    single = {spoil_names.newborn("张丽", 2, 0, rng) for _ in range(80)}
    pairs = [(spoil_names.newborn("张丽", 1, 1, rng), spoil_names.newborn("张丽", 1, 2, rng)) for _ in range(40)]
    assert "张丽之女" in single
    assert all(text.startswith("张丽") and text != "张丽" for text in single)
    assert all(a[-1] != "B" and b[-1] != "A" and a.startswith("张丽") for a, b in pairs)


def test_wrong_phones_differ_from_the_right_one_mostly() -> None:
    """A phone mistake that changes nothing would be marked for nothing."""
    rng = np.random.default_rng(3)
    written = [spoil_household.phone_digit("13812345678", rng) for _ in range(100)]
    assert all(len(number) == 11 for number in written)
    assert sum(number != "13812345678" for number in written) > 90


def test_guardian_mistakes_keep_the_surname_recognisable() -> None:
    """Titles like 张先生 keep the surname; otherwise they would be missing values in disguise."""
    rng = np.random.default_rng(4)
    assert all(spoil_household.guardian_titled(Name("张", "伟", 1), rng).startswith("张") for _ in range(20))


def test_strikes_grow_with_badness_and_stay_below_the_ceiling() -> None:
    """Clustering of mistakes rests on this one function; without it every record would be equally bad."""
    rng = np.random.default_rng(5)
    calm = strike([0.02, 0.03], np.full(20_000, 0.5), rng)
    wild = strike([0.02, 0.03], np.full(20_000, 4.0), rng)
    worst = strike([0.4, 0.5], np.full(20_000, 50.0), rng)
    assert np.mean(calm >= 0) == pytest.approx(0.025, abs=0.006)
    assert np.mean(wild >= 0) == pytest.approx(0.20, abs=0.015)
    assert np.mean(worst >= 0) == pytest.approx(0.85, abs=0.015)
    assert np.mean(wild == 1) / np.mean(wild == 0) == pytest.approx(1.5, abs=0.2)
    assert (strike([0.0], np.ones(10), rng) == -1).all()
