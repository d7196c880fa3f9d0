"""Pages of a list: an opaque signed cursor says where to go on, `Link: rel=next` carries it. No offsets.

A cursor holds the last id that was read and is bound by its MAC to the list (path and filters) and to the caller, so
that nobody can make one up, or use one of another list or another caller. It grants nothing: every query is filtered
by the caller as ever.

May touch: network (the request and answer at hand)
Sees:      ids
Spec:      RFC 8288 (Link)
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response

from api.http.problems import problem_of

T = TypeVar("T")

LARGEST_PAGE: Final = 500
_MAC_BYTES: Final = 16
_LONGEST: Final = 600
_OWN: Final = ("cursor", "limit")


def seal_cursor(key: bytes, last: str, bound: str) -> str:
    """`last` as a cursor of the list that `bound` names."""
    data = last.encode()
    return base64.urlsafe_b64encode(_mac(key, data, bound) + data).decode().rstrip("=")


def open_cursor(key: bytes, cursor: str, bound: str) -> str:
    """The id in it; Problem 400, always the same one, for anything that we did not make for this list and caller."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mac, data = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if cursor == base64.urlsafe_b64encode(sealed).decode().rstrip("=") and hmac.compare_digest(
            mac, _mac(key, data, bound)
        ):
            return data.decode()
    except (binascii.Error, ValueError):
        pass
    raise problem_of("bad-cursor")


def _mac(key: bytes, data: bytes, bound: str) -> bytes:
    text = bound.encode()
    return hmac.digest(key, len(text).to_bytes(8, "big") + text + data, "sha256")[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class Page:
    """The page that was asked for: what comes `after` an id (empty at first), `limit` items at most."""

    after: str
    limit: int
    _request: Request
    _response: Response
    _key: bytes
    _bound: str

    def turn(self, items: Sequence[T], name: Callable[[T], str]) -> Sequence[T]:
        """The same items; if the page is full, the answer links to the next one. `name` is an item's id."""
        self._response.headers.update(self.links(items, name))
        return items

    def links(self, items: Sequence[T], name: Callable[[T], str]) -> dict[str, str]:
        """The header alone, for answers that are made by hand."""
        if len(items) < self.limit:
            return {}
        query = [(key, value) for key, value in self._request.query_params.multi_items() if key not in _OWN]
        query += [("limit", str(self.limit)), ("cursor", seal_cursor(self._key, name(items[-1]), self._bound))]
        return {"Link": f'<{quote(self._request.url.path)}?{urlencode(query)}>; rel="next"'}


def _page(
    request: Request,
    response: Response,
    cursor: Annotated[str, Query(max_length=_LONGEST, description="from `Link: rel=next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="at most so many")] = 100,
) -> Page:
    principal = getattr(request.state, "principal", None)
    caller = f"{principal.subject}/{principal.agency or ''}" if principal else ""
    filters = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _OWN)
    bound = f"{caller}\n{request.url.path}\n{urlencode(filters)}"
    key: bytes = request.app.state.cursor_key
    after = open_cursor(key, cursor, bound) if cursor else ""
    return Page(after, limit, request, response, key, bound)


ThePage = Annotated[Page, Depends(_page)]
"""How a route of a list gets its page; declared after the principal, to whom cursors are bound."""
