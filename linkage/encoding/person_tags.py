"""Tags of person-v1: normalised Latin-script values of a record → the values that its match keys are made of.

Each function takes the values of one field, or of the fields that it reads together, and returns their tags, best
values first. It normalises nothing (`person_fields.py` says what reads the cells) and knows no key, record or file.

A tag value is equal on both sides or it is not; tolerance comes from what a tag leaves out. One typing error spares
either the beginning or the end of a word, two of the three parts of a date, and the other half of a place. So the tags
of a field form a ladder, each value set holding whatever the tighter tags can agree on: the loosest name tag has the
first letters, the last letters and the sound. Locality and postcode say the same thing twice and form one ladder.

GX SX given name and surname · GP SP as they sound · GE SE first letters, last letters or sound · NX NE both names,
exact or by such a part each, whichever stands first · DX date · DP two of its three parts, or day and month exchanged ·
LPC locality and postcode · LFP near locality, postcode · LFPF both near · PE near locality or postcode · AN house and
street · T phone · I identifier · X sex.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from linkage.encoding.nicknames import ROOTS
from linkage.encoding.normalise.dates import Dob
from linkage.encoding.normalise.latin import LatinName, Street
from linkage.encoding.tag_columns import TagValues

EDGE: Final = 3  # letters kept at either end of a name: one typing error in six letters spares one end
LOCALITY_EDGE: Final = 4

_SOUNDS: Final = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        ("^(?:kn|gn|pn)", "n"), ("^wr", "r"), ("^x", "s"), ("^ps", "s"), ("ph", "f"), ("sch", "s"), ("tch", "c"),
        ("ck", "k"), ("dge?", "j"), ("gh(?=[^aeiouy]|$)", ""), ("gh", "g"), ("ch", "c"), ("sh", "s"), ("th", "t"),
        ("c(?=[eiy])", "s"), ("[cq]", "k"), ("x", "ks"), ("z", "s"), ("v", "f"), ("g(?=[eiy])", "j"),
    )
)  # fmt: skip
_DROPPED: Final = re.compile("[aeiouyhw]")
_DOUBLED: Final = re.compile(r"(.)\1+")


def given_tags(name: LatinName | None) -> TagValues:
    """A given name; a diminutive also sounds like the names that it stands for ("bill" like "william")."""
    forms = _forms(name)
    sounds = [skeleton(form) for form in (*forms, *(root for form in forms for root in ROOTS.get(form, ())))]
    return _found(GX=forms, GP=sounds, GE=_loose(forms, sounds))


def surname_tags(name: LatinName | None) -> TagValues:
    """A surname, and each of its parts that stands as a name alone."""
    forms = _forms(name)
    sounds = [skeleton(form) for form in forms]
    return _found(SX=forms, SP=sounds, SE=_loose(forms, sounds))


def both_names_tags(given_name: LatinName | None, surname: LatinName | None) -> TagValues:
    """Both names without saying which is which: equal for "Ann Lee" and "Lee Ann"."""
    given, family = given_tags(given_name), surname_tags(surname)
    return _found(
        NX=_unordered(given.get("GX", ())[:2], family.get("SX", ())[:2]),
        NE=_unordered(given.get("GE", ())[:3], family.get("SE", ())[:3]),
    )


def date_tags(dob: Dob | None) -> TagValues:
    """A date of birth; a month alone yields the part that it has, a year alone nothing."""
    if dob is None or dob.month is None:
        return {}
    year_month = f"ym{dob.year:04}{dob.month:02}"
    if dob.day is None:
        return {"DP": (year_month,)}
    low, high = sorted((dob.month, dob.day))
    return {
        "DX": (f"{dob.year:04}{dob.month:02}{dob.day:02}",),
        "DP": (
            year_month,
            f"md{dob.month:02}{dob.day:02}",
            f"yd{dob.year:04}{dob.day:02}",
            f"{dob.year:04}~{low:02}{high:02}",
        ),
    }


def place_tags(locality: str | None, postcode: str | None) -> TagValues:
    """Locality and postcode. Near: first letters or skeleton; digits in sorted order, or all but the first or last."""
    names = [locality] if locality else []
    codes = [postcode] if postcode else []
    near_names = [form for name in names for form in (f"{name[:LOCALITY_EDGE]}-", skeleton(name))]
    near_codes = [form for code in codes for form in ("".join(sorted(code)) + "=", "<" + code[1:], code[:-1] + ">")]
    return _found(
        LPC=_joined(names, codes),
        LFP=_joined(near_names, codes),
        LFPF=_joined(near_names, near_codes),
        PE=[*(f"p:{code}" for code in codes), *near_names],
    )


def house_tags(number: str | None, street: Street | None) -> TagValues:
    """Street and house; the number may have a column of its own or stand in the address line."""
    if street is None or not street.name:
        return {}
    house = number or (street.numbers[-1] if street.numbers else None)
    return _found(AN=(f"{house}|{street.name}",) if house else ())


def phone_tags(numbers: tuple[str, ...] | None) -> TagValues:
    return _found(T=numbers or ())


def identifier_tags(number: str | None) -> TagValues:
    return _found(I=(number,) if number else ())


def sex_tags(sex: str | None) -> TagValues:
    return _found(X=(sex,) if sex else ())


def skeleton(word: str) -> str:
    """Consonants as they sound, the first letter kept ("a" for any vowel): "philipps" and "filips" → "flps"."""
    for pattern, plain in _SOUNDS:
        word = pattern.sub(plain, word)
    head = "a" if word[:1] in set("aeiouy") else word[:1]
    return _DOUBLED.sub(r"\1", head + _DROPPED.sub("", word[1:]))


def _forms(name: LatinName | None) -> tuple[str, ...]:
    """The whole name, then its parts; all tags of a name use all forms, so that what agrees exactly agrees loosely."""
    return (name.full, *name.parts) if name is not None else ()


def _loose(forms: Iterable[str], sounds: list[str]) -> list[str]:
    """Start, end and sound of the whole name first, then what its parts add."""
    loose = [part for form in forms for part in (f"{form[:EDGE]}-", f"-{form[-EDGE:]}")]
    return [*loose[:2], *(f"~{sound}" for sound in sounds), *loose[2:]]


def _unordered(given: Iterable[str], family: Iterable[str]) -> list[str]:
    kept = list(family)
    return ["|".join(sorted((g, f))) for g in given for f in kept]


def _joined(names: Iterable[str], codes: Iterable[str]) -> list[str]:
    kept = list(codes)
    return [f"{name}|{code}" for name in names for code in kept]


def _found(**tags: Iterable[str]) -> TagValues:
    distinct = {tag: tuple(dict.fromkeys(value for value in values if value)) for tag, values in tags.items()}
    return {tag: values for tag, values in distinct.items() if values}
