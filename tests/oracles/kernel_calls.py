"""Runs single kernel calls of the fused engine on numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.training.fused.interpreter import run_batches
from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.memory import Tensor
from nasbench.training.fused.program import Kernel, Program


class Calls:
    """A program of a few calls, with the arrays that they read and write."""

    def __init__(self) -> None:
        self.program = Program()
        self._tensors: dict[Tensor, NDArray[Any]] = {}
        self._memory = np.zeros(0, np.float32)

    def tensor(self, values: NDArray[Any]) -> Tensor:
        """Place ``(images, channels, pixels)`` values; beyond the images are zeros."""
        images, channels, pixels = values.shape
        tensor = Tensor(channels, pixels, -(-images // LANES))
        self._tensors[tensor] = values
        return tensor

    def floats(self, values: Any) -> int:
        """Place a list of floats of its own."""
        flat = np.asarray(values, np.float32).ravel()
        place = self.program.layout.reserve(len(flat))
        self.program.constants[place] = flat
        return place

    def integers(self, values: Any) -> int:
        """Place a list of integers."""
        place = len(self.program.tables)
        self.program.tables += list(values)
        return place

    def call(self, kernel: Kernel, **given: Any) -> None:
        """Add a call."""
        self.program.call(kernel, **given)

    def run(self) -> None:
        """Run all calls once."""
        program = self.program
        program.lay_out(kept=self._tensors)
        room = np.zeros(program.layout.floats + LANES, np.float32)
        first = -(room.ctypes.data // 4) % LANES
        self._memory = memory = room[first:]
        for place, values in program.constants.items():
            memory[place : place + len(values)] = values
        for tensor, values in self._tensors.items():
            self._view(tensor)[:] = _laned(values, tensor)
        run_batches(
            memory,
            program.table() if program.tables else np.zeros(1, np.int64),
            program.rows(program.calls),
            (0,) * 8,
            np.zeros((0, 1), np.float32),
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            1,
            np.zeros(0),
            0.0,
            0.0,
            np.zeros(1),
        )

    def read(self, tensor: Tensor, images: int) -> NDArray[np.float32]:
        """Return ``(images, channels, pixels)``."""
        view = self._view(tensor)  # (blocks, channels, pixels, 16)
        flat = view.transpose(0, 3, 1, 2).reshape(-1, tensor.channels, tensor.pixels)
        return np.ascontiguousarray(flat[:images])

    def read_floats(self, place: int, *shape: int) -> NDArray[np.float32]:
        """Return floats at a place."""
        return self._memory[place : place + int(np.prod(shape))].reshape(shape)

    def _view(self, tensor: Tensor) -> NDArray[np.float32]:
        channel = (tensor.pixels + 1) * LANES
        block = tensor.channels * channel + LANES
        flat = self._memory[tensor.place : tensor.place + tensor.floats]
        rows = flat.reshape(tensor.blocks, block)[:, : tensor.channels * channel]
        shaped = rows.reshape(tensor.blocks, tensor.channels, tensor.pixels + 1, LANES)
        return shaped[:, :, :-1]


def _laned(values: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    padded = np.zeros((tensor.blocks * LANES, *values.shape[1:]), np.float32)
    padded[: len(values)] = values
    shaped = padded.reshape(tensor.blocks, LANES, *values.shape[1:])
    return shaped.transpose(0, 2, 3, 1)
