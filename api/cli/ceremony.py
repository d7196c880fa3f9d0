"""`sealink ceremony`: split the root, recover it, check a share, and (not offline) seal a backup to it.

Words of a share are shown one share at a time on the terminal's second screen, which keeps no history, and go to disk
only into a folder that somebody asks for. They are read from the terminal or from files, never from an argument. Each
ceremony leaves a signed record, which is public and is needed to recover: it states the root's fingerprint.

May touch: disk, terminal
Sees:      the root, its shares, passphrases, for the length of the command
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from api.cli.console import err, out, refusals

if TYPE_CHECKING:
    from audit.crypto.hpke import OpeningKey
    from audit.crypto.keystore import Keystore
    from audit.crypto.signatures import SigningKey, VerifyingKey
    from vault.keys.ceremony import Ceremony, GivenShare, SharePlace

ceremony = typer.Typer(no_args_is_help=True, help="The root key: two of three at each agency, both agencies.")

Record = Annotated[Path, typer.Option(help="File of the signed record.")]
Present = Annotated[list[str], typer.Option(help="Code of somebody who was there; may be given again.")]
Keystores = Annotated[list[Path], typer.Option("--keystore", help="Keystore of one who signs; may be given again.")]
PassphraseFiles = Annotated[
    list[Path] | None, typer.Option("--passphrase-file", help="Passphrase of each keystore, in their order.")
]
RootPassphrase = Annotated[
    bool, typer.Option("--root-passphrase", help="Ask for a passphrase on top of the shares (printable ASCII).")
]
ShareFiles = Annotated[
    list[Path] | None, typer.Option("--share", help="File with one share; may be given again; asked for if absent.")
]
Senders = Annotated[list[str], typer.Option("--signed-by", help="Verifying key (its line) of a signer that you trust.")]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(ceremony, name="ceremony")


@ceremony.command("split")
def split(
    record: Record,
    present: Present,
    keystores: Keystores,
    passphrase_files: PassphraseFiles = None,
    root_passphrase: RootPassphrase = False,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Write the shares here (0600) instead of showing them.")
    ] = None,
) -> None:
    """Draw a new root, split it, hand its six shares out one by one; print the line to seal backups to."""
    from vault.keys.ceremony import draw_root, split_root
    from vault.keys.errors import CeremonyError

    with refusals():
        if out_folder is None and not out.is_terminal:
            raise CeremonyError("shares: shown on a terminal, or written to --out; this is no terminal")
        if record.exists():
            raise CeremonyError(f"{record.name}: exists already; a record is never replaced")
        signers = _signers(keystores, passphrase_files)
        root = draw_root()
        shares = split_root(root, _root_passphrase(root_passphrase, is_new=True))
        signed = _signed("split", root, tuple(map(str, shares)), present, signers)
        if out_folder is None:
            _hand_out(shares)
        else:
            _write_out(out_folder, shares)
        _write(record, signed)
    out.print(root.sealing_key.to_text(), soft_wrap=True, highlight=False)
    err.print(f"root {root.id} split; record → {record}; the line above is what backups are sealed to")


@ceremony.command("recover")
def recover(
    record: Record,
    split_record: Annotated[Path, typer.Option(help="The record of the split.")],
    signed_by: Senders,
    backup: Annotated[Path, typer.Option(help="The agency's backup to open.")],
    owner: Annotated[str, typer.Option(help="Whose backup it is: the keystore's owner.")],
    backup_by: Annotated[str, typer.Option(help="Verifying key (its line) of who made the backup.")],
    to: Annotated[Path, typer.Option(help="New keystore file for the recovered keys.")],
    present: Present,
    keystores: Keystores,
    passphrase_files: PassphraseFiles = None,
    root_passphrase: RootPassphrase = False,
    shares: ShareFiles = None,
    to_passphrase_file: Annotated[Path | None, typer.Option(help="File with the new keystore's passphrase.")] = None,
) -> None:
    """Bring the root back from two shares of each agency and open one agency's backup into a new keystore."""
    from audit.crypto import passphrase
    from audit.crypto.keystore import save
    from audit.crypto.signatures import VerifyingKey
    from vault.keys.backup import open_backup
    from vault.keys.ceremony import check_share, recover_root
    from vault.keys.errors import CeremonyError

    with refusals():
        for file in (record, to):
            if file.exists():
                raise CeremonyError(f"{file.name}: exists already, and is never replaced")
        before = _read_record(split_record, [VerifyingKey.parse(line) for line in signed_by])
        signers = _signers(keystores, passphrase_files)
        given = _given(shares) if shares else _ask_shares()
        root = recover_root(given, _root_passphrase(root_passphrase, is_new=False), before.fingerprint)
        used = tuple(str(check_share(one)) for one in given)
        store = open_backup(backup, root, owner, VerifyingKey.parse(backup_by))
        signed = _signed("recovered", root, used, present, signers)
        phrase = (
            passphrase.from_file(to_passphrase_file)
            if to_passphrase_file
            else passphrase.from_prompt("passphrase of the new keystore", is_new=True)
        )
        _write(record, signed)  # first: nobody recovers keys without a record of it
        save(to, store, phrase, may_replace=False)
    err.print(f"{len(store.keys)} keys of {owner} → {to}; record → {record}")


@ceremony.command("check")
def check(shares: ShareFiles = None) -> None:
    """Say whose share it is and whether it is whole; one share, no secret."""
    from vault.keys.ceremony import check_share

    with refusals():
        for one in _given(shares) if shares else [_ask_share(1)]:
            out.print(f"{one.place}: whole; {check_share(one)}", highlight=False, soft_wrap=True)


