"""Any encoding, of the first member of an architecture's class."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures, EquivalenceClasses, SearchSpace
from nasbench.spaces.classes import ENUMERATION_LIMIT
from surrogates.encodings.encoding import Encoding, Features


class CanonicalInput(Encoding):
    """Replace every architecture by the first member of its class, then encode it.

    Members of a class are the same function, and one table row; so encoded they are
    one row here as well. The first member is the one with the smallest index, in
    which edges that do nothing read ``none``.

    Args:
        inner: What encodes the first member.
    """

    PREFIX = "canonical-"

    def __init__(self, inner: Encoding) -> None:
        self.inner = inner
        self.name = self.PREFIX + inner.name

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: the classes of the space have to be enumerated."""
        if space.size > ENUMERATION_LIMIT:
            return (
                f"its classes cannot be enumerated ({space.size:,} combinations, at "
                f"most {ENUMERATION_LIMIT:,})"
            )
        return self.inner.is_defined_on(space)

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy whose inner encoding is fitted to the first members.

        Raises:
            NasbenchError: The encoding is not defined on the space.
        """
        self.require(space)
        return self._of(self.inner.fit(space, first_members(space, architectures)))

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the ``(n, features) float32`` rows of the first members.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The encoding is not defined on the space, or not fitted.
        """
        self.require(space)
        return self.inner.encode(space, first_members(space, architectures))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what the inner encoding has learned."""
        return self.inner.state()

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy whose inner encoding has learned what `state` holds.

        Raises:
            NasbenchError: The state is not that of the inner encoding.
        """
        return self._of(self.inner.restore(state))

    def _of(self, inner: Encoding) -> Self:
        made = copy.copy(self)
        made.inner = inner
        return made


def first_members(space: SearchSpace, architectures: Architectures) -> Architectures:
    """Return the first members of the classes of ``(n, decisions)`` architectures.

    Raises:
        ArchitectureError: An option is out of range, or a combination is not valid.
    """
    classes = _classes_of(space)
    numbers = classes.class_of[space.indices(architectures)]
    if len(numbers) and numbers.min() < 0:
        invalid = np.asarray(architectures)[np.argmin(numbers)]
        space.check(invalid.tolist())  # says what is wrong with it
    return space.architectures_at(classes.representatives[numbers].tolist())


@lru_cache(maxsize=16)
def _classes_of(space: SearchSpace) -> EquivalenceClasses:
    """Return the classes: once for all equal spaces, and not once per object."""
    return space.classes
