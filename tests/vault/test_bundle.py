"""Case bundles: complete or refused, and a redacted text that still tells who it is about is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from case_folder import FILES, MANIFEST, write_case
from hypothesis import given
from hypothesis import strategies as st
from vault_cast import Cast

from vault.bundle import read_bundle
from vault.coverage import coverage, declared_in_csv, declared_in_folder
from vault.eligibility import MustSeal, judge
from vault.errors import BundleError, MalformedFormError
from vault.law.rules import load_rules
from vault.manifest import JOINT_MARK, Person, check_kinds, parse_manifest
from vault.notices import NoticeContent, notices
from vault.redaction import decoded, encodings_of, gives_away, search_for
from vault.safe_names import is_safe_name
from vault.vocabulary import Phase, RecordKind

RULES = load_rules("cn-2026-01-01")
REDACTED = "trial/judgment.redacted.txt"
SECRETS = ["欧阳小明", "320684200805101234", "人民路", "海门", "盗窃", "苏06", "judgment.", "record.", "survey."]
JOINT = [
    ('joint = "none"', f'joint = "separated"\nmark = "{JOINT_MARK}"'),
    ('kind = "conviction"\nextract = false', 'kind = "conviction"\nextract = false\nshared = true\nredacted = "i.txt"'),
]


def refused(folder: Path, changes: list[tuple[str, str]] | None = None, files: dict[str, bytes] | None = None) -> str:
    with pytest.raises(BundleError) as caught:
        read_bundle(write_case(folder, changes, files))
    said = str(caught.value)
    assert not any(secret in said for secret in SECRETS), "the refusal repeats a value"
    return said


def test_L4_accepts_a_bundle_whose_phases_have_objects_or_a_reason(tmp_path: Path) -> None:
    """Nothing could be sealed."""
    bundle = read_bundle(write_case(tmp_path))
    assert len(bundle.objects) == 3
    assert bundle.manifest.absent == {Phase.EXECUTION: "still to come"}
    assert judge(RULES, bundle.manifest.facts) == MustSeal(("L1",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[[phase]]\nphase = "execution"\nabsent = "still to come"\n', ""),
        ('absent = "still to come"', 'absent = " "'),
        ('absent = "still to come"', ""),
        ('phase = "execution"', 'phase = "trial"'),
        ('absent = "still to come"', "object = []"),
    ],
)
def test_L4_refuses_a_phase_that_is_forgotten(tmp_path: Path, old: str, new: str) -> None:
    """A part of the case would stay unsealed and nobody would have said why."""
    assert "phase" in refused(tmp_path, [(old, new)])


def test_L4_refuses_files_that_the_manifest_does_not_name_and_files_that_are_not_there(tmp_path: Path) -> None:
    """A file beside the others would be left behind unsealed, or a missing one counted as sealed."""
    said = refused(tmp_path / "a", files={"trial/forgotten.txt": b"x"})
    assert said == "bundle: 1 file(s) in the folder that the manifest does not name (L4)"
    write_case(tmp_path / "b")
    (tmp_path / "b/investigation/record.txt").unlink()
    with pytest.raises(BundleError, match="phase 1: object 1: the file is not there"):
        read_bundle(tmp_path / "b")


def test_L6_accepts_accompanying_material_as_part_of_the_record(tmp_path: Path) -> None:
    """Social investigations would stay outside the seal."""
    assert RecordKind.SOCIAL_INVESTIGATION in read_bundle(write_case(tmp_path)).manifest.kinds


def test_L6_refuses_accompanying_material_in_an_extract(tmp_path: Path) -> None:
    """A family's circumstances would be handed to whoever handles another case."""
    old = 'kind = "social_investigation"\nextract = false'
    new = 'kind = "social_investigation"\nextract = true\nredacted = "s.txt"'
    assert "(L6)" in refused(tmp_path, [(old, new)], {"s.txt": b""})


def test_L8_accepts_a_joint_case_with_its_mark_and_redacted_forms(tmp_path: Path) -> None:
    """No case with adults could be sealed."""
    bundle = read_bundle(write_case(tmp_path, JOINT, {"i.txt": "某某".encode()}))
    assert bundle.manifest.marks == ("含犯罪记录封存信息",)


