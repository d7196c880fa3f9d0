"""CLKs: plain and fast encoders equal, positions keyed, unbiased and stable."""

from __future__ import annotations

import hmac

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encoding.clk import (
    ClkKeys,
    FieldTokens,
    build_filters,
    encode_fields,
    encode_fields_plain,
    token_positions,
)
from linkage.encoding.keys import LinkageSecret
from linkage.matching.dice import popcounts

KEYS = ClkKeys(bytes(range(32)))
TOKENS = st.lists(st.text(max_size=4), max_size=6)


@st.composite
def fields(draw: st.DrawFn) -> list[FieldTokens]:
    records = draw(st.integers(0, 8))
    columns = []
    for name in draw(st.lists(st.sampled_from(["name", "date", "place"]), min_size=1, max_size=4)):
        values = draw(st.lists(TOKENS, min_size=1, max_size=5))
        codes = draw(st.lists(st.integers(-1, len(values) - 1), min_size=records, max_size=records))
        columns.append(FieldTokens(name, np.array(codes, dtype=np.int32), values, draw(st.integers(1, 40))))
    return columns


def one(name: str, tokens: list[str], k: int = 10) -> FieldTokens:
    return FieldTokens(name, np.zeros(1, dtype=np.int32), [tokens], k)


@settings(max_examples=80, deadline=None)
@given(fields(), st.sampled_from([64, 256, 1024, 2048, 65536]))
def test_fast_equals_plain(columns: list[FieldTokens], m: int) -> None:
    """Without it the fast encoder could set other bits than the written rule, and no second party would meet it."""
    assert np.array_equal(encode_fields(columns, KEYS, m), encode_fields_plain(columns, KEYS, m))


def test_positions_follow_the_written_rule() -> None:
    """Without it a change of hash, byte order or counter would make last year's files unmatchable unseen."""
    key = KEYS.position_key("name")
    stream = b"".join(hmac.digest(key, bytes([block]) + "李".encode(), "sha256") for block in range(2))
    expected = [int.from_bytes(stream[2 * i : 2 * i + 2], "big") & 1023 for i in range(20)]
    assert token_positions(key, ["x", "李"], 20).tolist()[1] == expected


def test_fewer_positions_are_the_first_of_more() -> None:
    """Without it a token under half weight would share nothing with the same token under full weight."""
    key = KEYS.position_key("resident_id")
    assert np.array_equal(token_positions(key, ["a", "b"], 2), token_positions(key, ["a", "b"], 18)[:, :2])


def test_every_position_is_equally_likely() -> None:
    """Without it a biased draw would mark some tokens; chi-square of 1024 cells over 160,000 draws."""
    drawn = token_positions(KEYS.position_key("name"), [str(i) for i in range(10_000)], 16)
    counts = np.bincount(drawn.ravel(), minlength=1024)
    expected = drawn.size / 1024
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_square - 1023) < 6 * np.sqrt(2 * 1023)


def test_key_field_and_epoch_each_move_the_bits() -> None:
    """Without it files of two projects, years or fields could be compared with each other."""
    secret, other = LinkageSecret(bytes(32)), LinkageSecret(bytes([1]) * 32)
    variants = [
        encode_fields([one(name, ["ab", "bc", "cd"])], ClkKeys.from_secret(key, epoch))
        for key, epoch, name in [
            (secret, "2026", "given_name"),
            (other, "2026", "given_name"),
            (secret, "2027", "given_name"),
            (secret, "2026", "surname"),
        ]
    ]
    common = [int(popcounts(variants[0] & variant)[0]) for variant in variants[1:]]
    assert max(common) < 8


def test_columns_of_one_field_share_tokens() -> None:
    """Without it a name in the second name column could never meet the same name in the first."""
    first, second = encode_fields([one("name", ["ab"])], KEYS), encode_fields([one("name", ["ab"])], KEYS)
    assert np.array_equal(first, second)


def test_missing_values_and_values_without_tokens_set_no_bit() -> None:
    """Without it absent fields would be encoded as a value that all such children share."""
    column = FieldTokens("name", np.array([-1, 0, 1], dtype=np.int32), [[], ["ab"]], 10)
    assert popcounts(encode_fields([column], KEYS)).tolist()[:2] == [0, 0]
    assert popcounts(encode_fields([column], KEYS))[2] > 0


def test_build_filters_is_the_or_of_positions() -> None:
    """Without it the bit order within words could change under the diffusion layer and the kernels."""
    positions = np.array([[0, 64], [1023, 1]], dtype=np.uint16)
    filters = build_filters(np.array([0, 1, 3, 3]), np.array([0, 0, 1], dtype=np.int32), positions)
    assert filters[0, :2].tolist() == [1, 1]
    assert filters[1, [0, 1, 15]].tolist() == [3, 1, 1 << 63]
    assert popcounts(filters).tolist() == [2, 4, 0]


def test_key_and_tokens_stay_out_of_repr_and_errors() -> None:
    """Without it a traceback could print the key or a child's name."""
    secret_token = "张丽"
    column = FieldTokens("name", np.array([5], dtype=np.int32), [[secret_token]], 10)
    with pytest.raises(ValueError, match="field name: a code has no value") as caught:
        encode_fields([column], KEYS)
    assert secret_token not in str(caught.value) + repr(column)
    assert "key=" not in repr(KEYS)


@pytest.mark.parametrize(("k", "m"), [(0, 1024), (65, 1024), (10, 1000), (10, 32), (10, 1 << 17), (10, 0)])
def test_sizes_out_of_range_are_refused(k: int, m: int) -> None:
    """Without it m = 1000 would bias positions, and larger ones would not fit 16 bits."""
    with pytest.raises(ValueError, match=r"positions|power of two"):
        encode_fields([one("name", ["ab"], k)], KEYS, m)


def test_columns_that_do_not_fit_are_refused() -> None:
    """Without it the kernels would read past the end of a column."""
    codes = np.zeros(2, dtype=np.int32)
    with pytest.raises(ValueError, match="same length"):
        encode_fields([one("name", ["ab"]), FieldTokens("date", codes, [["x"]], 5)], KEYS)
    with pytest.raises(ValueError, match="same length"):
        encode_fields([], KEYS)
    with pytest.raises(ValueError, match="int32"):
        encode_fields([FieldTokens("date", codes.astype(np.int64), [["x"]], 5)], KEYS)
    with pytest.raises(ValueError, match="32 bytes"):
        ClkKeys(b"short")
