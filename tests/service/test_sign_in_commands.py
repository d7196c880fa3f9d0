"""`sealink sign-in`, both ways, `whoami`, `sign-out`, and accounts made at the unit's machine."""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from auth_site import served
from openid_provider import SECRET, openid_provider
from service_site import ServiceSite, caller
from typer.testing import CliRunner

from api.auth import totp
from api.auth.accounts import create_account
from api.auth.permissions import Role
from api.auth.provider import RETURN_PATH, Provider, ProviderTerms
from api.cli import people
from api.cli.main import app
from api.loopback import NobodyCameError, wait_for_code
from api.working_folder import make_folder


def run(*words: str, typed: str | None = None) -> str:
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_local_account_from_the_command_line(place_sqlite: ServiceSite, tmp_path: Path) -> None:
    """An operator of a site without a provider could do nothing."""
    with served(place_sqlite) as site:
        made = create_account(site.server, caller(subject="chief"), "li-wei", Role.OPERATOR, None)
        assert made is not None
        text = parse_qs(urlsplit(made.totp_address).query)["secret"][0]
        code = totp.code_at(base64.b32decode(text + "=" * (-len(text) % 8)), int(time.time()) // 30)
        session = tmp_path / "session.json"
        words = ("--session", str(session))
        said = run("sign-in", site.server.issuer, "--account", "li-wei", *words, typed=f"{made.password}\n{code}\n")
        assert made.password not in said and session.stat().st_mode & 0o077 == 0
        assert "li-wei (operator, local)" in run("whoami", *words)
        run("sign-out", *words)
        assert not session.exists()


def test_the_provider_from_the_command_line(
    place_sqlite: ServiceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command, browser, service and provider would each do their part and not meet."""
    with served(place_sqlite) as site, openid_provider(site.server.issuer) as them:
        terms = ProviderTerms(them.issuer, "unit", site.server.issuer + RETURN_PATH, SECRET)
        site.app.state.auth_server = place_sqlite.auth_server(site.server.issuer, Provider(terms, time.monotonic))
        create_account(site.server, caller(subject="chief"), "ann", Role.REVIEWER, "ann-there")
        them.sign_in_as("ann-there")

        def browser(address: str) -> bool:
            def browse() -> None:
                with httpx2.Client(trust_env=False, follow_redirects=True) as client:
                    assert "close this page" in client.get(address).text

            threading.Thread(target=browse, daemon=True).start()
            return True

        monkeypatch.setattr(people.webbrowser, "open", browser)
        words = ("--session", str(tmp_path / "session.json"))
        assert "signed in as ann (reviewer)" in run("sign-in", site.server.issuer, *words)
        assert "ann (reviewer, oidc)" in run("whoami", *words)


def test_what_comes_unasked_to_the_port_changes_nothing() -> None:
    """Any page in the browser could hand the command a session of its own choice."""
    answers: list[int] = []

    def show(address: str) -> None:
        query = parse_qs(urlsplit(address).query)
        port, state = query["port"][0], query["state"][0]

        def come() -> None:
            for tail in ("", "?code=evil", "?code=evil&state=wrong", f"?state={state}", f"?code=right&state={state}"):
                answers.append(httpx2.get(f"http://127.0.0.1:{port}/{tail}", trust_env=False).status_code)

        threading.Thread(target=come, daemon=True).start()

    assert wait_for_code("https://unit.example", "c" * 43, show, wait_s=20) == "right"
    assert answers[:4] == [404] * 4


def test_nobody_waits_for_ever() -> None:
    """A command in a script would hang."""
    with pytest.raises(NobodyCameError):
        wait_for_code("https://unit.example", "c" * 43, lambda _: None, wait_s=0.1)


def test_the_first_operator_is_made_at_the_machine(tmp_path: Path) -> None:
    """A new service could have no operator at all."""
    settings = str(make_folder(tmp_path / "unit", public_url="http://127.0.0.1:8401", port=8401).file)
    said = run("unit", "account", "add", "li-wei", "--role", "operator", "--settings", settings)
    assert "otpauth://totp/Sealink:li-wei" in said
    said = run("unit", "account", "renew", "li-wei", "--settings", settings)
    assert "otpauth" in said
    run("unit", "account", "lock", "li-wei", "--settings", settings)
    assert "locked" in run("unit", "account", "list", "--settings", settings)
    run("unit", "account", "close", "li-wei", "--settings", settings)
    again = CliRunner().invoke(app, ["unit", "account", "add", "li-wei", "--role", "auditor", "--settings", settings])
    assert again.exit_code == 2
