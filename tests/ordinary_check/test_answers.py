"""The ordinary check: everybody absent gets the same bytes, a record is told, and form is checked before the index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from city_index import City, city, made_id, write_index
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.ordinary_check.answers import Result, as_json, as_page, form_page, look_up, style
from api.ordinary_check.app import create_app
from api.ordinary_check.index import CsvIndex, IndexFaultError, OrdinaryIndex, SqlIndex
from api.ordinary_check.person import PersonError, check_digit, person_of, spellings

TOKEN = b"counter token of the test"
HERE = "http://127.0.0.1:8404"


@pytest.fixture(scope="module")
def people() -> City:
    return city(100_000, sealed=400, listed=2_000)


@pytest.fixture(scope="module")
def index(people: City, tmp_path_factory: pytest.TempPathFactory) -> CsvIndex:
    return CsvIndex(write_index(tmp_path_factory.mktemp("city") / "index.csv", people.listed))


@pytest.fixture
def client(index: CsvIndex) -> Iterator[TestClient]:
    with TestClient(create_app(index), HERE, raise_server_exceptions=False) as made:
        yield made


def parts(answer: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Everything of an answer that goes over the wire."""
    return answer.status_code, answer.headers.raw, answer.content


def asked(client: TestClient, name: str, number: str) -> list[tuple[int, list[tuple[bytes, bytes]], bytes]]:
    body = {"name": name, "resident_id": number}
    return [parts(client.post("/v1/checks", json=body)), parts(client.post("/", data=body))]


def test_one_hundred_thousand_people_and_one_answer(people: City, index: CsvIndex) -> None:
    """A sealed person would be told from one who was never convicted, by one byte (L24)."""
    answers = set()
    counts = dict.fromkeys(Result, 0)
    for name, number in (*people.absent, *people.sealed, *people.listed):
        result, records = look_up(index, person_of(name, number))
        if result is Result.NO_RECORD:
            answers.add((as_json(result, records), as_page(result, records)))
        counts[result] += 1
    assert counts == {Result.NO_RECORD: 98_000, Result.ON_RECORD: 2_000, Result.OTHER_NAME: 0}
    assert len(answers) == 1
    for name, number in people.sealed:
        assert look_up(index, person_of(name, number))[0] is Result.NO_RECORD


def test_whole_answers_are_equal_through_the_application(people: City, client: TestClient) -> None:
    """Headers could vary where the body does not: an id, a trace, a cookie, a length, an order."""
    first = asked(client, *people.absent[0])
    for person in (*people.sealed[:60], *people.absent[1:60]):
        assert asked(client, *person) == first
    for status, headers, body in first:
        assert status == 200
        assert people.absent[0][0].encode() not in body
        names = {name.lower() for name, _ in headers}
        assert not names & {b"date", b"server", b"set-cookie", b"request-id", b"traceparent", b"etag", b"age"}
    assert asked(client, *people.listed[0]) != first


@given(
    st.text("王李·ABC ", min_size=1).filter(str.strip),
    st.integers(0, 300_000),
    st.sampled_from([1944, 1949, 2011, 2026]),
    st.sampled_from(["", "en", "zh-CN", "*;q=0"]),
)
def test_nobody_absent_differs_in_anything(index: CsvIndex, name: str, number: int, born: int, language: str) -> None:
    """A name or number of some other form would get some other answer."""
    client = TestClient(create_app(index), HERE)
    body = {"name": name, "resident_id": made_id(number, born)}
    headers = {"Accept-Language": language}
    standard = {"name": "王", "resident_id": made_id(1, 1944)}
    for path, form in (("/v1/checks", "json"), ("/", "data")):
        said = client.post(path, headers=headers, **{form: body})
        assert parts(said) == parts(client.post(path, **{form: standard}))


def test_who_is_on_the_index_is_told(people: City, client: TestClient) -> None:
    """A check that clears everybody is identical, too, and worth nothing."""
    name, number = people.listed[0]
    for spelled in (name, f" {name[0]} {name[1:]} "):
        for typed in (number, number.lower(), " ".join(number)):
            found = client.post("/v1/checks", json={"name": spelled, "resident_id": typed}).json()
            assert found["result"] == "on-record"
            assert found["records"] == [{"matter": "盗窃罪", "date": "2020-05-01", "authority": "某区人民法院"}]
    assert "盗窃罪" in client.post("/", data={"name": name, "resident_id": number}).text


