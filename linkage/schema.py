"""The linkage schema: public, versioned encoding parameters that custodians and the linkage unit share.

A schema says which fields an agency may map, which tags are derived from them, which tags are combined into match
keys, and how agreeing key types are read back as agreement levels. It holds no secret, no personal data and no
population: the population enters with the plan (`linkage/plan.py`).

A schema is a TOML file. The built-in ones are in `linkage/schemas/`; a project may also name a path.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from linkage.errors import SchemaError

Cardinality = Literal["one", "many"]
Kind = Literal["ordered", "joint"]
Normaliser = Literal["cn-child", "person"]

BUILT_IN: Final = ("cn-child-v1", "person-v1")
ROOT: Final = Path(__file__).parent / "schemas"


@dataclass(frozen=True, slots=True)
class Tag:
    """One derived value of a field. `collision` is P(two different people agree on it), absence included."""

    name: str
    collision: float
    limit: int  # values kept per record


@dataclass(frozen=True, slots=True)
class KeyType:
    """Which tags a match key combines, and how many slots each record reserves for it."""

    tags: tuple[str, ...]
    slots: int

    @property
    def name(self) -> str:
        return ".".join(self.tags)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement; a pair is on it when a key holding one of `tags` agrees."""

    label: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variable of the Fellegi–Sunter model.

    `ordered`: the best level whose tags agree, the last level being "absent or different".
    `joint`: fields that fail together are one variable; every subset of its tags that agree is a level of its own.
    `visible` names the bit ("has_name", "has_id") that turns absence into a missing value; without one, absent and
    different are one level (contracts section 2).
    """

    name: str
    kind: Kind
    levels: tuple[Level, ...]
    visible: str | None
    random: tuple[float, ...] = ()  # u per level; empty: from the tags' collision rates

    @property
    def size(self) -> int:
        """Number of distinct outcomes."""
        return len(self.levels) + 1 if self.kind == "ordered" else 2 ** len(self.levels)

    def labels(self) -> list[str]:
        if self.kind == "ordered":
            return [level.label for level in self.levels] + ["absent or different"]
        return [self._subset_label(outcome) for outcome in range(self.size)]

    def _subset_label(self, outcome: int) -> str:
        agreeing = [level.label for bit, level in enumerate(self.levels) if outcome >> bit & 1]
        return " + ".join(agreeing) or "absent or different"


@dataclass(frozen=True, slots=True)
class LevelPrior:
    """How one class sees one comparison.

    `match`, `random`: shares that class's distribution. `fixed`: `weights` is the distribution. `prior`: `weights`
    is the mean of a Dirichlet prior of `strength` pseudo-pairs and EM may move it.
    """

    mode: Literal["match", "random", "fixed", "prior"]
    weights: tuple[float, ...] = ()
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class PairClass:
    """A kind of pair beside the random one: match, twin, sibling.

    `share` is the number of pairs per record to start from, or, where `share_is_fixed`, to stay at: keys show too few
    pairs of siblings for their number to be told from the data.
    """

    name: str
    share: float
    share_is_fixed: bool
    priors: Mapping[str, LevelPrior]


@dataclass(frozen=True, slots=True)
class Schema:
    """See the module's first paragraph. Of a file, `key_types` are candidates; of a plan, those that are used."""

    name: str
    normaliser: Normaliser
    fields: Mapping[str, Cardinality]
    tags: Mapping[str, Tag]
    key_types: tuple[KeyType, ...]
    implied: Mapping[tuple[str, ...], tuple[str, ...]]  # tags → tags that agree wherever all of those agree
    comparisons: tuple[Comparison, ...]
    classes: tuple[PairClass, ...]

    @property
    def slots(self) -> int:
        return sum(key_type.slots for key_type in self.key_types)

    def closure(self, tags: Iterable[str]) -> frozenset[str]:
        """The tags and all that they imply."""
        reached = set(tags)
        size = -1
        while len(reached) > size:
            size = len(reached)
            for together, others in self.implied.items():
                if reached.issuperset(together):
                    reached.update(others)
        return frozenset(reached)


def load_schema(name_or_path: str, base: Path | None = None) -> Schema:
    """Read a built-in schema by name, or a schema file; a relative path starts at `base`.

    Raises SchemaError, naming the file and the entry, never a value of personal data (a schema has none).
    """
    return _load(schema_path(name_or_path, base))


