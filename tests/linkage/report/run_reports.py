"""A made-up run with every part of a report filled, for the tests beside it. It describes no real linkage."""

from __future__ import annotations

import numpy as np

from linkage.calibration import calibrate
from linkage.evaluation import BcubedScores, Evaluation, PairScores, StratumScores
from linkage.report.histogram import weight_histogram
from linkage.report.model import (
    ClusterSize,
    ComparisonWeights,
    Cuts,
    FieldReading,
    KeyTypeSummary,
    LevelWeights,
    PlanSummary,
    RunReport,
    SourceSummary,
    Step,
    Totals,
    Waterfall,
    WaterfallStep,
)

LEVELS = {
    "name": [
        ("same characters", 0.80, 2e-5, 0.002, 0.0005),
        ("same pinyin", 0.08, 1.2e-5, 0.004, 0.001),
        ("given characters in another order", 0.04, 9e-6, 0.005, 0.001),
        ("same given name", 0.01, 5e-4, 0.004, 0.001),
        ("surname and one syllable", 0.03, 1.5e-3, 0.25, 0.12),
        ("last syllable", 0.01, 4e-3, 0.02, 0.015),
        ("surname", 0.01, 3e-2, 0.60, 0.60),
        ("absent or different", 0.02, 0.964, 0.115, 0.26),
    ],
    "date of birth": [
        ("same date", 0.90, 1.6e-4, 0.9, 0.0005),
        ("lunar or day and month swapped", 0.03, 4e-4, 0.03, 0.001),
        ("one part differs", 0.04, 8e-3, 0.04, 0.008),
        ("same year", 0.01, 6e-2, 0.01, 0.06),
        ("absent or different", 0.02, 0.931, 0.02, 0.93),
    ],
    "household": [
        ("phone + guardian + address", 0.35, 1e-12, 0.35, 0.35),
        ("phone + guardian", 0.2, 1e-9, 0.2, 0.2),
        ("guardian", 0.15, 1e-4, 0.15, 0.15),
        ("absent or different", 0.3, 0.9999, 0.3, 0.3),
    ],
    "sex": [("same sex", 0.98, 0.5, 0.6, 0.5), ("absent or different", 0.02, 0.5, 0.4, 0.5)],
    "resident ID": [
        ("same ID", 0.95, 1e-8, 0.002, 0.002),
        ("absent or different", 0.05, 0.99999999, 0.998, 0.998),
    ],
}


def full_report() -> RunReport:
    """The same figures on every call."""
    rng = np.random.default_rng(7)
    comparisons = tuple(
        ComparisonWeights(
            name,
            tuple(
                LevelWeights(label, m, u, float(np.log2(m / u)), twin, sibling) for label, m, u, twin, sibling in levels
            ),
        )
        for name, levels in LEVELS.items()
    )
    histogram = weight_histogram(
        {
            "no_link": np.concatenate([rng.normal(-14, 4, 9000), rng.normal(-6, 2.5, 2200)]),
            "review": rng.uniform(-3.17, 0.4, 130),
            "link": np.concatenate([rng.normal(31, 9, 52000), rng.normal(14, 5, 5200), rng.uniform(0, 9, 300)]),
        }
    )
    stated = rng.beta(0.35, 0.12, 40000)
    return RunReport(
        title="四机构城市示例 · Four-agency city",
        started_at="2026-01-05 09:30 +08:00",
        plan=PlanSummary("cn-child-v1", "match-keys", 2_000_000, "9f2c41d07be8a635" * 4, True, False),
        totals=Totals(85_214, 68_830, 57_441, 130, 47_873, 0.9951),
        steps=(
            Step("read and encode", 8.41),
            Step("candidate pairs", 2.12),
            Step("weights", 0.71),
            Step("clusters", 0.46),
            Step("write", 0.93),
        ),
        sources=(
            SourceSummary(
                "police",
                "police",
                9_120,
                1_431,
                7_689,
                (FieldReading("name", 7_601, 88, 0), FieldReading("date_of_birth", 7_380, 262, 47)),
            ),
            SourceSummary("school", "school", 44_118, 203, 43_915, (FieldReading("name", 43_915, 0, 0),)),
            SourceSummary("hospital", "hospital", 27_304, 0, 27_304),
            SourceSummary("civil", "civil", 6_306, 0, 6_306),
        ),
        key_types=tuple(
            KeyTypeSummary(name, tuple(name.split(".")), slots, occupied)
            for name, slots, occupied in (
                ("I", 1, 0.741),
                ("NX.DX", 2, 0.482),
                ("NP.DX", 2, 0.49),
                ("NP.DL", 4, 0.72),
                ("DX.P.S", 3, 0.43),
                ("NG.YM.G", 4, 0.291),
            )
        ),
        comparisons=comparisons,
        cuts=Cuts(review=-3.17, link=0.0),
        histogram=histogram,
        waterfalls=(
            waterfall(0, 0, 1, 0, 0),
            waterfall(4, 0, 0, 0, 1),
            waterfall(0, 2, 3, 0, 1),
            waterfall(6, 4, 1, 1, 1),
        ),
        cluster_sizes=tuple(
            ClusterSize(size, count)
            for size, count in ((1, 24_310), (2, 15_920), (3, 5_871), (4, 1_490), (5, 231), (6, 44), (7, 6), (9, 1))
        ),
        quality=Evaluation(
            records=85_214,
            entities=47_310,
            clusters=47_873,
            repeated=0,
            across=PairScores(55_310, 54_402, 54_190),
            within=PairScores(3_110, 3_039, 3_020),
            all=PairScores(58_420, 57_441, 57_210),
            bcubed=BcubedScores(0.9982, 0.9911, 0.9946),
            strata=(StratumScores("twin", 2_310, PairScores(1_870, 1_892, 1_741)),),
        ),
        calibration=calibrate(stated, rng.random(len(stated)) < stated),
    )


def waterfall(*levels: int) -> Waterfall:
    """A pair that stands on these levels, one number per comparison."""
    steps = []
    for (name, rows), number in zip(LEVELS.items(), levels, strict=True):
        label, m, u, _, _ = rows[number]
        steps.append(WaterfallStep(name, label, float(np.log2(m / u))))
    return Waterfall(-15.7, tuple(steps))