def test_a_number_under_another_name_is_no_clean_answer(people: City, client: TestClient) -> None:
    """Somebody with a record would be cleared by one wrong character of the name, and told what is on record."""
    name, number = people.listed[0]
    found = client.post("/v1/checks", json={"name": name + "某", "resident_id": number}).json()
    assert (found["result"], found["records"]) == ("other-name", [])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"name": "王伟"}, "body.resident_id"),
        ({"name": "王伟", "resident_id": "320684195001010001", "reason": "job"}, "body.(unknown field)"),
        ({"name": 5, "resident_id": "320684195001010001"}, "body.name"),
        ({"name": "王伟", "resident_id": 320684195001010001}, ""),
        ({"name": "   ", "resident_id": made_id(0, 1950)}, "body.name"),
        ({"name": "王\u0007伟", "resident_id": made_id(0, 1950)}, "body.name"),
        ({"name": "王伟", "resident_id": made_id(0, 1950)[:17] + "?"}, "body.resident_id"),
        ({"name": "王伟", "resident_id": "320684500101001"}, "body.resident_id"),
    ],
)
def test_bodies_are_strict_and_refusals_hold_no_value(client: TestClient, body: dict[str, Any], place: str) -> None:
    """A mistyped number would be cleared, or a problem would carry the name of whom it is about."""
    said = client.post("/v1/checks", json=body)
    assert said.status_code in (400, 422)
    assert said.headers["content-type"] == "application/problem+json"
    assert "instance" not in said.json()
    if place:
        assert said.json()["places"] == [place]
    for value in body.values():
        if str(value).strip() and len(str(value)) > 3:
            assert str(value) not in said.text


