"""`python -m api.ordinary_check`, which `sealink serve ordinary-check` becomes: one process, one index, one socket.

It starts alone, so that no module of another service is in its memory. Without a staff token and TLS it listens on
loopback only; a proxy in front of it may ask for client certificates.

May touch: disk, network
Sees:      the staff token; names, resident IDs, ordinary records
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn

from api.http.logs import set_up_logs
from api.ordinary_check.app import create_app
from api.ordinary_check.index import CsvIndex, IndexFaultError, OrdinaryIndex, SqlIndex

PORT: Final = 8404
_LOOPBACK: Final = ("127.0.0.1", "::1")
_LONGEST_SECRET: Final = 4_096
_LEAST_TOKEN: Final = 16


class StartError(Exception):
    """It cannot start as it was asked to. One sentence."""


def parser() -> argparse.ArgumentParser:
    """The options; none of them is a secret."""
    options = argparse.ArgumentParser(
        prog="sealink serve ordinary-check", description="Answer from the ordinary index."
    )
    where = options.add_mutually_exclusive_group(required=True)
    where.add_argument("--csv", type=Path, help="CSV file of the index, UTF-8 or GB 18030")
    where.add_argument("--database", help="SQLAlchemy URL of the index's database, without a password")
    options.add_argument("--table", help="with --database: the table or view to read")
    options.add_argument("--password-file", type=Path, help="with --database: file (mode 0600) with the password")
    options.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS", help="may be given again")
    options.add_argument("--staff-token-file", type=Path, help="file (mode 0600) with the counters' token")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=PORT)
    options.add_argument("--certificate", type=Path, help="TLS certificate, PEM")
    options.add_argument("--certificate-key-file", type=Path, help="its key, PEM")
    return options


def main() -> None:
    """Serve until it is interrupted; exit 2 with one sentence when it cannot start."""
    given = parser().parse_args()
    try:
        _serve(given)
    except (StartError, IndexFaultError) as error:
        print(f"refused: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _serve(given: argparse.Namespace) -> None:
    token = _secret(given.staff_token_file) if given.staff_token_file else None
    if token is not None and len(token) < _LEAST_TOKEN:
        raise StartError(f"{given.staff_token_file.name}: a token of {_LEAST_TOKEN} characters or more expected")
    if given.host not in _LOOPBACK and not (token and given.certificate and given.certificate_key_file):
        raise StartError("host: beyond loopback a staff token and a certificate are needed")
    app = create_app(_index(given), token)
    with _listening(given.host, given.port) as listening:
        set_up_logs("ordinary-check")
        print(f"ordinary check: {given.host} port {listening.getsockname()[1]}", file=sys.stderr, flush=True)
        uvicorn.Server(configure(app, given.certificate, given.certificate_key_file)).run(sockets=[listening])


def configure(app: object, certificate: Path | None, key: Path | None) -> uvicorn.Config:
    """How uvicorn is run: no header of its own, so that equal answers are equal bytes."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        lifespan="off",
        http="httptools",
        ws="none",
        proxy_headers=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def _index(given: argparse.Namespace) -> OrdinaryIndex:
    columns = dict(one.partition("=")[::2] for one in given.column)
    if not all(columns.values()):
        raise StartError("column: OURS=THEIRS expected")
    if given.csv:
        return CsvIndex(given.csv, columns)
    if not given.table:
        raise StartError("table: name the one to read")
    password = _secret(given.password_file).decode() if given.password_file else ""
    return SqlIndex(given.database, given.table, columns, password)


def _secret(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_mode & 0o077:
                raise StartError(f"{path.name}: others may read it; its mode must be 0600")
            return stream.read(_LONGEST_SECRET).strip()
    except OSError as error:
        raise StartError(f"{path.name}: cannot be read: {error.strerror}") from None


def _listening(host: str, port: int) -> socket.socket:
    try:
        made = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StartError(f"host {host} port {port}: {error.strerror}") from None
    made.setblocking(False)
    return made


if __name__ == "__main__":
    main()
