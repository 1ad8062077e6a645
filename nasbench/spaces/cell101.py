"""The cell of NAS-Bench-101: any small graph, with an operation on every vertex."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces.graph import INPUT, OUTPUT, Graph, canonical_graph
from nasbench.spaces.nb101_hash import INPUT_LABEL, OUTPUT_LABEL, nb101_hash
from nasbench.spaces.space import Architecture, ArchitectureError, SearchSpace

CONV_3X3 = "conv3x3-bn-relu"
CONV_1X1 = "conv1x1-bn-relu"
MAX_POOL_3X3 = "maxpool3x3"

NB101_OPERATIONS = (CONV_3X3, CONV_1X1, MAX_POOL_3X3)
"""The operations in NAS-Bench-101's order, whose numbers go into the hash."""

_VERTEX = re.compile(r"([^()|]+)\(([\d,]*)\)")

Edges: TypeAlias = tuple[tuple[int, int], ...]


class PrunedCell(NamedTuple):
    """What is left of a cell when idle vertices are gone; vertices are renumbered.

    Attributes:
        edges: The pairs (source, target), in row-major order.
        operations: The numbers of the operations between input and output.
    """

    edges: Edges
    operations: tuple[int, ...]


class Cell101(SearchSpace):
    """All graphs of up to `vertices` vertices and `max_edges` edges, as decisions.

    Ying et al., ICML 2019: 7 vertices with input and output, 9 edges, 3 operations,
    423,624 cells. The decisions are those of the encoding A that nas_benchmarks uses
    (Klein & Hutter, 2019): a yes or no for each of the 21 edges i -> j, i < j, in
    row-major order, and an operation for each of the 5 vertices in between.

    Vertices that are not on a path from input to output are pruned, and their
    operations mean nothing. A combination is valid if such a path is there and at most
    `max_edges` edges are left. Two cells are one class if their pruned graphs have
    the same hash, NAS-Bench-101's own. They are then the same graph, and the same
    function up to the rounding of channels: where the output's channels do not divide
    evenly among its inputs, NAS-Bench-101 gives the rest to those numbered first.

    Args:
        name: The space's name.
        vertices: Vertices with input and output, 2 to 7; fewer make a small cut.
        max_edges: Edges after pruning.

    Attributes:
        vertices: Vertices, counting input and output.
        max_edges: How many edges may be left after pruning.
        edges: The pairs (source, target), in the order of their decisions.
        operations: What a vertex may do, in the order of its integers.
    """

    operations = NB101_OPERATIONS

    def __init__(
        self, name: str = "cell101", vertices: int = 7, max_edges: int = 9
    ) -> None:
        if not 2 <= vertices <= 7:
            raise NasbenchError(f"a cell101 has 2 to 7 vertices, not {vertices}")
        if max_edges < 1:
            raise NasbenchError(f"a cell101 has at least 1 edge, not {max_edges}")
        self.vertices = vertices
        self.max_edges = max_edges
        self.edges: Edges = tuple(
            (i, j) for i in range(vertices) for j in range(i + 1, vertices)
        )
        choices: list[Sequence[str]] = [("no edge", "edge")] * len(self.edges)
        super().__init__(name, [*choices, *[NB101_OPERATIONS] * (vertices - 2)])

    def is_valid(self, architecture: Architecture) -> bool:
        """Return whether input and output are joined by few enough edges."""
        pruned = _prune(self.vertices, architecture)
        return pruned is not None and len(pruned.edges) <= self.max_edges

    def prune(self, architecture: Architecture) -> PrunedCell:
        """Return the cell without the vertices that are on no path to the output.

        Raises:
            ArchitectureError: The space does not hold `architecture`.
        """
        pruned = _prune(self.vertices, self.check(architecture))
        assert pruned is not None, "a valid cell has a path"
        return pruned

    def canonical(self, architecture: Architecture) -> str:
        """Return NAS-Bench-101's hash of the pruned graph, 32 hexadecimal digits."""
        return _hash_of(self.prune(architecture))

    def hash_of(self, architecture: Architecture) -> str | None:
        """Return the hash of any combination; None where no cell comes of it."""
        pruned = _prune(self.vertices, architecture)
        if pruned is None or len(pruned.edges) > self.max_edges:
            return None
        return _hash_of(pruned)

    def graph(self, architecture: Architecture) -> Graph:
        """Return the pruned graph in canonical order, for encodings and drawings.

        In NAS-Bench-101's networks the output joins its inputs side by side instead
        of summing them, and adds a projection of the cell's input.
        """
        pruned = self.prune(architecture)
        output = len(pruned.operations) + 1
        into: list[list[int]] = [[] for _ in range(output + 1)]
        for source, target in pruned.edges:
            into[target].append(source)
        labels = [NB101_OPERATIONS[option] for option in pruned.operations]
        return canonical_graph(labels, into[1:output], into[output])[0]

    def format(self, architecture: Architecture) -> str:
        """Return the operation of every vertex with the vertices that it reads.

        >>> space = Cell101("tiny", vertices=4)
        >>> space.format((1, 0, 1, 1, 0, 1, 0, 2))
        'conv3x3-bn-relu(0)|maxpool3x3(1)|output(0,2)'
        """
        checked = self.check(architecture)
        into: list[list[str]] = [[] for _ in range(self.vertices)]
        for (source, target), there in zip(self.edges, checked, strict=False):
            if there:
                into[target].append(str(source))
        options = checked[len(self.edges) :]
        names = [*(NB101_OPERATIONS[option] for option in options), OUTPUT]
        return "|".join(
            f"{name}({','.join(sources)})"
            for name, sources in zip(names, into[1:], strict=True)
        )

    def parse(self, text: str) -> Architecture:
        """Return the architecture that `format` wrote.

        Raises:
            ArchitectureError: The text has another form, or the cell is not valid.
        """
        terms = [_VERTEX.fullmatch(term) for term in text.strip().split("|")]
        if len(terms) != self.vertices - 1 or None in terms:
            raise self._malformed(text)
        taken: set[tuple[int, int]] = set()
        operations: list[int] = []
        for target, term in enumerate(terms, start=1):
            assert term is not None, "looked at above"
            sources = [int(source) for source in term[2].split(",") if source]
            taken.update((source, target) for source in sources)
            if target == self.vertices - 1:
                break
            if term[1] not in NB101_OPERATIONS:
                reason = unknown("operation", term[1], NB101_OPERATIONS)
                raise ArchitectureError(f"{reason} in {text!r}")
            operations.append(NB101_OPERATIONS.index(term[1]))
        bits = [int(edge in taken) for edge in self.edges]
        architecture = self.check([*bits, *operations])
        if (formatted := self.format(architecture)) != text.strip():
            raise ArchitectureError(f"{text!r} is written {formatted!r}")
        return architecture

    def from_published(
        self, adjacency: Sequence[Sequence[int]], operations: Sequence[str]
    ) -> Architecture:
        """Return the architecture of a matrix and its operations.

        Args:
            adjacency: ``(v, v)``, v up to `vertices`; row i, column j tells of the
                edge i -> j. Below the diagonal there is nothing.
            operations: ``input``, the operations, ``output``, as NAS-Bench-101 writes
                them. A smaller graph leaves vertices over, which read nothing.

        Raises:
            ArchitectureError: They do not fit together, or the cell is not valid.
        """
        names, size = list(operations), len(operations)
        fits = (
            2 <= size <= self.vertices
            and (names[0], names[-1]) == (INPUT, OUTPUT)
            and [len(row) for row in adjacency] == [size] * size
        )
        edges = {
            (i, j)
            for i, row in enumerate(adjacency)
            for j, there in enumerate(row)
            if there
        }
        if not fits or any(i >= j for i, j in edges):
            raise ArchitectureError(
                f"a cell of {self.name} is an upper triangular matrix of 2 to "
                f"{self.vertices} rows, and as many operations from {INPUT!r} to "
                f"{OUTPUT!r}; given {len(adjacency)} rows and {names}"
            )
        for name in names[1:-1]:
            if name not in NB101_OPERATIONS:
                raise ArchitectureError(unknown("operation", name, NB101_OPERATIONS))
        options = [NB101_OPERATIONS.index(name) for name in names[1:-1]]
        return self.check(self.embed(edges, options))

    def embed(
        self, edges: Collection[tuple[int, int]], operations: Sequence[int]
    ) -> Architecture:
        """Return the decisions of a graph; vertices left over read nothing.

        Args:
            edges: The pairs (source, target); the output is the last vertex.
            operations: The numbers of the operations of the vertices in between.
        """
        output = len(operations) + 1
        moved = {(i, self.vertices - 1 if j == output else j) for i, j in edges}
        spare = [0] * (self.vertices - 2 - len(operations))
        return (*(int(edge in moved) for edge in self.edges), *operations, *spare)

    def __eq__(self, other: object) -> bool:
        """Return whether both allow the same cells."""
        same = super().__eq__(other)
        if same is not True:
            return same
        return isinstance(other, Cell101) and self.max_edges == other.max_edges

    def __hash__(self) -> int:
        return super().__hash__()

    def _malformed(self, text: str) -> ArchitectureError:
        example = self.format(self.embed([(0, 1)], []))
        return ArchitectureError(
            f"{text!r} is no architecture of {self.name}: expected the form {example!r}"
        )


@lru_cache(maxsize=2**16)
def _prune(vertices: int, architecture: Architecture) -> PrunedCell | None:
    """Drop the vertices on no path from input to output; None where none is left."""
    out_of = [0] * vertices  # a bit for every vertex that is read from here
    position = 0
    for source in range(vertices - 1):
        for target in range(source + 1, vertices):
            out_of[source] |= architecture[position] << target
            position += 1
    output = 1 << (vertices - 1)
    reached = 1
    for source in range(vertices):
        if reached >> source & 1:
            reached |= out_of[source]
    if not reached & output:
        return None
    useful = output
    for source in range(vertices - 2, -1, -1):
        if out_of[source] & useful:
            useful |= 1 << source
    kept = [v for v in range(vertices) if reached & useful & 1 << v]
    edges = tuple(
        (i, j)
        for i, source in enumerate(kept)
        for j, target in enumerate(kept)
        if out_of[source] >> target & 1
    )
    return PrunedCell(edges, tuple(architecture[position + v - 1] for v in kept[1:-1]))


@lru_cache(maxsize=2**16)
def _hash_of(cell: PrunedCell) -> str:
    return nb101_hash(cell.edges, (INPUT_LABEL, *cell.operations, OUTPUT_LABEL))
