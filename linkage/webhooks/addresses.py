"""Where a webhook may go: one strict spelling of an address, and no host inside anybody's own network.

1. A URL is ASCII, `https`, a host, perhaps a port, a path and a query. No user, no fragment, no escape in the host.
2. A host is a domain name whose last label begins with a letter, or one IP address in its usual spelling. So no
   number in another base, no short form, no look-alike digit is ever handed to a resolver.
3. An address may be called only if it is in the public Internet; whatever carries an IPv4 address inside an IPv6 one
   (mapped, 6to4, NAT64, Teredo, ISATAP) may not.

A name is resolved when it is called, and each address it gives must pass (`sending.py`). Tests and demonstrations
call servers on their own machine: `loopback=True` allows those addresses, plain HTTP and any port for them.

May touch: nothing
Sees:      addresses of agencies' servers
Spec:      RFC 6890 and the IANA special-purpose registries (read 2026-11)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

LONGEST_URL: Final = 1_000
PORTS: Final = frozenset({443, 8443})

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
_LOCAL_NAMES: Final = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet", ".corp", ".private")

_NOT_PUBLIC_4: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by providers, and clouds' metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's host, behind a public number
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_PUBLIC_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, ORCHID, benchmarking
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",
            "3ffe::/16",
            "3fff::/20",
        ),
    )
)
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


class AddressRefusedError(ValueError):
    """The address may not be called; the message is a rule, never the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL in parts. `host` is a name in lower case or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def target(url: str, *, loopback: bool = False) -> Target:
    """Read a URL by rules 1 and 2, and by rule 3 where the host is an address."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL and url.isascii() else None
    if found is None:
        raise AddressRefusedError("url: must be https://HOST[:PORT]/PATH in plain ASCII, without user or fragment")
    scheme, text = found["scheme"], found["host"].lower()
    port = int(found["port"] or (443 if scheme == "https" else 80))
    address = _literal(text)
    local = loopback and ((address is not None and address.is_loopback) or text == "localhost")
    if scheme != "https" and not local:
        raise AddressRefusedError("url: must be https")
    if (not local and port not in PORTS) or port > 65535:
        raise AddressRefusedError(f"url: port must be one of {', '.join(map(str, sorted(PORTS)))}")
    if address is not None:
        check_address(address, loopback=loopback)
    elif not local and (_NAME.fullmatch(text) is None or len(text) > 253 or text.endswith(_LOCAL_NAMES)):
        raise AddressRefusedError("url: the host must be a public domain name or one public IP address")
    return Target(scheme, text.strip("[]"), port, (found["path"] or "/") + (found["query"] or ""))


def check_address(address: IPv4Address | IPv6Address, *, loopback: bool = False) -> None:
    """Rule 3. Raises `AddressRefusedError`."""
    if loopback and address.is_loopback and getattr(address, "ipv4_mapped", None) is None:
        return
    if not is_public(address):
        raise AddressRefusedError("url: leads to an address that is not in the public Internet")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Is it a unicast address of the public Internet that hides no other address?"""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    if (int(address) >> 32 & 0xFFFFFFFF) in _ISATAP:
        return False
    return not any(address in network for network in _NOT_PUBLIC_6)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The host as an address, if it is one in its usual spelling."""
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        if host.startswith("["):
            raise AddressRefusedError("url: the host is not an IPv6 address") from None
        return None


def parse(text: str) -> IPv4Address | IPv6Address:
    """An address as the resolver gives it."""
    return ip_address(text)
