"""The unit's view: what keyed batches show and what is computed from plaintext without a key must be the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import key_city
import numpy as np

from linkage.attacks.plaintext import Plaintext
from linkage.attacks.unit_view import UnitView, view_of_batches, view_of_plaintext
from linkage.encoded import Batch, Chunk, Header, read_batch, write_batch
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.match_keys import build_keys, record_seeds, tag_digests
from linkage.plan import Plan

SECRET = LinkageSecret(b"s" * 32)


def encode(path: Path, plaintext: Plaintext, plan: Plan, agency: AgencyKey) -> Batch:
    digests = tag_digests(plaintext.tags, SECRET)
    seeds = record_seeds([f"{i}" for i in range(len(plaintext))], agency)
    keys = {
        kind.name: build_keys(kind, plaintext.tags, digests, seeds, SECRET, agency).keys
        for kind in plan.schema.key_types
    }
    header = Header("s", plan.fingerprint, SECRET.fingerprint, len(plaintext), plan.scheme, plan.normaliser, {})
    write_batch(path, header, plan, [Chunk(seeds, keys, plaintext.visible)])
    return read_batch(path)


def groups(view: UnitView) -> Counter[tuple[str, tuple[int, ...]]]:
    """Every shared key as its type and its records."""
    members: dict[int, list[int]] = {}
    for record, key in zip(view.record.tolist(), view.key.tolist(), strict=True):
        members.setdefault(key, []).append(record)
    return Counter((view.type_names[view.key_type[key]], tuple(sorted(held))) for key, held in members.items())


def test_plaintext_shows_exactly_what_batches_show(tmp_path: Path) -> None:
    """Every attack would be run on a graph that the linkage unit never sees."""
    plan = key_city.plan_for(2_000_000)
    everything = key_city.agencies()
    halves = [everything.take(np.arange(len(everything))[i::2]) for i in range(2)]
    batches = [encode(tmp_path / f"{i}.batch", half, plan, AgencyKey(bytes([i]) * 32)) for i, half in enumerate(halves)]
    pooled = everything.take(np.concatenate([np.arange(len(everything))[i::2] for i in range(2)]))
    seen, computed = view_of_batches(batches, plan), view_of_plaintext(pooled, plan.schema.key_types)
    assert groups(seen) == groups(computed)
    assert len(seen.key) > 1000
    assert all(np.array_equal(seen.visible[bit], computed.visible[bit]) for bit in seen.visible)


def test_only_an_unpadded_view_shows_counts() -> None:
    """The padded scheme would be judged by what padding hides, or the unpadded one by what it does not."""
    kinds = key_city.plan_for(2_000_000).schema.key_types
    assert view_of_plaintext(key_city.agencies(), kinds).counts is None
    counts = view_of_plaintext(key_city.agencies(), kinds, padded=False).counts
    assert counts is not None and counts.max() > 1


def test_the_second_writing_keeps_the_children_and_changes_the_records() -> None:
    """An attacker's own file would be a copy of the agencies', or be about other children."""
    one, other = key_city.agencies(), key_city.attacker()
    assert np.intersect1d(one.child, other.child).size > 0.95 * one.children
    phones = [set(side.tags["P"].vocabulary) for side in (one, other)]
    assert phones[0] & phones[1] and phones[0] != phones[1]
