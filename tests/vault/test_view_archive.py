"""Views: what each contains and never contains, the same bytes each time, and a reader that takes nothing else."""

from __future__ import annotations

import io
import random
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from case_folder import FILES, MANIFEST, write_case
from hypothesis import given
from hypothesis import strategies as st
from vault_cast import NOW, Cast

from audit import canonical
from audit.crypto.container import verify_container
from audit.crypto.container_header import Purpose
from audit.crypto.signatures import SigningKey
from audit.request_id import new_request_id
from vault.buckets import bucket
from vault.bundle import Bundle, read_bundle
from vault.errors import BundleError, EnvelopeError
from vault.halves import KeyOpener, KeySealer, RecordId, open_half
from vault.law.views import CONTENTS, ORDER
from vault.manifest import JOINT_MARK
from vault.opening import half_commitments, open_view
from vault.sealing import Source, seal_views
from vault.view_archive import META, adult_file_pieces, extract_view, header_of, read_view, view_pieces
from vault.vocabulary import CaseOutcome, View

KIB = 1024


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return read_bundle(write_case(tmp_path / "case"))


def plain(bundle: Bundle, view: View) -> bytes:
    return b"".join(view_pieces(bundle, view))


def contents(data: bytes) -> dict[str, bytes]:
    """Names and bytes by our reader."""
    opened = read_view([data])
    return {part.name: b"".join(part.pieces) for part in opened.parts}


def by_tarfile(data: bytes) -> dict[str, bytes]:
    """Names and bytes by the standard library's reader."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]


def test_L21_accepts_three_facts_in_the_minimal_view(bundle: Bundle) -> None:
    """A unit with a lawful query would not get the answer that the law gives it."""
    data = plain(bundle, View.UNIT_MINIMAL)
    meta = read_view([data]).meta
    assert (meta["punished"], meta["charges"], meta["term_months"]) == (True, ["盗窃罪"], 18)
    assert len(data) == 4 * KIB


def test_L21_refuses_everything_else_in_the_minimal_view(bundle: Bundle) -> None:
    """A name, a case number or a file would reach a unit."""
    data = plain(bundle, View.UNIT_MINIMAL)
    assert set(read_view([data]).meta) == {"format", "view", "punished", "charges", "term_months"}
    assert contents(data) == {}
    for secret in ("欧阳", "小明", "3206", "2026", "2025", "海门", "court-a"):
        assert secret.encode() not in data


@pytest.mark.parametrize("view", View)
def test_each_view_holds_the_fields_that_its_contents_name(bundle: Bundle, view: View) -> None:
    """What `law/views.py` says of a view would not be what is sealed."""
    assert set(read_view([plain(bundle, view)]).meta) == CONTENTS[view].fields | {"format", "view"}


def test_an_extract_holds_redacted_forms_under_neutral_names(bundle: Bundle) -> None:
    """The original, or a file name with the subject's name, would reach another case."""
    data = plain(bundle, View.JUDICIAL_EXTRACT)
    assert contents(data) == {"objects/00001.txt": FILES["trial/judgment.redacted.txt"]}
    for secret in ("欧阳小明", "320684200805101234", "海门", "社会调查", "讯问"):
        assert secret.encode() not in data


def test_the_whole_file_holds_everything(bundle: Bundle) -> None:
    """A retrial would be judged on a part of the file."""
    data = plain(bundle, View.COURT_FULL)
    assert contents(data) == {f"objects/{path}": content for path, content in FILES.items()}
    assert read_view([data]).meta["subject"]["name"] == "欧阳小明"


@pytest.mark.parametrize("view", View)
def test_another_tar_program_reads_a_view(bundle: Bundle, view: View) -> None:
    """A view could be read with this program alone, in sixty years."""
    data = plain(bundle, view)
    found = by_tarfile(data)
    assert canonical.loads(found.pop(META)) == read_view([data]).meta
    assert found == contents(data)


def test_the_same_bundle_gives_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    """Times or owners of files would stand in a view."""
    again = read_bundle(write_case(tmp_path / "again"))
    for view in View:
        assert plain(bundle, view) == plain(again, view)


