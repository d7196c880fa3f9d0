"""The roster keeper's commands: `sealink roster`, to put people and the agent on the agency's roster and publish it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import err, refusals
from api.cli.desk import PassphraseFile, opened_at, read_passphrase

if TYPE_CHECKING:
    from api.vault.roster_keeper import RosterKeeper

roster = typer.Typer(no_args_is_help=True, help="Keep the agency's roster: who may do what, with which keys.")

At = Annotated[Path, typer.Option("--at", help="The keeper's folder; keep it offline.")]
KeysTo = Annotated[Path | None, typer.Option(help="Folder for the key files of everybody who still reads.")]
HERE = Path("roster-keeper")


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(roster, name="roster")


@roster.command("init")
def init(
    agency: Annotated[str, typer.Option(help="Code of the agency.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make the keeper's folder and print the roster key, which every desk and agent pins."""
    from api.vault.roster_keeper import make_keeper

    with refusals():
        made = make_keeper(at, agency, read_passphrase(passphrase_file, is_new=True))
    typer.echo(made.roster_key.to_text())
    err.print(f"keeper ready → {at}")


@roster.command("add")
def add(
    card: Annotated[Path, typer.Argument(help="The card that `sealink desk init` printed.")],
    roles: Annotated[list[str], typer.Option("--role", help="sealer, officer, decider, approver or supervisor.")],
    key_to: Annotated[Path | None, typer.Option(help="Where the agency's desk key goes, sealed to the person.")] = None,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put a person on the roster, or give them new keys or roles."""
    from api.vault.roster_keeper import Card, open_keeper
    from api.vault.serving import now_ms
    from audit.crypto.whole_file import whole_file
    from vault.errors import MalformedFormError
    from vault.vocabulary import Role

    with refusals():
        if not set(roles) <= {role.value for role in Role}:
            raise MalformedFormError("role: sealer, officer, decider, approver or supervisor expected")
        keeper = open_keeper(at, read_passphrase(passphrase_file))
        person = Card.parse(card.read_text(encoding="utf-8"))
        sealed = keeper.add(person, frozenset(Role(role) for role in roles), now_ms())
        if sealed is not None and key_to is not None:
            with whole_file(key_to) as out:
                out.write(sealed)
    err.print("on the roster; sign and publish it with `sealink roster sign`")
    if sealed is not None:
        err.print("this person reads what is sealed to the agency: give them the key file, for sealink desk take-key")


@roster.command("revoke")
def revoke(
    person: Annotated[str, typer.Argument(help="Pseudonym of the person.")],
    keys_to: KeysTo = None,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """End a person's rights now, and renew the desk key if they had it; sign and publish at once."""
    from api.vault.roster_keeper import open_keeper
    from api.vault.serving import now_ms
    from vault.errors import MalformedFormError

    with refusals():
        phrase = read_passphrase(passphrase_file)
        keeper = open_keeper(at, phrase)
        had_key = keeper.holds_desk_key(person)
        if had_key and keys_to is None:
            raise MalformedFormError("roster: this person has the agency's desk key; say --keys-to for the new ones")
        keeper.revoke(person, now_ms())
        if had_key and keys_to is not None:
            _renew(keeper, phrase, keys_to)
    err.print("revoked; sign and publish it with `sealink roster sign`")


@roster.command("renew-desk")
def renew_desk(
    keys_to: Annotated[Path, typer.Option(help="Folder for the key files of everybody who reads.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Draw a new desk key, after a device that had it was lost or replaced; sign and publish at once."""
    from api.vault.roster_keeper import open_keeper

    with refusals():
        phrase = read_passphrase(passphrase_file)
        _renew(open_keeper(at, phrase), phrase, keys_to)
    err.print("renewed; sign and publish it with `sealink roster sign`")


def _renew(keeper: RosterKeeper, phrase: bytes, keys_to: Path) -> None:
    from api.vault.serving import now_ms
    from audit.crypto.whole_file import whole_file

    keys_to.mkdir(parents=True, exist_ok=True, mode=0o700)
    _, keys = keeper.renew_desk(phrase, now_ms())
    for person, sealed in keys.items():
        with whole_file(keys_to / f"{person}.key") as out:
            out.write(sealed)
    err.print(f"new desk key for {len(keys)} people → {keys_to}; each takes theirs with sealink desk take-key")


@roster.command("agent")
def agent(
    card: Annotated[Path, typer.Argument(help="The card that `sealink agent init` or `rekey` printed.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Name the agency's release agent, or its new keys."""
    from api.vault.roster_keeper import open_keeper, parse_agent_card
    from api.vault.serving import now_ms

    with refusals():
        keys = parse_agent_card(card.read_text(encoding="utf-8"))
        open_keeper(at, read_passphrase(passphrase_file)).set_agent(keys, now_ms())
    err.print("named; sign and publish it with `sealink roster sign`")


@roster.command("sign")
def sign(
    to: Annotated[Path, typer.Option(help="Where the signed roster goes.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign a new version, valid for a month; somebody with a desk publishes it."""
    from api.vault.roster_keeper import open_keeper
    from api.vault.serving import now_ms
    from audit.crypto.whole_file import whole_file

    with refusals():
        data = open_keeper(at, read_passphrase(passphrase_file)).sign(now_ms())
        with whole_file(to, mode=0o644) as out:
            out.write(data)
    err.print(f"signed → {to}\nnext: sealink roster publish {to} --vault ADDRESS")


@roster.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(help="A signed roster.")],
    vault: Annotated[str, typer.Option(help="Address of the vault.")] = "",
    desk: Annotated[
        Path | None,
        typer.Option("--desk", help="Send it from this desk: for rosters of more than some hundred people."),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Hand a signed roster to the vault; its signature is the credential."""
    from api.vault.client import publish_roster
    from vault.errors import MalformedFormError

    with refusals():
        if (desk is None) == (not vault):
            raise MalformedFormError("roster: --vault or --desk expected, and not both")
        if desk is None:
            publish_roster(vault, file.read_bytes())
        else:
            opened_at(desk, passphrase_file).client.put_roster(file.read_bytes())
    err.print("published")
