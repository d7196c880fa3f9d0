"""The root comes back with two shares of each agency and in no other way, and whatever is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import shamir_mnemonic
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.crypto.errors import ContainerError, KeystoreError
from audit.crypto.hpke import OpeningKey
from audit.crypto.keystore import KeyKind, Keystore, generate_key, parse_seeds, write_seeds
from audit.crypto.signatures import SigningKey
from vault.errors import MalformedFormError
from vault.forms import open_form
from vault.keys.backup import open_backup, seal_backup
from vault.keys.ceremony import (
    Ceremony,
    GivenShare,
    SharePlace,
    check_share,
    draw_root,
    group_rules,
    recover_root,
    split_root,
)
from vault.keys.errors import CeremonyError
from vault.vocabulary import Holder

ROOT = OpeningKey(bytes(range(32)))
SHARES = split_root(ROOT)
C1, C2, C3 = (SharePlace(Holder.COURT, number) for number in (1, 2, 3))
P1, P2, P3 = (SharePlace(Holder.PROCURATORATE, number) for number in (1, 2, 3))


def brought(*places: SharePlace, shares: dict[SharePlace, str] = SHARES) -> list[GivenShare]:
    return [GivenShare(str(place), shares[place]) for place in places]


def recovered(*places: SharePlace, passphrase: bytes = b"") -> OpeningKey:
    return recover_root(brought(*places), passphrase, ROOT.id)


@pytest.mark.parametrize("court", [(C1, C2), (C1, C3), (C2, C3)])
@pytest.mark.parametrize("procuratorate", [(P1, P3), (P3, P2)])
def test_two_of_each_bring_the_root_back(court: tuple[SharePlace, ...], procuratorate: tuple[SharePlace, ...]) -> None:
    """After a disaster the right people would stand there with the right shares in vain."""
    assert recovered(*court, *procuratorate).seed == ROOT.seed


def test_more_shares_than_needed_do_no_harm() -> None:
    """Six people who all came would be sent home."""
    assert recovered(*SHARES).seed == ROOT.seed


@pytest.mark.parametrize(
    "places",
    [(), (C1,), (C1, C2, C3), (P1, P2, P3), (C1, C2, C3, P1), (C1, P1, P2, P3)],
    ids=lambda places: "+".join(f"{place.holder.value[0]}{place.number}" for place in places),
)
def test_one_agency_alone_brings_nothing_back(places: tuple[SharePlace, ...]) -> None:
    """One agency could open every backup of both."""
    with pytest.raises(CeremonyError, match=r"shares: 2 of the (court|procuratorate)'s expected"):
        recovered(*places)


@settings(max_examples=40)
@given(st.sampled_from([C1, C2, P1, P2]), st.integers(0, 32), st.integers(1, 1023))
def test_a_changed_word_is_named_by_its_share(place: SharePlace, at: int, step: int) -> None:
    """Six people would have to guess whose paper is wrong, or a wrong root would come out."""
    from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

    words = SHARES[place].split()
    words[at] = WORDLIST[(WORD_INDEX_MAP[words[at]] + step) % 1024]
    given_ = [one if one.place != str(place) else GivenShare(one.place, " ".join(words)) for one in
              brought(C1, C2, P1, P2)]  # fmt: skip
    with pytest.raises(CeremonyError, match=str(place)) as found:
        recover_root(given_, b"", ROOT.id)
    assert not set(words) & set(str(found.value).split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "33 words expected"),
        (" ".join(SHARES[C1].split()[:-1]), "33 words expected"),
        (SHARES[C1] + " academic", "33 words expected"),
        (" ".join(["zzz", *SHARES[C1].split()[1:]]), "word 1 is not in the list"),
        (" ".join([*SHARES[C1].split()[:32], "封存"]), "word 33 is not in the list"),
        (" ".join(reversed(SHARES[C1].split())), "checksum"),
    ],
)
def test_what_is_no_share_is_refused_where_it_lies(words: str, said: str) -> None:
    """A slip of the pen would be found after the holder has left."""
    with pytest.raises(CeremonyError, match=f"envelope 4: .*{said}"):
        check_share(GivenShare("envelope 4", words))


def test_a_good_share_says_whose_it_is() -> None:
    """A holder could not check a paper without bringing the others."""
    assert {check_share(one) for one in brought(*SHARES)} == set(SHARES)
    assert check_share(GivenShare("", f"  {SHARES[P3].upper()}\n")) == P3
    assert str(P3) == "procuratorate, share 3 of 3"


def test_shares_of_another_split_are_named() -> None:
    """Papers of an earlier ceremony, still in a safe, would spoil the recovery without a word."""
    other = split_root(ROOT)
    mixed = [*brought(C1, C2, P1), *brought(P2, shares=other)]
    with pytest.raises(CeremonyError, match=r"procuratorate, share 2 of 3: of another split"):
        recover_root(mixed, b"", ROOT.id)
    with pytest.raises(CeremonyError, match="stands twice"):
        recovered(C1, C1, P1, P2)


def test_shares_of_other_makers_are_refused() -> None:
    """A split of weaker rules, one agency enough, would pass for the ceremony's."""
    for threshold, groups in ((1, [(2, 3), (2, 3)]), (1, [(2, 3)]), (2, [(3, 5), (2, 3)]), (2, [(2, 4), (2, 3)])):
        made = shamir_mnemonic.generate_mnemonics(threshold, groups, ROOT.seed)
        with pytest.raises(CeremonyError, match="not one of this program's"):
            for words in made[0]:
                check_share(GivenShare("envelope 1", words))


