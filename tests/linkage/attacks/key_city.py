"""One small generated city and its plan, built once for all tests of attacks on equal keys."""

from __future__ import annotations

from functools import lru_cache

from linkage.attacks.generated import city_plaintext, rewritten_plaintext
from linkage.attacks.key_schemes import KeyScheme, KeySchemeName, key_scheme, plan_for
from linkage.attacks.plaintext import Plaintext
from linkage.synthetic.city import City, build_city

CHILDREN = 900
SEED = 71


@lru_cache(maxsize=1)
def city() -> City:
    return build_city(CHILDREN, SEED)


@lru_cache(maxsize=1)
def agencies() -> Plaintext:
    """What the agencies of the city hold."""
    return city_plaintext(city(), plan_for(2_000_000).schema)


@lru_cache(maxsize=1)
def attacker() -> Plaintext:
    """The same children, written down by somebody else."""
    return rewritten_plaintext(city(), plan_for(2_000_000).schema, pen=1)


def scheme(name: KeySchemeName) -> KeyScheme:
    return key_scheme(name, plan_for(2_000_000))
