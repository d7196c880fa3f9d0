"""One POST to a stranger's server, which must not become a call into anybody's own network.

1. Resolve the name; every address that comes must be public, or nothing is called.
2. Connect to one of exactly these addresses, by number: a name that changes meanwhile changes nothing.
3. TLS as always, against the name. No proxy, no redirect, no cookie, no body read.
4. One deadline for all of it, whatever the server does.

May touch: network
Sees:      a message's ids, its signatures, the receiver's status
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from linkage.webhooks.addresses import AddressRefusedError, Target, check_address, parse, target

DEADLINE_S: Final = 10.0
_CONNECT_S: Final = 4.0
_MOST_ADDRESSES: Final = 16

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """How a try ended: the receiver's status, or 0 and a code of what went wrong before there was one."""

    status: int
    fault: str | None = None
    retry_after_s: int | None = None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class Http(Protocol):
    """What delivers a message."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent: ...


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True)
class GuardedHttp:
    """The guard at work. `loopback` is for tests and demonstrations on one machine."""

    loopback: bool = False
    deadline_s: float = DEADLINE_S
    resolve: Resolve = resolve
    tls: ssl.SSLContext = field(default_factory=_tls, repr=False)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Send once. Never raises for what the address or the receiver does."""
        try:
            to = target(url, loopback=self.loopback)
            addresses = self._addresses(to)  # 1
        except AddressRefusedError:
            return Sent(0, "address-refused")
        except (OSError, ValueError, Empty):
            return Sent(0, "unresolved")
        try:
            connected = _connect(addresses, to.port)  # 2
        except OSError:
            return Sent(0, "unreachable")
        return self._talk(connected, to, headers, body)

    def _addresses(self, to: Target) -> list[str]:
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self.resolve(to.host, to.port))
            except Exception as error:
                answers.put(error)

        threading.Thread(target=ask, name="webhook-resolve", daemon=True).start()
        found = answers.get(timeout=self.deadline_s)  # a resolver knows no deadline of its own
        if isinstance(found, Exception):
            raise found
        if not 0 < len(found) <= _MOST_ADDRESSES:
            raise AddressRefusedError("url: leads to no address, or to too many")
        for address in found:
            check_address(parse(address), loopback=self.loopback)
        return list(found)

    def _talk(self, plain: socket.socket, to: Target, headers: Mapping[str, str], body: bytes) -> Sent:
        handle = plain.dup()  # TLS takes the socket over; this one still ends the connection
        late = threading.Event()
        end = threading.Timer(self.deadline_s, _cut, [handle, late])  # 4
        end.daemon = True
        end.start()
        wire: socket.socket = plain
        try:
            if to.scheme == "https":
                wire = self.tls.wrap_socket(plain, server_hostname=to.host)  # 3
            talk = http.client.HTTPConnection(to.host, to.port)
            talk.auto_open = 0
            talk.sock = wire
            talk.request("POST", to.path, body, {**headers, "Host": to.authority, "Connection": "close"})
            answer = talk.getresponse()
            if late.is_set():  # what was cut off can look like an answer with few headers
                return Sent(0, "broken-off")
            return Sent(answer.status, None, _seconds(answer.getheader("Retry-After")))
        except ssl.SSLCertVerificationError:
            return Sent(0, "certificate-refused")
        except (OSError, http.client.HTTPException, ValueError):
            return Sent(0, "broken-off")
        finally:
            end.cancel()
            wire.close()
            handle.close()


def _connect(addresses: Sequence[str], port: int) -> socket.socket:
    last: OSError = OSError("no address")
    for address in addresses[:3]:
        try:
            return socket.create_connection((address, port), timeout=_CONNECT_S)
        except OSError as error:
            last = error
    raise last


def _cut(plain: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        plain.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 8 else None