@pytest.mark.parametrize("outcome", [CaseOutcome.NON_PROSECUTED, CaseOutcome.ACQUITTED])
def test_the_minimal_view_of_who_was_not_convicted_names_no_charge(tmp_path: Path, outcome: CaseOutcome) -> None:
    """If every other guard failed, a unit would still learn nothing of a non-prosecution (L15)."""
    kind = {"non_prosecuted": "non_prosecution", "acquitted": "acquittal"}[outcome]
    changes = [('outcome = "sentenced"', f'outcome = "{outcome}"'), ('["conviction"]', f'["{kind}"]'),
               ("term_months = 18\n", "")]  # fmt: skip
    data = plain(read_bundle(write_case(tmp_path, changes)), View.UNIT_MINIMAL)
    meta = read_view([data]).meta
    assert (meta["punished"], meta["charges"], meta["term_months"]) == (False, [], None)


def test_charges_that_do_not_fit_the_minimal_view_are_refused(tmp_path: Path) -> None:
    """The size of the minimal view would tell of a long list of charges."""
    many = "".join(f'[[offence]]\ncharge = "{"罪" * 60}{n}"\nfirst = 2025-01-05\n' for n in range(20))
    bundle = read_bundle(write_case(tmp_path, [("[[phase]]", f"{many}[[phase]]")]))
    with pytest.raises(BundleError, match="unit_minimal"):
        plain(bundle, View.UNIT_MINIMAL)


def test_the_adults_file_of_a_joint_case_is_redacted_and_marked(tmp_path: Path, bundle: Bundle) -> None:
    """The adults' file would name the minor (L8)."""
    changes = [('joint = "none"', f'joint = "separated"\nmark = "{JOINT_MARK}"'),
               ("extract = true", "extract = true\nshared = true")]  # fmt: skip
    data = b"".join(adult_file_pieces(read_bundle(write_case(tmp_path / "joint", changes))))
    opened = read_view([data])
    assert opened.meta["marks"] == ["含犯罪记录封存信息"]
    assert contents(data) == {"objects/00001.txt": FILES["trial/judgment.redacted.txt"]}
    assert "欧阳小明".encode() not in data
    with pytest.raises(BundleError):
        list(adult_file_pieces(bundle))


@given(st.integers(1, 2**44))
def test_buckets_hold_what_they_are_for_and_grow_by_an_eighth_at_most(size: int) -> None:
    """A view would not fit its bucket, or sizes would tell more than they must."""
    found = bucket(size)
    assert found >= max(size, 4 * KIB) and found % 512 == 0
    assert bucket(found) == found
    assert bucket(size + 1) >= found
    if size > KIB * KIB:
        assert found <= size * 1.12
    elif size > 4 * KIB:
        assert found < 2 * size


def test_there_are_few_buckets() -> None:
    """Padding would hide little: nine sizes up to 1 MiB, and some hundreds up to 64 GiB."""
    sizes = {bucket(size) for size in range(1, KIB * KIB, 997)}
    assert sizes == {4 * KIB << n for n in range(9)}
    assert (bucket(KIB * KIB), bucket(KIB * KIB + 1)) == (KIB * KIB, KIB * KIB + 32 * KIB)
    above = [KIB * KIB]
    while above[-1] < 2**36:
        above.append(bucket(above[-1] + 1))
    assert len(above) < 700


def one_large_file(folder: Path, size: int) -> Bundle:
    """A bundle with one sparse file."""
    write_case(folder)
    with (folder / "investigation/record.txt").open("wb") as file:
        file.truncate(size)
    return read_bundle(folder)


