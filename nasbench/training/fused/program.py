"""Instructions: every kernel call of a training step, in order, as rows of integers.

Calls are planned with tensors; when all are known, tensors get their places in memory,
shared by those that live at different times, and the calls become an array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.training.fused.interpreter import KERNELS, WIDTH
from nasbench.training.fused.memory import Layout, Tensor

Kernel = Callable[..., None]
Grouped = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Pairs by group: ``(n,)`` groups, and ``(n, 2)`` pairs."""


@cache
def parameters_of(kernel: Kernel) -> tuple[str, ...]:
    """Return the names of a kernel's arguments after memory and tables."""
    signature = inspect.signature(kernel.py_func)  # type: ignore[attr-defined]
    return tuple(signature.parameters)[2:]


@dataclass(frozen=True)
class Call:
    """One kernel call.

    Attributes:
        kernel: One of `interpreter.KERNELS`.
        arguments: All after memory and tables, in the kernel's order.
        also: Tensors that it finds through the tables.
    """

    kernel: Kernel
    arguments: tuple[int | Tensor, ...]
    also: tuple[Tensor, ...] = ()

    @property
    def tensors(self) -> Iterable[Tensor]:
        """The tensors that it reads or writes."""
        yield from (value for value in self.arguments if isinstance(value, Tensor))
        yield from self.also


@dataclass
class Program:
    """Calls in the making, with the tables and the constants that they read.

    Attributes:
        layout: Hands out places in memory.
        calls: The calls so far.
        tables: Integers that kernels read; tensors stand for their places.
        constants: Place -> floats that stand there from the start.
    """

    layout: Layout = field(default_factory=Layout)
    calls: list[Call] = field(default_factory=list)
    tables: list[int | Tensor] = field(default_factory=list)
    constants: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    _known: dict[Any, int] = field(default_factory=dict)

    def call(
        self, kernel: Kernel, *, also: tuple[Tensor, ...] = (), **given: int | Tensor
    ) -> None:
        """Add a call.

        Args:
            kernel: One of `interpreter.KERNELS`.
            also: Tensors that it finds through the tables.
            **given: The kernel's own arguments after memory and tables.
        """
        names = parameters_of(kernel)
        if set(names) != set(given):
            raise TypeError(f"{kernel} takes {names}, not {tuple(given)}")
        self.calls.append(Call(kernel, tuple(given[name] for name in names), also))

    def constant(self, values: NDArray[np.float32]) -> int:
        """Return the place of constant floats, one for all that are equal."""
        key = values.tobytes()
        if key not in self._known:
            self._known[key] = place = self.layout.reserve(len(values))
            self.constants[place] = values
        return self._known[key]

    def grouped(self, key: Any, groups: int, make: Callable[[], Grouped]) -> int:
        """Return the place of a list of pairs by group, made once per key.

        Args:
            key: What the list is of.
            groups: How many groups there are.
            make: Makes the list.

        Returns:
            The place of ``(groups + 1,)`` places where the groups' pairs start.
        """
        if key not in self._known:
            numbers, pairs = make()
            self._known[key] = place = len(self.tables)
            order = np.argsort(numbers, kind="stable")
            ends = np.cumsum(np.bincount(numbers, minlength=groups))
            first = place + len(ends) + 1
            self.tables += [first, *(first + 2 * ends).tolist()]
            self.tables += pairs[order].ravel().tolist()
        return self._known[key]

    def lay_out(self, kept: Iterable[Tensor] = ()) -> None:
        """Give every tensor its place.

        Args:
            kept: Tensors that share their place with none.
        """
        lives: dict[Tensor, tuple[int, int]] = {}
        for number, call in enumerate(self.calls):
            for tensor in call.tensors:
                first, _ = lives.get(tensor, (number, number))
                lives[tensor] = (first, number)
        for tensor in kept:
            lives.pop(tensor, None)
            tensor.place = self.layout.reserve(tensor.floats)
        self.layout.share(lives)

    def rows(self, calls: Iterable[Call]) -> NDArray[np.int64]:
        """Return calls as ``(calls, WIDTH)``: number of the kernel, its arguments."""
        rows = [
            [KERNELS.index(call.kernel), *map(_place, call.arguments)] for call in calls
        ]
        padded = [row + [0] * (WIDTH - len(row)) for row in rows]
        return np.array(padded, np.int64).reshape(-1, WIDTH)

    def table(self) -> NDArray[np.int64]:
        """Return the tables as one array."""
        return np.array([_place(value) for value in self.tables], np.int64)


def _place(value: int | Tensor) -> int:
    return value.place if isinstance(value, Tensor) else value
