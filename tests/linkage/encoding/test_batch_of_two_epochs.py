"""One file encoded in two epochs by the commands' own path: nothing that the unit could compare stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linkage.encoded import VISIBLE, Batch, Place, read_batch
from linkage.encoding.batch import read_private
from linkage.encoding.custody import encode_unchecked, plan_of
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import load_project
from linkage.schema import load_schema

RECORDS = 60
AGENCY, SECRET = AgencyKey(b"a" * 32), LinkageSecret(b"s" * 32)


def encoded(folder: Path, scheme: str, secret: LinkageSecret, place: Place) -> tuple[Batch, list[str]]:
    rows = [f"{i},王{chr(0x4E00 + i)}{chr(0x5000 + i)},2012-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(RECORDS)]
    (folder / "school.csv").write_text("\n".join(("no,name,born", *rows)), encoding="utf-8")
    (folder / "p.toml").write_text(
        f'[project]\nschema = "cn-child-v1"\npopulation = 10_000\nscheme = "{scheme}"\n[[source]]\nname = "school"\n'
        'file = "school.csv"\nrecord_id = "no"\n[source.fields]\nname = "name"\ndate_of_birth = "born"\n',
        encoding="utf-8",
    )
    project = load_project(folder / "p.toml", load_schema("cn-child-v1").fields)
    batch, private = folder / "school.batch", folder / "school.private"
    encode_unchecked(project.sources[0], plan_of(project), secret, AGENCY, batch, private, place=place)
    found = read_batch(batch)
    return found, read_private(private)


def values(batch: Batch) -> set[bytes]:
    """Handles, keys and filters, all that has bytes."""
    names = [name for name in batch.table.column_names if name not in VISIBLE]
    wide = 16 if "clk" not in names else 128
    cells = (batch.keys(name) for name in names)
    return {cell.tobytes() for part in cells for cell in part.reshape(-1, min(wide, part.shape[1]))}


@pytest.mark.parametrize("scheme", ["match-keys", "clk"])
@pytest.mark.parametrize(
    ("secret", "place"),
    [
        (LinkageSecret(b"o" * 32), Place("p-one", "school", 2)),
        (LinkageSecret(b"o" * 32), Place("p-two", "school", 1)),
        (SECRET, Place("p-two", "school", 1)),
    ],
)
def test_two_epochs_and_two_projects_have_nothing_in_common(
    scheme: str, secret: LinkageSecret, place: Place, tmp_path: Path
) -> None:
    """What stays when real keys change is a dummy; rows in the same order are the same records."""
    here, order = encoded(tmp_path, scheme, SECRET, Place("p-one", "school", 1))
    known = values(here)
    there, other_order = encoded(tmp_path, scheme, secret, place)
    kept = known & values(there)
    assert len(known) > RECORDS
    assert not kept if secret != SECRET else len(kept) <= len(known) // 4  # one secret for two projects: its real keys
    assert sorted(order) == sorted(other_order)
    assert sum(a == b for a, b in zip(order, other_order, strict=True)) < RECORDS / 4


@pytest.mark.parametrize("scheme", ["match-keys", "clk"])
def test_the_same_epoch_again_is_the_same_to_the_byte(scheme: str, tmp_path: Path) -> None:
    """Comparing two submissions would show which slots are real."""
    place = Place("p-one", "school", 1)
    here, order = encoded(tmp_path, scheme, SECRET, place)
    columns = {name: here.keys(name).copy() for name in here.table.column_names if name not in VISIBLE}
    there, other_order = encoded(tmp_path, scheme, SECRET, place)
    assert order == other_order
    assert all(np.array_equal(column, there.keys(name)) for name, column in columns.items())