def test_a_large_file_passes_in_bounded_memory(tmp_path: Path) -> None:
    """A video of 1 GB would need as much memory, at sealing or at opening."""
    bundle = one_large_file(tmp_path, 96 * KIB * KIB)
    tracemalloc.start()
    opened = read_view(view_pieces(bundle, View.COURT_FULL))
    total = sum(len(piece) for part in opened.parts for piece in part.pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 96 * KIB * KIB
    assert peak < 8 * KIB * KIB


@pytest.mark.parametrize("view", ORDER)
def test_a_view_is_read_from_any_pieces(bundle: Bundle, view: View) -> None:
    """A reader would depend on how the container cuts its chunks."""
    data, draw = plain(bundle, view), random.Random(1)
    cuts = sorted(draw.sample(range(1, len(data)), 40))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert {part.name: b"".join(part.pieces) for part in read_view(pieces).parts} == contents(data)
    assert {part.name: b"".join(part.pieces) for part in read_view(io.BytesIO(data)).parts} == contents(data)


def test_parts_that_are_not_wanted_may_be_left(bundle: Bundle) -> None:
    """A listing would have to read every file by hand."""
    names = [part.name for part in read_view([plain(bundle, View.COURT_FULL)]).parts]
    assert names == [f"objects/{path}" for path in FILES]


def test_extracting_writes_the_files_and_nothing_when_refused(bundle: Bundle, tmp_path: Path) -> None:
    """Half a view would lie about, or an existing folder be written over."""
    data = plain(bundle, View.COURT_FULL)
    written = extract_view([data], tmp_path / "out", view=View.COURT_FULL)
    assert {path.relative_to(tmp_path / "out").as_posix() for path in written} == {META, *contents(data)}
    assert (tmp_path / "out/objects/investigation/record.txt").read_bytes() == FILES["investigation/record.txt"]
    with pytest.raises(FileExistsError):
        extract_view([data], tmp_path / "out")
    with pytest.raises(EnvelopeError, match="another view"):
        extract_view([data], tmp_path / "other", view=View.UNIT_MINIMAL)
    with pytest.raises(EnvelopeError):
        extract_view([data[:-512]], tmp_path / "short")
    assert not (tmp_path / "other").exists() and not (tmp_path / "short").exists()


def forged(*members: tuple[str, bytes], tail: bytes = bytes(1024)) -> Iterator[bytes]:
    """A view of other files, as the writer would write them."""
    meta = canonical.dumps({"format": "sealink/v1/view", "view": "court_full"})
    data = b"".join(header_of(n, len(c)) + c + bytes(-len(c) % 512) for n, c in ((META, meta), *members)) + tail
    yield data + bytes(bucket(len(data)) - len(data))


def first_file(meta: bytes) -> Iterator[bytes]:
    """A view that holds nothing but these bytes as its view.json."""
    yield (header_of(META, len(meta)) + meta).ljust(1024, b"\0") + bytes(1024) + bytes(2048)


def special(kind: bytes, name: str = "objects/a", link: str = "/etc/passwd") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info.tobuf(tarfile.PAX_FORMAT)


def other_header(**changes: object) -> bytes:
    info = tarfile.TarInfo("objects/a")
    info.mode = 0o600
    for name, value in changes.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.PAX_FORMAT)


