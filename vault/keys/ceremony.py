"""The root ceremony: one 32-byte root, split so that two holders of each agency, court and procuratorate, restore it.

The root is the private half of a sealing key. To its public half each agency seals the backup of its own opening keys
(`backup.py`), at any time and without a ceremony; only after a disaster is the root recovered, offline, to open one
backup. SLIP-39 makes shares of 33 words with a checksum each. Its passphrase has a trap: another passphrase gives
another secret and no error, so every recovery is held against the root's fingerprint from the signed record. SLIP-39
here is arithmetic in tables, not in constant time: a machine that nobody else watches is part of the ceremony.

Recovering, in numbered steps:
  1. each share is whole by its checksum; one that is not is named by the place it came from;
  2. all are of one split, of this program's form, and none stands twice;
  3. both holders' groups have their two shares;
  4. the shares of each group, and the groups, agree with each other;
  5. what comes out has the fingerprint that the record states.

May touch: the system's randomness
Sees:      the root, its shares
Spec:      SLIP-0039; vault-law section 5 (root custody)
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from audit.crypto.hpke import OpeningKey
from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, ULID, Shape, choice, many
from vault.forms import TEXT, Form, shaped
from vault.keys.errors import CeremonyError
from vault.vocabulary import Holder

ROOT_BYTES: Final = 32
THRESHOLD: Final = 2
MEMBERS: Final = 3
GROUPS: Final = (Holder.COURT, Holder.PROCURATORATE)
"""The group's index in a share is the holder's place here."""
WORDS: Final = 33
_ITERATION_EXPONENT: Final = 1
_LONGEST_PASSPHRASE: Final = 256

KEY_ID = Shape("32 lower-case hexadecimal digits", lambda value: type(value) is str and len(value) == 32)


@dataclass(frozen=True, slots=True)
class SharePlace:
    """Whose share, and its number of three."""

    holder: Holder
    number: int

    def __str__(self) -> str:
        return f"{self.holder.value}, share {self.number} of {MEMBERS}"


@dataclass(frozen=True, slots=True)
class GivenShare:
    """Words as somebody brought them, and the place they came from, for the error that names them."""

    place: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ceremony(Form):
    """The signed record: what was done to which root, by whose shares, in whose presence. It holds no share."""

    KIND = Kind.CEREMONY
    ceremony: str = shaped(ULID)
    act: str = shaped(choice("split", "recovered"))
    root: str = shaped(TEXT)  # its public half, to which backups are sealed
    fingerprint: str = shaped(KEY_ID)
    groups: tuple[str, ...] = shaped(many(TEXT))
    shares: tuple[str, ...] = shaped(many(TEXT))  # made by a split, used by a recovery
    present: tuple[str, ...] = shaped(many(CODE))
    held_ms: int = shaped(COUNT)


def draw_root() -> OpeningKey:
    """A new root from the system's randomness."""
    return OpeningKey(secrets.token_bytes(ROOT_BYTES))


def group_rules() -> tuple[str, ...]:
    """``court 2-of-3`` and the like, as a record states them."""
    return tuple(f"{holder.value} {THRESHOLD}-of-{MEMBERS}" for holder in GROUPS)


def split_root(root: OpeningKey, passphrase: bytes = b"") -> dict[SharePlace, str]:
    """Six shares of 33 words, in order of their places, each already tried in every pair that can meet."""
    _check_passphrase(passphrase)
    made = generate_mnemonics(
        len(GROUPS), [(THRESHOLD, MEMBERS)] * len(GROUPS), root.seed, passphrase, True, _ITERATION_EXPONENT
    )
    shares = {
        SharePlace(holder, number): words
        for holder, group in zip(GROUPS, made, strict=True)
        for number, words in enumerate(group, 1)
    }
    _try_all(shares, passphrase, root.id)
    return shares


def check_share(given: GivenShare) -> SharePlace:
    """Whose share it is (step 1); CeremonyError names its place and, if it can, the word that no list has."""
    return _place(_share(given))


