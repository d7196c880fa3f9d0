"""Run the attacks on equal keys and say what they show, as findings: one function per attack of the command line.

Each takes plaintext or a generated city and returns findings with their figures; printing and timing are the caller's.
`step` is told the name of what begins.

May touch: nothing
Sees:      names
Spec:      match-keys.md section 5
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from linkage.attacks import finding
from linkage.attacks.confrontation import Confrontation, confront
from linkage.attacks.enumeration import (
    CHILDHOOD_BEGINS,
    CHILDHOOD_DAYS,
    CITY_DIVISIONS,
    Enumerated,
    candidate_ids,
    divisions_of,
    encoded_ids,
    id_keys,
    lie_among,
    look_up,
)
from linkage.attacks.finding import Finding, Limit
from linkage.attacks.generated import city_plaintext, rewritten_plaintext
from linkage.attacks.key_frequency import align_frequencies
from linkage.attacks.key_graph import GraphFigures, KeyGraph, graph_figures, key_graph, resized
from linkage.attacks.key_schemes import KeyScheme
from linkage.attacks.known_key_pairs import reveal
from linkage.attacks.plaintext import Plaintext
from linkage.attacks.refinement import Attribute, Words, child_attributes, record_attributes, refine, singled_out
from linkage.attacks.seeded_matching import Outcome, Side, judge, learn_confidence, match_graphs
from linkage.attacks.unit_view import UnitView
from linkage.encoding.keys import LinkageSecret
from linkage.plan import Plan
from linkage.schema import Schema
from linkage.synthetic.city import City, build_city
from linkage.synthetic.profiles import Profile

Step = Callable[[str], None]
_AGENCY: tuple[Attribute, ...] = ("agency",)
_SHAPES: tuple[Attribute, ...] = ("agency", "shapes")
_REHEARSAL = 7_919  # added to a seed: the attacker's own city, on which he learns how far to trust himself


def attack_keys(plaintext: Plaintext, scheme: KeyScheme, population: int, step: Step) -> list[Finding]:
    """Components, neighbours and colour refinement; the attacker holds the identical plaintext of all files."""
    step("keys of all records")
    plaintext = scheme.prepared(plaintext)
    view = scheme.view(plaintext)
    step("graph over children")
    graph = key_graph(view, plaintext.child)
    figures = figures_of(graph, plaintext, population)
    return [*_graph_findings(figures), *_child_findings(view, graph, plaintext, step), *_record_findings(view, step)]


def margin_of_keys(plaintext: Plaintext, scheme: KeyScheme, plan: Plan, step: Step) -> list[Finding]:
    """The entropy floor as planned from reference tables, and as these records, extrapolated, show it."""
    step("keys of all records")
    plaintext = scheme.prepared(plaintext)
    view = scheme.view(plaintext)
    step("graph over children")
    figures = figures_of(key_graph(view, plaintext.child), plaintext, plan.population)
    planned = "the plan, from its reference tables"
    measured = f"{figures.children:,} children, extrapolated"
    shipped = scheme.key_types == plan.schema.key_types
    out = [Finding(planned, f"Σ N·2^−H2 at {plan.population:,} children", plan.leakage, "figure", finding.FLOOR_SUM)]
    counted = figures.floor_sum * figures.children / figures.population  # per child among these children
    sure = (
        2.0 * np.sqrt(max(counted * figures.children, 1.0)) / figures.children * figures.population / figures.children
    )
    out += [
        Finding(measured, f"Σ at {plan.population:,} children", figures.floor_sum, "figure"),
        Finding(measured, "… less two standard errors: what these records prove",
                max(0.0, figures.floor_sum - sure), "figure", finding.FLOOR_SUM),
        Finding(measured, "children until Σ reaches 0.2",
                finding.FLOOR_SUM.most / max(counted / figures.children, 1e-12), "count"),
        Finding(measured, "largest component of different children", figures.largest, "count", finding.COMPONENT),
    ]  # fmt: skip
    return out if shipped else out[1:]


def figures_of(graph: KeyGraph, plaintext: Plaintext, population: int) -> GraphFigures:
    family = np.full(graph.nodes, -1, dtype=np.int64)
    family[plaintext.child] = plaintext.family
    return graph_figures(graph, family, population, plaintext.children)


def attack_graph(
    scheme: KeyScheme,
    schema: Schema,
    children: int,
    seed: int,
    profile: Profile,
    overlap: float,
    known: float,
    step: Step,
) -> list[Finding]:
    """Seeded graph matching with the attacker's own files, and with the agencies' identical ones for an upper bound."""
    outcomes = []
    sets = [_confrontations(schema, children, s, profile, overlap, known, step) for s in (seed, seed + _REHEARSAL)]
    for real, rehearsed in zip(*sets, strict=True):
        step("match the graphs")
        outcomes.append(seeded_outcome(scheme, real, rehearsed))
    return [f for what, outcome in zip(_FILES, outcomes, strict=True) for f in _seeded_findings(what, outcome, overlap)]


_FILES = ("his own files of these children", "the agencies' identical files (upper bound)")


def attack_known_pairs(
    plaintext: Plaintext, scheme: KeyScheme, seed: int, sizes: Sequence[int], step: Step
) -> list[Finding]:
    """What s known records tell of everyone else, for each s."""
    plaintext = scheme.prepared(plaintext)
    step("keys of all records")
    view = scheme.view(plaintext)
    out = []
    for size in sizes:
        step(f"{size:,} known records")
        drawn = np.random.default_rng([seed, size]).choice(len(plaintext), min(size, len(plaintext)), replace=False)
        found = reveal(view, plaintext, drawn)
        fields = ", ".join(f"{tag} {count}" for tag, count in sorted(found.tags.items(), key=lambda at: -at[1])[:6])
        tried = f"{found.records_known:,} known records"
        out += [
            Finding(tried, "other children of whom any value is revealed", found.share, "share"),
            Finding(tried, "… of families of whom he knows nobody", found.strangers_share, "share"),
            Finding(tried, f"… with name, date and household together ({fields or 'nothing'})", found.whole, "count"),
            Finding(tried, "known children recognised in a further agency's file", found.seen_elsewhere, "count"),
        ]
    return out


def attack_frequency(
    scheme: KeyScheme, schema: Schema, children: int, seed: int, profile: Profile, overlap: float, step: Step
) -> list[Finding]:
    """Frequency alignment with the attacker's own files and with identical ones."""
    out = []
    for what, at in zip(_FILES, _confrontations(schema, children, seed, profile, overlap, 0.0, step), strict=True):
        step("align frequencies")
        found = align_frequencies(scheme.prepared(at.victim), scheme.prepared(at.attacker), scheme.key_types)
        limit = finding.FREQUENCY if what is _FILES[0] else None
        best = sorted(found.types.items(), key=lambda one: -one[1].right)[:4]
        detail = ", ".join(f"{name} {one.right}/{one.named}" for name, one in best if one.named) or "none named"
        tried = f"{what}, {overlap:.0%} overlap"
        out += [
            Finding(tried, "children with two or more values rightly named", found.identified, "share", limit),
            Finding(tried, "children with any value rightly named", found.touched, "share"),
            Finding(tried, f"namings that are right ({detail})", found.precision if found.named else 0.0, "share"),
            Finding(tried, "… by chance", found.chance, "share"),
        ]
    return out


