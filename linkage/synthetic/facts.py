"""What was true of each record's child on the day it was taken: name, guardians, phones and homes of that time.

No mistakes and no agency's habits; those come after. Choosing *which* guardian an agency meets is here, because a
divorce or a left-behind childhood decides it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.children import Children
from linkage.synthetic.families import Families, Role
from linkage.synthetic.places import Addresses
from linkage.synthetic.sightings import Sightings, Source

Strings = NDArray[np.object_]
Flags = NDArray[np.bool_]
NOBODY: Final = -1
# Shares of father, mother and elder among those who come along, by agency.
_COMPANIONS: Final = {
    Source.POLICE: (0.50, 0.32, 0.18),
    Source.HOSPITAL: (0.26, 0.56, 0.18),
    Source.CIVIL: (0.55, 0.27, 0.18),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Truths of n records. `first` and `second` are the two guardians met (a `Role` or NOBODY); `sibling_id` is "" for
    only children; `guardian_id` is a parent's.
    """

    name: Strings
    former_name: Strings
    mother: Strings
    sex: NDArray[np.int8]
    born: NDArray[np.datetime64]
    resident_id: Strings
    sibling_id: Strings
    guardian_id: Strings
    ethnicity: Strings
    tradition: NDArray[np.int8]
    birth_order: NDArray[np.int8]
    age_in_days: NDArray[np.int64]
    first: NDArray[np.int8]
    second: NDArray[np.int8]
    guardian: Strings
    second_guardian: Strings
    phone: Strings
    second_phone: Strings
    landline: Strings
    home: Addresses
    hukou: Addresses
    siblings: NDArray[np.int16]
    migrant: Flags
    renamed: Flags
    moved: Flags


def facts_at(
    source: Source, seen: Sightings, children: Children, families: Families, rng: np.random.Generator
) -> Facts:
    """The truths behind one agency's records."""
    child, family, day = seen.child, children.family[seen.child], seen.day
    first, second = _draw_guardians(source, family, day, families, rng)
    names = families.names[:, family]
    phones = np.where(
        day < families.phone_changed_on[:, family], families.old_phones[:, family], families.phones[:, family]
    )
    held_former = (day < children.renamed_on[child]) & (children.former_name[child] != "")
    before_move = day < families.moved_on[family]
    parent = np.where(first == Role.MOTHER, Role.MOTHER, Role.FATHER)
    phone_holder = _phone_holder(source, first, family, families, rng)
    return Facts(
        name=np.where(held_former, children.former_name[child], children.name[child]),
        former_name=np.where(held_former, "", children.former_name[child]),
        mother=names[Role.MOTHER],
        sex=children.sex[child],
        born=children.born[child],
        resident_id=children.resident_id[child],
        sibling_id=_sibling_ids(children)[child],
        guardian_id=families.ids[parent, family],
        ethnicity=families.ethnicity[family],
        tradition=families.tradition[family],
        birth_order=children.birth_order[child],
        age_in_days=(day - children.born[child]).astype(np.int64),
        first=first,
        second=second,
        guardian=_spoken_by(names, first),
        second_guardian=_spoken_by(names, second),
        phone=_spoken_by(phones, phone_holder),
        second_phone=_spoken_by(phones, second),
        landline=families.landline[family],
        home=families.home.take(family).where(before_move, families.before.take(family)),
        hukou=families.hukou.take(family),
        siblings=children.siblings[child],
        migrant=families.migrant[family],
        renamed=children.former_name[child] != "",
        moved=before_move,
    )


def _spoken_by(values: Strings, role: NDArray[np.int8]) -> Strings:
    """Per record the value of its role; "" for NOBODY."""
    chosen = values[np.maximum(role, 0), np.arange(values.shape[1])]
    return np.asarray(np.where(role == NOBODY, "", chosen), dtype=object)


def _draw_guardians(
    source: Source,
    family: NDArray[np.int64],
    day: NDArray[np.datetime64],
    families: Families,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    count = len(family)
    split = day >= families.split_on[family]
    custodian = families.custodian[family]
    stepfather = split & (custodian == Role.MOTHER) & families.remarried[family]
    listed = rng.random(count) < 0.3
    if source is Source.SCHOOL:
        lone_mother = split & (custodian == Role.MOTHER) & ~listed
        father = np.where(
            lone_mother,
            np.where(stepfather & (rng.random(count) < 0.5), Role.STEPFATHER, NOBODY),
            Role.FATHER,
        )
        mother = np.where(split & (custodian == Role.FATHER) & ~listed, NOBODY, Role.MOTHER)
        return father.astype(np.int8), mother.astype(np.int8)
    shares = np.cumsum(_COMPANIONS[source])
    first = np.searchsorted(shares, rng.random(count)).clip(max=2)
    first = np.where(families.left_behind[family] & (rng.random(count) < 0.5), Role.ELDER, first)
    first = np.where(split & (first != Role.ELDER), custodian, first)
    first = np.where(stepfather & (rng.random(count) < 0.25), Role.STEPFATHER, first)
    other = np.where(first == Role.FATHER, Role.MOTHER, np.where(first == Role.MOTHER, Role.FATHER, custodian))
    second = np.where(split & ~listed, np.where(first == Role.ELDER, custodian, Role.ELDER), other)
    return first.astype(np.int8), second.astype(np.int8)


def _phone_holder(
    source: Source,
    first: NDArray[np.int8],
    family: NDArray[np.int64],
    families: Families,
    rng: np.random.Generator,
) -> NDArray[np.int8]:
    """Whose phone stands beside the first guardian: mostly their own; for left-behind pupils often an elder's."""
    count = len(first)
    elders = families.left_behind[family] & (rng.random(count) < 0.35) & (source is Source.SCHOOL)
    other = rng.random(count) < 0.08
    swapped = np.where(first == Role.MOTHER, Role.FATHER, Role.MOTHER)
    return np.where(elders, Role.ELDER, np.where(other & (first != NOBODY), swapped, first)).astype(np.int8)


def _sibling_ids(children: Children) -> Strings:
    """Per child the ID of the brother or sister beside it in the arrays, "" for an only child."""
    after = np.append(children.family[1:] == children.family[:-1], False)
    before = np.append(False, after[:-1])
    ids = children.resident_id
    return np.asarray(np.where(after, np.roll(ids, -1), np.where(before, np.roll(ids, 1), "")), dtype=object)
