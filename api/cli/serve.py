"""The operator's command: `sealink serve linkage`, to make a folder, to serve from it, to list what is served."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import err, out, refusals

serve = typer.Typer(no_args_is_help=True, help="Run a service.")

SettingsFile = Annotated[Path, typer.Option("--settings", help="TOML file, as --init writes it.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(serve, name="serve")


@serve.command("linkage")
def linkage(
    settings: SettingsFile = Path("settings.toml"),
    init: Annotated[Path | None, typer.Option(help="Make this folder: settings, keys, database, log.")] = None,
    routes: Annotated[bool, typer.Option("--routes", help="List every route with its permission and stop.")] = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the database to this version's tables and grants and stop.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen on.")] = None,
    web: Annotated[int | None, typer.Option(min=1, max=64, help="Web processes.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, max=64, help="Worker processes.")] = None,
    public_url: Annotated[str, typer.Option(help="With --init: how others reach the service.")] = "",
    database_url: Annotated[str, typer.Option(help="With --init: PostgreSQL; SQLite in the folder if absent.")] = "",
    origin: Annotated[str, typer.Option(help="With --init: the log's public name, as haimen.example/linkage.")] = "",
) -> None:
    """Serve the linkage unit: API, workers, published log; Ctrl-C ends it when what is under way is finished."""
    if init is not None:
        _init(init, port or 8401, public_url, database_url, origin)
    elif routes:
        _show_routes()
    elif migrate:
        _migrate(settings)
    else:
        listen = {"host": host, "port": port}
        processes = {"web": web, "workers": workers}
        _serve(settings, {"listen": _given(listen), "processes": _given(processes)})


@serve.command("vault")
def vault(
    settings: SettingsFile = Path("vault.toml"),
    init: Annotated[Path | None, typer.Option(help="Make this folder: settings, tables, log.")] = None,
    routes: Annotated[bool, typer.Option("--routes", help="List every route with its callers and stop.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="With --init: port to listen on.")] = 8402,
    public_url: Annotated[str, typer.Option(help="With --init: how desks and agents reach the vault.")] = "",
    database_url: Annotated[str, typer.Option(help="With --init: PostgreSQL; SQLite in the folder if absent.")] = "",
    service_role: Annotated[str, typer.Option(help="With --init: PostgreSQL role that the service logs in with.")] = "",
    origin: Annotated[str, typer.Option(help="With --init: the log's public name, as haimen.example/vault.")] = "",
) -> None:
    """Serve the vault: ciphertext, requests, the log; it holds no key that could open a record."""
    from api.vault.serving import make_vault_folder
    from api.vault.settings import load_vault_settings

    if routes:
        _show_vault_routes()
        return
    os.umask(0o077)
    with refusals():
        if init is None:
            load_vault_settings(settings).read_pins()
            # A process of its own, so that nothing of the linkage service is loaded beside the vault (architecture D1).
            command = [sys.executable, "-m", "api.vault.serving", "--settings", str(settings)]
            os.execv(sys.executable, command)  # noqa: S606  (our own program)
        address = public_url or f"http://127.0.0.1:{port}"
        file = make_vault_folder(
            init, public_url=address, port=port, database_url=database_url, origin=origin, service_role=service_role
        )
    err.print(f"folder ready → {init}")
    err.print(f"next: write pins.toml there with the keys of {init / 'log-vkeys'}, name the impact assessment, then")
    err.print(f"      sealink serve vault --settings {file}")


def _show_vault_routes() -> None:
    from fastapi.routing import APIRoute

    from api.vault.app import callers_of
    from api.vault.routers import ROUTERS

    table = Table("callers", "method", "path", box=None)
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                table.add_row(callers_of(route), ", ".join(sorted(route.methods or ())), route.path)
    out.print(table)


def _init(folder: Path, port: int, public_url: str, database_url: str, origin: str) -> None:
    from api.working_folder import make_folder

    os.umask(0o077)
    with refusals():
        made = make_folder(
            folder, public_url=public_url or f"http://127.0.0.1:{port}", port=port, database_url=database_url,
            origin=origin,
        )  # fmt: skip
    err.print(f"folder ready → {folder}")
    err.print(f"next: sealink serve linkage --settings {made.file}")


def _migrate(file: Path) -> None:
    from api.migrations import migrating
    from api.settings import load_settings
    from api.wiring import roles_of

    with refusals():
        settings = load_settings(file)
        migrating.migrate(settings.owner_url(), roles_of(settings))
    err.print("the database has the tables of this version")


def _given(changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in changes.items() if value is not None}


def _show_routes() -> None:
    from api.linkage.listing import listed_routes
    from api.linkage.routers import ROUTERS

    table = Table("permission", "method", box=None)
    for name in ("path", "operation"):
        table.add_column(name, overflow="fold")
    for each in listed_routes(ROUTERS):
        table.add_row(each.permission or "[bold red]none[/]", each.method, each.path, each.operation)
    out.print(table)


def _serve(file: Path, changes: dict[str, dict[str, object]]) -> None:
    from api.http.logs import set_up_logs
    from api.serving.supervisor import stop_on_signals, supervise
    from api.settings import load_settings

    os.umask(0o027)  # children inherit it; the published log may be read by a group
    with refusals():
        settings = load_settings(file, changes)
        set_up_logs("supervisor")
        supervise(settings, stop_on_signals())


@serve.command(
    "ordinary-check", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)
def ordinary_check(context: typer.Context) -> None:
    """Serve the ordinary record check from a CSV file or a table of the ordinary index (--help lists its options)."""
    # Becomes another program, so that nothing of linkage or vault is in the memory of the one that answers.
    os.execv(sys.executable, [sys.executable, "-m", "api.ordinary_check", *context.args])  # noqa: S606  (our own program)
