"""Read the bytes of a rule file into a RuleSet, or refuse it: unknown fields, unknown rules, loose ends.

Whatever a rule file leaves open is closed here: every basis, deadline and cause names rules of the same file, every
rule is enforced somewhere or says in a sentence why no program can, a unit gets no more than the minimal view, and
nothing lets a non-prosecution record out to anybody but judicial organs, whatever the file says.

May touch: nothing
Sees:      nothing personal
Spec:      vault-law section 1 (L15, L18, L21)
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from vault.errors import LawError
from vault.law.rule_set import (
    Basis,
    Deadline,
    Period,
    Reach,
    RefusedBasis,
    RetentionLaw,
    Rule,
    RuleSet,
    SealingLaw,
    Source,
    UnsealingCause,
)
from vault.law.terms import Mark, Place, RuleKind, Unit, Words
from vault.requests import SCOPES
from vault.strict_table import StrictTable
from vault.vocabulary import AgencyKind, RecordKind, View

JUDICIAL_ORGANS: Final = frozenset({AgencyKind.COURT, AgencyKind.PROCURATORATE, AgencyKind.POLICE})
"""Who handles cases. Whether a justice bureau counts as one is not confirmed, so it does not (vault-law L14)."""
LARGEST_FILE: Final = 256 * 1024

_RULE_ID = re.compile(r"L([1-9][0-9]?)").fullmatch
_LAST_RULE = 44
_T = TypeVar("_T")


def parse_rules(data: bytes, place: str) -> RuleSet:
    """Read a rule file that is called `place` in errors; LawError names the place and the rule."""
    top = StrictTable(_toml(data, place), place, LawError)
    rules = {rule.id: rule for rule in _unique(top, "rule", _rule)}
    purposes = dict(_unique_pairs(top, "purpose", lambda table: (table.code("id"), _words(table))))
    found = RuleSet(
        id=top.code("id"),
        in_force_from=top.day("in_force_from"),
        sha256=hashlib.sha256(data).hexdigest(),
        title=Words(top.text("title_zh"), top.text("title_en")),
        purposes=purposes,
        rules=rules,
        bases={basis.id: basis for basis in _unique(top, "basis", lambda table: _basis(table, rules, purposes))},
        refused={one.id: one for one in _unique(top, "refused", lambda table: _refused(table, rules))},
        deadlines={one.id: one for one in _unique(top, "deadline", lambda table: _deadline(table, rules))},
        sealing=_closed(top.table("sealing"), lambda table: _sealing(table, rules)),
        unsealing={one.id: one for one in _unique(top, "unsealing", lambda table: _unsealing(table, rules))},
        retention=_closed(top.table("retention"), lambda table: _retention(table, rules)),
    )
    top.end()
    if found.id != f"cn-{found.in_force_from.isoformat()}":
        top.fail("id: not the day on which it came into force")
    if set(found.bases) & set(found.refused):
        top.fail("a basis is allowed and refused at once")
    return found


def _toml(data: bytes, place: str) -> dict[str, object]:
    if len(data) > LARGEST_FILE:
        raise LawError(f"{place}: larger than a rule file may be")
    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise LawError(f"{place}: not TOML") from None


def _rule(table: StrictTable) -> Rule:
    id = table.text("id", longest=3)
    number = _RULE_ID(id)
    if number is None or int(number[1]) > _LAST_RULE:
        table.fail("id: not one of L1 to L44")
    sources = tuple(_closed(one, _source) for one in table.tables("sources"))
    mark = table.word("mark", Mark)
    if mark not in {source.mark for source in sources}:
        table.fail("mark: none of its sources has it")
    is_enforced = table.flag("enforced")
    places = table.words("by", Place) if is_enforced else ()
    why_not = None if is_enforced else table.text("why")
    if is_enforced and not places:
        table.fail("by: an enforced rule is enforced somewhere")
    if why_not is not None and not why_not.startswith("not enforceable by a program because "):
        table.fail("why: a sentence that begins 'not enforceable by a program because' expected")
    return Rule(id, table.word("kind", RuleKind), mark, sources, _words(table), places, why_not)


def _basis(table: StrictTable, rules: Mapping[str, Rule], purposes: Mapping[str, Words]) -> Basis:
    reaches = tuple(_closed(one, lambda inner: _reach(inner, rules)) for one in table.tables("reach"))
    named = table.codes("purposes")
    if not reaches or not named or not set(named) <= set(purposes):
        table.fail("needs at least one reach and one purpose, and no purpose that the file does not list")
    for requester in AgencyKind:
        kinds = [kind for reach in reaches if requester in reach.requesters for kind in reach.kinds]
        if len(set(kinds)) != len(kinds):
            table.fail("a kind of record is reached twice by one kind of agency")
    return Basis(
        table.code("id"),
        _words(table),
        frozenset(named),
        3600 * table.whole("expires_hours", 1, 7 * 24),
        24 * 3600 * table.whole("longest_not_after_days", 1, 31),
        reaches,
    )


def _reach(table: StrictTable, rules: Mapping[str, Rule]) -> Reach:
    found = Reach(
        requesters=frozenset(table.words("requesters", AgencyKind)),
        kinds=frozenset(table.words("kinds", RecordKind)),
        beside=frozenset(table.words("beside", RecordKind)) if table.has("beside") else frozenset(),
        view=table.word("view", View),
        scopes=frozenset(table.texts("scopes")),
        source=_source(table),
        rules=_named_rules(table, rules),
    )
    if not found.requesters or not found.kinds or found.kinds & found.beside:
        table.fail("requesters and kinds may not be empty, and a kind is reached or stands beside, not both")
    if not found.scopes or not found.scopes <= set(SCOPES):
        table.fail("scopes: not words of their list")
    judicial = found.requesters <= JUDICIAL_ORGANS
    if not judicial and RecordKind.NON_PROSECUTION in found.kinds | found.beside:
        table.fail("non-prosecution records go to judicial organs only (L15)")
    if not judicial and found.view is not View.UNIT_MINIMAL:
        table.fail("who is no judicial organ gets the minimal view only (L21)")
    if found.view is View.COURT_FULL and AgencyKind.POLICE in found.requesters:
        table.fail("the whole file goes to courts and procuratorates only (L21)")
    return found


def _refused(table: StrictTable, rules: Mapping[str, Rule]) -> RefusedBasis:
    return RefusedBasis(table.code("id"), _words(table), table.word("mark", Mark), _named_rules(table, rules))


def _deadline(table: StrictTable, rules: Mapping[str, Rule]) -> Deadline:
    return Deadline(
        table.code("id"),
        _words(table),
        _source(table),
        _named_rules(table, rules),
        _closed(table.table("warn"), _period),
        _closed(table.table("escalate"), _period),
    )


def _period(table: StrictTable) -> Period:
    return Period(table.whole("count", 1, 366), table.word("unit", Unit))


def _sealing(table: StrictTable, rules: Mapping[str, Rule]) -> SealingLaw:
    return SealingLaw(
        table.whole("age_below", 1, 25),
        table.whole("longest_term_months", 1, 600),
        frozenset(table.words("kinds", RecordKind)),
        _named_rules(table, rules),
    )


def _unsealing(table: StrictTable, rules: Mapping[str, Rule]) -> UnsealingCause:
    found = UnsealingCause(
        table.code("id"),
        _words(table),
        _source(table),
        _named_rules(table, rules),
        table.whole("shortest_term_months", 1, 600) if table.has("shortest_term_months") else None,
        table.flag("needs_court_consent"),
        frozenset(table.words("kinds", RecordKind)),
    )
    if found.shortest_term_months is None and not found.needs_court_consent:
        table.fail("a cause needs a term, or the subject's wish and the court's consent")
    return found


def _retention(table: StrictTable, rules: Mapping[str, Rule]) -> RetentionLaw:
    found = RetentionLaw(
        table.whole("log_months", 6, 1200),
        table.flag("log_outlives_record"),
        frozenset(table.words("shredding_needs", AgencyKind)),
        table.flag("ends_with_age"),
        _named_rules(table, rules),
    )
    if not {AgencyKind.COURT, AgencyKind.PROCURATORATE} <= found.shredding_needs:
        table.fail("shredding_needs: court and procuratorate decide both")
    return found


def _source(table: StrictTable) -> Source:
    return Source(table.text("article"), table.word("mark", Mark))


def _words(table: StrictTable) -> Words:
    return Words(table.text("zh"), table.text("en"))


def _named_rules(table: StrictTable, rules: Mapping[str, Rule]) -> tuple[str, ...]:
    named = table.texts("rules")
    if not named or not set(named) <= set(rules):
        table.fail("rules: at least one, and each a rule of this file")
    return named


def _closed(table: StrictTable, read: Callable[[StrictTable], _T]) -> _T:
    found = read(table)
    table.end()
    return found


_H = TypeVar("_H", Rule, Basis, RefusedBasis, Deadline, UnsealingCause)


def _unique(top: StrictTable, name: str, read: Callable[[StrictTable], _H]) -> list[_H]:
    found = [_closed(table, read) for table in top.tables(name, label="id")]
    _no_twins(top, name, [one.id for one in found])
    return found


def _unique_pairs(
    top: StrictTable, name: str, read: Callable[[StrictTable], tuple[str, Words]]
) -> list[tuple[str, Words]]:
    found = [_closed(table, read) for table in top.tables(name, label="id")]
    _no_twins(top, name, [id for id, _ in found])
    return found


def _no_twins(top: StrictTable, name: str, ids: Iterable[str]) -> None:
    ids = list(ids)
    if not ids or len(set(ids)) != len(ids):
        top.fail(f"{name}: at least one, and none twice")
