"""One web process: the application on a socket that the supervisor bound. Started by the supervisor, ended with it.

May touch: network, and what the application touches
Sees:      requests and answers
"""

from __future__ import annotations

import argparse
import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
import uvicorn

from api.http.logs import set_up_logs
from api.serving.ending import on_end
from api.settings import Settings, load_settings
from api.wiring import opened, web_app
from linkage.flows.warm_indexes import warm_indexes
from linkage.unit import Unit

FINISH_S: Final = 15
_KEEP_ALIVE_S: Final = 20
_WARM_S: Final = 2.0

log = structlog.get_logger("web")


class _Server(uvicorn.Server):
    """uvicorn would raise the signal again when it is done, and nothing below it would be closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def configure(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn is run: no access log of its own (paths hold handles), no name of the server, no believed header."""
    proxies = list(settings.listen.trusted_proxies)
    key = settings.listen.certificate_key_file
    certificate = settings.listen.certificate
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        ws="none",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=FINISH_S,
        ssl_certfile=settings.at(certificate) if certificate else None,
        ssl_keyfile=settings.at(key) if key else None,
    )


def keep_warm(unit: Unit) -> None:
    """Open the index of every job that ends, for as long as the process lives; a failure is told and tried again."""
    while True:
        try:
            warm_indexes(unit)
        except Exception as error:
            log.warning("indexes failed", error=type(error).__name__)
        time.sleep(_WARM_S)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m api.serving.web")
    options.add_argument("--settings", type=Path, required=True)
    options.add_argument("--socket", type=int, required=True)
    given = options.parse_args()
    set_up_logs("web")
    settings = load_settings(given.settings)
    with opened(settings) as service, socket.socket(fileno=given.socket) as listening:
        server = _Server(configure(settings, web_app(service)))

        def end() -> None:
            server.should_exit = True

        on_end(end)
        gc.collect()
        gc.freeze()  # what lives as long as the process is never looked through again, while somebody waits
        threading.Thread(target=keep_warm, args=(service.unit,), name="indexes", daemon=True).start()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
