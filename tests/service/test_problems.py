"""Every answer that is not a success is a problem, in two languages, without what was rejected."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from fastapi import APIRouter, HTTPException
from fastapi.testclient import TestClient
from pydantic import Field
from service_site import ServiceSite
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from api.auth.guard import public
from api.http.languages import Language, preferred
from api.http.problem_words import EVERY, FRAMEWORK, VAULT_WORDS, WORDS
from api.http.problems import MEDIA_TYPE, TYPE_BASE, Status
from api.linkage.schemas import Body
from audit.refusals import LogUnavailableError
from audit.refusals import Why as LogWhy
from linkage.errors import BatchError
from linkage.refusals import Refused, Why
from vault.refusals import Why as VaultWhy

API = Path(__file__).resolve().parents[2] / "api"
SECRET = "330106201203141234"

router = APIRouter()


class Thing(Body):
    number: int = Field(ge=0, le=9)
    word: str = "x"


@router.post("/things", dependencies=[public()])
def post_thing(body: Thing) -> Thing:
    return body


@router.get("/things/{number}", dependencies=[public()])
def get_thing(number: int) -> None:
    assert number


RAISED: dict[str, Exception] = {
    "refused": Refused(Why.WRONG_OFFSET, "part: another offset", hint="read it again", retry_after_s=3),
    "linkage": BatchError("batch: broken"),
    "log": LogUnavailableError(LogWhy.DISK_FULL),
    "http-404": HTTPException(404, f"no {SECRET}"),
    "http-418": HTTPException(418, SECRET),
    "http-503": HTTPException(503, SECRET),
    "busy": OperationalError(SECRET, {}, type("E", (Exception,), {"sqlite_errorname": "SQLITE_BUSY"})(SECRET)),
    "wrong-sql": OperationalError(SECRET, {}, type("E", (Exception,), {"sqlite_errorname": "SQLITE_ERROR"})(SECRET)),
    "clash": IntegrityError(SECRET, {}, type("E", (Exception,), {"sqlstate": "23505"})(SECRET)),
    "data": DataError(SECRET, {}, type("E", (Exception,), {"sqlstate": "22021"})(SECRET)),
    "bug": ValueError(SECRET),
}


@router.get("/raise/{what}", dependencies=[public()])
def raise_it(what: str) -> None:
    raise RAISED[what]


@pytest.fixture
def http(place_sqlite: ServiceSite) -> TestClient:
    return TestClient(place_sqlite.app(router), raise_server_exceptions=False)


def check(answer: object, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == MEDIA_TYPE  # type: ignore[attr-defined]
    found: dict[str, object] = answer.json()  # type: ignore[attr-defined]
    assert (found["type"], found["status"]) == (TYPE_BASE + code, status)
    assert found["title"] and found["detail"]
    assert found["instance"] == answer.headers["request-id"]  # type: ignore[attr-defined]
    assert SECRET not in answer.text  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("refused", 409, "wrong-offset"),
        ("linkage", 422, "malformed"),
        ("log", 503, "log-unavailable"),
        ("http-404", 404, "not-found"),
        ("http-418", 418, "bad-request"),
        ("http-503", 500, "fault"),
        ("busy", 503, "database-busy"),
        ("wrong-sql", 500, "fault"),
        ("clash", 409, "exists"),
        ("data", 500, "fault"),
        ("bug", 500, "fault"),
    ],
)
def test_errors_become_problems(http: TestClient, what: str, status: int, code: str) -> None:
    """A caller would get an answer that no client reads, or read in it what somebody sent."""
    found = check(http.get(f"/raise/{what}"), status, code)
    if what == "refused":
        assert (found["detail"], found["hint"]) == ("part: another offset", "read it again")
        assert http.get("/raise/refused").headers["retry-after"] == "3"


def test_the_frameworks_own_errors_are_problems(http: TestClient) -> None:
    """Its default answers repeat the input: a rejected request would leak a child's number into a client's log."""
    check(http.get("/nowhere/" + SECRET), 404, "not-found")
    check(http.get("/things/"), 404, "not-found")
    answer = http.delete("/things")
    check(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    check(http.get("/things/" + "x" + SECRET), 422, "malformed")
    found = check(http.post("/things", json={"number": SECRET}), 422, "malformed")
    assert found["places"] == ["body.number"]
    found = check(http.post("/things", json={"number": 1, SECRET: 1}), 422, "malformed")
    assert found["places"] == ["body.(unknown field)"]
    check(http.post("/things", content=b'{"number": 1, "number": 2}'), 415, "media-type")
    json_type = {"content-type": "application/json"}
    check(http.post("/things", content=b'{"number": "' + SECRET.encode(), headers=json_type), 400, "bad-json")
    check(http.post("/things", content=b'{"number": 1, "number": 2}', headers=json_type), 400, "bad-json")
    check(http.post("/things", content=b'{"number": 1}', headers={"content-type": "text/plain"}), 415, "media-type")
    form = {"content-type": "application/x-www-form-urlencoded"}
    check(http.post("/things", content=b"number=1", headers=form), 422, "malformed")
    check(http.post("/things", content=b"[" * 1_048_577, headers=json_type), 413, "too-large")
    check(http.post("/things", content=b"x" * 65_537, headers={"content-type": "text/plain"}), 413, "too-large")
    check(http.get("/things/1?x=%00"), 400, "bad-request")
    check(http.get("/things/1%00"), 400, "bad-request")
    check(http.post("/things"), 422, "malformed")


def test_a_body_without_a_length_is_counted(http: TestClient) -> None:
    """A chunked body could fill the memory before anybody is asked who calls."""
    blocks = iter([b" " * 65_536] * 17)
    answer = http.post("/things", content=blocks, headers={"content-type": "application/json"})
    check(answer, 413, "too-large")


def test_chinese(http: TestClient) -> None:
    """A clerk who reads Chinese would be told what is wrong in English alone."""
    answer = http.get("/raise/refused", headers={"accept-language": "zh-CN, en;q=0.5"})
    found = answer.json()
    words = WORDS["wrong-offset"]
    assert (found["title"], found["detail"], found["rule"]) == (words.title_zh, words.detail_zh, "part: another offset")
    assert (answer.headers["content-language"], answer.headers["vary"]) == ("zh-CN", "Accept-Language")
    assert http.get("/raise/refused").headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.EN), ("", Language.EN), ("zh", Language.ZH), ("zh-Hant-TW", Language.ZH),
        ("fr, zh;q=0.1", Language.ZH),
        ("en, zh", Language.EN), ("en;q=0.8, zh;q=0.9", Language.ZH), ("zh;q=0", Language.EN), ("*", Language.EN),
        ("zh;q=x", Language.EN), ("zh;q=²", Language.EN), (";;;,,zh;q=1.5", Language.ZH), ("zhuang", Language.EN),
    ],
)  # fmt: skip
def test_the_language_is_the_callers(header: str | None, language: Language) -> None:
    """A malformed header would be an error, or the lesser choice would win."""
    assert preferred(header) is language


def test_every_reason_has_words() -> None:
    """A flow could refuse with a reason that the edge cannot tell."""
    assert {str(why) for why in Why} <= set(WORDS)
    assert set(FRAMEWORK.values()) <= set(WORDS)
    assert all(WORDS[code].status == status for status, code in FRAMEWORK.items())


def test_words_are_words() -> None:
    """One language would be missing, or be the other."""
    for code, words in EVERY.items():
        for chinese in (words.title_zh, words.detail_zh):
            assert any("一" <= char <= "鿿" for char in chinese), code
        assert words.title.isascii() and words.detail.isascii(), code
        assert words.status in set(Status), code


def codes_in(path: Path) -> list[tuple[str, int | None]]:
    """Codes, and statuses where they are written down, of all `Problem(…)` and `problem_of(…)` in a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        values = [getattr(each, "value", None) for each in node.args]
        if node.func.id in ("problem_of", "oauth_problem") and isinstance(values[0], str):
            found.append((values[0], None))
        if node.func.id == "Problem" and len(node.args) > 1 and isinstance(values[1], str):
            first = node.args[0]
            is_named = isinstance(first, ast.Attribute) and isinstance(first.value, ast.Name)
            status = Status[first.attr] if is_named and first.value.id == "Status" else values[0]  # type: ignore[union-attr]
            found.append((values[1], int(status)))  # type: ignore[call-overload]
    return found


