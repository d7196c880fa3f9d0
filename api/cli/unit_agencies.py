"""The operator's commands at the unit itself, without HTTP: agencies and their keys, the service's own token key.

They work on the folder's database and log, beside a running service or without one; every act is an entry.

May touch: disk, database, a local socket (the signer)
Sees:      public keys; keys of the unit, for as long as a command runs
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli.console import err, out, refusals
from api.cli.serve import SettingsFile
from api.moments import day
from linkage.errors import KeyFileError

if TYPE_CHECKING:
    from api.auth.jose_keys import PublicKey
    from api.wiring import Service
    from linkage.agencies import AgencyState
    from linkage.caller import Caller
    from linkage.unit import Unit

unit = typer.Typer(no_args_is_help=True, help="Look after the linkage unit, at its own machine.")
agency = typer.Typer(no_args_is_help=True, help="Agencies that may call the service, and their keys.")
token_key = typer.Typer(no_args_is_help=True, help="The key that the service signs access tokens with.")

Code = Annotated[str, typer.Argument(metavar="AGENCY", help="The agency's code.")]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The agency's registration: JSON with its public keys.")]
SETTINGS = Path("settings.toml")
LONGEST_FILE = 64 * 1024


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    unit.add_typer(agency, name="agency")
    unit.add_typer(token_key, name="token-key")
    unit.command("rules")(show_rules)
    app.add_typer(unit, name="unit")


def show_rules() -> None:
    """Print the rule file that the service decides under, for `sealink audit policy`."""
    from api.wiring import RULES

    out.print(RULES.read_text(encoding="ascii"), end="", markup=False, highlight=False, soft_wrap=True)


@agency.command("add")
def add(
    code: Code,
    file: KeyFile,
    kind: Annotated[str, typer.Option(help="Kind of agency, a lower-case word: police, school, hospital …")],
    name: Annotated[str, typer.Option(help="Name for people; the code if absent.")] = "",
    settings: SettingsFile = SETTINGS,
) -> None:
    """Register an agency with its first key. Compare the thumbprint with the agency by telephone."""
    from api.auth.agencies import register_agency

    with at_the_unit(settings) as (opened, caller):
        key = _key_of(file, code)
        register_agency(opened, caller, code, name or code, kind, key)
    err.print(f"{code} registered, key {key.thumbprint}")


@agency.command("list")
def list_all(settings: SettingsFile = SETTINGS) -> None:
    """Show all agencies and their keys."""
    from api.auth.agencies import list_agencies, read_agency

    table = Table("agency", "name", "kind", "state", "key", "since", box=None)
    with at_the_unit(settings) as (opened, _):
        for each in list_agencies(opened, "", 10_000):
            keys = read_agency(opened, each.code)[1]
            names = "\n".join(key.key.thumbprint for key in keys)
            since = "\n".join(day(key.added_ms) for key in keys)
            table.add_row(each.code, each.name, each.kind, str(each.state), names, since)
    out.print(table)


@agency.command("suspend")
def suspend(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let it in no more, until `resume`; its tokens stop to count at once."""
    _change(settings, code, "suspended")


@agency.command("resume")
def resume(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let it in again."""
    _change(settings, code, "active")


@agency.command("remove")
def remove(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """Let it in never again; its code is not given to another."""
    _change(settings, code, "removed")


@agency.command("add-key")
def add_key(code: Code, file: KeyFile, settings: SettingsFile = SETTINGS) -> None:
    """Add a key for an agency that lost its own. Two at most."""
    from api.auth import agencies

    with at_the_unit(settings) as (opened, caller):
        key = _key_of(file, code)
        agencies.add_key(opened, caller, code, key)
    err.print(f"{code}: key {key.thumbprint} added")


@agency.command("remove-key")
def remove_key(
    code: Code,
    thumbprint: Annotated[str, typer.Argument(help="As `list` shows it.")],
    settings: SettingsFile = SETTINGS,
) -> None:
    """Take a key away, as when it was stolen; all tokens of the agency stop to count."""
    from api.auth import agencies

    with at_the_unit(settings) as (opened, caller):
        agencies.remove_key(opened, caller, code, thumbprint)
    err.print(f"{code}: key removed")


@agency.command("end-tokens")
def end_tokens(code: Code, settings: SettingsFile = SETTINGS) -> None:
    """End every token of an agency; with its keys it gets new ones."""
    from api.auth import agencies

    with at_the_unit(settings) as (opened, caller):
        agencies.end_tokens(opened, caller, code)
    err.print(f"{code}: its tokens are worth nothing any more")


@token_key.command("rotate")
def rotate(settings: SettingsFile = SETTINGS) -> None:
    """Sign with the next key from the next start on; a day apart at least, so that everybody has read the key set."""
    from api.auth import token_keys
    from api.settings import load_settings
    from api.wiring import unit_keystore
    from audit.crypto import passphrase
    from audit.crypto.keystore import save

    with at_the_unit(settings) as (opened, caller):
        loaded = load_settings(settings)
        store = unit_keystore(loaded)
        old, new = (token_keys.sha256_of(store, name) for name in (token_keys.NOW, token_keys.NEXT))
        opened.enter(caller, "key.rotate", {"purpose": "tokens", "old": old, "new": new})
        phrase = passphrase.from_file(loaded.at(loaded.keys.passphrase_file))
        save(loaded.at(loaded.keys.keystore), token_keys.rotated(store), phrase, may_replace=True)
    err.print("token key changed; start the service anew to use it")


@contextmanager
def at_the_unit(settings: Path) -> Iterator[tuple[Unit, Caller]]:
    """The unit that these settings are of, and who acts at its machine."""
    with the_service(settings) as (service, caller):
        yield service.unit, caller


@contextmanager
def the_service(settings: Path) -> Iterator[tuple[Service, Caller]]:
    """The same with all that a process of the service has."""
    from api.settings import load_settings
    from api.wiring import console_caller, opened

    with refusals(), opened(load_settings(settings)) as service:
        yield service, console_caller()


def _change(settings: Path, code: str, to: str) -> None:
    from api.auth.agencies import change_state, read_agency
    from linkage.agencies import AgencyState

    state: AgencyState = AgencyState(to)
    with at_the_unit(settings) as (opened, caller):
        change_state(opened, caller, code, read_agency(opened, code)[0].version, state)
    err.print(f"{code}: {state}")


def _key_of(file: Path, code: str) -> PublicKey:
    """The OAuth key in a registration. KeyFileError names the rule."""
    from api.auth.jose_keys import KeyRefusedError, public_key
    from api.http.strict_json import NotStrictError, check_json

    try:
        with file.open("rb") as opened:
            data = opened.read(LONGEST_FILE)
        check_json(data)
        found = json.loads(data)
        stated, jwk = found["agency"], dict(found["oauth"])
    except OSError as error:
        raise KeyFileError(f"{file}: cannot be read: {error.strerror}") from None
    except (NotStrictError, KeyError, TypeError, ValueError):
        raise KeyFileError(f"{file}: not an agency's registration") from None
    if stated != code:
        raise KeyFileError(f"{file}: the registration of another agency")
    try:
        return public_key(jwk)
    except KeyRefusedError as error:
        raise KeyFileError(f"{file}: {error}") from None