@pytest.mark.parametrize(
    "sent",
    [
        b"name=%E7%8E%8B",
        b"name=%E7%8E%8B&resident_id=1&more=1",
        b"name=%E7%8E%8B&name=%E7%8E%8B",
        b"name=%FF&resident_id=1",
        b"\xff",
        b"",
    ],
)
def test_forms_are_strict_too(client: TestClient, sent: bytes) -> None:
    """Two readers would read two people from one form."""
    said = client.post("/", content=sent, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert said.status_code in (415, 422)


def test_the_page_marks_a_wrong_field_and_repeats_nothing(client: TestClient) -> None:
    """Counter staff could not see what is wrong; or a name would stay on the screen for the next in the queue."""
    said = client.post("/", data={"name": "王小伟", "resident_id": "123"})
    assert said.status_code == 422
    assert said.text.count("aria-invalid") == 1
    assert "王小伟" not in said.text


def test_pages_need_no_script_and_say_both_languages(client: TestClient) -> None:
    """A page that runs scripts could send what is typed elsewhere; half of the staff could not read the other half."""
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    for text in (page.text, as_page(Result.NO_RECORD, ()).decode(), form_page(("name",)).decode()):
        assert "<script" not in text and "style=" not in text and " on" not in text.split("<body>")[0]
        assert "Criminal record check" in text and "犯罪记录查询" in text
    assert client.get("/counter.css").content == style()
    assert client.post("/", data={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_program_never_speaks_of_sealing(client: TestClient, people: City) -> None:
    """A word on the page would tell counter staff that there is something that they are not told."""
    bodies = [client.get("/").text, client.get("/nothing").text]
    bodies += [body.decode() for _, _, body in asked(client, *people.sealed[0])]
    for text in bodies:
        plain = text.lower().replace("https://sealink.invalid/", "")
        assert not any(word in plain for word in ("seal", "vault", "封存", "minor", "未成年"))


def test_a_token_is_asked_for_where_one_is_set(index: CsvIndex, people: City) -> None:
    """Anybody on the network could ask about anybody."""
    client = TestClient(create_app(index, TOKEN))
    body = {"name": people.absent[0][0], "resident_id": people.absent[0][1]}
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic !"}, {"Authorization": "Basic"}):
        said = client.post("/v1/checks", json=body, headers=headers)
        assert said.status_code == 401
        assert said.headers["www-authenticate"].startswith("Basic ")
    assert client.get("/").status_code == 401
    assert client.post("/v1/checks", json=body, headers={"Authorization": f"Bearer {TOKEN.decode()}"}).is_success
    assert client.get("/", auth=("counter-3", TOKEN.decode())).is_success
    assert TOKEN.decode() not in repr(client.app.__dict__)


@pytest.mark.parametrize(
    "base", ["http://elsewhere.example", "http://127.0.0.1.elsewhere.example:8404", "http://10.0.0.1"]
)
def test_without_a_token_only_loopback_s_names_are_answered(index: CsvIndex, people: City, base: str) -> None:
    """A web page that a counter opens could make its own name point here and ask about anybody."""
    client = TestClient(create_app(index), base)
    body = {"name": people.listed[0][0], "resident_id": people.listed[0][1]}
    for said in (client.post("/v1/checks", json=body), client.post("/", data=body), client.get("/")):
        assert said.status_code == 403
    assert TestClient(create_app(index), "http://localhost:8404").get("/").is_success


class Broken:
    def records(self, resident_id: str) -> list[Any]:
        raise IndexFaultError("table: the database does not answer")


class Odd:
    def records(self, resident_id: str) -> list[Any]:
        raise RuntimeError(resident_id)


@pytest.mark.parametrize(("broken", "status"), [(Broken(), 503), (Odd(), 500)])
def test_an_index_that_does_not_answer_clears_nobody(broken: OrdinaryIndex, status: int) -> None:
    """Everybody's record would be clean while the database is down."""
    client = TestClient(create_app(broken), HERE, raise_server_exceptions=False)
    said = client.post("/v1/checks", json={"name": "王伟", "resident_id": made_id(0, 1950)})
    assert said.status_code == status
    assert made_id(0, 1950) not in said.text
    assert said.headers["content-security-policy"]


def test_a_replaced_file_is_read_anew_and_an_empty_one_refused(tmp_path: Path) -> None:
    """A stale index would clear the newly convicted, a truncated one everybody."""
    path = write_index(tmp_path / "index.csv", [("王伟", made_id(0, 1950))])
    index = CsvIndex(path)
    assert len(index.records(made_id(0, 1950))) == 1
    write_index(tmp_path / "new.csv", [("李芳", made_id(1, 1950))]).replace(path)
    assert index.records(made_id(0, 1950)) == []
    assert len(index.records(made_id(1, 1950))) == 1
    for content, said in (
        (b"", "columns"),
        (b"name,resident_id,matter,date,authority\n", "no row"),
        (b"name,resident_id\nx,y\n", "3 of the columns"),
        (b"name,resident_id,matter,date,authority\nx,y\n", "line 2: not as many cells"),
        (b'name,resident_id,matter,date,authority\n"x,y,z,1,2', "not a CSV file"),
        (b"\xff\xff", "neither UTF-8 nor GB 18030"),
    ):
        path.write_bytes(content)
        with pytest.raises(IndexFaultError, match=said):
            index.records(made_id(1, 1950))
    path.unlink()
    with pytest.raises(IndexFaultError, match="cannot be read"):
        index.records(made_id(1, 1950))


def test_chinese_files_and_old_numbers_are_understood(tmp_path: Path) -> None:
    """A file saved by Chinese office software, or a number of 15 digits, would clear whom it lists."""
    number = made_id(7, 1950)
    path = write_index(tmp_path / "gb.csv", [("王伟", number[:6] + number[8:17])], "gb18030")
    assert [one.name for one in CsvIndex(path).records(number)] == ["王伟"]
    named = tmp_path / "named.csv"
    named.write_text(f"姓名,证件,案由,日期,机关\n王伟,{number.lower()},盗窃罪,2020,法院\n", encoding="utf-8-sig")
    columns = {"name": "姓名", "resident_id": "证件", "matter": "案由", "date": "日期", "authority": "机关"}
    assert [one.matter for one in CsvIndex(named, columns).records(number)] == ["盗窃罪"]
    with pytest.raises(IndexFaultError, match="only name"):
        CsvIndex(named, {"address": "地址"})


def test_a_table_of_a_database_serves_as_well(tmp_path: Path) -> None:
    """Cities keep their index in databases, under names of their own, and with small x and 15 digits in it."""
    with_x = next(number for at in range(999) if (number := made_id(at, 1950)).endswith("X"))
    old = made_id(5, 1962)
    with sqlite3.connect(tmp_path / "city.db") as connection:
        connection.execute("CREATE TABLE crime (xm TEXT, zjhm TEXT, matter TEXT, date TEXT, authority TEXT)")
        connection.executemany(
            "INSERT INTO crime VALUES (?, ?, '盗窃罪', NULL, '法院')",
            [("王伟", with_x.lower()), ("李芳", old[:6] + old[8:17])],
        )
    url, names = f"sqlite:///{tmp_path}/city.db", {"name": "xm", "resident_id": "zjhm"}
    index = SqlIndex(url, "crime", names)
    for number, name in ((with_x, "王伟"), (old, "李芳")):
        assert [(one.name, one.date) for one in index.records(number)] == [(name, "")]
    assert index.records(made_id(6, 1962)) == []
    assert index.records("' OR 1=1 --") == []
    for bad in ((url, "nothing", names), (url, "crime", {}), ("not a url", "crime", names)):
        with pytest.raises(IndexFaultError):
            SqlIndex(*bad)
    with pytest.raises(IndexFaultError, match="a password in the URL"):
        SqlIndex("postgresql://a:b@localhost/c", "crime")
    with sqlite3.connect(tmp_path / "city.db") as connection:
        connection.execute("DELETE FROM crime")
    with pytest.raises(IndexFaultError, match="no row"):
        SqlIndex(url, "crime", names)


@given(st.text(max_size=120), st.text(max_size=30))
def test_a_person_is_of_right_form_or_refused_by_field(name: str, number: str) -> None:
    """Something else than a person would be looked up, and found absent."""
    try:
        person = person_of(name, number)
    except PersonError as error:
        assert error.field in ("name", "resident_id")
        assert len(name.strip()) < 4 or name not in str(error)
    else:
        assert check_digit(person.resident_id[:17]) == person.resident_id[17]
        assert person.name not in repr(person) or not person.name.strip()


def test_the_standard_s_own_example_has_its_check_digit() -> None:
    """The check digit would be ours alone, and half of the city could not be asked about (GB 11643 appendix)."""
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"
    assert spellings("11010519491231002X") == ("11010519491231002X", "11010519491231002x", "110105491231002")


def test_answers_are_as_they_are_described() -> None:
    """Programs at the counters read these words."""
    assert json.loads(as_json(Result.NO_RECORD, ())) == {
        "result": "no-record",
        "en": "No criminal record is found.",
        "zh": "经查询，未发现犯罪记录。",
        "records": [],
    }
