"""The path encoding against paths that are listed one by one from the text form."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.spaces import make_space
from surrogates.encodings import make_encoding
from surrogates.encodings.path import paths_of

SPACES = [
    "cell201",
    "cell201-mini",
    "topology:2:none,nor_conv_3x3",
    "topology:5:none,skip_connect,nor_conv_3x3",
]


def listed(space, architecture):
    """Return the set of operation sequences, read off the text by brute force."""
    operation = {}
    for target, node in enumerate(space.format(architecture).split("+"), start=1):
        for term in node.strip("|").split("|"):
            name, _, source = term.partition("~")
            operation[int(source), target] = name
    last = max(target for _, target in operation)
    found = set()
    for count in range(last):
        for between in combinations(range(1, last), count):
            nodes = [0, *between, last]
            found.add(tuple(operation[step] for step in pairwise(nodes)))
    return found


def all_sequences(space):
    return [
        sequence
        for length in range(1, space.nodes)
        for sequence in product(space.operations, repeat=length)
    ]


@pytest.mark.parametrize("name", SPACES)
def test_marks_are_exactly_the_listed_paths(name):
    space = make_space(name)
    columns = all_sequences(space)
    drawn = np.random.default_rng(0).integers(space.size, size=150)
    rows = make_encoding("path").encode(space, space.architectures_at(drawn))
    assert rows.shape == (150, len(columns))
    for index, row in zip(drawn, rows, strict=True):
        expected = listed(space, space.architecture_at(int(index)))
        assert {columns[i] for i in np.flatnonzero(row)} == expected
        assert row.max() == 1


def test_the_cell_of_nasbench201_has_155_columns_and_four_ways():
    space = make_space("cell201")
    batch = space.architectures_at(range(0, space.size, 7))
    rows = make_encoding("path").encode(space, batch)
    assert rows.shape[1] == 155
    assert [len(way) for way in paths_of(space)] == [1, 2, 2, 3]
    counts = rows.sum(axis=1)
    assert set(counts) == {3, 4}
    # Only the two ways of length two can have one sequence: edges 0, 4 and 1, 5.
    twice = (batch[:, [0, 4]] == batch[:, [1, 5]]).all(axis=1)
    assert np.array_equal(counts == 3, twice)


@pytest.mark.parametrize("width, kept", [(5, 5), (30, 30), (155, 155), (400, 155)])
def test_a_truncated_encoding_is_the_beginning_of_the_whole(width, kept):
    space = make_space("cell201")
    batch = space.architectures_at(range(0, space.size, 11))
    whole = make_encoding("path").encode(space, batch)
    cut = make_encoding(f"path-{width}").encode(space, batch)
    assert np.array_equal(cut, whole[:, :kept])


@settings(max_examples=60, deadline=None)
@given(index=st.integers(0, 15624), edge=st.integers(0, 5), option=st.integers(0, 4))
def test_an_edge_off_a_way_leaves_that_ways_mark(index, edge, option):
    space = make_space("cell201")
    before = space.architecture_at(index)
    after = (*before[:edge], option, *before[edge + 1 :])
    columns = {sequence: i for i, sequence in enumerate(all_sequences(space))}
    encode = make_encoding("path").encode
    row = encode(space, np.array([after], np.uint8))[0]
    for way in paths_of(space):
        if edge not in way:
            sequence = tuple(space.operations[before[e]] for e in way)
            assert row[columns[sequence]] == 1


def test_too_many_sequences_ask_for_a_truncated_encoding():
    operations = "none,skip_connect,nor_conv_1x1,nor_conv_3x3,avg_pool_3x3"
    space = make_space(f"topology:8:{operations}")
    assert "path-1000" in (make_encoding("path").is_defined_on(space) or "")
    batch = np.zeros((2, space.decisions), np.uint8)
    assert make_encoding("path-1000").encode(space, batch).shape == (2, 1000)
