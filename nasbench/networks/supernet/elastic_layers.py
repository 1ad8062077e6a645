"""Which layers a space's networks are cut from, and which of them one network has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from itertools import product

from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, LayerSpace
from nasbench.spaces.layer_space import Layer
from nasbench.spaces.size_compound import DEPTHS, SizeCompound

Choice = tuple[tuple[int, Layer], ...]
"""A network: numbers of slots, ascending, and the layer that each of them is."""


@dataclass(frozen=True)
class Slot:
    """A place for a layer, as large as any network has it there.

    Attributes:
        stage: Slots of one stage may be left out from the end; their outputs have the
            same channels.
        kernels: Kernel widths, ascending.
        filters: The most filters.
        stride: The smallest stride.
    """

    stage: int
    kernels: tuple[int, ...]
    filters: int
    stride: int

    @property
    def largest(self) -> Layer:
        """The largest layer."""
        return Layer(self.kernels[-1], self.filters, self.stride)


@singledispatch
def stages(space: LayerSpace, architecture: Architecture) -> tuple[int, ...]:
    """Return how many layers every stage of a network has; here each has one.

    A space of several depths registers its own: ``stages.register(MySpace)``.
    """
    return (1,) * len(space.layers(architecture))


@stages.register
def _(space: SizeCompound, architecture: Architecture) -> tuple[int, ...]:
    depth = DEPTHS[architecture[2]]
    return (depth,) * (len(space.layers(architecture)) // depth)


def choice_of(space: LayerSpace, architecture: Architecture) -> Choice:
    """Return the slots and layers of an architecture."""
    deepest = _depths(space)
    layers = iter(space.layers(architecture))
    chosen, start = [], 0
    for depth, most in zip(stages(space, architecture), deepest, strict=True):
        chosen += [(start + i, next(layers)) for i in range(depth)]
        start += most
    return tuple(chosen)


def slots_of(space: LayerSpace) -> tuple[Slot, ...]:
    """Return the slots that all networks of a space fit into."""
    seen: dict[int, list[Layer]] = {}
    for architecture in _spanning(space):
        for number, layer in choice_of(space, architecture):
            seen.setdefault(number, []).append(layer)
    numbers = [s for s, most in enumerate(_depths(space)) for _ in range(most)]
    return tuple(
        Slot(
            stage,
            tuple(sorted({layer.kernel for layer in seen[slot]})),
            max(layer.filters for layer in seen[slot]),
            min(layer.stride for layer in seen[slot]),
        )
        for slot, stage in enumerate(numbers)
    )


def _depths(space: LayerSpace) -> tuple[int, ...]:
    """Return the most layers of every stage."""
    last = tuple(radix - 1 for radix in space.radices)
    return stages(space, last)


def _spanning(space: LayerSpace) -> Iterator[Architecture]:
    """Yield architectures that show every layer at every place."""
    first = (0,) * space.decisions
    step = space.decisions_per_layer
    if len(space.layers(first)) * step != space.decisions:
        if space.size > 10_000:
            raise NasbenchError(
                f"{space.name} has no elastic supernet: its decisions do not describe "
                f"one layer each, and {space.size:,} networks are too many to look at"
            )
        yield from space
        return
    for start in range(0, space.decisions, step):
        for options in product(*map(range, space.radices[start : start + step])):
            yield (*first[:start], *options, *first[start + step :])
