"""`sealink health`, and what `encode` and `match` do with it: nothing unhealthy leaves, nothing personal is said."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.main import app
from linkage.encoded import read_batch

NAMES = ("欧阳麟趾", "Zyxwvut Qrstuv", "令狐鸑鷟")
IDS = ("11010120180307653X", "320684201502291234", "440305201207158811")
PHONES = ("13987654321", "15512349876", "0513-86543210")
ADDRESSES = ("鲲鹏街道羽化新村77号909室", "麒麟镇独角兽村13组", "凤栖里永乐坊4幢")
CANARIES = (*NAMES, *IDS, *PHONES, *ADDRESSES, "鸑鷟", "独角兽", "CANARY-0001", "canary mother", "卡娜莉")

PROJECT = """[project]
schema = "cn-child-v1"
population = 100000
[[source]]
name = "school"
kind = "school"
file = "school.csv"
record_id = "no"
[source.fields]
name = "name"
date_of_birth = "birth"
resident_id = "id"
sex = "sex"
guardian_names = ["guardian"]
phones = ["phone"]
addresses = ["address"]
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def write_source(folder: Path, rows: Iterable[tuple[str, ...]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "school.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("no", "name", "birth", "id", "sex", "guardian", "phone", "address"))
        out.writerows(rows)
    (folder / "project.toml").write_text(PROJECT, encoding="utf-8")
    for name, kind in (("secret", "linkage-secret"), ("key", "agency-key")):
        assert run("keygen", folder / name, "--kind", kind).exit_code == 0
    return folder


def children(count: int, seed: int = 1) -> list[tuple[str, ...]]:
    """Rows that share nothing much; canaries among them."""
    rng = np.random.default_rng(seed)
    surnames = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾")
    given = [chr(0x4E00 + 7 * place) for place in range(2500)]
    rows = []
    for number in range(count):
        name = rng.choice(surnames) + "".join(rng.choice(given, 2))
        mother = rng.choice(surnames) + "".join(rng.choice(given, 2))
        birth = f"{rng.integers(2008, 2022)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        address = "".join(given[number * step] for step in (3, 5)) + f"镇{given[number * 7]}{given[number]}村{number}号"
        phone = f"13{rng.integers(10**8, 10**9)}"
        rows.append(
            (
                f"r{number}",
                name,
                birth,
                "",
                rng.choice(["男", "女"]),
                mother,
                phone,
                address,
            )
        )
    for place, (name, number, phone, address) in enumerate(zip(NAMES, IDS, PHONES, ADDRESSES, strict=True)):
        rows[place] = (f"CANARY-000{place}", name, "2018-03-07", number, "男", "卡娜莉", phone, address)
    return rows


def encode(folder: Path, out: Path) -> Result:
    keys = ("--secret", folder / "secret", "--agency-key", folder / "key")
    return run("encode", folder / "project.toml", "--source", "school", *keys, "--out", out)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_source(tmp_path_factory.mktemp("honest"), children(120))
    done = encode(folder, folder / "out")
    assert done.exit_code == 0, done.output
    return folder


def assert_no_canary(texts: Iterable[str]) -> None:
    for text in texts:
        assert not [canary for canary in CANARIES if canary in text]


def test_encode_writes_its_report_beside_the_batch(honest: Path) -> None:
    """A custodian would have nothing to attach to its impact assessment."""
    names = {path.name for path in (honest / "out").iterdir()}
    assert names == {"school.batch", "school.private", "school.health.json", "school.health.html"}
    report = json.loads((honest / "out" / "school.health.json").read_text())
    assert report["passed"] and report["form"] == "custodian" and report["source"] == "school"


def test_no_canary_in_any_output(honest: Path, tmp_path: Path) -> None:
    """Names, numbers, phones or addresses would travel with a paper that many people read."""
    long = run(
        "health", honest / "out" / "school.batch", "--project", honest / "project.toml", "--secret", honest / "secret",
        "--agency-key", honest / "key", "--out", tmp_path,
    )  # fmt: skip
    assert long.exit_code == 0, long.output
    again = encode(honest, tmp_path / "again")
    written = [*(honest / "out").iterdir(), *tmp_path.glob("*.*"), *(tmp_path / "again").iterdir()]
    public = [path for path in written if path.suffix != ".private"]
    assert len(public) == 8
    assert_no_canary(path.read_bytes().decode("utf-8", "ignore") for path in public)
    assert_no_canary((long.output, again.output))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A home's file: few names, birthdays, phones and guardians for all, each too rare to be left out as a default."""
    rows = [
        (row[0], NAMES[n % 3], f"2012-01-{n % 12 + 1:02}", "", row[4], "卡娜莉", PHONES[n % 3], ADDRESSES[n % 3])
        for n, row in enumerate(children(200))
    ]
    folder = write_source(tmp_path_factory.mktemp("spoilt"), rows)
    return folder, encode(folder, folder / "out")


def test_encode_refuses_and_leaves_no_batch(spoilt: tuple[Path, Result]) -> None:
    """A batch that gives children away would lie ready to be sent."""
    folder, done = spoilt
    assert done.exit_code == 2
    left = {path.name for path in (folder / "out").iterdir()} if (folder / "out").exists() else set()
    assert left <= {"school.health.json", "school.health.html"}


def test_a_refusal_says_what_to_do_and_no_value(spoilt: tuple[Path, Result]) -> None:
    """The message goes into tickets and logs, where no child's data may be."""
    folder, done = spoilt
    assert "refused" in done.output and "next" in done.output
    texts = [path.read_text(encoding="utf-8") for path in (folder / "out").glob("*")]
    assert_no_canary([done.output, *texts])


def test_the_unit_examines_a_batch_alone(honest: Path, tmp_path: Path) -> None:
    """The unit could not see for itself what it received."""
    batch = honest / "out" / "school.batch"
    done = run("health", batch, "--population", 100_000, "--out", tmp_path, "--date", "2026-11-24")
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "school.health.json").read_text())
    assert report["form"] == "unit" and report["own"] is None and report["date"] == "2026-11-24"


def test_another_source_does_not_pass_for_this_one(honest: Path, tmp_path: Path) -> None:
    """A batch made elsewhere, or under another key, would be taken for the agency's own."""
    other = write_source(tmp_path / "other", children(120, seed=2))
    done = run(
        "health", honest / "out" / "school.batch", "--project", other / "project.toml", "--secret", honest / "secret",
        "--agency-key", honest / "key", "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 1
    checks = json.loads((tmp_path / "school.health.json").read_text())["checks"]
    assert [check["name"] for check in checks if check["outcome"] == "failed"] == ["encodes_again"]


def test_match_refuses_a_failing_batch(honest: Path, tmp_path: Path) -> None:
    """One faulty custodian would harm the children in everybody's file."""
    opened = read_batch(honest / "out" / "school.batch")
    name = opened.table.column_names[1]
    empty = np.array(opened.keys(name))
    empty[:, :16] = 0
    width = opened.table.schema.field(name).type
    place = opened.table.column_names.index(name)
    column = pa.Array.from_buffers(width, len(empty), [None, pa.py_buffer(empty)])
    table = opened.table.set_column(place, opened.table.schema.field(place), column)
    with pa.OSFile(str(tmp_path / "bad.batch"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)
    done = run("match", tmp_path / "bad.batch", "--population", 100_000, "--out", tmp_path / "unit")
    assert done.exit_code == 2
    assert "school" in done.output and "slots_filled" in done.output
    assert {path.name for path in (tmp_path / "unit").iterdir()} == {"school.health.json", "school.health.html"}
