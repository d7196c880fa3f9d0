"""Run the attacks on CLK schemes and say what they show, as findings: one function per attack of the command line.

Each generates its own city; the attacker gets the generator's plaintext and never a secret. Printing and timing are the
caller's.

May touch: nothing
Sees:      generated names only
Spec:      privacy.md sections 3 and 4
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from linkage.attacks.clk_plaintext import generated_children
from linkage.attacks.finding import CLK_DEGREE, CLK_GRAPH, Finding, Limit
from linkage.attacks.spectral_matching import judge, match_graphs
from linkage.attacks.weak_schemes import guessed_keys, scheme_named, similarity
from linkage.encoding.clk import ClkKeys, encode_fields
from linkage.encoding.clk_filling import fill_up
from linkage.margin import measure_margins
from linkage.synthetic.profiles import Profile

Step = Callable[[str], None]

MOST_RECORDS: Final = 5_000
"""Records up to which the graph attack runs in memory and minutes on two cores."""
_GUESSES: Final = 8


def attack_graph(
    scheme: str, records: int, seed: int, profile: Profile, population: int, overlap: float, step: Step
) -> list[Finding]:
    """Match the similarities that the unit sees to those of the attacker's own list, without one known pair.

    One record a child: what an agency's own file shows. The attacker's list holds the very same cells.
    """
    n = min(records, MOST_RECORDS)
    chosen = scheme_named(scheme, population)
    step("generate a city")
    plaintext = generated_children(n, seed, profile)
    rng = np.random.default_rng(seed)
    step("similarities of the encodings")
    seen_rows = rng.permutation(n)
    seen = similarity(chosen.encode(plaintext.take(seen_rows).columns, rng.bytes(32), seed))
    step("similarities of the attacker's list under guessed keys")
    children = np.unique(plaintext.child)
    held = rng.choice(children, max(1, round(overlap * len(children))), replace=False)
    listed = plaintext.take(np.flatnonzero(np.isin(plaintext.child, held)))
    expected = chosen.expected(listed.columns, guessed_keys(_GUESSES, seed))
    step("match both graphs")
    result = judge(match_graphs(seen, expected), plaintext.child[seen_rows], listed.child)
    tried = f"graph matching, {n:,} records, {overlap:.0%} of the children in the attacker's file"
    return [
        Finding(tried, "records identified", result.identified, "share", CLK_GRAPH),
        Finding(tried, "by guessing", result.chance, "share"),
        Finding(tried, "right among the surest tenth of answers", result.sure, "share"),
        Finding(tried, "self-consistency of the attempt", result.consistency, "figure"),
    ]


def margin_of_clk(scheme: str, records: int, seed: int, profile: Profile, population: int, step: Step) -> list[Finding]:
    """How far the noise-free correlation stays from what graph matching needs at the population."""
    n = min(records, MOST_RECORDS)
    chosen = scheme_named(scheme, population)
    step("generate a city")
    plaintext = generated_children(n, seed, profile)
    columns = plaintext.columns
    step("pairs under two keys")
    keys = guessed_keys(2, seed)
    seeds = np.random.default_rng(seed).integers(0, 256, (2, n, 16), dtype=np.uint8)
    one, other = (
        fill_up(encode_fields(columns, ClkKeys(key), chosen.m), seeds[place], chosen.fill_to or 0.0)
        for place, key in enumerate(keys)
    )
    families = csr_matrix((np.ones(n, dtype=np.float32), (np.arange(n), plaintext.family)))
    (margin,) = measure_margins(one, other, 0.5, (chosen.t,), population, families)
    tried = f"{n:,} records, extrapolated to {population:,} children, t = {chosen.t}"
    return [
        Finding(tried, "correlation without noise", margin.rho, "figure", Limit(margin.allowed, margin.allowed / 2)),
        Finding(tried, "pairs above the noise line per record", margin.degree, "figure", CLK_DEGREE),
        Finding(tried, "population at which it could be matched", margin.critical, "count"),
        Finding(tried, "share of bits set before diffusion", margin.fill, "share"),
    ]
