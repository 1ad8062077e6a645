"""An architecture as NNI names it: a choice for every label."""

from __future__ import annotations

from functools import singledispatch
from typing import TypeAlias

from nasbench.spaces import Architecture, SearchSpace, TopologyCell
from nasbench.spaces.cell101 import Cell101

Choice: TypeAlias = str | list[int]

NNI_OPERATIONS = {"nor_conv_1x1": "conv_1x1", "nor_conv_3x3": "conv_3x3"}
"""What NNI calls the convolutions of NAS-Bench-201."""


@singledispatch
def to_nni(space: SearchSpace, architecture: Architecture) -> dict[str, Choice]:
    """Return the choices of an architecture by their labels, ready for JSON.

    A cell of NAS-Bench-201 is written as NNI's copy of that table is queried,
    ``{"0_1": "conv_3x3", ...}``, and a cell of NAS-Bench-101 likewise, pruned,
    ``{"op1": "maxpool3x3", "input1": [0], ...}``. Any other space gets a label per
    decision, ``{"decision_000": "w8", ...}``, the keys of `to_nni_search_space`.

    Raises:
        ArchitectureError: The space does not hold the architecture.
    """
    taken = zip(space.choices, space.check(architecture), strict=True)
    return {
        f"decision_{number:03}": options[option]
        for number, (options, option) in enumerate(taken)
    }


@to_nni.register
def _(space: TopologyCell, architecture: Architecture) -> dict[str, Choice]:
    taken = zip(space.edges, space.check(architecture), strict=True)
    return {
        f"{source}_{target}": _nni_name(space.operations[option])
        for (source, target), option in taken
    }


@to_nni.register
def _(space: Cell101, architecture: Architecture) -> dict[str, Choice]:
    pruned = space.prune(architecture)
    output = len(pruned.operations) + 1
    operations: dict[str, Choice] = {
        f"op{vertex}": space.choices[-1][option]
        for vertex, option in enumerate(pruned.operations, start=1)
    }
    inputs: dict[str, Choice] = {
        f"input{vertex}": [
            source for source, target in pruned.edges if target == vertex
        ]
        for vertex in range(1, output + 1)
    }
    return operations | inputs


def to_nni_search_space(space: SearchSpace) -> dict[str, dict[str, object]]:
    """Return a space in the form of NNI's search-space files.

    Every decision is ``{"_type": "choice", "_value": [...]}``; validity rules cannot
    be said.
    """
    if isinstance(space, TopologyCell):
        labels = [f"{source}_{target}" for source, target in space.edges]
    else:
        labels = [f"decision_{number:03}" for number in range(space.decisions)]
    return {
        label: {"_type": "choice", "_value": [_nni_name(option) for option in options]}
        for label, options in zip(labels, space.choices, strict=True)
    }


def _nni_name(operation: str) -> str:
    return NNI_OPERATIONS.get(operation, operation)
