"""The service on a port of this machine, with sessions that name their principal, for tests of clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Request
from service_site import principal

from api.auth.permissions import Role
from api.auth.principal import Principal
from api.http.problems import Problem


async def authenticate_by_session(request: Request) -> Principal:
    """`Authorization: Bearer role/agency-or-dash/subject`."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer":
        raise Problem(401, "no-credential", "a credential is needed")
    role, agency, subject = text.split("/")
    return principal(Role(role), None if agency == "-" else agency, subject)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Yields the base address."""
    app.state.authenticate = authenticate_by_session
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
