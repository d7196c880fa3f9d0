"""The operator's command: choose the key types of a project for its number of children, and write the plan file.

`sealink project plan` is run once; all custodians encode with the file that it writes. It reads no agency's data.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from api.cli.console import err, out, refusals

if TYPE_CHECKING:
    from linkage.planner import Choice
    from linkage.schema import KeyType, Schema

project = typer.Typer(no_args_is_help=True, help="What all custodians of a project must share.")

SMALL: Final = 10_000  # children: among so few the floor costs nearly nothing
LOST: Final = 0.03  # share of true pairs whose loss is worth a hint


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(project, name="project")


@project.callback()
def group() -> None:
    """Keep `plan` a command of its own."""


@project.command("plan")
def plan(
    file: Annotated[Path, typer.Argument(metavar="PROJECT.toml", help=r"Its \[project] table is read, no source.")],
    to: Annotated[
        Path | None, typer.Option("--out", help=r'Plan file to write; name it under \[project] as plan = "…".')
    ] = None,
    all_candidates: Annotated[bool, typer.Option("--all", help="Also list key types that add too little.")] = False,
) -> None:
    """Choose the match keys that find most while strangers stay strangers, for the stated number of children."""
    from dataclasses import replace

    from linkage.encoding.custody import choose_keys, plan_of
    from linkage.encoding.project import load_terms
    from linkage.plan_file import write_plan
    from linkage.schema import load_schema
    from linkage.whole_file import whole_file

    with refusals():
        terms = replace(load_terms(file), plan=None)  # a new plan, whatever stands in an older file
        made = plan_of(terms)
        if terms.scheme == "match-keys":
            show_choice(load_schema(terms.schema, file.parent), choose_keys(terms), terms.population, all_candidates)
            show_recall(choose_keys(terms), choose_keys(replace(terms, population=min(terms.population, SMALL))))
        else:
            out.print(f"CLK scheme: diffusion t = {made.diffusion} for {terms.population:,} children")
        if to is not None:
            with whole_file(to) as partial:
                partial.write_text(write_plan(made), encoding="utf-8")
            err.print(f"plan {made.fingerprint[:16]} → {to}")


def show_choice(schema: Schema, choice: Choice, population: int, all_candidates: bool) -> None:
    """Two tables: what is used, and what is left out and why."""
    from linkage.floor import FLOOR
    from linkage.planner import PLANNED

    used = Table("key type", "slots", "H2 bits", "N·2^-H2", "finds pairs with", title=f"{population:,} children")
    for leak in choice.used:
        key_type = leak.key_type
        figures = (str(key_type.slots), f"{leak.bits:.1f}", f"{leak.strangers:.4f}")
        used.add_row(key_type.name, *figures, meaning(schema, key_type))
    slots = sum(key_type.slots for key_type in choice.key_types)
    used.add_section()
    used.add_row(f"{len(choice.used)} key types", str(slots), "", f"{choice.leakage:.4f}", "")
    _right(used, 1, 2, 3)
    out.print(used)
    out.print(
        f"strangers met per child: {choice.leakage:.4f} of {PLANNED:g} planned; the entropy floor is {FLOOR:g}, the "
        "rest is left for files that leak more than the reference tables say",
        soft_wrap=True,
    )
    left = [each for each in choice.left_out if all_candidates or each.reason != "adds too little"]
    if left:
        table = Table("left out", "slots", "H2 bits", "N·2^-H2", "why")
        for each in left:
            leak = each.leak
            figures = (str(leak.key_type.slots), f"{leak.bits:.1f}", f"{leak.strangers:.4f}")
            table.add_row(leak.key_type.name, *figures, each.reason)
        _right(table, 1, 2, 3)
        out.print(table)
    quiet = len(choice.left_out) - len(left)
    if quiet:
        out.print(f"{quiet} more add too little beside these (--all lists them)")


def show_recall(choice: Choice, small: Choice) -> None:
    """What the keys are expected to find, and what the number of children costs."""
    if choice.recall is None or small.recall is None:
        out.print("this schema ships no table of worth: the least leaky key types were taken")
        return
    out.print(f"expected: {choice.recall:.1%} of true pairs show enough to be linked by themselves; clusters find more")
    if small.recall - choice.recall > LOST:
        out.print(
            f"hint: among {SMALL:,} children it would be {small.recall:.1%}. Keys must be narrower where more children "
            "could share one; a project per region finds more than one for all",
            soft_wrap=True,
        )


def meaning(schema: Schema, key_type: KeyType) -> str:
    """The levels that the key type's tags stand for."""
    labels = {tag: level.label for each in schema.comparisons for level in each.levels for tag in level.tags}
    return ", ".join(labels.get(tag, tag) for tag in key_type.tags)


def _right(table: Table, *columns: int) -> None:
    for number in columns:
        table.columns[number].justify = "right"
