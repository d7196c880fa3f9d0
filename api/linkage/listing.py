"""Every route with its permission: read from the marks that `guard.allowed` and `guard.public` leave on a route.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute


@dataclass(frozen=True, slots=True)
class ListedRoute:
    """One method of one path; `permission` is empty where nobody marked the route."""

    method: str
    path: str
    operation: str
    permission: str


def listed_routes(routers: Sequence[APIRouter]) -> list[ListedRoute]:
    """All routes of these routers, in the order of their paths."""
    found = [
        ListedRoute(method, route.path, route.operation_id or "", " ".join(permissions_of(route)))
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    return sorted(found, key=lambda each: (each.path, each.method))


def permissions_of(route: APIRoute) -> list[str]:
    """The permissions that a route asks for; exactly one, if the listing's test holds."""
    return [str(each) for each in _marks(route.dependant)]


def _marks(dependant: Dependant) -> Iterator[object]:
    mark = getattr(dependant.call, "permission", None)
    if mark is not None:
        yield mark
    for below in dependant.dependencies:
        yield from _marks(below)