def attack_enumeration(
    plaintext: Plaintext, secret: LinkageSecret, days: int, seed: int, clock: Callable[[], float], step: Step
) -> list[Finding]:
    """Play a leaked `secret`: build all IDs of the city's divisions for some birth days and look them up."""
    step("encode resident IDs")
    column = plaintext.tags["I"]
    encoded = encoded_ids(column, secret)
    flat = encoded.reshape(-1, encoded.shape[-1])
    rng = np.random.default_rng([seed, 41])
    chosen = CHILDHOOD_BEGINS + rng.choice(CHILDHOOD_DAYS, min(days, CHILDHOOD_DAYS), replace=False)
    divisions = divisions_of(column.vocabulary)[:CITY_DIVISIONS]
    found = np.zeros(len(column), dtype=bool)
    guesses, seconds = 0, 0.0
    for division in divisions:
        step(f"division {division}")
        started = clock()
        guessed = id_keys(candidate_ids(division, chosen), secret)
        found |= (look_up(guessed, flat) >= 0).reshape(encoded.shape[:2]).any(axis=1)
        seconds += clock() - started
        guesses += len(guessed)
    among = lie_among(column, divisions, chosen)
    return _enumeration_findings(Enumerated(guesses, seconds, int(among.sum()), int((found & among).sum())))


