"""linkage/health/report.py and what a header may state: canonical, whole, rounded so that one record does not show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rfc8785
from health_batches import padded, report_of, share
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import HealthError
from linkage.health.examine import refuse_unhealthy
from linkage.health.limits import RULES
from linkage.health.own_figures import Leakage, rounded, rounded_up, stated, two_digits
from linkage.health.report import canonical


def test_json_is_canonical_and_says_its_version(tmp_path: Path) -> None:
    """Two programs would give one report two hashes, or a reader would not know what it reads."""
    text = report_of(tmp_path, padded(60)).to_json()
    assert rfc8785.dumps(json.loads(text)).decode() == text.rstrip("\n")
    assert json.loads(text)["format"] == "sealink/v1/health"


@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or 1e-300 < abs(x) < 1e300))
def test_numbers_are_written_as_ecmascript_does(value: float) -> None:
    """A number with an exponent would break the canonical form."""
    assert canonical(value).encode() == rfc8785.dumps(value)


def test_a_failing_report_refuses_and_names_the_checks(tmp_path: Path) -> None:
    """The custodian would learn that something is wrong, but not what to do."""
    keys = padded(200)
    keys["NX.P"][3, 0] = 0
    with pytest.raises(HealthError, match=r"school.*slots_filled") as caught:
        refuse_unhealthy(report_of(tmp_path, keys))
    assert caught.value.hint


def test_a_report_without_failures_refuses_nothing(tmp_path: Path) -> None:
    """What a small file cannot show would be held against it."""
    refuse_unhealthy(report_of(tmp_path, share(padded(30), (1, 2), ["DX.P"], "twins")))


def test_every_rule_speaks_both_languages() -> None:
    """A reader of one language would find a check without a reason or a remedy."""
    for rule in RULES.values():
        for sentence in (rule.title, rule.reason, rule.remedy):
            assert sentence.zh and sentence.en and sentence.zh != sentence.en


def test_small_files_state_nothing() -> None:
    """A figure of a small file, before and after a correction, would reveal that record."""
    leakage = Leakage(0.1, 0.123, 0.2, True)
    assert stated(9_999, leakage, None) == {}
    assert stated(10_000, leakage, None) == {"floor": 0.2}


@given(st.floats(1e-9, 1e6))
def test_rounding_up_keeps_one_digit_and_never_flatters(value: float) -> None:
    """A stated limit below the measured one would be a lie, a longer one would say too much."""
    short = rounded_up(value)
    assert short >= value * (1 - 1e-9) and float(f"{short:.0e}") == short


def test_shares_of_small_files_have_one_digit() -> None:
    """A hundredth of a small file is a handful of children."""
    assert rounded(0.1234, 500) == 0.1 and rounded(0.1234, 5_000) == 0.12


def test_figures_of_own_pairs_have_two_digits() -> None:
    """An exact count before and after a correction would show how that one record agrees with strangers."""
    assert [two_digits(value) for value in (0.15678, 123_456, 0, 9.99)] == [0.16, 120_000, 0, 10.0]
