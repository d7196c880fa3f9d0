"""The plan of a project: every public parameter that all custodians must share, and its fingerprint.

Made once, by the operator, for the stated number of children; no agency plans for itself. Two batches may be compared
only when their fingerprints are equal. A plan holds no secret and nothing about any record.

Spec: contracts section 2.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from linkage.floor import Reference
from linkage.schema import KeyType, Schema

Scheme = Literal["match-keys", "clk"]

WIRE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What `sealink project plan` fixes. `normaliser` names the code and tables that turn cells into tags.

    Of the schema's key types only those that are used are left. `leakage` is Σ N · 2^-H2 of these (`floor.py`), and
    `reference` what a custodian holds its own file against before encoding it; None where no real file is encoded.
    """

    schema: Schema
    scheme: Scheme
    population: int
    normaliser: str
    clk_bits: int = 1024
    diffusion: int = 1  # of the CLK scheme
    leakage: float = 0.0  # of match keys
    reference: Reference | None = field(default=None, repr=False, compare=False)

    def describe(self) -> dict[str, Any]:
        """The plan as plain values, in the order that the fingerprint hashes."""
        schema = self.schema
        return {
            "wire": WIRE_VERSION,
            "scheme": self.scheme,
            "schema": schema.name,
            "population": self.population,
            "normaliser": self.normaliser,
            "tags": {tag.name: tag.limit for tag in schema.tags.values()},
            "keys": {key_type.name: key_type.slots for key_type in schema.key_types},
            "leakage": f"{self.leakage:.4f}" if self.scheme == "match-keys" else "",
            "clk": [self.clk_bits, self.diffusion] if self.scheme == "clk" else [],
        }

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical description, in hex; a batch with another one is refused."""
        text = json.dumps(self.describe(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def with_keys(self, key_types: tuple[KeyType, ...], leakage: float = 0.0) -> Plan:
        """The same plan with another key set and what it leaks."""
        return replace(self, schema=replace(self.schema, key_types=key_types), leakage=leakage)


def diffusion_for(population: int) -> int:
    """Smallest t whose noise-free correlation stays under half of ρ*(N) (privacy.md section 4, 1,024 dense bits)."""
    allowed = {2: 100, 3: 180, 4: 2_000, 5: 22_000, 6: 205_000, 8: 10_700_000}
    return next((t for t, most in allowed.items() if population <= most), 10)
