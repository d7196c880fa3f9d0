"""`sealink desk finding` and `sealink desk coverage`: answer what only a person can, and see which cases are missing.

Case numbers come from bundles and lists and go to the terminal of the agency that owns them; they are no arguments.

May touch: disk, network (the vault's index for coverage), clock
Sees:      case numbers
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli import desk as desk_commands
from api.cli.console import err, refusals
from api.cli.desk import HERE, At, PassphraseFile, read_passphrase

if TYPE_CHECKING:
    from api.vault.desk_folder import DeskFolder


def register(app: typer.Typer) -> None:
    """Add these commands to the desk's."""
    desk_commands.desk.command("finding")(finding)
    desk_commands.desk.command("coverage")(coverage)


def finding(
    bundle: Annotated[Path, typer.Argument(help="Folder of the case with its case.toml.")],
    question: Annotated[
        Literal["main-acts-before-18", "court-agrees"],
        typer.Argument(help="Were the main acts before 18; does the court agree that an acquittal stays open?"),
    ],
    answer: Annotated[Literal["yes", "no"], typer.Argument(help="Your answer, which you sign.")],
    document: Annotated[
        Path, typer.Option(help="The judgment or paper that the answer rests on; only its hash is kept.")
    ],
    to: Annotated[Path, typer.Option(help="New file; name it in the manifest's findings.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign an answer about a case of your agency; it counts when you are a decider on its roster."""
    from api.vault.desk_folder import open_desk
    from api.vault.serving import now_ms
    from audit.crypto.whole_file import whole_file
    from vault.bundle import read_manifest
    from vault.errors import BundleError
    from vault.findings import Question, matter_of, sign_finding

    with refusals():
        manifest = read_manifest(bundle)
        paper = _digest(document)
        folder: DeskFolder = open_desk(at, read_passphrase(passphrase_file))
        if manifest.agency != folder.agency:
            raise BundleError("case.toml: agency: not the agency of this desk")
        matter = matter_of(manifest.agency, manifest.case_no)
        signed = sign_finding(
            folder.person, folder.agency, folder.signer, Question(question), answer == "yes", matter, paper, now_ms()
        )
        with whole_file(to, may_replace=False) as out:
            out.write(signed)
    err.print(f"{question}: {answer}, on a document with SHA-256 {paper[:16]}… → {to}")


def coverage(
    declared: Annotated[Path, typer.Argument(help="CSV with a column case_no, or a folder of case bundles.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Which declared cases are sealed? Prints the numbers of those that are missing; exit 1 if there are any."""
    from api.vault.desk_folder import open_desk
    from api.vault.desk_work import Desk, index_of
    from api.vault.serving import now_ms
    from vault.coverage import coverage as compare

    with refusals():
        wanted = _declared(declared)
        desk = Desk.of(open_desk(at, read_passphrase(passphrase_file)), now_ms)
        found = compare(wanted, [entry.case_no for entry in index_of(desk)])
    for case_no in found.missing:
        typer.echo(case_no)
    told = f"{found.sealed:,} of {found.declared:,} declared cases are sealed, {len(found.missing):,} are missing"
    err.print(f"{told}; {found.undeclared:,} sealed cases were never declared", soft_wrap=True)
    if not found.is_complete:
        raise typer.Exit(1)


def _declared(path: Path) -> Iterable[str]:
    from vault.coverage import LARGEST_LIST, declared_in_csv, declared_in_folder
    from vault.errors import BundleError

    if path.is_dir():
        return declared_in_folder(path)
    with path.open("rb") as file:
        data = file.read(LARGEST_LIST + 1)
    if len(data) > LARGEST_LIST:
        raise BundleError("coverage: the list is too large")
    return declared_in_csv(data)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
