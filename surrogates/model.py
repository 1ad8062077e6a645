"""What every model can do: fit rows of numbers, predict with an uncertainty."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasbench.errors import NasbenchError
from surrogates.store import Arrays, grouped, into_group
from surrogates.targets import Target, TargetKind

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.float32]

FEWEST = 5
"""Fewer samples teach no model anything, nor can its error be estimated."""


class Model(ABC):
    """A regression model in the style of scikit-learn.

    A family is a dataclass whose fields are its settings; what it learns are arrays,
    so that saving, loading and equality are written here once. Predictions are
    functions of settings and arrays alone: a loaded model predicts bit for bit what
    the saved one did.

    Attributes:
        family: The name that `surrogates.models.make_model` knows.
        most_samples: It is fitted to so many at most; None for any number.
        seed: The only source of randomness.
        target: What the model is trained on; see `surrogates.targets`.
    """

    family: ClassVar[str]
    most_samples: ClassVar[int | None] = None
    seed: int
    target: TargetKind

    @abstractmethod
    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Return the arrays that `infer` needs.

        Args:
            rows: ``(n, features) float32``, finite.
            scores: ``(n,)``, what `target` made of the values.
        """

    @abstractmethod
    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return ``(n,)`` means and ``(n,)`` standard deviations of scores."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - sklearn's names
        """Learn from samples; return the model itself.

        Args:
            X: ``(n, features)``, finite.
            y: ``(n,)``, finite; accuracies in [0, 1] or seconds.

        Raises:
            NasbenchError: Shapes do not fit, values are not finite, or too few.
        """
        rows, values = _checked(X, y, type(self).__name__)
        self._mapping = Target.fit(self.target, values)
        self._features = rows.shape[1]
        self._learned = self.learn(rows, self._mapping.forward(values))
        return self

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> Floats: ...  # noqa: N803
    @overload
    def predict(
        self,
        X: ArrayLike,  # noqa: N803
        return_std: Literal[True],
    ) -> tuple[Floats, Floats]: ...
    def predict(
        self,
        X: ArrayLike,  # noqa: N803
        return_std: bool = False,
    ) -> Floats | tuple[Floats, Floats]:
        """Return ``(n,)`` predictions, with ``(n,)`` standard deviations if asked.

        The standard deviation is that of a new trial around the prediction: what the
        model does not know and the noise of its training values together.

        Args:
            X: ``(n, features)``, finite.
            return_std: Whether to return both.

        Raises:
            NasbenchError: The model is not fitted, or `X` has another width.
        """
        rows = _rows(X)
        self.learned()
        if rows.shape[1] != self._features:
            raise NasbenchError(
                f"{type(self).__name__} was fitted to {self._features} features, not "
                f"{rows.shape[1]}"
            )
        if not len(rows):
            return (np.empty(0), np.empty(0)) if return_std else np.empty(0)
        mean, std = self.infer(rows)
        values = self._mapping.inverse(mean)
        if not return_std:
            return values
        return values, self._mapping.inverse_std(mean, std)

    def learned(self) -> Arrays:
        """Return what `learn` returned.

        Raises:
            NasbenchError: The model is not fitted.
        """
        learned: Arrays | None = getattr(self, "_learned", None)
        if learned is None:
            raise NasbenchError(f"{type(self).__name__} is not fitted; call fit first")
        return learned

    def settings(self) -> dict[str, Any]:
        """Return the fields of the dataclass; its constructor takes them."""
        if not dataclasses.is_dataclass(self):
            raise TypeError(f"{type(self).__name__} has to be a dataclass")
        return dataclasses.asdict(self)

    def arrays(self) -> Arrays:
        """Return all that was learned, the target included."""
        learned = self.learned()
        return {
            "features": np.array(self._features),
            **into_group("target", self._mapping.arrays()),
            **into_group("learned", learned),
        }

    def restore(self, arrays: Arrays) -> Self:
        """Take what `arrays` returned; return the model itself.

        Raises:
            NasbenchError: Arrays are missing.
        """
        try:
            self._mapping = Target.restore(self.target, grouped(arrays, "target"))
            self._features = int(arrays["features"])
        except KeyError as error:
            raise NasbenchError(f"{type(self).__name__} misses {error}") from error
        self._learned = grouped(arrays, "learned")
        return self

    def save(self, path: str | Path) -> None:
        """Write the model to a file without pickles.

        Raises:
            NasbenchError: The model is not fitted, or the file cannot be written.
        """
        from surrogates.models import save_model

        save_model(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model of this family.

        Raises:
            NasbenchError: The file is missing, damaged, or of another family.
        """
        from surrogates.models import load_model

        model = load_model(Path(path))
        if not isinstance(model, cls):
            raise NasbenchError(f"{path} holds a {model.family}, no {cls.__name__}")
        return model


def _rows(given: ArrayLike) -> Rows:
    rows = np.asarray(given, dtype=np.float32)
    if rows.ndim != 2:
        raise NasbenchError(f"features have the shape (n, features), not {rows.shape}")
    if not np.isfinite(rows).all():
        row = int(np.argmin(np.isfinite(rows).all(axis=1)))
        raise NasbenchError(f"a feature of sample {row} is not finite")
    return rows


def _checked(given: ArrayLike, wanted: ArrayLike, who: str) -> tuple[Rows, Floats]:
    rows, values = _rows(given), np.asarray(wanted, dtype=np.float64)
    if values.shape != (len(rows),):
        raise NasbenchError(
            f"targets have the shape ({len(rows)},), as there are samples, not "
            f"{values.shape}"
        )
    finite = np.isfinite(values)
    if not finite.all():
        raise NasbenchError(
            f"{int((~finite).sum())} of {len(values)} targets are not finite, the "
            f"first is that of sample {int(np.argmin(finite))}; leave out what failed"
        )
    if len(rows) < FEWEST:
        raise NasbenchError(
            f"{who} needs {FEWEST} samples or more to fit, not {len(rows)}"
        )
    return rows, values
