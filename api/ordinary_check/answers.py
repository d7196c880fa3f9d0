"""What is said of a person: no record, the records, or that the number is another's. Bytes, made from the index alone.

Everybody of whom the index has no row gets the same constant bytes, whatever the name and number: the answer holds
nothing of the question. Both languages stand in every answer, so that the asker's language changes nothing either.
A number that is on the index under another name is said to be so: counter staff must look at the papers again, and
somebody with a record does not get a clean answer by a slip of the pen.

May touch: disk (its own template)
Sees:      ordinary records
Spec:      vault-law L24
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from api.ordinary_check.index import OrdinaryIndex, OrdinaryRecord
from api.ordinary_check.person import Person, plain_name


class Result(StrEnum):
    """The three answers."""

    NO_RECORD = "no-record"
    ON_RECORD = "on-record"
    OTHER_NAME = "other-name"


WORDS: Final = {
    Result.NO_RECORD: ("No criminal record is found.", "经查询，未发现犯罪记录。"),
    Result.ON_RECORD: ("The index holds the records below.", "索引中有下列记录。"),
    Result.OTHER_NAME: (
        "The index holds this number under another name. Compare the papers and ask again.",
        "索引中该证件号码对应的姓名不同，请核对证件后重新查询。",
    ),
}


def look_up(index: OrdinaryIndex, person: Person) -> tuple[Result, Sequence[OrdinaryRecord]]:
    """What the index says; IndexFaultError when it does not answer."""
    found = index.records(person.resident_id)
    if not found:
        return Result.NO_RECORD, ()
    same = [one for one in found if plain_name(one.name) == person.name]
    return (Result.ON_RECORD, same) if same else (Result.OTHER_NAME, ())


def as_json(result: Result, records: Sequence[OrdinaryRecord]) -> bytes:
    """The answer of the API."""
    english, chinese = WORDS[result]
    rows = [{"matter": one.matter, "date": one.date, "authority": one.authority} for one in records]
    said = {"result": result.value, "en": english, "zh": chinese, "records": rows}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def as_page(result: Result, records: Sequence[OrdinaryRecord]) -> bytes:
    """The answer of the counter page."""
    return _page(said=WORDS[result], records=records, wrong=())


def form_page(wrong: Sequence[str] = ()) -> bytes:
    """The counter page before a question; `wrong` are the fields that break their form."""
    return _page(said=(), records=(), wrong=wrong)


def style() -> bytes:
    """The style sheet."""
    return files("api.ordinary_check").joinpath("counter.css").read_bytes()


def _page(**parts: Any) -> bytes:
    page: str = _template().render(**parts)
    return page.encode()


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("api.ordinary_check").joinpath("counter.html").read_text(encoding="utf-8"))
