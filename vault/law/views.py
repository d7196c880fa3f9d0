"""What each view of a record contains, and which view is narrower than which.

Contents are named here and built in `view_archive`; which view somebody gets is `basis`'s answer alone.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law L21
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vault.law.terms import Words
from vault.vocabulary import View


class Objects(StrEnum):
    """Which objects of the case file a view carries."""

    NONE = "none"
    EXTRACT = "extract"  # marked for extract, in their redacted form
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Contents:
    """Fields of a view's `view.json` (beside format and view), and the objects after it."""

    fields: frozenset[str]
    objects: Objects
    words: Words


_MINIMAL = frozenset({"punished", "charges", "term_months"})
_EXTRACT = _MINIMAL | {"case_no", "agency", "kinds", "outcome", "judged_on", "offences", "marks", "objects"}
_FULL = _EXTRACT | {"subject", "holders", "phases", "instance"}

CONTENTS: Final = {
    View.UNIT_MINIMAL: Contents(
        _MINIMAL, Objects.NONE, Words("是否受过刑事处罚、罪名、刑期", "punished or not, charge, term")
    ),
    View.JUDICIAL_EXTRACT: Contents(
        _EXTRACT,
        Objects.EXTRACT,
        Words("办理其他案件所需的摘录,已作遮盖", "what handling another case needs, redacted"),
    ),
    View.COURT_FULL: Contents(_FULL, Objects.ALL, Words("全案卷宗", "the whole file")),
}
ORDER: Final = (View.UNIT_MINIMAL, View.JUDICIAL_EXTRACT, View.COURT_FULL)
"""From the narrowest to the widest: each contains all fields of the one before."""


def is_within(view: View, other: View) -> bool:
    """Whether `view` shows no more than `other`."""
    return ORDER.index(view) <= ORDER.index(other)


def narrowest(views: Iterable[View]) -> View:
    """The narrowest of some views; ValueError if there are none."""
    return min(views, key=ORDER.index)
