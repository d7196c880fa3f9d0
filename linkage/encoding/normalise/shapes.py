"""Characters that are easily taken for one another: classes of look-alikes.

A class says that its characters look alike, not how much; it ignores sound and meaning. The first class of
a character is its best one: classes are listed so that look-alikes share their first class where possible.
"""

from linkage.encoding.normalise.tables import read_table


def _load() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for number, line in enumerate(read_table("shapes.txt")):
        for character in line:
            found.setdefault(character, []).append(f"{number:x}")
    return {character: tuple(classes) for character, classes in found.items()}


_CLASSES = _load()


def shape_classes(ch: str) -> tuple[str, ...]:
    """Names of the classes of one character, best first, at most six; a character in none is alone in its own."""
    return _CLASSES.get(ch) or (ch,)
