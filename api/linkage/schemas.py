"""The base of every body that the linkage service reads or writes: strict, frozen, without unknown fields.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from audit.shapes import is_code


def _for_the_log(text: str) -> str:
    if not is_code(text):
        raise ValueError("not a code that the log takes")
    return text


Code = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(?:[._:/-][a-z0-9]+)*$", max_length=64, examples=["hospital"]),
    AfterValidator(_for_the_log),
]
"""Lower-case ASCII words without a run of eight digits, as the log takes them."""
NewCode = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=64, examples=["hospital"]),
    AfterValidator(_for_the_log),
]
"""A code that somebody gives: it stands in addresses, so without a slash or a colon."""
RequestId = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=["01KB1N3X9W4Q2V7T8R5Y6M0ZCD"])]
Handle = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["9f" * 16])]
"""A record handle in hexadecimal."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["5a" * 32])]
Count = Annotated[int, Field(ge=0, le=2**53 - 1, examples=[3])]


class Body(BaseModel):
    """What every request and answer body is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
