"""The space of NAS-Bench-101: validity, hash, text, samplers, mutations."""

from __future__ import annotations

import csv
import gzip
import pickle
from collections import Counter
from itertools import permutations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.errors import NasbenchError
from nasbench.spaces import ArchitectureError
from nasbench.spaces.cell101 import NB101_OPERATIONS, Cell101
from nasbench.spaces.cell101_listed import ListedCell101
from nasbench.spaces.cell101_sampling import (
    mutate_as_published,
    numberings,
    sample_class,
)
from nasbench.spaces.nb101_hash import nb101_hash
from nasbench.testing import SpaceContract
from nasbench.testing.chance import implausible

SAMPLE = (
    Path(__file__).resolve().parents[3] / "shared" / "reference" / "nb101_sample.csv.gz"
)
WHOLE = Cell101()
SMALL = Cell101("small", vertices=4)


class TestTheWholeSpace(SpaceContract):
    @pytest.fixture
    def space(self):
        return WHOLE


class TestASmallCut(SpaceContract):
    @pytest.fixture(params=[(2, 9), (3, 9), (4, 9), (4, 3)])
    def space(self, request):
        return Cell101("cut", *request.param)


class TestAList(SpaceContract):
    @pytest.fixture
    def space(self):
        hashes = sorted({SMALL.canonical(each) for each in SMALL})
        return ListedCell101("listed", hashes[::3], vertices=4)


def published():
    if not SAMPLE.exists():
        pytest.skip(f"needs the published sample shared/reference/{SAMPLE.name}")
    with gzip.open(SAMPLE, "rt") as file:
        yield from csv.DictReader(file)


def cell_of(row):
    size = int(row["vertices"])
    bits = [int(bit) for bit in row["adjacency"]]
    matrix = [bits[i * size : (i + 1) * size] for i in range(size)]
    return WHOLE.from_published(matrix, row["operations"].split())


def check_hashes(rows):
    for row in rows:
        cell = cell_of(row)
        assert WHOLE.canonical(cell) == row["module_hash"]
        # The published cells are pruned already: nothing is lost on the way.
        assert len(WHOLE.prune(cell).edges) == row["adjacency"].count("1")
        assert WHOLE.parse(WHOLE.format(cell)) == cell


def test_hashes_are_the_published_ones():
    check_hashes(list(published())[::10])


@pytest.mark.slow
def test_all_hashes_of_the_sample_are_the_published_ones():
    rows = list(published())
    assert len(rows) == 30_001
    check_hashes(rows)


def test_counts_are_those_of_the_published_table():
    # 91 and 2,532 cells: the tables of up to 4 and 5 vertices that others trained.
    assert len(SMALL.classes) == 91
    assert len(Cell101("five", vertices=5).classes) == 2532


def test_every_class_of_the_small_cuts_is_one_isomorphism_class():
    for space in (SMALL, Cell101("sparse", vertices=5, max_edges=4)):
        graphs = {space.canonical(each): space.graph(each) for each in space}
        assert len(set(graphs.values())) == len(graphs)


def drawn_graph(space, architecture):
    graph = nx.DiGraph()
    graph.add_node(0, label="input")
    graph.add_node(space.vertices - 1, label="output")
    for vertex, option in enumerate(architecture[len(space.edges) :], start=1):
        graph.add_node(vertex, label=NB101_OPERATIONS[option])
    taken = zip(space.edges, architecture, strict=False)
    graph.add_edges_from(edge for edge, there in taken if there)
    return graph


@given(st.integers(0, 2**32))
def test_pruning_keeps_what_is_on_a_path(seed):
    rng = np.random.default_rng(seed)
    cell = tuple(int(rng.integers(radix)) for radix in WHOLE.radices)
    graph = drawn_graph(WHOLE, cell)
    on_path = ({0} | nx.descendants(graph, 0)) & ({6} | nx.ancestors(graph, 6))
    kept = graph.subgraph(on_path)
    joined = nx.has_path(graph, 0, 6)
    assert WHOLE.is_valid(cell) == (joined and kept.number_of_edges() <= 9)
    if WHOLE.is_valid(cell):
        pruned = WHOLE.prune(cell)
        again = WHOLE.embed(pruned.edges, pruned.operations)
        assert WHOLE.canonical(again) == WHOLE.canonical(cell)
        assert len(pruned.edges) == kept.number_of_edges()


@given(st.integers(0, 2**32))
def test_two_cells_have_one_hash_exactly_if_they_are_isomorphic(seed):
    rng = np.random.default_rng(seed)
    space = Cell101("five", vertices=5)
    first, second = space.sample(rng), space.sample(rng)
    graphs = []
    for each in (first, second):
        edges, operations = space.prune(each)
        graph = nx.DiGraph(edges)
        labels = ("input", *operations, "output")
        nx.set_node_attributes(graph, dict(enumerate(labels)), "label")
        graphs.append(graph)
    same = nx.is_isomorphic(
        *graphs, node_match=lambda one, other: one["label"] == other["label"]
    )
    assert (space.canonical(first) == space.canonical(second)) == same


def test_the_hash_does_not_depend_on_the_kind_of_integer():
    labels = np.array([-1, 0, 2, -2])
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    assert nb101_hash(edges, labels) == nb101_hash(edges, labels.tolist())


