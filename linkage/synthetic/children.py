"""The city's children as arrays: who was born when, into which family, under which name and number. No records.

Brothers and sisters share family, mostly the surname, sometimes a character; twins share the day, and their IDs are
neighbours. All children are under eighteen at the end of 2023.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic import ethnic_names
from linkage.synthetic.divisions import NEW_CODE, OLD_CODE, RENAMED_ON
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.families import ALWAYS, Families, draw_families
from linkage.synthetic.given_names import RARE, Given, draw_children
from linkage.synthetic.places import Map
from linkage.synthetic.profiles import Population
from linkage.synthetic.resident_ids import issue

Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
FIRST_DAY: Final = np.datetime64("2006-01-01", "D")
LAST_DAY: Final = np.datetime64("2023-12-31", "D")
# Births in China 2006 to 2023 in units of 10,000 (National Bureau of Statistics, rounded): the weight of each year.
_BIRTHS: Final = (
    1585,
    1595,
    1608,
    1591,
    1592,
    1604,
    1635,
    1640,
    1687,
    1655,
    1786,
    1723,
    1523,
    1465,
    1200,
    1062,
    956,
    902,
)


@dataclass(frozen=True, slots=True)
class Children:
    """N children side by side, brothers and sisters next to each other.

    `family` indexes `Families`; `sex` 1 male, 2 female; `name` is today's, `former_name` ("" without) held until
    `renamed_on`; `twin` is the co-twin's position or -1; `birth_order` 1 or 2 among twins, else 0.
    """

    family: NDArray[np.int64]
    sex: NDArray[np.int8]
    born: Days
    name: Strings
    former_name: Strings
    renamed_on: Days
    resident_id: Strings
    twin: NDArray[np.int64]
    birth_order: NDArray[np.int8]
    siblings: NDArray[np.int16]


def draw_world(children: int, city: Map, mix: Population, rng: np.random.Generator) -> tuple[Families, Children]:
    """Exactly so many children, and their families."""
    family, birth, born = _draw_births(children, mix, rng)
    families = draw_families(int(family[-1]) + 1, city, mix, rng)
    second_twin = np.diff(birth, prepend=-1) == 0
    twin = np.full(children, -1, dtype=np.int64)
    later = np.flatnonzero(second_twin)
    twin[later], twin[later - 1] = later - 1, later
    sex = (1 + (rng.random(children) < 0.475)).astype(np.int8)
    alike = second_twin & (rng.random(children) < 0.4)
    sex = np.where(alike, np.roll(sex, 1), sex)
    names, given = _draw_names(family, families, sex, born, second_twin, mix, rng)
    name, former, renamed_on = _rename(names, given, family, families, born, mix, rng)
    return families, Children(
        family, sex, born, name, former, renamed_on, _draw_ids(family, families, sex, born, second_twin, rng), twin,
        np.where(twin < 0, 0, 1 + second_twin).astype(np.int8), np.bincount(family)[family].astype(np.int16),
    )  # fmt: skip


def _draw_births(
    children: int, mix: Population, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], Days]:
    """(family, birth, day) of each child; a birth with two children is a twin birth."""
    sizes = 1 + np.searchsorted(
        np.cumsum([1 - mix.two_children - mix.three_children, mix.two_children]),
        rng.random(children),
        side="right",
    )
    birth_family = np.repeat(np.arange(children), sizes)
    double = rng.random(len(birth_family)) < mix.twins / (2 - mix.twins)
    birth = np.repeat(np.arange(len(birth_family)), 1 + double)[:children]
    family = birth_family[birth]
    gaps = rng.integers(400, 2200, len(birth_family))
    first = np.diff(birth_family, prepend=-1) > 0
    walked = np.cumsum(np.where(first, 0, gaps))
    offset = walked - np.repeat(walked[first], sizes)
    span = np.repeat(offset[np.append(np.flatnonzero(first)[1:] - 1, len(first) - 1)], sizes)
    room = int((LAST_DAY - FIRST_DAY).astype(np.int64)) + 1 - span
    eldest = np.repeat(_birth_quantiles(children, rng), sizes)
    day = FIRST_DAY + (np.floor(eldest * room).astype(np.int64) + offset).astype("timedelta64[D]")
    return family.astype(np.int64), birth, day[birth]


def _birth_quantiles(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    shares = np.asarray(_BIRTHS, dtype=np.float64)
    years = rng.choice(len(shares), count, p=shares / shares.sum())
    return np.asarray((years + rng.random(count)) / len(shares))


def _draw_names(
    family: NDArray[np.int64],
    families: Families,
    sex: NDArray[np.int8],
    born: Days,
    second_twin: Flags,
    mix: Population,
    rng: np.random.Generator,
) -> tuple[Strings, Strings]:
    """(whole names, given names) as first registered."""
    count = len(family)
    given = draw_children(sex, born.astype("datetime64[Y]").astype(np.int64) + 1970, rng)
    generation = families.generation[family]
    first = np.where((generation != "") & (given.second != ""), generation, given.first)
    second = given.second
    sharing = rng.random(count)
    both = second_twin & (second != "") & (np.roll(second, 1) != "")
    first = np.where(both & (sharing < 0.40), np.roll(first, 1), first)
    second = np.where(both & (sharing > 0.75), np.roll(second, 1), second)
    joined = Given(first, second, given.third).joined()
    matronymic = rng.random(count) < mix.mothers_surname
    matronymic = np.where(second_twin, np.roll(matronymic, 1), matronymic)
    surname = np.where(matronymic, families.mothers_surname[family], families.surname[family])
    tradition = families.tradition[family]
    dotted = ethnic_names.draw_child_names(tradition, families.line[family], sex, rng)
    names = np.where(tradition == Tradition.HAN, surname + joined, dotted)
    return _told_apart(names, joined, family, tradition, rng)


def _told_apart(
    names: Strings,
    given: Strings,
    family: NDArray[np.int64],
    tradition: NDArray[np.int8],
    rng: np.random.Generator,
) -> tuple[Strings, Strings]:
    """No two children of one family bear the same name: the later one gets another last character."""
    for distance in (1, 2, 3):
        same = (names == np.roll(names, distance)) & (family == np.roll(family, distance))
        same[:distance] = False
        for row in np.flatnonzero(same & (tradition == Tradition.HAN)):
            other = RARE[rng.integers(0, len(RARE))]
            kept = given[row][:-1] if len(given[row]) > 1 else given[row]
            names[row], given[row] = names[row][: -len(given[row])] + kept + other, kept + other
    return names, given


def _rename(
    names: Strings,
    given: Strings,
    family: NDArray[np.int64],
    families: Families,
    born: Days,
    mix: Population,
    rng: np.random.Generator,
) -> tuple[Strings, Strings, Days]:
    """(name today, former name, day of the change): after a divorce mostly the surname, else mostly the given name."""
    current, former = names.copy(), np.full(len(names), "", dtype=object)
    split = families.split_on[family] < LAST_DAY
    rows = np.flatnonzero(
        (rng.random(len(names)) < mix.renamed * np.where(split, 3.0, 0.8)) & (families.tradition[family] == 0)
    )
    fresh = draw_children(np.full(len(rows), 2, np.int8), np.full(len(rows), 2016), rng).joined()
    step = families.names[3][family[rows]]
    draw = rng.random(len(rows))
    for i, row in enumerate(rows):
        surname = names[row][: len(names[row]) - len(given[row])]
        if draw[i] < (0.75 if split[row] else 0.25):
            stepfathers = step[i][0] if split[row] and draw[i] < 0.2 else families.mothers_surname[family[row]]
            current[row] = stepfathers + given[row]
        else:
            current[row] = surname + fresh[i]
        former[row] = names[row] if current[row] != names[row] else ""
    age = rng.random(len(names)) * (np.datetime64("2024-06-30") - born).astype(np.int64)
    renamed_on = born + age.astype(np.int64).astype("timedelta64[D]")
    return current, former, np.where(former == "", ALWAYS, renamed_on)


def _draw_ids(
    family: NDArray[np.int64],
    families: Families,
    sex: NDArray[np.int8],
    born: Days,
    second_twin: Flags,
    rng: np.random.Generator,
) -> Strings:
    region = families.region[family]
    region = np.where((region == OLD_CODE) & (born >= RENAMED_ON), NEW_CODE, region)
    return issue(region, born, sex == 1, second_twin, rng)
