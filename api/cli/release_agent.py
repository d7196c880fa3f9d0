"""The release agent's commands: `sealink agent`, run by court and procuratorate on a host of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import Advance, err, progress, refusals
from api.cli.desk import PassphraseFile, read_passphrase

if TYPE_CHECKING:
    from api.vault.agent_folder import AgentFolder
    from vault.keys.pkcs11_token import Token

agent = typer.Typer(no_args_is_help=True, help="Hold one half of every sealed record, and release it by the law alone.")

At = Annotated[Path, typer.Option("--at", help="The agent's folder.")]
Module = Annotated[Path | None, typer.Option(help="PKCS#11 module of the token that holds a part of each key.")]
Label = Annotated[str, typer.Option(help="With --module: the token's label.")]
PinFile = Annotated[Path | None, typer.Option(help="With --module: file (mode 0600) with the PIN.")]
HERE = Path("agent")


@contextmanager
def _token(
    module: Path | None, label: str, pin_file: Path | None, *, may_write: bool = False
) -> Iterator[Token | None]:
    """The opened token, or None for an agent whose keys are in its keystore alone."""
    if module is None:
        yield None
        return
    from audit.crypto import passphrase
    from vault.keys.pkcs11_token import TokenPlace, opened_token

    pin = passphrase.from_file(pin_file) if pin_file else passphrase.from_prompt("PIN of the token")
    with opened_token(TokenPlace(module, label), pin, may_write=may_write) as token:
        yield token


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(agent, name="agent")


@agent.command("init")
def init(
    agency: Annotated[str, typer.Option(help="Code of the agency.")],
    holder: Annotated[str, typer.Option(help="court or procuratorate: whose half it holds.")],
    vault: Annotated[str, typer.Option(help="Address of the vault.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
    module: Module = None,
    label: Label = "",
    pin_file: PinFile = None,
) -> None:
    """Make the agent's folder with fresh keys and print the card for the agency's roster keeper."""
    from api.vault.agent_folder import make_agent
    from api.vault.roster_keeper import agent_card
    from vault.errors import MalformedFormError
    from vault.vocabulary import Holder

    with refusals():
        if holder not in {one.value for one in Holder}:
            raise MalformedFormError("holder: court or procuratorate expected")
        phrase = read_passphrase(passphrase_file, is_new=True)
        with _token(module, label, pin_file, may_write=True) as token:
            made = make_agent(at, agency=agency, holder=Holder(holder), vault=vault, passphrase=phrase, token=token)
            card = agent_card(made.keys(token))
    typer.echo(card, nl=False)
    err.print(f"agent ready → {at}")
    err.print("next: give the card to the roster keeper, and put pins.toml into the agent's folder")


@agent.command("run")
def run(
    at: At = HERE,
    every_s: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and stop.")] = False,
    passphrase_file: PassphraseFile = None,
    module: Module = None,
    label: Label = "",
    pin_file: PinFile = None,
) -> None:
    """Poll the vault, verify what is authorised, release what holds; no port is opened."""
    from api.client.calls import ServiceError
    from api.vault.agent_folder import open_agent
    from api.vault.serving import now_ms

    with refusals(), _token(module, label, pin_file) as token:
        program = open_agent(at, read_passphrase(passphrase_file)).program(now_ms, token)
        while True:
            try:
                turn = program.turn()
            except ServiceError as error:
                err.print(f"vault: {error}")
            else:
                for request in turn.released:
                    err.print(f"released {request}")
                for request, why in turn.stopped:
                    err.print(f"[bold red]stopped[/] {request}: {why}")
            if once:
                return
            time.sleep(every_s)


@agent.command("lock")
def lock(at: At = HERE) -> None:
    """Stop every release of this agent at once, here, without the vault; remove the file `locked` to end it."""
    from api.vault.agent_program import LOCAL_LOCK

    with refusals():
        (at / LOCAL_LOCK).touch(mode=0o600)
    err.print("locked; this agent releases nothing while its folder has the file `locked`")


@agent.command("rekey")
def rekey(
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
    module: Module = None,
    label: Label = "",
    pin_file: PinFile = None,
) -> None:
    """Make a new opening key beside the old one and print the card for the roster keeper."""
    from api.vault.agent_folder import open_agent
    from api.vault.roster_keeper import agent_card

    with refusals():
        phrase = read_passphrase(passphrase_file)
        with _token(module, label, pin_file, may_write=True) as token:
            made = open_agent(at, phrase).next_epoch(phrase, token)
            card = agent_card(made.keys(token))
    typer.echo(card, nl=False)
    err.print("next: sealink roster agent CARD, sign, publish; then sealink agent rotate")


@agent.command("compare")
def compare(
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
    module: Module = None,
    label: Label = "",
    pin_file: PinFile = None,
) -> None:
    """Compare every half under the present key with what its envelope's signed header commits to."""
    from api.vault.agent_folder import open_agent

    with refusals(), _token(module, label, pin_file) as token, progress() as bar:
        _compare(open_agent(at, read_passphrase(passphrase_file)), bar("compared"), token)
    err.print("each half is the one of its sealing")


def _compare(folder: AgentFolder, told: Advance, token: Token | None) -> None:
    from api.vault.rotating import compare_all
    from api.vault.serving import now_ms
    from vault.errors import HalfError

    foreign = compare_all(folder, now_ms, lambda count: told(count, count), token)
    if foreign:
        raise HalfError(f"rotation: {len(foreign)} halves are not those of their sealing; the old key is kept")


@agent.command("rotate")
def rotate(
    forget: Annotated[bool, typer.Option("--forget", help="Destroy the old key when no half is under it.")] = False,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
    module: Module = None,
    label: Label = "",
    pin_file: PinFile = None,
) -> None:
    """Seal every half of the epoch before to the present key; killed, it goes on where it stood."""
    from api.vault.agent_folder import open_agent
    from api.vault.rotating import rotate_all
    from api.vault.serving import now_ms
    from vault.errors import HalfError

    with refusals(), _token(module, label, pin_file) as token, progress() as bar:
        phrase = read_passphrase(passphrase_file)
        folder = open_agent(at, phrase)
        old = folder.opener(folder.epoch - 1, token)
        told = bar("halves")
        done = rotate_all(folder, old.id, now_ms, lambda count: told(count, count), token)
        if done.damaged:
            raise HalfError(f"rotation: {len(done.damaged)} halves do not open with the old key; it is kept")
        if forget:
            _compare(folder, bar("compared"), token)
            folder.forget_epoch(folder.epoch - 1, phrase)
    err.print(f"{done.rotated} halves are under the key of epoch {folder.epoch}")
