"""Several encodings side by side."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, SearchSpace
from surrogates.encodings.encoding import Encoding, Features


class SumOfEncodings(Encoding):
    """Put the columns of several encodings beside each other, in their order.

    Attributes:
        parts: The encodings.
    """

    def __init__(self, parts: Sequence[Encoding]) -> None:
        self.parts = tuple(parts)
        self.name = "+".join(part.name for part in parts)

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Return the first reason of a part, or None where all are defined."""
        for part in self.parts:
            reason = part.is_defined_on(space)
            if reason is not None:
                return f"{part.name!r}: {reason}"
        return None

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy whose parts are fitted.

        Raises:
            NasbenchError: A part is not defined on the space.
        """
        return self._of([part.fit(space, architectures) for part in self.parts])

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, features of all parts) float32``.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: A part is not defined on the space, or not fitted.
        """
        return np.concatenate(
            [part.encode(space, architectures) for part in self.parts], axis=1
        )

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what the parts have learned, as ``NUMBER/NAME`` of part and array."""
        return {
            f"{number}/{name}": array
            for number, part in enumerate(self.parts)
            for name, array in part.state().items()
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy whose parts have learned what `state` holds.

        Raises:
            NasbenchError: The state is not that of these parts.
        """
        of_part: list[dict[str, NDArray[Any]]] = [{} for _ in self.parts]
        for key, array in state.items():
            number, _, name = key.partition("/")
            if not (number.isdecimal() and int(number) < len(self.parts)):
                raise NasbenchError(f"encoding {self.name!r} has no part for {key!r}")
            of_part[int(number)][name] = array
        return self._of(
            [part.restore(one) for part, one in zip(self.parts, of_part, strict=True)]
        )

    def _of(self, parts: Sequence[Encoding]) -> Self:
        made = copy.copy(self)
        made.parts = tuple(parts)
        return made
