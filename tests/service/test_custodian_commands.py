"""The whole story by commands: a unit, two agencies that join, pass the secret, send files, wait and read results."""

from __future__ import annotations

import csv
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result
from running import running
from typer.testing import CliRunner

from api.cli.main import app
from api.working_folder import make_folder
from linkage.synthetic.city import build_city
from linkage.synthetic.files import project_text, write_city

PROJECT = "missing-children"
CHILDREN = 300
SOURCES = {"police-station": "police", "first-school": "school"}  # agency → its source in the generated city


@dataclass
class Story:
    """A served unit and the folder of each agency; `run` a command as whoever sits there."""

    root: Path
    settings: Path
    base: str
    said: list[str] = field(default_factory=list)

    def run(self, *words: str, fails: bool = False, keys: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(words), input=keys, env={"COLUMNS": "200"})
        self.said.append(result.output)
        assert (result.exit_code != 0) == fails, result.output
        return result

    def as_agency(self, agency: str, *words: str, fails: bool = False, keys: str | None = None) -> Result:
        at = ("--at", str(self.root / agency), "--passphrase-file", str(self.root / f"{agency}.phrase"))
        return self.run(*words, *at, fails=fails, keys=keys)

    def unit(self, *words: str) -> Result:
        return self.run("unit", *words, "--settings", str(self.settings))

    def fingerprint(self, agency: str) -> str:
        return self.as_agency(agency, "secret", "fingerprint", PROJECT).stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Up to two agencies that have joined and share a secret."""
    root = tmp_path_factory.mktemp("story")
    write_city(build_city(CHILDREN, 5), root / "data")
    (root / "data" / "project.toml").write_text(project_text(20_000), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = make_folder(root / "unit", public_url=f"http://127.0.0.1:{port}", port=port).file
    with running(settings, "--port", str(port)) as service:
        made = Story(root, settings, service.base)
        for agency in SOURCES:
            phrase = root / f"{agency}.phrase"
            phrase.touch(0o600)
            phrase.write_text(f"a passphrase of {agency}, long enough\n")
            told = made.as_agency(agency, "login", made.base, "--agency", agency)
            assert "does not know" in told.stderr
            made.unit("agency", "add", agency, str(root / agency / "registration.json"), "--kind", "police")
            assert "signed in" in made.as_agency(agency, "login", made.base, "--agency", agency).stderr
        terms = ("--purpose", "find missing children", "--legal-basis", "opinion-12", "--retention-days", "30")
        members = [word for agency in SOURCES for word in ("--member", agency)]
        made.unit("project", "create", PROJECT, str(root / "data" / "project.toml"), *terms, *members)
        for agency in SOURCES:
            made.as_agency(agency, "join", PROJECT)
        yield made


@pytest.fixture(scope="module")
def shared(story: Story) -> Story:
    one, other = SOURCES
    story.as_agency(one, "secret", "draw", PROJECT)
    story.as_agency(one, "secret", "pass", PROJECT, "--to", other, "--read-out", story.fingerprint(other))
    story.as_agency(other, "secret", "accept", PROJECT, "--from", one, keys=story.fingerprint(one) + "\n")
    return story


@pytest.fixture(scope="module")
def linked(shared: Story) -> Story:
    for agency, source in SOURCES.items():
        project = str(shared.root / "data" / "project.toml")
        shared.as_agency(agency, "encode", project, "--source", source, "--for", PROJECT)
        shared.as_agency(agency, "submit", PROJECT, "--source", source)
    shared.as_agency(next(iter(SOURCES)), "job", "start", PROJECT)
    told = shared.as_agency("first-school", "status", PROJECT, "--wait")
    assert "done" in told.stdout
    return shared


def own(story: Story, agency: str) -> dict[str, str]:
    file = story.root / f"{agency}.csv"
    story.as_agency(agency, "results", PROJECT, "--out", str(file))
    with file.open(encoding="utf-8") as rows:
        return {row["record"]: row["pseudonym"] for row in csv.DictReader(rows)}


def test_each_agency_reads_all_its_records_and_no_pseudonym_joins_them(linked: Story) -> None:
    """Two agencies could lay their results side by side, or records would be missing from them."""
    found = {agency: own(linked, agency) for agency in SOURCES}
    with (linked.root / "data" / "truth.csv").open(encoding="utf-8") as rows:
        known = {(row["source"], row["record"]) for row in csv.DictReader(rows)}
    for agency, source in SOURCES.items():
        assert {record for name, record in known if name == source} <= found[agency].keys()
        written = [linked.root / f"{agency}.csv", *(linked.root / agency / PROJECT).glob("*.private")]
        assert len(written) == 2 and all(file.stat().st_mode & 0o777 == 0o600 for file in written)
    police, school = (set(names.values()) for names in found.values())
    assert police and school and not police & school


def test_one_record_is_matched_at_the_door(linked: Story) -> None:
    """Whoever stands before a child could not ask; or the question would stay behind, or its answer be another's."""
    rows = (linked.root / "data" / "school.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    door = linked.root / "door.csv"
    words = ("match-one", str(linked.root / "data" / "project.toml"), "--source", "school", "--for", PROJECT)
    before = sorted((linked.root / "first-school" / PROJECT).iterdir())
    names, named = own(linked, "first-school"), 0
    for row in rows[1:6]:
        door.write_text(rows[0] + row, encoding="utf-8")
        told = json.loads(linked.as_agency("first-school", *words, "--record", str(door), "--json").stdout)
        assert told["known_elsewhere"] is None and told["pseudonym"] in (None, names[row.split(",")[0].strip('"')])
        named += told["known"] == "match"
    assert named >= 4
    assert "match" in linked.as_agency("first-school", *words, "--record", str(door)).stdout
    door.write_text("".join(rows[:3]), encoding="utf-8")
    assert "one is asked about" in linked.as_agency("first-school", *words, "--record", str(door), fails=True).stderr
    assert sorted((linked.root / "first-school" / PROJECT).iterdir()) == before


def test_a_fingerprint_that_was_not_compared_passes_no_secret(shared: Story) -> None:
    """A unit that put its own key in a custodian's place would read the linkage secret."""
    wrong = "0000 " * 8
    words = ("secret", "pass", PROJECT, "--to", "first-school", "--read-out", wrong)
    assert "read it to each other again" in shared.as_agency("police-station", *words, fails=True).stderr


def test_another_plan_is_not_sealed(shared: Story) -> None:
    """A batch of another key set would be sent, refused by the unit, and the day lost."""
    other = shared.root / "data" / "other.toml"
    other.write_text(project_text(10_000_000), encoding="utf-8")
    told = shared.as_agency(
        "police-station", "encode", str(other), "--source", "police", "--for", PROJECT, fails=True
    ).stderr  # fmt: skip
    assert "its plan is not the one" in told and "20000" in told.replace(",", "")
    assert not list((shared.root / "police-station" / PROJECT).glob("*.batch"))


def test_another_agency_s_folder_is_not_used(story: Story) -> None:
    """An agency would speak with the keys of another."""
    told = story.as_agency("police-station", "login", story.base, "--agency", "first-school", fails=True)
    assert "another agency" in told.stderr


def test_an_auditor_makes_every_decision_again(linked: Story) -> None:
    """Nobody outside could tell whether the service followed its own rules."""
    rules = linked.root / "linkage-1.rules"
    rules.write_text(linked.run("unit", "rules").stdout, encoding="ascii")
    time.sleep(3)  # the published folder follows within a second or two
    log = linked.root / "unit" / "log"
    told = linked.run("audit", "policy", str(log), "--keys", str(log / "vkeys"), "--rules", str(rules))
    assert "PROVEN" in told.output


def test_no_command_says_a_secret_or_a_child(linked: Story) -> None:
    """A name, an ID or key would stand on a terminal that others read."""
    said = "\n".join(linked.said)
    with (linked.root / "data" / "school.csv").open(encoding="utf-8-sig") as rows:
        names = {row["姓名"] for row in csv.DictReader(rows) if len(row.get("姓名", "")) > 1}
    assert names and not any(name in said for name in names)
    profile = json.loads((linked.root / "first-school" / "profile.json").read_text())
    assert profile["service"] == linked.base and "passphrase of" not in said
