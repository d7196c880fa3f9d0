"""Where webhooks may go: odd spellings, ranges, and whatever hides one address in another."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.webhooks.addresses import AddressRefusedError, is_public, target

_ODD = [
    "http://hooks.example/",
    "HTTPS://hooks.example/",
    "ftp://hooks.example/",
    "//hooks.example/",
    "https:hooks.example",
    "https:/hooks.example",
    "https:///hooks.example",
    "https://",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://sub.localhost/",
    "https://intranet/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://hooks.example./",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://0127.0.0.1/",
    "https://127.000.000.001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://100.100.100.200/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:1:2:3:4:80ff:fffe]/",
    "https://[2a00:1450::5efe:7f00:1]/",
    "https://[2a00:1450::200:5efe:7f00:1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://[ff02::1]/",
    "https://[::1",
    "https://::1/",
    "https://[1.2.3.4]/",
    "https://１２７.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://ｌocalhost/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%2f@hooks.example/",
    "https://user@hooks.example/",
    "https://user:secret@hooks.example/",
    "https://hooks.example@127.0.0.1/",
    "https://hooks.example#@127.0.0.1/",
    "https://hooks.example\\@127.0.0.1/",
    "https://hooks.example\\.127.0.0.1/",
    "https://hooks.example\t/",
    "https://hooks.example/\r\nHost: x",
    "https://hooks.example/ x",
    " https://hooks.example/",
    "https://hooks.example/\n",
    "https://hooks.example/#part",
    "https://hooks.example:22/",
    "https://hooks.example:0443/",
    "https://hooks.example:99999/",
    "https://hooks.example:443:443/",
    "https://hooks.example:/",
    "https://-hooks.example/",
    "https://hooks-.example/",
    "https://hooks..example/",
    "https://hooks_one.example/",
    "https://8.8.8.8.9/",
    "https://1.2.3/",
    "https://hooks.1/",
    "https://hooks.0x7f/",
    "https://" + "a" * 64 + ".example/",
    "https://" + ".".join(["abc"] * 70) + ".example/",
    "https://hooks.example/" + "a" * 1000,
]


@pytest.mark.parametrize("url", _ODD)
def test_odd_spellings_are_refused(url: str) -> None:
    """An agency's webhook could call the unit's own machines, or another's."""
    with pytest.raises(AddressRefusedError) as refused:
        target(url)
    assert "hooks" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.hospital.example", "hooks.hospital.example", 443, "/"),
        ("https://Hooks.Hospital.EXAMPLE:8443/a/b?c=d", "hooks.hospital.example", 8443, "/a/b?c=d"),
        ("https://xn--fiqs8s.xn--fiqs8s/", "xn--fiqs8s.xn--fiqs8s", 443, "/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://[2a00:1450:4001::1]/", "2a00:1450:4001::1", 443, "/"),
    ],
)
def test_honest_addresses_pass(url: str, host: str, port: int, path: str) -> None:
    """Agencies could not register their servers."""
    found = target(url)
    assert (found.host, found.port, found.path) == (host, port, path)


def test_loopback_only_where_it_is_allowed() -> None:
    """The setting of tests would open more than the machine itself."""
    assert target("http://127.0.0.1:9000/x", loopback=True).port == 9000
    assert target("http://[::1]:9000/x", loopback=True).authority == "[::1]:9000"
    for url in (
        "http://10.0.0.1/",
        "http://hooks.example/",
        "https://[::ffff:127.0.0.1]/",
        "https://hooks.example:22/",
    ):
        with pytest.raises(AddressRefusedError):
            target(url, loopback=True)


@given(st.ip_addresses(v=4))
def test_no_special_ipv4_address_is_public(address: IPv4Address) -> None:
    """A range could be forgotten. The standard library's registry is the oracle; ours refuses more."""
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_no_special_ipv6_address_is_public(address: IPv6Address) -> None:
    """The same for IPv6."""
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_inside_an_ipv6_one(inner: IPv4Address) -> None:
    """A private address could be reached through a translator."""
    number = int(inner)
    for prefix, shift in (("::", 0), ("::ffff:0:0", 0), ("64:ff9b::", 0), ("64:ff9b:1::", 0), ("2002::", 80)):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) | number << shift))
    assert not is_public(IPv6Address(int(IPv6Address("2a00::5efe:0:0")) | number))


@given(
    st.sampled_from(["0x{:x}", "0{:o}", "{:d}", "{:03d}", "0x{:02x}", "{:08d}"]),
    st.lists(st.integers(0, 255), min_size=1, max_size=4),
    st.sampled_from(["", "."]),
)
def test_numbers_in_any_base_are_no_host(form: str, parts: list[int], end: str) -> None:
    """A resolver that reads octal or short forms would go where the guard did not look."""
    host = ".".join(form.format(part) for part in parts) + end
    plain = len(parts) == 4 and host == ".".join(map(str, parts))
    if plain and is_public(IPv4Address(host)):
        assert target(f"https://{host}/").host == host
    else:
        with pytest.raises(AddressRefusedError):
            target(f"https://{host}/")


@given(st.text(max_size=80))
def test_whatever_passes_is_a_name_or_a_public_address(text: str) -> None:
    """Some text could slip through the grammar."""
    try:
        found = target("https://" + text)
    except AddressRefusedError:
        return
    assert found.host.isascii()
    assert found.port in (443, 8443)
    assert not set(found.host + found.path) & set(" \t\r\n\\@#") - set("@")
