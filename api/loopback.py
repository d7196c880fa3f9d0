"""Wait on this machine for a browser that comes back from signing in (RFC 8252, section 7.3).

It listens at 127.0.0.1 on a port that the system chose, takes the one answer that carries our state, and shows the
person that they may close the page. Whatever else comes is answered 404 and changes nothing.

May touch: network (loopback)
Sees:      a code that is worth nothing without our verifier
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

WAIT_S: Final = 300.0
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sealink</title>
<p>Signed in; you may close this page.</p><p lang="zh-CN">已登录，可关闭本页面。</p></html>"""


class NobodyCameError(Exception):
    """No browser came back in time."""


def wait_for_code(
    base: str, challenge: str, show: Callable[[str], None], *, fresh: bool = False, wait_s: float = WAIT_S
) -> str:
    """The code that a browser brings. `show` opens or prints the address where it must begin."""
    state = secrets.token_urlsafe(24)
    found: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        timeout = 5  # of a connection that says nothing

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            code, given = query.get("code", [""])[0], query.get("state", [""])[0]
            is_ours = bool(code) and hmac.compare_digest(given.encode(), state.encode())
            if is_ours:
                found.append(code)
            data = _PAGE.encode() if is_ours else b""
            self.send_response(200 if is_ours else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Its lines would hold the code."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        query = {"port": server.server_port, "challenge": challenge, "state": state, "fresh": str(fresh).lower()}
        show(f"{base}/v1/session/begin?{urlencode(query)}")
        until = time.monotonic() + wait_s
        while not found:
            server.timeout = until - time.monotonic()
            if server.timeout <= 0:
                raise NobodyCameError
            server.handle_request()
    return found[0]
