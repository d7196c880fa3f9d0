"""The true world of `linkage.synthetic`: children, families, numbers, before any clerk wrote anything."""

from collections import Counter

import numpy as np
import pytest

from linkage.synthetic.children import FIRST_DAY, LAST_DAY, Children, draw_world
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.families import Families, Role
from linkage.synthetic.places import draw_map
from linkage.synthetic.profiles import TYPICAL
from linkage.synthetic.resident_ids import check_digit, is_valid
from linkage.synthetic.surnames import SHARES, SURNAMES

CHILDREN = 8_000


@pytest.fixture(scope="module")
def world() -> tuple[Families, Children]:
    """A small city's families and children."""
    rng = np.random.default_rng(11)
    return draw_world(CHILDREN, draw_map(CHILDREN, rng), TYPICAL.population, rng)


def test_check_digit_follows_the_published_example() -> None:
    """If this goes, IDs are valid only by our own arithmetic; 11010519491231002X is the example of GB 11643."""
    assert check_digit("11010519491231002") == "X"
    assert is_valid("11010519491231002X")
    assert not is_valid("110105194912310021")


def test_ids_are_valid_distinct_and_carry_birth_and_sex(world: tuple[Families, Children]) -> None:
    """Without it a benchmark could punish the encoder for rejecting numbers that no office would issue."""
    _, people = world
    ids = people.resident_id
    assert len(set(ids)) == CHILDREN
    assert all(is_valid(number) for number in ids)
    assert [number[6:14] for number in ids] == [str(day).replace("-", "") for day in people.born]
    assert [int(number[16]) % 2 for number in ids] == [int(sex == 1) for sex in people.sex]


def test_twins_share_day_and_family_and_have_neighbouring_numbers(world: tuple[Families, Children]) -> None:
    """Twins are the hard negatives; if they stop being alike, the false links between them look solved."""
    _, people = world
    first = np.flatnonzero(people.birth_order == 1)
    second = people.twin[first]
    assert 0.018 < 2 * len(first) / CHILDREN < 0.034
    assert (people.born[first] == people.born[second]).all()
    assert (people.family[first] == people.family[second]).all()
    assert (people.twin[second] == first).all()
    gaps = [
        int(people.resident_id[b][14:17]) - int(people.resident_id[a][14:17])
        for a, b in zip(first, second, strict=True)
    ]
    assert np.mean([1 <= gap <= 3 for gap in gaps]) > 0.95
    assert (people.name[first] != people.name[second]).all()


def test_siblings_are_born_apart_and_mostly_share_the_surname(world: tuple[Families, Children]) -> None:
    """Keeps brothers and sisters plausible negatives instead of copies or strangers."""
    families, people = world
    beside = np.flatnonzero((people.family[1:] == people.family[:-1]) & (people.twin[1:] < 0) & (people.twin[:-1] < 0))
    gaps = np.abs((people.born[beside + 1] - people.born[beside]).astype(np.int64))
    assert gaps.min() >= 300
    han = beside[families.tradition[people.family[beside]] == Tradition.HAN]
    shared = [people.name[i][0] == people.name[i + 1][0] for i in han]
    assert 0.8 < np.mean(shared) < 0.99


def test_all_children_are_minors_born_in_the_window(world: tuple[Families, Children]) -> None:
    """The product links minors only; an adult in the data would test a case that may not exist."""
    _, people = world
    assert people.born.min() >= FIRST_DAY
    assert people.born.max() <= LAST_DAY


def test_names_collide_as_in_a_real_city(world: tuple[Families, Children]) -> None:
    """If full names become unique, exact name and date would link everything and every benchmark flatters us."""
    _, people = world
    shared = sum(n for n in Counter(people.name).values() if n > 1) / CHILDREN
    assert 0.04 < shared < 0.25
    commonest = Counter(name[0] for name in people.name).most_common(1)[0][1] / CHILDREN
    assert 0.05 < commonest < 0.11


def test_top_hundred_surnames_cover_about_85_percent() -> None:
    """The published share; collisions of surnames depend on it."""
    assert SHARES[:100].sum() == pytest.approx(0.85, abs=1e-9)
    assert SHARES.sum() == pytest.approx(1.0, abs=1e-9)
    assert len(set(SURNAMES)) == len(SURNAMES)


def test_brothers_families_share_the_grandparent(world: tuple[Families, Children]) -> None:
    """Cousins with one grandparent's phone and one old home are the false links that households tempt to."""
    families, _ = world
    shared = Counter(zip(families.names[Role.ELDER], families.phones[Role.ELDER], strict=True))
    assert sum(1 for n in shared.values() if n > 1) > 0.02 * len(families.surname)


def test_villages_have_clans(world: tuple[Families, Children]) -> None:
    """Neighbours who share a surname make village and surname together weaker evidence than independence says."""
    families, _ = world
    place = families.hukou.town + families.hukou.place
    common = Counter(place).most_common(20)
    top = [Counter(families.surname[place == village]).most_common(1)[0][1] / n for village, n in common]
    assert np.mean(top) > 0.15
