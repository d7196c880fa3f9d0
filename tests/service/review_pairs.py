"""Unsure pairs for tests of clerical review."""

from __future__ import annotations

from service_site import ServiceSite

from linkage.store import review as items
from linkage.store.review_rows import Compared, UnsurePair

PROJECT = "p-one"
JOB = "0" * 26


def handle(number: int) -> bytes:
    return number.to_bytes(16, "big")


def pair(
    a: int, b: int, *, level: str = "same pinyin", weight: float = -0.5, sizes: tuple[int, int] = (1, 1)
) -> UnsurePair:
    """A pair of the police's record `a` and the hospital's record `b`."""
    pattern = (Compared("name", level, 6.5), Compared("date of birth", "absent or different", -7.0))
    return UnsurePair("police", handle(a), f"c{a}", sizes[0], "hospital", handle(b), f"d{b}", sizes[1], pattern, weight)


def enqueue(place: ServiceSite, *pairs: UnsurePair, job: str = JOB) -> int:
    """What a job does at its end."""
    with place.unit.database.writing() as connection:
        return items.add_items(connection, PROJECT, job, pairs, place.unit.now_ms())
