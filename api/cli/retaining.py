"""Retention on the command line: let old entries' words go, end a log's year. The log says so first, always.

`prune`, in steps that may be broken off and begun again:
1. the index below which every entry is older than the date, in whole bundles;
2. `retention.prune` is appended, under a rule file that a stranger can apply again (`sealink audit policy`);
3. it is published, cosigned when there are witnesses;
4. only then bundles leave the published folder, and texts and details the database.

`roll-over` appends the entry that names the next log and closes this one; it makes neither the next folder nor keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.console import err, refusals
from api.cli.restoring import read_file
from audit.entry import Actor, Decision, Entry
from audit.errors import MissingError, UnreadableError
from audit.events import Book, Outcome, Reason

if TYPE_CHECKING:
    from audit.site import Site

_Folder = Annotated[Path, typer.Argument(help="The service's data folder, in which `.log/` lies.")]
_Book = Annotated[Literal["linkage", "vault", "run"], typer.Option(help="Whose log it is.")]
_Url = Annotated[Path | None, typer.Option(help="File with the owner's database URL (default: SQLite in `.log/`).")]
_Witnesses = Annotated[Path | None, typer.Option(help="The service's witness policy (tlog-policy), if it has one.")]
_OPERATOR = Actor("operator", "log", "operator", "none", "service")
_WAIT_S = 60.0
_LOOK_S = 0.1


def add_to(audit: typer.Typer) -> None:
    """Add the commands."""
    audit.command("prune")(prune)
    audit.command("roll-over")(roll_over)


def prune(
    folder: _Folder,
    before: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="Entries of this day (UTC) and later stay. Three years ago or more."),
    ],
    rules: Annotated[Path, typer.Option(help="Rule file with a line `allow retention.prune`; its hash is logged.")],
    database: _Url = None,
    witnesses: _Witnesses = None,
) -> None:
    """Let the words of old entries of the linkage log go; their hashes and every proof stay."""
    from audit.retention import drop_bundles, drop_texts, logged_pruning, prunable

    now = time.time_ns() // 1_000_000
    cutoff = int(before.replace(tzinfo=UTC).timestamp() * 1000)
    with refusals(), _opened(folder, "linkage", database, witnesses) as site:
        below = prunable(site.log.store, cutoff, now)  # 1
        if below > logged_pruning(site.log.store):
            site.log.append_and_wait(_pruning(rules, below, cutoff, now))  # 2
        _publish(site)  # 3
        bundles = drop_bundles(site.place.published, below)  # 4
        texts = drop_texts(_url(database) or site.place.default_url, below)
    err.print(f"entries below {below}: {bundles} bundles and {texts} texts dropped; their hashes stay")


def roll_over(
    folder: _Folder,
    next_origin: Annotated[str, typer.Argument(help="Name of the log that goes on, for example city.example/2027.")],
    book: _Book = "linkage",
    database: _Url = None,
    witnesses: _Witnesses = None,
) -> None:
    """End a log: its last entry names the next one, and it takes no other entry after it."""
    from audit import rollover
    from audit.request_id import new_request_id

    now = time.time_ns() // 1_000_000
    with refusals(), _opened(folder, book, database, witnesses) as site:
        entry = Entry(rollover.ROLLOVER, now, new_request_id(now), _OPERATOR, facts={"next_origin": next_origin})
        last = rollover.roll_over(site.log.store, site.log.signer, entry).size - 1
        _publish(site)
    err.print(f"entry {last} is the last one of {site.log.store.origin}; make the next log in a folder of its own")


@contextmanager
def _opened(folder: Path, book: str, database: Path | None, witnesses: Path | None) -> Iterator[Site]:
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    from audit.faults import fault_of
    from audit.policy import parse_policy
    from audit.refusals import LogUnavailableError
    from audit.site import Place, open_site

    if not Place(folder).origin.exists():
        raise MissingError(f"{folder}: no log lies here")
    policy = parse_policy(read_file(witnesses)) if witnesses else None
    with open_site(folder, Book(book), _url(database), policy=policy) as site:
        if site.log.read_only is not None:
            raise site.log.read_only
        try:
            yield site
        except (SQLAlchemyError, psycopg.Error) as error:
            raise LogUnavailableError(fault_of(error).why) from None


def _url(database: Path | None) -> str | None:
    if database is None:
        return None
    try:
        return read_file(database).decode().strip()
    except UnicodeDecodeError:
        raise UnreadableError(f"{database}: not text") from None


def _pruning(rules: Path, below: int, cutoff_ms: int, now_ms: int) -> Entry:
    """The entry, once the rules that it names allow it."""
    from audit.request_id import new_request_id
    from audit.retention import RetentionError
    from audit.verifier.rules import parse_rules
    from audit.verifier.stretch import PRUNE

    book = parse_rules(read_file(rules))
    decision = Decision(Outcome.ALLOW, (Reason.WITHIN_SCOPE,), "retention", book.sha256)
    facts = {"below": below, "cutoff_ms": cutoff_ms}
    entry = Entry(PRUNE, now_ms, new_request_id(now_ms), _OPERATOR, decision=decision, facts=facts)
    if not book.allow(entry, {}):
        raise RetentionError("the rules do not allow this pruning")
    return entry


def _publish(site: Site) -> None:
    """Wait until the whole log is published, by this process or by a service that runs beside it."""
    from audit.publisher import Publisher

    size, end = site.log.head().size, time.monotonic() + _WAIT_S
    with Publisher(site, every_s=_LOOK_S) as public:
        while (health := public.health()).published < size:
            if time.monotonic() > end:
                raise UnreadableError(
                    f"not published, so nothing was dropped: {health.publishing_fault or 'no answer'}"
                )
            time.sleep(_LOOK_S)