OTHER_HEADERS = {"mtime": 1, "uid": 1, "uname": "root", "mode": 0o4755, "pax_headers": {"comment": "x"}}
MALICIOUS = {
    "a path out of the folder": [*forged(("../a", b"x"))],
    "an absolute path": [*forged(("/a", b"x"))],
    "a path with a dot": [*forged(("objects/./a", b"x"))],
    "a backslash": [*forged(("objects\\a", b"x"))],
    "a device name": [*forged(("objects/NUL", b"x"))],
    "one name twice": [*forged(("objects/a", b"x"), ("objects/a", b"y"))],
    "one name in two cases": [*forged(("objects/a", b"x"), ("objects/A", b"y"))],
    "view.json twice": [*forged((META, b"x"))],
    "something behind the end": [*forged(tail=bytes(1024) + b"x")],
    "one closing block only": [*forged(tail=bytes(512) + b"x" * 512)],
    "no end": [header_of(META, 0)],
    "nothing": [],
    "noise": [b"\xff" * 4096],
    "another format": [*first_file(b'{"format":"sealink/v2/view","view":"court_full"}')],
    "a list for view.json": [*first_file(b'["sealink/v1/view"]')],
    "no JSON": [*first_file(b"view")],
    "JSON that is not canonical": [*first_file(b'{"view": "court_full", "format": "sealink/v1/view"}')],
    "zeros": [bytes(4096)],
    **{
        f"type {kind!r}": [*forged(tail=special(kind) + bytes(1024))]
        for kind in (b"1", b"2", b"3", b"5", b"6", b"L", b"K", b"S", b"g")  # links, devices, folders, other formats
    },
    **{
        f"another {name}": [*forged(tail=other_header(**{name: value}) + bytes(1024))]
        for name, value in OTHER_HEADERS.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("pieces", MALICIOUS.values(), ids=MALICIOUS)
def test_the_reader_takes_nothing_that_the_writer_does_not_write(pieces: list[bytes], tmp_path: Path) -> None:
    """A sealer with a forged archive would write outside the officer's folder, or hide something in it."""
    with pytest.raises(EnvelopeError, match=r"^view"):
        extract_view(pieces, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("view", View)
def test_a_view_that_ends_too_early_is_refused_wherever_it_ends(bundle: Bundle, view: View) -> None:
    """A reader would wait for ever, or take half a file for a whole one."""
    data = plain(bundle, view)
    for length in {*range(0, len(data), 512), *range(1, len(data), 1021), len(data) - 1}:
        with pytest.raises(EnvelopeError, match=r"^view"):
            contents(data[:length])


def test_more_files_than_a_bundle_may_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged view would fill the officer's disk with files."""
    monkeypatch.setattr("vault.view_archive.MOST_MEMBERS", 3)
    three, four = ([(f"objects/{n}", b"x") for n in range(count)] for count in (3, 4))
    assert len(contents(b"".join(forged(*three)))) == 3
    with pytest.raises(EnvelopeError, match="too many files"):
        contents(b"".join(forged(*four)))


def test_a_file_where_a_folder_must_be_is_refused(tmp_path: Path) -> None:
    """Two names that need one place would end in a traceback."""
    with pytest.raises(EnvelopeError, match="one place"):
        extract_view(forged(("objects/a", b"x"), ("objects/a/b", b"y")), tmp_path / "out")


def test_every_changed_bit_of_a_header_or_of_padding_is_refused_or_shown(bundle: Bundle) -> None:
    """The reader would guess at what a damaged header means."""
    data = plain(bundle, View.JUDICIAL_EXTRACT)
    wanted, draw = (read_view([data]).meta, contents(data)), random.Random(2)
    for _ in range(400):
        at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        changed = bytearray(data)
        changed[at] ^= bit
        try:
            found = (read_view([bytes(changed)]).meta, contents(bytes(changed)))
        except EnvelopeError:
            continue
        assert found != wanted, at


@pytest.mark.parametrize("zeros", [512, 4096])
def test_another_padding_is_refused(bundle: Bundle, zeros: int) -> None:
    """The size of an envelope could be chosen to signal something."""
    data = plain(bundle, View.JUDICIAL_EXTRACT)
    with pytest.raises(EnvelopeError, match="bucket"):
        contents(data + bytes(zeros))


@given(st.text(min_size=1, max_size=200), st.integers(0, 2**40))
def test_headers_are_those_of_the_standard_library(name: str, size: int) -> None:
    """Names beyond ASCII or sizes beyond 8 GiB would not survive."""
    try:
        header = header_of(name, size)
    except UnicodeEncodeError:
        return
    assert len(header) % 512 == 0
    if "\0" not in name and not name.endswith("/"):
        with tarfile.open(fileobj=io.BytesIO(header + bytes(1024))) as archive:
            info = archive.next()
        assert info is not None and (info.size, info.mtime, info.uid, info.uname) == (size, 0, 0, "")


def test_the_case_of_these_tests_is_not_trivial() -> None:
    """The subject's name must stand in a file, a file name and the manifest, or its absence proves nothing."""
    assert "欧阳小明" in MANIFEST and any("欧阳小明" in path for path in FILES)
    assert any("欧阳小明".encode() in data for data in FILES.values())


def test_a_bundle_is_sealed_opened_and_read_again(bundle: Bundle) -> None:
    """Bundle, sealing, opening and reading would each work alone and not fit together."""
    cast, sealer = Cast(), SigningKey.generate()
    for view in View:
        id, out = RecordId(new_request_id(NOW), 1, "court-a", 1), io.BytesIO()
        agents = {holder: KeySealer(key.sealing_key) for holder, key in cast.agent_keys.items()}
        source = Source(view, view_pieces(bundle, view), out)
        sealed = seal_views(id, [source], kinds=bundle.manifest.kinds, sealer=sealer, agents=agents)
        out.seek(0)
        cover = verify_container(out, senders=[sealer.verifying_key], purpose=Purpose.ENVELOPE)
        committed = half_commitments(cover.header.facts)
        halves = {
            one.holder: open_half(one, view, KeyOpener(cast.agent_keys[one.holder]), committed[one.holder]).secret
            for one in sealed.halves
        }
        out.seek(0)
        opened = open_view(out, id.view(view), halves, sealers=[sealer.verifying_key], digest=sealed.digests[view])
        read = read_view(opened.chunks(), view)
        assert read.meta["view"] == view.value
        assert {part.name: b"".join(part.pieces) for part in read.parts} == contents(plain(bundle, view))
        assert opened.is_complete
