"""Read what is shipped beside a schema: NAME.reference.toml (how often strangers agree) and NAME.worth.csv (how true
pairs agree). Both are optional for a schema of one's own; gaps are filled on the pessimistic side. It judges nothing.

May touch: disk (the two files beside the schema)
Sees:      nothing personal
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from linkage.errors import SchemaError
from linkage.floor import Commonest, Rate, Reference
from linkage.planner import Kind, Worth, WorthRow
from linkage.schema import Schema, schema_path

UNLISTED: Final = 2.0
"""An unlisted tag's rate over its collision in the schema: that one is a record's, several records make a child."""


def load_reference(name_or_path: str, schema: Schema, base: Path | None = None) -> Reference:
    """The reference table of a schema that was loaded by the same name. Raises SchemaError, naming file and entry."""
    path = schema_path(name_or_path, base).with_suffix(".reference.toml")
    if not path.is_file():
        return reference_from({}, schema, path.name)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path.name}: not a TOML file: {error}") from error
    return reference_from(raw, schema, path.name)


def reference_from(raw: Mapping[str, Any], schema: Schema, file: str) -> Reference:
    """The table as written, with the schema's own rates and comparisons for what it leaves out."""
    try:
        listed = {tag: group for group, tags in raw.get("groups", {}).items() for tag in tags}
        rates = {
            name: Rate(float(each["rate"]), float(each.get("per_child", 0)))
            for name, each in raw.get("rates", {}).items()
        }
        together = {_pair(names): float(lift) for names, lift in raw.get("together", {}).items()}
        household, one_child, free = (tuple(raw.get(name, ())) for name in ("household", "one_child", "free"))
        most = {tag: _commonest(each) for tag, each in raw.get("most", {}).items()}
        within = {tag: str(other) for tag, other in raw.get("within", {}).items()}
        identifier = str(raw.get("identifier", ""))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SchemaError(f"{file}: entry missing or of the wrong type: {error}") from error
    named = [*household, *one_child, *free, *listed, *rates, *most, *within, *within.values(), *map(".".join, together)]
    for tag in sorted({tag for name in named for tag in name.split(".")}):
        if tag not in schema.tags:
            raise SchemaError(f"{file}: tag {tag!r} is not described in the schema")
    for tag in schema.tags.values():
        rates.setdefault(tag.name, Rate(min(1.0, UNLISTED * tag.collision)))
    groups = {**_groups_of(schema), **listed}
    return Reference(household, groups, rates, together, one_child, identifier, most, within, free)


@lru_cache(maxsize=4)
def _read_worth(path: Path) -> Worth:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = tuple(
                WorthRow(
                    _kind(row["kind"]),
                    tuple(row["visible"].split()),
                    tuple(row["agree"].split(".")),
                    float(row["pairs"]),
                )
                for row in csv.DictReader(file)
            )
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError(f"{path.name}: not a table of kind, visible, agree, pairs") from error
    return Worth(rows)


def _kind(text: str) -> Kind:
    known: dict[str, Kind] = {"match": "match", "twin": "twin", "sibling": "sibling"}
    return known[text]


def load_worth(name_or_path: str, base: Path | None = None) -> Worth | None:
    """How pairs of one child, of twins and of siblings agree, in pairs per child; None where nobody measured it."""
    path = schema_path(name_or_path, base).with_suffix(".worth.csv")
    return _read_worth(path) if path.is_file() else None


def _groups_of(schema: Schema) -> dict[str, str]:
    """Tags of an ordered comparison are one group; those of a joint one fail together but vary apart."""
    groups = {tag: tag for tag in schema.tags}
    for comparison in schema.comparisons:
        if comparison.kind == "ordered":
            groups.update({tag: comparison.name for level in comparison.levels for tag in level.tags})
    return groups


def _commonest(raw: Mapping[str, Any]) -> Commonest:
    return Commonest(float(raw["share"]), float(raw["records"]), tuple(raw.get("takes_along", ())))


def _pair(names: str) -> tuple[str, str]:
    a, b = names.split(".")
    return a, b
