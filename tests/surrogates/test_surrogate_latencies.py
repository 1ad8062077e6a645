"""Surrogate benchmarks answer latencies: computed for models, predicted for others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leaderboards import RunSettings, simulate
from leaderboards.fronts.objective_text import parse_constraint, parse_objectives
from nasbench.benchmark import StaticCosts
from nasbench.errors import NasbenchError
from nasbench.hardware import make_target, target_names
from nasbench.hardware.roofline import roofline_targets
from nasbench.networks import Skeleton, SkeletonCosts
from nasbench.search import Budget, read_column, read_cost
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark
from strategies.objectives.nsga2 import NSGA2
from surrogates.benchmark import SurrogateBenchmark
from surrogates.fit_benchmark import FitSettings, fit_benchmark, predict_latencies
from surrogates.latency import LatencyFeatures, TimedArchitectures
from surrogates.latency.stored_latency import FEWEST
from surrogates.modelled_costs import ModelledCosts, with_targets
from surrogates.observations import Observations

SKELETON = Skeleton(3, 16, 16, 10, 8, 1)
SMALL = FitSettings("one-hot", settings={"rounds": 8, "members": 1, "folds": 0})
MODELS = [name for name in target_names() if name.startswith("sim-")]


@pytest.fixture(scope="module")
def space():
    return make_space("cell201-mini")


@pytest.fixture(scope="module")
def fitted(space) -> SurrogateBenchmark:
    known = Observations.of(ToyBenchmark(space, noise=0.0))
    return fit_benchmark("toy", known, SkeletonCosts(space, SKELETON), SMALL)


@pytest.fixture(scope="module")
def timed(space) -> TimedArchitectures:
    """A target that was measured on the first of every class but dead ones."""
    target = make_target("sim-roofline-pi4class")
    numbers = np.arange(len(space.classes))
    cells = space.architectures_at(space.classes.representatives.tolist())
    latency = np.array(
        [
            target.cost(space, tuple(cell), SKELETON).latency_ms
            for cell in cells.tolist()
        ]
    )
    there = latency > 0
    return TimedArchitectures(
        "my-board",
        "measured",
        LatencyFeatures(space, SKELETON),
        cells[there],
        latency[there],
        numbers[there],
    )


def test_modelled_targets_are_exactly_what_the_formulas_say(fitted, space) -> None:
    for cell in space:
        evaluation = fitted.evaluate(cell)
        free = fitted.cost_model(cell)
        for name in MODELS:
            cost = make_target(name).cost(space, cell, SKELETON)
            for family, value in (
                ("latency", cost.latency_ms),
                ("energy", cost.energy_mj),
                ("memory", cost.memory_bytes),
                ("traffic", cost.moved_bytes),
            ):
                column = f"{family}:{name}"
                assert read_column(column, evaluation) == value
                assert read_cost(column, free) == value


def test_answers_are_the_same_from_the_file_and_after_the_models_change(
    fitted, space, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "toy.npz"
    fitted.save(path)
    # The file holds the numbers of the devices, not their names alone.
    monkeypatch.setattr("surrogates.modelled_costs.SYSTOLIC", {})
    monkeypatch.setattr("surrogates.modelled_costs.roofline_targets", dict)
    held = SurrogateBenchmark.open(path)
    assert held.digest == fitted.digest
    for cell in list(space)[::9]:
        assert held.evaluate(cell, seed=1) == fitted.evaluate(cell, seed=1)


def test_what_a_device_has_no_room_for_is_missing(space) -> None:
    (device,) = (t for n, t in roofline_targets().items() if "mcu" in n)
    small = replace(device, device=replace(device.device, capacity_bytes=10))
    costs = ModelledCosts(SkeletonCosts(space, SKELETON), (small,))
    alive = max(space, key=lambda cell: costs(cell).flops)
    assert np.isnan(read_cost(f"latency:{small.name}", costs(alive)))


def test_costs_that_are_no_count_are_left_alone() -> None:
    def costs(architecture):
        return StaticCosts(1, 2, 3)

    assert with_targets(costs) is costs


def test_measured_targets_are_predicted_and_say_so(fitted, timed, tmp_path) -> None:
    with_both = predict_latencies(fitted, [timed])
    said = with_both.parts.facts["latency:my-board"]
    assert said.startswith(f"predicted, from {len(timed)} measured networks")
    path = tmp_path / "toy.npz"
    with_both.save(path)
    held = SurrogateBenchmark.open(path)
    assert held.parts.facts == with_both.parts.facts
    column, errors = "latency:my-board", []
    for cell, latency in zip(
        timed.architectures.tolist(), timed.latency_ms, strict=True
    ):
        found = held.evaluate(tuple(cell))
        assert found == with_both.evaluate(tuple(cell))
        errors.append(abs(read_column(column, found) / latency - 1))
        # It was measured, so it is not known for free.
        assert read_cost(column, held.cost_model(tuple(cell))) is None
    assert np.median(errors) < 0.05


def test_a_network_that_computes_nothing_has_no_measured_latency(
    fitted, timed, space
) -> None:
    with_both = predict_latencies(fitted, [timed])
    dead = next(cell for cell in space if with_both.cost_model(cell).flops == 0)
    assert np.isnan(read_column("latency:my-board", with_both.evaluate(dead)))


def test_too_few_measurements_and_models_are_passed_over(fitted, timed) -> None:
    few = replace(
        timed,
        architectures=timed.architectures[: FEWEST - 1],
        latency_ms=timed.latency_ms[: FEWEST - 1],
        classes=timed.classes[: FEWEST - 1],
    )
    model = replace(timed, kind="simulated")
    assert predict_latencies(fitted, [few, model]).parts.latencies == ()
    other = replace(timed, features=LatencyFeatures(make_space("cell201"), SKELETON))
    with pytest.raises(NasbenchError, match="latencies of cell201 do not fit"):
        predict_latencies(fitted, [other])


def test_a_search_has_both_as_objective_and_limit(fitted, timed) -> None:
    benchmark = predict_latencies(fitted, [timed])
    limit = float(np.median(timed.latency_ms))
    settings = RunSettings(
        Budget(30),
        objectives=parse_objectives("accuracy,energy:sim-systolic-os32"),
        constraints=(parse_constraint(f"latency:my-board<={limit}"),),
    )
    run = simulate(NSGA2, benchmark, settings, 0)
    assert (run.violation == 0).any()
    assert (run.violation > 0).any()
