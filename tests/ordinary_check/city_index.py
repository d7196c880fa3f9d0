"""A city's people and its ordinary index: some on it, some sealed elsewhere, most with no record at all."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

from api.ordinary_check.person import check_digit

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文华玉建国红"


@dataclass(frozen=True)
class City:
    """`sealed` are convicted as minors: their records are in a vault, and in no table of this program."""

    absent: list[tuple[str, str]]
    sealed: list[tuple[str, str]]
    listed: list[tuple[str, str]]


def made_id(number: int, born: int) -> str:
    """A resident ID of right form; no two numbers below 1000 x days give the same."""
    first = f"320684{born:04d}{number // 28 % 12 + 1:02d}{number % 28 + 1:02d}{number // 336 % 1000:03d}"
    return first + check_digit(first)


def city(people: int, sealed: int, listed: int) -> City:
    """So many people, of whom so many are sealed and so many on the ordinary index."""
    rng = random.Random(20261127)
    every = [
        (rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2)))), made_id(number, 1950 + number % 60))
        for number in range(people)
    ]
    rng.shuffle(every)
    return City(every[sealed + listed :], every[:sealed], every[sealed : sealed + listed])


def write_index(path: Path, listed: list[tuple[str, str]], encoding: str = "utf-8") -> Path:
    """The index as a CSV file with our own column names."""
    with path.open("w", encoding=encoding, newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["name", "resident_id", "matter", "date", "authority"])
        table.writerows([name, number, "盗窃罪", "2020-05-01", "某区人民法院"] for name, number in listed)
    return path
