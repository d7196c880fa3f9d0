"""An agency's first steps with the service: `sealink login`, `join`, `secret`.

May touch: disk (the agency's folder), network, terminal
Sees:      passphrase, linkage secret, for the length of the command
"""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.connecting import (
    CUSTODY,
    Folder,
    PassphraseFile,
    Project,
    as_custodian,
    custody,
    service_refusals,
)
from api.cli.console import err, out

secret = typer.Typer(no_args_is_help=True, help="The linkage secret: from custodian to custodian, never to the unit.")

ReadOut = Annotated[
    str | None,
    typer.Option(help="What the other agency read out on the telephone: eight groups of four; asked for when absent."),
]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.command("login")(login)
    app.command("join")(join)
    app.add_typer(secret, name="secret")


def login(
    service: Annotated[str, typer.Argument(metavar="ADDRESS", help="The service, as https://unit.example.")],
    agency: Annotated[str, typer.Option(help="This agency's code, as agreed with the operator.")],
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make this agency's keys, pin the linkage unit's, and see whether the service lets the agency in by now.

    The first time it makes the folder and writes registration.json (public keys alone) for the operator.
    """
    from api.custodian_work import sign_in

    with service_refusals():
        folder = custody(at, passphrase_file)
        done = sign_in(folder, service, agency)
        profile = folder.profile()
    out.print(f"agency     {done.agency}\nown key    {done.thumbprint}", highlight=False)
    out.print(
        f"unit seals {_short(profile.unit_sealing)}\nunit signs {_short(profile.unit_verifying)}", highlight=False
    )
    if done.is_known:
        err.print(f"signed in to {service}")
        err.print("compare the unit's two lines above with the unit by telephone: this folder trusts them from now on")
    else:
        err.print(f"the service does not know this agency's key yet; registration → {done.registration}")
        err.print("next: give it to the operator and read the own key above to each other; then run this command again")


def join(project: Project, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None) -> None:
    """Join a project with this agency's public keys."""
    from api import custodian_work

    with as_custodian(at, passphrase_file) as (client, folder):
        custodian_work.join(folder, client, project)
    err.print(f"joined {project}")
    err.print(f"next: sealink secret fingerprint {project}, once all custodians have joined")


@secret.command("fingerprint")
def fingerprint(project: Project, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None) -> None:
    """Show what custodians read to each other before the secret is passed: one line for all their keys."""
    from api.custodian_work import custodians
    from linkage.projects import spoken

    with as_custodian(at, passphrase_file) as (client, folder):
        found = custodians(folder, client, project)
    err.print(f"custodians of {project}: {', '.join(sorted(found.keys))}", highlight=False)
    out.print(spoken(found.fingerprint), highlight=False)


@secret.command("draw")
def draw(project: Project, at: Folder = CUSTODY, passphrase_file: PassphraseFile = None) -> None:
    """Draw the project's linkage secret: one custodian does, the others accept it."""
    from api.custodian_work import draw_secret

    with as_custodian(at, passphrase_file) as (client, folder):
        made = draw_secret(folder, client, project)
    err.print(f"linkage secret {made} drawn; it is in the keystore alone", highlight=False)
    err.print(f"next: sealink secret pass {project} --to CUSTODIAN, for each of the others")


@secret.command("pass")
def pass_on(
    project: Project,
    to: Annotated[str, typer.Option(help="Code of the custodian who is to get it.")],
    read_out: ReadOut = None,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Seal the secret to another custodian. The unit carries it and cannot open it."""
    from api.custodian_work import pass_secret

    with as_custodian(at, passphrase_file) as (client, folder):
        pass_secret(folder, client, project, to, read_out or _asked(to))
    err.print(f"passed to {to}")
    err.print(f"next, at {to}: sealink secret accept {project} --from THIS-AGENCY")


@secret.command("accept")
def accept(
    project: Project,
    sender: Annotated[str, typer.Option("--from", help="Code of the custodian who passed it.")],
    read_out: ReadOut = None,
    at: Folder = CUSTODY,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take the secret that another custodian passed."""
    from api.custodian_work import accept_secret

    with as_custodian(at, passphrase_file) as (client, folder):
        found = accept_secret(folder, client, project, sender, read_out or _asked(sender))
    err.print(f"linkage secret {found} accepted; compare these letters with {sender}", highlight=False)
    err.print(f"next: sealink encode PROJECT.toml --source NAME --for {project}")


def _asked(other: str) -> str:
    found: str = typer.prompt(f"fingerprint that {other} reads out", err=True)
    return found


def _short(line: str) -> str:
    """The beginning of a hash of a public key's line, to be compared by telephone."""
    import hashlib

    text = hashlib.sha256(line.encode()).hexdigest()
    return " ".join(text[at : at + 4] for at in range(0, 32, 4))
