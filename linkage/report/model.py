"""The figures of one linkage run as plain numbers and strings, ready for report.html and report.json.

Nothing here is computed from records and nothing here can hold one: no field takes a record id, a field's value or a
match key, and pairs are numbered by their order. Names (of sources, fields, comparisons, levels) are configuration,
not data.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from linkage.calibration import Calibration
from linkage.evaluation import Evaluation
from linkage.report.histogram import HistogramBin

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The public parameters under which all sources were encoded; `fingerprint` is the plan's hash in hex."""

    schema: str
    scheme: Literal["match-keys", "clk"]
    population: int
    fingerprint: str
    within_sources: bool
    one_to_one: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Wall-clock time of one step of the run."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class FieldReading:
    """How one mapped field was read in one source: `present` + `missing` + `unreadable` = records entered.

    An unreadable value (a date on 31 February, an ID with a wrong check digit) enters as missing.
    """

    field: str
    present: int
    missing: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source: rows in its file, rows its filter kept out, records that entered, and its fields."""

    name: str
    kind: str
    rows_read: int
    rows_filtered: int
    records: int
    fields: tuple[FieldReading, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyTypeSummary:
    """One key type: the tags that it combines, its slots per record, and the share of slots that hold a real key."""

    name: str
    tags: tuple[str, ...]
    slots: int
    occupied: float


@dataclass(frozen=True, slots=True)
class LevelWeights:
    """One agreement level: P(level | class) for matches (`m`) and random pairs (`u`), and its match weight.

    `twin` and `sibling` are the same for these classes, None where the model has no such class. `weight` is the log2
    Bayes factor that the level contributes.
    """

    label: str
    m: float
    u: float
    weight: float
    twin: float | None = None
    sibling: float | None = None


@dataclass(frozen=True, slots=True)
class ComparisonWeights:
    """One variable of the model with its levels, best agreement first."""

    name: str
    levels: tuple[LevelWeights, ...]


@dataclass(frozen=True, slots=True)
class Cuts:
    """The two thresholds as match weights (log2 odds): link from `link`, clerical review from `review` to it."""

    review: float
    link: float


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one comparison adds to a pair: its name, the pair's agreement level, the partial weight (log2)."""

    comparison: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How one pair came by its match weight: `prior` (log2 odds) plus one step per comparison.

    The caller owes steps that add up: whatever the model subtracts for rivals (twins, siblings) is a step too.
    """

    prior: float
    steps: tuple[WaterfallStep, ...]

    @property
    def weight(self) -> float:
        """The pair's match weight, log2 odds."""
        return self.prior + sum(step.weight for step in self.steps)

    @property
    def probability(self) -> float:
        """The pair's match probability."""
        return 1.0 / (1.0 + math.exp2(-max(-500.0, min(500.0, self.weight))))

    def to_json_dict(self) -> Json:
        """Prior, steps, and the weight and probability that they add up to."""
        return {
            "prior": _plain(self.prior),
            "steps": _plain(self.steps),
            "weight": _plain(self.weight),
            "probability": _plain(self.probability),
        }


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """How many clusters (`count`) hold `size` records; size 1 is a record linked with nothing."""

    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The run in five counts, and the precision that the model states for its own links (None without links)."""

    records: int
    candidate_pairs: int
    links: int
    review_pairs: int
    clusters: int
    stated_precision: float | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything that the report of one run shows; `quality` and `calibration` only where a truth was given.

    `started_at` is text as the caller wants it read (ISO 8601, with its zone).
    """

    title: str
    started_at: str
    plan: PlanSummary
    totals: Totals
    steps: tuple[Step, ...]
    sources: tuple[SourceSummary, ...]
    key_types: tuple[KeyTypeSummary, ...]
    comparisons: tuple[ComparisonWeights, ...]
    cuts: Cuts
    histogram: tuple[HistogramBin, ...]
    waterfalls: tuple[Waterfall, ...]
    cluster_sizes: tuple[ClusterSize, ...]
    quality: Evaluation | None = None
    calibration: Calibration | None = None

    def to_json_dict(self) -> Json:
        """The whole tree for report.json: numbers, strings, lists and nulls (a weight without bound is null)."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    """Dataclasses → dicts, tuples → lists, numbers that JSON cannot say → null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Waterfall | Evaluation | Calibration):
        return value.to_json_dict()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
