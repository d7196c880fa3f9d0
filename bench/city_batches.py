"""Encoded batches of a generated city, one a source, as its agencies would make them for a service's project.

Made once, outside any clock, and kept in bench/out/city/ until size or plan changes. All sources are encoded under one
linkage secret that is thrown away; they are sealed by whoever uses them, with keys of that run.

May touch: disk
Sees:      generated names only
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from linkage.encoded import META, Batch, Place, header_text, read_batch
from linkage.encoding.custody import encode_file, normaliser_fingerprint, plan_of
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import load_project
from linkage.flows.manage_projects import plan_of_terms
from linkage.projects import Terms
from linkage.schema import load_schema
from linkage.synthetic.city import build_city
from linkage.synthetic.files import project_text, write_city

OUT: Final = Path(__file__).resolve().parent / "out" / "city"
PROJECT: Final = "bench"
AGENCIES: Final = ("civil", "hospital", "police", "school")
POPULATION: Final = 2_000_000
SEED: Final = 101
STRANGERS: Final = 102
"""The city's seed, and that of another city whose children nobody knows."""


def terms_of(members: tuple[str, ...]) -> Terms:
    return Terms(
        "cn-child-v1", "match-keys", POPULATION, normaliser_fingerprint(), 0, "bench", "bench", "bench", 30, members
    )


def city_batches(children: int, agencies: tuple[str, ...] = AGENCIES, *, strangers: int = 0, most: int = 0) -> Path:
    """A folder with AGENCY.batch of a city, and `stranger.batch`. `most` cuts each source to so many rows."""
    folder = OUT / "-".join((*agencies, str(children), str(strangers), str(most)))
    wanted = {"plan": plan_of_terms(terms_of(AGENCIES)).fingerprint, "seeds": [SEED, STRANGERS]}
    stamp = folder / "made.json"
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    secret = LinkageSecret.generate()
    write_city(build_city(children, SEED), folder / "city")
    work = [(folder / "city", each, each) for each in agencies]
    if strangers:
        write_city(build_city(strangers, STRANGERS), folder / "strangers")
        work.append((folder / "strangers", "school", "stranger"))
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        for each in [pool.submit(_encode, *one, secret, folder, most) for one in work]:
            each.result()
    stamp.write_text(json.dumps(wanted))
    return folder


def one_row(batch: Batch, row: int, agency: str) -> Batch:
    """A batch of one of the rows, as if this agency had encoded it just now."""
    header = replace(batch.header, records=1, agency=agency)
    table = batch.table.slice(row, 1).replace_schema_metadata({META: header_text(header)})
    return Batch(batch.path, header, table)


def _encode(city: Path, source: str, name: str, secret: LinkageSecret, to: Path, most: int) -> None:
    (city / "project.toml").write_text(project_text(POPULATION), encoding="utf-8")
    project = load_project(city / "project.toml", lambda schema: load_schema(schema).fields)
    found = next(each for each in project.sources if each.name == source)
    if most:
        found = replace(found, file=_cut(found.file, most))
    place = Place(PROJECT, source, 1)
    batch, private = to / f"{name}.batch", to / f"{name}.private"
    encode_file(found, plan_of(project), secret, AgencyKey.generate(), batch, private, place=place)
    assert read_batch(batch).header.fingerprint == plan_of_terms(terms_of(AGENCIES)).fingerprint


def _cut(file: Path, most: int) -> Path:
    """The file's first rows; none of the generated files has a line break in a cell."""
    cut = file.with_name(f"cut-{file.name}")
    cut.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[: most + 1]))
    return cut
