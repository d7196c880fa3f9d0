"""The API's description: complete, valid, unchanged unless somebody says so; and its page for people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from service_site import ServiceSite, who

from api.auth.permissions import Permission, Role
from api.http.description import describe
from api.http.metrics import MEDIA_TYPE
from api.http.problem_words import WORDS
from api.linkage.listing import listed_routes
from api.linkage.routers import ROUTERS
from api.web.api_page_words import OPERATIONS

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
METHODS = {"get", "head", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe(ROUTERS)


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_a_change_of_the_api_shows(description: dict[str, Any]) -> None:
    """Clients would break without anybody having decided it. Meant? Then `make openapi`, and look at the difference."""
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == description


def test_every_operation_says_everything(description: dict[str, Any]) -> None:
    """A client could not be generated, or would meet an answer that it was not told of."""
    found = operations(description)
    assert {(method.upper(), operation["operationId"]) for method, _, operation in found} == {
        (each.method, each.operation) for each in listed_routes(ROUTERS)
    }
    for method, path, operation in found:
        place, answers = f"{method} {path}", operation["responses"]
        assert method in METHODS and operation["summary"], place
        assert sum(status.startswith(("2", "303")) for status in answers) >= 1, place
        assert {"400", "500", "503"} <= set(answers), place
        is_open = operation["x-permission"] == Permission.PUBLIC
        assert is_open or {"401", "403", "429"} <= set(answers), place
        assert bool(operation["security"]) is not is_open, place
        assert "{" not in path or "404" in answers, place
        for status, answer in answers.items():
            if not status.startswith(("2", "3")):
                named = description["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
                assert list(named["content"]) == ["application/problem+json"], place


def test_the_name_of_a_schema_is_its_own(description: dict[str, Any]) -> None:
    """Two bodies of one name would be called by the modules that they stand in."""
    assert [name for name in description["components"]["schemas"] if "__" in name] == []


def test_every_example_is_valid(description: dict[str, Any]) -> None:
    """Readers would copy what the service refuses."""
    count = 0

    def check(media: dict[str, Any], place: str) -> None:
        nonlocal count
        schema = {**media["schema"], "components": description["components"]}
        examples = [media["example"]] if "example" in media else [each["value"] for each in media["examples"].values()]
        for example in examples:
            jsonschema.Draft202012Validator(schema).validate(example)
            count += 1

    for method, path, operation in operations(description):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, media in part.get("content", {}).items():
                if "json" in kind and media.get("schema"):
                    check(media, f"{method} {path}")
    for name, answer in description["components"]["responses"].items():
        for media in answer["content"].values():
            check(media, name)
    assert count > 100


def test_every_problem_is_somewhere(description: dict[str, Any]) -> None:
    """A code would be explained that no operation states."""
    stated = {code for name in description["components"]["responses"] for code in name.split(".")[1:]}
    assert set(WORDS) - stated <= {"method-not-allowed", "not-acceptable", "not-served"}


def test_it_is_served_once(place_sqlite: ServiceSite, description: dict[str, Any]) -> None:
    """Generators would read something else than was checked."""
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        answer = http.get("/v1/openapi.json")
        assert answer.json() == description
        again = http.get("/v1/openapi.json", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_every_operation_has_a_chinese_summary() -> None:
    """The Chinese page would be half English. Add the line to `api/web/api_page_words.py`."""
    assert set(OPERATIONS) == {each.operation for each in listed_routes(ROUTERS)}
    assert all(re.search("[一-鿿]", summary) for summary in OPERATIONS.values())


@pytest.mark.parametrize(("query", "header", "language"), [
    ("", "zh-CN", "zh-CN"), ("?lang=zh-CN", "en", "zh-CN"), ("?lang=en", "zh", "en"), ("", "", "en"),
])  # fmt: skip
def test_the_page_speaks_both_languages(place_sqlite: ServiceSite, query: str, header: str, language: str) -> None:
    """A reader would get the other language, or a page that lacks an operation."""
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        answer = http.get(f"/docs{query}", headers={"accept-language": header})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
    for each in listed_routes(ROUTERS):
        assert f'id="{each.operation}"' in answer.text
    for code in WORDS:
        assert f'id="problem-{code}"' in answer.text


def test_the_page_needs_nothing_from_elsewhere(place_sqlite: ServiceSite) -> None:
    """Behind an agency's firewall the page would be blank, and elsewhere it would tell a stranger who reads it."""
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        page = http.get("/docs")
        assert "<script" not in page.text and " style=" not in page.text
        for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert address.startswith(("/", "#")), address
            if address.startswith("/"):
                assert http.get(address).status_code == 200
        assert "style-src 'self'" in page.headers["content-security-policy"]


def test_figures_are_for_those_who_may_see_them(place_sqlite: ServiceSite) -> None:
    """Anybody could count what the unit does."""
    with TestClient(place_sqlite.app(*ROUTERS)) as http:
        assert http.get("/metrics").status_code == 401
        assert http.get("/metrics", headers=who(Role.AGENCY, "police")).status_code == 403
        answer = http.get("/metrics", headers=who(Role.OPERATOR))
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "sealink_log_entries 0" in answer.text and 'route="/metrics",status="403"' in answer.text
    assert answer.text.endswith("# EOF\n")
