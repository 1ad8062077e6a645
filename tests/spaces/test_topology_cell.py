"""The topology cell: published constants, and a canonical form proven on numbers."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from itertools import permutations, product

import networkx as nx
import numpy as np
import pytest
import torch
from naive_cell import Weights, draw_weights, evaluate

from nasbench.errors import NasbenchError
from nasbench.spaces import (
    Architecture,
    ArchitectureError,
    TopologyCell,
    make_space,
    nb201_architecture_at,
    nb201_index,
    nb201_unique_string,
)

CELL = make_space("cell201")
MINI = make_space("cell201-mini")
assert isinstance(CELL, TopologyCell)
assert isinstance(MINI, TopologyCell)
CHANNELS = 3


def sha256(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_counts_of_cells_classes_and_dead_cells() -> None:
    assert (CELL.size, len(CELL.classes)) == (15_625, 5_260)
    assert (MINI.size, len(MINI.classes)) == (125, 60)
    assert sum(CELL.graph(cell).is_dead for cell in CELL) == 341
    assert sum(MINI.graph(cell).is_dead for cell in MINI) == 9


def test_nb201_rule_gives_its_published_classes() -> None:
    unique = {nb201_unique_string(CELL, cell) for cell in CELL}
    assert len(unique) == 6_466
    assert sha256(sorted(unique)).startswith("30c7c5c6ea6f9747")


def test_official_index_order_is_the_published_one() -> None:
    cells = [CELL.format(nb201_architecture_at(CELL, i)) for i in range(CELL.size)]
    assert sha256(cells) == (
        "83abc799e45cf34e9d2163654668ab998b9a54d01c39e72ca1f71f2cdf356d84"
    )
    # Two cells of the published table whose index and string are known.
    best = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    best += "|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"
    assert cells[13714] == best
    assert nb201_index(CELL, CELL.parse(best)) == 13714


def test_edge_order_paths_and_neighbours() -> None:
    assert CELL.edges == ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    graph = nx.DiGraph(CELL.edges)
    lengths = sorted(len(path) - 1 for path in nx.all_simple_paths(graph, 0, 3))
    assert lengths == [1, 2, 2, 3]
    assert len(CELL.neighbours((0, 1, 2, 3, 4, 0))) == 24


def test_only_the_official_cell_has_an_official_index() -> None:
    with pytest.raises(NasbenchError, match="cell201-mini has no NAS-Bench-201 index"):
        nb201_architecture_at(MINI, 0)
    with pytest.raises(NasbenchError, match="0 to 15624, not 15625"):
        nb201_architecture_at(CELL, 15_625)


# Soundness: architectures of one class are one function, weights mapped over


def move_weights(
    source: Architecture, target: Architecture, weights: Weights
) -> Weights:
    """Give every live edge of `target` the weights of its vertex in `source`."""
    by_vertex = {
        vertex: weights[edge]
        for edge, vertex in enumerate(CELL.vertex_of_edges(source))
        if vertex is not None and edge in weights
    }
    fresh = draw_weights(CELL, target, CHANNELS, seed=99)
    return {
        edge: by_vertex.get(vertex, fresh[edge]) if vertex is not None else fresh[edge]
        for edge, vertex in enumerate(CELL.vertex_of_edges(target))
        if edge in fresh
    }


def outcome(
    architecture: Architecture, weights: Weights, x: torch.Tensor
) -> tuple[torch.Tensor | None, dict[int, torch.Tensor]]:
    """Return the output, and its gradients by input (key 0) and by vertex."""
    leaves = {
        edge: {name: value.clone().requires_grad_() for name, value in own.items()}
        for edge, own in weights.items()
    }
    image = x.clone().requires_grad_()
    output = evaluate(CELL, architecture, leaves, image)
    gradients: dict[int, torch.Tensor] = {}
    if output is not None:
        (
            output * torch.cos(torch.arange(output.numel())).view_as(output)
        ).sum().backward()
        if image.grad is not None:
            gradients[0] = image.grad
        for edge, vertex in enumerate(CELL.vertex_of_edges(architecture)):
            if vertex is not None and edge in leaves:
                gradients[vertex] = torch.cat(
                    [leaves[edge][name].grad.flatten() for name in sorted(leaves[edge])]
                )
    return output, gradients


def images(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, CHANNELS, 5, 5, generator=generator).double()


def random_class_members(rng: np.random.Generator) -> tuple[Architecture, Architecture]:
    """Draw two different cells of one class with at least two members."""
    members = np.argsort(CELL.classes.class_of, kind="stable")
    sizes = np.bincount(CELL.classes.class_of)
    starts = np.cumsum(sizes) - sizes
    number = rng.choice(np.flatnonzero(sizes > 1))
    first, second = rng.choice(sizes[number], size=2, replace=False)
    at = starts[number]
    return (
        CELL.architecture_at(int(members[at + first])),
        CELL.architecture_at(int(members[at + second])),
    )


def test_cells_of_one_class_have_equal_outputs_and_gradients() -> None:
    rng = np.random.default_rng(1)
    x = images()
    for _ in range(150):
        first, second = random_class_members(rng)
        weights = draw_weights(CELL, first, CHANNELS, seed=int(rng.integers(2**31)))
        moved = move_weights(first, second, weights)
        output, gradients = outcome(first, weights, x)
        other_output, other_gradients = outcome(second, moved, x)
        if output is None or other_output is None:
            assert output is None
            assert other_output is None
            continue
        torch.testing.assert_close(output, other_output, rtol=1e-10, atol=1e-10)
        assert gradients.keys() == other_gradients.keys()
        for vertex, gradient in gradients.items():
            torch.testing.assert_close(
                gradient, other_gradients[vertex], rtol=1e-8, atol=1e-8
            )


def learned(architecture: Architecture) -> dict[str, list[int]]:
    """Return the live edges that carry a convolution, by operation."""
    edges: dict[str, list[int]] = defaultdict(list)
    for edge, vertex in enumerate(CELL.vertex_of_edges(architecture)):
        operation = CELL.operations[architecture[edge]]
        if vertex is not None and operation.startswith("nor_conv"):
            edges[operation].append(edge)
    return edges


def assignments(first: Architecture, second: Architecture) -> list[dict[int, int]]:
    """Return every way to give the second cell's convolutions the first one's."""
    ours, theirs = learned(first), learned(second)
    per_operation = [
        [
            dict(zip(theirs[operation], order, strict=True))
            for order in permutations(edges)
        ]
        for operation, edges in ours.items()
    ]
    return [
        {target: source for part in parts for target, source in part.items()}
        for parts in product(*per_operation)
    ]


def test_cells_of_different_classes_differ_however_weights_are_mapped() -> None:
    rng = np.random.default_rng(2)
    x, compared = images(), 0
    by_counts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index in CELL.classes.representatives:
        convolutions = learned(CELL.architecture_at(int(index)))
        counts = tuple(
            len(convolutions.get(operation, []))
            for operation in ("nor_conv_1x1", "nor_conv_3x3")
        )
        by_counts[counts].append(int(index))
    groups = [group for group in by_counts.values() if len(group) > 1]
    while compared < 150:
        group = groups[rng.integers(len(groups))]
        first, second = (
            CELL.architecture_at(int(i)) for i in rng.choice(group, 2, replace=False)
        )
        weights = draw_weights(CELL, first, CHANNELS, seed=3)
        expected = evaluate(CELL, first, weights, x)
        fresh = draw_weights(CELL, second, CHANNELS, seed=99)
        for mapping in assignments(first, second):
            mapped = fresh | {edge: weights[own] for edge, own in mapping.items()}
            found = evaluate(CELL, second, mapped, x)
            if expected is None or found is None:
                assert (expected is None) != (found is None)
            else:
                assert (expected - found).abs().max() > 1e-7, (first, second)
        compared += 1


def independent_graph(space: TopologyCell, cell: Architecture) -> nx.MultiDiGraph:
    """Build the computed graph with networkx, from the output back to the input."""
    graph = nx.MultiDiGraph()
    graph.add_node("in", label="in")
    graph.add_node("out", label="out")
    option_of = dict(zip(space.edges, cell, strict=True))

    def terms(node: int) -> list[object]:
        """List what a node sums; pools are named by what they pool."""
        if node == 0:
            return ["in"]
        found: list[object] = []
        for source in range(node):
            operation = space.operations[option_of[source, node]]
            inner = terms(source) if operation != "none" else []
            if operation == "skip_connect":
                found += inner
            elif inner:
                own = (source, node) if operation.startswith("nor") else None
                found.append((operation, own, tuple(sorted(map(repr, inner)))))
                graph.add_node(repr(found[-1]), label=operation)
                for term in inner:
                    name = term if term == "in" else repr(term)
                    known = graph.number_of_edges(name, repr(found[-1]))
                    if known < sum(repr(t) == repr(term) for t in inner):
                        graph.add_edge(name, repr(found[-1]))
        return found

    for term in terms(space.nodes - 1):
        graph.add_edge(term if term == "in" else repr(term), "out")
    live = nx.ancestors(graph, "out") | {"in", "out"}
    return graph.subgraph(live).copy()


def isomorphic(first: nx.MultiDiGraph, second: nx.MultiDiGraph) -> bool:
    simple = []
    for graph in (first, second):
        plain = nx.DiGraph()
        plain.add_nodes_from(graph.nodes(data=True))
        for source, target in graph.edges():
            before = plain.get_edge_data(source, target, {"count": 0})["count"]
            plain.add_edge(source, target, count=before + 1)
        simple.append(plain)
    return nx.is_isomorphic(
        *simple,
        node_match=lambda a, b: a["label"] == b["label"],
        edge_match=lambda a, b: a["count"] == b["count"],
    )


def test_canonical_form_agrees_with_networkx_on_the_whole_mini_space() -> None:
    graphs = [independent_graph(MINI, cell) for cell in MINI]
    forms = [MINI.canonical(cell) for cell in MINI]
    for i, j in product(range(MINI.size), repeat=2):
        if i < j:
            assert isomorphic(graphs[i], graphs[j]) == (forms[i] == forms[j])


def test_canonical_form_agrees_with_networkx_on_random_cells() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        same = random_class_members(rng)
        other = (CELL.sample(rng), CELL.sample(rng))
        for first, second in (same, other):
            graphs = independent_graph(CELL, first), independent_graph(CELL, second)
            equal = CELL.canonical(first) == CELL.canonical(second)
            assert isomorphic(*graphs) == equal


def test_text_form_is_read_back_and_wrong_text_is_refused() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        cell = CELL.sample(rng)
        assert CELL.parse(CELL.format(cell)) == cell
    text = CELL.format((0,) * 6)
    for wrong in (
        "",
        "|none~0|",
        text + "+|none~0|",
        text.replace("none~0", "none~1", 1),
        text.replace("|+|", "||+||"),
        text[1:],
    ):
        with pytest.raises(ArchitectureError):
            CELL.parse(wrong)
    with pytest.raises(ArchitectureError, match="did you mean 'nor_conv_3x3'"):
        CELL.parse(text.replace("none~0", "nor_conv_3x4~0", 1))


def test_spaces_of_any_size_have_a_name() -> None:
    space = make_space("topology:5:none,skip_connect,nor_conv_3x3")
    assert space.size == 3**10
    assert make_space(space.name) == space
    for wrong in ("cell202", "topology:4", "topology:x:none", "topology:9:none"):
        with pytest.raises(NasbenchError):
            make_space(wrong)
    with pytest.raises(NasbenchError, match="stands twice"):
        make_space("topology:3:none,none")
    with pytest.raises(NasbenchError, match="enumerated up to"):
        _ = make_space("topology:6:none,skip_connect,nor_conv_3x3,avg_pool_3x3").classes
