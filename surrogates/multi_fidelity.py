"""Accuracy after any number of epochs: the epoch is a feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from surrogates.model import Floats, Model, Rows
from surrogates.models import describe_model, rebuild_model
from surrogates.store import Arrays, grouped, into_group
from surrogates.xgboost_model import XGBoost

LARGEST = 60_000
"""So many pairs of architecture and epoch are learned from; more are thinned out."""


def default_model(seed: int) -> Model:
    """Return the model of curves: many smooth rows, so fewer and larger steps."""
    return XGBoost(
        seed=seed,
        target="plain",
        rounds=200,
        depth=6,
        learning_rate=0.1,
        column_share=0.8,
        members=1,
        folds=0,
    )


@dataclass(eq=False)
class MultiFidelity:
    """A model of whole learning curves, from trainings of any length.

    Every known pair of architecture and epoch is a sample, with the epoch and its
    logarithm as two more columns; short trainings teach as well as whole ones.

    Attributes:
        epochs: The full budget.
        seed: Decides which pairs are learned from, where there are too many; and the
            model, where none is given.
        model: What predicts from the widened rows; None for `default_model`.
    """

    epochs: int
    seed: int = 0
    model: Model = None  # type: ignore[assignment]  # never None after __post_init__

    def __post_init__(self) -> None:
        """Make the model, where none is given."""
        if self.model is None:
            self.model = default_model(self.seed)

    def fit(self, X: Rows, curves: Floats) -> Self:  # noqa: N803
        """Learn from curves; return itself.

        Args:
            X: ``(n, features)``.
            curves: ``(n, epochs)``; NaN where an epoch is not known.

        Raises:
            NasbenchError: The shapes do not fit, or nothing is known.
        """
        if curves.shape != (len(X), self.epochs):
            raise NasbenchError(
                f"curves have the shape ({len(X)}, {self.epochs}), not {curves.shape}"
            )
        row, epoch = np.nonzero(np.isfinite(curves))
        if len(row) > LARGEST:
            rng = np.random.default_rng(self.seed)
            chosen = np.sort(rng.choice(len(row), LARGEST, replace=False))
            row, epoch = row[chosen], epoch[chosen]
        self.model.fit(self._widened(X[row], epoch + 1), curves[row, epoch])
        return self

    def predict(self, X: Rows, epochs: NDArray[np.int64] | None = None) -> Floats:  # noqa: N803
        """Return ``(n, e)`` accuracies of ``(n, features)`` after ``(e,)`` epochs.

        Args:
            X: The rows.
            epochs: Which ones, counted from 1; None for all.

        Raises:
            NasbenchError: The curves have no such epoch.
        """
        known = np.arange(1, self.epochs + 1)
        asked = known if epochs is None else np.asarray(epochs)
        wrong = np.ravel(asked)[~np.isin(np.ravel(asked), known)]
        if asked.ndim != 1 or len(wrong):
            what = wrong[0] if len(wrong) else f"an array of shape {asked.shape}"
            raise NasbenchError(
                f"curves of {self.epochs} epochs are predicted after 1 to "
                f"{self.epochs} of them, given as a row, not {what}"
            )
        rows = np.repeat(X, len(asked), axis=0)
        said = self.model.predict(self._widened(rows, np.tile(asked, len(X))))
        return said.reshape(len(X), len(asked))

    def describe(self) -> dict[str, Any]:
        """Return what a header says; `rebuild` takes it."""
        return {
            "epochs": self.epochs,
            "seed": self.seed,
            "model": describe_model(self.model),
        }

    def arrays(self) -> Arrays:
        """Return what was learned."""
        return into_group("model", self.model.arrays())

    @classmethod
    def rebuild(cls, described: dict[str, Any], arrays: Arrays) -> Self:
        """Return the one that was described, with what it had learned."""
        model = rebuild_model(described["model"], grouped(arrays, "model"))
        return cls(described["epochs"], described["seed"], model)

    def _widened(self, rows: Rows, epochs: NDArray[np.int64]) -> Rows:
        columns = (epochs / self.epochs, np.log(epochs))
        return np.column_stack((rows, *columns)).astype(np.float32)
