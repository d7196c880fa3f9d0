"""The description of these routes, as clients are generated from it."""

from __future__ import annotations

from service_site import ServiceSite

from api.linkage import check_routes, review_routes, subject_routes, webhook_routes


def test_every_route_is_described(place_sqlite: ServiceSite) -> None:
    """A client could not be generated, or would call a route by another's name."""
    routers = [each.router for each in (check_routes, review_routes, subject_routes, webhook_routes)]
    described = place_sqlite.app(*routers).openapi()
    names = []
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            names.append(route["operationId"])
            assert route["summary"], (path, method)
            success = next(answer for status, answer in route["responses"].items() if status.startswith("2"))
            assert "204" in route["responses"] or "202" in route["responses"] or "content" in success, (path, method)
    assert len(names) == len(set(names))
