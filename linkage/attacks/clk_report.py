"""Run the attacks on CLK schemes and say what they show, as findings: one function per attack of the command line.

Each generates its own city; the attacker gets the generator's plaintext and never a secret. Printing and timing are the
caller's.

May touch: nothing
Sees:      generated names only
Spec:      privacy.md sections 3 and 4
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linkage.attacks.clk_plaintext import ClkPlaintext, generated_children
from linkage.attacks.finding import CLK_DEGREE, CLK_GRAPH, CLK_PATTERNS, Finding, Limit, known_pairs_limit
from linkage.attacks.known_filter_pairs import EMULATORS, name_by_known_pairs
from linkage.attacks.pattern_mining import mine_patterns
from linkage.attacks.spectral_matching import judge, match_graphs
from linkage.attacks.weak_schemes import Scheme, guessed_keys, scheme_named, similarity
from linkage.encoding.clk import ClkKeys, encode_fields
from linkage.encoding.clk_filling import fill_up
from linkage.encoding.token_incidence import incidence
from linkage.errors import ProjectError
from linkage.health.bit_patterns import unpacked
from linkage.margin import measure_margins
from linkage.synthetic.profiles import Profile

Step = Callable[[str], None]

MOST_RECORDS: Final = 5_000
"""Records up to which the graph attack runs in memory and minutes on two cores."""
MOST_LEARNED: Final = 2_000
"""Records among which known pairs are tried: the emulators learn in a minute or two."""
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


def attack_known_pairs(
    scheme: str, records: int, seed: int, profile: Profile, population: int, sizes: Sequence[int], step: Step
) -> list[Finding]:
    """Name the filters of all other children after learning from each number of known ones, with each emulator.

    Raises ProjectError when more are to be known than there are records.
    """
    n = min(records, MOST_LEARNED)
    if max(sizes) >= n:
        raise ProjectError(f"of {n:,} records at most {n - 1:,} can be known", hint="lower --known")
    chosen = scheme_named(scheme, population)
    step("generate a city")
    plaintext = generated_children(n, seed, profile)
    bits, tokens = _bits(chosen, plaintext, seed), incidence(plaintext.columns).toarray()
    order = np.random.default_rng([seed, 5]).permutation(n)
    out: list[Finding] = []
    for known in sorted(sizes):
        tried = f"{known:,} of {n:,} records known in clear"
        for emulator in EMULATORS:
            step(f"{tried}: learn with the {emulator} emulator")
            named = name_by_known_pairs(tokens, bits, order[:known], emulator, seed)
            shows = f"others named, {emulator} emulator"
            out.append(Finding(tried, shows, named.identified, "share", known_pairs_limit(known)))
        out.append(Finding(tried, "by guessing", named.chance, "share"))
    return out


def attack_frequency(
    scheme: str, records: int, seed: int, profile: Profile, population: int, step: Step
) -> list[Finding]:
    """Mine the filters for bits that are set together; the attacker needs nothing but the file."""
    n = min(records, MOST_RECORDS)
    chosen = scheme_named(scheme, population)
    step("generate a city")
    plaintext = generated_children(n, seed, profile)
    step("look for bits that are set together")
    mined = mine_patterns(_bits(chosen, plaintext, seed), incidence(plaintext.columns).toarray())
    tried = f"pattern mining, {n:,} records, {mined.common:,} common tokens"
    return [
        Finding(tried, "common tokens whose holders can be read", mined.share, "share", CLK_PATTERNS),
        Finding(tried, "… and that the rank of their number names", mined.named / max(mined.common, 1), "share"),
        Finding(tried, "groups of bits set together", mined.groups, "count"),
        Finding(tried, "… whose holders are one token's", mined.true, "count"),
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


def _bits(scheme: Scheme, plaintext: ClkPlaintext, seed: int) -> NDArray[np.float32]:
    """Filters under a key that the attacker does not learn, one column a bit: float32 (n, m) of 0 and 1."""
    filters = scheme.encode(plaintext.columns, np.random.default_rng([seed, 13]).bytes(32), seed)
    return unpacked(filters).astype(np.float32)
