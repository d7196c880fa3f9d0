"""Which agency met which child, when, and how carelessly it wrote: the skeleton of the records, without their contents.

Coverage depends on age and on a hidden need that police, civil affairs and hospital share. Badness (mean about 1) is
what makes mistakes come in clusters: it is one draw per record times one per clerk times one per agency.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.children import FIRST_DAY, LAST_DAY, Children
from linkage.synthetic.profiles import Profile

Days = NDArray[np.datetime64]


class Source(StrEnum):
    """The four agencies; also the names of sources, tables and files."""

    POLICE = "police"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    CIVIL = "civil"


_CARELESSNESS: Final = {Source.POLICE: 1.05, Source.SCHOOL: 0.80, Source.HOSPITAL: 1.35, Source.CIVIL: 0.95}
_DUPLICATES: Final = {Source.POLICE: 1.0, Source.SCHOOL: 0.5, Source.HOSPITAL: 1.8, Source.CIVIL: 0.9}
_CLERKS: Final = 60
_AT_BIRTH: Final = 0.22
_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Sightings:
    """Records of one source side by side, in no meaningful order: child's position, day taken, clerk, badness."""

    child: NDArray[np.int64]
    day: Days
    clerk: NDArray[np.int64]
    badness: NDArray[np.float64]
    duplicate: NDArray[np.bool_]


def draw_need(children: int, profile: Profile, rng: np.random.Generator) -> NDArray[np.float64]:
    """How much each child is in need, mean 1, log-normal."""
    spread = profile.coverage.need_spread
    return np.asarray(rng.lognormal(-spread * spread / 2, spread, children))


def draw_sightings(
    source: Source, children: Children, need: NDArray[np.float64], profile: Profile, rng: np.random.Generator
) -> Sightings:
    """The records that one agency holds, shuffled."""
    age = (LAST_DAY - children.born).astype(np.int64) / _YEAR
    once = np.flatnonzero(rng.random(len(age)) < _chance(source, age, need, profile))
    again = once[rng.random(len(once)) < profile.coverage.duplicates * _DUPLICATES[source]]
    child = np.concatenate([once, again])
    duplicate = np.arange(len(child)) >= len(once)
    order = rng.permutation(len(child))
    child, duplicate = child[order], duplicate[order]
    clerk = rng.integers(0, _CLERKS, len(child))
    spread = profile.clerk_spread
    clerks = rng.lognormal(0.0, spread, _CLERKS)
    clerks /= clerks.mean()
    shape = profile.badness_shape
    badness = rng.gamma(shape, 1 / shape, len(child)) * clerks[clerk] * _CARELESSNESS[source]
    day = _draw_days(source, children.born[child], age[child], rng)
    return Sightings(child, day, clerk, badness, duplicate)


def _chance(
    source: Source, age: NDArray[np.float64], need: NDArray[np.float64], profile: Profile
) -> NDArray[np.float64]:
    share = profile.coverage
    if source is Source.SCHOOL:
        return np.where(age >= 6.3, share.school, np.where(age >= 3.3, share.school * 0.3, 0.0))
    if source is Source.HOSPITAL:
        return np.minimum(0.95, share.hospital * np.sqrt(need) * np.where(age < 6, 1.25, 1.0))
    if source is Source.CIVIL:
        return np.minimum(0.95, share.civil * need)
    return np.minimum(0.9, share.police * need * np.where(age < 3, 0.5, 1.1))


def _draw_days(source: Source, born: Days, age: NDArray[np.float64], rng: np.random.Generator) -> Days:
    count = len(born)
    lived = age * rng.random(count) * _YEAR
    if source is Source.SCHOOL:
        starts = np.where(age >= 6.3, 6.3 + np.floor(rng.random(count) * np.clip(age - 6.3, 0, 9.2)), 3.3)
        return np.minimum(_after(born, starts * _YEAR), LAST_DAY)
    if source is Source.HOSPITAL:
        newborn = rng.random(count) < _AT_BIRTH
        return np.minimum(_after(born, np.where(newborn, rng.integers(0, 40, count), lived)), LAST_DAY)
    return np.maximum(_after(born, age * np.sqrt(rng.random(count)) * _YEAR), FIRST_DAY)


def _after(born: Days, days: NDArray[np.float64]) -> Days:
    return np.asarray(born + days.astype(np.int64).astype("timedelta64[D]"))
