"""``nasbench export``: an architecture as a file that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nasbench.cli.options import Whole, table_path
from nasbench.cli.terminal import output
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace
from tabular import Table
from tabular.importers import PublishedTable
from tabular.opened import open_any


def export_command(
    table: str,
    architecture: str,
    /,
    *,
    to: Literal["torch", "onnx", "keras", "nni"],
    out: Path,
    seed: Whole = 0,
) -> None:
    """Write an architecture in the form that another tool reads.

    Networks are written with first weights: a table holds none that are trained.

    Args:
        table: A table file, or the id of a benchmark; it says how large the network's
            images are, how wide it is and how long.
        architecture: The text form, or the index.
        to: torch (a program, .pt2), onnx (.onnx), keras (layers, .json) or nni
            (choices by label, .json).
        out: The file to write.
        seed: Seeds the first weights.
    """
    held = open_any(table_path(table))
    found = _architecture(held.space, architecture)
    if seed < 0:
        raise NasbenchError(f"--seed is 0 or more, not {seed}")
    if to == "nni":
        from nasbench.export.as_nni import to_nni
        from nasbench.export.whole_files import write_json

        write_json(to_nni(held.space, found), out)
    else:
        _write_network(held.space, found, _skeleton(held), seed, to, out)
    output.print(str(out))


def _write_network(
    space: SearchSpace,
    architecture: Architecture,
    skeleton: Skeleton,
    seed: int,
    to: Literal["torch", "onnx", "keras"],
    out: Path,
) -> None:
    from nasbench.export import save_program, to_keras, to_onnx, to_torch
    from nasbench.export.whole_files import write_json

    image = (skeleton.image_channels, skeleton.height, skeleton.width)
    network = to_torch(space, architecture, skeleton, seed)
    if to == "torch":
        save_program(network, image, out)
    elif to == "onnx":
        to_onnx(network, image, out)
    else:
        write_json(to_keras(network, image), out)


def _architecture(space: SearchSpace, given: str) -> Architecture:
    digits = given.removeprefix("-")
    if digits.isascii() and digits.isdecimal():
        return space.architecture_at(int(given))
    return space.parse(given)


def _skeleton(held: Table | PublishedTable) -> Skeleton:
    """Return the frame of the table's networks."""
    if isinstance(held, Table):
        identity = held.identity
        return identity.recipe.skeleton(identity.image_shape, identity.classes)
    if held.mapping.skeleton is None:
        raise NasbenchError(
            f"table {held.path} does not say how its networks are built; import it "
            "with a [skeleton]"
        )
    return held.mapping.skeleton
