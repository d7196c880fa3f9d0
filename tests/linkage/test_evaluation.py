"""linkage/evaluation.py, evaluation_index.py: scores against brute force, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation import PairScores, connected_components, evaluate
from linkage.evaluation_index import EvaluationError, NamedTable
from linkage.evaluation_table import evaluation_table

Record = tuple[str, str]
CANARY = "CANARY"


def named(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> NamedTable:
    """A table of text columns from rows."""
    arrays = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(columns))]
    return NamedTable(name, pa.table(dict(zip(columns, arrays, strict=True))))


def links_of(pairs: Sequence[tuple[Record, Record]]) -> NamedTable:
    """The links table that names these pairs."""
    columns = ("source_a", "record_a", "source_b", "record_b")
    return named("links.csv", columns, [(*a, *b) for a, b in pairs])


def truth_of(entity: dict[Record, str]) -> NamedTable:
    """The truth table of a record → entity map."""
    return named("truth.csv", ("source", "record", "entity"), [(*r, e) for r, e in entity.items()])


def strata_of(rows: Sequence[tuple[str, str, str]]) -> NamedTable:
    """The strata table with these rows."""
    return named("strata.csv", ("source", "record", "stratum"), rows)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[Record, str], list[tuple[Record, Record]], set[Record]]:
    """A small truth, some links and some flagged records; ids that clash across sources on purpose."""
    size = draw(st.integers(2, 12))
    records: list[Record] = [(f"s{i % 3}", f"{i // 3}") for i in range(size)]
    entity = {record: str(draw(st.integers(0, 4))) for record in records}
    every = list(itertools.combinations(records, 2))
    pairs = draw(st.lists(st.sampled_from(every), max_size=15))
    pairs = [pair[::-1] if draw(st.booleans()) else pair for pair in pairs]
    return entity, pairs, set(draw(st.lists(st.sampled_from(records), max_size=6)))


def brute_pairs(found: set[frozenset[Record]], true: set[frozenset[Record]]) -> PairScores:
    """Scores by set algebra."""
    return PairScores(len(true), len(found), len(true & found))


def brute_clusters(records: Sequence[Record], found: set[frozenset[Record]]) -> dict[Record, set[Record]]:
    """Components by repeated merging of sets."""
    cluster = {record: {record} for record in records}
    for pair in found:
        a, b = pair
        merged = cluster[a] | cluster[b]
        for record in merged:
            cluster[record] = merged
    return cluster


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_scores_equal_brute_force(
    world: tuple[dict[Record, str], list[tuple[Record, Record]], set[Record]],
) -> None:
    """If the vectorised counting drifts from the definitions, every published figure is wrong."""
    entity, pairs, flagged = world
    records = list(entity)
    found = {frozenset(pair) for pair in pairs}
    every = {frozenset(pair) for pair in itertools.combinations(records, 2)}
    true = {pair for pair in every if len({entity[record] for record in pair}) == 1}
    across = {pair for pair in every if len({source for source, _ in pair}) == 2}
    touching = {pair for pair in every if pair & flagged}

    strata = strata_of([(*record, "twin") for record in sorted(flagged)] * 2)
    result = evaluate(links_of(pairs), truth_of(entity), strata)

    assert result.all == brute_pairs(found, true)
    assert result.across == brute_pairs(found & across, true & across)
    assert result.within == brute_pairs(found - across, true - across)
    assert result.repeated == len(pairs) - len(found)
    if flagged:
        (twins,) = result.strata
        assert (twins.stratum, twins.records) == ("twin", len(flagged))
        assert twins.pairs == brute_pairs(found & touching, true & touching)
    else:
        assert result.strata == ()

    cluster = brute_clusters(records, found)
    same = {r: {q for q in records if entity[q] == entity[r]} for r in records}
    overlap = {r: len(cluster[r] & same[r]) for r in records}
    assert result.clusters == len({frozenset(members) for members in cluster.values()})
    assert result.bcubed.precision == pytest.approx(np.mean([overlap[r] / len(cluster[r]) for r in records]))
    assert result.bcubed.recall == pytest.approx(np.mean([overlap[r] / len(same[r]) for r in records]))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
def test_components_are_labelled_by_their_lowest_row(size: int, edges: list[tuple[int, int]]) -> None:
    """If a long chain ends in two labels, B-cubed flatters exactly the links that chain strangers."""
    edges = [(a % size, b % size) for a, b in edges]
    a = np.array([a for a, _ in edges], dtype=np.int64)
    b = np.array([b for _, b in edges], dtype=np.int64)
    label = list(range(size))
    for _ in range(size):
        for x, y in edges:
            label[x] = label[y] = min(label[x], label[y])
    assert connected_components(size, a, b).tolist() == label


def test_a_chain_against_the_order_of_rows_becomes_one_component() -> None:
    """Zigzag chains need several rounds of hooking; stopping early would split them."""
    rows = np.random.default_rng(5).permutation(5000)
    assert not connected_components(5000, rows[1:], rows[:-1]).any()


def test_scores_agree_with_recordlinkage() -> None:
    """A second, independent implementation must give the same precision, recall and F1."""
    pd = pytest.importorskip("pandas")
    recordlinkage = pytest.importorskip("recordlinkage")
    rng = np.random.default_rng(11)
    entity = {("s", str(i)): str(rng.integers(0, 40)) for i in range(120)}
    records = list(entity)
    every = list(itertools.combinations(range(120), 2))
    true = [pair for pair in every if entity[records[pair[0]]] == entity[records[pair[1]]]]
    found = [true[i] for i in rng.choice(len(true), len(true) // 2, replace=False)]
    found += [every[i] for i in rng.choice(len(every), 60, replace=False) if every[i] not in found]

    ours = evaluate(links_of([(records[a], records[b]) for a, b in found]), truth_of(entity)).all

    theirs = (pd.MultiIndex.from_tuples(true), pd.MultiIndex.from_tuples(found))
    assert ours.precision == pytest.approx(recordlinkage.precision(*theirs))
    assert ours.recall == pytest.approx(recordlinkage.recall(*theirs))
    assert ours.f1 == pytest.approx(recordlinkage.fscore(*theirs))


def test_nothing_found_has_no_precision() -> None:
    """A linkage that finds nothing must not be printed as perfectly precise, nor as zero."""
    result = evaluate(links_of([]), truth_of({("a", "1"): "x", ("b", "1"): "x"}))
    assert result.all == PairScores(true=1, found=0, correct=0)
    assert (result.all.precision, result.all.recall, result.all.f1) == (None, 0.0, 0.0)
    assert result.bcubed.precision == 1.0
    assert result.to_json_dict()["pairs"]["within"]["f1"] is None


@pytest.mark.parametrize(
    ("links", "truth", "strata", "message"),
    [
        (
            [(("a", "1"), ("b", "1")), (("a", "1"), ("b", CANARY))],
            [("a", "1", "x"), ("b", "1", "x")],
            [],
            "links.csv: line 3: column 'record_b': the truth does not hold this record",
        ),
        (
            [((CANARY, "1"), ("b", "1"))],
            [("a", "1", "x"), ("b", "1", "x")],
            [],
            "links.csv: line 2: column 'record_a': the truth does not hold this record",
        ),
        (
            [(("a", CANARY), ("a", CANARY))],
            [("a", CANARY, "x")],
            [],
            "links.csv: line 2: column 'record_b': a record is linked with itself",
        ),
        (
            [],
            [("a", CANARY, "x"), ("b", "2", "x"), ("a", CANARY, "y")],
            [],
            "truth.csv: line 4: column 'record': this record already stands in line 2",
        ),
        ([], [("a", CANARY, "")], [], "truth.csv: line 2: column 'entity': the value is empty"),
        ([(("a", ""), ("a", "1"))], [("a", "1", "x")], [], "links.csv: line 2: column 'record_a': "),
        ([], [("a", "1", "x")], [("a", CANARY, "twin")], "strata.csv: line 2: column 'record': "),
    ],
)
def test_bad_rows_are_refused_by_place_and_rule(
    links: list[tuple[Record, Record]],
    truth: list[tuple[str, str, str]],
    strata: list[tuple[str, str, str]],
    message: str,
) -> None:
    """A record outside the truth must stop the evaluation, and no message may quote a record id."""
    table = named("truth.csv", ("source", "record", "entity"), truth)
    with pytest.raises(EvaluationError) as error:
        evaluate(links_of(links), table, strata_of(strata))
    assert str(error.value).startswith(message)
    assert CANARY not in str(error.value)
    assert isinstance(error.value, LinkageError)


def test_a_missing_column_is_named() -> None:
    """Whoever passes clusters instead of links must be told which column was expected."""
    with pytest.raises(EvaluationError, match=r"^links\.csv: line 1: column 'source_a': "):
        evaluate(named("links.csv", ("source", "record"), []), truth_of({("a", "1"): "x"}))


def test_the_terminal_table_has_a_row_for_every_count() -> None:
    """The command prints this table; a row lost here is a figure nobody sees."""
    truth = truth_of({("a", "1"): "x", ("b", "1"): "x"})
    links = links_of([(("a", "1"), ("b", "1")), (("b", "1"), ("a", "1"))])
    table = evaluation_table(evaluate(links, truth, strata_of([("a", "1", "twin")])))
    assert list(table.columns[0].cells) == [
        "pairs across sources",
        "pairs within sources",
        "all pairs",
        "B-cubed",
        "pairs touching twin (1 records)",
    ]
    assert list(table.columns[1].cells) == ["1.0000", "–", "1.0000", "1.0000", "1.0000"]
    assert "1 rows named a pair again" in str(table.caption)
