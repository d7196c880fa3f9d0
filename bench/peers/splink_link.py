"""Link one plaintext table with Splink on DuckDB: the peer's half of the benches, in the peer's own environment.

Trains without labels, predicts, clusters at a probability. Writes pairs.parquet (a, b, probability) and
clusters.parquet (record, cluster) into a folder, and prints a JSON object with the seconds of each step and the peak
memory of this process. It knows no truth.

Sees: names
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import time
import warnings
from pathlib import Path

import duckdb
import splink_settings as settings
from splink import DuckDBAPI, Linker

PAIRS = "SELECT unique_id_l AS a, unique_id_r AS b, match_probability AS probability FROM {}"
CLUSTERS = "SELECT unique_id AS record, cluster_id AS cluster FROM {}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("task", choices=sorted(settings.TASKS))
    options.add_argument("rows", type=Path, nargs="+", help="one Parquet file, or one per source to link only across")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--keep", type=float, default=0.001, help="lowest probability of a pair that is kept")
    options.add_argument("--cluster-at", type=float, default=0.99)
    options.add_argument("--u-pairs", type=float, default=5e6)
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    print(json.dumps(linked(given)))


def linked(given: argparse.Namespace) -> dict[str, float]:
    task = settings.TASKS[given.task]()
    connection = duckdb.connect()
    connection.execute(f"SET threads = {given.threads}")
    connection.execute("SET temp_directory = ?", [str(given.out / "spill")])
    seconds: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(step: str) -> None:
        nonlocal clock
        seconds[step] = time.perf_counter() - clock
        clock = time.perf_counter()

    database = DuckDBAPI(connection)
    inputs = []
    for path in given.rows:
        connection.execute(f"CREATE TABLE {path.stem}_rows AS SELECT * FROM read_parquet('{path}')")
        inputs.append(database.register(f"{path.stem}_rows", dataset_display_name=path.stem))
    linker = Linker(inputs if len(inputs) > 1 else inputs[0], task.settings, log_level=None)
    lap("load")
    linker.training.estimate_probability_two_random_records_match(task.certain, recall=task.certain_recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=given.u_pairs, seed=1)
    for rule in task.trained_on:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    lap("train")
    pairs = linker.inference.predict(threshold_match_probability=given.keep)
    lap("predict")
    if task.one_to_one:
        clusters = linker.clustering.cluster_using_single_best_links(
            pairs, duplicate_free_datasets=task.one_to_one, threshold_match_probability=given.cluster_at
        )
    else:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, given.cluster_at)
    lap("cluster")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    write(connection, PAIRS.format(pairs.physical_name), given.out / "pairs.parquet")
    write(connection, CLUSTERS.format(clusters.physical_name), given.out / "clusters.parquet")
    return {**seconds, "peak_bytes": peak}


def write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


if __name__ == "__main__":
    main()
