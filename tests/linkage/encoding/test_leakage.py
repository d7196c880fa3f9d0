"""The encoder's check: ordinary files pass, whatever their size; files full of defaults are cleaned or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from linkage.encoding.common_values import Usable, leave_out_common
from linkage.encoding.custody import encode_file
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.leakage import Verdict, check_leakage, measure_leakage
from linkage.encoding.mapping import apply_mapping
from linkage.encoding.reader import SourceTable
from linkage.encoding.tags import tag_records
from linkage.errors import HealthError
from linkage.floor import FLOOR
from linkage.plan import Plan
from linkage.planner import choose
from linkage.reference import load_reference, load_worth
from linkage.schema import load_schema
from linkage.synthetic import profiles
from linkage.synthetic.agencies import LAYOUTS
from linkage.synthetic.city import City, build_city
from linkage.synthetic.sightings import Source

SCHEMA = load_schema("cn-child-v1")
REFERENCE = load_reference("cn-child-v1", SCHEMA)
NAME, BORN, ID, FATHER, MOTHER, PHONE, PHONE2, HOME = (
    "姓名", "出生年月日", "证件号码", "父亲", "母亲", "父亲手机", "母亲手机", "住址",
)  # fmt: skip
Cells = dict[str, NDArray[np.object_]]
Change = Callable[[Cells, np.random.Generator], None]


@cache
def plan_for(population: int) -> Plan:
    choice = choose(SCHEMA, REFERENCE, load_worth("cn-child-v1"), population)
    plan = Plan(SCHEMA, "match-keys", population, "n", reference=REFERENCE)
    return plan.with_keys(choice.key_types, choice.leakage)


@cache
def city(profile: str) -> City:
    return build_city(6_000, 71, getattr(profiles, profile))


def examine(
    population: int,
    records: int,
    change: Change | None = None,
    profile: str = "TYPICAL",
    source: Source = Source.SCHOOL,
) -> tuple[Usable, Verdict]:
    rng = np.random.default_rng(5)
    table = city(profile).tables[source]
    rows = rng.permutation(table.num_rows)[:records]
    cells = {name: np.array(table[name].to_pylist(), dtype=object)[rows] for name in table.column_names}
    if change is not None:
        change(cells, rng)
    columns = {name: pa.chunked_array([pa.array(values.tolist(), pa.string())]) for name, values in cells.items()}
    numbers = pa.array([str(i) for i in range(len(rows))])
    mapped = apply_mapping(SourceTable(numbers, columns, len(rows), 0), LAYOUTS[source].fields)
    usable = leave_out_common(tag_records(mapped, SCHEMA).tags, REFERENCE.most)
    plan = plan_for(population)
    return usable, check_leakage(measure_leakage(usable.columns, plan.schema, REFERENCE), plan, REFERENCE)


def writes(column: str, value: str, records: int | None = None) -> Change:
    def change(cells: Cells, rng: np.random.Generator) -> None:
        cells[column][: records or len(cells[column])] = value

    return change


def both(*changes: Change) -> Change:
    def change(cells: Cells, rng: np.random.Generator) -> None:
        for each in changes:
            each(cells, rng)

    return change


def few_names(cells: Cells, rng: np.random.Generator) -> None:
    first, last = (
        ["扎西", "次仁", "多吉", "平措", "旦增", "洛桑", "顿珠", "格桑"],
        ["卓玛", "央金", "拉姆", "白玛", "旺姆", "曲珍", "德吉", "措姆", "旺堆", "罗布"],
    )
    cells[NAME][:] = rng.choice([a + b for a in first for b in last], len(cells[NAME]))


def first_of_january(share: float) -> Change:
    def change(cells: Cells, rng: np.random.Generator) -> None:
        hit = rng.random(len(cells[BORN])) < share
        cells[BORN][hit] = [f"{year}-01-01" for year in rng.integers(2006, 2024, int(hit.sum()))]
        cells[ID][hit] = ""

    return change


def one_year(cells: Cells, rng: np.random.Generator) -> None:
    count = len(cells[BORN])
    days = np.datetime64("2014-01-01") + rng.integers(0, 365, count).astype("timedelta64[D]")
    cells[BORN][:] = days.astype(str)
    cells[ID][:] = ""


def three_days_a_year(cells: Cells, rng: np.random.Generator) -> None:
    count = len(cells[BORN])
    draws = zip(rng.integers(2006, 2024, count), rng.choice(["02-11", "05-21", "09-17"], count), strict=True)
    cells[BORN][:] = [f"{year}-{day}" for year, day in draws]
    cells[ID][:] = ""


@pytest.mark.parametrize("population", [10_000, 2_000_000])
@pytest.mark.parametrize("profile", ["TYPICAL", "HARD", "OTHER"])
@pytest.mark.parametrize("source", list(Source))
def test_ordinary_files_pass(population: int, profile: str, source: Source) -> None:
    """Without this agencies would be turned away for nothing."""
    for records in (10, 300, 100_000):
        assert examine(population, records, None, profile, source)[1].fits


def test_a_tiny_file_raises_nothing() -> None:
    """Without this the chance of a few records would count as leakage."""
    for records in (1, 2, 10, 60):
        verdict = examine(2_000_000, records)[1]
        assert verdict.upper == verdict.reference and not verdict.tags


@pytest.mark.parametrize("change", [one_year, both(writes(HOME, "海门区悦来镇新民村"), writes("户籍", ""))])
def test_a_file_of_one_year_or_one_village_passes(change: Change) -> None:
    """Without this a single school year or village school could not take part."""
    assert examine(2_000_000, 100_000, change)[1].fits


@pytest.mark.parametrize(
    ("change", "tag", "least"),
    [
        (writes(PHONE, "13961347285"), "P", 400),
        (writes(PHONE, "13961347285", 40), "P", 40),
        (writes(FATHER, "李国强", 300), "G", 300),
        (writes(HOME, "海门区人民路12号"), "A", 400),
        (first_of_january(1.0), "DX", 400),
        (first_of_january(0.5), "DX", 200),
        (writes(BORN, "2010-01-01", 300), "MD", 250),
        (writes(NAME, "张毛毛", 100), "NX", 100),
    ],
)
def test_values_of_too_many_are_not_used(change: Change, tag: str, least: int) -> None:
    """Without this an institution's phone or a default date would join hundreds of strangers."""
    usable, verdict = examine(2_000_000, 500, change)
    assert usable.too_common[tag] >= least
    assert verdict.fits


