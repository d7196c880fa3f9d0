"""`sealink review`: decide unsure pairs, take a decision back; for the operator figures, reopening, asking custodians.

May touch: network, terminal
Sees:      agreement patterns and weights
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from api.cli import review_screen as screen
from api.cli.connecting import SESSION, AsJson, Project, Session, as_person
from api.cli.console import err, out

review = typer.Typer(no_args_is_help=True, help="Decide pairs that the model left unsure (people of the linkage unit).")

Item = Annotated[str, typer.Argument(metavar="ITEM", help="The pair's id.")]
Verdict = Literal["same", "different", "unsure"]
Reason = Literal["record", "name", "birth-date", "sex", "id-number", "address", "phone"]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(review, name="review")


@review.command("next")
def take_next(
    project: Project,
    session: Session = SESSION,
    once: Annotated[bool, typer.Option("--once", help="Show one pair and end, without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the pair most worth deciding and ask for a verdict, until nothing waits or you quit."""
    with as_person(session) as client:
        while True:
            shown = client.take_pair(project)
            if shown is None:
                err.print(str(screen.NOTHING))
                return
            if as_json:
                typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
            else:
                out.print(screen.pair_screen(shown))
            if once or as_json:
                err.print(f"item {shown['item']}  seen {shown['seen']}", highlight=False, soft_wrap=True)
                return
            verdict = _ask()
            if verdict is None:
                return
            given = client.decide_pair(project, shown["item"], shown["seen"], verdict)
            err.print(f"{screen.VERDICTS[verdict]}; undo: sealink review undo {project} {given}", highlight=False)


@review.command("decide")
def decide(
    project: Project,
    item: Item,
    verdict: Annotated[Verdict, typer.Option(help="What the pattern says.")],
    seen: Annotated[str, typer.Option(help="The tag under which the pair was shown.")],
    session: Session = SESSION,
) -> None:
    """Decide a pair that `next --once` has shown."""
    with as_person(session) as client:
        typer.echo(client.decide_pair(project, item, seen, verdict))


@review.command("undo")
def undo(
    project: Project,
    decision: Annotated[
        str, typer.Argument(metavar="[DECISION]", help="The decision's id; your last when absent.")
    ] = "",
    session: Session = SESSION,
) -> None:
    """Take your own decision back."""
    with as_person(session) as client:
        chosen = decision or client.own_review(project)["latest"]
        if not chosen:
            err.print("there is no decision of yours to undo")
            raise typer.Exit(1)
        client.undo_decision(project, chosen)
    err.print(f"undone: {chosen}", highlight=False)


@review.command("status")
def status(
    project: Project,
    session: Session = SESSION,
    everything: Annotated[bool, typer.Option("--all", help="The whole project, for its operator.")] = False,
    as_json: AsJson = False,
) -> None:
    """Your own figures, or with --all the project's: queue, verdicts, agreement of reviewers."""
    with as_person(session) as client:
        found = client.review_figures(project) if everything else client.own_review(project)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif everything:
        out.print(_figures(found))
    else:
        out.print(f"已复核 · decided: {found['decided']}")
        out.print(f"等待 · a pair waits: {'是 · yes' if found['waiting'] else '否 · no'}")


@review.command("unsure")
def unsure(project: Project, session: Session = SESSION, as_json: AsJson = False) -> None:
    """Pairs that stayed unsure: what can be sent back to its custodians (operator)."""
    with as_person(session) as client:
        found = client.unsure_pairs(project)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    table = Table("ITEM", "权重 · weight", "级别 · levels")
    for each in found:
        levels = "; ".join(f"{one['level']['zh']} · {one['level']['en']}" for one in each["comparisons"])
        table.add_row(each["item"], f"{each['weight']:+.1f}", levels)
    out.print(table)


@review.command("ask")
def ask(
    project: Project,
    item: Item,
    reason: Annotated[Reason, typer.Option(help="What both custodians should look at.")] = "record",
    session: Session = SESSION,
) -> None:
    """Ask both custodians of an unsure pair to check their own record (operator)."""
    with as_person(session) as client:
        client.ask_custodians(project, item, reason)
    err.print("both custodians were asked; the pair returns to the queue when they have answered")


@review.command("reopen")
def reopen(project: Project, item: Item, session: Session = SESSION) -> None:
    """Undo all decisions of a settled pair (operator)."""
    with as_person(session) as client:
        client.reopen_pair(project, item)
    err.print("two people decide it anew")


def _ask() -> str | None:
    while True:
        key = typer.prompt(str(screen.PROMPT), prompt_suffix="\n> ", err=True).strip().lower()[:1]
        if key == "q":
            return None
        if key in screen.KEYS:
            return screen.KEYS[key]


def _figures(found: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for state, count in sorted(found["items"].items()):
        table.add_row(f"队列 · items {state}", str(count))
    for word, count in found["verdicts"].items():
        table.add_row(f"结论 · decisions {screen.VERDICTS[word]}", str(count))
    agreement = found["agreement"]
    table.add_row("双人复核的对 · pairs judged twice", str(agreement["pairs"]))
    if agreement["observed"] is not None:
        table.add_row("一致比例 · judged alike", f"{agreement['observed']:.1%}")
    if agreement["kappa"] is not None:
        interval = f"{agreement['low']:.2f} … {agreement['high']:.2f}"
        table.add_row("Cohen κ (95 %)", f"{agreement['kappa']:.2f} ({interval})")
    if found["fleiss_kappa"] is not None:
        table.add_row("Fleiss κ", f"{found['fleiss_kappa']:.2f}")
    table.add_row("需第三人 · needed a third", str(found["thirds"]))
    return table