@pytest.mark.parametrize(
    "changes",
    [
        [('joint = "none"', 'joint = "separated"')],
        [('joint = "none"', 'joint = "separated"\nmark = "sealed"')],
        [('joint = "none"', f'joint = "unseparated"\nmark = "{JOINT_MARK}"')],
        [JOINT[0], ("extract = false", "extract = false\nshared = true")],
        [("extract = false", 'extract = false\nshared = true\nredacted = "i.txt"')],
        [('joint = "none"', f'joint = "none"\nmark = "{JOINT_MARK}"')],
    ],
)
def test_L8_refuses_a_joint_case_without_mark_or_redaction(tmp_path: Path, changes: list[tuple[str, str]]) -> None:
    """The adults' file would name the minor, or carry no mark that keeps it from being shown."""
    said = refused(tmp_path, changes, {"i.txt": b""} if "i.txt" in str(changes) else {})
    assert said.startswith("case.toml")


SECOND = [
    ('instance = "first"', 'instance = "second"'),
    ('[[holder]]\nagency = "police-a"', '[[holder]]\nagency = "procuratorate-b"\nkind = "procuratorate"\n'
     'phases = ["trial"]\n[[holder]]\nagency = "police-a"'),
]  # fmt: skip


def test_L13_accepts_both_procuratorates_after_a_second_instance(tmp_path: Path) -> None:
    """The lower procuratorate would never be told."""
    said = notices(read_bundle(write_case(tmp_path, SECOND)).manifest)
    assert {notice.to: notice.rules for notice in said} == {
        "procuratorate-b": ("L11", "L13"), "police-a": ("L11",), "procuratorate-a": ("L11", "L13"),
    }  # fmt: skip


def test_L13_refuses_a_second_instance_with_one_procuratorate(tmp_path: Path) -> None:
    """The lower one would be forgotten."""
    assert "(L13)" in refused(tmp_path, SECOND[:1])


def test_L32_accepts_a_redacted_text_that_names_nobody(tmp_path: Path) -> None:
    """Every redaction would be refused."""
    assert read_bundle(write_case(tmp_path)).objects[2].redacted is not None


GIVEN_AWAY = [
    "欧阳小明", "欧 阳 小 明", "欧阳·小明", "欧阳\u200b小明", "歐陽小明", "Ouyang Xiaoming", "OUYANG-XIAO MING",
    "xiaoming ouyang", "阿明明", "320684200805101234", "3206 8420 0805 1012 34", "３２０６８４２００８０５１０１２３４",
    "320684080510123", "人民路88号", "海门街道人民路 88 号", "江苏省南通市海门区海门街道人民路88号", "海门第一中学",
    "&#27431;&#38451;&#23567;&#26126;", "\\u6b27\\u9633\\u5c0f\\u660e", "海門第一中學",
]  # fmt: skip


@pytest.mark.parametrize("text", GIVEN_AWAY)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_L32_refuses_a_redacted_text_that_still_tells(tmp_path: Path, text: str, encoding: str) -> None:
    """The extract would name the minor in some writing that a person overlooked."""
    said = refused(tmp_path, files={REDACTED: ("前文" * 50 + text + "后文").encode(encoding)})
    assert said == "case.toml: phase 3: object 1: redacted: still gives the subject away (L32)"


def test_L32_refuses_pictures_that_nobody_looked_through(tmp_path: Path) -> None:
    """A scan could not be searched and would pass as redacted."""
    assert "reviewed_by" in refused(tmp_path / "a", files={REDACTED: b"%PDF-1.7 \xe4"})
    assert "reviewed_by" in refused(tmp_path / "b", files={REDACTED: b"\0\1\2"})
    reviewed = [('judgment.redacted.txt"', 'judgment.redacted.txt"\nreviewed_by = "clerk-1"')]
    assert read_bundle(write_case(tmp_path / "c", reviewed, {REDACTED: b"%PDF-1.7"}))


def test_L32_refuses_an_extract_without_a_redacted_form(tmp_path: Path) -> None:
    """The original would stand in the extract."""
    assert "(L32)" in refused(tmp_path, [('redacted = "trial/judgment.redacted.txt"\n', "")])


