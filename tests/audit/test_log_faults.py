"""What the log does when database, disk, grants or signer fail: it says why, and it never acknowledges a lost entry."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from log_site import Site, delivery
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from audit.durability import check_postgresql_settings
from audit.errors import TreeError
from audit.events import Book
from audit.flush import Step
from audit.log import Log
from audit.models import grants
from audit.recover import check_entries, check_tail
from audit.refusals import LogUnavailableError, NotDurableError, StoreError, Why
from audit.signer_client import SignerClient
from audit.site import open_site
from audit.store import Store, create_store


def refusal_of(log: Log) -> Why:
    with pytest.raises(LogUnavailableError) as refused:
        log.append_and_wait(delivery())
    return refused.value.why


@contextmanager
def every_session(log: Log, statement: str) -> Iterator[None]:
    """Run a statement whenever the log takes a connection (SQLite)."""

    def checkout(driver: Any, _record: object, _proxy: object) -> None:
        driver.execute(statement)

    event.listen(log.store.engine, "checkout", checkout)
    yield
    event.remove(log.store.engine, "checkout", checkout)


def admin(site: Site, *statements: str) -> None:
    with psycopg.connect(site.admin, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def owner(site: Site, *statements: str) -> None:
    """Run statements as the owner of the tables, on either engine."""
    engine = create_engine(site.url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_hung_signer_is_named_and_nothing_is_lost(site: Site) -> None:
    """Callers would hang with the signer, or entries committed meanwhile would never be signed."""
    site.stop_signer()
    go_on, hang = threading.Event(), threading.Event()

    def at_step(step: str) -> None:
        if step == "remembered" and hang.is_set():
            go_on.wait(20)

    site.start_signer(at_step)
    log = site.open(deadline_s=1.0)
    log.append_and_wait(delivery())
    hang.set()
    assert refusal_of(log) is Why.SIGNER_HUNG
    assert log.checkpoint().size == 1
    hang.clear()
    go_on.set()
    receipt = retried(log)
    assert log.checkpoint().size == log.head().size == receipt.index + 1
    check_entries(log.store)


def retried(log: Log) -> Any:
    """Append until the log has come back; each refusal is a bounded wait of its own."""
    for _ in range(50):
        try:
            return log.append_and_wait(delivery())
        except LogUnavailableError:
            threading.Event().wait(0.1)
    raise AssertionError("the log did not come back")


def test_signer_that_is_gone_is_named_and_found_again(site: Site) -> None:
    """A restart of the signer would need a restart of the service."""
    log = site.open(deadline_s=0.6)
    log.append_and_wait(delivery())
    site.stop_signer()
    log.signer.close()
    site.socket.unlink()
    assert refusal_of(log) is Why.SIGNER_GONE
    threading.Event().wait(0.7)
    size = log.head().size
    assert refusal_of(log) is Why.SIGNER_GONE
    assert log.head().size == size  # by now it refuses before it writes
    site.start_signer()
    receipt = retried(log)
    assert log.checkpoint().size == receipt.index + 1 == log.head().size


def test_full_disk_is_named(site: Site) -> None:
    """The service could not say why it stands still."""
    log = site.open()
    log.append_and_wait(delivery())
    if site.admin:
        owner(
            site,
            """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$""",
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entry EXECUTE FUNCTION full_disk()",
        )
        assert refusal_of(log) is Why.DISK_FULL
        owner(site, "DROP TRIGGER full_disk ON audit_entry")
    else:
        with log.store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        with every_session(log, f"PRAGMA max_page_count = {pages}"):
            outcomes = []
            while len(outcomes) < 60 and Why.DISK_FULL not in outcomes:
                outcomes.append(tried(log))
        assert Why.DISK_FULL in outcomes
        with every_session(log, "PRAGMA max_page_count = 1000000"):
            log.append_and_wait(delivery())
    log.append_and_wait(delivery())
    check_entries(log.store)


def tried(log: Log) -> Why | None:
    try:
        log.append_and_wait(delivery())
    except LogUnavailableError as refused:
        return refused.why
    return None


def test_read_only_database_is_named(site: Site) -> None:
    """After a failover to a replica, the service could not say why it stands still."""
    log = site.open()
    log.append_and_wait(delivery())
    if site.admin:
        name = site.admin.split("/")[3].split("?")[0]
        admin(site, f"ALTER DATABASE {name} SET default_transaction_read_only = on", TERMINATE)
        assert refusal_of(log) is Why.READ_ONLY
    else:
        with every_session(log, "PRAGMA query_only = ON"):
            assert refusal_of(log) is Why.READ_ONLY
        with every_session(log, "PRAGMA query_only = OFF"):
            log.append_and_wait(delivery())


def test_slow_lock_holder_is_waited_for_and_named(site: Site) -> None:
    """Another worker that froze with the head in its hands would freeze every caller."""
    log = site.open(deadline_s=0.8)
    log.append_and_wait(delivery())
    other = Store.open(site.url)
    with other.writing() as connection:
        other.lock_head(connection)
        assert refusal_of(log) is Why.DATABASE_BUSY
    assert retried(log).index == log.head().size - 1
    other.close()
    check_entries(log.store)


@pytest.mark.parametrize("step", [Step.LOCKED, Step.JOINED, Step.INSERTED, Step.MOVED, Step.COMMITTED])
@pytest.mark.parametrize("joined", [False, True])
def test_connection_lost_around_commit_is_decided_by_looking(site: Site, step: Step, joined: bool) -> None:
    """A lost answer to COMMIT would be guessed: an entry twice, or an acknowledged entry that is not there."""
    armed = [False]

    def at_step(now: Step) -> None:
        if armed[0] and now is step:
            armed[0] = False
            if site.admin:
                admin(site, TERMINATE)
            if step is Step.COMMITTED or not site.admin:
                raise psycopg.OperationalError("connection lost")

    log = site.open(at_step=at_step)
    log.append_and_wait(delivery())
    armed[0] = True
    within: Callable[[Connection], None] | None = (lambda connection: None) if joined else None
    receipt = log.append_and_wait(delivery(), within=within)
    assert receipt.index == 1 and log.head().size == 2
    log.append_and_wait(delivery())
    check_entries(log.store)


def test_database_that_is_gone_is_named_and_found_again(site: Site) -> None:
    """A restart of the database would need a restart of the service."""
    if not site.admin:
        return  # a file does not go away from under an open process
    log = site.open(deadline_s=0.6)
    log.append_and_wait(delivery())
    name = site.admin.split("/")[3].split("?")[0]
    server = "postgresql://postgres:@/postgres?" + site.admin.split("?")[1]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[call-overload]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert refusal_of(log) is Why.DATABASE_GONE
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[call-overload]
    retried(log)
    check_entries(log.store)


@pytest.mark.parametrize("what", ["deleted", "replaced", "wal"])
def test_a_database_file_that_goes_away_is_named(tmp_path: Path, what: str) -> None:
    """Entries would be acknowledged into a file that no longer has a name, and be gone with the process."""
    with open_site(tmp_path, Book.LINKAGE) as site:
        site.log.append_and_wait(delivery())
        database = site.place.state / "log.sqlite"
        if what == "replaced":
            shutil.copy(database, tmp_path / "copy")
            (tmp_path / "copy").replace(database)
        else:
            database.with_name(database.name + ("-wal" if what == "wal" else "")).unlink()
        for _ in range(2):
            with pytest.raises(LogUnavailableError) as refusal:
                site.log.append_and_wait(delivery())
            assert refusal.value.why is Why.DATABASE_GONE
        assert site.log.fault is Why.DATABASE_GONE


def test_service_role_may_append_and_no_more(site: Site) -> None:
    """A thief of the service's password could edit or empty the log; a revoked grant would not be named."""
    if not site.admin:
        return  # SQLite has no roles
    name = "app_" + site.admin.split("/log_")[1].split("?")[0]
    admin(site, f"CREATE ROLE {name} LOGIN", *grants(name))
    Store.open(site.url).close()
    site.url = site.url.replace("postgres:@", f"{name}:@")
    log = site.open()
    log.append_and_wait(delivery())
    for statement in (
        "UPDATE audit_entry SET data = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_head SET origin = 'x'",
        "DELETE FROM audit_head",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    ):
        with pytest.raises(DBAPIError):
            owner(site, statement)
    admin(site, f"REVOKE INSERT ON audit_entry FROM {name}")
    assert refusal_of(log) is Why.GRANT_REVOKED
    admin(site, f"GRANT INSERT ON audit_entry TO {name}")
    log.append_and_wait(delivery())
    log.close()
    admin(site, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET data = data",
        "DELETE FROM audit_entry",
        "UPDATE audit_node SET hash = hash",
        "DELETE FROM audit_node",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET size = 0",
        "UPDATE audit_checkpoint SET size = 0",
        "DELETE FROM audit_checkpoint",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_node",
        "TRUNCATE audit_head",
        "INSERT OR REPLACE INTO audit_entry SELECT idx, leaf, x'00', detail, req FROM audit_entry",
        "INSERT OR REPLACE INTO audit_head SELECT one, 'x', book, size, frontier, root FROM audit_head",
    ],
)
def test_tables_only_grow_even_for_their_owner(site: Site, statement: str) -> None:
    """A bug or a careless repair could rewrite the log without anybody meaning to."""
    log = site.open()
    for _ in range(2):
        log.append_and_wait(delivery())
    with log.store.writing() as connection:
        connection.execute(text("INSERT INTO audit_node (level, idx, hash) VALUES (9, 0, :hash)"), {"hash": bytes(32)})
    before = log.entries(0, 9)
    with pytest.raises(DBAPIError):
        owner(site, statement)
    assert log.entries(0, 9) == before
    check_tail(log.store)


