"""`sealink seal`: the sealing agency's command, on its own device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import Advance, err, progress, refusals
from api.cli.desk import HERE, At, PassphraseFile, read_passphrase


def register(app: typer.Typer) -> None:
    """Add this persona's command."""
    app.command("seal")(seal)


def seal(
    bundle: Annotated[Path, typer.Argument(help="Folder of the case with its case.toml.")],
    check: Annotated[bool, typer.Option("--check", help="Only read and judge the bundle; nothing is sealed.")] = False,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Seal a case here and hand the ciphertext to the vault; every agency that holds a part is told."""
    from api.vault.desk_folder import open_desk
    from api.vault.desk_work import LAW, Desk
    from api.vault.seal_work import examined, seal_bundle
    from api.vault.serving import now_ms
    from vault.bundle import read_bundle
    from vault.law.rules import by_digest

    with refusals(), progress() as bar:
        desk = Desk.of(open_desk(at, read_passphrase(passphrase_file)), now_ms)
        if check:
            verdict = examined(read_bundle(bundle), by_digest(LAW.in_force(now_ms())), desk.rosters(), now_ms())
            err.print(f"must be sealed ({', '.join(verdict.rules)})")
            return
        bars: dict[str, Advance] = {}

        def told(what: str, done: int, whole: int) -> None:
            if what not in bars:
                bars[what] = bar(what)
            bars[what](done, whole)

        done = seal_bundle(desk, bundle, told)
    typer.echo(done.record)
    err.print(f"sealed: {done.views} views, {done.notices} notices; see who has answered with sealink desk ledger")
    if done.is_at_limit:
        err.print("exactly five years: it stays sealed, and a person must decide before it is ever unsealed")