SUBJECT = Person("张三丰", (), None, None, ())


@given(st.text(alphabet="张三丰王 ·zhangsf", max_size=30), st.integers(1, 7))
def test_nothing_hides_on_the_border_of_two_pieces(text: str, size: int) -> None:
    """A name that lies across two reads would be overlooked."""
    search = search_for(SUBJECT)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert gives_away(pieces, search) is gives_away([text], search)


def test_names_of_every_people_are_searched_for() -> None:
    """A name in Latin letters, a long one with a middle dot, or a surname of two characters would be overlooked."""
    latin = search_for(Person("Aïsha Karim", (), None, None, ()))
    assert gives_away(["被告人 AISHA  KARIM,"], latin) and gives_away(["Aïsha-Karim"], latin)
    assert not gives_away(["Aisha", "Aisha B. Karim", "Aisha Karimova"], latin)
    dotted = search_for(Person("买买提·艾力江", (), None, None, ("海门路5号",)))
    assert gives_away(["买买提艾力江"], dotted) and gives_away(["買買提 • 艾力江"], dotted)
    assert gives_away(["住海门路5号"], dotted) and not gives_away(["买买提", "5号"], dotted)
    assert gives_away(["Lü Si-Ma", "sima lyu"][1:], search_for(Person("司马绿", (), None, None, ())))


