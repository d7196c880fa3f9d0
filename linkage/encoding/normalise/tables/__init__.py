"""Read the tables that ship with the normalisers, line by line, and the words of tables inside modules.

Gives text and nothing else: meaning is added by the module that owns a table. Origin and licence of
each table stand in README.md beside this file.
"""

from importlib.resources import files
from typing import Literal

TableName = Literal["shapes.txt", "divisions.tsv", "former_divisions.tsv", "towns.tsv", "lunar.tsv", "surnames.txt"]
TABLE_NAMES: tuple[TableName, ...] = (
    "shapes.txt",
    "divisions.tsv",
    "former_divisions.tsv",
    "towns.tsv",
    "lunar.tsv",
    "surnames.txt",
)


def read_table(name: TableName) -> tuple[str, ...]:
    """Lines of a shipped table without comments and blank lines, in file order."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def words(text: str) -> tuple[str, ...]:
    """Words of a table that stands in a module, in order."""
    return tuple(text.split())
