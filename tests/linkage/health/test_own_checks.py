"""The custodian's own figures in the verdict: each rule that the encoder reports must be able to stop a batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from health_batches import failures, make_batch, outcome, padded, small_plan

from linkage.encoding.own_health import own_figures
from linkage.encoding.tag_columns import TagColumn
from linkage.encoding.tags import FieldCount, TaggedRecords
from linkage.errors import HealthError
from linkage.health.examine import examine, refuse_unhealthy
from linkage.health.own_figures import Attack, KeyTypeLeakage, Leakage, Margin, OwnFigures, rounded_up, stated
from linkage.health.report import HealthReport
from linkage.margin import SAFETY, critical_correlation
from linkage.plan import Plan
from linkage.schema import load_schema

FITS = Leakage(0.1, 0.15, 0.2, True)
OWN = OwnFigures(fields=(), tags=(), foreign_ids=0.0, source_order_z=1.0, leakage=FITS)
MARGIN = Margin(fill=0.35, rho=0.001, allowed=0.005, critical=1e7, degree=0.2, weight_correlation=0.01)


def keys_report(folder: Path, own: OwnFigures) -> HealthReport:
    return examine(make_batch(folder, padded(100)), small_plan(), "", own)


def clk_report(folder: Path, own: OwnFigures) -> HealthReport:
    plan = Plan(load_schema("cn-child-v1"), "clk", 10_000, "test/1", diffusion=10)
    filters = np.random.default_rng(1).integers(0, 256, (200, 128), dtype=np.uint8)
    return examine(make_batch(folder, {"clk": filters}, plan), plan, "", own)


def test_good_figures_pass(tmp_path: Path) -> None:
    """Every custodian would be stopped by its own form."""
    good = replace(OWN, reproduced=True, key_days=30, attacks=(Attack("graph", 1000, 0.001, 0.001),))
    assert failures(keys_report(tmp_path, good)) == set()
    assert failures(clk_report(tmp_path, replace(good, leakage=None, margin=MARGIN))) == set()


@pytest.mark.parametrize(
    ("own", "name"),
    [
        (replace(OWN, leakage=replace(FITS, upper=0.4, fits=False)), "floor_by_own_data"),
        (replace(OWN, source_order_z=40.0), "source_order_hidden"),
        (replace(OWN, reproduced=False), "encodes_again"),
        (replace(OWN, key_days=800), "key_age"),
        (replace(OWN, attacks=(Attack("graph", 1000, 0.2, 0.001),)), "attacks_fail"),
    ],
)
def test_each_fault_of_a_source_fails_its_check(own: OwnFigures, name: str, tmp_path: Path) -> None:
    """The custodian would see a bad figure and send the batch all the same."""
    assert failures(keys_report(tmp_path, own)) == {name}


@pytest.mark.parametrize(
    ("margin", "name"),
    [
        (replace(MARGIN, fill=0.1), "fill_before_diffusion"),
        (replace(MARGIN, rho=0.01), "margin_correlation"),
        (replace(MARGIN, degree=3.0), "margin_degree"),
        (replace(MARGIN, weight_correlation=0.9), "length_hidden"),
    ],
)
def test_each_broken_margin_fails_its_check(margin: Margin, name: str, tmp_path: Path) -> None:
    """Filters that graph matching opens at the plan's population would be handed over."""
    assert failures(clk_report(tmp_path, replace(OWN, leakage=None, margin=margin))) == {name}


def test_a_leaking_file_names_key_types_and_tags(tmp_path: Path) -> None:
    """The custodian would not know which cells to clean."""
    bad = Leakage(0.1, 3.0, 0.2, False, (KeyTypeLeakage("DX.P", 9, 99, 2.5),), raised_tags={"P": 50.0})
    with pytest.raises(HealthError, match=r"DX\.P.*tags P"):
        refuse_unhealthy(keys_report(tmp_path, replace(OWN, leakage=bad)))


def test_the_source_order_is_noticed() -> None:
    """A batch in the order of its source would pass as shuffled."""
    column = TagColumn(np.arange(301), np.zeros(300, dtype=np.int32), ["x"])
    tagged = TaggedRecords({"S": column}, {}, {"sex": FieldCount(300, 0, 0)}, 0)
    plan = Plan(load_schema("cn-child-v1"), "clk", 10_000, "test/1", diffusion=10)
    asleep = own_figures(tagged, np.arange(300), plan, {})
    shuffled = own_figures(tagged, np.random.default_rng(1).permutation(300), plan, {})
    assert asleep.source_order_z is not None and asleep.source_order_z > 6
    assert shuffled.source_order_z is not None and shuffled.source_order_z < 6
    assert [one.commonest for one in asleep.tags] == [1.0]


@pytest.mark.parametrize(("stated", "result"), [({"rho": 0.02}, "passed"), ({"rho": 0.09}, "failed"), ({}, "failed")])
def test_a_large_file_of_filters_must_state_its_margin(stated: dict[str, float], result: str, tmp_path: Path) -> None:
    """The unit would match filters whose margin their custodian measured as broken, or kept to itself."""
    plan = Plan(load_schema("cn-child-v1"), "clk", 10_000, "test/1", diffusion=10)
    filters = np.random.default_rng(1).integers(0, 256, (10_000, 128), dtype=np.uint8)
    batch = make_batch(tmp_path, {"clk": filters}, plan, change=lambda header: replace(header, health=stated))
    assert outcome(examine(batch, plan, ""), "stated_margin") == result


def test_a_correlation_at_the_limit_passes_at_both_ends() -> None:
    """A custodian's own pass would be the unit's refusal, since the header has one digit."""
    for population in (10_000, 200_000, 2_000_000):
        limit = SAFETY * critical_correlation(population)
        said = stated(10_000, None, replace(MARGIN, rho=limit))["rho"]
        assert limit <= said == rounded_up(limit)
