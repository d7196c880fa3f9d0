"""A case beside its sealing: what only a person can answer, which cases are missing, what the adults' file may hold.

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
    desk_commands.desk.command("adult-file")(adult_file)


def finding(
    about: Annotated[
        str, typer.Argument(help="Folder of the case with its case.toml, or a sealed record's id for its change.")
    ],
    question: Annotated[
        Literal["main-acts-before-18", "court-agrees", "cause-has-arisen", "unseal-at-limit", "shred", "on-hold"],
        typer.Argument(
            help="About a case: were the main acts before 18; does the court agree that an acquittal stays open? "
            "About a record: has the cause of unsealing arisen, does the court agree, is it unsealed at exactly five "
            "years, has it come to its end, does something still need it?"
        ),
    ],
    answer: Annotated[Literal["yes", "no"], typer.Argument(help="Your answer, which you sign.")],
    document: Annotated[
        Path, typer.Option(help="The judgment or paper that the answer rests on; only its hash is kept.")
    ],
    to: Annotated[Path, typer.Option(help="New file; for the manifest's findings, or for sealink desk propose.")],
    sealed_by: Annotated[str, typer.Option(help="About a record: code of the agency that sealed it.")] = "",
    cause: Annotated[str, typer.Option(help="About a record: the cause that is to be proposed.")] = "",
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign an answer about a case or a change of a record; it counts when you are a decider on your agency's roster."""
    from api.vault.desk_folder import open_desk
    from api.vault.serving import now_ms
    from audit.crypto.whole_file import whole_file
    from vault.findings import Question, sign_finding

    with refusals():
        paper = _digest(document)
        folder: DeskFolder = open_desk(at, read_passphrase(passphrase_file))
        matter = _matter(folder, about, question, sealed_by, cause)
        signed = sign_finding(
            folder.person, folder.agency, folder.signer, Question(question), answer == "yes", matter, paper, now_ms()
        )
        with whole_file(to, may_replace=False) as out:
            out.write(signed)
    err.print(f"{question}: {answer}, on a document with SHA-256 {paper[:16]}… → {to}")


def _matter(folder: DeskFolder, about: str, question: str, sealed_by: str, cause: str) -> str:
    """What the finding is bound to: the case of a bundle of this agency, or one change of one record."""
    from audit.shapes import is_code, is_ulid
    from vault.bundle import read_manifest
    from vault.errors import BundleError, MalformedFormError
    from vault.findings import OF_CASES, OF_CHANGES, change_matter_of, matter_of

    if is_ulid(about):
        if question not in set(OF_CHANGES):
            raise MalformedFormError("question: asked about a case that is to be sealed, not about a record")
        if not (is_code(sealed_by) and is_code(cause)):
            raise MalformedFormError("a record's finding: --sealed-by and --cause expected")
        return change_matter_of(sealed_by, about, cause)
    if question not in set(OF_CASES) or sealed_by or cause:
        raise MalformedFormError("question: asked about a sealed record; give its id, --sealed-by and --cause")
    manifest = read_manifest(Path(about))
    if manifest.agency != folder.agency:
        raise BundleError("case.toml: agency: not the agency of this desk")
    return matter_of(manifest.agency, manifest.case_no)


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


def adult_file(
    bundle: Annotated[Path, typer.Argument(help="Folder of a joint case with its case.toml.")],
    to: Annotated[Path, typer.Option(help="New tar file.")],
) -> None:
    """Write what the adults' file of a joint case may hold: redacted forms with the mark that the law demands."""
    from audit.crypto.whole_file import whole_file
    from vault.bundle import read_bundle
    from vault.errors import BundleError
    from vault.view_archive import adult_file_pieces

    with refusals():
        pieces = adult_file_pieces(read_bundle(bundle))
        try:
            with whole_file(to, may_replace=False) as out:
                for piece in pieces:
                    out.write(piece)
        except FileExistsError:
            raise BundleError(f"{to.name}: exists already, and is never replaced") from None
    err.print(f"adults' file → {to}; what no search found is not proven absent, so a person reads it first")


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
