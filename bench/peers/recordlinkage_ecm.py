"""FEBRL4 with recordlinkage's ECM classifier: a plaintext yardstick, in the peer's own environment.

Started with two CSV files and a result path; writes the pairs that the classifier calls matches (`a,b`). Binary
features, default settings, several blockings, no threshold to choose, no one-to-one step: the package has none.

Sees: names
"""

from __future__ import annotations

import sys
import warnings

import pandas as pd


def main() -> None:
    warnings.simplefilter("ignore")
    import recordlinkage

    a, b = (pd.read_csv(path, dtype=str, index_col="rec") for path in sys.argv[1:3])
    indexer = recordlinkage.Index()
    for columns in ("date_of_birth", ["given_name", "surname"], ["surname", "postcode"], ["given_name", "postcode"]):
        indexer.block(columns)
    for columns in (["surname", "suburb"], ["given_name", "suburb"], ["postcode", "suburb"]):
        indexer.block(columns)
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname", "suburb"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in ("date_of_birth", "postcode"):
        compare.string(column, column, method="damerau_levenshtein", threshold=0.75, label=column)
    features = compare.compute(indexer.index(a, b), a, b)
    found = recordlinkage.ECMClassifier().fit_predict(features)
    found.to_frame(index=False, name=["a", "b"]).to_csv(sys.argv[3], index=False)


main()
