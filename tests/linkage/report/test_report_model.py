"""linkage/report/{model,histogram,figures,words}.py: numbers in, numbers and words out."""

from __future__ import annotations

import dataclasses
import json
import math
import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_reports import full_report

from linkage.report import figures
from linkage.report.histogram import MOST_BINS, OUTCOMES, Outcome, weight_histogram
from linkage.report.model import LevelWeights, RunReport, Waterfall
from linkage.report.words import WORDS


def test_report_json_is_strict_and_complete() -> None:
    """report.json is read by other programs: every part must be there, and NaN or infinity must not."""
    report = full_report()
    worst = LevelWeights("never", 0.0, 0.5, -math.inf)
    comparison = dataclasses.replace(report.comparisons[0], levels=(worst,))
    report = dataclasses.replace(report, comparisons=(comparison,))
    plain = json.loads(json.dumps(report.to_json_dict(), allow_nan=False))
    assert list(plain) == [field.name for field in dataclasses.fields(RunReport)]
    assert plain["comparisons"][0]["levels"][0]["weight"] is None
    assert plain["waterfalls"][0]["weight"] == pytest.approx(report.waterfalls[0].weight)
    assert plain["quality"]["pairs"]["across"]["f1"] == pytest.approx(0.98786, abs=1e-5)


def test_a_far_weight_has_a_probability() -> None:
    """Weights of some hundred bits occur; the probability must not overflow."""
    assert [Waterfall(weight, ()).probability for weight in (-5000.0, 0.0, 5000.0)] == pytest.approx([0, 0.5, 1])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(OUTCOMES), st.lists(st.floats(-900, 900), max_size=30)))
def test_the_histogram_loses_no_pair(weights: dict[Outcome, list[float]]) -> None:
    """A pair missing from the histogram makes the two sides of a threshold look cleaner than they are."""
    bins = weight_histogram({outcome: np.array(values, dtype=float) for outcome, values in weights.items()})
    for outcome in OUTCOMES:
        values = weights.get(outcome, [])
        mine = [one for one in bins if one.outcome == outcome]
        assert sum(one.count for one in mine) == len(values)
        for one in mine:
            assert one.count == sum(one.left <= value < one.right for value in values)
    assert len({one.left for one in bins}) <= MOST_BINS + 1


def test_weights_without_bound_count_into_the_outermost_bins() -> None:
    """A pair that the model excludes outright is still a candidate pair that was looked at."""
    bins = weight_histogram({"no_link": np.array([-math.inf, 0.5]), "link": np.array([3.5, math.inf])})
    assert [(one.left, one.count) for one in bins] == [(0.0, 2), (3.0, 2)]


def test_every_outcome_has_a_phrase_and_every_phrase_two_languages() -> None:
    """A heading in one language only leaves half of the readers out."""
    assert all(phrase.zh.strip() and phrase.en.strip() for phrase in WORDS.values())
    assert set(typing.get_args(Outcome)) == set(OUTCOMES) <= WORDS.keys()


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (figures.score, 1.0, "1.0000"),
        (figures.score, 0.99999, ">0.9999"),
        (figures.score, 0.00001, "<0.0001"),
        (figures.score, None, "–"),
        (figures.certainty, 1.0, "> 0.9999"),
        (figures.certainty, 0.25, "= 0.2500"),
        (figures.probability, 0.0, "0"),
        (figures.probability, 1.2e-5, "1.2e-05"),
        (figures.probability, 0.25, "0.25"),
        (figures.weight, -math.inf, "−∞"),
        (figures.weight, -1.5, "−1.50"),
        (figures.weight, 3.25, "+3.25"),
        (figures.percent, 0.741, "74.1%"),
        (figures.seconds, 0.5, "0.50"),
        (figures.seconds, 1234.56, "1,234.6"),
        (figures.count, 1234567, "1,234,567"),
        (figures.grouped, "0123456789abcdef", "01234567 89abcdef"),
    ],
)
def test_numbers_never_round_to_certainty(form: typing.Callable[[object], str], value: object, text: str) -> None:
    """A precision of .99999 printed as 1.0000 claims that no child was ever confused with another."""
    assert form(value) == text
