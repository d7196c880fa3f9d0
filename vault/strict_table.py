"""Read a parsed TOML table strictly: every field is asked for once, of its type, and what is left over is refused.

It knows no file and no rule. A refusal names the place and the rule, never the value.

May touch: nothing
Sees:      whatever the caller reads
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from audit.shapes import is_code

E = TypeVar("E", bound=StrEnum)


class StrictTable:
    """One table; `refuse` makes the caller's error out of one sentence."""

    def __init__(self, value: Any, place: str, refuse: Callable[[str], Exception]) -> None:
        self.place, self._refuse = place, refuse
        if not isinstance(value, dict):
            self.fail("a table expected")
        self._left: dict[str, Any] = dict(value)

    def fail(self, rule: str) -> NoReturn:
        """Refuse this table."""
        raise self._refuse(f"{self.place}: {rule}")

    def end(self) -> None:
        """Refuse what was not asked for. Its name is not repeated: it may be somebody's text."""
        if self._left:
            self.fail(f"{len(self._left)} unknown field(s)")

    def has(self, name: str) -> bool:
        """Whether a field is there and not yet taken."""
        return name in self._left

    def is_null(self, name: str) -> bool:
        """Whether a field is there as null (JSON only), and taken with that."""
        return self._left.get(name, ...) is None and self._left.pop(name, ...) is None

    def text(self, name: str, *, longest: int = 2000) -> str:
        """A text that is not empty."""
        value = self._take(name)
        if type(value) is not str or not value.strip() or len(value) > longest:
            self.fail(f"{name}: a text of at most {longest} characters expected")
        return value

    def code(self, name: str) -> str:
        """A code (audit/shapes)."""
        value = self._take(name)
        if not is_code(value):
            self.fail(f"{name}: a code expected")
        return str(value)

    def word(self, name: str, words: type[E]) -> E:
        """One word of a closed list."""
        return self._word(name, self._take(name), words)

    def words(self, name: str, words: type[E]) -> tuple[E, ...]:
        """Some words of a closed list, none twice."""
        found = tuple(self._word(name, item, words) for item in self._list(name))
        if len(set(found)) != len(found):
            self.fail(f"{name}: a word stands twice")
        return found

    def codes(self, name: str) -> tuple[str, ...]:
        """Some codes, none twice."""
        return self._texts(name, is_code, "codes")

    def texts(self, name: str) -> tuple[str, ...]:
        """Some texts that are not empty, none twice."""
        return self._texts(name, lambda item: type(item) is str and 0 < len(item.strip()) <= 2000, "texts")

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number within limits."""
        value = self._take(name)
        if type(value) is not int or not least <= value <= most:
            self.fail(f"{name}: a whole number from {least} to {most} expected")
        return value

    def flag(self, name: str) -> bool:
        """true or false."""
        value = self._take(name)
        if type(value) is not bool:
            self.fail(f"{name}: true or false expected")
        return value

    def day(self, name: str) -> dt.date:
        """A date, unquoted (YYYY-MM-DD)."""
        value = self._take(name)
        if type(value) is not dt.date:
            self.fail(f"{name}: a date expected")
        return value

    def days(self, name: str) -> tuple[dt.date, ...]:
        """Some dates, none twice."""
        return self._texts(name, lambda item: type(item) is dt.date, "dates")

    def table(self, name: str) -> StrictTable:
        """A table inside."""
        return StrictTable(self._take(name), f"{self.place}: {name}", self._refuse)

    def tables(self, name: str, *, label: str = "") -> list[StrictTable]:
        """Some tables inside; each is placed by its number, or by the code under `label` in files without names."""
        return [
            StrictTable(item, f"{self.place}: {name} {self._label(item, label, number)}", self._refuse)
            for number, item in enumerate(self._list(name), start=1)
        ]

    def _label(self, item: Any, label: str, number: int) -> str:
        said = item.get(label) if isinstance(item, dict) else None
        return said if type(said) is str and is_code(said.lower()) else str(number)

    def _take(self, name: str) -> Any:
        if name not in self._left:
            self.fail(f"{name}: missing")
        return self._left.pop(name)

    def _list(self, name: str) -> list[Any]:
        value = self._take(name)
        if type(value) is not list:
            self.fail(f"{name}: a list expected")
        return value

    def _texts(self, name: str, holds: Callable[[object], bool], says: str) -> tuple[Any, ...]:
        found = self._list(name)
        if not all(holds(item) for item in found) or len(set(found)) != len(found):
            self.fail(f"{name}: {says} expected, none twice")
        return tuple(found)

    def _word(self, name: str, value: Any, words: type[E]) -> E:
        if type(value) is not str or value not in {word.value for word in words}:
            self.fail(f"{name}: not a word of its list")
        return words(value)
