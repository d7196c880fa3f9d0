"""q-grams of whole columns equal q-grams of single strings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from linkage.encoding.qgrams import TokenTable, bigram_table, character_table, padded_bigrams, positional, words_table

VALUES = st.lists(st.text(max_size=6), max_size=8)


@given(VALUES)
def test_columns_are_cut_as_single_strings_are(values: list[str]) -> None:
    """Without it the fast cut could differ on accents, Han characters or empty cells, and files not match."""
    bigrams, characters = bigram_table(values), character_table(values)
    assert [bigrams[i] for i in range(len(bigrams))] == [padded_bigrams(value) for value in values]
    assert [characters[i] for i in range(len(characters))] == [positional(value, 1) for value in values]


@given(st.lists(st.lists(st.text(max_size=5), max_size=3), max_size=6))
def test_words_of_one_value_are_cut_together(words: list[list[str]]) -> None:
    """Without it the parts of a double name could land in the next record's filter."""
    table = words_table(words)
    assert [table[i] for i in range(len(words))] == [
        [g for word in value for g in padded_bigrams(word)] for value in words
    ]


@given(st.lists(st.lists(st.text(max_size=3), max_size=5), max_size=6))
def test_table_gives_back_its_tokens_and_names_each_once(tokens: list[list[str]]) -> None:
    """Without it numbering could merge or lose tokens, or hash one twice."""
    table = TokenTable.of(tokens)
    assert [table[i] for i in range(len(table))] == tokens
    assert len(set(table.vocabulary)) == len(table.vocabulary)


def test_rare_code_points_take_the_sorting_path() -> None:
    """Without it keys too large for the lookup table would be numbered by another rule, or exhaust memory."""
    values = ["\U0010ffff\U00020000a", "".join(chr(i) for i in range(0x4E00, 0x4E00 + 5000))]
    bigrams = bigram_table(values)
    assert [bigrams[i] for i in range(2)] == [padded_bigrams(value) for value in values]
    characters = character_table(values)
    assert [characters[i] for i in range(2)] == [positional(value, 1) for value in values]


def test_ends_are_marked_and_places_counted() -> None:
    """Without it the meaning itself could change and both versions follow it unseen."""
    assert padded_bigrams("ann") == [" a", "an", "nn", "n "]
    assert padded_bigrams("") == []
    assert positional("2013", 3) == ["0:201", "1:013"]
    assert positional("20", 3) == ["0:20"]
    assert positional("", 3) == []


def test_values_stay_out_of_repr() -> None:
    """Without it a table in a traceback would print pieces of names."""
    assert "zq" not in repr(TokenTable.of([["zq"]]))
