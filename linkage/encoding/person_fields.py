"""Fields of person-v1: what reads a cell of each, and which fields a tag function reads together.

Two tables and nothing else. Which key types combine the tags is the schema's business
(`linkage/schemas/person-v1.toml`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from linkage.encoding import person_tags
from linkage.encoding.normalise import latin
from linkage.encoding.normalise.dates import read_date
from linkage.encoding.normalise.sex import read_sex
from linkage.encoding.tag_columns import TagValues

READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "given_name": latin.read_given,
    "surname": latin.read_surname,
    "other_names": latin.read_surname,
    "date_of_birth": read_date,
    "sex": read_sex,
    "street_number": latin.read_street_number,
    "address": latin.read_street,
    "locality": latin.read_locality,
    "postcode": latin.read_postcode,
    "state": latin.read_state,
    "identifier": latin.read_identifier,
    "phone": latin.read_phones,
}
"""Field → what reads its cells; a falsy result means that the cell says nothing readable."""


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Fields that are read together: `derive` takes one value of each, None where a record has none."""

    fields: tuple[str, ...]
    derive: Callable[..., TagValues]


def _other_name_tags(name: Any) -> TagValues:
    """An alias, maiden or former name may stand in for either name."""
    return {**person_tags.given_tags(name), **person_tags.surname_tags(name)}


GROUPS: Final = (
    TagGroup(("given_name",), person_tags.given_tags),
    TagGroup(("surname",), person_tags.surname_tags),
    TagGroup(("other_names",), _other_name_tags),
    TagGroup(("given_name", "surname"), person_tags.both_names_tags),
    TagGroup(("date_of_birth",), person_tags.date_tags),
    TagGroup(("locality", "postcode"), person_tags.place_tags),
    TagGroup(("street_number", "address"), person_tags.house_tags),
    TagGroup(("phone",), person_tags.phone_tags),
    TagGroup(("identifier",), person_tags.identifier_tags),
    TagGroup(("sex",), person_tags.sex_tags),
)
"""In this order: the names themselves take a tag's places before other names do.

State is read and counted, but is in no tag: it follows from the place and would only add its errors."""
