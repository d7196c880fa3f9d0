"""The operator's commands at the unit itself for people's accounts: `sealink unit account …`.

The first operator can be made nowhere else. Every act is an entry.

May touch: disk, database, a local socket (the signer)
Sees:      a password and a secret, once; keys of the unit, for as long as a command runs
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from api.cli.console import err, out
from api.cli.serve import SettingsFile
from api.cli.unit_agencies import SETTINGS, the_service, unit
from api.moments import day

if TYPE_CHECKING:
    from api.auth.accounts import NewCredential

account = typer.Typer(no_args_is_help=True, help="People of the unit: operators, reviewers, auditors.")
Code = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The person's code in the unit's staff list; no name.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    unit.add_typer(account, name="account")


@account.command("add")
def add(
    code: Code,
    role: Annotated[Literal["operator", "reviewer", "auditor"], typer.Option(help="What they are here for.")],
    subject: Annotated[str, typer.Option(help="Their `sub` at the site's provider; absent: a local account.")] = "",
    settings: SettingsFile = SETTINGS,
) -> None:
    """Create an account; a local one's password and secret are printed this once."""
    from api.auth.accounts import create_account
    from api.auth.permissions import Role

    with the_service(settings) as (service, caller):
        made = create_account(service.auth, caller, code, Role(role), subject or None)
    _show(made)
    err.print(f"{code} created as {role}")


@account.command("list")
def list_all(settings: SettingsFile = SETTINGS) -> None:
    """Show all accounts."""
    from api.auth.accounts import list_accounts

    table = Table("account", "role", "state", "signs in", "since", box=None)
    with the_service(settings) as (service, _):
        for each in list_accounts(service.auth, "", 10_000):
            how = "here" if each.is_local else "at the provider"
            table.add_row(each.code, str(each.role), str(each.state), how, day(each.created_ms))
    out.print(table)


@account.command("lock")
def lock(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let them in no more, until `unlock`; their sessions end at once."""
    _change(settings, code, "locked")


@account.command("unlock")
def unlock(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let them in again."""
    _change(settings, code, "active")


@account.command("close")
def close(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let them in never again; the code is not given to another."""
    _change(settings, code, "closed")


@account.command("renew")
def renew(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Draw a new password and secret for a local account; printed this once."""
    from api.auth.accounts import read_account, renew_credential

    with the_service(settings) as (service, caller):
        made = renew_credential(service.auth, caller, code, read_account(service.auth, code).version)
    _show(made)
    err.print(f"{code}: the old password is worth nothing any more")


def _show(made: NewCredential | None) -> None:
    if made is not None:
        out.print(f"password       {made.password}", highlight=False, markup=False, soft_wrap=True)
        out.print(f"authenticator  {made.totp_address}", highlight=False, markup=False, soft_wrap=True)


def _change(settings: Path, code: str, to: str) -> None:
    from api.auth.account_rows import AccountState
    from api.auth.accounts import change_account, read_account

    with the_service(settings) as (service, caller):
        change_account(service.auth, caller, code, read_account(service.auth, code).version, AccountState(to))
    err.print(f"{code}: {to}")
