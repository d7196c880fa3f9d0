"""The guarded call: one connection to a checked address, and nothing a hostile receiver can do with it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from webhook_receiver import certificate, receiving

from linkage.webhooks.sending import GuardedHttp, Sent


def test_a_message_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would arrive, or it would go through a proxy that the environment names."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with receiving() as there:
        sent = GuardedHttp(loopback=True).post(there.url + "?a=b", {"webhook-id": "x"}, b"{}")
    assert sent == Sent(204)
    ((path, headers, body),) = there.got
    assert (path, body, headers["webhook-id"]) == ("/hook?a=b", b"{}", "x")
    assert headers["host"] == f"127.0.0.1:{there.port}"


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:8.8.8.8"], ["fe80::1%lo"], [], ["8.8.8.8"] * 17, ["x"]],
)
def test_no_connection_when_one_address_is_not_public(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address would lead inside."""
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("connected"))
    sent = GuardedHttp(resolve=lambda *_: answers).post("https://hooks.example/", {}, b"{}")
    assert sent.status == 0
    assert sent.fault in ("address-refused", "unresolved")


def test_the_checked_address_is_the_one_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers otherwise the second time (DNS rebinding) would lead inside."""
    asked: list[str] = []
    called: list[tuple[str, int]] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], **_: object) -> None:
        called.append(address)
        raise OSError

    monkeypatch.setattr("socket.create_connection", connect)
    sent = GuardedHttp(resolve=resolve).post("https://hooks.example/", {}, b"{}")
    assert sent == Sent(0, "unreachable")
    assert (asked, called) == (["hooks.example"], [("93.184.215.14", 443)])


def test_a_redirect_is_not_followed() -> None:
    """A public receiver could send the unit on to a private one."""
    with receiving() as inside, receiving() as there:
        there.answers, there.extra = [307], {"Location": inside.url}
        assert GuardedHttp(loopback=True).post(there.url, {}, b"{}").status == 307
        assert inside.got == []


def test_a_receiver_that_dribbles_is_cut_off() -> None:
    """One slow receiver would hold the worker for ever."""
    with receiving() as there:
        there.slow = threading.Event()
        sent = GuardedHttp(loopback=True, deadline_s=0.5).post(there.url, {}, b"{}")
        there.slow.set()
    assert sent == Sent(0, "broken-off")


def test_a_resolver_that_hangs_is_left() -> None:
    """A name server could hold the worker."""
    wait = threading.Event()
    hanging = GuardedHttp(deadline_s=0.2, resolve=lambda *_: [str(wait.wait(20))])
    assert hanging.post("https://hooks.example/", {}, b"{}") == Sent(0, "unresolved")
    wait.set()


def test_tls_is_checked_against_the_name(tmp_path: Path) -> None:
    """Whoever stands in the way could read messages and their signatures."""
    server, client = certificate(tmp_path, "localhost")
    other, _ = certificate(tmp_path, "other.example")
    with receiving(server) as there, receiving(other) as wrong:
        trusting = GuardedHttp(loopback=True, tls=client, resolve=lambda *_: ["127.0.0.1"])
        assert trusting.post(f"https://localhost:{there.port}/hook", {}, b"{}") == Sent(204)
        assert trusting.post(f"https://localhost:{wrong.port}/hook", {}, b"{}") == Sent(0, "certificate-refused")
        strict = GuardedHttp(loopback=True)
        assert strict.post(f"https://localhost:{there.port}/hook", {}, b"{}") == Sent(0, "certificate-refused")
        dribbling = GuardedHttp(loopback=True, tls=client, deadline_s=0.5, resolve=lambda *_: ["127.0.0.1"])
        there.slow = threading.Event()
        assert dribbling.post(f"https://localhost:{there.port}/hook", {}, b"{}") == Sent(0, "broken-off")
        there.slow.set()
