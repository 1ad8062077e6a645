"""Options are read as trees are walked, bit for bit, and as XGBoost does itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xgboost

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.testing import ToySpace
from surrogates import surrogate as surrogate_module
from surrogates.benchmark import SurrogateBenchmark
from surrogates.curve_options import predict_curves
from surrogates.encodings import make_encoding
from surrogates.leaf_masks import LeafMasks
from surrogates.leaf_options import LeafOptions
from surrogates.leaf_table import table_of_sums
from surrogates.model import FEWEST
from surrogates.sample import Sample
from surrogates.surrogate import Surrogate
from surrogates.trees import Tree, Trees, join
from surrogates.xgboost_model import XGBoost

DATA = Path(__file__).parents[2] / "surrogates" / "data"
RADICES = ((3, 4, 2), (2, 2, 2, 2, 2), (5, 1, 3), (7,), (4, 3, 2, 4))
THRESHOLDS = (-0.5, 0.0, 0.5, 1.0, 2.0)
"""Below, at, between, at and above what one-hot columns hold."""


def same_bits(found: object, expected: object) -> bool:
    ours, theirs = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    return ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()


def random_tree(columns: int, depth: int, rng: np.random.Generator) -> Tree:
    """Grow a tree that asks anything, also twice, and what is always answered no."""
    feature, left, right = [0], [-1], [-1]
    level = [0]
    for step in range(depth):
        following = []
        for node in level:
            if step and rng.random() < 0.2:
                continue
            feature[node] = int(rng.integers(columns))
            left[node], right[node] = len(feature), len(feature) + 1
            following += [left[node], right[node]]
            feature += [0, 0]
            left += [-1, -1]
            right += [-1, -1]
        level = following
    value = rng.normal(size=(len(feature), 1)) * 10.0 ** rng.integers(-4, 1)
    return Tree(
        feature=np.array(feature, np.int32),
        threshold=rng.choice(THRESHOLDS, len(feature)).astype(np.float32),
        left=np.array(left, np.int32),
        right=np.array(right, np.int32),
        value=value.astype(np.float32),
    )


def forest(columns: int, depth: int, seed: int) -> Trees:
    rng = np.random.default_rng(seed)
    return join([random_tree(columns, depth, rng) for _ in range(12)])


@pytest.mark.parametrize("radices", RADICES)
@pytest.mark.parametrize("depth", [1, 3, 5, 6])
@pytest.mark.parametrize("members", [1, 3])
def test_any_trees_are_read_as_they_are_walked(radices, depth, members) -> None:
    space = ToySpace(radices)
    everything = space.architectures_at(range(space.size))
    rows = space.one_hot(everything).astype(np.float32)
    for seed in range(5):
        trees = forest(sum(radices), depth, seed)
        walked = trees.sums(rows, members)
        leaves = LeafOptions.of(trees, radices, np.empty(0, np.float32))
        masks = LeafMasks.of(leaves, members)
        assert masks is not None
        assert masks.exact
        assert same_bits(masks.sums(everything, members), walked)
        one = everything[-1:]
        assert same_bits(masks.sums(one, members), walked[-1:])
        assert same_bits(table_of_sums(leaves, members), walked)


@pytest.mark.parametrize("members", [1, 2])
def test_columns_behind_the_one_hot_ones_hold_what_they_are_given(members) -> None:
    space = ToySpace((3, 4, 2))
    everything = space.architectures_at(range(space.size))
    rows = space.one_hot(everything).astype(np.float32)
    further = np.array([[0.2, 1.0], [0.7, -1.0], [1.0, 0.0]], np.float32)
    trees = forest(9 + 2, 5, 1)
    parts = [LeafOptions.of(trees, space.radices, row) for row in further]
    masks = LeafMasks.of(LeafOptions.joined(parts), len(further) * members)
    assert masks is not None
    found = masks.sums(everything, len(further) * members)
    for number, row in enumerate(further):
        whole = np.column_stack((rows, np.tile(row, (len(rows), 1))))
        own = found[:, number * members : (number + 1) * members]
        assert same_bits(own, trees.sums(whole, members))


def test_what_cannot_be_summed_in_any_order_is_summed_in_order() -> None:
    space = ToySpace((4, 3, 2, 4))
    trees = forest(13, 4, 0)
    scale = np.where(np.arange(len(trees.value)) % 3, 1.0, 1e-20)[:, None]
    trees = replace(trees, value=(trees.value * scale).astype(np.float32))
    leaves = LeafOptions.of(trees, space.radices, np.empty(0, np.float32))
    assert leaves.unit(1) is None
    assert table_of_sums(leaves, 1) is None
    masks = LeafMasks.of(leaves, 1)
    assert masks is not None
    assert not masks.exact
    everything = space.architectures_at(range(space.size))
    walked = trees.sums(space.one_hot(everything).astype(np.float32), 1)
    assert same_bits(masks.sums(everything, 1), walked)


def test_the_unit_is_the_largest_that_divides_all_values() -> None:
    trees = forest(9, 4, 3)
    leaves = LeafOptions.of(trees, (3, 4, 2), np.empty(0, np.float32))
    unit = leaves.unit(1)
    assert unit is not None
    whole = leaves.value / 2.0**unit
    assert (whole == np.round(whole)).all()
    assert (whole / 2 != np.round(whole / 2)).any()
    largest = max(abs(int(w)) for w in whole)
    assert largest * len(leaves.first) < 2**53


def test_trees_of_more_than_64_leaves_are_walked() -> None:
    space = ToySpace((4, 4, 4, 4))
    rng = np.random.default_rng(0)
    everything = space.architectures_at(range(space.size))
    values = rng.random(space.size)
    model = XGBoost(rounds=5, depth=9, members=1, folds=0, l2=0.0, min_child_weight=0.0)
    made = Surrogate(space, make_encoding("one-hot"), model).fit(everything, values)
    assert model.predict_options(space.radices, everything) is None
    rows = made.encoding.encode(space, everything)
    assert same_bits(made.predict(everything[:3]), model.predict(rows[:3]))
    assert same_bits(made.predict(everything), model.predict(rows))


@pytest.fixture(scope="module")
def conv5() -> SurrogateBenchmark:
    return SurrogateBenchmark.open(DATA / "conv5-mnist-clutter-v1.npz")


@pytest.mark.parametrize("part", ["validation", "test", "seconds"])
def test_what_ships_predicts_what_it_did(conv5, part) -> None:
    made: Surrogate = getattr(conv5.parts, part)
    rng = np.random.default_rng(3)
    drawn = rng.integers(made.space.size, size=20_000)
    cells = made.space.architectures_at(drawn.tolist())
    rows = made.encoding.encode(made.space, cells)
    walked = made.model.predict(rows, return_std=True)
    assert same_bits(made.predict(cells, return_std=True), walked)
    assert same_bits(made.predict(cells), walked[0])
    alone = [made.predict(cells[i : i + 1], return_std=True) for i in range(200)]
    assert same_bits(np.array(alone)[:, :, 0].T, np.array(walked)[:, :200])
    # A copy, so that the others are not looked up.
    fresh = Surrogate.rebuild(made.describe(), made.arrays())
    fresh.tabulate()
    assert same_bits(fresh.predict(cells, return_std=True), walked)


def test_the_curves_that_ship_are_what_they_were(conv5) -> None:
    parts, space = conv5.parts, conv5.space
    assert parts.curves is not None
    drawn = np.random.default_rng(4).integers(space.size, size=3_000)
    cells = space.architectures_at(drawn.tolist())
    walked = parts.curves.predict(parts.validation.encoding.encode(space, cells))
    assert same_bits(predict_curves(parts.curves, parts.validation, cells), walked)


def test_xgboost_itself_says_the_same_but_for_rounding() -> None:
    sample = Sample.open(DATA / "conv5-mnist-clutter-v1-sample.npz").observations()
    space = sample.space
    model = XGBoost(members=1, folds=0, target="plain")
    made = Surrogate(space, make_encoding("one-hot"), model)
    made.fit(sample.architectures, sample.validation)
    rows = made.encoding.encode(space, sample.architectures)
    shift, scale = sample.validation.mean(), sample.validation.std()
    booster = model.train(rows, (sample.validation - shift) / scale, 0)
    drawn = np.random.default_rng(5).integers(space.size, size=20_000)
    cells = space.architectures_at(drawn.tolist())
    matrix = xgboost.DMatrix(made.encoding.encode(space, cells))
    theirs = booster.predict(matrix) * scale + shift
    assert made.predict(cells) == pytest.approx(theirs, abs=1e-6)


def test_a_large_batch_tabulates_a_small_one_does_not(monkeypatch) -> None:
    space = make_space("chain")
    everything = space.architectures_at(range(space.size))
    values = 0.5 + 0.4 * np.sin(everything.sum(axis=1))
    model = XGBoost(rounds=30, members=2, folds=0)
    made = Surrogate(space, make_encoding("one-hot"), model)
    made.fit(everything[::9], values[::9])
    asked: list[int] = []
    border = space.size // surrogate_module.WORTH + surrogate_module.SETUP
    everything = np.tile(everything, (-(-border // space.size), 1))[:border]
    tabulate_options = model.tabulate_options

    def counted(radices):
        asked.append(1)
        return tabulate_options(radices)

    monkeypatch.setattr(model, "tabulate_options", counted)
    rows = made.encoding.encode(space, everything)
    walked = model.predict(rows, return_std=True)
    few = made.predict(everything[: border - 1], return_std=True)
    assert same_bits(few, np.array(walked)[:, : border - 1])
    assert not asked
    for _ in range(2):
        assert same_bits(made.predict(everything, return_std=True), walked)
    assert asked == [1]
    made.fit(everything[: space.size : 7], values[::7])
    assert same_bits(made.predict(everything), model.predict(rows))
    assert not same_bits(made.predict(everything), walked[0])


def test_a_model_that_learns_again_forgets_what_it_read() -> None:
    space = ToySpace((3, 4, 2))
    everything = space.architectures_at(range(space.size))
    rows = space.one_hot(everything).astype(np.float32)
    model = XGBoost(rounds=20, members=1, folds=0)
    kept = []
    for shift in (0, 1):
        model.fit(rows, 0.5 + 0.4 * np.sin(everything.sum(axis=1) + shift))
        found = model.predict_options(space.radices, everything)
        assert found is not None
        assert same_bits(found[0], model.predict(rows))
        kept.append((found[0], model.arrays()))
    model.restore(kept[0][1])
    again = model.predict_options(space.radices, everything)
    assert again is not None
    assert same_bits(again[0], kept[0][0])
    assert not same_bits(again[0], kept[1][0])


@pytest.mark.parametrize("tabulated", [False, True])
@pytest.mark.parametrize(
    "batch",
    [
        np.array([[3, 0, 0]], np.uint8),
        np.array([[0, 0, -1]]),
        np.array([[0, 0]], np.uint8),
        np.array([0, 0, 0], np.uint8),
        np.array([[0.0, 0.0, 0.0]]),
        np.array([[0, 9, 0]] * 100, np.uint8),
    ],
)
def test_what_is_outside_the_space_is_refused_on_every_way(tabulated, batch) -> None:
    space = ToySpace((3, 4, 2))
    known = space.architectures_at(range(0, space.size, 2))
    model = XGBoost(rounds=5, members=1, folds=0)
    made = Surrogate(space, make_encoding("one-hot"), model)
    made.fit(known, np.linspace(0.1, 0.9, len(known)))
    if tabulated:
        made.tabulate()
    with pytest.raises(NasbenchError, match=r"shape|options 0 to|integers"):
        made.predict(batch)


def test_no_architecture_has_no_prediction_and_other_columns_are_refused() -> None:
    space = ToySpace((3, 4, 2))
    known = space.architectures_at(range(0, space.size, 2))
    assert len(known) >= FEWEST
    model = XGBoost(rounds=5, members=1, folds=0)
    made = Surrogate(space, make_encoding("one-hot"), model)
    with pytest.raises(NasbenchError, match="not fitted"):
        made.predict(known)
    made.fit(known, np.linspace(0.1, 0.9, len(known)))
    assert made.predict(known[:0]).shape == (0,)
    with pytest.raises(NasbenchError, match="fitted to 9 features, not 8"):
        model.predict_options((4, 4), known[:, :2])
