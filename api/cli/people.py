"""How people of the unit sign in and out: `sealink sign-in`, `sealink sign-out`.

May touch: disk (the session's file), network, terminal, a browser
Sees:      password, one-time code, session, for the length of a command
"""

from __future__ import annotations

import hashlib
import json
import secrets
import webbrowser
from typing import Annotated

import typer

from api.cli.connecting import SESSION, Session, as_person, service_refusals
from api.cli.console import err, out
from api.moments import day
from linkage.errors import ProjectError


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("sign-in")(sign_in)
    app.command("sign-out")(sign_out)
    app.command("whoami")(whoami)


def sign_in(
    service: Annotated[str, typer.Argument(metavar="ADDRESS", help="The service, as https://unit.example.")],
    account: Annotated[
        str, typer.Option(help="A local account: asks for password and one-time code. Absent: by the site's provider.")
    ] = "",
    fresh: Annotated[bool, typer.Option(help="Prove anew who you are, for what needs it.")] = False,
    browser: Annotated[bool, typer.Option(help="Open a browser; else the address is printed.")] = True,
    session: Session = SESSION,
) -> None:
    """Sign in as a person of the linkage unit; the session goes into a file that only you can read."""
    from api.client import SealinkClient

    with service_refusals(), SealinkClient(service) as client:
        if account:
            password = typer.prompt("password", hide_input=True, err=True)
            code = typer.prompt("one-time code", err=True)
            made = client.sign_in_here(account, password, code.replace(" ", ""))
        else:
            verifier = secrets.token_urlsafe(48)
            made = client.redeem_sign_in(_code(service.rstrip("/"), verifier, fresh, browser), verifier)
        _keep(session, service, made["session"])
    err.print(f"signed in as {made['account']} ({made['role']}) until {day(made['until_ms'])} → {session}")


def sign_out(session: Session = SESSION) -> None:
    """End the session and remove its file."""
    with as_person(session) as client:
        client.end_session()
    session.unlink()
    err.print("signed out")


def whoami(session: Session = SESSION) -> None:
    """Who you are to the service, and what you may."""
    with as_person(session) as client:
        found = client.read_session()
    out.print(f"{found['subject']} ({found['role']}, {found['auth']})", highlight=False)
    out.print(" ".join(found["permissions"]), highlight=False)


def _code(base: str, verifier: str, fresh: bool, browser: bool) -> str:
    from api.loopback import NobodyCameError, wait_for_code

    challenge = _challenge(verifier)

    def show(address: str) -> None:
        if not (browser and webbrowser.open(address)):
            err.print("open this address in a browser on this machine:")
            err.print(address, soft_wrap=True, highlight=False, markup=False)

    try:
        return wait_for_code(base, challenge, show, fresh=fresh)
    except NobodyCameError:
        raise ProjectError("nobody came back from signing in", hint="run the command again") from None


def _challenge(verifier: str) -> str:
    """PKCE's S256 of a verifier."""
    from api.client.credentials import b64

    return b64(hashlib.sha256(verifier.encode()).digest())


def _keep(session: Session, service: str, token: str) -> None:
    from audit.crypto.whole_file import whole_file

    with whole_file(session, mode=0o600, may_replace=True) as file:
        file.write(json.dumps({"service": service, "session": token}).encode() + b"\n")
