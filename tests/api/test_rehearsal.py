"""The product from files to links, as a user calls it: whole results, honest refusals, nothing half-written."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from linkage.evaluation import evaluate
from linkage.evaluation_files import read_evaluation_table
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city
from linkage.synthetic.profiles import TYPICAL

SEALINK = Path(sys.executable).with_name("sealink")


def sealink(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SEALINK, *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=300)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write_city(build_city(1500, 5, TYPICAL), folder)
    return folder


@pytest.fixture(scope="module")
def linked(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("linked") / "out"
    done = sealink("link", city / "project.toml", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_link_writes_the_five_results(linked: Path) -> None:
    """A user would miss a result file, or columns that the issue promises."""
    names = {path.name for path in linked.iterdir()}
    assert names == {
        "links.csv", "review.csv", "clusters.csv", "report.json", "report.html",
        "log", ".log", "manifest.json", "manifest.salt",
    }  # fmt: skip
    assert set(rows(linked / "links.csv")[0]) == {
        "source_a", "record_a", "source_b", "record_b", "match_probability", "match_weight",
    }  # fmt: skip
    assert set(rows(linked / "clusters.csv")[0]) == {"source", "record", "cluster"}


def test_links_are_good_without_truth(city: Path, linked: Path) -> None:
    """Any step of the chain could be broken while every file is still written."""
    quality = evaluate(read_evaluation_table(linked / "links.csv"), read_evaluation_table(city / "truth.csv"))
    assert quality.across.precision is not None and quality.across.precision > 0.97
    assert quality.across.f1 is not None and quality.across.f1 > 0.95


def test_links_are_all_pairs_of_the_clusters(linked: Path) -> None:
    """links.csv and clusters.csv would tell different stories."""
    home = {(r["source"], r["record"]): r["cluster"] for r in rows(linked / "clusters.csv")}
    links = rows(linked / "links.csv")
    assert all(home[r["source_a"], r["record_a"]] == home[r["source_b"], r["record_b"]] for r in links)
    size: dict[str, int] = {}
    for cluster in home.values():
        size[cluster] = size.get(cluster, 0) + 1
    assert len(links) == sum(n * (n - 1) // 2 for n in size.values())


def test_no_name_reaches_the_report(city: Path, linked: Path) -> None:
    """The report, which people pass around, would carry children's names, numbers or record ids."""
    table = rows(city / "school.csv")
    canaries = {r["姓名"] for r in table if len(r["姓名"]) >= 3} | {
        r["证件号码"] for r in table if len(r["证件号码"]) == 18
    }
    for name in ("report.html", "report.json"):
        text = (linked / name).read_text(encoding="utf-8")
        assert not [c for c in canaries if c in text]


