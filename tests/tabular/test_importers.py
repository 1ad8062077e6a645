"""A published CSV file becomes a benchmark: values, gaps, trials, curves, costs."""

from __future__ import annotations

import csv
import gzip
import pickle

import numpy as np
import pytest

from leaderboards import RunSettings, compare, rank_board
from nasbench.benchmark import Referee, Specified
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton, count_costs
from nasbench.search import Budget
from nasbench.spaces import make_space, nb201_architecture_at
from strategies import find_strategy
from tabular import Table, TableError
from tabular.importers import PublishedTable, import_csv
from tabular.importers.mapping import parse_mapping
from tabular.importers.verify_published import verify_published
from tabular.opened import open_any
from tabular.schema import sealed

SPACE = make_space("cell201-mini")
TEXTS = [SPACE.format(architecture) for architecture in SPACE]
VALIDATION = np.round(np.random.default_rng(0).uniform(20, 90, len(TEXTS)), 2)
TEST = np.round(VALIDATION + 3.7, 2)

HEAD = """
name = "mine"
space = "cell201-mini"
task = "digits"
epochs = 4
source = "a test"
licence = "none"
protocol = "drawn at random"
[architecture]
column = "arch"
"""
SKELETON = """
[skeleton]
image_channels = 1
height = 8
width = 8
classes = 10
channels = 16
cells_per_stage = 1
"""


def metric(column, **keys):
    keys = {"quantity": "accuracy", "unit": "%", **keys}
    if keys["quantity"] == "accuracy":
        keys = {"split": "validation", "epochs": 4, **keys}
    lines = [f"column = {column!r}", *(f"{key} = {v!r}" for key, v in keys.items())]
    return "[[metric]]\n" + "\n".join(lines) + "\n"


PLAIN = metric("val") + metric("test", split="test")


def columns(**more):
    return {"arch": TEXTS, "val": VALIDATION, "test": TEST, **more}


@pytest.fixture
def imported(tmp_path):
    """Write columns as a CSV file, import it, and open what came of it."""

    def make(table, metrics=PLAIN, head=HEAD, skeleton=SKELETON, name="t"):
        path = tmp_path / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table)
            writer.writerows(zip(*table.values(), strict=True))
        mapping = parse_mapping(head + skeleton + metrics, "a test")
        return import_csv(path, mapping, tmp_path / f"{name}.h5")

    return make


def test_every_value_is_the_one_that_was_published(imported):
    table = imported(columns())
    assert len(table) == 125
    for index, architecture in enumerate(SPACE):
        evaluation = table.evaluate(architecture)
        assert evaluation.validation_accuracy == pytest.approx(VALIDATION[index] / 100)
        assert evaluation.curve[-1] == evaluation.validation_accuracy
        assert np.isnan(evaluation.curve[:3]).all()
        assert len(evaluation.curve) == evaluation.epochs == 4
        assert np.isnan(evaluation.cost_seconds)
        assert evaluation.seed is None
        assert table.mean_accuracy(architecture, "test") == pytest.approx(
            TEST[index] / 100
        )
    assert table.best_accuracy("test") == pytest.approx(TEST.max() / 100)
    assert isinstance(table, Referee)
    assert isinstance(table, Specified)


def test_equal_functions_keep_the_numbers_that_they_were_published_with(imported):
    table = imported(columns())
    classes = SPACE.classes
    assert len(classes) == 60
    largest = int(np.argmax(np.bincount(classes.class_of)))
    members = np.flatnonzero(classes.class_of == largest)
    found = {
        table.evaluate(SPACE.architecture_at(int(i))).validation_accuracy
        for i in members
    }
    assert len(found) == len(members) > 1


def test_batches_text_tuple_and_index_ask_for_the_same(imported):
    table = imported(columns())
    batch = SPACE.architectures_at([5, 77, 5])
    expected = VALIDATION[[5, 77, 5]] / 100
    np.testing.assert_allclose(table.accuracies(batch), expected)
    np.testing.assert_allclose(table.accuracies(np.array([5, 77, 5])), expected)
    for key in (77, TEXTS[77], SPACE.architecture_at(77)):
        assert table.row(key) == 77
        assert table.evaluate(key) == table.evaluate(SPACE.architecture_at(77))


