"""`sealink law`: read the rules, compare two rule sets, replay past decisions, ask the calendar. It decides nothing.

Results go to standard output in the language that is asked for; every rule is shown with its mark.

May touch: disk (a file of past decisions), terminal
Sees:      nothing personal
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from api.cli.console import err, out, refusals

if TYPE_CHECKING:
    from vault.law.diff import Replayed
    from vault.law.rule_set import RuleSet


class Language(StrEnum):
    """Languages that rules are written in."""

    ZH = "zh"
    EN = "en"


law = typer.Typer(no_args_is_help=True, help="The rules on sealed records: read, compare, replay.")

Lang = Annotated[Language, typer.Option("--lang", help="Language of the rules' words.")]
Version = Annotated[str | None, typer.Option("--rules", help="Id of a rule set (default: the newest).")]

_HEADS = {
    Language.ZH: ("规则", "确认", "内容", "执行处"),
    Language.EN: ("rule", "mark", "what", "enforced in"),
}
_UNSURE = {
    Language.ZH: "U = 未经确认,须由法律顾问核对",
    Language.EN: "U = unconfirmed: counsel must check it",
}
_NOT_ENFORCED = {Language.ZH: "(不由程序执行)", Language.EN: "(by no program)"}


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(law, name="law")


@law.command("list")
def list_rules(
    version: Version = None,
    lang: Lang = Language.EN,
    mark: Annotated[str | None, typer.Option(help="Only rules with this mark: C, S or U.")] = None,
) -> None:
    """Every rule with its mark and the part that enforces it."""
    with refusals():
        rules = _rule_set(version)
        wanted = _mark(mark)
    table = Table(*(Column(head, overflow="fold") for head in _HEADS[lang]), box=None)
    for rule in rules.rules.values():
        if wanted in (None, rule.mark):
            places = ", ".join(rule.places) or _NOT_ENFORCED[lang]
            table.add_row(rule.id, rule.mark, rule.words.in_language(lang), places)
    out.print(table)
    err.print(f"{rules.id} · {rules.title.in_language(lang)} · {_UNSURE[lang]}")


@law.command("show")
def show(
    id: Annotated[str, typer.Argument(help="L1 to L44, or the id of a basis, refusal, deadline or cause.")],
    version: Version = None,
    lang: Lang = Language.EN,
) -> None:
    """One rule, basis, refusal, deadline or cause of unsealing in full."""
    from vault.errors import LawError

    with refusals():
        lines = _lines_about(_rule_set(version), id, lang)
        if not lines:
            raise LawError("law: no rule, basis, refusal, deadline or cause of that id in this rule set")
    for line in lines:
        out.print(line, soft_wrap=True, markup=False, highlight=False)


@law.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="Id of the older rule set, for example cn-2022-05-30.")],
    new: Annotated[str, typer.Argument(help="Id of the newer rule set.")],
    decisions: Annotated[Path | None, typer.Option(help="Past decisions, one JSON object a line.")] = None,
    lang: Lang = Language.EN,
) -> None:
    """What differs between two rule sets, and which past decisions would come out otherwise."""
    from vault.law.diff import Turn, differences, parse_decisions, replay
    from vault.law.rules import load_rules

    with refusals():
        before, after = load_rules(old), load_rules(new)
        replayed: list[Replayed] = []
        if decisions is not None:
            with decisions.open(encoding="utf-8", errors="replace") as file:
                replayed = list(replay(parse_decisions(file), before, after))
    table = Table(*(Column(overflow="fold") for _ in range(4)), box=None, show_header=False)
    for one in differences(before, after):
        table.add_row(one.kind.value, one.section, one.id, _words_of(after, one.section, one.id, lang))
    out.print(table)
    if decisions is None:
        return
    _show_replayed([one for one in replayed if one.turn is not Turn.SAME or not one.was_by_the_book])
    changed = sum(one.turn is not Turn.SAME for one in replayed)
    strange = sum(not one.was_by_the_book for one in replayed)
    err.print(f"{len(replayed):,} decisions: {changed:,} would change, {strange:,} were not what {old} gives")


@law.command("calendar")
def calendar(
    year: Annotated[int | None, typer.Argument(help="Year (default: every year that is shipped).")] = None,
    deadline: Annotated[str | None, typer.Option(help="Id of a deadline: when is it due?")] = None,
    start: Annotated[dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Day it starts on.")] = None,
    version: Version = None,
    lang: Lang = Language.EN,
) -> None:
    """Public holidays and days worked instead; with --deadline and --from, when a period warns and escalates."""
    from vault.errors import LawError

    with refusals():
        if (deadline is None) != (start is None):
            raise LawError("calendar: --deadline and --from belong together")
        if deadline is not None and start is not None:
            _show_due(_rule_set(version), deadline, start.date(), lang)
        else:
            _show_years(year, lang)


@law.command("table")
def table() -> None:
    """The page docs/law.md, written from the rule files."""
    from vault.law.rules import rule_sets
    from vault.law.table import law_page

    with refusals():
        typer.echo(law_page(rule_sets()), nl=False)


def _rule_set(version: str | None) -> RuleSet:
    from vault.law.rules import load_rules, rule_sets

    return load_rules(version) if version else rule_sets()[-1]


def _mark(text: str | None) -> str | None:
    from vault.errors import LawError
    from vault.law.terms import Mark

    if text is None:
        return None
    if text.upper() not in set(Mark):
        raise LawError("law: a mark is C, S or U")
    return Mark(text.upper())


def _lines_about(rules: RuleSet, id: str, lang: Language) -> list[str]:
    from vault.law.table import period_words

    lines: list[str] = []
    if rule := rules.rules.get(id.upper()):
        lines += [f"{rule.id} [{rule.mark}] {rule.words.in_language(lang)}"]
        lines += [f"  {source.article} [{source.mark}]" for source in rule.sources]
        lines += [f"  {rule.why_not}" if rule.why_not else f"  → {', '.join(rule.places)}"]
    if basis := rules.bases.get(id):
        lines += [f"{basis.id}: {basis.words.in_language(lang)}"]
        for reach in basis.reaches:
            who, what = ", ".join(sorted(reach.requesters)), ", ".join(sorted(reach.kinds))
            lines += [f"  {who}: {what} → {reach.view.value} ({', '.join(sorted(reach.scopes))})"]
            lines += [f"    {reach.source.article} [{reach.source.mark}] {' '.join(reach.rules)}"]
    if refused := rules.refused.get(id):
        lines += [f"{refused.id} [{refused.mark}] {refused.words.in_language(lang)} {' '.join(refused.rules)}"]
    if due := rules.deadlines.get(id):
        lines += [f"{due.id} [{due.source.mark}] {due.words.in_language(lang)} {' '.join(due.rules)}"]
        lines += [f"  {period_words(due.warn)} / {period_words(due.escalate)} · {due.source.article}"]
    if cause := rules.unsealing.get(id):
        lines += [f"{cause.id} [{cause.source.mark}] {cause.words.in_language(lang)} · {cause.source.article}"]
    if lines and "[U]" in "".join(lines):
        lines.append(_UNSURE[lang])
    return lines


def _words_of(rules: RuleSet, section: str, id: str, lang: Language) -> str:
    from vault.law.terms import Words

    part = getattr(rules, section)
    one = part.get(id) if isinstance(part, dict) else None
    words = one if isinstance(one, Words) else getattr(one, "words", None)
    return words.in_language(lang) if words else ""


def _show_replayed(replayed: list[Replayed]) -> None:
    table = Table("line", "basis", "requester", "kinds", "was", "would be", "turn", "rules", box=None)
    for one in replayed:
        decision = one.decision
        table.add_row(
            str(decision.line),
            decision.basis,
            decision.requester.value,
            ", ".join(sorted(decision.kinds)),
            decision.view.value if decision.view else "refused",
            one.view.value if one.view else "refused",
            one.turn.value if one.was_by_the_book else f"{one.turn.value}, was not by the book",
            " ".join(one.rules),
        )
    out.print(table)


def _show_due(rules: RuleSet, id: str, start: dt.date, lang: Language) -> None:
    from vault.law.calendar import civil_day, start_of
    from vault.law.deadlines import deadline, due

    found = deadline(rules, id)
    at = due(found, start_of(start))
    out.print(f"{found.id} [{found.source.mark}] {found.words.in_language(lang)}", markup=False, highlight=False)
    warns, escalates = civil_day(at.warn_ms - 1), civil_day(at.escalate_ms - 1)
    said = {
        Language.ZH: f"{warns} 期满提醒,{escalates} 期满上报;逾期不视为同意",
        Language.EN: f"warns after {warns}, escalates after {escalates}; silence never approves",
    }
    out.print(said[lang], highlight=False)


def _show_years(year: int | None, lang: Language) -> None:
    from vault.errors import LawError
    from vault.law.calendar import years

    shipped = years()
    if year is not None and year not in shipped:
        raise LawError("calendar: the holidays of that year are not shipped, and working days are not guessed")
    worked = {Language.ZH: "上班", Language.EN: "worked"}[lang]
    table = Table(box=None, show_header=False)
    for one in shipped.values():
        if year in (None, one.year):
            days = {day: words.in_language(lang) for day, words in one.free.items()} | dict.fromkeys(one.worked, worked)
            for day in sorted(days):
                table.add_row(day.isoformat(), days[day])
            table.add_row(str(one.year), f"{one.source} ({one.mark})")
    out.print(table)
