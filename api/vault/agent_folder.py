"""A release agent's folder: its keys, what is pinned, its memory.

    agent.toml     agency, holder, the vault's address, epoch
    pins.toml      agencies, log and witness keys, brought by hand
    keystore       signing key; opening keys by epoch (the present one and, while halves are rotated, the one before)
                   With a token, each opening key is two: one here, one inside the token under the same name.
    releases/      every release that was made; latest: the latest time that was seen; rosters/, locks/

May touch: disk
Sees:      the agent's keys
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.vault.agent_program import AgentProgram
from api.vault.client import Identity, VaultClient
from api.vault.rosters_kept import KeptRosters
from audit.crypto.keystore import Effort, KeyKind, Keystore, generate_key, load, save
from audit.crypto.whole_file import whole_file
from vault.agent import Agent
from vault.caller import AGENT
from vault.errors import MalformedFormError
from vault.halves import Opener, SealedHalves, Sealer
from vault.keys.opener import HalfOpener, openers_of, parse_sealer
from vault.law.lawbook import ShippedLaw
from vault.pins import parse_pins
from vault.rosters import AgentKeys
from vault.vocabulary import Holder

if TYPE_CHECKING:
    from vault.keys.pkcs11_token import Token

SIGNING: Final = "agent"
_FIELDS = {"agency", "holder", "vault", "epoch"}


@dataclass(frozen=True, slots=True)
class AgentFolder:
    """An opened agent's folder."""

    path: Path
    agency: str
    holder: Holder
    vault: str
    epoch: int
    keystore: Keystore = field(repr=False)

    def keys(self, token: Token | None = None) -> AgentKeys:
        """What the agency's roster says about this agent."""
        verify = self.keystore.signing_key(SIGNING).verifying_key
        return AgentKeys(verify, self.opener(self.epoch, token).sealing_text, self.epoch)

    def openers(self, token: Token | None = None) -> tuple[HalfOpener, ...]:
        """Every opening key that is here; TokenError when the token lacks its part of one."""
        return tuple(openers_of(self.keystore, token))

    def opener(self, epoch: int, token: Token | None = None) -> HalfOpener:
        """The opening key of an epoch; MissingKeyError if it is not here."""
        kept = self.keystore.find(KeyKind.HPKE, epoch_name(epoch))
        alone = Keystore(self.keystore.owner, (kept,))
        return openers_of(alone, token)[0]

    def program(self, now_ms: Callable[[], int], token: Token | None = None) -> AgentProgram:
        """The agent, connected to the vault."""
        try:
            pins = parse_pins((self.path / "pins.toml").read_bytes())
        except FileNotFoundError:
            raise MalformedFormError("pins.toml: not in the agent's folder; bring it by hand") from None
        signer = self.keystore.signing_key(SIGNING)
        agent = Agent(self.holder, self.agency, signer, self.openers(token), ShippedLaw())
        client = VaultClient(self.vault, Identity(AGENT, self.agency, signer), now_ms)
        return AgentProgram(agent, client, KeptRosters(self.path / "rosters", pins), self.path, now_ms)

    def next_epoch(self, passphrase: bytes, token: Token | None = None) -> AgentFolder:
        """A new opening key beside the old one; the roster must name it before halves can be rotated."""
        if token is not None:
            token.generate_key(epoch_name(self.epoch + 1))
        keystore = self.keystore.with_key(generate_key(KeyKind.HPKE, epoch_name(self.epoch + 1)))
        save(self.path / "keystore", keystore, passphrase, may_replace=True)
        _write(self.path, self.agency, self.holder, self.vault, self.epoch + 1)
        return AgentFolder(self.path, self.agency, self.holder, self.vault, self.epoch + 1, keystore)

    def forget_epoch(self, epoch: int, passphrase: bytes) -> AgentFolder:
        """Destroy an old opening key, once no half is sealed to it."""
        if epoch == self.epoch:
            raise MalformedFormError("epoch: the present key is not forgotten")
        keystore = self.keystore.without(KeyKind.HPKE, epoch_name(epoch))
        save(self.path / "keystore", keystore, passphrase, may_replace=True)
        return AgentFolder(self.path, self.agency, self.holder, self.vault, self.epoch, keystore)


def make_agent(
    path: Path, *, agency: str, holder: Holder, vault: str, passphrase: bytes, effort: Effort | None = None,
    token: Token | None = None,
) -> AgentFolder:  # fmt: skip
    """Make an agent's folder with fresh keys, partly inside `token`; KeystoreError if there is one."""
    if token is not None:
        token.generate_key(epoch_name(1))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = (generate_key(KeyKind.SIGNING, SIGNING), generate_key(KeyKind.HPKE, epoch_name(1)))
    keystore = Keystore(f"{agency}/agent", keys)
    save(path / "keystore", keystore, passphrase, effort=effort, may_replace=False)
    _write(path, agency, holder, vault, 1)
    return AgentFolder(path, agency, holder, vault, 1, keystore)


def open_agent(path: Path, passphrase: bytes) -> AgentFolder:
    """Open an agent's folder; MalformedFormError or KeystoreError says what is wrong."""
    try:
        found = tomllib.loads((path / "agent.toml").read_text(encoding="utf-8"))
        if set(found) != _FIELDS:
            raise ValueError
        holder, epoch = Holder(found["holder"]), int(found["epoch"])
    except (OSError, tomllib.TOMLDecodeError, ValueError):
        raise MalformedFormError(f"{path}: no agent here; make one with `sealink agent init`") from None
    return AgentFolder(path, found["agency"], holder, found["vault"], epoch, load(path / "keystore", passphrase))


def epoch_name(epoch: int) -> str:
    """The name of an epoch's opening key; names sort as epochs do."""
    return f"epoch-{epoch:06d}"


def sealer_of(folder: AgentFolder, token: Token | None = None) -> Sealer:
    """What halves of the present epoch are sealed to."""
    return parse_sealer(folder.opener(folder.epoch, token).sealing_text)


def opener_of(folder: AgentFolder, halves: SealedHalves, token: Token | None = None) -> Opener:
    """The key that opens sealed halves; MalformedFormError if it is not here."""
    found = next((opener for opener in folder.openers(token) if opener.id == halves.key), None)
    if found is None:
        raise MalformedFormError("half: sealed to a key that this agent does not have")
    return found


def _write(path: Path, agency: str, holder: Holder, vault: str, epoch: int) -> None:
    text = f'agency = "{agency}"\nholder = "{holder.value}"\nvault = "{vault}"\nepoch = {epoch}\n'
    with whole_file(path / "agent.toml") as out:
        out.write(text.encode())
