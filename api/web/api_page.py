"""The API's documentation as one HTML page, from its description: every operation with its refusals, all problems.

It works without a script, and everything it needs is in the wheel.

May touch: disk (its own template)
Sees:      nothing personal
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from api.http.languages import Language
from api.http.problem_words import WORDS as PROBLEMS
from api.web.api_page_words import CONVENTIONS, OPERATIONS, TAGS, word

Json = dict[str, Any]

STYLE: Final = "api_page.css"
_TEMPLATE: Final = "api_page.html"


def render(description: Json, language: Language) -> str:
    """The page in one language."""
    is_chinese = language is Language.ZH
    page: str = _template().render(
        language=str(language),
        other="en" if is_chinese else "zh-CN",
        say=lambda name: word(name, language),
        conventions=[pair[is_chinese] for pair in CONVENTIONS],
        groups=_groups(description, is_chinese),
        problems=[
            (code, words.status, words.title_in(language), words.detail_in(language))
            for code, words in sorted(PROBLEMS.items(), key=lambda each: (each[1].status, each[0]))
        ],
    )
    return page


def style() -> bytes:
    """The style sheet."""
    return files("api.web").joinpath(STYLE).read_bytes()


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["code"] = _code
    return environment.from_string(files("api.web").joinpath(_TEMPLATE).read_text(encoding="utf-8"))


def _groups(description: Json, is_chinese: bool) -> list[tuple[str, str, list[Json]]]:
    found: dict[str, list[Json]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["service"])[0]
            found.setdefault(tag, []).append(_operation(method.upper(), path, operation, is_chinese))
    return [(tag, TAGS.get(tag, tag) if is_chinese else tag, shown) for tag, shown in found.items()]


def _operation(method: str, path: str, operation: Json, is_chinese: bool) -> Json:
    name, summary = operation["operationId"], operation["summary"]
    answers = operation["responses"]
    return {
        "name": name,
        "method": method,
        "path": path,
        "summary": OPERATIONS.get(name, summary) if is_chinese else summary,
        "about": "" if is_chinese else operation.get("description", ""),
        "permission": operation["x-permission"],
        "parameters": operation.get("parameters", []),
        "request": _example(operation.get("requestBody", {})),
        "answers": [(status, _example(each)) for status, each in answers.items() if status[0] in "23"],
        "refusals": [
            (code, each["$ref"].rsplit("/", 1)[-1].split(".")[0])
            for each in answers.values()
            if "$ref" in each
            for code in each["$ref"].rsplit("/", 1)[-1].split(".")[1:]
        ],
    }


def _example(part: Json) -> str:
    for kind, media in part.get("content", {}).items():
        if "example" in media:
            return json.dumps(media["example"], indent=2, ensure_ascii=False)
        return str(kind)
    return ""


def _code(text: str) -> Markup:
    """`words` between backticks as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))
