"""Latency predictors: what they see, sums they have to find, scores, transfer."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.hardware.dead_branches import reaching_graph, unpruned_graph
from nasbench.hardware.systolic import SYSTOLIC
from nasbench.networks import Skeleton
from nasbench.spaces import make_space
from surrogates.latency import (
    LatencyFeatures,
    TimedArchitectures,
    make_predictor,
    predictor_names,
    score_latency,
)
from surrogates.latency.features import LiveEdges
from surrogates.latency.few_shot import score_few_shot
from surrogates.latency.protocol import LatencyProtocol, halves, score_predictors
from surrogates.latency.ridge import Ridge
from surrogates.latency.scores import mean_scores
from surrogates.latency.transfer import TargetTransfer, best_source

NB201 = Skeleton(3, 32, 32, 10, 16, 5)
CELL = make_space("cell201")


def drawn(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([CELL.sample(rng) for _ in range(count)], np.uint8)


def counted(graph) -> tuple[int, ...]:
    return tuple(graph.operations.count(name) for name in CELL.operations[2:])


@pytest.mark.parametrize(
    "kind, of", [("reaching", reaching_graph), ("whole", unpruned_graph)]
)
def test_positions_mark_the_operations_of_the_graph(kind, of) -> None:
    cells = drawn(300)
    rows = LatencyFeatures(CELL, NB201, kind).positions(cells)
    by_operation = rows.reshape(len(cells), 6, 4).sum(axis=1)
    for cell, counts in zip(cells.tolist(), by_operation.tolist(), strict=True):
        assert tuple(counts[1:]) == counted(of(CELL, tuple(cell)))


def test_pruned_positions_are_the_edges_that_became_vertices() -> None:
    cells = drawn(300, seed=1)
    rows = LatencyFeatures(CELL, NB201).positions(cells).reshape(len(cells), 6, 4)
    for cell, marked in zip(cells.tolist(), rows, strict=True):
        vertices = CELL.vertex_of_edges(tuple(cell))
        for edge, vertex in enumerate(vertices):
            there = bool(marked[edge, 1:].any())
            # A dead pooling may be the twin of a live one, whose vertex it shares.
            if CELL.operations[cell[edge]] == "avg_pool_3x3":
                assert vertex is not None or not there
            else:
                assert (vertex is not None) == there


def test_reaching_graphs_lie_between_pruned_and_whole_ones() -> None:
    for cell in drawn(300, seed=2).tolist():
        whole, reaching = unpruned_graph(CELL, cell), reaching_graph(CELL, cell)
        pruned = CELL.graph(tuple(cell))
        assert set(reaching.operations) <= set(whole.operations)
        assert len(pruned.operations) <= len(reaching.operations)
        assert len(reaching.operations) <= len(whole.operations)
        read = {v for inputs in reaching.inputs for v in inputs}
        assert read >= set(range(1, len(reaching.labels) - 1))


def test_live_edges_agree_with_the_graph_on_what_is_dead() -> None:
    cells = drawn(300, seed=3)
    edges = LiveEdges.of(CELL, cells)
    for cell, reaches, live in zip(
        cells.tolist(), edges.reaches_output, edges.live, strict=True
    ):
        assert reaches == live.any() == (not CELL.graph(tuple(cell)).is_dead)


def test_layers_are_seen_by_their_options() -> None:
    space = make_space("chain")
    features = LatencyFeatures(space, NB201)
    cells = space.architectures_at([0, 77, 3124])
    np.testing.assert_array_equal(
        features.rows(cells, "positions"), space.one_hot(cells)
    )
    totals = features.rows(cells, "operations")
    assert totals[-1].max() == pytest.approx(1.0)
    assert (np.diff(totals, axis=0) >= 0).all()


def test_other_spaces_graphs_and_features_are_refused() -> None:
    with pytest.raises(NasbenchError, match="not cell101"):
        LatencyFeatures(make_space("cell101"), NB201)
    with pytest.raises(NasbenchError, match="unknown graph 'prune'"):
        LatencyFeatures(CELL, NB201, "prune")
    with pytest.raises(NasbenchError, match="unknown features"):
        LatencyFeatures(CELL, NB201).rows(drawn(1), "mac")
    with pytest.raises(NasbenchError, match="unknown latency predictor 'lookup'"):
        make_predictor("lookup", LatencyFeatures(CELL, NB201))
    with pytest.raises(NasbenchError, match="unknown graph 'wole'"):
        make_predictor("macs", LatencyFeatures(CELL, NB201), "wole")


@pytest.mark.parametrize("graph", ["pruned", "reaching", "whole"])
def test_a_look_up_table_finds_a_sum_and_the_graph_that_it_is_over(graph) -> None:
    rng = np.random.default_rng(4)
    cells = drawn(200, seed=4)
    entries = rng.uniform(0.1, 1.0, 24)
    rows = LatencyFeatures(CELL, NB201, graph).positions(cells)
    latency = 0.5 + rows @ entries
    found = make_predictor("look-up", LatencyFeatures(CELL, NB201), "auto")
    found.fit(cells[:120], latency[:120])
    assert found.features.graph == graph
    assert min(found.errors, key=found.errors.get) == graph
    np.testing.assert_allclose(found.predict(cells[120:]), latency[120:], rtol=1e-3)


@pytest.mark.parametrize("name", predictor_names())
def test_every_predictor_beats_the_mean_on_a_systolic_array(name) -> None:
    cells = drawn(260, seed=5)
    target = SYSTOLIC["sim-systolic-os32"]
    latency = np.array(
        [target.cost(CELL, tuple(cell), NB201).latency_ms for cell in cells.tolist()]
    )
    cells, latency = cells[latency > 0], latency[latency > 0]
    found = make_predictor(name, LatencyFeatures(CELL, NB201))
    found.fit(cells[:150], latency[:150])
    scores = score_latency(latency[150:], found.predict(cells[150:]))
    again = make_predictor(name, LatencyFeatures(CELL, NB201))
    again.fit(cells[:150], latency[:150])
    np.testing.assert_array_equal(again.predict(cells), found.predict(cells))
    assert scores.kendall > (0.4 if name == "macs" else 0.75)
    if name in ("operations", "look-up", "gaussian-process"):
        assert scores.within_10 > 0.85


def test_predictions_stay_above_half_of_the_fastest() -> None:
    cells = drawn(60, seed=6)
    rows = LatencyFeatures(CELL, NB201).rows(cells, "macs")[:, 0]
    latency = np.where(rows > np.median(rows), rows, 0.01)
    found = make_predictor("macs", LatencyFeatures(CELL, NB201)).fit(cells, latency)
    assert found.predict(drawn(200, seed=7)).min() == pytest.approx(0.005)


def test_what_cannot_be_learned_from_is_refused() -> None:
    features = LatencyFeatures(CELL, NB201)
    with pytest.raises(NasbenchError, match="call fit first"):
        make_predictor("macs", features).predict(drawn(3))
    for wrong in (0.0, np.nan, -1.0):
        with pytest.raises(NasbenchError, match="positive latencies"):
            make_predictor("macs", features).fit(
                drawn(5), np.array([1, 2, 3, 4, wrong])
            )


def test_ridge_is_least_squares_without_noise_and_saves_what_it_learned() -> None:
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(80, 6))
    values = 3 + rows @ np.arange(6)
    model = Ridge().fit(rows, values)
    np.testing.assert_allclose(model.predict(rows), values, atol=1e-3)
    again = Ridge().restore(model.arrays())
    np.testing.assert_array_equal(again.predict(rows), model.predict(rows))
    mean, deviation = model.predict(rows, return_std=True)
    assert deviation.max() < 1e-2
    assert mean.shape == deviation.shape == (80,)


def test_ridges_held_out_errors_are_those_of_leaving_one_out() -> None:
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(25, 4)).astype(np.float32)
    values = rows @ [1.0, 2, 0, -1] + rng.normal(0, 0.5, 25)
    values = (values - values.mean()) / values.std()
    stated = float(Ridge().learn(rows, values)["variance"])
    inputs = (rows - rows.mean(axis=0)) / rows.std(axis=0)

    def left_out(penalty: float) -> float:
        errors = []
        for out in range(25):
            kept = np.arange(25) != out
            # The level is not penalised: a column of ones without a penalty.
            design = np.column_stack([np.ones(24), inputs[kept]])
            system = design.T @ design + np.diag([0.0, *[25 * penalty] * 4])
            weights = np.linalg.solve(system, design.T @ values[kept])
            errors.append(values[out] - weights[0] - inputs[out] @ weights[1:])
        return float(np.mean(np.square(errors)))

    from surrogates.latency.ridge import PENALTIES

    assert stated == pytest.approx(min(map(left_out, PENALTIES)), rel=1e-4)


def test_scores_are_what_their_names_say() -> None:
    measured = np.array([1.0, 2.0, 4.0, 10.0])
    scores = score_latency(measured, np.array([1.04, 2.16, 4.8, 5.0]))
    assert scores.kendall == 1.0
    assert scores.within_5 == 0.25
    assert scores.within_10 == 0.5
    assert scores.median_error == pytest.approx(0.14)
    perfect = score_latency(measured, measured)
    assert (perfect.kendall, perfect.median_error, perfect.within_5) == (1, 0, 1)
    assert mean_scores([scores, perfect]).within_5 == 0.625
    for wrong in ((measured, measured[:2]), (measured * 0, measured)):
        with pytest.raises(NasbenchError, match="scores need"):
            score_latency(*wrong)


def test_halves_keep_classes_whole_and_hold_everything() -> None:
    rng = np.random.default_rng(10)
    classes = rng.integers(0, 40, 300)
    one, other = halves(classes, rng)
    assert sorted([*one, *other]) == list(range(300))
    assert not set(classes[one]) & set(classes[other])


def test_the_protocol_learns_from_growing_parts_of_the_same_draws() -> None:
    cells = drawn(400, seed=11)
    features = LatencyFeatures(CELL, NB201)
    latency = 1.0 + features.positions(cells).sum(axis=1)
    timed = TimedArchitectures(
        "made up",
        "measured",
        features,
        cells,
        latency,
        CELL.classes.class_of[CELL.indices(cells)],
    )
    rules = LatencyProtocol(
        ("macs", "look-up"), (10, 100, 900), splits=2, graph="pruned"
    )
    found = {(one.predictor, one.size): one for one in score_predictors(timed, rules)}
    # Half of 400 is not 900: that size is left out.
    assert sorted(found) == [
        ("look-up", 10),
        ("look-up", 100),
        ("macs", 10),
        ("macs", 100),
    ]
    assert found["look-up", 100].scores.within_5 == 1.0
    assert found["look-up", 100].graphs == ("pruned", "pruned")
    assert found["look-up", 100].scores.kendall > found["macs", 100].scores.kendall
    assert score_predictors(timed, rules) == list(found.values())


def test_a_target_is_told_by_others_of_which_it_is_a_power() -> None:
    rng = np.random.default_rng(12)
    sources = rng.uniform(0.5, 5, (200, 3))
    latency = 2 * sources[:, 0] ** 0.5 * sources[:, 2]
    transfer = TargetTransfer().fit(sources[:10], latency[:10])
    scores = score_latency(latency[10:], transfer.predict(sources[10:]))
    assert scores.within_5 > 0.99
    extra = rng.normal(size=(200, 1))
    bent = latency * np.exp(0.3 * extra[:, 0])
    with_extra = TargetTransfer().fit(sources[:20], bent[:20], extra[:20])
    assert score_latency(bent, with_extra.predict(sources, extra)).within_5 > 0.99
    assert best_source(sources[:10], sources[:10, 1] ** 2) == 1
    with pytest.raises(NasbenchError, match="call fit first"):
        TargetTransfer().predict(sources)
    with pytest.raises(NasbenchError, match="positive latencies of the shape"):
        TargetTransfer().fit(sources - 10, latency)


def test_few_shots_find_the_source_and_the_sum() -> None:
    rng = np.random.default_rng(13)
    features = LatencyFeatures(CELL, NB201)
    cells = np.unique(drawn(400, seed=13), axis=0)
    classes = CELL.classes.class_of[CELL.indices(cells)]
    positions = features.positions(cells)
    counts = positions.reshape(len(cells), 6, 4).sum(axis=1)
    one = 1 + positions @ rng.uniform(0.1, 1, 24)
    other = 1 + positions @ rng.uniform(0.1, 1, 24)
    made = {
        "one": one,
        "other": other,
        "product": one**2 / other**0.5,
        "sum": 0.5 + counts @ [0.1, 0.3, 0.9, 0.2],
    }
    targets = [
        TimedArchitectures(name, "measured", features, cells, latency, classes)
        for name, latency in made.items()
    ]
    # One target lacks networks: the others are asked about the rest.
    few = targets[0]
    targets[0] = TimedArchitectures(
        "one",
        "measured",
        features,
        few.architectures[5:],
        few.latency_ms[5:],
        classes[5:],
    )
    found = {each.target: each for each in score_few_shot(targets, size=15, splits=2)}
    assert found["product"].transfer > 0.95
    assert found["product"].transfer > found["product"].source
    assert found["sum"].operations > 0.95
    assert found["sum"].operations > found["sum"].macs
    with pytest.raises(NasbenchError, match="three targets or more"):
        score_few_shot(targets[:2])
