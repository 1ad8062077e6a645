"""Spaces by name."""

from __future__ import annotations

from collections.abc import Callable

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces.cell101 import Cell101
from nasbench.spaces.chain import Chain
from nasbench.spaces.conv5 import Conv5
from nasbench.spaces.operations import EFFECTS
from nasbench.spaces.size import Size
from nasbench.spaces.size_compound import SizeCompound
from nasbench.spaces.space import SearchSpace
from nasbench.spaces.topology_cell import TopologyCell

ENTRY_POINTS = "nasbench.spaces"
"""Third-party spaces: entry points of this group are functions without arguments."""

TOPOLOGY_FORM = "topology:NODES:OPERATION,OPERATION,..."


def cell201() -> TopologyCell:
    """Return the cell of NAS-Bench-201: 4 nodes, 5 operations, 15,625 cells."""
    return TopologyCell("cell201", 4, tuple(EFFECTS))


def cell201_mini() -> TopologyCell:
    """Return its small cut for demonstrations: 3 nodes, 5 operations, 125 cells."""
    return TopologyCell("cell201-mini", 3, tuple(EFFECTS))


SPACES: dict[str, Callable[[], SearchSpace]] = {
    "cell101": Cell101,
    "cell201": cell201,
    "cell201-mini": cell201_mini,
    "chain": Chain,
    "conv5": Conv5,
    "size": Size,
    "size-compound": SizeCompound,
}


def space_names() -> list[str]:
    """Return the names of all spaces, ours and third parties'."""
    from importlib.metadata import entry_points

    return sorted({*SPACES, *entry_points(group=ENTRY_POINTS).names})


def make_space(name: str) -> SearchSpace:
    """Return the space called `name`.

    A topology cell of any size is named by its form, as in
    ``topology:3:none,skip_connect,nor_conv_3x3``.

    Raises:
        NasbenchError: No space has that name; near matches are named.
    """
    if name in SPACES:
        return SPACES[name]()
    kind, _, rest = name.partition(":")
    if kind == "topology":
        nodes, _, operations = rest.partition(":")
        if not (nodes.isascii() and nodes.isdecimal() and operations):
            raise NasbenchError(f"space {name!r} has not the form {TOPOLOGY_FORM}")
        plain = f"topology:{int(nodes)}:{operations}"
        return TopologyCell(plain, int(nodes), operations.split(","))
    # Imported when asked for: our own spaces do not need it.
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS, name=name):
        space: SearchSpace = entry.load()()
        return space
    raise NasbenchError(f"{unknown('space', name, space_names())}; or {TOPOLOGY_FORM}")
