"""A small case bundle on disk, and ways to change it, for tests of manifests, bundles and views."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """\
case_no = "(2026)苏06刑初1号"
agency = "court-a"
agency_kind = "court"
outcome = "sentenced"
kinds = ["conviction"]
term_months = 18
judged_on = 2026-03-02
instance = "first"
joint = "none"

[subject]
name = "欧阳小明"
aliases = ["阿明明"]
resident_id = "320684200805101234"
birth = 2008-05-10
identifying = ["江苏省南通市海门区海门街道人民路88号", "海门第一中学"]

[[offence]]
charge = "盗窃罪"
first = 2025-01-05

[[phase]]
phase = "investigation"
[[phase.object]]
path = "investigation/record.txt"
kind = "conviction"
extract = false

[[phase]]
phase = "prosecution"
[[phase.object]]
path = "prosecution/survey.txt"
kind = "social_investigation"
extract = false

[[phase]]
phase = "trial"
[[phase.object]]
path = "trial/欧阳小明 judgment.txt"
kind = "conviction"
extract = true
redacted = "trial/judgment.redacted.txt"

[[phase]]
phase = "execution"
absent = "still to come"

[[holder]]
agency = "police-a"
kind = "police"
phases = ["investigation"]
[[holder]]
agency = "procuratorate-a"
kind = "procuratorate"
phases = ["prosecution"]
"""

FILES = {
    "investigation/record.txt": "讯问笔录:欧阳小明".encode(),
    "prosecution/survey.txt": "社会调查:欧阳小明".encode(),
    "trial/欧阳小明 judgment.txt": "判决书:被告人欧阳小明".encode(),
    "trial/judgment.redacted.txt": "判决书:被告人欧阳某某,犯盗窃罪".encode(),
}


def write_case(
    folder: Path, changes: list[tuple[str, str]] | None = None, files: dict[str, bytes] | None = None
) -> Path:
    """Write the bundle; `changes` replace text of the manifest, `files` add to or replace its files."""
    text = MANIFEST
    for old, new in changes or []:
        assert old in text, "the change does not touch the manifest"
        text = text.replace(old, new, 1)
    for path, data in {**FILES, **(files or {}), "case.toml": text.encode()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
