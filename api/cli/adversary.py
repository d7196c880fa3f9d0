"""`sealink attack`: do to the product's own encodings what an adversary would do, and hold the figures against limits.

Attacks run on a generated city, or, for match keys, on an operator's own plaintext project. Weak schemes are there to
be broken: when the same command does not break them, its silence about the shipped ones proves nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from api.cli.adversary_table import findings_table
from api.cli.console import err, out, refusals
from linkage.errors import ProjectError
from linkage.whole_file import whole_file

if TYPE_CHECKING:
    from linkage.attacks.finding import Finding
    from linkage.attacks.key_schemes import KeyScheme
    from linkage.attacks.plaintext import Plaintext
    from linkage.plan import Plan
    from linkage.synthetic.profiles import Profile

attack = typer.Typer(no_args_is_help=True, help="Attack the encodings: what leaks, measured.")
_ENUMERATED_DAYS: Final = 100

Children = Annotated[int, typer.Option(min=100, help="Children of the generated city.")]
Seed = Annotated[int, typer.Option(help="Seed of the generated city; the same seed gives the same figures.")]
ProfileName = Annotated[Literal["typical", "hard", "other"], typer.Option("--profile", help="Mix of mistakes.")]
Population = Annotated[int, typer.Option(min=1, help="Children that the plan is made for.")]
Scheme = Annotated[
    str,
    typer.Option(
        help="match-keys, clk (shipped); match-keys:no-floor, match-keys:unpadded, single-field, plain-clk, min-hash, "
        "blip, eld:t=3,m=2048 (weak)."
    ),
]
Overlap = Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of the children whom the attacker's file has.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the findings to this file.")]
ProjectFile = Annotated[
    Path | None, typer.Option("--project", help="Run on this project's own files instead of a generated city.")
]


def register(app: typer.Typer) -> None:
    """Add this persona's commands."""
    app.add_typer(attack, name="attack")


@attack.command("keys")
def keys(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    population: Population = 2_000_000,
    scheme: Scheme = "match-keys",
    project: ProjectFile = None,
    as_json: Json = None,
) -> None:
    """Rebuild the graph of equal keys from identical plaintext: components, and who is singled out (upper bound)."""
    from linkage.attacks.match_key_report import attack_keys

    with refusals(), _steps() as step:
        plan, plaintext = _plaintext(project, children, seed, profile, population, step)
        findings = attack_keys(plaintext, _key_scheme(scheme, plan), plan.population, step)
    _report("keys", scheme, findings, as_json)


@attack.command("graph")
def graph(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    population: Population = 2_000_000,
    scheme: Scheme = "match-keys",
    overlap: Overlap = 0.5,
    known: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of children whom he knows already.")] = 0.01,
    as_json: Json = None,
) -> None:
    """Match the unit's graph with one drawn from the attacker's own file, from a few known pairs (CLK: from none)."""
    from linkage.attacks import clk_report
    from linkage.attacks.match_key_report import attack_graph

    with refusals(), _steps() as step:
        if _is_clk(scheme, population):
            findings = clk_report.attack_graph(scheme, children, seed, _profile(profile), population, overlap, step)
        else:
            plan = _plan(population)
            chosen = _key_scheme(scheme, plan)
            findings = attack_graph(chosen, plan.schema, children, seed, _profile(profile), overlap, known, step)
    _report("graph", scheme, findings, as_json)


@attack.command("known-pairs")
def known_pairs(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    population: Population = 2_000_000,
    scheme: Scheme = "match-keys",
    known: Annotated[list[int] | None, typer.Option(min=1, help="Known records; may be repeated.")] = None,
    project: ProjectFile = None,
    as_json: Json = None,
) -> None:
    """What some records known in clear tell of all the others (default: 100, 500 and 1,000 of them)."""
    from linkage.attacks import clk_report
    from linkage.attacks.match_key_report import attack_known_pairs

    sizes = known or [100, 500, 1000]
    with refusals(), _steps() as step:
        if _is_clk(scheme, population, project):
            made = (children, seed, _profile(profile), population)
            findings = clk_report.attack_known_pairs(scheme, *made, sizes, step)
        else:
            plan, plaintext = _plaintext(project, children, seed, profile, population, step)
            findings = attack_known_pairs(plaintext, _key_scheme(scheme, plan), seed, sizes, step)
    _report("known-pairs", scheme, findings, as_json)


@attack.command("frequency")
def frequency(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    population: Population = 2_000_000,
    scheme: Scheme = "match-keys",
    overlap: Overlap = 1.0,
    as_json: Json = None,
) -> None:
    """Name encodings by how often they, or their parts, occur and by what they occur with."""
    from linkage.attacks import clk_report
    from linkage.attacks.match_key_report import attack_frequency

    with refusals(), _steps() as step:
        if _is_clk(scheme, population):
            findings = clk_report.attack_frequency(scheme, children, seed, _profile(profile), population, step)
        else:
            plan = _plan(population)
            chosen = _key_scheme(scheme, plan)
            findings = attack_frequency(chosen, plan.schema, children, seed, _profile(profile), overlap, step)
    _report("frequency", scheme, findings, as_json)


