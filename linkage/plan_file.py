"""The plan as a file: the operator makes it once, every custodian encodes with it. Canonical JSON, versioned.

The file repeats what the project says, so that a plan made for another population, schema or normaliser is refused
before any work. It holds public parameters only. This module turns text into a plan and back; it opens no file and
chooses no key types.

May touch: nothing
Sees:      nothing personal
Spec:      contracts section 2 (plan)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from linkage.errors import PlanError
from linkage.floor import FLOOR
from linkage.plan import Plan
from linkage.planner import MOST_KEY_TYPES
from linkage.schema import KeyType, Schema

FORMAT: Final = "sealink-plan"
VERSION: Final = 1
_AGAIN: Final = "run sealink project plan again and pass the new file to all custodians"


def write_plan(plan: Plan) -> str:
    """The plan as one line of JSON with sorted keys, and its fingerprint."""
    content = {"format": FORMAT, "version": VERSION, "fingerprint": plan.fingerprint, "plan": plan.describe()}
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")) + "\n"


def read_plan(text: str, file: object, schema: Schema, here: Plan) -> Plan:
    """The plan that the file holds, if it fits.

    `schema` is the project's, with all candidates; `here` is a plan of this project and installation, from which
    everything but the key types is taken. Raises PlanError, naming the first thing that does not fit.
    """
    content = _content(text, file)
    stated = content["plan"]
    keys = tuple(_keys(stated.get("keys"), file, schema))
    try:
        leakage = float(stated.get("leakage") or 0.0)
    except (TypeError, ValueError) as error:
        raise PlanError.at(file, "not a plan of this project", hint=_AGAIN) from error
    plan = here.with_keys(keys, leakage)
    for name, value in plan.describe().items():
        if name != "keys" and stated.get(name) != value:
            raise PlanError.at(file, f"made for another {name} than this project and installation have", hint=_AGAIN)
    if content["fingerprint"] != plan.fingerprint:
        raise PlanError.at(file, "its fingerprint does not fit its contents", hint=_AGAIN)
    if not leakage <= FLOOR:
        raise PlanError.at(file, f"states a leakage above the entropy floor of {FLOOR:g}", hint=_AGAIN)
    return plan


def _content(text: str, file: object) -> Mapping[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError.at(file, "not a plan file: no JSON", hint=_AGAIN) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PlanError.at(file, "not a plan file", hint=_AGAIN)
    if content.get("version") != VERSION:
        raise PlanError.at(file, "written by another version of this program", hint=_AGAIN)
    if not isinstance(content.get("plan"), dict) or not isinstance(content.get("fingerprint"), str):
        raise PlanError.at(file, "not a plan file: entries missing", hint=_AGAIN)
    return content


def _keys(keys: object, file: object, schema: Schema) -> list[KeyType]:
    known = {key_type.name: key_type for key_type in schema.key_types}
    if not isinstance(keys, dict) or len(keys) > MOST_KEY_TYPES:
        raise PlanError.at(file, "not a plan file: no key types", hint=_AGAIN)
    for name, slots in keys.items():
        if name not in known or known[name].slots != slots:
            raise PlanError.at(file, "uses key types that the schema installed here does not have", hint=_AGAIN)
    return [key_type for name, key_type in known.items() if name in keys]