@ceremony.command("backup")
def backup(
    keystore: Annotated[Path, typer.Argument(help="Keystore to back up.")],
    root: Annotated[str, typer.Option(help="The root's line, as `split` printed it.")],
    to: Annotated[Path, typer.Option(help="New file for the backup.")],
    signer: Annotated[str | None, typer.Option(help="Name of the signing key, if the keystore has several.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="File with the keystore's passphrase.")] = None,
) -> None:
    """Seal an agency's keystore to the root; it stays with the agency."""
    from audit.crypto.hpke import SealingKey
    from vault.keys.backup import seal_backup

    with refusals():
        recipient = SealingKey.parse(root)
        store = _open(keystore, passphrase_file)
        key = store.signing_key(signer)
        seal_backup(to, store, recipient, key)
        out.print(key.verifying_key.to_text(), soft_wrap=True, highlight=False)
    err.print(f"backup of {len(store.keys)} keys → {to}; the line above is who made it, to be kept with the record")


def _hand_out(shares: Mapping[SharePlace, str]) -> None:
    for place, words in shares.items():
        typer.prompt(f"{place}: its holder alone before the screen, then Enter", default="", show_default=False)
        with out.screen(hide_cursor=False):
            out.print(_table(place, words.split()))
            typer.prompt("written down and read again? Enter", default="", show_default=False)


def _table(place: SharePlace, words: Sequence[str]) -> Table:
    columns = 3
    rows = -(-len(words) // columns)
    table = Table(title=Text(str(place), style="bold"), show_header=False, box=None, padding=(0, 3))
    for row in range(rows):
        numbers = range(row, len(words), rows)
        table.add_row(*(f"{number + 1:2} {words[number]}" for number in numbers))
    return table


def _write_out(folder: Path, shares: Mapping[SharePlace, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for place, words in shares.items():
        _write(folder / f"{place.holder.value}-{place.number}.share", words.encode() + b"\n")
    err.print(f"six shares → {folder}; give each to its holder and destroy the files")


def _write(path: Path, data: bytes) -> None:
    from audit.crypto.whole_file import whole_file
    from vault.keys.errors import CeremonyError

    try:
        with whole_file(path, may_replace=False) as stream:
            stream.write(data)
    except FileExistsError:
        raise CeremonyError(f"{path.name}: exists already, and is never replaced") from None


def _given(files: Iterable[Path]) -> list[GivenShare]:
    from vault.keys.ceremony import GivenShare

    return [GivenShare(file.name, file.read_text(encoding="utf-8", errors="replace")) for file in files]


def _ask_shares() -> list[GivenShare]:
    from vault.keys.ceremony import GROUPS, THRESHOLD, check_share

    given = []
    for number in range(1, len(GROUPS) * THRESHOLD + 1):
        one = _ask_share(number)
        err.print(f"{one.place}: whole; {check_share(one)}")
        given.append(one)
    return given


def _ask_share(number: int) -> GivenShare:
    from vault.keys.ceremony import GivenShare

    if not out.is_terminal:
        return GivenShare(f"share {number} given", typer.prompt("", prompt_suffix=""))
    with out.screen(hide_cursor=False):
        return GivenShare(f"share {number} given", typer.prompt(f"words of share {number} given"))


def _signers(keystores: Sequence[Path], files: Sequence[Path] | None) -> list[SigningKey]:
    from vault.keys.errors import CeremonyError

    if files and len(files) != len(keystores):
        raise CeremonyError("passphrase: one file for each keystore expected, in their order")
    return [_open(file, files[at] if files else None).signing_key() for at, file in enumerate(keystores)]


def _open(keystore: Path, file: Path | None) -> Keystore:
    from audit.crypto import passphrase
    from audit.crypto.keystore import load

    phrase = passphrase.from_file(file) if file else passphrase.from_prompt(f"passphrase of {keystore.name}")
    return load(keystore, phrase)


def _root_passphrase(is_asked: bool, *, is_new: bool) -> bytes:
    from audit.crypto import passphrase

    return passphrase.from_prompt("passphrase of the root", is_new=is_new) if is_asked else b""


def _signed(
    act: str, root: OpeningKey, shares: tuple[str, ...], present: Sequence[str], signers: Sequence[SigningKey]
) -> bytes:
    from audit.request_id import new_request_id
    from vault.keys.ceremony import Ceremony, group_rules

    now_ms = time.time_ns() // 1_000_000
    record = Ceremony(
        ceremony=new_request_id(now_ms),
        act=act,
        root=root.sealing_key.to_text(),
        fingerprint=root.id,
        groups=group_rules(),
        shares=shares,
        present=tuple(present),
        held_ms=now_ms,
    )
    return record.sign(*signers)


def _read_record(file: Path, trusted: Sequence[VerifyingKey]) -> Ceremony:
    from audit.crypto.signed_object import LONGEST, Kind, open_object
    from vault.keys.ceremony import Ceremony
    from vault.keys.errors import CeremonyError

    with file.open("rb") as stream:
        found = open_object(stream.read(LONGEST + 1), Kind.CEREMONY, trusted)
    if set(found.signers) != {key.id for key in trusted}:
        raise CeremonyError(f"{file.name}: not signed by everybody named")
    record = Ceremony.parse(found.payload)
    if record.act != "split":
        raise CeremonyError(f"{file.name}: not the record of a split")
    return record
