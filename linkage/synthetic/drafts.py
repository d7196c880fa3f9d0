"""From facts to what the clerk wrote, before the agency's layout; special cases are newborns and found children.

The mistakes themselves are in `draft_identity` and `draft_household`; every one of them leaves a mark (`strata`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic import spoil_dates, spoil_ids, spoil_names
from linkage.synthetic.draft_household import draft_addresses, draft_guardians, draft_phones
from linkage.synthetic.draft_identity import NEWBORN_DAYS, draft_dates, draft_ids, draft_names, draft_sex
from linkage.synthetic.ethnic_names import Tradition
from linkage.synthetic.facts import Facts
from linkage.synthetic.families import Role
from linkage.synthetic.profiles import Profile
from linkage.synthetic.sightings import Sightings, Source
from linkage.synthetic.spoil_household import GUARDIAN_KINDS, PHONE_KINDS
from linkage.synthetic.spoil_names import han_name
from linkage.synthetic.strata import Marks, Stratum, mark_clean, no_marks
from linkage.synthetic.striking import erase, pick
from linkage.synthetic.written_addresses import AddressHabit

Strings = NDArray[np.object_]
Numbers = NDArray[np.int64]
_TWO_GUARDIANS: Final = frozenset({Source.SCHOOL, Source.CIVIL})  # the others' files have one, and one phone
_WITH_HUKOU: Final = frozenset({Source.POLICE, Source.SCHOOL, Source.CIVIL})
_NAMELESS: Final = ("无名氏", "不详", "未知", "无名", "")


@dataclass(frozen=True, slots=True)
class Draft:
    """n records as written: string arrays, the date of birth as numbers (0 = not written), sex 0, 1 or 2."""

    name: Strings
    former_name: Strings
    sex: NDArray[np.int8]
    year: Numbers
    month: Numbers
    day: Numbers
    resident_id: Strings
    ethnicity: Strings
    guardian: Strings
    second_guardian: Strings
    phone: Strings
    second_phone: Strings
    home: Strings
    hukou: Strings
    marks: Marks


def draft_records(
    source: Source,
    seen: Sightings,
    facts: Facts,
    habit: AddressHabit,
    profile: Profile,
    rng: np.random.Generator,
) -> Draft:
    """What one agency's clerks made of the facts."""
    marks = no_marks(len(seen.child))
    name = draft_names(source, seen, facts, profile, marks, rng)
    year, month, day = draft_dates(seen, facts, profile, marks, rng)
    number = draft_ids(source, seen, facts, profile, marks, rng)
    sex = draft_sex(seen, facts, profile.household, marks, rng)
    guardians = draft_guardians(source in _TWO_GUARDIANS, seen, facts, profile, marks, rng)
    phones = draft_phones(source in _TWO_GUARDIANS, seen, facts, profile, marks, rng)
    homes = draft_addresses(source in _WITH_HUKOU, seen, facts, habit, profile, marks, rng)
    former = np.where(rng.random(len(name)) < 0.5, facts.former_name, "")
    draft = Draft(name, former, sex, year, month, day, number, facts.ethnicity, *guardians, *phones, *homes, marks)
    if source is Source.HOSPITAL:
        _leave_unnamed(draft, facts, profile, rng)
    if source is Source.POLICE:
        _find(draft, facts, profile, rng)
    _mark_facts(draft, seen, facts)
    return draft


def _leave_unnamed(draft: Draft, facts: Facts, profile: Profile, rng: np.random.Generator) -> None:
    """Rows of the ward: the mother's name instead of the child's, and no ID yet."""
    young = facts.age_in_days < NEWBORN_DAYS
    unnamed = young & (rng.random(len(young)) < profile.coverage.unnamed_newborn)
    for row in np.flatnonzero(unnamed).tolist():
        order = int(facts.birth_order[row])
        draft.name[row] = spoil_names.newborn(facts.mother[row], int(facts.sex[row]), order, rng)
    for kind in (*spoil_names.HAN_KINDS, *spoil_names.ETHNIC_KINDS, Stratum.SPACED):
        draft.marks[kind][unnamed] = False
    draft.former_name[unnamed] = ""
    erase(draft.resident_id, unnamed, draft.marks, spoil_ids.KINDS)
    draft.marks[Stratum.NEWBORN][:] = unnamed


def _find(draft: Draft, facts: Facts, profile: Profile, rng: np.random.Generator) -> None:
    """Found and vagrant children: nobody with them, no papers, a guessed year, at best a given name."""
    old_enough = facts.age_in_days > 3 * 365
    found = old_enough & (rng.random(len(old_enough)) < profile.coverage.found_children)
    for row in np.flatnonzero(found).tolist():
        truth = han_name(facts.name[row], int(facts.sex[row]))
        if rng.random() < 0.6:
            draft.name[row] = spoil_names.nickname(truth, rng) if rng.random() < 0.4 else draft.name[row]
        else:
            draft.name[row] = pick(_NAMELESS, rng)
        born = (int(draft.year[row]) or 2010, 1, 1)
        draft.year[row], draft.month[row], draft.day[row] = spoil_dates.estimated(born, rng)
    for field in (
        draft.guardian,
        draft.second_guardian,
        draft.phone,
        draft.second_phone,
        draft.resident_id,
        draft.home,
    ):
        field[found] = ""
    draft.hukou[found] = ""
    for kind in (*GUARDIAN_KINDS, *PHONE_KINDS, *spoil_ids.KINDS):
        draft.marks[kind][found] = False
    draft.marks[Stratum.FOUND][:] = found


def _mark_facts(draft: Draft, seen: Sightings, facts: Facts) -> None:
    marks = draft.marks
    marks[Stratum.TWIN][:] = facts.birth_order > 0
    marks[Stratum.SIBLING][:] = facts.siblings > 1
    marks[Stratum.DUPLICATE][:] = seen.duplicate
    marks[Stratum.ETHNIC][:] = facts.tradition != Tradition.HAN
    marks[Stratum.MIGRANT][:] = facts.migrant
    marks[Stratum.RENAMED][:] = facts.renamed
    marks[Stratum.MOVED][:] = facts.moved
    marks[Stratum.OTHER_GUARDIAN][:] = (facts.first == Role.ELDER) | (facts.first == Role.STEPFATHER)
    marks[Stratum.MISSING_ID][:] = draft.resident_id == ""
    mark_clean(marks)
