"""Known pairs: what knowing some records' plaintext beside their encodings tells of all the others.

An equal key is an equal value. Whoever knows which of a file's rows is which child (an agency looking at its own batch,
an insider of the unit with a leaked file) reads his children's keys again on relatives, on other records of the same
children, and on strangers who share a value. Nothing is guessed here: what is revealed is certain.

May touch: nothing
Sees:      nothing personal
Spec:      privacy.md sections 1 and 4 (known pairs)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linkage.attacks.plaintext import Ints, Plaintext
from linkage.attacks.unit_view import UnitView


@dataclass(frozen=True, slots=True)
class Revealed:
    """Of `children`, `known` have a record the attacker knows. Of the others, any value of `others` is revealed.

    `strangers` of the others belong to a family of which he knows nobody; `whole` show a name tag, a full date and a
    household tag together. `tags`: tag → children of whom it is revealed. `seen_elsewhere`: known children whom the
    unit's view shows in a source that his known records are not from.
    """

    records_known: int
    known: int
    children: int
    others: int
    strangers: int
    whole: int
    tags: Mapping[str, int]
    seen_elsewhere: int

    @property
    def share(self) -> float:
        """Others of whom anything is revealed, among all that the attacker did not know."""
        return self.others / max(self.children - self.known, 1)

    @property
    def strangers_share(self) -> float:
        return self.strangers / max(self.children - self.known, 1)


def reveal(view: UnitView, truth: Plaintext, known: Ints) -> Revealed:
    """What the records `known` give away; `truth` are the same records as the view's."""
    numbers = int(truth.child.max(initial=-1)) + 1
    is_known = np.zeros(len(view), dtype=bool)
    is_known[known] = True
    known_child = np.zeros(numbers, dtype=bool)
    known_child[truth.child[known]] = True
    read = np.zeros(len(view.key_type), dtype=bool)
    read[view.key[is_known[view.record]]] = True
    told = read[view.key] & ~is_known[view.record]
    record, key_type = view.record[told], view.key_type[view.key[told]]
    child = truth.child[record]
    other = ~known_child[child]
    by_tag = _children_by_tag(view, child[other], key_type[other], numbers)
    reached = np.zeros(numbers, dtype=bool)
    reached[child[other]] = True
    family = np.full(numbers, -1, dtype=np.int64)
    family[truth.child] = truth.family
    near = np.isin(family, family[known_child]) & (family >= 0)
    return Revealed(
        len(known), int(known_child.sum()), truth.children, int(reached.sum()), int((reached & ~near).sum()),
        int(_whole(by_tag, numbers).sum()), {tag: int(flags.sum()) for tag, flags in sorted(by_tag.items())},
        _seen_elsewhere(truth, record[~other], known),
    )  # fmt: skip


def _children_by_tag(view: UnitView, child: Ints, key_type: Ints, numbers: int) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for number, name in enumerate(view.type_names):
        reached = child[key_type == number]
        for tag in name.split(".") if len(reached) else ():
            out.setdefault(tag, np.zeros(numbers, dtype=bool))[reached] = True
    return out


def _whole(by_tag: Mapping[str, np.ndarray], numbers: int) -> np.ndarray:
    """Children of whom a name, a full date and a household tag are revealed; first letters tell the field."""
    groups = [
        np.any([flags for tag, flags in by_tag.items() if tag[0] in letters and tag not in ("NL", "NC")] or
               [np.zeros(numbers, dtype=bool)], axis=0)
        for letters in ("N", "D", "PGA")
    ]  # fmt: skip
    return np.asarray(np.all(groups, axis=0))


def _seen_elsewhere(truth: Plaintext, records: Ints, known: Ints) -> int:
    """Known children of whom a further source's record is recognised."""
    sources = int(truth.source.max(initial=0)) + 1
    mine = np.unique(truth.child[known] * sources + truth.source[known])
    seen = np.unique(truth.child[records] * sources + truth.source[records])
    return len(np.unique(np.setdiff1d(seen, mine) // sources))
