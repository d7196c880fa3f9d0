"""The files of a synthetic city: readable in their encodings, the same bytes each time, with a project that parses."""

import csv
import tomllib
from pathlib import Path

import pytest

from linkage.synthetic.city import City, build_city
from linkage.synthetic.files import ENCODINGS, write_city
from linkage.synthetic.sightings import Source


@pytest.fixture(scope="module")
def city() -> City:
    """A very small city."""
    return build_city(600, 8)


def _rows(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def test_files_read_back_as_the_tables(city: City, tmp_path: Path) -> None:
    """GB18030 and the byte-order mark must lose no character, or mistakes would come from us, not the clerks."""
    write_city(city, tmp_path)
    for source in Source:
        assert _rows(tmp_path / f"{source}.csv", ENCODINGS[source]) == city.tables[source].to_pylist()
    assert (tmp_path / "school.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert _rows(tmp_path / "truth.csv", "utf-8") == city.truth.to_pylist()
    strata = _rows(tmp_path / "strata.csv", "utf-8")
    assert len(strata) == city.truth.num_rows
    assert {row["clean"] for row in strata} == {"0", "1"}


def test_the_project_names_columns_that_exist(city: City, tmp_path: Path) -> None:
    """The demo starts from this file; a column that is not in the CSV stops it at once."""
    project = tomllib.loads(write_city(city, tmp_path).read_text(encoding="utf-8"))
    assert project["project"] == {"schema": "cn-child-v1", "population": 600}
    assert [source["name"] for source in project["source"]] == [str(source) for source in Source]
    for source in project["source"]:
        header = set(_rows(tmp_path / source["file"], ENCODINGS[Source(source["name"])])[0])
        named = [source["record_id"], *source.get("filter", {})]
        for columns in source["fields"].values():
            named.extend(columns if isinstance(columns, list) else [columns])
        assert set(named) <= header
        assert len(named) == len(set(named))


def test_the_police_source_has_a_filter(city: City, tmp_path: Path) -> None:
    """A police source without one is refused by `encode` (contracts, section 2)."""
    project = tomllib.loads(write_city(city, tmp_path).read_text(encoding="utf-8"))
    police = project["source"][0]
    assert police["kind"] == "police"
    assert "违法嫌疑人" not in police["filter"]["RYLB"]


def test_writing_twice_gives_the_same_bytes(city: City, tmp_path: Path) -> None:
    """Published figures name a seed; the bytes behind it must not depend on the run."""
    for folder in ("one", "two"):
        write_city(city, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["civil.csv", "hospital.csv", "police.csv", "project.toml", "school.csv", "strata.csv", "truth.csv"]
    assert all((tmp_path / "one" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in names)
