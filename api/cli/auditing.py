"""The auditor's commands: verify a published log, stand witness. The verifier also stands alone: `sealink-verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import refusals

audit = typer.Typer(no_args_is_help=True, help="Verify audit logs; stand witness to them.")
witness = typer.Typer(no_args_is_help=True, help="Remember how large a log was, and sign it.")
audit.add_typer(witness, name="witness")

_AS_WRITTEN = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(audit, name="audit")


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


def _verifier(command: str, arguments: list[str]) -> None:
    from audit.verifier.command import main

    raise typer.Exit(main([command, *arguments]))
