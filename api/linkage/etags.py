"""If-Match on changes: 428 without it, 412 when what was read is not what stands.

May touch: network (the request at hand)
Sees:      tags
Spec:      RFC 9110 section 13.1.1, RFC 6585 section 3
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from api.http.problems import Problem, Status


def _tag(if_match: Annotated[str | None, Header(description='the ETag that was read, such as "3"')] = None) -> str:
    if if_match is None:
        raise Problem(Status.PRECONDITION, "precondition-required", "If-Match: send the ETag that was read")
    text = if_match.strip()
    if len(text) < 3 or text[0] != '"' or text[-1] != '"' or not text[1:-1].isalnum():
        raise Problem(Status.STALE, "stale", "If-Match: not the ETag of anything")
    return text[1:-1]


def _version(tag: Annotated[str, Depends(_tag)]) -> int:
    if not tag.isascii() or not tag.isdecimal() or len(tag) > 15:
        raise Problem(Status.STALE, "stale", "If-Match: not the ETag of anything")
    return int(tag)


IfMatch = Annotated[str, Depends(_tag)]
"""The tag between the quotes. Declared after the route's principal: a stranger is told 401 before anything else."""
IfVersion = Annotated[int, Depends(_version)]
"""The version that the tag names."""


def etag(version: int | str) -> str:
    """The header's value."""
    return f'"{version}"'
