"""Every route names one permission, and the list of routes shows it."""

from __future__ import annotations

from fastapi import APIRouter
from typer.testing import CliRunner

from api.auth.guard import public
from api.auth.permissions import GRANTS, Permission
from api.cli.main import app
from api.linkage.listing import listed_routes
from api.linkage.routers import ROUTERS


def test_every_route_names_exactly_one_permission() -> None:
    """A route that nobody marked would be open to everybody."""
    assert [each for each in listed_routes(ROUTERS) if each.permission not in set(map(str, Permission))] == []


def test_every_route_has_a_name_of_its_own() -> None:
    """Generated clients would confuse two operations."""
    names = [each.operation for each in listed_routes(ROUTERS)]
    assert all(names) and len(set(names)) == len(names)


def test_an_unmarked_route_shows() -> None:
    """The test above could not fail."""
    router = APIRouter()
    router.get("/a")(lambda: None)
    router.get("/b", dependencies=[public()])(lambda: None)
    assert [each.permission for each in listed_routes([router])] == ["", "public"]


def test_somebody_may_ask_for_everything() -> None:
    """A route would be there that no role can call."""
    granted = frozenset().union(*GRANTS.values())
    assert {each.permission for each in listed_routes(ROUTERS)} <= set(map(str, granted))


def test_the_command_lists_them() -> None:
    """An operator could not see what is served to whom."""
    shown = CliRunner().invoke(app, ["serve", "linkage", "--routes"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(each.operation in shown.output for each in listed_routes(ROUTERS))
