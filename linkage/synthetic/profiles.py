"""How common each habit and each mistake is in a synthetic city: named rates and three named mixes.

Only numbers live here; what a mistake looks like is in `spoil_*`, and how often it strikes one record depends also on
that record's badness (`sightings`). Rates of mistakes are per record of mean badness; all are shares in [0, 1].
The mixes were written from public knowledge of such files, never fitted to what the matcher finds easy.
"""

from dataclasses import dataclass, field, fields, replace
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Population:
    """What families are like. `twins` is the share of *children* who are twins; the rest are shares of families."""

    twins: float = 0.025
    two_children: float = 0.30
    three_children: float = 0.05
    mothers_surname: float = 0.05
    generation_character: float = 0.25
    cousins: float = 0.12
    migrants: float = 0.25
    dotted_names: float = 0.03
    han_style_minorities: float = 0.02
    left_behind: float = 0.20
    divorced: float = 0.12
    moved: float = 0.28
    changed_phone: float = 0.25
    renamed: float = 0.03
    recycled_phone: float = 0.006


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of children of mean need that each agency knows, and within-source duplicates."""

    police: float = 0.17
    school: float = 0.88
    hospital: float = 0.51
    civil: float = 0.33
    duplicates: float = 0.02
    unnamed_newborn: float = 0.75
    found_children: float = 0.03
    need_spread: float = 0.8


@dataclass(frozen=True, slots=True)
class NameRates:
    """Mistakes in the child's name. `ethnic_*` strike only names of the dotted traditions."""

    homophone: float = 0.055
    near_homophone: float = 0.012
    lookalike: float = 0.022
    character_added: float = 0.007
    character_dropped: float = 0.012
    character_swapped: float = 0.009
    traditional: float = 0.012
    pinyin: float = 0.022
    english: float = 0.005
    nickname: float = 0.020
    masked: float = 0.012
    unreadable: float = 0.007
    spaced: float = 0.025
    ethnic_cut: float = 0.16
    ethnic_dot: float = 0.30
    ethnic_spelling: float = 0.14
    ethnic_pinyin: float = 0.04


@dataclass(frozen=True, slots=True)
class DateRates:
    """Mistakes in the date of birth."""

    swapped_date: float = 0.020
    wrong_digit_date: float = 0.020
    off_by_one_date: float = 0.022
    lunar_date: float = 0.026
    month_only: float = 0.012
    first_of_year: float = 0.012


@dataclass(frozen=True, slots=True)
class IdRates:
    """Mistakes in the resident ID of a record that has one."""

    wrong_digit_id: float = 0.024
    truncated_id: float = 0.010
    placeholder_id: float = 0.020
    siblings_id: float = 0.030
    guardians_id: float = 0.018
    fifteen_digit_id: float = 0.002
    full_width_id: float = 0.012


@dataclass(frozen=True, slots=True)
class HouseholdRates:
    """Mistakes in sex, guardians, phones and addresses (per value)."""

    wrong_sex: float = 0.006
    guardian_homophone: float = 0.030
    guardian_lookalike: float = 0.012
    guardian_titled: float = 0.011
    guardian_pinyin: float = 0.004
    guardian_other: float = 0.010
    phone_digit: float = 0.026
    phone_cut: float = 0.006
    phone_other: float = 0.010
    address_number: float = 0.030
    address_cut: float = 0.028
    address_typo: float = 0.014


@dataclass(frozen=True, slots=True)
class MissingRates:
    """Values that are simply absent, by agency and field (not scaled by badness alone: half constant, half by it)."""

    id_police: float = 0.12
    id_school: float = 0.10
    id_hospital: float = 0.18
    id_civil: float = 0.12
    guardian: float = 0.05
    second_guardian: float = 0.12
    phone: float = 0.08
    second_phone: float = 0.30
    address: float = 0.06
    hukou: float = 0.12
    date_of_birth: float = 0.008
    name: float = 0.003


@dataclass(frozen=True, slots=True)
class Profile:
    """One mix. `error_share` is the share of records with at least one mistake that the rates add up to."""

    title: str
    error_share: float
    population: Population = field(default_factory=Population)
    coverage: Coverage = field(default_factory=Coverage)
    names: NameRates = field(default_factory=NameRates)
    dates: DateRates = field(default_factory=DateRates)
    ids: IdRates = field(default_factory=IdRates)
    household: HouseholdRates = field(default_factory=HouseholdRates)
    missing: MissingRates = field(default_factory=MissingRates)
    badness_shape: float = 1.2
    clerk_spread: float = 0.6


Rates = TypeVar("Rates", NameRates, DateRates, IdRates, HouseholdRates, MissingRates)


def scaled(rates: Rates, factor: float) -> Rates:
    """The same mix, `factor` times as frequent, each rate at most 0.6."""
    return replace(rates, **{f.name: min(0.6, getattr(rates, f.name) * factor) for f in fields(rates)})


TYPICAL = Profile("typical", 0.40)

HARD = Profile(
    "hard",
    0.60,
    population=Population(twins=0.04, moved=0.36, changed_phone=0.35, renamed=0.05, divorced=0.16),
    coverage=Coverage(duplicates=0.03),
    names=scaled(NameRates(), 2.3),
    dates=scaled(DateRates(), 2.3),
    ids=scaled(IdRates(), 2.3),
    household=scaled(HouseholdRates(), 2.3),
    missing=scaled(MissingRates(), 1.5),
)

# Deliberately unlike the other two: few homophones, many pinyin and masked names, dates better than IDs, poor
# addresses, no clerk differences. Nothing may be tuned on it.
OTHER = Profile(
    "other",
    0.67,
    population=Population(
        twins=0.032,
        two_children=0.38,
        three_children=0.09,
        mothers_surname=0.12,
        migrants=0.45,
        dotted_names=0.06,
        cousins=0.20,
        changed_phone=0.40,
        moved=0.45,
    ),
    coverage=Coverage(police=0.22, school=0.70, hospital=0.60, civil=0.34, duplicates=0.03),
    names=NameRates(
        homophone=0.030,
        lookalike=0.055,
        character_added=0.020,
        character_dropped=0.030,
        character_swapped=0.022,
        traditional=0.030,
        pinyin=0.060,
        english=0.015,
        nickname=0.045,
        masked=0.050,
        unreadable=0.020,
        spaced=0.060,
    ),
    dates=DateRates(0.030, 0.012, 0.012, 0.060, 0.030, 0.004),
    ids=IdRates(0.050, 0.004, 0.050, 0.012, 0.040, 0.0, 0.030),
    household=HouseholdRates(
        wrong_sex=0.012,
        guardian_homophone=0.020,
        guardian_titled=0.050,
        phone_digit=0.050,
        address_number=0.060,
        address_cut=0.120,
    ),
    missing=MissingRates(
        id_police=0.30,
        id_school=0.18,
        id_hospital=0.28,
        id_civil=0.08,
        phone=0.18,
        address=0.16,
        guardian=0.10,
    ),
    badness_shape=3.0,
    clerk_spread=0.1,
)