def test_other_names_are_no_finding() -> None:
    """Half a name, or letters inside a word, would stop every sealing."""
    search = search_for(SUBJECT)
    assert not gives_away(["张某 三丰 王五 zhangsanfengs azhang san feng"], search)
    assert gives_away(["(Zhang  San-Feng)"], search)
    assert encodings_of(b"%PDF-") is None
    assert "".join(decoded([b"\xe5", b"\xbc\xa0"], "utf-8")) == "张"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('joint = "none"', 'joint = "none"\nnote = "欧阳小明"'),
        ('name = "欧阳小明"', "name = 1"),
        ('name = "欧阳小明"', ""),
        ('outcome = "sentenced"', 'outcome = "欧阳小明"'),
        ('outcome = "sentenced"', 'outcome = "exempted"'),
        ("term_months = 18", "term_months = -1"),
        ("term_months = 18", "term_months = 1.5"),
        ("term_months = 18", ""),
        ('kinds = ["conviction"]', 'kinds = ["non_prosecution"]'),
        ('kinds = ["conviction"]', "kinds = []"),
        ('agency = "court-a"', 'agency = "Court A"'),
        ('agency_kind = "court"', 'agency_kind = "state_unit"'),
        ("birth = 2008-05-10", 'birth = "2008-05-10"'),
        ("birth = 2008-05-10", ""),
        ('resident_id = "320684200805101234"', 'resident_id = "32068420080510123X4"'),
        ('resident_id = "320684200805101234"', 'resident_id = "3206842008051012X4"'),
        ('resident_id = "320684200805101234"', 'resident_id = "32068420080510123"'),
        ('resident_id = "320684200805101234"', 'resident_id = "３２０６８４２００８０５１０１２３４"'),
        ('resident_id = "320684200805101234"', ""),
        ("first = 2025-01-05", "first = 2025-01-05\nlast = 2025-01-04"),
        ("first = 2025-01-05", "first = 2026-04-05"),
        ("investigation/record.txt", "../record.txt"),
        ("investigation/record.txt", "/etc/record.txt"),
        ("investigation/record.txt", "investigation//record.txt"),
        ("investigation/record.txt", "investigation\\\\record.txt"),
        ("investigation/record.txt", "Prosecution/survey.txt"),
        ("investigation/record.txt", "case.toml"),
        ("investigation/record.txt", "trial/judgment.redacted.txt"),
        ("investigation/record.txt", "con.txt"),
        ("extract = false", 'extract = "no"'),
        ('agency = "police-a"', 'agency = "court-a"'),
        ('phases = ["investigation"]', "phases = []"),
        ("[subject]", "[Subject]"),
        ("[[holder]]", "[[holder]"),
    ],
)
def test_a_manifest_that_is_not_of_its_form_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A slip would be sealed for sixty years; the refusal names the place and no value."""
    assert refused(tmp_path, [(old, new)])


def test_what_is_not_known_or_has_no_number_can_be_said() -> None:
    """A child without an identity number, or of unknown birth, could not be sealed; a life term would need a number."""
    text = MANIFEST.replace("birth = 2008-05-10", "birth_unknown = true").replace('"320684200805101234"', '"none"')
    found = parse_manifest(text.replace("term_months = 18", "life = true").encode())
    assert (found.subject.birth, found.subject.resident_id) == (None, None)
    assert (found.facts.birth, found.facts.term_months, found.facts.is_life) == (None, None, True)


def test_a_case_without_any_object_is_refused() -> None:
    """Reasons alone would be sealed as a case."""
    head, tail = MANIFEST.split("[[phase]]")[0], MANIFEST[MANIFEST.index("[[holder]]") :]
    phases = "".join(f'[[phase]]\nphase = "{phase}"\nabsent = "held elsewhere"\n' for phase in Phase)
    with pytest.raises(BundleError, match="1 to 10000 objects"):
        parse_manifest((head + phases + tail).encode())


def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    """A link would seal a file from outside the folder, a pipe would stop the program."""
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    file = write_case(tmp_path / "a") / "investigation/record.txt"
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(BundleError, match="link"):
        read_bundle(tmp_path / "a")
    folder = write_case(tmp_path / "b")
    (folder / "investigation").rename(tmp_path / "moved")
    (folder / "investigation").symlink_to(tmp_path / "moved")
    with pytest.raises(BundleError, match="link"):
        read_bundle(folder)
    os.mkfifo(write_case(tmp_path / "c") / "pipe")
    with pytest.raises(BundleError, match="special file"):
        read_bundle(tmp_path / "c")
    (write_case(tmp_path / "d") / "case.toml").unlink()
    os.mkfifo(tmp_path / "d/case.toml")
    with pytest.raises(BundleError, match=r"case\.toml: not a plain file"):
        read_bundle(tmp_path / "d")
    file = write_case(tmp_path / "e") / "investigation/record.txt"
    file.unlink()
    file.mkdir()
    with pytest.raises(BundleError, match="object 1: not a plain file"):
        read_bundle(tmp_path / "e")
    write_case(tmp_path / "f").joinpath(*["deep"] * 40).mkdir(parents=True)
    with pytest.raises(BundleError, match="nested too deeply"):
        read_bundle(tmp_path / "f")
    with pytest.raises(BundleError, match=r"case\.toml"):
        read_bundle(tmp_path / "nowhere")


SAME = FILES["investigation/record.txt"]


@pytest.mark.parametrize("data", [b"short", SAME[::-1], SAME + b"more", None])
def test_a_file_that_changes_after_the_check_stops_the_sealing(tmp_path: Path, data: bytes | None) -> None:
    """What is sealed would not be what was searched for the name."""
    bundle, file = read_bundle(write_case(tmp_path)), tmp_path / "investigation/record.txt"
    assert b"".join(bundle.pieces(bundle.objects[0].content)) == SAME
    before = file.stat()
    if data is None:  # another file in its place, with the same bytes and times
        file.rename(tmp_path / "aside")
        file.write_bytes(SAME)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        file.write_bytes(data)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(BundleError, match="changed while it was being sealed"):
        list(bundle.pieces(bundle.objects[0].content))


def test_a_file_that_changes_during_the_sealing_stops_it(tmp_path: Path) -> None:
    """The first part of a file would be sealed with the last part of another."""
    write_case(tmp_path, files={"investigation/record.txt": bytes(1024 * 1024)})
    bundle = read_bundle(tmp_path)
    pieces = bundle.pieces(bundle.objects[0].content)
    next(pieces)
    with (tmp_path / "investigation/record.txt").open("r+b") as file:
        file.write(b"x")
    os.utime(tmp_path / "investigation/record.txt", ns=(0, 1))
    with pytest.raises(BundleError, match="changed while it was being sealed"):
        list(pieces)


def test_nothing_of_the_subject_is_printed(tmp_path: Path) -> None:
    """A traceback would name the minor."""
    bundle = read_bundle(write_case(tmp_path))
    assert not any(secret in repr((bundle, notices(bundle.manifest))) for secret in SECRETS)


@pytest.mark.parametrize("name", ["a", "a/b.txt", "证据/一.pdf", "a.b.c", "x" * 255])
def test_names_that_every_system_reads_alike(name: str) -> None:
    """Ordinary file names would be refused."""
    assert is_safe_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", "..", "a/../b", ".", "a\\b", "c:b", "a\nb", "a\0b", "a.", "a ", " a", "NUL", "com1.txt",
     "x" * 256, "a/" * 600 + "a", "a?b", "\ud800"],
)  # fmt: skip
def test_names_that_some_system_reads_otherwise(name: str) -> None:
    """A view would be unpacked outside its folder, on one system or another."""
    assert not is_safe_name(name)


def test_notices_go_to_every_other_holder_and_read_back(tmp_path: Path) -> None:
    """An agency that holds a part would not be told, or could not read what it was told."""
    for notice in notices(read_bundle(write_case(tmp_path)).manifest):
        data = notice.to_bytes()
        assert len(data) == 4096
        assert NoticeContent.parse(data) == notice
    for damaged in (b"", b"{}", data[:-1] + b"}", data.replace(b'"agency":"court-a"', b'"agency":1')):
        with pytest.raises(MalformedFormError):
            NoticeContent.parse(damaged)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('agency_kind = "court"', 'agency_kind = "police"', "agency_kind"),
        ('kind = "police"', 'kind = "procuratorate"', "holder 1"),
        ('agency = "procuratorate-a"', 'agency = "procuratorate-z"', "holder 2"),
    ],
)
def test_agencies_are_what_is_pinned_of_them(old: str, new: str, place: str) -> None:
    """A second instance could be told to a police office that calls itself a procuratorate (L13)."""
    pins = Cast().pins()
    check_kinds(parse_manifest(MANIFEST.encode()), pins)
    with pytest.raises(BundleError, match=place):
        check_kinds(parse_manifest(MANIFEST.replace(old, new, 1).encode()), pins)


def test_coverage_counts_what_is_declared_and_sealed(tmp_path: Path) -> None:
    """Old cases would be called complete while some are missing, because brackets are written in two ways (L37)."""
    for number in (1, 2):
        write_case(tmp_path / f"{number}", [("苏06刑初1号", f"苏06刑初{number}号")])
    declared = declared_in_folder(tmp_path)
    found = coverage([*declared, "(2011)海刑初字第9号"], ["(2026) 苏06刑初1号", "〔2026〕苏06刑初7号"])
    assert (found.declared, found.sealed, found.undeclared, found.is_complete) == (3, 1, 1, False)
    assert found.missing == ("(2011)海刑初字第9号", "(2026)苏06刑初2号")
    assert coverage(declared, declared).is_complete


def test_declared_cases_in_a_csv() -> None:
    """A list with a missing number would shrink the count."""
    assert declared_in_csv("\ufeffcase_no,year\n(2010)1号,2010\n(2011)2号,2011\n".encode()) == (
        "(2010)1号",
        "(2011)2号",
    )
    for data in (b"", b"number\n1\n", b"case_no\n \n", b"\xff\xfe", b'case_no\n"a'):
        with pytest.raises(BundleError, match=r"^coverage"):
            declared_in_csv(data)


def test_a_folder_without_a_manifest_is_not_skipped(tmp_path: Path) -> None:
    """A case whose manifest is missing or broken would vanish from the count."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match="subfolder 1"):
        declared_in_folder(tmp_path)
    (tmp_path / "empty/case.toml").write_text("x")
    with pytest.raises(BundleError, match="subfolder 1: case"):
        declared_in_folder(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_manifest_or_refused(data: bytes) -> None:
    """A broken file would end in a traceback that prints it."""
    with pytest.raises(BundleError):
        parse_manifest(data)


@given(st.integers(0, len(MANIFEST) - 1), st.sampled_from(["", "\n", '"', "[", "x = 1\n", "0", "欧"]))
def test_a_changed_manifest_is_read_or_refused(at: int, text: str) -> None:
    """The same, for files that are nearly right."""
    try:
        parse_manifest((MANIFEST[:at] + text + MANIFEST[at + 1 :]).encode())
    except BundleError as error:
        assert not any(secret in str(error) for secret in SECRETS)
