"""One connection to a witness, closed when no request comes of it: uvicorn alone waits for a request's head for ever.

Without this, a few hundred connections that say nothing, or drip a header, would keep every log from its witness. How
long a body may take is `witness_server`'s affair.

May touch: network (a connection that it is given)
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

HEAD_SECONDS = 10.0


class HurriedConnection(H11Protocol):
    """Closed after `HEAD_SECONDS` to twice of them without the whole head of a new request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self._look, None)

    def _look(self, before: RequestResponseCycle | None) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is before and self.conn.their_state in (h11.IDLE, h11.DONE):
            self.transport.close()
        else:
            self.loop.call_later(HEAD_SECONDS, self._look, self.cycle)
