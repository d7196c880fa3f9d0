"""Retention and roll-over: old words go, proofs stay; an ended log stays ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from log_site import ACTOR, ALLOW, Site, delivery, ulid
from published_log import KEYS, NOW, PublishedLog, random_entries

from audit.entry import Entry
from audit.errors import EntryError, MissingError
from audit.events import Book
from audit.log import Log
from audit.publish import publish
from audit.recover import check_entries
from audit.refusals import LogUnavailableError, Why, WrongBookError
from audit.retention import RetentionError, drop_bundles, drop_texts, prunable
from audit.rollover import roll_over
from audit.store import Store, create_store
from audit.verifier.sources import Folder
from audit.verifier.stretch import KEEP_MS
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

OLD, YOUNG = 1_500_000_000_000, 1_700_000_000_000
NOW_MS = YOUNG + 1
CUTOFF = NOW_MS - KEEP_MS


def fill(log: Log, old: int, young: int) -> None:
    for start, stop, ts_ms in ((0, old, OLD), (old, old + young, YOUNG)):
        for _ in range(start, stop):
            log.append_and_wait(delivery(ts_ms=ts_ms))


def prune_entry(below: int) -> Entry:
    return Entry("retention.prune", NOW_MS, ulid(), ACTOR, decision=ALLOW,
                 facts={"below": below, "cutoff_ms": CUTOFF})  # fmt: skip


def keys_of(site: Site) -> tuple[object, ...]:
    assert site.pq_key is not None
    return site.key.verifier, site.pq_key.verifier


def test_pruning_keeps_every_proof(site: Site, tmp_path: Path) -> None:
    """Erasing old words would break the tree, or a pruned log would no longer verify."""
    log, keys, folder = site.open(), keys_of(site), tmp_path / "published"
    fill(log, 520, 10)
    publish(log, folder, keys)  # type: ignore[arg-type]
    below = prunable(log.store, CUTOFF, NOW_MS)
    assert below == 512
    with pytest.raises(RetentionError):
        drop_bundles(folder, below)
    receipt = log.append_and_wait(prune_entry(below))
    publish(log, folder, keys)  # type: ignore[arg-type]
    assert drop_bundles(folder, below) == 2 and receipt.index == 530
    assert drop_texts((site.admin and site.url) or site.url, below) == 512
    proven = verify_log(Folder(folder), Trust(keys), NOW_MS // 1000)  # type: ignore[arg-type]
    assert proven.pruned == 512 and proven.head.size == 531
    check_entries(log.store, below)
    again = site.open()
    again.append_and_wait(delivery())
    publish(again, tmp_path / "fresh", keys)  # type: ignore[arg-type]
    fresh = verify_log(Folder(tmp_path / "fresh"), Trust(keys), NOW_MS // 1000)  # type: ignore[arg-type]
    assert fresh.pruned == 512


def test_nothing_young_and_nothing_unnamed_is_pruned(site: Site) -> None:
    """Three years of the log could be erased by a wrong date, or without the log saying so."""
    log = site.open()
    fill(log, 256, 1)
    with pytest.raises(RetentionError):
        prunable(log.store, CUTOFF + 1, NOW_MS)
    with pytest.raises(RetentionError):
        drop_texts(site.url, 256)
    log.append_and_wait(prune_entry(0))
    with pytest.raises(RetentionError):
        drop_texts(site.url, 256)
    check_entries(log.store)


def test_the_vaults_log_is_never_pruned(tmp_path: Path) -> None:
    """The trace of who opened a sealed record would be erased after three years."""
    url = f"sqlite:///{tmp_path / 'vault.db'}"
    create_store(url, "log.example/vault", Book.VAULT)
    with pytest.raises(RetentionError):
        prunable(Store.open(url), CUTOFF, NOW_MS)


def test_a_missing_bundle_without_a_logged_pruning_is_a_violation(site: Site, tmp_path: Path) -> None:
    """Whoever deletes evidence would call it retention."""
    log, keys, folder = site.open(), keys_of(site), tmp_path / "published"
    fill(log, 260, 0)
    publish(log, folder, keys)  # type: ignore[arg-type]
    (folder / "tile/entries/000").unlink()
    with pytest.raises(MissingError):
        verify_log(Folder(folder), Trust(keys), NOW_MS // 1000)  # type: ignore[arg-type]


def test_a_pruning_of_young_entries_is_a_violation(tmp_path: Path) -> None:
    """The operator could log a pruning of yesterday, drop every bundle, and the log would be proven without a word."""
    young = replace(prune_entry(256), facts={"below": 256, "cutoff_ms": CUTOFF + 1})
    log = PublishedLog([*random_entries(256), young.encode()])
    (log.write(tmp_path / "log") / "tile/entries/000").unlink()
    with pytest.raises(EntryError, match="entry 256: a pruning of the last three years"):
        verify_log(Folder(tmp_path / "log"), Trust(KEYS), NOW)
    log = PublishedLog([*random_entries(256), prune_entry(256).encode()])
    (log.write(tmp_path / "old") / "tile/entries/000").unlink()
    assert verify_log(Folder(tmp_path / "old"), Trust(KEYS), NOW).pruned == 256


def test_a_rollover_ends_the_log(site: Site, tmp_path: Path) -> None:
    """Entries could stand behind the one that says where the log goes on; nobody would look for them there."""
    log, keys = site.open(), keys_of(site)
    fill(log, 3, 0)
    ending = Entry("rollover", NOW_MS, ulid(), ACTOR, facts={"next_origin": "log.example/linkage/2027"})
    with pytest.raises(WrongBookError):
        roll_over(log.store, log.signer, delivery())
    assert roll_over(log.store, log.signer, ending).size == 4
    with pytest.raises(LogUnavailableError) as refused:
        log.append_and_wait(delivery())
    assert refused.value.why is Why.ROLLED_OVER
    reopened = site.open()
    with pytest.raises(LogUnavailableError) as refused:
        reopened.append_and_wait(delivery())
    assert refused.value.why is Why.ROLLED_OVER and reopened.head().size == 4
    publish(reopened, tmp_path / "ended", keys)  # type: ignore[arg-type]
    assert verify_log(Folder(tmp_path / "ended"), Trust(keys), NOW_MS // 1000).head.size == 4  # type: ignore[arg-type]


def test_the_verifier_refuses_entries_behind_a_rollover(tmp_path: Path) -> None:
    """A log could go on in secret after it was said to have ended."""
    ending = Entry("rollover", NOW_MS, ulid(), ACTOR, facts={"next_origin": "log.example/linkage/2027"})
    folder = PublishedLog([delivery().encode(), ending.encode(), delivery().encode()]).write(tmp_path / "log")
    with pytest.raises(EntryError, match="entry 1: a rollover"):
        verify_log(Folder(folder), Trust(KEYS), NOW)
