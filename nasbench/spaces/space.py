"""The search space: a finite product of categorical decisions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces.classes import EquivalenceClasses, find_classes

Architecture: TypeAlias = tuple[int, ...]
"""One option per decision, as in ``(4, 0, 3, 1, 4, 3)``."""

Architectures: TypeAlias = NDArray[np.uint8]
"""A batch of architectures, ``(n, decisions) uint8``."""

MUTATION_ATTEMPTS = 100


class ArchitectureError(NasbenchError):
    """Report an architecture that the space does not hold."""


class SearchSpace(ABC):
    """A product of categorical decisions with a validity rule.

    Everything that follows from the product is written here once. A space adds its
    text form (`parse`, `format`), what makes two architectures the same function
    (`canonical`) and, where not every combination is allowed, `is_valid`.

    Attributes:
        name: The name that `nasbench.spaces.make_space` turns back into this space.
        choices: The option names of every decision, in the order of their integers.
    """

    def __init__(self, name: str, choices: Sequence[Sequence[str]]) -> None:
        if not choices or not all(choices):
            raise NasbenchError(f"space {name!r} needs decisions with options")
        if max(len(options) for options in choices) > np.iinfo(np.uint8).max + 1:
            raise NasbenchError(f"space {name!r} has a decision of over 256 options")
        self.name = name
        self.choices = tuple(tuple(options) for options in choices)

    @abstractmethod
    def parse(self, text: str) -> Architecture:
        """Return the architecture that `text` describes.

        Raises:
            ArchitectureError: `text` is not the text form of an architecture.
        """

    @abstractmethod
    def format(self, architecture: Architecture) -> str:
        """Return the text form of `architecture`; `parse` reads it back."""

    @abstractmethod
    def canonical(self, architecture: Architecture) -> Hashable:
        """Return a value that only architectures of the same function share.

        Sound: equal values mean the same family of functions, shared parts included.
        """

    def is_valid(self, architecture: Architecture) -> bool:
        """Return whether this combination of options is an architecture."""
        del architecture  # by default every combination is one
        return True

    @cached_property
    def radices(self) -> tuple[int, ...]:
        """The number of options of every decision."""
        return tuple(len(options) for options in self.choices)

    @cached_property
    def size(self) -> int:
        """The number of combinations of options, valid or not."""
        return math.prod(self.radices)

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """The weight of every decision in an index; the last decision weighs 1."""
        return tuple(math.prod(self.radices[i + 1 :]) for i in range(self.decisions))

    @property
    def decisions(self) -> int:
        """The number of decisions."""
        return len(self.choices)

    def check(self, architecture: Sequence[int]) -> Architecture:
        """Return `architecture` as a tuple of Python ints.

        Raises:
            ArchitectureError: The space does not hold `architecture`.
        """
        try:
            given = tuple(architecture)
            checked = tuple(int(option) for option in given)
        except (TypeError, ValueError, OverflowError):
            given = checked = ()
        fits = (
            checked == given
            and len(checked) == self.decisions
            and all(0 <= o < r for o, r in zip(checked, self.radices, strict=True))
        )
        if not fits or not self.is_valid(checked):
            raise ArchitectureError(
                f"{architecture!r} is no architecture of {self.name}: expected "
                f"{self.decisions} integers, each below {self._radices_text()}"
                + (", in a valid combination" if fits else "")
            )
        return checked

    def __contains__(self, architecture: object) -> bool:
        """Return whether `check` accepts `architecture`."""
        try:
            self.check(architecture)  # type: ignore[arg-type]
        except NasbenchError:
            return False
        return True

    def __iter__(self) -> Iterator[Architecture]:
        """Yield every architecture in the order of its index."""
        for architecture in product(*(range(radix) for radix in self.radices)):
            if self.is_valid(architecture):
                yield architecture

    def index(self, architecture: Sequence[int]) -> int:
        """Return the mixed-radix index, in [0, size); first decision weighs most.

        Raises:
            ArchitectureError: The space does not hold `architecture`.
        """
        checked = self.check(architecture)
        return sum(o * s for o, s in zip(checked, self.strides, strict=True))

    def architecture_at(self, index: int) -> Architecture:
        """Return the architecture whose `index` this is.

        Raises:
            ArchitectureError: `index` is outside [0, size) or not a valid combination.
        """
        if isinstance(index, float) or not 0 <= index < self.size:
            raise ArchitectureError(
                f"index {index} is outside {self.name}: expected 0 to {self.size - 1}"
            )
        return self.check(
            [index // s % r for s, r in zip(self.strides, self.radices, strict=True)]
        )

    def indices(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return the ``(n,) int64`` indices of ``(n, decisions)`` architectures.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
        """
        batch = np.asarray(architectures)
        if batch.ndim != 2 or batch.shape[1] != self.decisions:
            raise ArchitectureError(
                f"a batch of {self.name} has the shape (n, {self.decisions}), "
                f"not {batch.shape}"
            )
        if batch.dtype.kind not in "ui":
            raise ArchitectureError(
                f"a batch of {self.name} holds integers, not {batch.dtype}"
            )
        # Column by column: each pass reads one option per architecture and stays in
        # small integers, several times faster than a matrix product in int64.
        small = self.size < 2**31
        total = np.zeros(len(batch), dtype=np.int32 if small else np.int64)
        for decision, radix in enumerate(self.radices):
            column = batch[:, decision]
            if len(column) and (
                column.max() >= radix or (column.dtype.kind == "i" and column.min() < 0)
            ):
                raise ArchitectureError(
                    f"decision {decision} of {self.name} has options 0 to {radix - 1}; "
                    f"given {column.min()} to {column.max()}"
                )
            np.multiply(total, radix, out=total)
            np.add(total, column, out=total, casting="unsafe")
        return total.astype(np.int64, copy=False)

    def architectures_at(self, indices: Sequence[int]) -> Architectures:
        """Return the ``(n, decisions) uint8`` architectures of ``(n,)`` indices."""
        table = np.asarray(indices, dtype=np.int64)[:, None]
        if table.size and not (table.min() >= 0 and table.max() < self.size):
            raise ArchitectureError(
                f"indices of {self.name} go from 0 to {self.size - 1}; given "
                f"{table.min()} to {table.max()}"
            )
        options = table // np.array(self.strides) % np.array(self.radices)
        return np.asarray(options, dtype=np.uint8)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw one architecture, uniformly over the valid combinations."""
        while True:
            # A fraction of the radix: several times faster than drawing integers.
            fractions = rng.random(self.decisions).tolist()
            drawn = tuple(
                int(u * radix) for u, radix in zip(fractions, self.radices, strict=True)
            )
            if self.is_valid(drawn):
                return drawn

    def neighbours(self, architecture: Architecture) -> list[Architecture]:
        """Return every architecture that differs in exactly one decision.

        This, `mutate` and `crossover` trust their arguments to be architectures of
        the space; they stand in the inner loop of a search.
        """
        changed = (
            (*architecture[:decision], option, *architecture[decision + 1 :])
            for decision, radix in enumerate(self.radices)
            for option in range(radix)
            if option != architecture[decision]
        )
        return [neighbour for neighbour in changed if self.is_valid(neighbour)]

    def mutate(
        self, architecture: Architecture, rng: np.random.Generator
    ) -> Architecture:
        """Change one decision: uniform over decisions, then over its other options.

        The parent itself is never returned.

        Raises:
            ArchitectureError: No architecture differs in one decision.
        """
        open_decisions = [i for i, radix in enumerate(self.radices) if radix > 1]
        for _ in range(MUTATION_ATTEMPTS if open_decisions else 0):
            decision = open_decisions[rng.integers(len(open_decisions))]
            option = int(rng.integers(self.radices[decision] - 1))
            option += option >= architecture[decision]
            child = (*architecture[:decision], option, *architecture[decision + 1 :])
            if self.is_valid(child):
                return child
        neighbours = self.neighbours(architecture)
        if not neighbours:
            raise ArchitectureError(
                f"{self.format(architecture)} has no neighbour in {self.name}"
            )
        return neighbours[rng.integers(len(neighbours))]

    def crossover(
        self,
        first: Architecture,
        second: Architecture,
        rng: np.random.Generator,
        points: int | None = None,
    ) -> Architecture:
        """Join two parents: each decision comes from one of them.

        Args:
            first: One parent.
            second: The other parent.
            rng: Draws the mask.
            points: The number of cuts, between decisions, where the parent changes;
                None decides every decision by a fair coin (uniform crossover).

        Returns:
            A valid child. A child that equals a parent is possible, as between equal
            parents; where no valid child is drawn in 100 attempts, it is `first`.

        Raises:
            NasbenchError: There are fewer places to cut than `points`.
        """
        if points is not None and not 1 <= points < self.decisions:
            raise NasbenchError(
                f"crossover in {self.name} takes 1 to {self.decisions - 1} points, "
                f"not {points}"
            )
        for _ in range(MUTATION_ATTEMPTS):
            mask: NDArray[np.bool_]
            if points is None:
                mask = rng.random(self.decisions) < 0.5
            else:
                cuts = rng.choice(self.decisions - 1, size=points, replace=False) + 1
                steps = np.zeros(self.decisions, np.int64)
                steps[cuts] = 1
                mask = np.cumsum(steps) % 2 == 1
            child = tuple(
                b if m else a for a, b, m in zip(first, second, mask, strict=True)
            )
            if self.is_valid(child):
                return child
        return first

    def one_hot(self, architectures: Architectures) -> Architectures:
        """Return the ``(n, sum of radices) uint8`` indicator of every option."""
        self.indices(architectures)  # checks shape and range
        offsets = np.cumsum((0, *self.radices[:-1]))
        columns = np.asarray(architectures, dtype=np.int64) + offsets
        encoded = np.zeros((len(columns), sum(self.radices)), np.uint8)
        np.put_along_axis(encoded, columns, 1, axis=1)
        return encoded

    @cached_property
    def classes(self) -> EquivalenceClasses:
        """The equivalence classes under `canonical`; enumerates the whole space."""
        return find_classes(self)

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same kind of space with the same choices.

        A space whose validity rule has settings of its own compares those too.
        """
        if not isinstance(other, SearchSpace):
            return NotImplemented
        return type(self) is type(other) and self.choices == other.choices

    def __hash__(self) -> int:
        return hash((type(self), self.choices))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.size} combinations)"

    def _radices_text(self) -> str:
        distinct = set(self.radices)
        return str(distinct.pop()) if len(distinct) == 1 else str(self.radices)
