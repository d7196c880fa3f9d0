"""The desk: what officers, deciders, approvers and sealers do on their own device, one command for each verb.

Names and case numbers come from files and go to the terminal of whoever may read them; they are never arguments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli.console import err, out, refusals

if TYPE_CHECKING:
    from api.vault.desk_work import Desk

desk = typer.Typer(no_args_is_help=True, help="Ask for, decide on, approve and open sealed records.")

At = Annotated[Path, typer.Option("--at", help="The desk's folder.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File (mode 0600) with the keystore's passphrase; asked for when absent.")
]
Request = Annotated[str, typer.Argument(help="The request's id.")]
HERE = Path("desk")


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(desk, name="desk")


def read_passphrase(file: Path | None, *, is_new: bool = False) -> bytes:
    """From the file, or asked for."""
    from audit.crypto import passphrase

    if file:
        return passphrase.from_file(file)
    return passphrase.from_prompt("passphrase of the keystore", is_new=is_new)


def opened_at(at: Path, file: Path | None) -> Desk:
    from api.vault.desk_folder import open_desk
    from api.vault.desk_work import Desk
    from api.vault.serving import now_ms

    return Desk.of(open_desk(at, read_passphrase(file)), now_ms)


@desk.command("init")
def init(
    person: Annotated[str, typer.Option(help="Pseudonym of the person, a code; not a name.")],
    agency: Annotated[str, typer.Option(help="Code of the agency.")],
    device: Annotated[str, typer.Option(help="Code of this device.")],
    vault: Annotated[str, typer.Option(help="Address of the vault.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a desk's folder with fresh keys and print the card for the agency's roster keeper."""
    from api.vault.desk_folder import make_desk
    from api.vault.roster_keeper import Card

    with refusals():
        made = make_desk(
            at, person=person, agency=agency, device=device, vault=vault,
            passphrase=read_passphrase(passphrase_file, is_new=True),
        )  # fmt: skip
        card = Card(person, device, made.signer.verifying_key, made.opener.sealing_key)
    typer.echo(card.to_text(), nl=False)
    err.print(f"desk ready → {at}")
    err.print("next: give the card to the roster keeper, and put pins.toml into the desk's folder")


