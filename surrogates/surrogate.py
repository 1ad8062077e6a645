"""A model of architectures: a space, an encoding and a model of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, cast, overload

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace, make_space
from surrogates.encodings import Encoding, make_encoding
from surrogates.encodings.one_hot import OneHot
from surrogates.model import Floats, Model
from surrogates.models import describe_model, rebuild_model
from surrogates.store import (
    Arrays,
    SurrogateError,
    grouped,
    into_group,
    read_surrogate,
    write_surrogate,
)
from surrogates.xgboost_model import XGBoost

TABULATED = 2**24
"""The largest space whose predictions are kept, 16 bytes each."""

TABULATED_UNASKED = 2**23
"""The largest space that a large batch tabulates: 128 MiB stay, some 200 more pass."""

WORTH = 32
"""So many combinations are tabulated in the time in which one is predicted."""

SETUP = 2**15
"""So many are predicted in the time that a table takes however small the space is."""

FEW = 64
"""Batches up to this size are checked at once, larger ones column by column."""


class Surrogate:
    """Predict a number of any architecture of a space from those of a few.

    Attributes:
        space: The space.
        encoding: Turns architectures into rows; fitted with the model.
        model: Predicts from rows.
    """

    def __init__(self, space: SearchSpace, encoding: Encoding, model: Model) -> None:
        encoding.require(space)
        self.space = space
        self.encoding = encoding
        self.model = model
        self._table: NDArray[np.float64] | None = None
        self._has_short_way = True

    def fit(self, architectures: Architectures, values: Floats) -> Self:
        """Learn from ``(n, decisions) uint8`` and ``(n,)``; return itself.

        Raises:
            NasbenchError: Too few samples, values that are not finite, architectures
                outside the space.
        """
        self.encoding = self.encoding.fit(self.space, architectures)
        self.model.fit(self.encoding.encode(self.space, architectures), values)
        self._table, self._has_short_way = None, True
        return self

    @overload
    def predict(
        self, architectures: Architectures, return_std: Literal[False] = ...
    ) -> Floats: ...
    @overload
    def predict(
        self, architectures: Architectures, return_std: Literal[True]
    ) -> tuple[Floats, Floats]: ...
    def predict(
        self, architectures: Architectures, return_std: bool = False
    ) -> Floats | tuple[Floats, Floats]:
        """Return ``(n,)`` predictions of ``(n, decisions)``; see `Model.predict`.

        After `tabulate` they are looked up. XGBoost on one-hot columns reads options
        instead of rows, and tabulates by itself for a batch that is large for its
        space: 32,768 and a 32nd of it, up to 8.4 million. The bits are the same on
        all ways.

        Raises:
            NasbenchError: Not fitted, or architectures outside the space.
        """
        if self._is_worth_a_table(len(np.atleast_1d(architectures))):
            self._table = self._table_of_options()
        if self._table is not None:
            where = self._indices(architectures)
            mean: Floats = self._table[0].take(where)
            return (mean, self._table[1].take(where)) if return_std else mean
        model = self._model_of_options()
        if model is not None:
            self._indices(architectures)  # checks shape and range
            options = np.asarray(architectures)
            found = model.predict_options(self.space.radices, options)
            if found is not None:
                return found if return_std else found[0]
        rows = self.encoding.encode(self.space, architectures)
        if return_std:
            return self.model.predict(rows, return_std=True)
        return self.model.predict(rows)

    def tabulate(self) -> Self:
        """Predict the whole space once, so that `predict` looks up; return itself.

        Raises:
            NasbenchError: The space is too large, or the model is not fitted.
        """
        size = self.space.size
        if size > TABULATED:
            raise NasbenchError(
                f"{self.space.name} has {size} combinations; up to {TABULATED} are "
                "tabulated"
            )
        if self._table is None:
            self._table = self._table_of_options()
        if self._table is None:
            table = np.empty((2, size))
            step = 2**16
            for start in range(0, size, step):
                indices = np.arange(start, min(start + step, size))
                table[:, indices] = self._predict_distinct(indices)
            self._table = table
        return self

    def _model_of_options(self) -> XGBoost | None:
        """Return the model, if it can be asked about options instead of rows."""
        asked = isinstance(self.model, XGBoost) and isinstance(self.encoding, OneHot)
        return cast("XGBoost", self.model) if asked else None

    def _table_of_options(self) -> NDArray[np.float64] | None:
        """Return ``(2, size)``; None where the model has no short way to it."""
        model = self._model_of_options()
        table = None if model is None else model.tabulate_options(self.space.radices)
        self._has_short_way = table is not None
        return table

    def _is_worth_a_table(self, count: int) -> bool:
        """Return whether the whole space is predicted faster than so many."""
        return (
            self._table is None
            and self._has_short_way
            and count >= self.space.size // WORTH + SETUP
            and self.space.size <= TABULATED_UNASKED
        )

    def _indices(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return what `SearchSpace.indices` does, sooner for a few."""
        batch = np.asarray(architectures)
        space = self.space
        if len(batch) > FEW or batch.shape[1:] != (space.decisions,):
            return space.indices(batch)
        if batch.dtype != np.uint8 or (batch >= np.array(space.radices)).any():
            return space.indices(batch)
        return np.asarray(batch @ np.array(space.strides, np.int64))

    def _predict_distinct(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return ``(2, n)``, asking the model once per distinct row."""
        batch = self.space.architectures_at(indices.tolist())
        rows = np.ascontiguousarray(self.encoding.encode(self.space, batch))
        bytes_of_row = rows.view(
            np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))
        )
        _, first, back = np.unique(
            bytes_of_row.ravel(), return_index=True, return_inverse=True
        )
        return np.stack(self.model.predict(rows[first], return_std=True))[:, back]

    def describe(self) -> dict[str, Any]:
        """Return what a header says; `rebuild` takes it."""
        return {
            "space": self.space.name,
            "encoding": self.encoding.name,
            "model": describe_model(self.model),
        }

    def arrays(self) -> Arrays:
        """Return what encoding and model have learned."""
        return {
            **into_group("encoding", self.encoding.state()),
            **into_group("model", self.model.arrays()),
        }

    @classmethod
    def rebuild(cls, described: dict[str, Any], arrays: Arrays) -> Self:
        """Return the surrogate that was described, with what it had learned.

        Raises:
            NasbenchError: Description and arrays are not those of a surrogate.
        """
        try:
            encoding = make_encoding(described["encoding"])
            space = make_space(described["space"])
            model = rebuild_model(described["model"], grouped(arrays, "model"))
        except (KeyError, TypeError) as error:
            raise SurrogateError(f"the surrogate's header lacks {error}") from error
        return cls(space, encoding.restore(grouped(arrays, "encoding")), model)

    def save(self, path: str | Path) -> str:
        """Write the surrogate to a file without pickles; return its digest.

        Raises:
            NasbenchError: It is not fitted, or the file cannot be written.
        """
        return write_surrogate(Path(path), "surrogate", self.describe(), self.arrays())

    @classmethod
    def load(cls, path: str | Path, space: SearchSpace | None = None) -> Self:
        """Read a surrogate.

        Args:
            path: The file.
            space: The space that it has to be of; None for any.

        Raises:
            NasbenchError: The file is missing, damaged, or of another space.
        """
        header, arrays = read_surrogate(Path(path), "surrogate")
        made = cls.rebuild(header, arrays)
        if space is not None and made.space != space:
            raise SurrogateError(
                f"{path} is a surrogate of {made.space.name}, not of {space.name}"
            )
        return made
