"""Encodings of NAS-Bench-101's cell: listed paths, renumbering, dangling edges."""

from __future__ import annotations

from itertools import permutations, product

import networkx as nx
import numpy as np
import pytest

from nasbench.spaces import ArchitectureError, make_space
from nasbench.spaces.cell101 import CONV_1X1, CONV_3X3, NB101_OPERATIONS, Cell101
from surrogates.encodings import make_encoding
from surrogates.encodings.graph_statistics import operation_sets
from surrogates.fit_benchmark import default_encoding

WHOLE = make_space("cell101")
SMALL = Cell101("small", vertices=4)
SEQUENCES = [
    sequence
    for length in range(6)
    for sequence in product(NB101_OPERATIONS, repeat=length)
]


def sample(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([WHOLE.sample(rng) for _ in range(count)], np.uint8)


def graph_of(space: Cell101, cell) -> tuple[nx.DiGraph, list[str]]:
    """Return the edges that are there, and the names of all vertices, not pruned."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(space.vertices))
    taken = zip(space.edges, cell, strict=False)
    graph.add_edges_from(edge for edge, there in taken if there)
    names = [NB101_OPERATIONS[option] for option in cell[len(space.edges) :]]
    return graph, ["input", *names, "output"]


def listed(space: Cell101, cell) -> set[tuple[str, ...]]:
    """Return the sequences of operations of all simple paths, by networkx."""
    graph, names = graph_of(space, cell)
    paths = nx.all_simple_paths(graph, 0, space.vertices - 1)
    return {tuple(names[vertex] for vertex in path[1:-1]) for path in paths}


def test_marks_are_exactly_the_listed_paths():
    chain = WHOLE.embed([(v, v + 1) for v in range(6)], [0, 1, 2, 1, 0])
    batch = np.array([*sample(399), chain], np.uint8)
    rows = make_encoding("path").encode(WHOLE, batch)
    assert rows.shape == (400, 364)
    assert len(SEQUENCES) == 364
    longest = 0
    for cell, row in zip(batch.tolist(), rows, strict=True):
        found = {SEQUENCES[column] for column in np.flatnonzero(row)}
        assert found == listed(WHOLE, cell)
        assert row.max() == 1
        longest = max(longest, *map(len, found))
    assert longest == 5


def test_a_small_cut_has_all_its_paths_marked_on_every_cell():
    columns = [each for each in SEQUENCES if len(each) <= 2]
    cells = list(SMALL)
    rows = make_encoding("path").encode(SMALL, np.array(cells, np.uint8))
    assert rows.shape == (len(cells), 13)
    for cell, row in zip(cells, rows, strict=True):
        found = {columns[column] for column in np.flatnonzero(row)}
        assert found == listed(SMALL, cell)


def test_an_edge_from_input_to_output_is_the_path_of_length_0():
    straight = WHOLE.embed([(0, 1)], [])
    around = WHOLE.embed([(0, 1), (1, 2), (2, 3)], [0, 1])
    rows = make_encoding("path").encode(WHOLE, np.array([straight, around], np.uint8))
    assert np.flatnonzero(rows[0]).tolist() == [0]
    place = SEQUENCES.index((CONV_3X3, CONV_1X1))
    assert np.flatnonzero(rows[1]).tolist() == [place] == [1 + 3 + 1]


def test_forty_columns_are_the_paths_of_up_to_three_operations():
    """The cut of White et al. (2021): 1 + 3 + 9 + 27 of the 364 columns."""
    batch = sample(300, seed=1)
    whole = make_encoding("path").encode(WHOLE, batch)
    cut = make_encoding("path-40").encode(WHOLE, batch)
    assert np.array_equal(cut, whole[:, :40])
    assert [len(each) for each in SEQUENCES[:40]][-1] == 3
    assert len(SEQUENCES[40]) == 4
    assert whole[:, 40:].any()


INVARIANT = ["path", "path-40", "graph", "wl-2", "graph+path", default_encoding(WHOLE)]


@pytest.mark.parametrize("name", INVARIANT)
def test_isomorphic_cells_are_encoded_alike(name):
    """Every renumbering of the inner vertices that keeps edges ascending."""
    batch = sample(40, seed=2)
    encoding = make_encoding(name).fit(WHOLE, batch)
    rows = encoding.encode(WHOLE, batch)
    changed = 0
    for cell, row in zip(batch.tolist(), rows, strict=True):
        graph, _ = graph_of(WHOLE, cell)
        options = cell[len(WHOLE.edges) :]
        copies = []
        for inner in permutations(range(1, 6)):
            new = [0, *inner, 6]
            edges = [(new[i], new[j]) for i, j in graph.edges]
            if all(i < j for i, j in edges):
                moved = [options[inner.index(v)] for v in range(1, 6)]
                copies.append(WHOLE.embed(edges, moved))
        copies = [each for each in dict.fromkeys(copies) if list(each) != cell]
        changed += len(copies)
        for other in encoding.encode(WHOLE, np.array(copies or [cell], np.uint8)):
            assert np.array_equal(other, row)
    assert changed > 100


@pytest.mark.parametrize("name", INVARIANT)
def test_dangling_vertices_change_nothing(name):
    """A vertex that is not read, or reads nothing, may do what it likes."""
    edges = [(0, 1), (1, 6), (0, 6)]
    plain = bits(edges, [0, 0, 0, 0, 0])
    dangling = [
        bits([*edges, (1, 2)], [0, 2, 1, 1, 1]),  # read by none
        bits([*edges, (3, 6)], [0, 1, 2, 0, 0]),  # reads nothing
        bits([*edges, (2, 4), (4, 6), (0, 5)], [0, 1, 1, 2, 2]),
    ]
    assert {WHOLE.canonical(each) for each in dangling} == {WHOLE.canonical(plain)}
    encoding = make_encoding(name).fit(WHOLE, np.array([plain], np.uint8))
    rows = encoding.encode(WHOLE, np.array([plain, *dangling], np.uint8))
    assert (rows == rows[0]).all()
    other = bits(edges, [2, 0, 0, 0, 0])
    assert (encoding.encode(WHOLE, np.array([other], np.uint8))[0] != rows[0]).any()


def bits(edges, options):
    return (*(int(edge in edges) for edge in WHOLE.edges), *options)


def test_graph_statistics_are_those_of_networkx():
    sets = operation_sets(WHOLE)
    assert len(sets) == 7
    batch = sample(150, seed=3)
    rows = make_encoding("graph").encode(WHOLE, batch)
    assert rows.shape == (150, 67)
    for cell, row in zip(batch.tolist(), rows, strict=True):
        graph, names = graph_of(WHOLE, cell)
        live = ({0} | nx.descendants(graph, 0)) & ({6} | nx.ancestors(graph, 6))
        kept = graph.subgraph(live)
        paths = [path[1:-1] for path in nx.all_simple_paths(kept, 0, 6)]
        assert row[-4:].tolist() == [
            kept.has_edge(0, 6),
            len(paths),
            kept.number_of_edges(),
            max(degree for _, degree in kept.in_degree),
        ]
        for number, each in enumerate(sets):
            inside = [vertex for vertex in live if names[vertex] in each]
            counts = [sum(names[vertex] in each for vertex in path) for path in paths]
            pure = [len(path) for path in paths if {names[v] for v in path} <= each]
            expected = [
                len(inside),
                min(counts),
                max(counts),
                np.mean(counts),
                len(pure),
                min(pure, default=-1),
                max(pure, default=-1),
                sum(kept.has_edge(0, vertex) for vertex in inside),
                sum(kept.has_edge(vertex, 6) for vertex in inside),
            ]
            part = row[9 * number : 9 * number + 9]
            np.testing.assert_allclose(part, expected, rtol=1e-6)


def test_wrong_architectures_are_refused():
    batch = sample(3)
    for wrong in (batch[:, :20], batch[0], batch + 3):
        with pytest.raises(ArchitectureError):
            make_encoding("path").encode(WHOLE, wrong)
    nothing = np.zeros((1, WHOLE.decisions), np.uint8)
    assert not make_encoding("path").encode(WHOLE, nothing).any()
    with pytest.raises(ArchitectureError):
        make_encoding("graph").encode(WHOLE, nothing)
