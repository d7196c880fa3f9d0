"""Reviewers' words."""

from __future__ import annotations

import pytest

from linkage.review_words import MISSING, chinese
from linkage.schema import load_schema


@pytest.mark.parametrize("name", ["cn-child-v1", "person-v1"])
def test_every_level_of_a_shipped_schema_has_its_chinese(name: str) -> None:
    """A Chinese reviewer would meet English words."""
    for comparison in load_schema(name).comparisons:
        for words in (comparison.name, MISSING, *comparison.labels()):
            assert chinese(words).isascii() is False
            assert not [letter for letter in chinese(words) if "a" <= letter <= "z"]
