"""The background publisher against real witnesses: cosigned folders, heartbeats, and a gap that stops acts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from log_site import delivery
from test_witness_client import served

from audit.entry import read
from audit.events import Book
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, Verifier
from audit.policy import Policy, parse_policy
from audit.proof import TlogProof
from audit.publisher import Publisher
from audit.refusals import LogUnavailableError, Why
from audit.site import Place, Site, create_site, open_site
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log
from audit.witness_server import Witness, group_logs, witness_app
from audit.witness_store import WitnessStore

COURT, AUDITOR = (Ed25519Cosigner(f"{who}.example/w", who[:1].encode() * 32) for who in ("court", "auditor"))


def keys_of(place: Place) -> list[Verifier]:
    return [Ed25519Signer.load(place.key).verifier, MlDsa44Signer.load(place.pq_key).verifier]


@contextlib.contextmanager
def witness(place: Place, key: Ed25519Cosigner) -> Iterator[str]:
    store = WitnessStore(place.folder / f"{key.name.partition('.')[0]}.db")
    try:
        with served(witness_app(Witness([key], group_logs(keys_of(place)), store))) as url:
            yield url
    finally:
        store.close()


def two_of_two(court: str, auditor: str) -> Policy:
    lines = [f"witness court {COURT.vkey} {court}", f"witness auditor {AUDITOR.vkey} {auditor}"]
    return parse_policy("\n".join([*lines, "group both 2 court auditor", "quorum both", ""]).encode())


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def events_of(site: Site) -> list[str]:
    return [read(data).event for data in site.log.entries(0, site.log.head().size)]


def test_entries_are_cosigned_published_and_proven_to_other_programs(tmp_path: Path) -> None:
    """A release agent would have to believe the service, and the folder would show what no witness saw."""
    place = create_site(tmp_path, Book.LINKAGE)
    with witness(place, COURT) as court, witness(place, AUDITOR) as auditor:
        policy = two_of_two(court, auditor)
        with open_site(tmp_path, Book.LINKAGE, policy=policy) as site, Publisher(site, every_s=0.05) as public:
            entry = delivery()
            receipt = site.log.append_and_wait(entry)
            given = public.witnessed(receipt.index)  # at once: the witnesses have not been asked yet
            until(lambda: public.health().published > receipt.index)
            health = public.health()
    trust = Trust(site.published_keys)
    proof = TlogProof.parse(given.proof)
    head, _ = trust.open_checkpoint(proof.checkpoint, int(time.time()))
    proof.check(given.entry, head)
    assert given.entry == entry.encode()
    assert verify_log(Folder(place.published), trust, int(time.time())).head.size == 1
    assert [found.lag for found in health.witnesses] == [0, 0] and health.takes_entries and not health.publishing_fault


def test_silent_witnesses_stop_what_demands_them_and_leave_a_trace(tmp_path: Path) -> None:
    """A log cut off from its witnesses would go on releasing, and nobody could tell afterwards for how long."""
    place, ahead = create_site(tmp_path, Book.LINKAGE), [0.0]
    with witness(place, COURT) as court:
        with witness(place, AUDITOR) as auditor:
            policy = two_of_two(court, auditor)
        with open_site(tmp_path, Book.LINKAGE, policy=policy) as site:
            clock = lambda: time.time() + ahead[0]  # noqa: E731
            with Publisher(site, every_s=0.05, longest_gap_s=200, clock=clock) as public:
                receipt = site.log.append_and_wait(delivery())
                with pytest.raises(LogUnavailableError) as refusal:
                    public.witnessed(receipt.index, wait_s=0.2)
                assert refusal.value.why is Why.WITNESS_GAP
                until(lambda: "no quorum" in (public.health().publishing_fault or ""))
                ahead[0] = 250.0
                until(lambda: "witness.gap" in events_of(site))
                assert public.health().published == 0 and not public.health().is_witnessed
                assert site.log.append_and_wait(delivery()).index > 0  # what demands no witness goes on


def test_a_restored_database_is_caught_by_a_witness_alone(tmp_path: Path) -> None:
    """Whoever owns database, signer and folder could take the log back, although two witnesses had seen more."""
    place = create_site(tmp_path, Book.LINKAGE)
    kept = {name: (place.state / name).read_bytes() for name in ("log.sqlite", "memory")}
    with witness(place, COURT) as court, witness(place, AUDITOR) as auditor:
        policy = two_of_two(court, auditor)
        with open_site(tmp_path, Book.LINKAGE, policy=policy) as site, Publisher(site, every_s=0.05) as public:
            receipt = site.log.append_and_wait(delivery())
            until(lambda: public.health().is_witnessed)
            public.witnessed(receipt.index)
        for name, data in kept.items():
            (place.state / name).write_bytes(data)
        (place.published / "checkpoint").unlink(missing_ok=True)
        with open_site(tmp_path, Book.LINKAGE, policy=policy) as site:
            assert site.log.read_only is not None and site.log.read_only.ahead.startswith("witness-")


def test_a_quiet_log_beats_and_one_process_publishes_at_a_time(tmp_path: Path) -> None:
    """Nobody could tell a quiet night from a dead log; two publishers would write one folder against each other."""
    with (
        open_site(tmp_path, Book.LINKAGE) as site,
        Publisher(site, every_s=0.02, heartbeat_s=0.3) as first,
        Publisher(site, every_s=0.02, heartbeat_s=0.3) as second,
    ):
        until(lambda: first.health().published > 1 and second.health().published > 1)
        assert set(events_of(site)) == {"heartbeat"}
        first.require_witnesses()
    verify_log(Folder(site.place.published), Trust(site.keys), int(time.time()))