def test_edit_by_the_databases_owner_is_found(site: Site) -> None:
    """Somebody with every right over the database could change an entry unseen."""
    log = site.open()
    entries = [delivery() for _ in range(3)]
    for entry in entries:
        log.append_and_wait(entry)
    changed = entries[1].encode().replace(b"police", b"school")
    if site.admin:
        owner(site, "ALTER TABLE audit_entry DISABLE TRIGGER ALL")
    else:
        owner(site, "DROP TRIGGER audit_entry_fixed")
    engine = create_engine(site.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET data = :data WHERE idx = 1"), {"data": changed})
    engine.dispose()
    with pytest.raises(TreeError, match="entry 1"):
        check_entries(log.store)
    with pytest.raises(StoreError, match="guards"):
        site.open()


def test_edited_head_is_not_signed(site: Site) -> None:
    """Somebody could swap the tree under the log and have the fork signed."""
    log = site.open(deadline_s=0.8)
    for _ in range(3):
        log.append_and_wait(delivery())
    log.close()
    fork = site.url.replace("log.db", "fork.db")
    if site.admin:
        return  # the same rule of the same signer; one engine shows it
    create_store(fork, log.store.origin, Book.LINKAGE)
    store = Store.open(fork)
    other = Site(fork, site.folder / "elsewhere", site.key, "")
    other.folder.mkdir()
    other.start_signer()
    forked = other.open()
    for _ in range(5):
        forked.append_and_wait(delivery())
    other.close()
    store.close()
    site.url = fork
    reopened = Log(Store.open(fork), site.client(), deadline_s=0.8)
    site.logs.append(reopened)
    assert refusal_of(reopened) is Why.SIGNER_REFUSES


GOOD = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "synchronous_standby_names": "",
    "default_transaction_isolation": "read committed",
}


