"""The auditor's commands: verify a published log, drill, export, stand witness. The verifier also stands alone
(`sealink-verify`), for whoever does not want the services' dependencies."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from api.cli import restoring, retaining
from api.cli.console import err, refusals
from api.cli.console import out as screen

if TYPE_CHECKING:
    from audit.drill import Trial
    from audit.verifier.trust import Trust

audit = typer.Typer(no_args_is_help=True, help="Verify audit logs; stand witness to them.")
witness = typer.Typer(no_args_is_help=True, help="Remember how large a log was, and sign it.")
audit.add_typer(witness, name="witness")

_AS_WRITTEN = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    restoring.add_to(audit)
    retaining.add_to(audit)
    app.add_typer(audit, name="audit")
    app.add_typer(witness, name="witness")


@audit.command("verify", context_settings=_AS_WRITTEN, add_help_option=False)
def verify(context: typer.Context) -> None:
    """Prove a whole log: DIR_OR_URL --keys KEYS [--quorum N] [--policy FILE] [--since OLD_CHECKPOINT]."""
    _verifier("verify", context.args)


@audit.command("proof", context_settings=_AS_WRITTEN, add_help_option=False)
def proof(context: typer.Context) -> None:
    """Prove one entry: ENTRY PROOF --keys KEYS [--quorum N]."""
    _verifier("proof", context.args)


@audit.command("policy", context_settings=_AS_WRITTEN, add_help_option=False)
def policy(context: typer.Context) -> None:
    """Judge every logged decision again: DIR_OR_URL --keys KEYS --rules RULES."""
    _verifier("policy", context.args)


@audit.command("drill")
def drill(
    log: Annotated[Path | None, typer.Argument(help="Published log; without one the drill makes its own.")] = None,
    keys: Annotated[Path | None, typer.Option(help="Verifier keys of that log, one a line, the log's first.")] = None,
    quorum: Annotated[int | None, typer.Option(min=0, help="How many witnesses are needed.")] = None,
) -> None:
    """Tamper with a copy in every way of the list and see that each is caught; exit 1 if one was missed."""
    from audit.drill import drill_history, drill_published
    from audit.verifier.sources import Folder

    trials: list[Trial] = []
    now = int(time.time())
    with refusals(), tempfile.TemporaryDirectory(prefix="sealink-drill-") as folder:
        if log is not None:
            trials += drill_published(Folder(log), _trust(log, keys, quorum), now)
        trials += drill_history(Path(folder), now)
    _show(trials)
    missed = [trial.tampering for trial in trials if not trial.is_caught]
    err.print(f"{len(trials) - len(missed)} of {len(trials)} tamperings caught")
    if missed:
        raise typer.Exit(1)


@audit.command("export")
def export(
    log: Annotated[Path, typer.Argument(help="Published log (a folder with `checkpoint` and `tile/`).")],
    out: Annotated[Path, typer.Argument(help="New folder, or file for ocsf and csv.")],
    form: Annotated[
        Literal["folder", "ocsf", "csv"], typer.Option(help="OCSF: JSON lines; CSV: for people.")
    ] = "folder",
    keys: Annotated[Path | None, typer.Option(help="Verifier keys (default: the log's own list).")] = None,
    quorum: Annotated[int | None, typer.Option(min=0, help="How many witnesses are needed.")] = None,
) -> None:
    """Verify a published log, then write it as a static folder, as OCSF JSON lines or as CSV."""
    from audit.export import copy_folder, to_csv, to_ocsf
    from audit.verifier.read_again import proven_entries
    from audit.verifier.sources import Folder
    from audit.verifier.whole_log import verify_log
    from linkage.whole_file import whole_file

    source = Folder(log)
    with refusals():
        proven = verify_log(source, _trust(log, keys, quorum), int(time.time()))
        if form == "folder":
            _refuse_filled(out)
            written = f"{copy_folder(source, proven, out):,} files"
        else:
            entries = proven_entries(source, proven)
            lines = to_csv(entries) if form == "csv" else (
                to_ocsf(index, data, proven.head.origin) + "\n" for index, data in entries
            )  # fmt: skip
            with whole_file(out) as partial, partial.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
            written = f"{proven.head.size - proven.pruned:,} entries"
    err.print(f"{written} → {out}")


@audit.command("proof-file")
def proof_file(
    log: Annotated[Path, typer.Argument(help="Published log.")],
    index: Annotated[int, typer.Argument(min=0, help="Number of the entry, from 0.")],
    out: Annotated[Path, typer.Argument(help="Folder for INDEX.entry and INDEX.tlog-proof.")],
    keys: Annotated[Path | None, typer.Option(help="Verifier keys (default: the log's own list).")] = None,
    quorum: Annotated[int | None, typer.Option(min=0, help="How many witnesses are needed.")] = None,
) -> None:
    """Write one entry and its offline proof, for `sealink audit proof`."""
    from audit.export import proof_of
    from audit.verifier.sources import Folder
    from audit.verifier.whole_log import verify_log

    with refusals():
        proven = verify_log(Folder(log), _trust(log, keys, quorum), int(time.time()))
        entry, proof = proof_of(Folder(log), proven, index)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{index}.entry").write_bytes(entry)
        (out / f"{index}.tlog-proof").write_bytes(proof)
    err.print(f"entry {index} and its proof → {out}")


@witness.command("serve")
def witness_serve(
    database: Annotated[Path, typer.Option(help="The witness's own SQLite file; made when it is not there.")],
    logs: Annotated[Path, typer.Option(help="Verifier keys of the logs that it watches, one a line.")],
    key: Annotated[Path, typer.Option(help="Its Ed25519 cosigning key file (see `keygen`).")],
    pq_key: Annotated[Path | None, typer.Option(help="Its ML-DSA-44 key file, for a second line.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8421,
) -> None:
    """Speak C2SP tlog-witness: cosign checkpoints that extend what was seen, refuse rollbacks and forks."""
    from audit.witness_server import WitnessConfig, serve_witness

    with refusals():
        serve_witness(WitnessConfig(database, logs, key, pq_key, host, port))


@witness.command("keygen")
def witness_keygen(
    name: Annotated[str, typer.Argument(help="The witness's name, for example witness.court.example.")],
    file: Annotated[Path, typer.Argument(help="New key file, readable by its owner only; never overwritten.")],
    pq: Annotated[bool, typer.Option("--pq", help="An ML-DSA-44 key instead of an Ed25519 one.")] = False,
) -> None:
    """Make a witness's key file and print its verifier key."""
    from audit.keys import Ed25519Cosigner, MlDsa44Signer

    with refusals():
        made = (MlDsa44Signer if pq else Ed25519Cosigner).generate(name)
        made.save(file)
    typer.echo(made.vkey)


def _trust(log: Path, keys: Path | None, quorum: int | None) -> Trust:
    from audit.errors import MissingError
    from audit.keys import parse_vkeys
    from audit.verifier.trust import Trust

    path = keys or log / "vkeys"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingError(f"{path}: cannot be read: {error.strerror}") from None
    return Trust(tuple(parse_vkeys(text, str(path))), quorum)


def _refuse_filled(folder: Path) -> None:
    from audit.errors import UnreadableError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnreadableError(f"{folder}: is there already; name a new folder")


def _show(trials: Sequence[Trial]) -> None:
    table = Table("drill", "tampering", "what was said", box=None)
    for trial in trials:
        table.add_row(trial.drill, trial.tampering, trial.said or "[bold red]MISSED[/]")
    screen.print(table)


def _verifier(command: str, arguments: list[str]) -> None:
    from audit.verifier.command import main

    raise typer.Exit(main([command, *arguments]))
