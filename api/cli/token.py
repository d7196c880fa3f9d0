"""An agency's command for its PKCS#11 token: make the release agent's key inside it, and show what it holds.

The agent's opening key is two keys (`vault/keys/nested.py`): one made in the token, one in a keystore file. PIN and
passphrase come from a prompt, a descriptor or a file, never from an argument. Initialising a token itself (label, PINs)
is done with its maker's program.

May touch: disk, terminal, the token
Sees:      PIN, passphrase, for the length of the command
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli.console import err, out, refusals

if TYPE_CHECKING:
    from vault.keys.pkcs11_token import TokenPlace

token = typer.Typer(no_args_is_help=True, help="Keys of a release agent in a PKCS#11 token.")

Module = Annotated[Path, typer.Option(help="Path of the token maker's PKCS#11 module (a shared library).")]
Label = Annotated[str, typer.Option(help="The token's label.")]
Name = Annotated[str, typer.Option(help="Name of the key, in the token and in the keystore.")]
KeystoreFile = Annotated[Path, typer.Option(help="Keystore file with the other of the two keys.")]
PinFile = Annotated[Path | None, typer.Option(help="File (mode 0600) with the PIN.")]
PinDescriptor = Annotated[int | None, typer.Option("--pin-fd", help="Open descriptor to read the PIN from.")]
PassphraseFile = Annotated[Path | None, typer.Option(help="File (mode 0600) with the keystore's passphrase.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(token, name="token")


@token.command("init")
def init(
    module: Module,
    label: Label,
    name: Name,
    keystore: KeystoreFile,
    owner: Annotated[str, typer.Option(help="Whose keystore it is, if the file is new: the agency's code.")] = "",
    pin_file: PinFile = None,
    pin_fd: PinDescriptor = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make both keys and print the line for the agency's roster."""
    from audit.crypto.keystore import KeyKind, Keystore, generate_key, load, save
    from vault.keys.errors import TokenError
    from vault.keys.nested import TokenOpener
    from vault.keys.pkcs11_token import TokenPlace, opened_token

    with refusals():
        is_new = not keystore.exists()
        if is_new and not owner:
            raise TokenError("keystore: the file is new, and nobody is named as its owner")
        phrase = _passphrase(passphrase_file, is_new)
        store = Keystore(owner) if is_new else load(keystore, phrase)
        outer = generate_key(KeyKind.HPKE, name)
        store = store.with_key(outer)
        with opened_token(TokenPlace(module, label), _pin(pin_file, pin_fd), may_write=True) as opened:
            inner = opened.generate_key(name)
            save(keystore, store, phrase, may_replace=not is_new)
            out.print(TokenOpener(store.opening_key(name), inner).sealing_text, soft_wrap=True, highlight=False)
    err.print(f"key {name} made in token {label} and keystore {keystore}; the line above belongs into the roster")


@token.command("show")
def show(
    module: Module,
    label: Label,
    pin_file: PinFile = None,
    pin_fd: PinDescriptor = None,
    name: Annotated[str | None, typer.Option(help="With --keystore: print this key's line for the roster.")] = None,
    keystore: Annotated[Path | None, typer.Option(help="Keystore file with the other of the two keys.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """List the keys in the token, or print one key's line for the roster."""
    from vault.keys.pkcs11_token import TokenPlace

    place = TokenPlace(module, label)
    with refusals():
        if name is None or keystore is None:
            _list(place, _pin(pin_file, pin_fd))
        else:
            _show_line(place, name, keystore, passphrase_file, _pin(pin_file, pin_fd))


def _list(place: TokenPlace, pin: bytes) -> None:
    from vault.keys.pkcs11_token import opened_token

    table = Table("key", "kind", "made inside, cannot leave", box=None)
    with opened_token(place, pin) as opened:
        for one in opened.listing():
            table.add_row(one.name, one.kind, "yes" if one.is_inside else "[bold red]no[/]")
    out.print(table)


def _show_line(place: TokenPlace, name: str, keystore: Path, passphrase_file: Path | None, pin: bytes) -> None:
    from audit.crypto.keystore import load
    from vault.keys.nested import TokenOpener
    from vault.keys.pkcs11_token import opened_token

    outer = load(keystore, _passphrase(passphrase_file, False)).opening_key(name)
    with opened_token(place, pin) as opened:
        out.print(TokenOpener(outer, opened.key(name)).sealing_text, soft_wrap=True, highlight=False)


def _pin(file: Path | None, descriptor: int | None) -> bytes:
    from audit.crypto import passphrase

    if file is not None:
        return passphrase.from_file(file)
    return passphrase.from_prompt("PIN of the token") if descriptor is None else passphrase.from_descriptor(descriptor)


def _passphrase(file: Path | None, is_new: bool) -> bytes:
    from audit.crypto import passphrase

    if file is not None:
        return passphrase.from_file(file)
    return passphrase.from_prompt("passphrase of the keystore", is_new=is_new)
