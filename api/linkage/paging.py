"""Paging by the last id that was read: lists are in the order of their ids, which is the order of time.

May touch: nothing
Sees:      ids
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

After = Annotated[
    str, Query(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25})?$", description="last id of the page before; empty at first")
]
Limit = Annotated[int, Query(ge=1, le=500, description="at most so many")]
