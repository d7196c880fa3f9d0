"""The restore ceremony on the command line: what a database lost, two officers' signatures, and the entry of it.

1. `restore-statement` compares and writes down who remembers which entries that the database lost.
2. `restore-sign`, by each of two officers on a machine of their own, after reading the statement aloud.
3. `restore` appends the entry and takes the signer back; the service then starts as usual.

Officers' verifier keys stand in `<folder>/.log/officers`, put there when the log is made.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.console import err, refusals

if TYPE_CHECKING:
    from audit.ceremony import Remembered
    from audit.shapes import Fact
    from audit.site import Site

_Folder = Annotated[Path, typer.Argument(help="The service's data folder, in which `.log/` lies.")]
_Book = Annotated[Literal["linkage", "vault", "run"], typer.Option(help="Whose log it is.")]
_Url = Annotated[Path | None, typer.Option(help="File with the database's URL (default: SQLite in `.log/`).")]


def add_to(audit: typer.Typer) -> None:
    """Add the ceremony's commands."""
    audit.command("officer-key")(officer_key)
    audit.command("restore-statement")(restore_statement)
    audit.command("restore-sign")(restore_sign)
    audit.command("restore")(restore)


def officer_key(
    name: Annotated[str, typer.Argument(help="The officer's name, for example officer.court.example.")],
    file: Annotated[Path, typer.Argument(help="New key file, readable by its owner only; never overwritten.")],
) -> None:
    """Make an officer's key file and print its verifier key, for `.log/officers`."""
    from audit.keys import Ed25519Signer

    with refusals():
        made = Ed25519Signer.generate(name)
        made.save(file)
    typer.echo(made.vkey)


def restore_statement(
    folder: _Folder,
    out: Annotated[Path, typer.Argument(help="New file for the statement.")],
    book: _Book = "linkage",
    database: _Url = None,
) -> None:
    """Say what the database lost, for two officers to sign; exit 2 when nothing is lost."""
    from audit.errors import MissingError
    from audit.recover import statement_for

    with refusals(), _opened(folder, book, database) as (site, ahead):
        if site.log.read_only is None:
            raise MissingError("the database holds all that anybody remembers: there is nothing to restore")
        with out.open("xb") as file:
            file.write(statement_for(site.log.store, ahead).to_text())
    err.print(f"{site.log.read_only} → {out}")


def restore_sign(
    statement: Annotated[Path, typer.Argument(help="The statement; the signature is added to it.")],
    key: Annotated[Path, typer.Argument(help="The officer's key file.")],
) -> None:
    """Show a restore statement and add one officer's signature."""
    from audit.ceremony import Restore
    from audit.errors import MalformedError
    from audit.keys import Ed25519Signer
    from audit.note import sign_note, split_note, with_signatures

    with refusals():
        data = read_file(statement)
        try:
            text, lines = split_note(data)
        except MalformedError:
            text, lines = data, []
        Restore.parse(text)
        mine = split_note(sign_note(text, [Ed25519Signer.load(key)]))[1]
        statement.write_bytes(with_signatures(text, [*lines, *mine]))
    typer.echo(text.decode(), nl=False)


def restore(
    folder: _Folder,
    statement: Annotated[Path, typer.Argument(help="The statement with both signatures.")],
    book: _Book = "linkage",
    database: _Url = None,
) -> None:
    """Carry out a signed restore: its entry is appended, the published folder moved aside."""
    from audit import recover
    from audit.ceremony import read_restore
    from audit.entry import Actor, Entry
    from audit.errors import MissingError
    from audit.keys import parse_vkeys
    from audit.request_id import new_request_id

    now = time.time_ns() // 1_000_000
    with refusals(), _opened(folder, book, database) as (site, _):
        note = read_file(statement)
        if not site.place.officers.exists():
            raise MissingError(f"{site.place.officers}: no officers may restore this log")
        officers = parse_vkeys(site.place.officers.read_text(), "officers")
        said = read_restore(note, officers)
        worst = max(said.ahead, key=lambda one: one.size)
        facts: dict[str, Fact] = {"size": said.size, "lost_start": said.size, "lost_stop": said.lost_stop}
        entry = Entry(
            "restore",
            now,
            new_request_id(now),
            Actor("officers", "log", "operator", "signature", "service"),
            input=sha256(note).hexdigest(),
            facts=facts | {"root": said.root.hex(), "ahead": worst.who},
        )
        recover.restore(site.log.store, site.log.signer, note, officers, entry)
        if site.place.published.exists():
            site.place.published.rename(site.place.published.with_name(f"log.before-{now}"))
    err.print(f"entries {said.size} to {said.lost_stop - 1} are given up; the restore is entry {said.size}")


@contextmanager
def _opened(folder: Path, book: str, database: Path | None) -> Iterator[tuple[Site, list[Remembered]]]:
    from audit.errors import MissingError
    from audit.events import Book
    from audit.recover import find_ahead
    from audit.site import Place, memory_of_export, open_site

    if not Place(folder).origin.exists():
        raise MissingError(f"{folder}: no log lies here")
    url = read_file(database).decode().strip() if database else None
    with open_site(folder, Book(book), url) as site:
        shown = memory_of_export(site.place, site.keys)
        yield site, find_ahead(site.log.store, site.log.signer, [lambda: shown])


def read_file(path: Path) -> bytes:
    """Bytes of a file that somebody named. UnreadableError says which cannot be read."""
    from audit.errors import UnreadableError

    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None
