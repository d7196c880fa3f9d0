"""Set an attacker against the unit's view: whose children are in both files, whom he knows already, and what he holds.

Families are drawn, not single children, because a file covers a district and not a sample of brothers. The attacker's
children carry numbers of his own in random order, so that no tie can be broken by a number that both sides share.
Nothing is attacked here.

May touch: nothing
Sees:      names
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from linkage.attacks.plaintext import Flags, Ints, Plaintext


@dataclass(frozen=True, slots=True)
class Confrontation:
    """`victim`: the encoded records' plaintext, for the judge and for making the view; `attacker`: what he holds.

    `same` int64[victim's numbers]: the attacker's number of that child, −1 where he does not have it; the judge's.
    `known` bool[victim's numbers]: pairs that the attacker knows from the start.
    """

    victim: Plaintext
    attacker: Plaintext
    same: Ints = field(repr=False)
    known: Flags = field(repr=False)

    @property
    def victims(self) -> int:
        """Children of the encoded files."""
        return self.victim.children


def confront(own: Plaintext, other: Plaintext, overlap: float, known: float, seed: int) -> Confrontation:
    """Draw two files of equal size that share `overlap` of their families.

    `own` are the agencies' records, `other` what an attacker would hold of the same children (the same records, for an
    upper bound). Of the shared children a share `known` is known to him. A city of n·(2 − overlap) children gives
    files of about n.
    """
    rng = np.random.default_rng([seed, 77])
    numbers = 1 + max(int(own.child.max(initial=-1)), int(other.child.max(initial=-1)))
    families = 1 + max(int(own.family.max(initial=-1)), int(other.family.max(initial=-1)))
    place = rng.random(families) * (2 - overlap)
    family = np.full(numbers, -1, dtype=np.int64)
    family[own.child], family[other.child] = own.family, other.family
    lot = np.where(family >= 0, place[family], rng.random(numbers) * (2 - overlap))
    victim, attacker = own.of_children(lot < 1), other.of_children(lot >= 1 - overlap)
    renumber = rng.permutation(numbers)
    held = np.zeros((2, numbers), dtype=bool)
    held[0, victim.child] = held[1, attacker.child] = True
    same = np.where(held.all(axis=0), renumber, -1)
    renamed = Plaintext(attacker.tags, attacker.visible, attacker.source, renumber[attacker.child], attacker.family)
    return Confrontation(victim, renamed, same, (same >= 0) & (rng.random(numbers) < known))
