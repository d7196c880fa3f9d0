"""linkage/health on match keys: every fault must fail its own check, and what is true of children must fail none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from health_batches import TYPES, bits, failures, key, make_batch, outcome, padded, report_of, share, small_plan
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encoded import read_batch
from linkage.errors import BatchError
from linkage.health.examine import examine
from linkage.health.shared_keys import shared_keys


@pytest.mark.parametrize("records", [1, 10, 300])
def test_a_faultless_batch_passes(records: int, tmp_path: Path) -> None:
    """An honest custodian would be sent away."""
    assert failures(report_of(tmp_path, padded(records))) == set()


def test_one_child_many_times_and_a_family_pass(tmp_path: Path) -> None:
    """A hospital that saw one child 30 times, or a family of six, would be refused."""
    keys = padded(400)
    share(keys, range(0, 300, 10), TYPES, "one child")
    for first in (1, 2, 3, 4, 5):
        share(keys, (first, 6), ["YM.P"], "siblings")
    assert failures(report_of(tmp_path, keys)) == set()


def test_unpadded_slots_fail(tmp_path: Path) -> None:
    """Empty slots would show which fields a child lacks."""
    keys = padded(200)
    keys["NX.P"][5, 1] = 0
    assert "slots_filled" in failures(report_of(tmp_path, keys))


def test_padding_by_repeating_a_real_key_fails(tmp_path: Path) -> None:
    """Padding that copies real keys would show how many there are."""
    keys = padded(200)
    keys["NX.P"][:50, 1] = keys["NX.P"][:50, 0]
    assert "no_repeats_in_record" in failures(report_of(tmp_path, keys))


def test_dummies_that_all_records_share_fail(tmp_path: Path) -> None:
    """Dummies without the record in them would be counted and told from real keys."""
    keys = padded(200)
    share(keys, range(150), ["NX.P"], "dummy", slot=1)
    assert {"largest_group", "largest_component"} <= failures(report_of(tmp_path, keys))


def test_dummies_from_a_small_store_fail(tmp_path: Path) -> None:
    """Dummies that come again in a few other records would pass for links."""
    keys = padded(600)
    for name in ("NX.DX", "NX.P"):
        for row in range(600):
            keys[name][row, 1] = key(name, row % 200)
    assert "agreements_consistent" in failures(report_of(tmp_path, keys))


def test_rows_in_the_order_of_a_key_fail(tmp_path: Path) -> None:
    """Sorting a file by a key puts its records in an order that somebody may know."""
    keys = padded(200)
    order = np.argsort(keys["NX.P"][:, 0, 0], kind="stable")
    assert "rows_unordered" in failures(report_of(tmp_path, {name: part[order] for name, part in keys.items()}))


def test_rows_in_the_order_of_a_visible_bit_fail(tmp_path: Path) -> None:
    """Records without an ID at the end would tell where the source had them."""
    visible = {name: np.sort(part) for name, part in bits(300).items()}
    assert "rows_unordered" in failures(report_of(tmp_path, padded(300), visible=visible))


def test_families_side_by_side_fail(tmp_path: Path) -> None:
    """A file left in the order of its households would show who lives together."""
    keys = padded(800)
    for first in range(0, 800, 4):
        share(keys, (first, first + 1), TYPES, first)
    assert "rows_unordered" in failures(report_of(tmp_path, keys))


def test_a_giant_component_fails(tmp_path: Path) -> None:
    """A phone that a whole school gave would join its children into one piece."""
    keys = padded(600)
    for month in range(40):
        share(keys, range(month, 600, 40), ["YM.P"], month)
        share(keys, (month, month + 41), ["DX.P"], month)
    assert "largest_component" in failures(report_of(tmp_path, keys))


def test_a_default_value_fails(tmp_path: Path) -> None:
    """One birthday and one phone for 100 children would be a key that counting finds."""
    assert "largest_group" in failures(report_of(tmp_path, share(padded(500), range(100), ["DX.P"], "default")))


def test_keys_that_are_text_fail(tmp_path: Path) -> None:
    """Plaintext or an unkeyed short hash in the slots would pass for keys."""
    keys = padded(100)
    keys["I"][:, 0] = np.frombuffer(b"".join(b"%016d" % (7 * row) for row in range(100)), np.uint8).reshape(100, 16)
    assert "keys_look_random" in failures(report_of(tmp_path, keys))


def test_real_keys_in_the_first_slot_fail(tmp_path: Path) -> None:
    """A real key that always stands first would show which slots are dummies."""
    keys = padded(600)
    for first in range(0, 400, 2):
        share(keys, (first, 599 - first), ["NX.P", "NP.P"], first, slot=0)
    assert "slots_even" in failures(report_of(tmp_path, keys))


def test_strangers_who_share_names_fail(tmp_path: Path) -> None:
    """Keys without a household that a thousandth of all pairs share would grow into a graph."""
    keys = padded(1_000)
    for group in range(100):
        share(keys, (group, group + 100, group + 200, group + 300), ["NP.YM.V"], group)
    assert "chance_neighbours" in failures(report_of(tmp_path, keys))


def test_a_single_field_key_fails_whatever_the_file(tmp_path: Path) -> None:
    """A plan with a key of the name alone would leak at any size of file, also at ten records."""
    plan = small_plan()
    single = replace(plan.schema.key_types[1], tags=("NX",))
    plan = replace(plan, schema=replace(plan.schema, key_types=(single, *plan.schema.key_types[2:])))
    keys = padded(10)
    keys["NX"] = keys.pop("NX.DX")
    assert "floor_by_reference" in failures(report_of(tmp_path, keys, plan))


def test_another_plan_fails(tmp_path: Path) -> None:
    """A batch under other parameters would be matched with what it cannot be compared with."""
    report = report_of(tmp_path, padded(50), change=lambda header: replace(header, fingerprint="f" * 64))
    assert "same_parameters" in failures(report)


def test_a_column_more_fails(tmp_path: Path) -> None:
    """Anything could leave the agency in a column that nobody reads."""
    batch = make_batch(tmp_path, padded(20))
    table = batch.table.append_column("note", pa.array(["x"] * 20))
    with pa.OSFile(str(tmp_path / "more.batch"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)
    assert "planned_columns_only" in failures(examine(read_batch(tmp_path / "more.batch"), small_plan(), ""))


def test_exact_figures_in_the_header_fail(tmp_path: Path) -> None:
    """An exact figure, or any of a small file, would reveal a record by its change."""
    report = report_of(tmp_path, padded(50), change=lambda header: replace(header, collisions={"NX": 1e-4}))
    assert "header_says_little" in failures(report)


def test_a_source_that_is_a_path_is_refused(tmp_path: Path) -> None:
    """A batch from a stranger would choose where the unit's reports and results are written."""
    with pytest.raises(BatchError, match="plain name"):
        make_batch(tmp_path, padded(5), change=lambda header: replace(header, source="../../x"))


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    """A small file would seem to have passed what nobody could look at."""
    report = report_of(tmp_path, padded(5))
    assert outcome(report, "keys_look_random") == "not measurable" and report.passed


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_shared_keys_equal_a_plain_count(drawn: list[int], slots: int) -> None:
    """The sorted count could lose a pair, count one twice or call a repeat a neighbour."""
    n = max(1, len(drawn) // slots)
    drawn = (drawn * slots)[: n * slots]
    keys = np.array([key(one) for one in drawn], dtype=np.uint8).reshape(n, slots, 16)
    found = shared_keys("t", keys)
    holders = {one: {at // slots for at, other in enumerate(drawn) if other == one} for one in set(drawn)}
    pairs = {(a, b) for rows in holders.values() for a in rows for b in rows if a < b}
    assert set(zip(found.a.tolist(), found.b.tolist(), strict=True)) == pairs
    assert found.frequency.distinct == len(holders)
    assert found.frequency.largest == max(len(rows) for rows in holders.values())
    assert found.frequency.pairs == sum(len(rows) * (len(rows) - 1) // 2 for rows in holders.values())


@pytest.mark.parametrize(
    ("stated", "result"),
    [({"floor": 0.2}, "passed"), ({"floor": 0.3}, "failed"), ({}, "failed")],
)
def test_a_large_file_must_state_its_floor(stated: dict[str, float], result: str, tmp_path: Path) -> None:
    """A custodian would get past its own failing figure by leaving it out."""
    report = report_of(tmp_path, padded(10_000), change=lambda header: replace(header, health=stated))
    assert outcome(report, "stated_floor") == result


def test_a_small_file_need_not_state_it(tmp_path: Path) -> None:
    """Every file of fewer than 10,000 records would be refused."""
    assert outcome(report_of(tmp_path, padded(50)), "stated_floor") == "not measurable"


def test_corrections_laid_over_a_file_need_not_state_it(tmp_path: Path) -> None:
    """A file that grows over 10,000 records by corrections would stop every job."""
    batch = make_batch(tmp_path, padded(10_000))
    assert outcome(examine(batch, small_plan(), "", is_whole=False), "stated_floor") == "not measurable"


@pytest.mark.parametrize(
    "said", [{"collisions": {"王小明 2012": 0.1}}, {"health": {"floor": 0.1, "王小明": 0.1}}], ids=["rate", "figure"]
)
def test_figures_of_other_names_fail(said: dict[str, dict[str, float]], tmp_path: Path) -> None:
    """The names of figures could carry anything out."""
    keys = padded(10_000)
    report = report_of(tmp_path, keys, change=lambda header: replace(header, **said))
    assert "header_says_little" in failures(report)


@pytest.mark.parametrize(
    "said",
    [
        {"health": {"floor": float("nan")}}, {"health": {"floor": -1.0}}, {"health": {"floor": "0.1"}}, {"health": []},
        {"collisions": {"NX": float("inf")}}, {"collisions": {"NX": True}}, {"records": True}, {"epoch": "1"},
        {"project": None},
    ],
)  # fmt: skip
def test_header_entries_that_are_not_of_their_kind_are_refused(said: dict[str, object], tmp_path: Path) -> None:
    """A figure that is no number passes every limit; an entry of another kind ends the unit's job in a fault."""
    with pytest.raises(BatchError, match="not of its kind"):
        make_batch(tmp_path, padded(1), change=lambda header: replace(header, **said))  # type: ignore[arg-type]
