"""Conditional reading: 304 when the caller holds what stands already. Changes need If-Match (`api.linkage.etags`).

May touch: network (the request at hand)
Sees:      tags
Spec:      RFC 9110 sections 8.8.3, 13.1.2, 15.4.5
"""

from __future__ import annotations

import hashlib

from fastapi import Request, Response


def strong_tag(data: bytes) -> str:
    """The ETag of exactly these bytes."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def is_held(request: Request, tag: str) -> bool:
    """Does If-None-Match name this tag? Weak comparison, as reading asks for."""
    given = request.headers.get("if-none-match", "")
    wanted = tag.removeprefix("W/")
    return given.strip() == "*" or wanted in {each.strip().removeprefix("W/") for each in given.split(",")}


def unless_held(request: Request, answer: Response, tag: str) -> Response:
    """The answer with its tag, or 304 with the headers that a cache needs."""
    answer.headers["ETag"] = tag
    if not is_held(request, tag):
        return answer
    kept = {"etag", "cache-control", "vary", "content-location"}
    return Response(status_code=304, headers={name: value for name, value in answer.headers.items() if name in kept})
