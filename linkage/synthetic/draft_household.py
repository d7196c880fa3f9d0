"""What clerks make of guardians, phones and addresses; only the fields that the agency's file has.

Each `draft_*` takes the facts of n records and gives two columns, the second blank where the agency has only one.
"""

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic import spoil_names
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.facts import Facts
from linkage.synthetic.families import Role
from linkage.synthetic.profiles import Profile
from linkage.synthetic.sightings import Sightings
from linkage.synthetic.spoil_household import GUARDIAN_KINDS, PHONE_KINDS
from linkage.synthetic.spoil_names import Name, han_name
from linkage.synthetic.strata import Marks, no_marks
from linkage.synthetic.striking import erase, in_order, lost, spoil
from linkage.synthetic.written_addresses import ADDRESS_KINDS, AddressHabit, write_addresses

Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]


def draft_guardians(
    two: bool, seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> tuple[Strings, Strings]:
    """Both guardians. A dotted name meets only the mistakes of dotted names."""
    missing, written = profile.missing, []
    both = (
        (facts.guardian, facts.first, missing.guardian),
        (facts.second_guardian, facts.second, missing.second_guardian),
    )
    for truth, role, rate in both[: 1 + two]:
        names = truth.copy()
        own = no_marks(len(names))
        dotted = (facts.tradition != Tradition.HAN) & ((role == Role.FATHER) | (role == Role.MOTHER))
        _spoil_adults(names, role, dotted, seen, profile, own, rng)
        erase(names, lost(rate, seen.badness, rng), own, GUARDIAN_KINDS)
        for kind in GUARDIAN_KINDS:
            marks[kind] |= own[kind]
        written.append(names)
    return written[0], written[1] if two else _blank(written[0])


def _spoil_adults(
    names: Strings,
    role: NDArray[np.int8],
    dotted: Flags,
    seen: Sightings,
    profile: Profile,
    marks: Marks,
    rng: np.random.Generator,
) -> None:
    truth = names.copy()

    def hold(row: int) -> tuple[Name, str]:
        return han_name(truth[row], 2 if role[row] == Role.MOTHER else 1), truth[row]

    def hold_dotted(row: int) -> tuple[Name, str]:
        return Name("", truth[row], 1), truth[row]

    def keep(row: int, written: str) -> None:
        names[row] = written

    present = truth != ""
    rates = in_order(profile.household, GUARDIAN_KINDS)
    spoil(GUARDIAN_KINDS, rates, np.where(present & ~dotted, seen.badness, 0.0), hold, keep, marks, rng)
    kinds = spoil_names.ETHNIC_KINDS
    rates = [rate * 0.7 for rate in in_order(profile.names, kinds)]
    spoil(kinds, rates, np.where(present & dotted, seen.badness, 0.0), hold_dotted, keep, marks, rng)


def draft_phones(
    two: bool, seen: Sightings, facts: Facts, profile: Profile, marks: Marks, rng: np.random.Generator
) -> tuple[Strings, Strings]:
    """Phones as written, still plain numbers; formats are the agency\'s."""
    written = []
    for truth, rate in (
        (facts.phone, profile.missing.phone),
        (facts.second_phone, profile.missing.second_phone),
    ):
        phones = truth.copy()
        own = no_marks(len(phones))

        def hold(row: int, truth: Strings = truth) -> tuple[str, str]:
            return truth[row], truth[row]

        def keep(row: int, number: str, phones: Strings = phones) -> None:
            phones[row] = number

        badness = np.where(truth == "", 0.0, seen.badness)
        spoil(PHONE_KINDS, in_order(profile.household, PHONE_KINDS), badness, hold, keep, own, rng)
        erase(phones, lost(rate, seen.badness, rng), own, PHONE_KINDS)
        for kind in PHONE_KINDS:
            marks[kind] |= own[kind]
        written.append(phones)
    return written[0], written[1] if two else _blank(written[0])


def draft_addresses(
    hukou: bool,
    seen: Sightings,
    facts: Facts,
    habit: AddressHabit,
    profile: Profile,
    marks: Marks,
    rng: np.random.Generator,
) -> tuple[Strings, Strings]:
    """Residences and 户籍 as written, each with its own style."""
    rates = profile.household
    three = (rates.address_number, rates.address_cut, rates.address_typo)
    written = []
    both = ((facts.home, profile.missing.address), (facts.hukou, profile.missing.hukou))
    for addresses, rate in both[: 1 + hukou]:
        own = no_marks(len(seen.child))
        text = write_addresses(addresses, seen.day, seen.badness, three, habit, own, rng)
        erase(text, lost(rate, seen.badness, rng), own, ADDRESS_KINDS)
        for kind in ADDRESS_KINDS:
            marks[kind] |= own[kind]
        written.append(text)
    return written[0], written[1] if hukou else _blank(written[0])


def _blank(values: Strings) -> Strings:
    return np.full(len(values), "", dtype=object)
