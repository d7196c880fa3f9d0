"""Write a city as the files that agencies would bring: four CSVs in their encodings, truth, strata and `project.toml`.

May touch the disk, in the one folder it is given. Decides nothing about the contents.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv

from linkage.synthetic.agencies import LAYOUTS, Layout
from linkage.synthetic.city import City
from linkage.synthetic.sightings import Source

ENCODINGS: Final[Mapping[Source, str]] = {
    Source.POLICE: "gb18030",
    Source.SCHOOL: "utf-8-sig",
    Source.HOSPITAL: "utf-8",
    Source.CIVIL: "utf-8",
}
_BLOCK: Final = 1 << 20
_ROWS: Final = 50_000


def write_city(city: City, folder: Path) -> Path:
    """Write all files into `folder` (made when absent, files of these names replaced); returns the project file."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, table in city.tables.items():
        _write_csv(table, folder / f"{source}.csv", ENCODINGS[source])
    _write_csv(city.truth, folder / "truth.csv", "utf-8")
    _write_csv(_as_digits(city.strata), folder / "strata.csv", "utf-8")
    project = folder / "project.toml"
    project.write_text(project_text(len(city.children.family)), encoding="utf-8")
    return project


def project_text(children: int) -> str:
    """The project file for a city of so many children, all four sources with their mappings."""
    head = f'[project]\nschema = "cn-child-v1"\npopulation = {children}\n'
    return "\n".join([head, *(_source_text(source, layout) for source, layout in LAYOUTS.items())])


def _source_text(source: Source, layout: Layout) -> str:
    lines = ["[[source]]", f'name = "{source}"', f'kind = "{layout.kind}"', f'file = "{source}.csv"']
    lines.append(f'record_id = "{layout.record_id}"')
    lines.append("[source.fields]")
    for field, columns in layout.fields.items():
        lines.append(f"{field} = {_list(columns) if len(columns) > 1 or field.endswith('s') else _quoted(columns[0])}")
    if layout.filter:
        lines.append("[source.filter]")
        lines.extend(f"{_quoted(column)} = {_list(values)}" for column, values in layout.filter.items())
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(_quoted(v) for v in values) + "]"


def _as_digits(strata: pa.Table) -> pa.Table:
    """Flags as 0 and 1, the form that every spreadsheet sums."""
    columns = [c.cast(pa.int8()) if pa.types.is_boolean(c.type) else c for c in strata.columns]
    return pa.table(columns, names=strata.column_names)


def _write_csv(table: pa.Table, path: Path, encoding: str) -> None:
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with path.open("wb") as out:
        for start in range(0, max(table.num_rows, 1), _ROWS):
            block = io.BytesIO()
            part = pyarrow.csv.WriteOptions(include_header=start == 0, quoting_style="needed")
            pyarrow.csv.write_csv(table.slice(start, _ROWS), block, part if start else options)
            text = block.getvalue().decode("utf-8")
            out.write(text.encode(encoding if start == 0 or encoding != "utf-8-sig" else "utf-8"))
