"""linkage/calibration.py: stated against true precision."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.calibration import EDGES, calibrate, calibration
from linkage.evaluation_index import EvaluationError, NamedTable

TRUTH = NamedTable("truth.csv", pa.table({"source": ["a", "b", "c"], "record": ["1"] * 3, "entity": ["x", "x", "y"]}))


def links_with(probabilities: list[str]) -> NamedTable:
    """Links a–b (true) and a–c (false), as many as there are probabilities."""
    rows = [("a", "1", "b", "1"), ("a", "1", "c", "1")][: len(probabilities)]
    names = ("source_a", "record_a", "source_b", "record_b")
    columns = {name: pa.array([row[i] for row in rows]) for i, name in enumerate(names)}
    return NamedTable("links.csv", pa.table({**columns, "match_probability": pa.array(probabilities)}))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40))
def test_bins_hold_every_pair_once_and_average_it(pairs: list[tuple[float, bool]]) -> None:
    """A pair lost between two bins, or averaged into the wrong one, hides dishonest probabilities."""
    result = calibrate(np.array([p for p, _ in pairs], dtype=float), np.array([t for _, t in pairs], dtype=bool))
    assert sum(one.pairs for one in result.bins) == len(pairs)
    for one in result.bins:
        inside = [(p, t) for p, t in pairs if one.low <= p < one.high or (p == 1 and one.high == EDGES[-1])]
        assert one.pairs == len(inside)
        assert one.stated == pytest.approx(np.mean([p for p, _ in inside]))
        assert one.true == pytest.approx(np.mean([t for _, t in inside]))
    likely = [(p, t) for p, t in pairs if p >= 0.5]
    assert result.likely_pairs == len(likely)
    if likely:
        assert result.true_precision == pytest.approx(np.mean([t for _, t in likely]))


def test_each_probability_stays_with_its_own_pair() -> None:
    """Sorting pairs must not shuffle their probabilities, or a perfect model looks like a coin."""
    result = calibration(links_with(["0.97", "0.02"]), TRUTH)
    assert [(one.stated, one.true) for one in result.bins] == [(0.02, 0.0), (0.97, 1.0)]
    assert result.to_json_dict()["true_precision"] == 1.0


@pytest.mark.parametrize("bad", ["CANARY", "1.5", "-0.1", "nan", ""])
def test_what_is_not_a_probability_is_refused_by_line(bad: str) -> None:
    """A weight in the probability column would pass as certainty; the message must not quote the cell."""
    with pytest.raises(EvaluationError) as error:
        calibration(links_with(["0.5", bad]), TRUTH)
    assert str(error.value) == (
        "links.csv: line 3: column 'match_probability': this is not a probability between 0 and 1"
    )
