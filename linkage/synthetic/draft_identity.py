"""What clerks make of a child's name, date of birth, ID and sex. Guardians, phones and homes are in `draft_household`.

Each `draft_*` takes the facts of n records and gives what was written, marking a mistake only where the written value
differs from the truth.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic import spoil_dates, spoil_ids, spoil_names
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.facts import Facts
from linkage.synthetic.profiles import HouseholdRates, Profile
from linkage.synthetic.sightings import Sightings, Source
from linkage.synthetic.spoil_names import Name, han_name
from linkage.synthetic.strata import Marks, Stratum
from linkage.synthetic.striking import erase, in_order, lost, spoil

Strings = NDArray[np.object_]
Numbers = NDArray[np.int64]
NEWBORN_DAYS: Final = 60
# How much more (or less) often than elsewhere an agency makes a kind of mistake in names.
_BIAS: Final[Mapping[Source, Mapping[Stratum, float]]] = {
    Source.POLICE: {
        Stratum.NICKNAME: 1.6,
        Stratum.LOOKALIKE: 1.4,
        Stratum.MASKED: 0.6,
        Stratum.UNREADABLE: 1.3,
    },
    Source.SCHOOL: {Stratum.PINYIN: 0.4, Stratum.NICKNAME: 0.4, Stratum.MASKED: 0.3, Stratum.ENGLISH: 0.6},
    Source.HOSPITAL: {
        Stratum.PINYIN: 1.7,
        Stratum.ENGLISH: 2.0,
        Stratum.NICKNAME: 1.5,
        Stratum.HOMOPHONE: 1.2,
    },
    Source.CIVIL: {Stratum.MASKED: 1.8, Stratum.PINYIN: 0.5, Stratum.TRADITIONAL: 1.4},
}


def draft_names(
    source: Source, seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> Strings:
    """Children's names as written; Han and dotted names meet different mistakes."""
    names = facts.name.copy()
    han = facts.tradition == Tradition.HAN

    def keep(row: int, written: str) -> None:
        names[row] = written

    def hold_han(row: int) -> tuple[Name, str]:
        return han_name(facts.name[row], int(facts.sex[row])), facts.name[row]

    def hold_ethnic(row: int) -> tuple[Name, str]:
        return Name("", facts.name[row], int(facts.sex[row])), facts.name[row]

    bias = _BIAS[source]
    rates = {kind: getattr(profile.names, kind) * bias.get(kind, 1.0) for kind in spoil_names.HAN_KINDS}
    badness = np.where(han, seen.badness, 0.0)
    spoil(spoil_names.HAN_KINDS, list(rates.values()), badness, hold_han, keep, marks, rng)
    dotted = in_order(profile.names, spoil_names.ETHNIC_KINDS)
    spoil(spoil_names.ETHNIC_KINDS, dotted, seen.badness - badness, hold_ethnic, keep, marks, rng)
    _lose_rare_characters(names, seen, facts, profile, marks, rng)
    blanks = np.flatnonzero(rng.random(len(names)) < profile.names.spaced * np.minimum(seen.badness, 4.0))
    for row in blanks.tolist():
        if han[row] and names[row] == facts.name[row]:
            names[row] = spoil_names.spaced(hold_han(row)[0], rng)
            marks[Stratum.SPACED][row] = True
    kinds = (*spoil_names.HAN_KINDS, *spoil_names.ETHNIC_KINDS, Stratum.SPACED)
    erase(names, lost(profile.missing.name, seen.badness, rng), marks, kinds)
    return names


def _lose_rare_characters(
    names: Strings, seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> None:
    """Characters outside old character sets are lost far more often than others."""
    rare = np.asarray([spoil_names.holds_rare(name) for name in names], dtype=np.bool_)
    chance = np.minimum(0.6, profile.names.unreadable * 12.0 * seen.badness)
    for row in np.flatnonzero(rare & (facts.tradition == Tradition.HAN) & (rng.random(len(names)) < chance)).tolist():
        if names[row] == facts.name[row]:
            names[row] = spoil_names.unreadable(han_name(names[row], int(facts.sex[row])), rng)
            marks[Stratum.UNREADABLE][row] = True


def draft_dates(
    seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers]:
    """Years, months and days of birth as written, 0 for what was not written."""
    days = facts.born.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    parts = np.stack(
        [
            days.astype("datetime64[Y]").astype(np.int64) + 1970,
            months.astype(np.int64) % 12 + 1,
            (days - months).astype(np.int64) + 1,
        ]
    )

    def hold(row: int) -> tuple[spoil_dates.Ymd, spoil_dates.Ymd]:
        year, month, day = parts[:, row].tolist()
        return (year, month, day), (year, month, day)

    def keep(row: int, written: spoil_dates.Ymd) -> None:
        parts[:, row] = written

    # A ward writes today's date of a newborn: far fewer mistakes than when somebody is asked years later.
    badness = np.where(facts.age_in_days < NEWBORN_DAYS, seen.badness * 0.2, seen.badness)
    spoil(spoil_dates.KINDS, in_order(profile.dates, spoil_dates.KINDS), badness, hold, keep, marks, rng)
    gone = lost(profile.missing.date_of_birth, seen.badness, rng)
    parts[:, gone] = 0
    for kind in spoil_dates.KINDS:
        marks[kind][gone] = False
    return parts[0], parts[1], parts[2]


def draft_ids(
    source: Source, seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> Strings:
    """Resident IDs as written, "" where there is none; the youngest often have none yet."""
    numbers = facts.resident_id.copy()

    def hold(row: int) -> tuple[spoil_ids.Numbers, str]:
        own = facts.resident_id[row]
        return spoil_ids.Numbers(own, facts.sibling_id[row], facts.guardian_id[row]), own

    def keep(row: int, written: str) -> None:
        numbers[row] = written

    spoil(spoil_ids.KINDS, in_order(profile.ids, spoil_ids.KINDS), seen.badness, hold, keep, marks, rng)
    small = rng.random(len(numbers)) < 0.3
    numbers = np.asarray([n.lower() if s else n for n, s in zip(numbers, small, strict=True)], dtype=object)
    young = np.where(facts.age_in_days < 365, 0.25, 0.0)
    gone = lost(getattr(profile.missing, f"id_{source}"), seen.badness, rng) | (rng.random(len(numbers)) < young)
    erase(numbers, gone, marks, spoil_ids.KINDS)
    return numbers


def draft_sex(
    seen: Sightings, facts: Facts, rates: HouseholdRates, marks: Marks, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Sex as written: 1, 2 or 0 for unknown."""
    wrong = rng.random(len(facts.sex)) < rates.wrong_sex * seen.badness
    marks[Stratum.WRONG_SEX][:] = wrong
    sex = np.where(wrong, 3 - facts.sex, facts.sex)
    return np.where(rng.random(len(sex)) < 0.012, 0, sex).astype(np.int8)
