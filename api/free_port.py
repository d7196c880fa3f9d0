"""A port for a service that is started on this machine: for stories and benches.

May touch: network (loopback)
Sees:      nothing
"""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port of this machine that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