def test_what_is_missing_stays_missing(imported):
    latency = np.linspace(1, 2, 125).astype(object)
    latency[3], latency[4], latency[5], latency[6] = "-1", "-1.0", "", "n/a"
    edge = metric(
        "edge", quantity="latency", unit="us", target="chip", missing=["-1", "n/a"]
    )
    table = imported(columns(edge=latency), PLAIN + edge)
    values = table.values("latency chip")
    assert np.flatnonzero(np.isnan(values)).tolist() == [3, 4, 5, 6]
    there = np.delete(np.arange(125), [3, 4, 5, 6])
    np.testing.assert_allclose(values[there], np.linspace(1, 2, 125)[there] / 1000)


def test_rows_that_are_not_there_are_not_made_up(imported):
    part = {name: values[10:60] for name, values in columns().items()}
    table = imported(part)
    assert len(table) == 50
    assert not table.is_complete
    assert table.best_accuracy("test") is None
    with pytest.raises(TableError, match="holds 50 of the 125"):
        table.evaluate(SPACE.architecture_at(3))
    with pytest.raises(TableError, match=r"50 of the 125 .* need a whole table"):
        table.check_searchable()
    found = table.accuracies(np.array([3, 10, 59, 60]))
    assert np.isnan(found).tolist() == [True, False, False, True]


def test_an_architecture_without_validation_accuracy_makes_the_table_partial(imported):
    holes = VALIDATION.astype(object)
    holes[7] = ""
    table = imported(columns(val=holes))
    with pytest.raises(TableError, match="124 of the 125"):
        table.check_searchable()
    with pytest.raises(TableError, match="no validation accuracy"):
        table.evaluate(SPACE.architecture_at(7))


def test_trials_are_seeds_and_their_mean_leaves_gaps_out(imported):
    first, second = VALIDATION.astype(object), (VALIDATION + 2).astype(object)
    second[8] = ""
    trials = metric("a", trial=777) + metric("b", trial=888)
    table = imported({"arch": TEXTS, "a": first, "b": second}, trials)
    assert table.seeds == (777, 888)
    one = SPACE.architecture_at(1)
    for seed, added in ((777, 0), (888, 2), (None, 1)):
        accuracy = table.evaluate(one, seed=seed).validation_accuracy
        assert accuracy == pytest.approx((VALIDATION[1] + added) / 100)
    gap = SPACE.architecture_at(8)
    assert table.evaluate(gap).validation_accuracy == pytest.approx(VALIDATION[8] / 100)
    with pytest.raises(TableError, match="no validation accuracy"):
        table.evaluate(gap, seed=888)
    with pytest.raises(TableError, match=r"\[777, 888\], not 1"):
        table.evaluate(one, seed=1)


def test_a_published_mean_is_preferred_to_the_mean_of_the_trials(imported):
    both = metric("mean") + metric("a", trial=1)
    table = imported({"arch": TEXTS, "mean": VALIDATION, "a": VALIDATION + 1}, both)
    accuracies = table.accuracies(np.arange(125))
    np.testing.assert_allclose(accuracies, VALIDATION / 100)


def test_epochs_of_one_training_are_a_curve_and_other_trainings_are_not(imported):
    table = imported(
        columns(early=VALIDATION / 2, other=VALIDATION / 3, secs=VALIDATION * 2),
        PLAIN
        + metric("early", epochs=2)
        + metric("other", epochs=3, training="short schedule")
        + metric("secs", quantity="seconds", unit="min", epochs=4),
    )
    one = SPACE.architecture_at(1)
    whole, early = table.evaluate(one), table.evaluate(one, epochs=2)
    assert np.isnan(whole.curve).tolist() == [True, False, True, False]
    assert early.curve[1] == whole.curve[1] == pytest.approx(VALIDATION[1] / 200)
    assert whole.cost_seconds == pytest.approx(VALIDATION[1] * 120)
    assert np.isnan(early.cost_seconds)
    with pytest.raises(TableError, match=r"after 3 epochs.*published are 2, 4"):
        table.evaluate(one, epochs=3)
    other = table.values("validation accuracy 3 epochs of short schedule")
    assert other[1] == pytest.approx(VALIDATION[1] / 300)


def test_costs_are_counted_in_the_skeleton(imported):
    table = imported(columns())
    frame = Skeleton(1, 8, 8, 10, 16, 1)
    for architecture in SPACE:
        expected = count_costs(SPACE, architecture, frame)
        assert table.cost_model(architecture) == expected
        assert table.evaluate(architecture).flops == expected.flops


def test_published_costs_are_used_in_our_units(imported):
    costs = metric("p", quantity="parameters", unit="M")
    costs += metric("f", quantity="flops", unit="MMACs")
    numbers = np.arange(125) / 100
    table = imported(columns(p=numbers, f=numbers), PLAIN + costs, skeleton="")
    found = table.cost_model(SPACE.architecture_at(50))
    assert (found.parameters, found.flops) == (500_000, 1_000_000)
    assert found.depth == SPACE.graph(SPACE.architecture_at(50)).depth


