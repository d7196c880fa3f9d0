"""The schemes made of equal keys that the attacks can be set on, by name: the shipped one and those kept to be broken.

May touch: nothing beyond the schema's tables
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from linkage.attacks import weak_sets
from linkage.attacks.plaintext import Plaintext
from linkage.attacks.unit_view import UnitView, view_of_plaintext
from linkage.encoding.normalise.version import NORMALISER_VERSION, tables_digest
from linkage.plan import Plan
from linkage.planner import choose
from linkage.reference import load_reference, load_worth
from linkage.schema import KeyType, load_schema

KeySchemeName = Literal["match-keys", "match-keys:no-floor", "match-keys:unpadded", "single-field"]
KEY_SCHEMES: Final[tuple[KeySchemeName, ...]] = get_args(KeySchemeName)
SCHEMA: Final = "cn-child-v1"


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """Key types, and whether padding hides how many keys a record has."""

    name: KeySchemeName
    key_types: tuple[KeyType, ...]
    padded: bool

    def prepared(self, plaintext: Plaintext) -> Plaintext:
        """The plaintext with the tags that this scheme needs beyond the schema's."""
        return weak_sets.with_deletions(plaintext) if self.name == "match-keys:no-floor" else plaintext

    def view(self, plaintext: Plaintext) -> UnitView:
        """What the unit sees of `prepared` records."""
        return view_of_plaintext(plaintext, self.key_types, padded=self.padded)


def plan_for(population: int) -> Plan:
    """The plan of a project on generated data for so many children. PlanError when nothing keeps the floor."""
    schema = load_schema(SCHEMA)
    chosen = choose(schema, load_reference(SCHEMA, schema), load_worth(SCHEMA), population)
    normaliser = f"{NORMALISER_VERSION}/{tables_digest()[:16]}"
    return Plan(schema, "match-keys", population, normaliser).with_keys(chosen.key_types, chosen.leakage)


def key_scheme(name: KeySchemeName, plan: Plan) -> KeyScheme:
    """The scheme of that name; the weak sets name their own key types and take only the tags from the plan's schema."""
    if name == "match-keys:no-floor":
        return KeyScheme(name, weak_sets.no_floor(plan.schema.tags), padded=False)
    if name == "single-field":
        return KeyScheme(name, weak_sets.single_field(plan.schema.tags), padded=True)
    return KeyScheme(name, plan.schema.key_types, padded=name == "match-keys")
