"""Appending: receipts, order, proofs, the caller's own rows, repeated requests; on both engines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_site import ORIGIN, Site, delivery, ulid
from sqlalchemy import Connection, text

from audit.checkpoint import Checkpoint
from audit.commitments import new_secrets, seal_detail
from audit.entry import Entry
from audit.errors import MissingError
from audit.growth import grow
from audit.log import Log
from audit.merkle import Frontier, leaf_hash, plain_root, root_of, verify_consistency, verify_inclusion
from audit.note import Verifier, open_note
from audit.proof import TlogProof
from audit.recover import check_entries, check_tail
from audit.refusals import CommitmentError, LogUnavailableError, RequestReusedError, WrongBookError
from audit.tiles import WIDTH, hash_tiles_between


def head_of(note: bytes, site: Site) -> Checkpoint:
    return Checkpoint.parse(open_note(note, [site.key.verifier]).text)


async def append_all(log: Log, entries: list[Entry]) -> list[Any]:
    return await asyncio.gather(*(log.append(entry) for entry in entries), return_exceptions=True)


def test_receipt_is_covered_by_a_signed_checkpoint(site: Site) -> None:
    """A caller could act on a receipt whose checkpoint does not hold the entry, or that nobody signed."""
    log = site.open()
    for _ in range(5):
        entry = delivery()
        receipt = log.append_and_wait(entry)
        head = head_of(receipt.checkpoint, site)
        assert receipt.leaf_hash == leaf_hash(entry.encode())
        assert log.entries(receipt.index, receipt.index + 1) == [entry.encode()]
        assert log.checkpoint().size >= head.size > receipt.index
        proof = log.inclusion(receipt.index, head.size)
        assert verify_inclusion(receipt.leaf_hash, receipt.index, head.size, proof, head.root)


def test_many_callers_get_distinct_places_in_one_tree(site: Site) -> None:
    """Two entries could share an index, or the nodes that proofs are made of could be wrong beyond the first tile."""
    log = site.open()
    entries = [delivery() for _ in range(700)]
    receipts = asyncio.run(append_all(log, entries))
    assert sorted(receipt.index for receipt in receipts) == list(range(700))
    leaves = [leaf_hash(data) for data in log.entries(0, 700)]
    assert log.head().root == plain_root(leaves) == head_of(log.checkpoint().note, site).root
    check_tail(log.store)
    check_entries(log.store)
    for index in (0, 255, 256, 511, 512, 699):
        assert verify_inclusion(leaves[index], index, 700, log.inclusion(index, 700), log.head().root)
        old_root = plain_root(leaves[: index + 1])
        assert verify_consistency(index + 1, old_root, 700, log.head().root, log.consistency(index + 1, 700))
    for tile in hash_tiles_between(0, 700):
        whole = b"".join(leaves) if tile.level == 0 else b"".join(
            root_of(b"".join(leaves[at * WIDTH : (at + 1) * WIDTH])) for at in range(700 // WIDTH)
        )  # fmt: skip
        start = tile.index * WIDTH * 32
        assert log.read_tile(tile) == whole[start : start + tile.width * 32]


def test_tlog_proof_of_an_entry_stands_alone(site: Site) -> None:
    """An agent could not check an entry without the database."""
    log = site.open()
    entries = [delivery() for _ in range(20)]
    asyncio.run(append_all(log, entries))
    proof = TlogProof.parse(log.tlog_proof(7))
    head = head_of(proof.checkpoint, site)
    proof.check(log.entries(7, 8)[0], head)
    with pytest.raises(MissingError):
        log.tlog_proof(7, "cosigned")
    log.store_cosigned(head.size, proof.checkpoint)
    assert TlogProof.parse(log.tlog_proof(7, "cosigned")).checkpoint == proof.checkpoint


def test_published_checkpoint_has_the_second_signature(site: Site) -> None:
    """Checkpoints that are kept for decades would rest on a signature that quantum computers break."""
    log = site.open()
    log.append_and_wait(delivery())
    assert site.pq_key is not None
    published = log.publishable()
    keys = [site.key.verifier, Verifier.parse(site.pq_key.vkey)]
    assert len(open_note(published.note, keys).signatures) == 2
    assert published.size == log.head().size


def test_own_rows_join_and_fail_alone(site: Site) -> None:
    """A failing caller could take others' entries with it, or leave its own entry without its rows."""
    log = site.open()
    with log.store.writing() as connection:
        connection.execute(text("CREATE TABLE business (id INTEGER PRIMARY KEY, note VARCHAR(9) NOT NULL)"))

    def row(number: int) -> Any:
        def within(connection: Connection) -> None:
            if number == 3:
                raise KeyError("refused")
            connection.execute(text("INSERT INTO business VALUES (:id, 'x')"), {"id": 0 if number == 5 else number})

        return within

    async def run() -> list[Any]:
        calls = (log.append(delivery(), within=row(number)) for number in range(8))
        plain = (log.append(delivery()) for _ in range(8))
        return await asyncio.gather(*calls, *plain, return_exceptions=True)

    outcomes = asyncio.run(run())
    assert isinstance(outcomes[3], KeyError)
    failed = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed in ([3, 5], [0, 3])  # 0 and 5 want the same row; the second in the batch fails
    with log.store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM business")).scalar() == 6
    assert log.head().size == 14
    check_entries(log.store)


