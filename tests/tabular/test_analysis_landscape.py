"""Landscapes against plain Python that walks the neighbours of the space."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from nasbench.spaces import make_space
from nasbench.testing.toy_spaces import ConstrainedToySpace, ToySpace
from tabular.analysis.ascent import plateau_ascent, strict_ascent
from tabular.analysis.autocorrelation import correlation_length, walk_autocorrelation
from tabular.analysis.fitness_distance import fitness_distance_correlation
from tabular.analysis.interactions import variance_by_order
from tabular.analysis.landscape import landscape
from tabular.analysis.neighbourhood import neighbour_matrix
from tabular.shipped import open_shipped

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"

SPACES = {
    "mini": lambda: make_space("cell201-mini"),
    "uneven": lambda: ToySpace((2, 5, 1, 3)),
    "constrained": lambda: ConstrainedToySpace((3, 4, 3)),
}


def mini_values():
    table = open_shipped("cell201-mini-digits-v1")
    return np.round(table.accuracies(np.arange(table.space.size)), 12)


@pytest.fixture(
    params=["table", *(f"{name} {seed}" for name in SPACES for seed in range(4))]
)
def case(request):
    """A space and its values: of the shipped table, or random with many ties."""
    if request.param == "table":
        return make_space("cell201-mini"), mini_values()
    name, seed = request.param.split()
    space = SPACES[name]()
    rng = np.random.default_rng(int(seed))
    values = rng.integers(0, (3, 6, 12, 1000)[int(seed)], space.size) / 8
    values[[i for i in range(space.size) if not valid(space, i)]] = np.nan
    return space, values


def options(space, index):
    return tuple(
        index // stride % radix
        for stride, radix in zip(space.strides, space.radices, strict=True)
    )


def valid(space, index):
    return space.is_valid(options(space, index))


def nodes_of(space):
    return [i for i in range(space.size) if valid(space, i)]


def around(space, index):
    return sorted(space.index(n) for n in space.neighbours(options(space, index)))


def plateau(space, values, index):
    """Return all that steps between equal values reach, by a plain search."""
    found, open_nodes = {index}, [index]
    while open_nodes:
        for neighbour in around(space, open_nodes.pop()):
            if values[neighbour] == values[index] and neighbour not in found:
                found.add(neighbour)
                open_nodes.append(neighbour)
    return found


def best_step_up(space, values, nodes):
    """Return the best neighbour of any node that is better; of equals the first."""
    reached = {n for node in nodes for n in around(space, node)}
    better = [n for n in reached if values[n] > values[next(iter(nodes))]]
    return min(better, key=lambda n: (-values[n], n), default=None)


def climb(space, values, index, neutral):
    while True:
        step = best_step_up(space, values, {index})
        if step is None and neutral:
            step = best_step_up(space, values, plateau(space, values, index))
        if step is None:
            break
        index = step
    return min(plateau(space, values, index)) if neutral else index


def matrix(space):
    return neighbour_matrix(
        space, np.array([valid(space, i) for i in range(space.size)])
    )


def test_neighbours_are_those_of_the_space(case):
    space, _ = case
    neighbours = matrix(space)
    for node in nodes_of(space):
        assert [n for n in neighbours[node].tolist() if n >= 0] == around(space, node)


@pytest.mark.parametrize("neutral", [False, True])
def test_every_ascent_ends_where_a_plain_climb_does(case, neutral):
    space, values = case
    follow = plateau_ascent if neutral else strict_ascent
    found = follow(values, matrix(space))
    ends = {i: climb(space, values, i, neutral) for i in nodes_of(space)}
    assert {i: int(found.end_of[i]) for i in ends} == ends
    for node, end in ends.items():
        stays = node in plateau(space, values, end) if neutral else node == end
        assert found.ends_here[node] == stays


def test_the_summary_counts_what_a_plain_search_finds(case):
    space, values = case
    class_of = np.full(space.size, -1, np.int32)
    nodes = nodes_of(space)
    class_of[nodes] = space.classes.class_of[nodes]
    accuracy = values[space.classes.representatives]
    if not np.array_equal(accuracy[class_of[nodes]], values[nodes]):
        values = np.append(accuracy, np.nan)[class_of]  # one value per class
    found = landscape(space, class_of, accuracy)
    plateaus = {frozenset(plateau(space, values, i)) for i in nodes}
    tops = [p for p in plateaus if best_step_up(space, values, p) is None]
    assert found.architectures == len(nodes)
    assert found.local_optima == len(tops)
    assert found.local_optimum_classes == len({class_of[i] for p in tops for i in p})
    highest = max(values[nodes])
    for share, neutral in (
        (found.to_best_share, True),
        (found.to_best_share_strict, False),
    ):
        ends = [values[climb(space, values, i, neutral)] == highest for i in nodes]
        assert share == pytest.approx(np.mean(ends))
    stuck = [i for i in nodes if best_step_up(space, values, {i}) is None]
    assert found.stuck_architectures == len(stuck)
    steps = [class_of[i] == class_of[n] for i in nodes for n in around(space, i)]
    assert found.neutral_share == pytest.approx(np.mean(steps))
    ends = [climb(space, values, i, True) for i in nodes]
    sizes = sorted((ends.count(end) for end in set(ends)), reverse=True)
    assert [round(b.share * len(nodes)) for b in found.largest_basins] == sizes[:5]
    assert found.to_best_share >= found.to_best_share_strict


def transition_matrix(space):
    nodes = nodes_of(space)
    place = {node: i for i, node in enumerate(nodes)}
    steps = np.zeros((len(nodes), len(nodes)))
    for node in nodes:
        for neighbour in around(space, node):
            steps[place[node], place[neighbour]] += 1
    degree = steps.sum(axis=1)
    return steps / degree[:, None], degree / degree.sum()


def test_autocorrelation_is_that_of_the_transition_matrix(case):
    space, values = case
    transition, stationary = transition_matrix(space)
    assert stationary @ transition == pytest.approx(stationary)
    known = values[nodes_of(space)]
    centred = known - stationary @ known
    variance = stationary @ centred**2
    found = walk_autocorrelation(values, matrix(space), 6)
    for lag, correlation in enumerate(found, start=1):
        power = np.linalg.matrix_power(transition, lag)
        expected = (stationary * centred) @ power @ centred / variance
        assert correlation == pytest.approx(expected)


def test_a_long_walk_shows_the_same_autocorrelation():
    space, values = make_space("cell201-mini"), mini_values()
    rng = np.random.default_rng(0)
    neighbours = matrix(space).tolist()
    degree = len(neighbours[0])
    node, walk = int(rng.integers(space.size)), []
    for draw in rng.integers(degree, size=100_000).tolist():
        node = neighbours[node][draw]
        walk.append(values[node])
    series = np.array(walk) - np.mean(walk)
    for lag, expected in enumerate(walk_autocorrelation(values, matrix(space), 4), 1):
        seen = (series[lag:] * series[:-lag]).mean() / series.var()
        assert seen == pytest.approx(expected, abs=0.02)


def test_autocorrelation_follows_from_the_orders_of_interaction():
    """Stadler (1996): on a product of equal decisions r(k) = sum of B_p L_p^k."""
    space, values = make_space("cell201-mini"), mini_values()
    shares = variance_by_order(values, space.radices)
    eigenvalues = [1 - p * 5 / (3 * 4) for p in (1, 2, 3)]
    for lag, found in enumerate(walk_autocorrelation(values, matrix(space), 5), 1):
        expected = sum(b * e**lag for b, e in zip(shares, eigenvalues, strict=True))
        assert found == pytest.approx(expected)


def test_correlation_length_is_that_of_an_exponential():
    assert correlation_length(np.exp(-1 / 7)) == pytest.approx(7)
    assert all(np.isnan(correlation_length(r)) for r in (-0.1, 0.0, 1.0, np.nan))


def test_orders_of_interaction_are_told_apart():
    radices = (3, 4, 5)
    effects = [np.random.default_rng(i).random(r) for i, r in enumerate(radices)]
    centred = [effect - effect.mean() for effect in effects]
    grids = np.meshgrid(*centred, indexing="ij")
    single = sum(grids).ravel()
    pair = (grids[0] * grids[2]).ravel()
    triple = np.prod(grids, axis=0).ravel()
    for values, order in ((single, 0), (pair, 1), (triple, 2)):
        expected = [float(i == order) for i in range(3)]
        assert variance_by_order(values + 3, radices) == pytest.approx(expected)
    parts = [single.var(), pair.var(), triple.var()]
    mixed = variance_by_order(single + pair + triple, radices)
    assert mixed == pytest.approx([part / sum(parts) for part in parts])


def test_the_first_order_is_the_r2_of_one_number_per_option(case):
    space, values = case
    if np.isnan(values).any():  # decisions are not independent there
        class_of = np.full(space.size, -1, np.int32)
        class_of[nodes_of(space)] = np.arange(len(nodes_of(space)))
        found = landscape(space, class_of, values[nodes_of(space)])
        assert found.variance_by_order == ()
        return
    shares = variance_by_order(values, space.radices)
    assert sum(shares) == pytest.approx(1)
    everything = space.architectures_at(np.arange(space.size))
    design = np.column_stack((np.ones(space.size), space.one_hot(everything)))
    weights = np.linalg.lstsq(design, values, rcond=None)[0]
    assert shares[0] == pytest.approx(
        1 - (values - design @ weights).var() / values.var()
    )


def test_fitness_distance_correlation_is_that_of_plain_distances(case):
    space, values = case
    nodes = nodes_of(space)
    highest = max(values[nodes])
    optima = [options(space, i) for i in nodes if values[i] == highest]
    distance = [
        min(
            sum(a != b for a, b in zip(options(space, i), o, strict=True))
            for o in optima
        )
        for i in nodes
    ]
    expected = np.corrcoef(values[nodes], distance)[0, 1]
    assert fitness_distance_correlation(values, space) == pytest.approx(expected)


def test_a_flat_landscape_is_one_plateau_without_correlations():
    space = ToySpace((3, 2))
    found = landscape(space, np.arange(6, dtype=np.int32), np.full(6, 0.5))
    assert (found.local_optima, found.to_best_share) == (1, 1)
    assert found.stuck_architectures == 6
    assert np.isnan([*found.autocorrelation, *found.variance_by_order]).all()
    assert np.isnan([found.correlation_length, found.fitness_distance]).all()


def test_nas_bench_201_has_its_published_number_of_local_optima():
    """18 cells have no better neighbour on CIFAR-10 (test, 200 epochs)."""
    path = REFERENCE / "nb201.csv.gz"
    if not path.exists():
        pytest.skip(f"needs the published table shared/reference/{path.name}")
    space = make_space("cell201")
    values = np.full(space.size, np.nan)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            values[space.index(space.parse(row["arch"]))] = float(row["c10_test200"])
    found = landscape(space, np.arange(space.size, dtype=np.int32), values)
    assert found.stuck_architectures == 18
    assert found.largest_basins[0].accuracy == 94.3733
