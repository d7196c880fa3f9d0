"""One valid example for any schema of the API's description: stated ones first, else the simplest value that fits.

It knows only what our own schemas use. A pattern beyond words and base64 needs a stated example.

May touch: nothing
Sees:      schemas
Spec:      JSON Schema 2020-12, as OpenAPI 3.1 uses it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]


_READABLE: Final[Mapping[str, str]] = {
    "agency": "hospital",
    "elsewhere_basis": "",
    "legal_basis": "minors-protection-law-12",
    "normaliser": "cn-child-v1/1",
    "project": "missing-children",
    "purpose": "find missing children",
    "schema_name": "cn-child-v1",
    "scheme": "match-keys",
    "sealing_key": "sealink-seal:intl:AQID",
    "sender": "police",
    "spoken": "3f2a 9c11 07be 5d40 a1b2 c3d4 e5f6 0718",
    "url": "https://hooks.hospital.example/sealink",
    "verifying_key": "sealink-verify:intl:AQID",
}


class NoExampleError(LookupError):
    """A schema whose example must be stated by hand."""


def example_of(schema: Schema, components: Schema) -> Any:
    """An example of `schema`; `components` are the schemas that references name."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[-1]], components)
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("const", "example", "default"):
        if name in schema and schema[name] is not None:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema or "oneOf" in schema:
        return example_of((schema.get("anyOf") or schema["oneOf"])[0], components)
    if "allOf" in schema:
        return example_of(schema["allOf"][0], components)
    return _by_type(schema, components)


def _by_type(schema: Schema, components: Schema) -> Any:
    match schema.get("type"):
        case "object":
            named = {name: _named(name, below, components) for name, below in schema.get("properties", {}).items()}
            extra = schema.get("additionalProperties")
            return named or ({"name": example_of(extra, components)} if isinstance(extra, Mapping) else {})
        case "array":
            return [example_of(schema["items"], components)] if schema.get("maxItems", 1) else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case None if not schema:
            return None  # anything at all
        case "string":
            return _text(schema)
    raise NoExampleError(str(sorted(schema)))


def _named(name: str, schema: Schema, components: Schema) -> Any:
    """What reads better than the simplest value, where nothing was stated."""
    if not schema.get("examples"):
        if name.endswith("_ms") and schema.get("type") == "integer":
            return 1_767_225_600_000
        if name in _READABLE and schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
            return _READABLE[name]
    return example_of(schema, components)


def _text(schema: Schema) -> str:
    pattern = schema.get("pattern", "")
    for simple in ("words", "AQID"):
        found = simple[: schema.get("maxLength", len(simple))].ljust(schema.get("minLength", 0), "s")
        if re.search(pattern, found):
            return found
    raise NoExampleError(pattern)
