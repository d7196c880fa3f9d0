"""What leaves the log in other forms: the same facts, nothing else, and nothing that runs in a spreadsheet."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from published_log import KEYS, NOW, PublishedLog, random_entries

from audit.drill import check_proof
from audit.entry import read
from audit.errors import MissingError, TreeError
from audit.export import COLUMNS, _csv_line, copy_folder, proof_of, to_csv, to_ocsf
from audit.merkle import leaf_hash
from audit.proof import TlogProof
from audit.tiles import Tile, encode_bundle
from audit.verifier.read_again import proven_entries
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import Proven, verify_log

ENTRIES = random_entries(530)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(PublishedLog(ENTRIES).write(tmp_path_factory.mktemp("log")))


@pytest.fixture(scope="module")
def proven(folder: Folder) -> Proven:
    return verify_log(folder, Trust(KEYS), NOW)


def test_a_copied_folder_verifies_and_equals_the_log(folder: Folder, proven: Proven, tmp_path: Path) -> None:
    """An auditor would get a folder that a file is missing from."""
    assert copy_folder(folder, proven, tmp_path / "out") == len(folder.names())
    copied = Folder(tmp_path / "out")
    assert {name: copied.read(name) for name in copied.names()} == {name: folder.read(name) for name in folder.names()}
    assert verify_log(copied, Trust(KEYS), NOW).head == proven.head


def test_ocsf_holds_every_entry_once(folder: Folder, proven: Proven) -> None:
    """A SIEM would miss acts, or show them under another time, actor or outcome."""
    lines = [to_ocsf(index, data, proven.head.origin) for index, data in proven_entries(folder, proven)]
    assert len(lines) == len(ENTRIES)
    for number, (line, data) in enumerate(zip(lines, ENTRIES, strict=True)):
        event, entry = json.loads(line), read(data)
        assert event["class_uid"] == 6003 and event["type_uid"] == 600_300 + event["activity_id"]
        assert event["metadata"]["sequence"] == number and event["time"] == entry.ts_ms
        assert event["actor"]["user"]["uid"] == entry.actor.pseudonym and event["api"]["operation"] == entry.event
        assert event["unmapped"].get("facts", {}) == entry.to_json().get("facts", {})


def test_csv_reads_back_and_holds_no_formula(folder: Folder, proven: Proven) -> None:
    """A spreadsheet would lose a row, or run what somebody logged."""
    text = "".join(to_csv(proven_entries(folder, proven)))
    rows = list(csv.reader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS and len(rows) == len(ENTRIES) + 1
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row)
    assert _csv_line(("=1+1", "@x", "-2", "plain", "", "x")) == "'=1+1,'@x,'-2,plain,,x\r\n"


@pytest.mark.parametrize("index", [0, 255, 256, 529])
def test_a_proof_file_proves_its_entry(folder: Folder, proven: Proven, index: int) -> None:
    """A case file would hold a proof that no court's verifier accepts."""
    entry, text = proof_of(folder, proven, index)
    assert entry == ENTRIES[index]
    check_proof(entry, text, Trust(KEYS), NOW)


def test_no_proof_of_what_is_not_there(folder: Folder, proven: Proven) -> None:
    """A wrong number would end in a traceback."""
    with pytest.raises(MissingError):
        proof_of(folder, proven, 530)


def test_pruned_bundles_are_left_out(folder: Folder, proven: Proven, tmp_path: Path) -> None:
    """An export would stop at the first bundle that retention has dropped."""
    copy_folder(folder, proven, tmp_path / "log")
    (tmp_path / "log" / Tile(None, 0).path).unlink()
    pruned = replace(proven, bundles=(None, *proven.bundles[1:]))
    rest = [index for index, _ in proven_entries(Folder(tmp_path / "log"), pruned)]
    assert rest == list(range(256, 530))
    with pytest.raises(MissingError):
        list(proven_entries(Folder(tmp_path / "log"), proven))


def test_a_log_that_grew_meanwhile_is_exported_as_it_was_proven(folder: Folder, proven: Proven, tmp_path: Path) -> None:
    """An export of a running log would hold a newer checkpoint than its tiles, and no verifier would accept it."""
    PublishedLog(ENTRIES).write(tmp_path / "log")
    PublishedLog([*ENTRIES, *random_entries(9, seed=2)]).write(tmp_path / "log")
    copy_folder(Folder(tmp_path / "log"), proven, tmp_path / "out")
    assert verify_log(Folder(tmp_path / "out"), Trust(KEYS), NOW).head == proven.head
    entry, text = proof_of(Folder(tmp_path / "log"), proven, 7)
    check_proof(entry, text, Trust(KEYS), NOW)


def test_entries_changed_after_the_proof_are_not_exported(folder: Folder, proven: Proven, tmp_path: Path) -> None:
    """A spreadsheet made from a log that was just proven would show entries that were never in it."""
    copy_folder(folder, proven, tmp_path / "log")
    (tmp_path / "log" / Tile(None, 0).path).write_bytes(encode_bundle(random_entries(256, seed=3)))
    with pytest.raises(TreeError, match="proven just before"):
        list(proven_entries(Folder(tmp_path / "log"), proven))


def test_others_read_the_published_folder(folder: Folder, proven: Proven) -> None:
    """A verifier that is not ours (tlog-scales) would not find, or not accept, what we publish."""
    from tlog_scales.backend import LocalBackend
    from tlog_scales.reader import TilesReader
    from tlog_scales.signing import Vkey, VkeySet
    from tlog_scales.tlog import InclusionProof

    theirs = TilesReader(LocalBackend(folder.root))
    checkpoint = theirs.get_checkpoint()
    theirs.set_size(checkpoint.size)
    assert theirs.calculate_root_hash() == checkpoint.root_hash == proven.head.root
    assert len(VkeySet(*(Vkey.from_string(key.vkey) for key in KEYS)).verify(checkpoint.signatures, checkpoint)) >= 3
    for index in (0, 256, 529):
        assert theirs.get_entry(index) == ENTRIES[index]
        entry, text = proof_of(folder, proven, index)
        theirs.get_inclusion_proof(index, 530).check(leaf_hash(entry), proven.head.root)
        assert TlogProof.parse(text).index == index and leaf_hash(entry) == leaf_hash(theirs.get_entry(index))
        InclusionProof(index, 530, list(TlogProof.parse(text).hashes)).check(leaf_hash(entry), proven.head.root)
