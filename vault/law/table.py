"""The rules as one page of Markdown, for people: every row with its mark, sources and the part that enforces it.

`docs/law.md` is this page, and a test holds it to the data.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vault.law.rule_set import Basis, Deadline, Period, Reach, Rule, RuleSet
from vault.law.terms import Unit, Words

_HEAD = """\
# The law as data

Written by `sealink law table`; a test fails when it is not current. What the program enforces is
`vault/law/rules/*.toml`: one dated file per rule set, read strictly; a request pins the file by its hash, and old
decisions are replayed under a new file with `sealink law diff`.
Public holidays are `vault/law/holidays/*.toml`; a year that is not there is refused.

Marks: **C** the article's text was read in a stored copy of the law; **S** an official notice, press or professional
quotation; **U** unconfirmed, counsel must check it. The mark goes with the rule to every screen.
"""


def law_page(rule_sets: Sequence[RuleSet]) -> str:
    """The whole page, about the newest rule set."""
    newest = rule_sets[-1]
    parts = [
        _HEAD,
        "## Rule sets\n",
        _table(
            ("In force from", "Id", "Title", "SHA-256 of the file"),
            ((one.in_force_from.isoformat(), f"`{one.id}`", _both(one.title), f"`{one.sha256}`") for one in rule_sets),
        ),
        f"## Rules of `{newest.id}`\n",
        _table(("Rule", "Mark", "What", "Sources", "Enforced in"), map(_rule_row, newest.rules.values())),
        "## Not enforceable by a program\n",
        "".join(f"- **{one.id}**: {one.why_not}.\n" for one in newest.rules.values() if one.why_not),
        "## Bases: a closed list, everything else is refused\n",
        _table(
            ("Basis", "Who", "Record kinds", "beside", "View", "May", "Article", "Rules"),
            (row for basis in newest.bases.values() for row in _basis_rows(basis)),
        ),
        "A record of several kinds takes the strictest: each kind must be reached, and the narrowest view counts.\n"
        "`beside`: kinds that do not bar the basis when one of the others is there; they are not shown for that.\n",
        _table(
            ("Basis", "What", "Purposes", "Opens for", "Request may stand"),
            (
                (
                    f"`{one.id}`",
                    _both(one.words),
                    _codes(one.purposes),
                    f"{one.expires_s // 3600} h",
                    f"{one.longest_not_after_s // 86400} d",
                )
                for one in newest.bases.values()
            ),
        ),
        "## Refused by name\n",
        _table(
            ("Asked for", "Mark", "Reason", "Rules"),
            ((f"`{one.id}`", one.mark, _both(one.words), " ".join(one.rules)) for one in newest.refused.values()),
        ),
        "## Deadlines\n",
        "A period counts from the day after it starts; a last day that is free moves to the next working day\n"
        "(CPL 105: S). The earlier end warns, the statutory one escalates; silence never approves.\n",
        _table(
            ("Deadline", "Mark", "What", "Warns", "Escalates", "Article", "Rules"),
            map(_deadline_row, newest.deadlines.values()),
        ),
        "## Causes of unsealing: there is no other\n",
        _table(
            ("Cause", "Mark", "What", "Term", "Article", "Rules"),
            (
                (
                    f"`{one.id}`",
                    one.source.mark,
                    _both(one.words),
                    f"> {one.shortest_term_months} months; exactly: a person decides"
                    if one.shortest_term_months
                    else "the court must agree",
                    one.source.article,
                    " ".join(one.rules),
                )
                for one in newest.unsealing.values()
            ),
        ),
    ]  # fmt: skip
    return "\n".join(parts)


def _rule_row(rule: Rule) -> tuple[str, ...]:
    sources = "; ".join(f"{source.article} ({source.mark})" for source in rule.sources)
    places = ", ".join(f"`{place}`" for place in rule.places) or "—"
    return (rule.id, f"**{rule.mark}**", _both(rule.words), sources, places)


def _basis_rows(basis: Basis) -> list[tuple[str, ...]]:
    return [_reach_row(basis, reach) for reach in basis.reaches]


def _reach_row(basis: Basis, reach: Reach) -> tuple[str, ...]:
    article = f"{reach.source.article} (**{reach.source.mark}**)"
    return (
        f"`{basis.id}`",
        _codes(reach.requesters),
        _codes(reach.kinds),
        _codes(reach.beside),
        f"`{reach.view}`",
        _codes(reach.scopes),
        article,
        " ".join(reach.rules),
    )


def _deadline_row(deadline: Deadline) -> tuple[str, ...]:
    return (
        f"`{deadline.id}`",
        f"**{deadline.source.mark}**",
        _both(deadline.words),
        period_words(deadline.warn),
        period_words(deadline.escalate),
        deadline.source.article,
        " ".join(deadline.rules),
    )


def period_words(period: Period) -> str:
    """A period in words."""
    return f"{period.count} {'working days' if period.unit is Unit.WORKING_DAYS else 'days'}"


def _both(words: Words) -> str:
    return f"{words.en}<br>{words.zh}"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes)) or "—"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |\n" for line in lines)