@pytest.mark.parametrize("said", [b"", b"another one", b"horse battery "])
def test_another_passphrase_is_another_root_and_is_told(said: bytes) -> None:
    """SLIP-39 gives another secret without an error: backups would fail to open and nobody would know why."""
    shares = split_root(ROOT, b"horse battery")
    right = brought(C1, C3, P1, P2, shares=shares)
    assert recover_root(right, b"horse battery", ROOT.id).seed == ROOT.seed
    assert shamir_mnemonic.combine_mnemonics([one.words for one in right], said) != ROOT.seed
    with pytest.raises(CeremonyError, match="another passphrase"):
        recover_root(right, said, ROOT.id)


@pytest.mark.parametrize("passphrase", ["密码".encode(), b"tab\t", b"x" * 257])
def test_a_passphrase_that_slip39_cannot_take_is_refused_at_once(passphrase: bytes) -> None:
    """The split would fail on the screen of the ceremony, or differ between programs."""
    with pytest.raises(CeremonyError, match="printable ASCII"):
        split_root(ROOT, passphrase)


def test_others_combine_our_shares() -> None:
    """In twenty years this program may be gone; any SLIP-39 program must do."""
    words = [SHARES[place] for place in (C2, C3, P1, P2)]
    assert shamir_mnemonic.combine_mnemonics(words) == ROOT.seed


def test_two_roots_and_two_splits_differ() -> None:
    """A root could come from anything but the system's randomness."""
    assert draw_root().seed != draw_root().seed
    assert split_root(ROOT) != split_root(ROOT)
    assert group_rules() == ("court 2-of-3", "procuratorate 2-of-3")


def test_the_record_holds_no_share_and_every_field_has_a_shape() -> None:
    """The one paper of the ceremony that is public could carry what the others keep secret."""
    signer = SigningKey(bytes(64))
    record = Ceremony(
        ceremony="01J00000000000000000000000",
        act="split",
        root=ROOT.sealing_key.to_text(),
        fingerprint=ROOT.id,
        groups=group_rules(),
        shares=tuple(map(str, SHARES)),
        present=("court-a/holder-1",),
        held_ms=1,
    )
    data = record.sign(signer)
    assert open_form(Ceremony, data, [signer.verifying_key]).form == record
    for words in SHARES.values():
        assert words.encode() not in data
        assert words not in repr(GivenShare("envelope", words))
    with pytest.raises(MalformedFormError, match=r"ceremony.act: must be one of split, recovered"):
        Ceremony.parse({**record.to_payload(), "act": "forged"})


def test_a_backup_opens_with_the_root_of_its_owner_and_sender_only(tmp_path: Path) -> None:
    """The keys of an agency would be lost with its machine, or anybody could plant keys of his own."""
    store = Keystore("court-a", (generate_key(KeyKind.HPKE, "agent-1"), generate_key(KeyKind.SIGNING, "agent")))
    signer, path = SigningKey(bytes(64)), tmp_path / "court.backup"
    seal_backup(path, store, ROOT.sealing_key, signer)
    root = recovered(C1, C2, P1, P2)
    assert open_backup(path, root, "court-a", signer.verifying_key) == store
    assert path.stat().st_mode & 0o777 == 0o600
    for key in store.keys:
        assert key.seed.hex().encode() not in path.read_bytes()
    for wrong in (
        (draw_root(), "court-a", signer.verifying_key),
        (root, "court-b", signer.verifying_key),
        (root, "court-a", SigningKey(b"\x01" * 64).verifying_key),
    ):
        with pytest.raises(ContainerError):
            open_backup(path, *wrong)
    with pytest.raises(FileExistsError):
        seal_backup(path, store, ROOT.sealing_key, signer)


@given(st.binary(max_size=200))
def test_seeds_in_clear_are_read_strictly(data: bytes) -> None:
    """A backup that opens but holds something else would become somebody's keystore."""
    store = Keystore("court-a", (generate_key(KeyKind.HPKE, "agent-1"),))
    assert parse_seeds(write_seeds(store)) == store
    with pytest.raises(KeystoreError):
        parse_seeds(data)
