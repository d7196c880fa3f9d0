"""Say what the linkage room refuses, in words for the person who must repair it.

Every error carries one finished message, ``FILE: line N: column 'X': rule``, and perhaps a hint about what to
do next. It does not know exit codes, colours or HTTP (the edge maps `LinkageError` to those), and it never
carries a cell's value: messages end up in terminals, tickets and logs, where names and numbers of children
must not be.

May touch: nothing
Sees:      file names, column names, line numbers
"""

from __future__ import annotations

from typing import Self

LONGEST_NAME = 40
"""Characters of a column or file-given name that a message may show."""


class LinkageError(Exception):
    """Anything the linkage room refuses; never raised itself, only its leaves are."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the finished `message` and an optional `hint` on what to do next."""
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """The finished sentence, without the hint."""
        return str(self)

    @classmethod
    def at(
        cls,
        file: object,
        rule: str,
        *,
        line: int | None = None,
        row: int | None = None,
        column: str | int | None = None,
        hint: str | None = None,
    ) -> Self:
        """Build the message from a place and a rule.

        `line` is a 1-based line of a text file, `row` a 1-based row of a Parquet file or sheet, `column` a
        header name or a 1-based position. The rule must not quote a cell.
        """
        place = [str(file)]
        if line is not None:
            place.append(f"line {line}")
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column}" if isinstance(column, int) else f"column {quoted(column)}")
        return cls(": ".join([*place, rule]), hint=hint)


class ProjectError(LinkageError):
    """The project file is missing, is not valid TOML or breaks one of its own rules."""


class SourceFileError(LinkageError):
    """A source file cannot be read as a table of records with unique ids."""


class MappingError(LinkageError):
    """The mapping and the columns of a source do not fit together."""


class SchemaError(LinkageError):
    """The linkage schema is unknown or contradicts itself."""


class KeyFileError(LinkageError):
    """A key file is missing, damaged, locked or of the wrong kind."""


class FingerprintError(LinkageError):
    """Two encodings were made under different parameters and must not be compared."""


class BatchError(LinkageError):
    """An encoded batch is damaged, incomplete or not what its header says."""


class PlanError(LinkageError):
    """The plan cannot keep its promises for the stated population."""


class HealthError(LinkageError):
    """A file's own values would leak more than the plan allows, so that it must not be encoded as it is."""


def quoted(name: str) -> str:
    """Return a column or key name in quotes, on one line, at most `LONGEST_NAME` characters of it."""
    line = "".join(char if char.isprintable() else " " for char in name)
    short = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"
    return f"'{short}'"