def _confrontations(
    schema: Schema, children: int, seed: int, profile: Profile, overlap: float, known: float, step: Step
) -> list[Confrontation]:
    step("generate a city")
    city: City = build_city(round(children * (2 - overlap)), seed, profile)
    step("read its records")
    agencies = city_plaintext(city, schema)
    step("write the same children down again")
    again = rewritten_plaintext(city, schema, pen=1)
    return [confront(agencies, other, overlap, known, seed) for other in (again, agencies)]


def seeded_outcome(scheme: KeyScheme, real: Confrontation, rehearsed: Confrontation) -> Outcome:
    """Match `real` with the confidence learnt on `rehearsed`, a confrontation whose truth the attacker knows."""
    learned = (
        _side(scheme, rehearsed.victim, len(rehearsed.same)),
        _side(scheme, rehearsed.attacker, len(rehearsed.same)),
    )
    confidence = learn_confidence([(*learned, rehearsed.same, rehearsed.known)])
    victim, own = (_side(scheme, side, len(real.same)) for side in (real.victim, real.attacker))
    v = np.flatnonzero(real.known)
    match = match_graphs(victim, own, v, real.same[v], confidence)
    return judge(match, real.same, real.known, real.victims, int(own.present.sum()))


def _side(scheme: KeyScheme, plaintext: Plaintext, numbers: int) -> Side:
    plaintext = scheme.prepared(plaintext)
    view = scheme.view(plaintext)
    graph = resized(key_graph(view, plaintext.child), numbers)
    shown: list[tuple[Attribute, ...]] = [_AGENCY, _SHAPES]
    if view.counts is not None:
        shown += [(*_SHAPES, "missing"), (*_SHAPES, "counts")]
    words = tuple(child_attributes(record_attributes(view, seen), plaintext.child, numbers) for seen in shown)
    agencies = np.zeros((numbers, int(plaintext.source.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(agencies, (plaintext.child, plaintext.source), 1)
    return Side(graph, words, agencies, np.asarray(agencies.any(axis=1)))


def _enumeration_findings(found: Enumerated) -> list[Finding]:
    tried = f"every ID of {found.guesses:,} guesses, linkage secret leaked"
    share = found.found / max(found.holders, 1)
    return [
        Finding(tried, f"of the {found.holders:,} records with such an ID, read in clear", share, "share"),
        Finding(tried, "guesses per second on this machine", found.rate, "rate"),
        Finding(tried, "all children of a city (20 divisions)", found.city_seconds, "seconds"),
        Finding(tried, "all children of the country (3,000 divisions)", found.country_seconds, "seconds"),
    ]


def _graph_findings(figures: GraphFigures) -> list[Finding]:
    worst = sorted(figures.per_type.items(), key=lambda at: -at[1])[:3]
    detail = ", ".join(f"{name} {value:.4f}" for name, value in worst if value)
    tried = f"graph of {figures.children:,} children"
    return [
        Finding(tried, "largest component of different children", figures.largest, "count", finding.COMPONENT),
        Finding(tried, "neighbours per child, relatives included", figures.neighbours, "figure"),
        Finding(tried, f"neighbours per child of other families ({detail or 'none'})", figures.other_family, "figure"),
        Finding(
            tried, f"Σ over key types, extrapolated to {figures.population:,} children (the plan's own Σ decides)",
            figures.floor_sum, "figure",
        ),
    ]  # fmt: skip


def _child_findings(view: UnitView, graph: KeyGraph, plaintext: Plaintext, step: Step) -> list[Finding]:
    """Colour refinement over children, from the bare graph to everything that shows."""
    present = np.zeros(graph.nodes, dtype=bool)
    present[plaintext.child] = True
    rungs: list[tuple[str, tuple[Attribute, ...] | None, bool, bool, Limit | None]] = [
        ("graph alone", None, True, False, None),
        ("graph with key types", None, True, True, finding.TYPED_GRAPH),
        ("graph with key types and numbers of records", (), True, True, None),
        ("agencies and visible shapes, without the graph", _SHAPES, False, False, None),
        ("graph with key types and agencies", _AGENCY, True, True, None),
        ("graph with key types, agencies, visible shapes", _SHAPES, True, True, finding.EVERYTHING_SEEN),
    ]
    if view.counts is not None:
        rungs += [("… and missing fields", (*_SHAPES, "missing"), True, True, finding.EVERYTHING_SEEN),
                  ("… and key counts", (*_SHAPES, "counts"), True, True, finding.EVERYTHING_SEEN)]  # fmt: skip
    out = []
    for name, seen, with_graph, typed, limit in rungs:
        step(f"refinement: {name}")
        words = np.zeros(graph.nodes, dtype=np.uint64)
        if seen is not None:
            words = child_attributes(record_attributes(view, seen), plaintext.child, graph.nodes)
        found = singled_out(name, refine(graph, words, with_types=typed) if with_graph else words, present)
        tried = f"identical files: {name}"
        out += [
            Finding(tried, "children singled out", found.alone, "share", limit),
            Finding(tried, "children in a class of fewer than five", found.small, "share"),
        ]
    return out


def _record_findings(view: UnitView, step: Step) -> list[Finding]:
    """Colour refinement over records, where the edges among one child's own records show too."""
    step("refinement over records")
    everyone = np.ones(len(view), dtype=bool)
    words = record_attributes(view, _SHAPES)
    whole = singled_out("", refine(key_graph(view), words, with_types=True), everyone)
    sources = range(int(view.source.max(initial=0)) + 1)
    one, two = (max((_leaked(view, words, files) for files in combinations(sources, k)), default=0.0) for k in (1, 2))
    singled = "records singled out"
    return [
        Finding("identical plaintext of all files, record by record", singled, whole.alone, "share"),
        Finding("identical plaintext of one agency's file", f"its {singled} (worst agency)", one, "share"),
        Finding("identical plaintext of two agencies' files", f"their {singled} (worst two)", two, "share"),
    ]


def _leaked(view: UnitView, words: Words, files: Sequence[int]) -> float:
    """An attacker with some of the files knows nothing of the edges that leave them."""
    inside = np.isin(view.source, files)
    kept = inside[view.record]
    part = replace(view, record=view.record[kept], key=view.key[kept])
    return singled_out("", refine(key_graph(part), words, with_types=True), inside).alone


def _seeded_findings(files: str, outcome: Outcome, overlap: float) -> list[Finding]:
    limit = finding.SEEDED if files is _FILES[0] and overlap <= 0.5 else None
    tried = f"{files}, {overlap:.0%} overlap, {outcome.known:,} of {outcome.victims:,} known"
    return [
        Finding(tried, "children newly named with confidence ≥ .9, rightly", outcome.identified, "share", limit),
        Finding(tried, f"precision of his {outcome.claimed:,} confident namings", outcome.precision, "share"),
        Finding(tried, "right among his best guesses, sure or not", outcome.guessed, "share"),
        Finding(tried, "chance level", outcome.chance, "share"),
    ]
