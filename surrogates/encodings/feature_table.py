"""Features that were computed before, such as proxy scores: read, not derived."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import (
    ArchitectureError,
    Architectures,
    SearchSpace,
    TopologyCell,
    make_space,
)
from surrogates.encodings.encoding import Encoding, Features

LEARNED = ("mean", "scale", "lowest", "gaps", "log")
HELD = ("space", "columns", "values")

LONG_TAIL = 20.0
"""Columns whose values spread so many times wider than their middle half are read
through a logarithm; those are synflow, fisher, snip and the like."""


class FeatureTable(Encoding):
    """Look the features of an architecture up in an array over the classes.

    Columns are made alike by what `fit` learns of the training architectures: columns
    with a long tail (synflow, fisher, snip, gradient norms) pass through
    ``sign(x) log(1 + |x| / median |x|)``, then all are scaled to mean 0 and standard
    deviation 1. What is missing or not finite becomes the lowest training value of its
    column, and a further column says where.

    What is saved with a model (`state`) holds the features as well, so that it
    predicts without the table that they came from.

    Args:
        space: The space of the classes.
        columns: The names of the columns.
        values: ``(classes, columns)`` float, in the numbering of `space.classes`.
        name: What the encoding is called.

    Raises:
        NasbenchError: The shape is not that of the classes and columns.
    """

    def __init__(
        self,
        space: SearchSpace,
        columns: Sequence[str],
        values: NDArray[Any],
        name: str = "proxies",
    ) -> None:
        expected = (len(space.classes), len(columns))
        if np.shape(values) != expected:
            raise NasbenchError(
                f"features of {space.name} have the shape {expected} of its classes "
                f"and columns, not {np.shape(values)}"
            )
        self.name = name
        self.columns = tuple(columns)
        self._space = space
        self._values = np.asarray(values, np.float64)
        self._learned: dict[str, NDArray[Any]] | None = None

    @property
    def values(self) -> NDArray[np.float64]:
        """``(classes, columns)``, as they were given."""
        return self._values

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: the features are those of one space."""
        if not self.columns:
            return "no scores are given; read them from a table that holds them"
        if space == self._space:
            return None
        return f"its features are those of {self._space.name}"

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy that has learned the scale of the columns.

        Raises:
            NasbenchError: The space is another, or there are no architectures.
        """
        values = self._look_up(space, architectures)
        if not len(values):
            raise NasbenchError(f"encoding {self.name!r} needs training architectures")
        there = np.where(np.isfinite(values), values, np.nan)
        middle = np.zeros(values.shape[1])
        for column in range(values.shape[1]):
            middle[column] = _logarithm_from(there[:, column])
        bent = _bend(there, middle)
        gaps = np.isnan(bent)
        known = ~gaps.all(axis=0)
        lowest = np.zeros(values.shape[1])
        lowest[known] = np.nanmin(bent[:, known], axis=0)
        filled = np.where(gaps, lowest, bent)
        deviation = filled.std(axis=0)
        made = copy.copy(self)
        made._learned = {
            "mean": filled.mean(axis=0),
            "scale": np.where(deviation > 0, deviation, 1.0),
            "lowest": lowest,
            "gaps": np.asarray(gaps.any(axis=0)),
            "log": middle,
        }
        return made

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, columns + columns with gaps in training) float32``.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space is another, or the encoding is not fitted.
        """
        if self._learned is None:
            raise NasbenchError(
                f"encoding {self.name!r} has no scale yet; fit it to the training "
                "architectures first"
            )
        learned = self._learned
        bent = _bend(self._look_up(space, architectures), learned["log"])
        gaps = ~np.isfinite(bent)
        filled = np.where(gaps, learned["lowest"], bent)
        scaled = (filled - learned["mean"]) / learned["scale"]
        return np.hstack([scaled, gaps[:, learned["gaps"]]]).astype(np.float32)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what `fit` learned, and the features; nothing before it."""
        if self._learned is None:
            return {}
        held = (self._space.name, self.columns, self._values)
        return {
            **{key: np.asarray(value) for key, value in zip(HELD, held, strict=True)},
            **self._learned,
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy with the features and the scales of `state`.

        Raises:
            NasbenchError: The state is not that of features.
        """
        if not state:
            return self
        fits = set(state) == {*LEARNED, *HELD}
        if not fits or len({state[key].shape for key in (*LEARNED, "columns")}) != 1:
            raise NasbenchError(
                f"encoding {self.name!r} holds {', '.join((*HELD, *LEARNED))} of its "
                "columns; the state holds something else"
            )
        space = make_space(str(state["space"]))
        columns = [str(column) for column in state["columns"]]
        made = type(self)(space, columns, state["values"], self.name)
        made._learned = {key: state[key] for key in LEARNED}
        return made

    def _look_up(
        self, space: SearchSpace, architectures: Architectures
    ) -> NDArray[np.float64]:
        self.require(space)
        numbers = self._space.classes.class_of[space.indices(architectures)]
        if len(numbers) and numbers.min() < 0:
            raise ArchitectureError(f"a combination is no architecture of {space.name}")
        return self._values[numbers]


def empty_features(name: str) -> FeatureTable:
    """Return features of no space, which `FeatureTable.restore` fills."""
    nowhere = TopologyCell("nowhere", 2, ("none",))
    return FeatureTable(nowhere, (), np.empty((1, 0)), name)


def _logarithm_from(values: NDArray[np.float64]) -> float:
    """Return the scale of the logarithm for a column, or 0 where it needs none."""
    there = values[~np.isnan(values)]
    if not len(there):
        return 0.0
    low, high = np.quantile(there, [0.25, 0.75])
    middle = float(np.median(np.abs(there)))
    spread = float(there.max() - there.min())
    return middle if middle > 0 and spread > LONG_TAIL * (high - low) else 0.0


def _bend(
    values: NDArray[np.float64], middle: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pass the columns whose `middle` is positive through the logarithm."""
    scale = np.where(middle > 0, middle, 1.0)
    bent = np.sign(values) * np.log1p(np.abs(values) / scale)
    return np.asarray(np.where(middle > 0, bent, values))