@attack.command("enumerate")
def enumerate_ids(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    days: Annotated[int, typer.Option(min=1, help="Birth days to try, of some 6,574.")] = _ENUMERATED_DAYS,
    project: ProjectFile = None,
    as_json: Json = None,
) -> None:
    """Play a leaked linkage secret: build every possible resident ID's key. It succeeds; the figures are its cost."""
    from linkage.attacks.match_key_report import attack_enumeration
    from linkage.encoding.keys import LinkageSecret

    with refusals(), _steps() as step:
        _, plaintext = _plaintext(project, children, seed, profile, 2_000_000, step)
        if "I" not in plaintext.tags:
            raise ProjectError("the schema has no resident ID to enumerate", hint="use a cn-child-v1 project")
        secret = LinkageSecret.generate()
        findings = attack_enumeration(plaintext, secret, days, seed, time.perf_counter, step)
    _report("enumerate", "match-keys", findings, as_json)


@attack.command("margin")
def margin(
    children: Children = 5000,
    seed: Seed = 1,
    profile: ProfileName = "typical",
    population: Population = 2_000_000,
    scheme: Scheme = "match-keys",
    project: ProjectFile = None,
    as_json: Json = None,
) -> None:
    """How far a scheme is from breaking at the stated population: the entropy floor, or the CLK's noise-free margin."""
    from linkage.attacks import clk_report
    from linkage.attacks.match_key_report import margin_of_keys

    with refusals(), _steps() as step:
        if _is_clk(scheme, population, project):
            findings = clk_report.margin_of_clk(scheme, children, seed, _profile(profile), population, step)
        else:
            plan, plaintext = _plaintext(project, children, seed, profile, population, step)
            findings = margin_of_keys(plaintext, _key_scheme(scheme, plan), plan, step)
    _report("margin", scheme, findings, as_json)


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done now."""
    with err.status("…") as status:
        yield lambda text: status.update(f"{text} …")


def _report(name: str, scheme: str, findings: Sequence[Finding], as_json: Path | None) -> None:
    if as_json:
        text = {"attack": name, "scheme": scheme, "findings": [finding.to_json_dict() for finding in findings]}
        with refusals(), whole_file(as_json) as partial:
            partial.write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    out.print(findings_table(name, scheme, findings))


def _profile(name: str) -> Profile:
    from linkage.synthetic import profiles

    known: dict[str, Profile] = {"typical": profiles.TYPICAL, "hard": profiles.HARD, "other": profiles.OTHER}
    return known[name]


def _plan(population: int) -> Plan:
    from linkage.attacks.key_schemes import plan_for

    return plan_for(population)


def _plaintext(
    project: Path | None, children: int, seed: int, profile: str, population: int, step: Callable[[str], None]
) -> tuple[Plan, Plaintext]:
    """The plan and the records: of a project's files, or of a generated city."""
    if project is None:
        from linkage.attacks.generated import city_plaintext
        from linkage.synthetic.city import build_city

        plan = _plan(population)
        step("generate a city")
        city = build_city(children, seed, _profile(profile))
        step("read its records")
        return plan, city_plaintext(city, plan.schema)
    from linkage.attacks.own_files import project_plaintext
    from linkage.encoding.custody import plan_of
    from linkage.encoding.project import load_project
    from linkage.schema import load_schema

    step("read the project's files")
    loaded = load_project(project, lambda name: load_schema(name, project.parent).fields)
    return plan_of(loaded), project_plaintext(loaded)


def _is_clk(scheme: str, population: int, project: Path | None = None) -> bool:
    """Whether the attack is one on filters; ProjectError for filters that nobody can make, or of a project's files."""
    from linkage.attacks.weak_schemes import scheme_named

    if scheme.partition(":")[0] not in ("clk", "plain-clk", "min-hash", "blip", "eld"):
        return False
    try:
        scheme_named(scheme, population)
    except ValueError as error:
        said, _, hint = str(error).partition("; ")
        raise ProjectError(f"--scheme: {said}", hint=hint) from None
    if project is not None:
        raise ProjectError("--project: own files are attacked as match keys only", hint="leave --scheme out")
    return True


def _key_scheme(name: str, plan: Plan) -> KeyScheme:
    from linkage.attacks.key_schemes import KEY_SCHEMES, key_scheme

    for known in KEY_SCHEMES:
        if name == known:
            return key_scheme(known, plan)
    raise ProjectError("this attack knows no such scheme", hint=f"on equal keys: {', '.join(KEY_SCHEMES)}")
