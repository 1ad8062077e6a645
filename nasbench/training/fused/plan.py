"""Everything that one network needs in memory, and its two programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.networks import Skeleton
from nasbench.spaces import Graph
from nasbench.training.fused.backward import Backward
from nasbench.training.fused.forward import Forward, with_running_statistics
from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.network import Node, flatten
from nasbench.training.fused.parameters import Parameters


@dataclass(frozen=True)
class Plan:
    """A network, ready to run in a block of memory of its own.

    Attributes:
        parameters: What is learned, and where it lies.
        weights: Place of the parameters; gradients and velocities follow.
        floats: Floats of memory.
        constants: Place -> floats that stand there from the start.
        tables: Integers that kernels read; a batch's labels are written here.
        train: ``(calls, WIDTH)``, a training step without the descent.
        evaluate: ``(calls, WIDTH)``, loss and correct count of a batch.
        ports: Where the compiled loop puts images and labels and finds results.
        room: Images that a batch has room for.
    """

    parameters: Parameters
    weights: int
    floats: int
    constants: dict[int, NDArray[np.float32]]
    tables: NDArray[np.int64]
    train: NDArray[np.int64]
    evaluate: NDArray[np.int64]
    ports: tuple[int, ...]
    room: int

    def memory(self) -> NDArray[np.float32]:
        """Return memory that holds the constants, aligned to whole vectors."""
        room = np.zeros(self.floats + LANES, np.float32)
        first = -(room.ctypes.data // room.itemsize) % LANES
        memory = room[first : first + self.floats]
        for place, values in self.constants.items():
            memory[place : place + len(values)] = values
        return memory


def plan(graph: Graph, skeleton: Skeleton, batch_size: int) -> Plan:
    """Return the plan of the cell network of `graph` for batches of so many images."""
    return plan_nodes(flatten(graph, skeleton), skeleton.classes, batch_size)


def plan_nodes(nodes: Sequence[Node], classes: int, batch_size: int) -> Plan:
    """Return the plan of a network for batches of `batch_size` images.

    Args:
        nodes: The network, in topological order.
        classes: What its classifier tells apart.
        batch_size: Images of a full batch.
    """
    parameters = Parameters(nodes, classes)
    forward = Forward(nodes, parameters, batch_size)
    program, head = forward.program, forward.head
    evaluation = with_running_statistics(program.calls)
    Backward(forward)
    images = forward.values[nodes[0]]
    program.lay_out(kept=[images])
    return Plan(
        parameters=parameters,
        weights=forward.weights,
        floats=program.layout.floats,
        constants=program.constants,
        tables=program.table(),
        train=program.rows(program.calls),
        evaluate=program.rows(evaluation),
        ports=(
            images.place,
            images.channels,
            images.pixels,
            images.blocks,
            head.labels,
            head.result,
            forward.weights,
            parameters.padded,
        ),
        room=forward.blocks * LANES,
    )