@desk.command("take-key")
def take_key(
    file: Annotated[Path, typer.Argument(help="The agency's desk key, as the roster keeper sealed it.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take the agency's desk key: whoever decides, approves or seals reads what is sealed to the agency."""
    from api.vault.desk_folder import open_desk
    from api.vault.roster_keeper import desk_keys_of

    with refusals():
        phrase = read_passphrase(passphrase_file)
        folder = open_desk(at, phrase)
        folder.with_desk_keys(desk_keys_of(file.read_bytes(), folder.person, folder.opener), phrase)
    err.print("the agency's desk key is in the keystore")


@desk.command("inbox")
def inbox(at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """List the requests that this agency makes, decides, approves or releases."""
    from api.vault import desk_work

    with refusals():
        found = desk_work.inbox(opened_at(at, passphrase_file))
    table = Table("request", "from", "to", "state", box=None)
    for one in found:
        table.add_row(one["request"], one["agency"], one["to"], one["state"])
    out.print(table if found else "no requests")


@desk.command("ask")
def ask(
    file: Annotated[Path, typer.Argument(help="TOML: to, basis, purpose, scope, [subject], [grounds], [papers].")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign a request for a sealed record and hand it in; prints its id."""
    from api.vault import desk_work
    from api.vault.desk_folder import open_desk
    from api.vault.desk_work import Desk
    from api.vault.request_file import read_request_file
    from api.vault.serving import now_ms

    with refusals():
        asked = read_request_file(file)
        phrase = read_passphrase(passphrase_file)
        opened = Desk.of(open_desk(at, phrase), now_ms)
        request, _ = desk_work.ask(
            opened, asked.subject, asked.grounds, asked.papers, to=asked.to, basis=asked.basis, purpose=asked.purpose,
            scope=asked.scope, passphrase=phrase,
        )  # fmt: skip
    typer.echo(request)
    err.print("next: sealink desk inbox, and sealink desk open once it is released")


@desk.command("show")
def show(request: Request, at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """Show a request with its grounds and, where this agency decides, the records that may be meant."""
    from api.vault import desk_work

    with refusals():
        opened = opened_at(at, passphrase_file)
        shown = desk_work.read(opened, request)
        found = desk_work.candidates(opened, shown) if shown.subject else []
    form = shown.request.form
    out.print(f"{form.agency}/{form.officer} asks {form.to}: basis {form.basis}, purpose {form.purpose}, {form.scope}")
    out.print(f"receiving case: {shown.grounds.case_no}\nneed: {shown.grounds.need}\nstate: {shown.state}")
    if shown.subject:
        out.print(f"subject: {shown.subject.name} {shown.subject.resident_id or ''} {shown.subject.birth or ''}")
        table = Table("record", "name", "born", "case", "charge", "kinds", box=None)
        for one in found:
            kinds = ", ".join(kind.value for kind in one.kinds)
            table.add_row(one.record, one.name, one.birth or "", one.case_no, one.charge, kinds)
        out.print(table if found else "no record of this agency fits; refuse with nothing-to-release")


@desk.command("decide")
def decide(
    request: Request,
    record: Annotated[str, typer.Option(help="The record's id, as `show` lists it.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Allow the view that the law gives for this basis; nobody can choose another."""
    from api.vault import desk_work
    from vault.errors import MalformedFormError

    with refusals():
        opened = opened_at(at, passphrase_file)
        shown = desk_work.read_before(opened, request)
        found = [one for one in desk_work.candidates(opened, shown) if one.record == record]
        if not found:
            raise MalformedFormError("record: not one that fits the request's subject")
        desk_work.decide_on(opened, shown, found[-1])
    err.print("decided; the approvers of the half-holding agencies are next")


@desk.command("approve")
def approve(request: Request, at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """Approve another agency's decision, after reading it with `show`."""
    from api.vault import desk_work

    with refusals():
        opened = opened_at(at, passphrase_file)
        desk_work.approve_on(opened, desk_work.read_before(opened, request))
    err.print("approved; with the last approval the release is written into the log")


@desk.command("refuse")
def refuse(
    request: Request,
    reason: Annotated[str, typer.Option(help="One of the closed list, as nothing-to-release or needs-not-shown.")],
    words: Annotated[Path, typer.Option(help="Text file with the reasons, for the officer alone.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Refuse in writing."""
    from api.vault import desk_work

    with refusals():
        opened = opened_at(at, passphrase_file)
        desk_work.refuse_on(opened, desk_work.read_before(opened, request), reason, words.read_text(encoding="utf-8"))
    err.print("refused; the officer reads the reasons at their desk")


@desk.command("open")
def open_(
    request: Request,
    to: Annotated[Path, typer.Option(help="New folder for what is opened; it carries the watermark.")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open what was released to you, sign for it, and write it into a folder with your watermark."""
    from api.vault.showing import unpack_opened

    with refusals():
        opened_desk = opened_at(at, passphrase_file)
        mark, files = unpack_opened(opened_desk, request, to)
    out.print(f"{files} files → {to}\nwatermark: {mark}")
    err.print("next: mark the receiving case, then sealink desk return")


@desk.command("return")
def return_(
    request: Request,
    manner: Annotated[str, typer.Option(help="returned, destroyed or filed.")],
    marked: Annotated[bool, typer.Option("--marked", help="The receiving case file is marked.")] = False,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """State what became of it; the obligation stays open until the receiving case is marked."""
    from api.vault import desk_work

    with refusals():
        desk_work.sign_return(opened_at(at, passphrase_file), request, manner, is_marked=marked)
    err.print("stated")


@desk.command("lock")
def lock(
    act: Annotated[str, typer.Argument(help="lock (alone, at once) or open (both holders must).")],
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Stop every release at once, or agree to open again."""
    from api.vault import desk_work

    with refusals():
        desk_work.sign_lock(opened_at(at, passphrase_file), act)
    err.print("locked" if act == "lock" else "agreed to open; the other holder must as well")


@desk.command("ledger")
def ledger(at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """Which agencies have sealed their part, and which are overdue."""
    with refusals():
        found = opened_at(at, passphrase_file).client.ledger()
    table = Table("record", "agency", "state", box=None)
    for one in found:
        state = "sealed" if one["answered_ms"] else "[bold red]overdue[/]" if one["is_overdue"] else "waits"
        table.add_row(one["record"], one["recipient"], state)
    out.print(table if found else "no notices")


@desk.command("acknowledge")
def acknowledge(
    notice: Annotated[str, typer.Argument(help="The notice's id; without one, those that wait are listed.")] = "",
    parts: Annotated[int, typer.Option(min=0, help="How many parts this agency has sealed.")] = 1,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Answer a sealing notice: this agency's part is sealed."""
    from api.vault import desk_work

    with refusals():
        opened = opened_at(at, passphrase_file)
        waiting = desk_work.unanswered(opened)
        for one in waiting:
            if one.form.notice == notice:
                desk_work.acknowledge(opened, one, parts)
                err.print("acknowledged")
                return
    for one in waiting:
        typer.echo(f"{one.form.notice} from {one.form.agency}")
    if notice:
        err.print("refused: no notice of this id waits for this agency")
        raise typer.Exit(2)


@desk.command("serve")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on loopback.")] = 8411,
    at: At = HERE,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Serve the desk's own API on loopback, for pages and programs of the person who sits at it."""
    import secrets

    import uvicorn

    from api.vault.desk_server import create_desk_app

    with refusals():
        opened = opened_at(at, passphrase_file)
        token = secrets.token_urlsafe(24)
        typer.echo(f"http://127.0.0.1:{port} start token: {token}")
        app = create_desk_app(opened, token)
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_config=None, server_header=False)


@desk.command("overdue")
def overdue(at: At = HERE, passphrase_file: PassphraseFile = None) -> None:
    """What waits too long: for the procuratorate's supervisors."""
    with refusals():
        found = opened_at(at, passphrase_file).client.overdue()
    table = Table("what", "which", "agency", "state", box=None)
    for one in found["requests"]:
        state = "[bold red]escalated[/]" if one["is_escalated"] else "warned"
        table.add_row("request", one["id"], one["recipient"], state)
    for request in found["unmarked"]:
        table.add_row("receiving case", request, "", "not marked yet")
    for one in found["corrections"]:
        table.add_row("notice to correct", one["id"], one["recipient"], "[bold red]unanswered[/]")
    out.print(table if table.rows else "nothing is overdue")
