"""The base of every body that the linkage service reads or writes: strict, frozen, without unknown fields.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[._:/-][a-z0-9]+)*$", max_length=64)]
"""Lower-case ASCII words, as the log takes them."""
RequestId = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Handle = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""A record handle in hexadecimal."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Body(BaseModel):
    """What every request and answer body is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
