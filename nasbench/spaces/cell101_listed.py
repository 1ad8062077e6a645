"""The cells of NAS-Bench-101 that somebody has numbers of."""

from __future__ import annotations

from collections.abc import Iterable

from nasbench.errors import NasbenchError
from nasbench.spaces.cell101 import Cell101
from nasbench.spaces.space import Architecture


class ListedCell101(Cell101):
    """The cells whose hashes are listed; all others are not valid.

    Whoever has a sample of NAS-Bench-101's table can search in it as it is: nothing
    is filled in for cells without numbers. Samples and mutations are those of
    `Cell101`, drawn again until the list holds the outcome, so what stands for many
    matrices is drawn often, as there. Where the sample is thin, few of a cell's
    neighbours are listed, and local moves are harder than in the whole space.

    Args:
        name: The space's name.
        hashes: The hashes of the cells, as `Cell101.canonical` returns them.
        vertices: As of `Cell101`.
        max_edges: As of `Cell101`.

    Attributes:
        hashes: The listed hashes.
    """

    def __init__(
        self, name: str, hashes: Iterable[str], vertices: int = 7, max_edges: int = 9
    ) -> None:
        super().__init__(name, vertices, max_edges)
        self.hashes = frozenset(hashes)
        if not self.hashes:
            raise NasbenchError(f"space {name!r} lists no cell; give its hashes")

    def is_valid(self, architecture: Architecture) -> bool:
        """Return whether this is a valid cell and the list holds its hash."""
        hash_of = self.hash_of(architecture)
        return hash_of is not None and hash_of in self.hashes

    def __eq__(self, other: object) -> bool:
        """Return whether both list the same cells."""
        same = super().__eq__(other)
        if same is not True:
            return same
        return isinstance(other, ListedCell101) and self.hashes == other.hashes

    def __hash__(self) -> int:
        return super().__hash__()