def test_numberings_are_counted_by_brute_force():
    space = Cell101("five", vertices=5)
    rng = np.random.default_rng(0)
    for _ in range(50):
        cell = space.prune(space.sample(rng))
        count = len(cell.operations)
        same = 0
        # All matrices of as many vertices without idle ones, and all operations.
        of_size = Cell101("size", vertices=count + 2)
        wanted = of_size.canonical(of_size.embed(cell.edges, cell.operations))
        for each in of_size:
            whole = len(of_size.prune(each).operations) == count
            same += whole and of_size.canonical(each) == wanted
        assert numberings(cell) == same


def test_class_samples_are_uniform_over_the_classes():
    rng = np.random.default_rng(0)
    counts = Counter(SMALL.canonical(sample_class(SMALL, rng)) for _ in range(4000))
    assert len(counts) == 91
    assert not implausible(list(counts.values()), [1] * 91)


def test_matrix_samples_are_not_uniform_over_the_classes():
    rng = np.random.default_rng(0)
    counts = Counter(SMALL.canonical(SMALL.sample(rng)) for _ in range(4000))
    every = [counts[h] for h in {SMALL.canonical(each) for each in SMALL}]
    assert implausible(every, [1] * 91)


def test_class_samples_of_the_whole_space_have_its_number_of_classes():
    # Over a uniform class, the mean number of numberings is graphs by classes.
    rng = np.random.default_rng(0)
    cells = [WHOLE.prune(sample_class(WHOLE, rng)) for _ in range(2000)]
    ways = [numberings(cell) for cell in cells]
    error = np.std(ways) / np.sqrt(len(ways))
    assert abs(np.mean(ways) - 1_293_208 / 423_624) < 3 * error
    # 64,542 of the published cells have up to 6 vertices.
    large = sum(len(cell.operations) == 5 for cell in cells)
    assert not implausible([large, len(cells) - large], [359_082, 64_542])


def test_the_published_mutation_has_the_published_rates():
    # All-valid moves are rare, so look at one that is never refused: flips of the
    # edges into an idle vertex of a single edge from input to output.
    space = Cell101("cut", vertices=3)
    parent = space.embed([(0, 1)], [])
    rng = np.random.default_rng(0)
    children = Counter(mutate_as_published(space, parent, rng) for _ in range(30_000))
    flip, change = 1 / 3, 1.0
    weights = {}
    for child in space:
        changed = [a != b for a, b in zip(parent, child, strict=True)]
        edges = np.prod([flip if one else 1 - flip for one in changed[:3]])
        # A rate of 1 per operation slot: the sole operation always changes.
        weights[child] = edges * (change / 2 if changed[3] else 0.0)
    allowed = {child: weight for child, weight in weights.items() if weight}
    assert set(children) == set(allowed)
    counts = [children[child] for child in allowed]
    assert not implausible(counts, list(allowed.values()))


def test_the_published_mutation_changes_four_decisions_before_it_is_checked():
    # With no limit on edges, only a lost path refuses a child.
    space = Cell101("dense", max_edges=21)
    rng = np.random.default_rng(0)
    parent = space.embed([(i, j) for i in range(7) for j in range(i + 1, 7)], [0] * 5)
    distances = [
        sum(a != b for a, b in zip(parent, child, strict=True))
        for child in (mutate_as_published(space, parent, rng) for _ in range(3000))
    ]
    # 21/7 edges and 5/5 operations; the refusals are rare for a full matrix.
    assert abs(np.mean(distances) - 4) < 0.15


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv3x3-bn-relu(0)|output(1)",
        "conv3x3-bn-relu(0)|conv7x7(1)|output(2)",
        "conv3x3-bn-relu(1)|maxpool3x3(1)|output(2)",
        "conv3x3-bn-relu(0)|maxpool3x3(1)|input(2)",
        "conv3x3-bn-relu(0)|maxpool3x3(1)|output()",
        "conv3x3-bn-relu(0)|maxpool3x3(1)|output(2,0)",
    ],
)
def test_text_that_is_no_cell_is_refused(text):
    with pytest.raises(ArchitectureError) as raised:
        SMALL.parse(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "matrix, operations",
    [
        ([[0, 1], [0, 0]], ["input"]),
        ([[0, 1], [1, 0]], ["input", "output"]),
        ([[0, 0], [0, 0]], ["input", "output"]),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv7x7", "output"]),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["output", "maxpool3x3", "input"]),
        ([[0] * 8] * 8, ["input", *["maxpool3x3"] * 6, "output"]),
    ],
)
def test_matrices_that_are_no_cell_are_refused(matrix, operations):
    with pytest.raises(ArchitectureError):
        WHOLE.from_published(matrix, operations)


def test_wrong_sizes_are_refused():
    for wrong in ({"vertices": 1}, {"vertices": 8}, {"max_edges": 0}):
        with pytest.raises(NasbenchError):
            Cell101("wrong", **wrong)
    with pytest.raises(NasbenchError, match="lists no cell"):
        ListedCell101("none", [])


def test_spaces_that_allow_other_cells_are_not_equal():
    hashes = sorted({SMALL.canonical(each) for each in SMALL})
    spaces = [
        SMALL,
        Cell101("sparse", vertices=4, max_edges=3),
        ListedCell101("some", hashes[:50], vertices=4),
        ListedCell101("others", hashes[50:], vertices=4),
    ]
    for one, other in permutations(spaces, 2):
        assert one != other
    assert pickle.loads(pickle.dumps(spaces)) == spaces
