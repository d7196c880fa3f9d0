"""`sealink webhooks`: have the linkage service call your server when something waits for you.

May touch: disk (the agency's keys, a file for the secret), network, terminal
Sees:      a webhook's secret, once
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.cli.connecting import CUSTODY, AsJson, Folder, PassphraseFile, as_agency
from api.cli.console import out
from api.moments import day
from linkage.errors import ProjectError
from linkage.webhooks.kinds import Kind

webhooks = typer.Typer(no_args_is_help=True, help="Have the service call your server when something waits for you.")

Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id.")]
Kinds = Annotated[list[Kind], typer.Option("--kind", help="What to be told of; may be given several times.")]
SecretFile = Annotated[Path, typer.Option(help="New file (mode 0600) for the secret; never overwritten.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(webhooks, name="webhooks")


@webhooks.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST/PATH in the public Internet.")],
    kind: Kinds,
    secret_file: SecretFile,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Register an endpoint; its secret goes into a file, this once."""
    with as_agency(at, passphrase_file) as client, _new_secret(secret_file) as handle:
        made = client.register_webhook(url, kind)
        os.write(handle, made["secret"].encode())
    typer.echo(made["endpoint"])


@webhooks.command("list")
def list_all(at: Folder = CUSTODY, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Your endpoints."""
    with as_agency(at, passphrase_file) as client:
        found = client.list_webhooks()
    _show(found, ("endpoint", "url", "kinds", "active"), as_json)


@webhooks.command("change")
def change(
    endpoint: Endpoint,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    kind: Annotated[list[Kind] | None, typer.Option("--kind", help="Other kinds, all of them.")] = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="Send, or do not.")] = None,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Another address, other kinds, on or off; what is not named stays."""
    with as_agency(at, passphrase_file) as client:
        client.change_webhook(endpoint, url, kind, active)


@webhooks.command("remove")
def remove(endpoint: Endpoint, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None) -> None:
    """Remove an endpoint; messages on their way to it are dropped."""
    with as_agency(at, passphrase_file) as client:
        client.remove_webhook(endpoint)


@webhooks.command("rotate")
def rotate(
    endpoint: Endpoint, secret_file: SecretFile, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None
) -> None:
    """Make a new secret; for 24 hours messages are signed with both."""
    with as_agency(at, passphrase_file) as client, _new_secret(secret_file) as handle:
        os.write(handle, client.rotate_webhook_secret(endpoint).encode())


@webhooks.command("ping")
def ping(endpoint: Endpoint, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None) -> None:
    """Send a message that says nothing; prints its id."""
    with as_agency(at, passphrase_file) as client:
        typer.echo(client.ping_webhook(endpoint))


@webhooks.command("deliveries")
def deliveries(
    endpoint: Endpoint, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """Messages to an endpoint and how they fared."""
    with as_agency(at, passphrase_file) as client:
        found = client.list_deliveries(endpoint)
    _show(found, ("delivery", "kind", "state", "tries", "status", "fault", "created_ms"), as_json)


@webhooks.command("replay")
def replay(
    endpoint: Endpoint,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="The message's id.")],
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Send a message again, under the same id."""
    with as_agency(at, passphrase_file) as client:
        client.replay_delivery(endpoint, delivery)


@contextmanager
def _new_secret(file: Path) -> Iterator[int]:
    """A new file for a secret, made before the call: a secret that cannot be kept is not asked for."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise ProjectError(f"{file}: cannot be made, or exists", hint="name a new file") from None
    try:
        yield handle
    except BaseException:
        file.unlink()
        raise
    finally:
        os.close(handle)


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in columns))
    out.print(table)


def _cell(name: str, value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if name == "created_ms" and isinstance(value, int):
        return day(value)
    return "—" if value is None else str(value)