def test_a_table_without_costs_says_so_when_it_is_searched(imported):
    table = imported(columns(), skeleton="")
    with pytest.raises(TableError, match="skeleton"):
        table.check_searchable()


def test_a_table_of_latencies_alone_is_kept_and_not_searched(imported):
    chip = metric("val", quantity="latency", unit="ms", target="chip")
    table = imported({"arch": TEXTS, "val": VALIDATION}, chip)
    np.testing.assert_allclose(table.values("latency chip"), VALIDATION)
    for act in (table.check_searchable, lambda: table.accuracies(np.arange(3))):
        with pytest.raises(TableError, match="no validation accuracy"):
            act()
    with pytest.raises(TableError, match="latency chip"):
        table.values("latency chop")


@pytest.mark.parametrize("form", ["index", "nb201-index"])
def test_architectures_may_go_by_index(tmp_path, form):
    cell = make_space("cell201")
    path = tmp_path / "numbers.csv"
    path.write_text("arch,val\n17,50\n4,60\n")
    head = HEAD.replace("cell201-mini", "cell201") + f"form = {form!r}\n"
    mapping = parse_mapping(head + metric("val"), "a test")
    table = import_csv(path, mapping, tmp_path / "t.h5")
    expected = (
        cell.architecture_at(17) if form == "index" else nb201_architecture_at(cell, 17)
    )
    accuracy = table.accuracies(np.array([expected], np.uint8))[0]
    assert accuracy == pytest.approx(0.5)


def test_the_digest_is_that_of_the_numbers_alone(imported, tmp_path):
    table = imported(columns())
    turned = {name: values[::-1] for name, values in columns().items()}
    assert imported(turned, name="turned").digest == table.digest
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(
        gzip.compress(b"\xef\xbb\xbf" + (tmp_path / "t.csv").read_bytes())
    )
    again = import_csv(packed, table.mapping, tmp_path / "packed.h5")
    assert again.digest == table.digest
    changed = VALIDATION.copy()
    changed[5] += 0.01
    assert imported(columns(val=changed), name="changed").digest != table.digest
    licensed = HEAD.replace('licence = "none"', 'licence = "MIT"')
    other = imported(columns(), head=licensed, name="licensed")
    assert other.digest != table.digest


def test_files_are_whole_pickle_and_open_as_what_they_are(imported, small_table_path):
    table = imported(columns())
    again = pickle.loads(pickle.dumps(table))
    assert again.digest == table.digest
    assert again.mapping == table.mapping
    assert isinstance(open_any(table.path), PublishedTable)
    assert isinstance(open_any(small_table_path), Table)
    for opener, path in ((Table, table.path), (PublishedTable, small_table_path)):
        with pytest.raises(
            TableError, match="is an HDF5 file, but no nasbench"
        ) as error:
            opener.open(path)
        assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
    assert all(finding.passed for finding in verify_published(table.path))


def test_a_changed_byte_is_found(imported):
    import h5py

    table = imported(columns())
    with h5py.File(table.path, "r+") as file:
        file["costs/flops"][3] += 2
    with pytest.raises(TableError, match="seal"):
        PublishedTable.open(table.path)
    table.path.write_bytes(sealed(table.path.read_bytes()))
    wrong = [f.check for f in verify_published(table.path) if not f.passed]
    assert wrong == ["digest", "costs"]
    table.path.write_bytes(table.path.read_bytes()[:3000])
    with pytest.raises(TableError, match="damaged"):
        PublishedTable.open(table.path)


def test_strategies_are_compared_on_it(imported):
    table = imported(columns())
    table.check_searchable()
    strategies = {name: find_strategy(name) for name in ("random", "local", "genetic")}
    board = compare(strategies, [table], RunSettings(Budget(30)), seeds=4)
    assert np.isnan(board["seconds"]).all()
    best = board.groupby(["strategy", "seed"])["incumbent_validation_accuracy"].last()
    assert (best <= VALIDATION.max() / 100 + 1e-12).all()
    assert (board["test_regret"] >= 0).all()
    ranking = rank_board(board, np.random.default_rng(0))
    assert len(ranking) == 3
    seconds = RunSettings(Budget(30, "seconds"))
    with pytest.raises(NasbenchError, match="nan as a training's seconds"):
        compare(strategies, [table], seconds, seeds=1)
