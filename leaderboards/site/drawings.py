"""What the page needs to draw an architecture: the layers, where there are layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from leaderboards.site.packed import packed
from nasbench.spaces import Architecture, LayerSpace, SearchSpace, TopologyCell
from nasbench.spaces.drawing import COLOURS as OPERATION_COLOURS
from nasbench.spaces.layer_drawing import COLOURS as KERNEL_COLOURS
from nasbench.spaces.layer_space import Layer


def space_form(space: SearchSpace) -> dict[str, Any]:
    """Return what the page knows of a space: its decisions and how it is written."""
    form: dict[str, Any] = {
        "name": space.name,
        "choices": [list(options) for options in space.choices],
        "strides": list(space.strides),
    }
    if isinstance(space, TopologyCell):
        form["kind"] = "cell"
        form["nodes"] = space.nodes
        form["edges"] = [list(edge) for edge in space.edges]
        form["colours"] = OPERATION_COLOURS
    elif isinstance(space, LayerSpace):
        form["kind"] = "layers"
        form["colours"] = {str(kernel): c for kernel, c in KERNEL_COLOURS.items()}
    else:
        form["kind"] = "text"
    return form


def layers_of(
    space: SearchSpace, architectures: list[Architecture]
) -> dict[str, Any] | None:
    """Return the layers of many architectures; None where a space has none.

    The object holds ``kinds``, the distinct layers as (kernel, filters, stride), and
    for every architecture how many it has (``counts``) and which (``codes``).
    """
    if not isinstance(space, LayerSpace):
        return None
    kinds: dict[Layer, int] = {}
    codes: list[int] = []
    counts: list[int] = []
    for architecture in architectures:
        layers = space.layers(architecture)
        counts.append(len(layers))
        codes += [kinds.setdefault(layer, len(kinds)) for layer in layers]
    return {
        "kinds": [list(kind) for kind in kinds],
        "counts": packed(np.array(counts, np.int64)),
        "codes": packed(np.array(codes, np.int64)),
    }
