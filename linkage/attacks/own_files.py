"""An operator's or agency's own files as plaintext for attacks: no truth is at hand, so the files' own hints stand in.

Records with an equal resident ID, or an equal full name and date of birth, count as one child; children who share a
household value that few others have count as one family. Both are good enough to judge a key set, not to link. It
writes nothing, and no value leaves it.

May touch: disk (the project's source files)
Sees:      names
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linkage.attacks.plaintext import Ints, Plaintext, pool
from linkage.attacks.unit_view import view_of_plaintext
from linkage.encoding.mapping import apply_mapping
from linkage.encoding.project import Project
from linkage.encoding.reader import read_source
from linkage.reference import load_reference
from linkage.schema import KeyType, Schema, load_schema

_ONE_CHILD = ("I", "NX.DX")
_FAMILY = 8  # a phone or address of more children is a school's or a home's
_ROOM = 4096


def project_plaintext(project: Project) -> Plaintext:
    """All source files of a project. Raises SourceFileError or MappingError, naming the place and never a value."""
    base = project.path.parent
    schema = load_schema(project.schema, base)
    tables = [read_source(s.file, s.columns, s.record_id, s.filter) for s in project.sources]
    records = [apply_mapping(table, s.fields) for table, s in zip(tables, project.sources, strict=True)]
    nobody = [np.full(len(part), -1, dtype=np.int64) for part in records]
    plaintext = pool(records, schema, nobody, nobody)
    child = _joined(plaintext, _known(_ONE_CHILD, schema), most=_ROOM)
    household = _known(load_reference(project.schema, schema, base).household, schema)
    return replace(plaintext, child=child, family=_joined(plaintext, household, most=_FAMILY, beside=child))


def _known(names: Iterable[str], schema: Schema) -> list[KeyType]:
    split = [tuple(name.split(".")) for name in names]
    return [KeyType(tags, _ROOM) for tags in split if set(tags) <= set(schema.tags)]


def _joined(plaintext: Plaintext, key_types: list[KeyType], *, most: int, beside: Ints | None = None) -> Ints:
    """Records with a common value that at most `most` records hold, and those of one child, get one number."""
    view = view_of_plaintext(plaintext, key_types)
    few = np.bincount(view.key, minlength=len(view.key_type))[view.key] <= most
    n = len(plaintext)
    left, right = [view.record[few]], [n + view.key[few]]
    if beside is not None:
        left.append(np.arange(n))
        right.append(n + len(view.key_type) + beside)
    a, b = np.concatenate(left), np.concatenate(right)
    size = n + len(view.key_type) + (n if beside is not None else 0)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][:n]
    return np.unique(label, return_inverse=True)[1].astype(np.int64)