def test_same_request_same_bytes_is_the_same_receipt(site: Site) -> None:
    """A retry after a lost answer would write a second entry for one act."""
    log = site.open()
    entry = delivery()
    first = log.append_and_wait(entry)
    again = log.append_and_wait(entry)
    together = asyncio.run(append_all(log, [entry, delivery(), entry]))
    assert first == again == together[0] == together[2]
    assert log.head().size == 2


def test_same_request_other_bytes_is_refused(site: Site) -> None:
    """One request id could stand for two acts."""
    log = site.open()
    entry = delivery()
    log.append_and_wait(entry)
    with pytest.raises(RequestReusedError):
        log.append_and_wait(delivery(entry.req, ts_ms=5))
    fresh = ulid()
    outcomes = asyncio.run(append_all(log, [delivery(fresh), delivery(fresh, ts_ms=6), delivery()]))
    assert sum(isinstance(outcome, RequestReusedError) for outcome in outcomes) == 1
    assert log.head().size == 3


def test_the_other_services_events_are_refused(site: Site) -> None:
    """The linkage log could tell that a sealed record exists."""
    log = site.open()
    entry = Entry("record.notice", 1, ulid(), delivery().actor, case="0" * 64,
                  facts={"agency": "court", "notice": "0" * 64})  # fmt: skip
    with pytest.raises(WrongBookError):
        log.append_and_wait(entry)


def test_details_are_stored_beside_the_entry_that_names_them(site: Site) -> None:
    """A leaf could name a ciphertext that nobody kept."""
    log = site.open()
    pair, req = new_secrets(), ulid()
    detail = seal_detail(pair.key, b"details", req)
    facts = {"project": "p", "item": ulid(), "verdict": "same"}
    entry = delivery(req, event="review.decide", facts=facts, output=None, input="0" * 64, detail=detail.sha256)
    with pytest.raises(CommitmentError):
        log.append_and_wait(entry)
    receipt = log.append_and_wait(entry, detail=detail)
    assert log.store.details(receipt.index, receipt.index + 1) == [detail.ciphertext]


def test_two_workers_race_on_one_database(site: Site) -> None:
    """Two processes could write the same index, or one could wait for a checkpoint of the other for ever."""
    logs = [site.open(deadline_s=20), site.open(deadline_s=20)]

    async def caller(log: Log, count: int) -> list[Any]:
        return [await log.append(delivery()) for _ in range(count)]

    async def run() -> list[Any]:
        groups = await asyncio.gather(*(caller(log, 20) for log in logs for _ in range(4)))
        return [receipt for group in groups for receipt in group]

    receipts = asyncio.run(run())
    assert sorted(receipt.index for receipt in receipts) == list(range(160))
    for receipt in receipts:
        assert head_of(receipt.checkpoint, site).size > receipt.index
    check_entries(logs[0].store)


def test_a_closed_log_refuses(site: Site) -> None:
    """A caller could wait for ever on a log whose threads have ended."""
    log = site.open()
    log.append_and_wait(delivery())
    log.close()
    with pytest.raises(LogUnavailableError):
        log.append_and_wait(delivery())


def test_time_that_jumps_stops_nothing(site: Site) -> None:
    """A corrected clock would stop the service, or deadlines would hang on it."""
    log = site.open()
    for time_ms in (1_700_000_000_000, 5, 4_000_000_000_000, 1_700_000_000_001):
        log.append_and_wait(delivery(ts_ms=time_ms))
    assert log.head().size == 4


@given(st.lists(st.integers(1, 700), max_size=6), st.integers(0, 70_000))
def test_growth_is_the_frontier_and_its_full_tiles(batches: list[int], start: int) -> None:
    """A batch that crosses a tile could store another node than the tree has."""
    plain = Frontier()
    leaves = [leaf_hash(at.to_bytes(8)) for at in range(WIDTH)] * 1
    level_one = root_of(b"".join(leaves))
    tiles = start // WIDTH
    upper = Frontier()
    upper.extend([level_one] * tiles)
    plain = Frontier.from_bytes((tiles * WIDTH).to_bytes(8) + upper.to_bytes()[8:])
    plain.extend(leaves[: start % WIDTH])
    size, grown = start, plain.to_bytes()
    for batch in batches:
        fresh = [leaves[(size + at) % WIDTH] for at in range(batch)]
        growth = grow(grown, fresh)
        plain.extend(fresh)
        assert growth.frontier.to_bytes() == plain.to_bytes()
        first = [node for node in growth.nodes if node.level == 1]
        assert [node.index for node in first] == list(range(size // WIDTH, (size + batch) // WIDTH))
        assert all(node.hash == level_one for node in first)
        for node in growth.nodes:
            if node.level == 2:
                assert node.index == (size + batch) // WIDTH**2 - 1
                assert node.hash == root_of(level_one * WIDTH)
        size, grown = size + batch, growth.frontier.to_bytes()


def test_origin_is_in_every_checkpoint(site: Site) -> None:
    """A checkpoint of one log could be shown as another's."""
    receipt = site.open().append_and_wait(delivery())
    assert head_of(receipt.checkpoint, site).origin == ORIGIN
