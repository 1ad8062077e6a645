"""NAS-Bench-201 as published, read by the mappings that ship."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from leaderboards import RunSettings, compare
from nasbench.search import Budget
from nasbench.spaces import nb201_architecture_at
from strategies import RandomSearchWithReplacement
from tabular import TableError
from tabular.importers import import_csv, load_mapping

REFERENCE = Path(__file__).resolve().parents[3] / "shared/reference"
PUBLISHED = REFERENCE / "nb201.csv.gz"
OPTIMUM = {"nb201-cifar10": 0.943733, "nb201-cifar100": 0.735133}
COLUMNS = {
    "nb201-cifar10": ("c10_val200_1seed", "c10_test200"),
    "nb201-cifar100": ("c100_val200_1seed", "c100_test200"),
    "nb201-cifar10-12-epochs": ("c10_val12", "c10_test12"),
    "nb201-cifar100-12-epochs": ("c100_val12", "c100_test12"),
}


@pytest.fixture(scope="module")
def rows():
    """The published rows, in the official order, as text."""
    if not PUBLISHED.exists():
        pytest.skip("needs the published table shared/reference/nb201.csv.gz")
    with gzip.open(PUBLISHED, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def opened(rows, tmp_path_factory):
    """Import each mapping once."""
    tables = {}

    def make(name, file=PUBLISHED.name):
        if not (REFERENCE / file).exists():
            pytest.skip(f"needs the published table shared/reference/{file}")
        if name not in tables:
            out = tmp_path_factory.mktemp("published") / f"{name}.h5"
            tables[name] = import_csv(REFERENCE / file, load_mapping(name), out)
        return tables[name]

    return make


@pytest.mark.parametrize("name", COLUMNS)
def test_every_published_accuracy_is_found_again(opened, rows, name):
    table = opened(name)
    assert len(table) == 15_625
    table.check_searchable()
    batch = np.array(
        [nb201_architecture_at(table.space, i) for i in range(len(rows))], np.uint8
    )
    for split, column in zip(("validation", "test"), COLUMNS[name], strict=True):
        expected = np.array([float(row[column]) for row in rows]) / 100
        found = table.accuracies(batch, split)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert table.epochs == (12 if name.endswith("12-epochs") else 200)


@pytest.mark.parametrize("name", OPTIMUM)
def test_the_best_test_accuracy_is_the_published_optimum(opened, name):
    assert opened(name).best_accuracy("test") == pytest.approx(OPTIMUM[name], abs=1e-9)


def test_twelve_epochs_are_no_point_of_the_curve_of_200(opened):
    table = opened("nb201-cifar10")
    evaluation = table.evaluate(table.space.architecture_at(15_000))
    assert len(evaluation.curve) == 200
    assert np.isnan(evaluation.curve[:199]).all()
    name = "validation accuracy 12 epochs of 12-epoch schedule"
    row = table.row(15_000)
    other = opened("nb201-cifar10-12-epochs")
    assert table.values(name)[row] == other.accuracies(np.array([15_000]))[0]


def test_latencies_that_a_target_does_not_support_are_missing(opened):
    table = opened("nb201-cifar10")
    edge = table.values("latency edgetpu")
    assert np.isnan(edge).sum() == 4_699
    assert np.nanmin(edge) > 0
    assert not np.isnan(table.values("latency raspi4")).any()


def test_isomorphic_cells_were_trained_apart_and_stay_apart(opened):
    table = opened("nb201-cifar10")
    accuracy = table.accuracies(np.arange(15_625), "test")
    classes = table.space.classes
    first = accuracy[classes.representatives][classes.class_of]
    # Two trainings of one function differ by the noise of training, not by nothing.
    assert (accuracy != first).mean() > 0.3
    # One function, though: the best classes are much alike.
    best = accuracy[classes.class_of == classes.class_of[np.argmax(accuracy)]]
    assert np.ptp(best) < 0.01


def test_two_files_in_two_orders_agree_on_the_latencies_that_both_have(opened):
    ours = opened("nb201-cifar10")
    devices = opened("nb201-latency-13-devices", "nb201_latency_13_devices.csv.gz")
    assert np.array_equal(devices.indices, ours.indices)
    for target in ("raspi4", "eyeriss"):
        name = f"latency {target}"
        np.testing.assert_allclose(devices.values(name), ours.values(name), rtol=1e-4)


def test_scores_of_some_cells_alone_make_a_partial_table(opened):
    table = opened("nb201-zero-cost-cifar10", "nb201_zero_cost_cifar10.csv.gz")
    assert len(table) == 9_445
    assert not table.is_complete
    parameters = [
        opened("nb201-cifar10").cost_model(table.space.architecture_at(int(i)))
        for i in table.indices
    ]
    published = table.values("score params")
    ours = np.array([costs.parameters for costs in parameters])
    # Published in millions; where no edge dangles, both count the same. The one cell
    # without any edge is a constant to us, of ten parameters.
    different = np.flatnonzero(np.rint(1e6 * published) != ours)
    assert table.indices[different].tolist() == [0]
    assert ours[different].tolist() == [10]
    with pytest.raises(TableError, match="no validation accuracy"):
        table.check_searchable()


def test_random_search_does_what_another_implementation_found(opened):
    table = opened("nb201-cifar10")
    strategies = {"random": RandomSearchWithReplacement}
    board = compare(strategies, [table], RunSettings(Budget(100)), seeds=60)
    board["best"] = board.groupby("seed")["incumbent_validation_accuracy"].cummax()
    for evaluations, mean, deviation in ((50, 90.526, 0.425), (100, 90.763, 0.302)):
        ours = 100 * board.loc[board["evaluations"] == evaluations, "best"]
        assert len(ours) == 60
        error = np.sqrt(ours.var() / 60 + deviation**2 / 300)
        assert abs(ours.mean() - mean) < 3 * error
