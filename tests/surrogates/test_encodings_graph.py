"""WL histograms and graph statistics against definitions written out in full."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from nasbench.spaces import Graph, make_space
from surrogates.encodings import make_encoding
from surrogates.encodings.graph_statistics import describe, operation_sets
from surrogates.encodings.wl_histogram import wl_labels

CELL = make_space("cell201")
FIVE = make_space("topology:5:none,skip_connect,nor_conv_3x3,avg_pool_3x3")


def graphs(space, count, seed=0):
    drawn = np.random.default_rng(seed).integers(space.size, size=count)
    return [space.graph(space.architecture_at(int(index))) for index in drawn]


def renumbered(graph, rng):
    """Return the graph with its inner vertices in another order."""
    inner = rng.permutation(np.arange(1, len(graph.labels) - 1))
    order = [0, *inner.tolist(), len(graph.labels) - 1]
    new = {old: position for position, old in enumerate(order)}
    return Graph(
        labels=tuple(graph.labels[old] for old in order),
        inputs=tuple(tuple(sorted(new[i] for i in graph.inputs[o])) for o in order),
    )


def written_out(graph, rounds):
    """Count WL labels as nested tuples, which no digest can confuse."""
    labels = [(label,) for label in graph.labels]
    counts = Counter((0, label) for label in labels)
    for depth in range(1, rounds + 1):
        labels = [
            (
                label,
                tuple(sorted(labels[s] for s in graph.inputs[vertex])),
                tuple(
                    sorted(
                        labels[reader]
                        for reader, inputs in enumerate(graph.inputs)
                        for source in inputs
                        if source == vertex
                    )
                ),
            )
            for vertex, label in enumerate(labels)
        ]
        counts.update((depth, label) for label in labels)
    return counts


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_wl_labels_are_equal_just_where_the_written_out_ones_are(rounds):
    found = graphs(CELL, 60) + graphs(FIVE, 60)
    pairs = set()
    for graph in found:
        ours, full = wl_labels(graph, rounds), written_out(graph, rounds)
        assert sorted(ours.values()) == sorted(full.values())
        pairs.add((frozenset(ours.items()), frozenset(full.items())))
    assert len({ours for ours, _ in pairs}) == len(pairs)
    assert len({full for _, full in pairs}) == len(pairs)


def test_neither_encoding_sees_the_numbers_of_the_vertices():
    rng = np.random.default_rng(3)
    sets = operation_sets(FIVE)
    for graph in graphs(FIVE, 80):
        assert wl_labels(graph, 3) == wl_labels(renumbered(graph, rng), 3)
    changed = 0
    for graph in graphs(CELL, 80):
        other = renumbered(graph, rng)
        topological = all(s < v for v, i in enumerate(other.inputs) for s in i)
        if topological and other != graph:
            changed += 1
            assert np.array_equal(describe(graph, sets), describe(other, sets))
    assert changed > 3


def test_further_rounds_only_add_columns():
    batch = CELL.architectures_at(range(0, CELL.size, 50))
    rows = [
        make_encoding(f"wl-{rounds}").fit(CELL, batch).encode(CELL, batch)
        for rounds in range(4)
    ]
    for fewer, more in pairwise(rows):
        assert np.array_equal(more[:, : fewer.shape[1]], fewer)
    # Every vertex has one label per round.
    assert np.array_equal(rows[3].sum(axis=1), 4 * rows[0].sum(axis=1))


def test_labels_that_training_did_not_show_have_no_column():
    training = CELL.architectures_at([CELL.index((3, 0, 0, 0, 3, 0))])
    encoding = make_encoding("wl-1").fit(CELL, training)
    known = encoding.encode(CELL, training)
    assert (known > 0).all()
    pooled = CELL.architectures_at([CELL.index((4, 0, 0, 0, 4, 0))])
    unknown = encoding.encode(CELL, pooled)
    assert unknown.shape == known.shape
    assert unknown.sum() == 2  # input and output, as they stand in round 0


def walks(graph):
    """List every path from input to output, as its inner vertices."""
    found, last = [], len(graph.labels) - 1

    def back(vertex, tail):
        for source in graph.inputs[vertex]:
            if source == 0:
                found.append(tail)
            else:
                back(source, [source, *tail])

    back(last, [])
    return found


@pytest.mark.parametrize("space", [CELL, FIVE], ids=["cell201", "five nodes"])
def test_graph_statistics_are_those_of_the_listed_paths(space):
    sets = operation_sets(space)
    for graph in graphs(space, 120):
        paths = walks(graph)
        row = describe(graph, sets)
        last = graph.inputs[-1]
        assert row[-4:].tolist() == [
            last.count(0),
            len(paths),
            sum(map(len, graph.inputs)),
            max(map(len, graph.inputs)),
        ]
        for number, each in enumerate(sets):
            counts = [sum(graph.labels[v] in each for v in path) for path in paths]
            lengths = [
                len(path)
                for path in paths
                if all(graph.labels[v] in each for v in path)
            ]
            vertices = [v for v, label in enumerate(graph.labels) if label in each]
            expected = [
                len(vertices),
                min(counts, default=-1),
                max(counts, default=-1),
                np.mean(counts) if counts else -1,
                len(lengths),
                min(lengths, default=-1),
                max(lengths, default=-1),
                sum(graph.inputs[v].count(0) for v in vertices),
                sum(v in vertices for v in last),
            ]
            part = row[9 * number : 9 * number + 9]
            np.testing.assert_allclose(part, expected, rtol=1e-6)


def test_three_operations_have_seven_sets_and_many_have_singles_pairs_and_all():
    assert len(operation_sets(CELL)) == 7
    rows = make_encoding("graph").encode(CELL, CELL.architectures_at([0, 99]))
    assert rows.shape == (2, 67)