def test_halves_run_apart_and_agree_with_the_rehearsal(city: Path, linked: Path, tmp_path: Path) -> None:
    """Agencies and linkage unit on their own machines would get other links than the rehearsal promised."""
    assert sealink("keygen", tmp_path / "secret", "--kind", "linkage-secret").returncode == 0
    batches = []
    for source in ("police", "school", "hospital", "civil"):
        key = tmp_path / f"{source}.key"
        assert sealink("keygen", key, "--kind", "agency-key").returncode == 0
        done = sealink(
            "encode", city / "project.toml", "--source", source, "--secret", tmp_path / "secret",
            "--agency-key", key, "--out", tmp_path / source,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        batches.append(tmp_path / source / f"{source}.batch")
    done = sealink("match", *batches, "--population", 1500, "--out", tmp_path / "unit")
    assert done.returncode == 0, done.stderr
    private = {s: rows(tmp_path / s / f"{s}.private") for s in ("police", "school", "hospital", "civil")}
    ids = {(s, r["row"]): r["record"] for s, table in private.items() for r in table}
    apart = {
        frozenset([(r["source_a"], ids[r["source_a"], r["row_a"]]), (r["source_b"], ids[r["source_b"], r["row_b"]])])
        for r in rows(tmp_path / "unit" / "links.csv")
    }
    together = {
        frozenset([(r["source_a"], r["record_a"]), (r["source_b"], r["record_b"])]) for r in rows(linked / "links.csv")
    }
    assert len(apart ^ together) <= 0.002 * len(together)
    own = tmp_path / "school.csv"
    done = sealink(
        "resolve", tmp_path / "unit" / "school.result.csv", "--private", tmp_path / "school" / "school.private",
        "--out", own,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {r["record"] for r in rows(own)} == {r["record"] for r in private["school"]}
    pseudonyms = {s: {r["pseudonym"] for r in rows(tmp_path / "unit" / f"{s}.result.csv")} for s in ("school", "civil")}
    assert not pseudonyms["school"] & pseudonyms["civil"]


def test_a_batch_says_nothing_of_the_source(city: Path, tmp_path: Path) -> None:
    """Names, ids or the row order would leave the agency inside the batch."""
    sealink("keygen", tmp_path / "s", "--kind", "linkage-secret")
    sealink("keygen", tmp_path / "a", "--kind", "agency-key")
    done = sealink(
        "encode", city / "project.toml", "--source", "civil", "--secret", tmp_path / "s", "--agency-key",
        tmp_path / "a", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    raw = (tmp_path / "civil.batch").read_bytes()
    source = rows(city / "civil.csv")
    for row in source[:300]:
        for cell in row.values():
            if len(cell.encode()) >= 9:
                assert cell.encode() not in raw
    order = [r["record"] for r in rows(tmp_path / "civil.private")]
    assert order != [r["编号"] for r in source]
    assert (tmp_path / "civil.private").stat().st_mode & 0o077 == 0
    assert (tmp_path / "s").stat().st_mode & 0o077 == 0


def broken(city: Path, folder: Path, file: str, change: object) -> Path:
    shutil.copytree(city, folder)
    raw = (folder / file).read_bytes()
    (folder / file).write_bytes(change(raw))  # type: ignore[operator]
    return folder / "project.toml"


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("school.csv", lambda raw: raw + b'"1","2"\r\n', "line"),
        ("school.csv", lambda raw: b"", "empty"),
        ("hospital.csv", lambda raw: raw + raw.split(b"\n")[1] + b"\n", "record id"),
        ("civil.csv", lambda raw: raw.replace("儿童姓名".encode(), b"x", 1), "column"),
        ("civil.csv", lambda raw: raw + b'"' + b"9" * 10_000_000 + b'"\n', "civil.csv"),
        ("school.csv", lambda raw: raw[:-40] + b"\xff\xfe\xff" + raw[-40:], "school.csv"),
        ("project.toml", lambda raw: raw.replace(b"cn-child-v1", b"cn-child-v9"), "schema"),
        ("project.toml", lambda raw: raw.replace(b"population", b"popluation"), "population"),
        ("project.toml", lambda raw: raw.split(b"[source.filter]")[0] + raw[raw.index(b"[[source]]\nname = \"school"):],
         "filter"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_nothing_written(
    city: Path, tmp_path: Path, file: str, change: object, says: str
) -> None:
    """A clerk would see a traceback, a half-written result, or a child's name in the error."""
    project = broken(city, tmp_path / "bad", file, change)
    done = sealink("link", project, "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))
    names = {r["姓名"] for r in rows(city / "school.csv") if len(r["姓名"]) > 2}
    assert not [name for name in names if name in done.stderr]


def test_keys_of_the_wrong_kind_are_refused(city: Path, tmp_path: Path) -> None:
    """An agency key used as the shared secret would encode a file that meets nobody's."""
    sealink("keygen", tmp_path / "a", "--kind", "agency-key")
    done = sealink(
        "encode", city / "project.toml", "--source", "civil", "--secret", tmp_path / "a", "--agency-key",
        tmp_path / "a", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 2 and "another kind of key" in done.stderr
    again = sealink("keygen", tmp_path / "a", "--kind", "agency-key")
    assert again.returncode == 2 and "never overwritten" in again.stderr


def test_interrupt_leaves_nothing_half_written(city: Path, tmp_path: Path) -> None:
    """Ctrl-C would leave a result folder that looks finished, or temporary files with private maps."""
    process = subprocess.Popen(
        [SEALINK, "link", city / "project.toml", "--out", tmp_path / "out"],
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert process.returncode != 0
    left = list(tmp_path.iterdir())
    assert left == [] or {p.name for p in (tmp_path / "out").iterdir()} >= {"links.csv"}


def test_evaluate_prints_table_and_json(city: Path, linked: Path) -> None:
    """The figures for people and for machines would differ or be missing."""
    words = ("evaluate", "--links", linked / "links.csv", "--truth", city / "truth.csv")
    table, machine = sealink(*words), sealink(*words, "--json")
    assert table.returncode == 0 and "B-cubed" in table.stdout
    assert 0.9 < json.loads(machine.stdout)["pairs"]["across"]["f1"] <= 1


def test_clk_scheme_links_through_the_same_layer(city: Path, tmp_path: Path) -> None:
    """The second scheme would exist only as modules and not as a product."""
    shutil.copytree(city, tmp_path / "clk")
    project = tmp_path / "clk" / "project.toml"
    text = project.read_text(encoding="utf-8").replace("[project]", '[project]\nscheme = "clk"', 1)
    project.write_text(text, encoding="utf-8")
    done = sealink("link", project, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    quality = evaluate(read_evaluation_table(tmp_path / "out" / "links.csv"), read_evaluation_table(city / "truth.csv"))
    assert quality.across.precision is not None and quality.across.precision > 0.9
    assert quality.across.recall is not None and quality.across.recall > 0.5
