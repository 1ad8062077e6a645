"""What every encoding can do: turn architectures into rows of numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace

Features: TypeAlias = NDArray[np.float32]
"""A batch of encoded architectures, ``(n, features) float32``."""


class Encoding(ABC):
    """A rule that gives every architecture of a space a row of numbers.

    Most encodings learn nothing, and `fit` returns them as they are. What an encoding
    does learn comes from the architectures given to `fit` alone, never from their
    accuracies.

    Attributes:
        name: The name that `make_encoding` turns back into this encoding, unfitted.
    """

    name: str

    @abstractmethod
    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why the encoding is not defined on `space`, or None where it is."""

    @abstractmethod
    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the ``(n, features) float32`` rows of ``(n, decisions) uint8``.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The encoding is not defined on the space, or not fitted.
        """

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy that has learned what it has to from training architectures.

        Raises:
            NasbenchError: The encoding is not defined on the space.
        """
        del architectures  # by default there is nothing to learn
        self.require(space)
        return self

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what was learned, as arrays that `numpy.savez` writes; `restore`."""
        return {}

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy that has learned what `state` holds.

        Raises:
            NasbenchError: The state is not that of this encoding.
        """
        if state:
            raise NasbenchError(
                f"encoding {self.name!r} learns nothing, but is given "
                f"{', '.join(sorted(state))}"
            )
        return self

    def require(self, space: SearchSpace) -> None:
        """Check that the encoding is defined on `space`.

        Raises:
            NasbenchError: It is not.
        """
        reason = self.is_defined_on(space)
        if reason is not None:
            raise NasbenchError(
                f"encoding {self.name!r} is not defined on {space.name}: {reason}"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
