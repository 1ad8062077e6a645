"""The contract of a surrogate model, as a check function and as a pytest class."""

from __future__ import annotations

import pickle
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.testing.violations import collect, expect_none


class SurrogateModel(Protocol):
    """What is expected of a model: scikit-learn's two verbs, and files."""

    def fit(self, X: Any, y: Any) -> Any:  # noqa: N803 - scikit-learn's names
        """Learn from ``(n, features)`` and ``(n,)``; return the model itself."""

    def predict(self, X: Any, return_std: bool = False) -> Any:  # noqa: N803
        """Return ``(n,)`` predictions, and standard deviations if asked."""

    def save(self, path: Path) -> None:
        """Write the fitted model to a file."""


class SurrogateFactory(Protocol):
    """Builds an unfitted model: its class, or a partial."""

    def __call__(self) -> SurrogateModel:
        """Return a new model."""


Loader: TypeAlias = Callable[[Path], SurrogateModel]
SurrogateCheck: TypeAlias = Callable[[SurrogateFactory, Loader], Iterator[str]]

SAMPLES, FEATURES = 60, 6


class SurrogateContract:
    """What every model keeps to; supply the fixtures `factory` and `loader`.

    Example:
        ::

            class TestMyModel(SurrogateContract):
                @pytest.fixture
                def factory(self):
                    return MyModel

                @pytest.fixture
                def loader(self):
                    return MyModel.load
    """

    def test_predictions_are_better_than_the_mean(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Learn a simple function of one-hot rows."""
        expect_none(learns(factory, loader))

    def test_equal_settings_give_equal_predictions(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Fit twice; look at the global random states."""
        expect_none(deterministic(factory, loader))

    def test_a_loaded_model_predicts_the_same_bits(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Save and load."""
        expect_none(file_round_trip(factory, loader))

    def test_one_row_is_predicted_as_in_a_batch(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Predict alone and together."""
        expect_none(batches(factory, loader))

    def test_deviations_are_positive_and_finite(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Ask for them."""
        expect_none(deviations(factory, loader))

    def test_wrong_input_is_refused(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Hand in NaN, other shapes, too few samples, and ask before fitting."""
        expect_none(refusals(factory, loader))

    def test_what_is_given_is_not_changed(
        self, factory: SurrogateFactory, loader: Loader
    ) -> None:
        """Compare the samples with copies."""
        expect_none(arguments_unchanged(factory, loader))


def check_surrogate(factory: SurrogateFactory, loader: Loader) -> list[str]:
    """Return a sentence for everything in which a model breaks the contract.

    Args:
        factory: Builds an unfitted model.
        loader: Reads what its `save` wrote.
    """
    return collect([_with_loader(check, loader) for check in SURROGATE_CHECKS], factory)


def _with_loader(
    check: SurrogateCheck, loader: Loader
) -> Callable[[SurrogateFactory], Iterator[str]]:
    def bound(factory: SurrogateFactory) -> Iterator[str]:
        return check(factory, loader)

    bound.__doc__ = check.__doc__
    return bound


def samples(seed: int = 0, count: int = SAMPLES) -> tuple[Any, Any]:
    """Return ``(n, 6) float32`` of zeros and ones, and ``(n,)`` accuracies."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (count, FEATURES)).astype(np.float32)
    weights = np.array([0.2, 0.1, 0.05, 0.02, 0.0, 0.1])
    return rows, 0.3 + rows @ weights + rng.normal(0, 0.005, count)


def learns(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """A model learns a simple function."""
    del loader
    rows, values = samples()
    others, truth = samples(1, 200)
    said = np.asarray(factory().fit(rows, values).predict(others))
    if said.shape != (200,):
        yield f"200 rows give predictions of the shape {said.shape}."
        return
    r2 = 1 - np.mean((said - truth) ** 2) / np.var(truth)
    if not r2 > 0.5:
        yield f"An additive function of six bits is predicted with an R2 of {r2:.2f}."


def deterministic(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """Equal models give equal predictions, and leave global states alone."""
    del loader
    rows, values = samples()
    numpys = np.random  # the legacy functions, which models must not use
    before = random.getstate(), pickle.dumps(numpys.get_state())
    first = factory().fit(rows, values).predict(rows)
    random.random()
    second = factory().fit(rows, values).predict(rows)
    if not np.array_equal(first, second):
        yield "Two fits to the same samples predict differently."
    random.setstate(before[0])
    factory().fit(rows, values).predict(rows)
    if (random.getstate(), pickle.dumps(numpys.get_state())) != before:
        yield "A global random state changed: draw from a generator made of the seed."


def file_round_trip(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """A loaded model predicts the same bits."""
    rows, values = samples()
    model = factory().fit(rows, values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        model.save(path)
        if b"pickle" in path.read_bytes()[:4096]:
            yield "The file begins with a pickle."
        loaded = loader(path)
    for mine, theirs in zip(
        model.predict(rows, return_std=True),
        loaded.predict(rows, return_std=True),
        strict=True,
    ):
        if not np.array_equal(mine, theirs):
            yield "A loaded model predicts other numbers than the saved one."


def batches(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """A row is predicted alone as in a batch, and no rows give no predictions."""
    del loader
    rows, values = samples()
    model = factory().fit(rows, values)
    together = np.asarray(model.predict(rows))
    alone = np.array([float(model.predict(row[None])[0]) for row in rows])
    if not np.allclose(together, alone, rtol=1e-9, atol=1e-12):
        yield f"Alone, a row differs by {np.abs(together - alone).max():g}."
    if np.asarray(model.predict(rows[:0])).shape != (0,):
        yield "No rows do not give an empty prediction."


def deviations(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """Standard deviations are positive and finite."""
    del loader
    rows, values = samples()
    mean, std = factory().fit(rows, values).predict(rows, return_std=True)
    if not np.array_equal(mean, factory().fit(rows, values).predict(rows)):
        yield "The mean is another one when the deviation is asked for."
    if std.shape != mean.shape or not (np.isfinite(std) & (std > 0)).all():
        yield "A standard deviation is not positive and finite, or one is missing."


def refusals(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """Wrong input is refused with a NasbenchError."""
    del loader
    rows, values = samples()
    missing, infinite = values.copy(), rows.copy()
    missing[3], infinite[2, 1] = np.nan, np.inf
    wrong = {
        "a NaN target": (rows, missing),
        "an infinite feature": (infinite, values),
        "more rows than targets": (rows, values[:-1]),
        "two samples": (rows[:2], values[:2]),
        "features of one dimension": (rows[:, 0], values),
    }
    for what, (some_rows, some_values) in wrong.items():
        try:
            factory().fit(some_rows, some_values)
        except NasbenchError:
            continue
        yield f"fit accepts {what}."
    asked = {
        "an unfitted model": (factory(), rows),
        "rows of another width": (factory().fit(rows, values), rows[:, :-1]),
    }
    for what, (model, some_rows) in asked.items():
        try:
            model.predict(some_rows)
        except NasbenchError:
            continue
        yield f"predict accepts {what}."


def arguments_unchanged(factory: SurrogateFactory, loader: Loader) -> Iterator[str]:
    """Samples are not changed."""
    del loader
    rows, values = samples()
    kept = rows.copy(), values.copy()
    factory().fit(rows, values).predict(rows)
    if not (np.array_equal(rows, kept[0]) and np.array_equal(values, kept[1])):
        yield "fit or predict changed the samples that it was given."


SURROGATE_CHECKS: tuple[SurrogateCheck, ...] = (
    learns,
    deterministic,
    file_round_trip,
    batches,
    deviations,
    refusals,
    arguments_unchanged,
)