def test_the_list_is_what_the_code_raises() -> None:
    """A client would meet a code that no page explains, or a page would explain what never comes."""
    raised = {code for path in API.rglob("*.py") for code, _ in codes_in(path)}
    assert {str(why) for why in VaultWhy} <= set(EVERY) and set(VAULT_WORDS) <= {str(why) for why in VaultWhy}
    assert raised <= set(WORDS), raised - set(WORDS)
    assert set(WORDS) - raised - {str(why) for why in Why} - set(FRAMEWORK.values()) == set()
    for path in API.rglob("*.py"):
        for code, status in codes_in(path):
            assert status is None or status == WORDS[code].status, (path, code)


def test_a_database_error_that_is_ours_is_a_fault(place_sqlite: ServiceSite) -> None:
    """A missing table would look like a busy database for ever."""
    one = APIRouter()

    @one.get("/x", dependencies=[public()])
    def query() -> None:
        with place_sqlite.unit.database.reading() as connection:
            connection.execute(text("SELECT * FROM no_such_table"))

    with TestClient(place_sqlite.app(one), raise_server_exceptions=False) as http:
        check(http.get("/x"), 500, "fault")


def test_details_hold_no_json_of_the_request(http: TestClient) -> None:
    """Hints of the validator could quote what was sent."""
    body = {"number": 99, "word": {"a": SECRET}}
    found = check(http.post("/things", json=body), 422, "malformed")
    assert json.dumps(found).count("99") == 0