def schema_path(name_or_path: str, base: Path | None = None) -> Path:
    """The schema's file; what is known about it beside the schema itself is in files next to it."""
    if name_or_path in BUILT_IN:
        return ROOT / f"{name_or_path}.toml"
    path = (base or Path()) / name_or_path
    if not path.is_file():
        known = ", ".join(BUILT_IN)
        raise SchemaError(f"schema {name_or_path!r} is neither built in ({known}) nor a file")
    return path


@lru_cache(maxsize=8)
def _load(path: Path) -> Schema:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path.name}: not a TOML file: {error}") from error
    try:
        schema = _parse(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SchemaError(f"{path.name}: entry missing or of the wrong type: {error}") from error
    _check(path.name, schema)
    return schema


def _parse(raw: Mapping[str, Any]) -> Schema:
    return Schema(
        name=str(raw["name"]),
        normaliser=raw["normaliser"],
        fields=dict(raw["fields"]),
        tags={name: Tag(name, float(spec["collision"]), int(spec["limit"])) for name, spec in raw["tags"].items()},
        key_types=tuple(_parse_keys(raw["keys"])),
        implied={tuple(tags.split(".")): tuple(others) for tags, others in raw.get("implied", {}).items()},
        comparisons=tuple(_parse_comparison(entry) for entry in raw["comparison"]),
        classes=tuple(_parse_class(entry) for entry in raw["class"]),
    )


def _parse_keys(keys: Mapping[str, int]) -> Iterable[KeyType]:
    for name, slots in keys.items():
        yield KeyType(tuple(name.split(".")), int(slots))


def _parse_comparison(entry: Mapping[str, Any]) -> Comparison:
    levels = tuple(Level(label, tuple(tags)) for label, tags in entry["levels"].items())
    random = tuple(float(rate) for rate in entry.get("random", ()))
    return Comparison(str(entry["name"]), entry["kind"], levels, entry.get("visible"), random)


def _parse_class(entry: Mapping[str, Any]) -> PairClass:
    priors = {}
    for name, spec in entry["levels"].items():
        if isinstance(spec, str):
            priors[name] = LevelPrior(spec)  # type: ignore[arg-type]
        elif "fixed" in spec:
            priors[name] = LevelPrior("fixed", _normalised(spec["fixed"]))
        else:
            priors[name] = LevelPrior("prior", _normalised(spec["prior"]), float(spec["strength"]))
    return PairClass(str(entry["name"]), float(entry["share"]), bool(entry.get("share_is_fixed", False)), priors)


def _normalised(weights: list[float]) -> tuple[float, ...]:
    total = float(sum(weights))
    return tuple(float(w) / total for w in weights)


def _check(file: str, schema: Schema) -> None:
    """Refuse a schema whose parts do not fit together."""
    if not schema.key_types:
        raise SchemaError(f"{file}: [keys] needs at least one key type")
    if "match" not in {pair_class.name for pair_class in schema.classes}:
        raise SchemaError(f"{file}: a [[class]] named 'match' is missing")
    used = {tag for key_type in schema.key_types for tag in key_type.tags}
    used |= {tag for together, tags in schema.implied.items() for tag in (*together, *tags)}
    for tag in used | {t for c in schema.comparisons for level in c.levels for t in level.tags}:
        if tag not in schema.tags:
            raise SchemaError(f"{file}: tag {tag!r} is used but not described under [tags]")
    for key_type in schema.key_types:
        if not 1 <= len(key_type.tags) <= 4 or key_type.slots < 1:
            raise SchemaError(f"{file}: key type {key_type.name!r} needs one to four tags and at least one slot")
    for pair_class in schema.classes:
        for comparison in schema.comparisons:
            _check_prior(file, pair_class, comparison)


def _check_prior(file: str, pair_class: PairClass, comparison: Comparison) -> None:
    prior = pair_class.priors.get(comparison.name)
    where = f"{file}: class {pair_class.name!r}, comparison {comparison.name!r}"
    if prior is None:
        raise SchemaError(f"{where}: no prior")
    if prior.mode in ("fixed", "prior") and len(prior.weights) != comparison.size:
        raise SchemaError(f"{where}: {comparison.size} weights expected")
    if pair_class.name == "match" and prior.mode != "prior":
        raise SchemaError(f"{where}: the match class takes a prior with a strength")
