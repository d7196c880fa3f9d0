"""What a careful user would tell Splink about the city and about FEBRL4: comparisons, blocking rules, training plan.

Only choices live here. They use every field that Sealink uses, in the forms that our normalisers give, with term
frequencies on names and fuzzy levels that only plaintext allows. The blocking rules reach most true pairs (a first set
missed 7 %), every level is trained, and the chance that two children share an ID is told, not sampled: in a small file
the random sample holds so many true pairs that it would say one in ten thousand.

Spec: Splink 5 documentation, topic guides on comparisons and blocking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import SettingsCreator, block_on


@dataclass(frozen=True, slots=True)
class Task:
    """Settings, the deterministic rules with their guessed recall, the EM blockings and the pairs sampled for u."""

    settings: SettingsCreator
    certain: list[Any]
    certain_recall: float
    trained_on: list[Any]
    one_to_one: list[str]


def levels(output: str, missing: Any, *steps: tuple[str, Any]) -> cl.CustomComparison:
    named = [level.configure(label_for_charts=label) for label, level in steps]
    return cl.CustomComparison(output_column_name=output, comparison_levels=[missing, *named, cll.ElseLevel()])


def shared(column: str) -> Any:
    return cll.ArrayIntersectLevel(column, min_intersection=1)


def city() -> Task:
    name = levels(
        "name",
        cll.Or(cll.NullLevel("pinyin"), cll.NullLevel("surname")),
        ("same characters", cll.ExactMatchLevel("name", term_frequency_adjustments=True)),
        ("same pinyin", cll.ExactMatchLevel("pinyin").configure(tf_adjustment_column="pinyin")),
        ("another name or reading", shared("pinyins")),
        ("swapped or look-alike", cll.Or(shared("sorted_names"), shared("look_alikes"))),
        ("same given name", cll.ExactMatchLevel("given").configure(tf_adjustment_column="given")),
        ("nearly the same pinyin", cll.JaroWinklerLevel("pinyin", 0.92)),
        ("surname and one syllable", shared("partial_names")),
        ("same surname", cll.ExactMatchLevel("surname").configure(tf_adjustment_column="surname")),
    )
    dob = levels(
        "dob",
        cll.NullLevel("year"),
        ("same date", shared("dobs")),
        ("lunar or day and month swapped", shared("dates")),
        ("one typing error", cll.DamerauLevenshteinLevel("dob", 1)),
        ("one part differs", cll.Or(cll.ExactMatchLevel("year_month"), cll.ExactMatchLevel("month_day"))),
        ("same year", cll.ExactMatchLevel("year")),
    )
    address = levels(
        "addresses",
        cll.NullLevel("villages"),
        ("same house", shared("addresses")),
        ("same village", shared("villages")),
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            name,
            dob,
            levels("phones", cll.NullLevel("phones"), ("shared phone", shared("phones"))),
            levels("guardians", cll.NullLevel("guardians"), ("shared guardian", shared("guardians"))),
            address,
            cl.ExactMatch("sex"),
            levels(
                "id",
                cll.NullLevel("id"),
                ("same ID", cll.ExactMatchLevel("id").configure(u_probability=1e-7, fix_u_probability=True)),
                ("two digits differ", cll.LevenshteinLevel("id", 2)),
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("id"),
            block_on("pinyin", "dob"),
            block_on("surname", "dob", "villages", arrays_to_explode=["villages"]),
            block_on("dob", "guardians", arrays_to_explode=["guardians"]),
            block_on("year", "phones", arrays_to_explode=["phones"]),
            block_on("year", "addresses", arrays_to_explode=["addresses"]),
            block_on("pinyin", "phones", arrays_to_explode=["phones"]),
            block_on("pinyin", "guardians", arrays_to_explode=["guardians"]),
        ],
        retain_matching_columns=False,
    )
    return Task(
        settings,
        certain=[block_on("id"), block_on("name", "dob")],
        certain_recall=0.8,
        trained_on=[
            block_on("pinyin", "villages[1]"),
            block_on("dob", "phones[1]"),
            block_on("dob", "surname"),
        ],
        one_to_one=[],
    )


def febrl() -> Task:
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            levels(
                "date_of_birth",
                cll.NullLevel("date_of_birth"),
                ("same date", cll.ExactMatchLevel("date_of_birth")),
                ("one error", cll.DamerauLevenshteinLevel("date_of_birth", 1)),
                ("two errors", cll.DamerauLevenshteinLevel("date_of_birth", 2)),
            ),
            cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]).configure(term_frequency_adjustments=True),
            levels(
                "postcode",
                cll.NullLevel("postcode"),
                ("same", cll.ExactMatchLevel("postcode", term_frequency_adjustments=True)),
                ("one error", cll.DamerauLevenshteinLevel("postcode", 1)),
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("date_of_birth"),
            block_on("given_name", "surname"),
            block_on("given_name", "postcode"),
            block_on("surname", "postcode"),
            block_on("given_name", "suburb"),
            block_on("surname", "suburb"),
            block_on("postcode", "suburb"),
        ],
        retain_matching_columns=False,
    )
    return Task(
        settings,
        certain=[block_on("given_name", "surname", "date_of_birth"), block_on("surname", "date_of_birth", "postcode")],
        certain_recall=0.7,
        trained_on=[block_on("date_of_birth"), block_on("postcode"), block_on("surname", "given_name")],
        one_to_one=["a", "b"],
    )


TASKS = {"city": city, "febrl": febrl}
