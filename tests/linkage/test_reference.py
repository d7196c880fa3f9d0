"""Tables beside a schema: read, checked against it, and filled on the safe side."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from linkage.errors import SchemaError
from linkage.reference import UNLISTED, load_reference, load_worth, reference_from
from linkage.schema import ROOT, load_schema

SCHEMA = load_schema("cn-child-v1")


def test_a_table_that_names_an_unknown_tag_is_refused() -> None:
    """Without this a misspelt tag would silently keep its old rate."""
    for raw in ({"rates": {"QQ": {"rate": 0.1}}}, {"household": ["QQ"]}, {"together": {"SU.QQ": 2}}):
        with pytest.raises(SchemaError, match="'QQ' is not described"):
            reference_from(raw, SCHEMA, "x.reference.toml")


def test_a_malformed_table_is_refused() -> None:
    """Without this a wrong type would surface as a crash in the middle of encoding."""
    for raw in ({"rates": {"NX": {}}}, {"rates": {"NX": 3}}, {"together": {"SU": 2}}, {"most": {"P": {"share": 0}}}):
        with pytest.raises(SchemaError, match="missing or of the wrong type"):
            reference_from(raw, SCHEMA, "x.reference.toml")


def test_gaps_are_filled_on_the_safe_side() -> None:
    """Without this a tag that nobody measured would leak nothing."""
    reference = reference_from({}, SCHEMA, "x.reference.toml")
    assert reference.rates["NX"].rate == UNLISTED * SCHEMA.tags["NX"].collision
    assert reference.groups["NX"] == reference.groups["SU"] != reference.groups["DX"]
    assert reference.groups["P"] != reference.groups["G"]


def test_a_schema_of_ones_own_needs_no_tables(tmp_path: Path) -> None:
    """Without this only built-in schemas could be planned."""
    path = tmp_path / "mine.toml"
    path.write_text((ROOT / "cn-child-v1.toml").read_text(encoding="utf-8"), encoding="utf-8")
    schema = load_schema("mine.toml", tmp_path)
    assert load_reference("mine.toml", schema, tmp_path).household == ()
    assert load_worth("mine.toml", tmp_path) is None


def test_its_own_tables_stand_beside_it(tmp_path: Path) -> None:
    """Without this a deployment could not correct a rate for its region."""
    for kind in (".toml", ".reference.toml", ".worth.csv"):
        (tmp_path / f"mine{kind}").write_bytes((ROOT / f"cn-child-v1{kind}").read_bytes())
    schema = load_schema("mine.toml", tmp_path)
    assert load_reference("mine.toml", schema, tmp_path) == load_reference("cn-child-v1", schema)
    assert load_worth("mine.toml", tmp_path) == load_worth("cn-child-v1")


def test_a_broken_table_of_worth_is_refused(tmp_path: Path) -> None:
    """Without this a truncated table would make poor plans in silence."""
    (tmp_path / "mine.toml").write_bytes((ROOT / "cn-child-v1.toml").read_bytes())
    (tmp_path / "mine.worth.csv").write_text("kind,visible,agree,pairs\nuncle,,NX,1\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"mine\.worth\.csv"):
        load_worth("mine.toml", tmp_path)


def test_the_tables_know_every_tag_of_their_schema() -> None:
    """Without this a new tag would live on its guessed rate and be worth nothing."""
    listed = tomllib.loads((ROOT / "cn-child-v1.reference.toml").read_text(encoding="utf-8"))
    worth = load_worth("cn-child-v1")
    assert worth is not None
    measured = {tag for row in worth.rows for tag in SCHEMA.closure(row.agree)}
    used = {tag for key_type in SCHEMA.key_types for tag in key_type.tags}
    assert used <= measured
    assert used <= set(listed["rates"])
