"""`sealink desk certificate`: issue a no-record certificate, or say whether a page is one of this desk's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import err, out, refusals
from api.cli.desk import HERE, At, PassphraseFile, opened_at, read_passphrase

certificate = typer.Typer(no_args_is_help=True, help="No-record certificates for a youth or a legal representative.")


def register(desk: typer.Typer) -> None:
    """Add these commands to the desk's."""
    desk.add_typer(certificate, name="certificate")


@certificate.command("issue")
def issue(
    facts: Annotated[Path, typer.Argument(help="TOML: name, resident_id, agency_zh, agency_en, ordinary_check.")],
    page: Annotated[Path, typer.Option("--out", help="New PDF file.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Have the vault's log hold the hash of the page, then write page and signed record; prints the number."""
    from api.vault.certificate_work import issue as issued

    with refusals():
        number = issued(opened_at(at, passphrase_file), facts, page)
    typer.echo(number)
    err.print(f"certificate → {page}; print it, stamp it, and keep no copy of the file")


@certificate.command("confirm")
def confirm(
    number: Annotated[str, typer.Argument(help="The certificate's number.")],
    page: Annotated[Path, typer.Argument(help="The PDF file that somebody brought.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say whether this desk issued exactly this page under this number; exit 1 if not."""
    from api.vault.certificate_work import is_issued
    from api.vault.desk_folder import open_desk

    with refusals():
        issued = is_issued(open_desk(at, read_passphrase(passphrase_file)), number, page.read_bytes())
    out.print("issued by this desk" if issued else "not issued by this desk")
    if not issued:
        raise typer.Exit(1)
