"""A job's model as one file of arrays (npz, no pickles), for whoever weighs single records under it later.

May touch: nothing
Sees:      rates and shares
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from linkage.matching.agreement import Observable
from linkage.matching.em import Model
from linkage.matching.one import KINDS, Weigher


def keep(weigher: Weigher, about: dict[str, Any]) -> bytes:
    """The file; `about` is JSON that goes along."""
    model = weigher.model
    arrays: dict[str, np.ndarray] = {
        "about": np.array(json.dumps({**about, "sources": weigher.sources})),
        "classes": np.array(model.classes),
        "shares": model.shares,
        "scale": np.array(model.scale),
        "possible": weigher.possible,
    }
    arrays |= {f"u-{number}": table for number, table in enumerate(model.u)}
    for pair_class, tables in enumerate(model.levels):
        arrays |= {f"levels-{pair_class}-{number}": table for number, table in enumerate(tables)}
    for kind, each in enumerate(weigher.observables):
        arrays |= {f"true-{kind}": each.true, f"seen-{kind}": each.seen, f"shows-{kind}": each.shows}
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def take_up(data: bytes) -> tuple[Weigher, dict[str, Any]]:
    """What `keep` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = dict(file)
    about: dict[str, Any] = json.loads(str(arrays["about"]))
    classes = tuple(map(str, arrays["classes"]))
    count = sum(name.startswith("u-") for name in arrays)
    levels = tuple(
        tuple(arrays[f"levels-{pair_class}-{number}"] for number in range(count)) for pair_class in range(len(classes))
    )
    u = tuple(arrays[f"u-{number}"] for number in range(count))
    model = Model(classes, levels, arrays["shares"], u, float(arrays["scale"]), 0, True)
    observables = [
        Observable(arrays[f"true-{kind}"], arrays[f"seen-{kind}"], arrays[f"shows-{kind}"]) for kind in range(KINDS)
    ]
    return Weigher(model, arrays["possible"], observables, int(about.pop("sources"))), about