@pytest.mark.parametrize(
    "change",
    [
        {"fsync": "off"},
        {"full_page_writes": "off"},
        {"synchronous_commit": "off"},
        {"synchronous_commit": "local", "synchronous_standby_names": "a"},
        {"default_transaction_isolation": "serializable"},
    ],
    ids=str,
)
def test_settings_that_lose_commits_are_refused(change: dict[str, str]) -> None:
    """The log would acknowledge entries that a power cut takes away."""
    check_postgresql_settings(GOOD)
    check_postgresql_settings(GOOD | {"synchronous_commit": "local"})
    check_postgresql_settings(GOOD | {"synchronous_commit": "remote_apply"})
    with pytest.raises(NotDurableError):
        check_postgresql_settings(GOOD | change)


def test_tables_and_files_that_do_not_last_are_refused(site: Site) -> None:
    """A log in memory or in unlogged tables would be empty after a crash."""
    if site.admin:
        owner(site, "ALTER TABLE audit_entry SET UNLOGGED")
        with pytest.raises(NotDurableError):
            Store.open(site.url)
    else:
        with pytest.raises((NotDurableError, StoreError)):
            Store.open("sqlite://")


def test_a_missing_guard_stops_the_start(site: Site) -> None:
    """Somebody could take the triggers away and nobody would be told."""
    owner(site, "DROP TRIGGER audit_entry_kept" + (" ON audit_entry" if site.admin else ""))
    with pytest.raises(StoreError, match="guards"):
        Store.open(site.url)
    create_store(site.url, "log.example/linkage", Book.LINKAGE)
    Store.open(site.url).close()


def test_no_message_quotes_an_entry(site: Site) -> None:
    """Operational logs would come to hold what is sealed."""
    log = site.open()
    entry = delivery()
    log.append_and_wait(entry)
    with pytest.raises(Exception) as refused:
        log.append_and_wait(delivery(entry.req, ts_ms=9))
    assert entry.req not in str(refused.value) and entry.req not in repr(refused.value)
    assert isinstance(log.signer, SignerClient)
