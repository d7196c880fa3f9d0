"""How a command reaches the linkage service: as an agency from its folder, or as a person by a session file.

A session file is JSON, `{"service": "https://HOST", "session": "…"}`, readable by its owner alone. Nothing secret is
ever an argument.

May touch: disk, network, terminal
Sees:      passphrase, session, for the length of the command
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.console import REFUSED, err, refusals
from linkage.errors import ProjectError

if TYPE_CHECKING:
    from api.client import SealinkClient
    from api.custody_folder import CustodyFolder

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's code.")]
Folder = Annotated[Path, typer.Option("--at", help="The custodian's folder: keys, profile, projects.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File (mode 0600) with the keystore's passphrase; asked for when absent.")
]
Session = Annotated[Path, typer.Option(help="File (mode 0600) with the session of a person of the unit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

CUSTODY = Path("custody")
SESSION = Path("session.json")


@contextmanager
def as_custodian(at: Path, passphrase_file: Path | None) -> Iterator[tuple[SealinkClient, CustodyFolder]]:
    """A client of the agency whose folder this is, and the folder."""
    from api.client import SealinkClient

    with service_refusals():
        folder = custody(at, passphrase_file)
        with SealinkClient(folder.profile().service, folder.credential()) as client:
            yield client, folder


def custody(at: Path, passphrase_file: Path | None) -> CustodyFolder:
    """The custodian's folder; its passphrase is read or asked for when a key is needed."""
    from api.custody_folder import CustodyFolder
    from audit.crypto import passphrase

    def ask(is_new: bool) -> bytes:
        if passphrase_file:
            return passphrase.from_file(passphrase_file)
        return passphrase.from_prompt("passphrase of the keystore", is_new=is_new)

    return CustodyFolder(at, ask)


@contextmanager
def as_agency(at: Path, passphrase_file: Path | None) -> Iterator[SealinkClient]:
    """The client alone."""
    with as_custodian(at, passphrase_file) as (client, _):
        yield client


@contextmanager
def as_person(session: Path) -> Iterator[SealinkClient]:
    """A client of the person whose session this is."""
    from api.client import SealinkClient, SessionCredential

    with service_refusals():
        service, token = _session(session)
        with SealinkClient(service, SessionCredential(token)) as client:
            yield client


@contextmanager
def service_refusals() -> Iterator[None]:
    """`refusals`, and the service's own: one sentence, the service's hint, exit 2."""
    from api.client import ServiceError

    with refusals():
        try:
            yield
        except ServiceError as error:
            err.print(Text.assemble(("refused: ", "bold red"), error.detail), soft_wrap=True)
            if error.hint:
                err.print(Text.assemble(("next: ", "bold"), error.hint), soft_wrap=True)
            raise typer.Exit(REFUSED) from None


def _session(file: Path) -> tuple[str, str]:
    try:
        if file.stat().st_mode & 0o077:
            raise ProjectError(f"{file}: readable by others", hint="chmod 600, and sign in anew")
        found = json.loads(file.read_bytes())
        return str(found["service"]), str(found["session"])
    except FileNotFoundError:
        raise ProjectError(f"{file}: no session here", hint="sign in first") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ProjectError(f"{file}: not a session file", hint="sign in again") from None