@pytest.mark.parametrize("records", [500, 4_000])
@pytest.mark.parametrize("change", [few_names, three_days_a_year])
def test_files_that_leak_are_refused_or_cleaned(change: Change, records: int) -> None:
    """Without this a group with few names, or dates made up, would be singled out in the key graph."""
    usable, verdict = examine(2_000_000, records, change)
    assert not verdict.fits or usable.too_common.get("DX", 0) > 0.9 * records


def test_a_handful_of_names_count_as_none() -> None:
    """Without this a file of three names would tie all its children to each other by name."""

    def three_names(cells: Cells, rng: np.random.Generator) -> None:
        cells[NAME][:] = rng.choice(["王毛毛", "李宝宝", "张弟弟"], len(cells[NAME]))

    usable, verdict = examine(2_000_000, 2_000, three_names)
    assert verdict.fits and usable.too_common["NX"] == usable.too_common["NG"] == 2_000


def test_a_boarding_school_is_cleaned() -> None:
    """Without this all its children would share one household."""
    change = both(
        writes(HOME, "海门区新民村3组12号"), writes(PHONE, "13961347285"), writes(PHONE2, "13961347285"),
        writes(FATHER, "王国强"), writes(MOTHER, ""),
    )  # fmt: skip
    usable, verdict = examine(2_000_000, 2_000, change)
    assert verdict.fits and {"P", "G", "A"} <= set(usable.too_common)


def test_the_limit_is_the_floor_and_the_worst_is_named() -> None:
    """Without this the operator could not tell which keys to narrow."""
    verdict = examine(2_000_000, 2_000, few_names)[1]
    assert verdict.allowed == FLOOR < verdict.estimate <= verdict.upper
    assert set(verdict.tags) & {"NG", "NM", "NX", "NP", "NC", "NS"}
    assert set(verdict.strangers) == {key_type.name for key_type in plan_for(2_000_000).schema.key_types}


def test_a_leaking_file_leaves_nothing_behind(tmp_path: Path) -> None:
    """Without this a refused batch could still be submitted, or the message could carry a name."""
    from linkage.encoding.project import load_project

    city_rows = city("TYPICAL").tables[Source.SCHOOL].to_pydict()
    cells = {name: np.array(values, dtype=object) for name, values in city_rows.items()}
    few_names(cells, np.random.default_rng(1))
    header = ",".join(cells)
    lines = [",".join(f'"{cell}"' for cell in row) for row in zip(*cells.values(), strict=True)]
    (tmp_path / "school.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    layout = LAYOUTS[Source.SCHOOL]
    fields = "\n".join(f"{name} = {_toml(columns, SCHEMA.fields[name])}" for name, columns in layout.fields.items())
    (tmp_path / "p.toml").write_text(
        '[project]\nschema = "cn-child-v1"\npopulation = 2_000_000\n[[source]]\nname = "school"\n'
        f'file = "school.csv"\nrecord_id = "{layout.record_id}"\n[source.fields]\n{fields}\n',
        encoding="utf-8",
    )
    source = load_project(tmp_path / "p.toml", SCHEMA.fields).sources[0]
    batch, private = tmp_path / "school.batch", tmp_path / "school.private"
    with pytest.raises(HealthError) as refused:
        encode_file(source, plan_for(2_000_000), LinkageSecret.generate(), AgencyKey.generate(), batch, private)
    said = f"{refused.value} {refused.value.hint}"
    assert not batch.exists() and not private.exists()
    assert "school" in said and not any(name in said for name in ("扎西", "次仁", "卓玛", "央金", "罗布"))
    assert any(key_type.name in said for key_type in plan_for(2_000_000).schema.key_types)


def _toml(columns: tuple[str, ...], cardinality: str) -> str:
    return f'"{columns[0]}"' if cardinality == "one" else "[" + ", ".join(f'"{c}"' for c in columns) + "]"


def test_counts_of_values_left_out_hold_no_values() -> None:
    """Without this the message about common values could name somebody's phone."""
    counts: Mapping[str, int] = examine(2_000_000, 500, writes(PHONE, "13961347285"))[0].too_common
    assert all(tag in SCHEMA.tags and isinstance(count, int) for tag, count in counts.items())