def recover_root(given: Iterable[GivenShare], passphrase: bytes, fingerprint: str) -> OpeningKey:
    """The root; CeremonyError at the first step that fails, naming the share where one is at fault."""
    _check_passphrase(passphrase)
    read = [(one, _share(one)) for one in given]  # 1
    _check_one_split(read)  # 2
    chosen = _choose(read)  # 3
    for holder, shares in chosen.items():
        _check_group(holder, shares)  # 4
    try:
        secret = combine_mnemonics([one.mnemonic() for shares in chosen.values() for one in shares], passphrase)
    except MnemonicError:
        raise CeremonyError("shares: the two groups do not belong to each other") from None
    root = OpeningKey(secret)
    if root.id != fingerprint:  # 5
        raise CeremonyError("root: another one than the record states; another passphrase, or another split's shares")
    return root


def _share(given: GivenShare) -> Share:
    words = given.words.split()
    if len(words) != WORDS:
        raise CeremonyError(f"{given.place}: {WORDS} words expected")
    for number, word in enumerate(words, 1):
        if word.lower() not in WORD_INDEX_MAP:
            raise CeremonyError(f"{given.place}: word {number} is not in the list of SLIP-39")
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError:  # its text quotes words of the share
        raise CeremonyError(f"{given.place}: damaged; its checksum does not hold") from None
    form = (share.group_count, share.group_threshold, share.member_threshold, share.iteration_exponent)
    if form != (len(GROUPS), len(GROUPS), THRESHOLD, _ITERATION_EXPONENT) or share.index >= MEMBERS:
        raise CeremonyError(f"{given.place}: a share, but not one of this program's ceremonies")
    return share


def _place(share: Share) -> SharePlace:
    return SharePlace(GROUPS[share.group_index], share.index + 1)


def _check_one_split(read: Sequence[tuple[GivenShare, Share]]) -> None:
    seen: dict[SharePlace, str] = {}
    for given, share in read:
        if share.common_parameters() != read[0][1].common_parameters():
            raise CeremonyError(f"{given.place}: of another split than {read[0][0].place}")
        if _place(share) in seen:
            raise CeremonyError(f"{given.place}: {_place(share)} stands twice")
        seen[_place(share)] = given.place


def _choose(read: Sequence[tuple[GivenShare, Share]]) -> Mapping[Holder, tuple[Share, ...]]:
    """The first two of each group, as many as SLIP-39 takes."""
    chosen = {}
    for index, holder in enumerate(GROUPS):
        shares = [share for _, share in read if share.group_index == index]
        if len(shares) < THRESHOLD:
            raise CeremonyError(f"shares: {THRESHOLD} of the {holder.value}'s expected, {len(shares)} given")
        chosen[holder] = tuple(shares[:THRESHOLD])
    return chosen


def _check_group(holder: Holder, shares: Sequence[Share]) -> None:
    """Whether a group's shares agree: SLIP-39 keeps a digest of each group's secret beside it."""
    single = [
        Share(one.identifier, one.extendable, one.iteration_exponent, 0, 1, 1, one.index, THRESHOLD, one.value)
        for one in shares
    ]
    try:
        combine_mnemonics([one.mnemonic() for one in single])
    except MnemonicError:
        raise CeremonyError(f"shares: the {holder.value}'s do not belong to each other") from None


def _try_all(shares: Mapping[SharePlace, str], passphrase: bytes, fingerprint: str) -> None:
    """A share that does not work is found now, not after the disaster."""
    places = list(shares)
    for skipped in range(MEMBERS):
        kept = [place for place in places if place.number != skipped + 1]
        recover_root([GivenShare(str(place), shares[place]) for place in kept], passphrase, fingerprint)


def _check_passphrase(passphrase: bytes) -> None:
    if len(passphrase) > _LONGEST_PASSPHRASE or not all(32 <= one <= 126 for one in passphrase):
        raise CeremonyError(f"passphrase: SLIP-39 takes printable ASCII, at most {_LONGEST_PASSPHRASE} characters")
