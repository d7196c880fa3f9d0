"""linkage/health on diffused CLKs: thin, paired or hardly diffused filters must fail, fair ones must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from health_batches import failures, report_of
from numpy.typing import NDArray

from linkage.encoding.diffusion import diffuse
from linkage.health.report import HealthReport
from linkage.plan import Plan, diffusion_for
from linkage.schema import load_schema

POPULATION = 100_000


def plan(diffusion: int = diffusion_for(POPULATION)) -> Plan:
    return Plan(load_schema("cn-child-v1"), "clk", POPULATION, "test/1", diffusion=diffusion)


def plain(records: int, fill: float = 0.33, seed: int = 3) -> NDArray[np.uint64]:
    """Filters whose bits are set at different rates, as tokens set them, 0.33 of them on average."""
    rng = np.random.default_rng(seed)
    rates = np.clip(rng.beta(2, 4, 1024) * fill * 3, 0, 0.9)
    return packed(rng.random((records, 1024)) < rates)


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def fair(records: int, seed: int = 4) -> NDArray[np.uint64]:
    return packed(np.random.default_rng(seed).random((records, 1024)) < 0.5)


def report(folder: Path, filters: NDArray[np.uint64], of: Plan | None = None) -> HealthReport:
    return report_of(folder, {"clk": np.ascontiguousarray(filters).view(np.uint8)}, of or plan())


@pytest.mark.parametrize("records", [10, 150, 1500])
def test_fair_filters_pass(records: int, tmp_path: Path) -> None:
    """An honest custodian would be sent away."""
    assert failures(report(tmp_path, fair(records))) == set()


def test_well_diffused_filters_pass(tmp_path: Path) -> None:
    """The limits would refuse what the plan's own diffusion makes of uneven bits."""
    assert failures(report(tmp_path, diffuse(plain(1500), bytes(32), plan().diffusion))) == set()


def test_filters_without_diffusion_fail(tmp_path: Path) -> None:
    """A plain CLK, which graph matching opens whole, would be handed over."""
    assert {"fill_even", "bits_even"} <= failures(report(tmp_path, plain(800)))


def test_thin_filters_fail(tmp_path: Path) -> None:
    """Diffusion of thin filters hides nothing, and their fill shows it."""
    assert "fill_even" in failures(report(tmp_path, diffuse(plain(800, fill=0.04), bytes(32), plan().diffusion)))


def test_a_diffusion_below_the_population_fails(tmp_path: Path) -> None:
    """A t that a small file seems to bear would be broken among all children."""
    weak = plan(diffusion_for(POPULATION) - 1)
    filters = diffuse(plain(800), bytes(32), weak.diffusion)
    assert "diffusion_for_population" in failures(report(tmp_path, filters, weak))


def test_bits_that_go_together_fail(tmp_path: Path) -> None:
    """Two bits that copy each other would start pattern mining."""
    bits = np.random.default_rng(5).random((1000, 1024)) < 0.5
    bits[:, 7] = bits[:, 300]
    assert failures(report(tmp_path, packed(bits))) == {"bits_independent"}


def test_weights_that_follow_length_fail(tmp_path: Path) -> None:
    """The weight of a filter would show how many fields a record has."""
    rng = np.random.default_rng(6)
    share = np.where(np.arange(1000) % 2 == 0, 0.42, 0.58)[:, None]
    assert "weights_even" in failures(report(tmp_path, packed(rng.random((1000, 1024)) < share)))


def test_a_giant_island_fails(tmp_path: Path) -> None:
    """Hundreds of alike records, of a default value, would be one big piece of the graph."""
    filters = fair(500)
    rng = np.random.default_rng(7)
    for row in range(200):
        filters[row] = filters[0] ^ packed(rng.random((1, 1024)) < 0.05)[0]
    assert "islands_small" in failures(report(tmp_path, filters))


def test_one_child_in_many_records_passes(tmp_path: Path) -> None:
    """A child seen thirty times would be taken for a default value."""
    filters = fair(500)
    filters[::17] = filters[0]
    assert failures(report(tmp_path, filters)) == set()


def test_many_empty_records_fail(tmp_path: Path) -> None:
    """Records without anything readable would be one filter that everybody can count."""
    filters = fair(300)
    filters[:100] = 0
    assert "filters_unique" in failures(report(tmp_path, replace_rows(filters)))


def replace_rows(filters: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The same in another order, so that order is no fault of its own."""
    return filters[np.random.default_rng(8).permutation(len(filters))]


def test_the_same_batch_gives_the_same_report(tmp_path: Path) -> None:
    """Custodian and unit would argue over two reports of one file."""
    filters = fair(200)
    first = report(tmp_path, filters)
    assert replace(first, date="").to_json() == replace(report(tmp_path, filters), date="").to_json()
