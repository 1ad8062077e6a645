"""Roofline devices: every step is bound by arithmetic or by memory; simulated.

Williams, Waterman & Patterson, "Roofline", CACM 2009, step by step, with the time that
it takes to start a step.
"""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from nasbench.errors import NasbenchError, unknown
from nasbench.hardware.energy import (
    BYTE_PJ,
    ELEMENT_BYTES,
    Memory,
    Precision,
    energy_mj,
)
from nasbench.hardware.layer_shapes import Schedule, network_schedule
from nasbench.hardware.memory import peak_activations
from nasbench.hardware.target import Kind, ModelledCost, RejectedError
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace

PREFIX = "sim-roofline-"
"""What the names of these targets begin with; a device's own name follows."""


@dataclass(frozen=True)
class RooflineDevice:
    """The peak numbers of a device, as a table of ``roofline.toml``.

    Attributes:
        summary: What it is, in words.
        precision: The format of the numbers, ``int8`` or ``fp32``.
        macs_per_second: Multiplications with their additions.
        bytes_per_second: Bandwidth of the memory.
        overhead_us: Microseconds to start one step.
        memory: Where activations lie, ``sram`` or ``dram``.
        sources: Who published the numbers.
        capacity_bytes: What activations may take; None for plenty.
    """

    summary: str
    precision: Precision
    macs_per_second: float
    bytes_per_second: float
    overhead_us: float
    memory: Memory
    sources: tuple[str, ...]
    capacity_bytes: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            NasbenchError: A rate is not positive, or a name is not known.
        """
        for name in ("macs_per_second", "bytes_per_second"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and value > 0 and isfinite(value)):
                raise NasbenchError(f"{name} is positive and finite, not {value!r}")
        if not (
            isinstance(self.overhead_us, int | float) and 0 <= self.overhead_us < 1e6
        ):
            raise NasbenchError(f"overhead_us is 0 or more, not {self.overhead_us!r}")
        if self.precision not in ELEMENT_BYTES:
            raise NasbenchError(
                unknown("precision", str(self.precision), ELEMENT_BYTES)
            )
        if self.memory not in BYTE_PJ:
            raise NasbenchError(unknown("memory", str(self.memory), BYTE_PJ))


@dataclass(frozen=True)
class Roofline:
    """A roofline device as a target.

    Attributes:
        name: The target's name.
        device: Its peak numbers.
    """

    name: str
    device: RooflineDevice

    @property
    def kind(self) -> Kind:
        """Simulated."""
        return "simulated"

    def cost(
        self, space: SearchSpace, architecture: Architecture, skeleton: Skeleton
    ) -> ModelledCost:
        """Return latency and energy of the pruned network, one image.

        Raises:
            RejectedError: The activations do not fit into the device.
            NasbenchError: No layer shapes are known of this kind of space.
        """
        return self.schedule_cost(network_schedule(space, architecture, skeleton))

    def schedule_cost(self, schedule: Schedule) -> ModelledCost:
        """Return latency and energy of these steps, one after the other.

        Raises:
            RejectedError: The activations do not fit into the device.
        """
        device = self.device
        size = ELEMENT_BYTES[device.precision]
        peak = size * peak_activations(schedule)
        if device.capacity_bytes is not None and peak > device.capacity_bytes:
            raise RejectedError(
                f"activations take {peak:,} bytes, and {self.name} has "
                f"{device.capacity_bytes:,}"
            )
        seconds = 0.0
        for step in schedule.steps:
            macs = step.gemm.macs if step.gemm is not None else 0
            moved = size * (schedule.activations(step) + step.weights)
            seconds += max(
                macs / device.macs_per_second, moved / device.bytes_per_second
            )
        seconds += 1e-6 * device.overhead_us * len(schedule.steps)
        traffic = {device.memory: float(size * schedule.moved)}
        return ModelledCost(
            latency_ms=1000 * seconds,
            energy_mj=energy_mj(schedule.macs, device.precision, traffic),
            memory_bytes=peak,
            moved_bytes=size * schedule.moved,
        )


@cache
def roofline_targets() -> dict[str, Roofline]:
    """Return the devices that ship, by the names of their targets."""
    shipped = files("nasbench.hardware") / "roofline.toml"
    return parse_devices(shipped.read_text(encoding="utf-8"), "roofline.toml")


def target_names() -> list[str]:
    """Return the names of the devices that ship, as targets."""
    return list(roofline_targets())


def make_target(name: str) -> Roofline:
    """Return the device with this name.

    Raises:
        NasbenchError: There is none; near matches are named.
    """
    targets = roofline_targets()
    if name not in targets:
        raise NasbenchError(unknown("target", name, targets))
    return targets[name]


def load_devices(path: Path) -> dict[str, Roofline]:
    """Return the devices of a TOML file of the user's, by their targets' names.

    Raises:
        NasbenchError: There is no such file, or it is none of devices.
    """
    try:
        return parse_devices(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise NasbenchError(f"no devices at {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NasbenchError(f"devices {path} are no UTF-8 text: {error}") from error


def parse_devices(text: str, origin: str) -> dict[str, Roofline]:
    """Return the devices of a TOML text; `origin` is named in errors.

    Raises:
        NasbenchError: The text is no TOML, or a table is not a device.
    """
    try:
        tables = tomllib.loads(text)
        made = {name: _device(name, table) for name, table in tables.items()}
    except (tomllib.TOMLDecodeError, NasbenchError) as error:
        raise NasbenchError(f"devices {origin}: {error}") from error
    return {
        f"{PREFIX}{name}": Roofline(f"{PREFIX}{name}", device)
        for name, device in made.items()
    }


def _device(name: str, table: object) -> RooflineDevice:
    if not isinstance(table, dict):
        raise NasbenchError(f"[{name}] is a table of numbers, not {table!r}")
    known = {field.name: field for field in fields(RooflineDevice)}
    for key in table:
        if key not in known:
            raise NasbenchError(f"{unknown('key', key, known)} in [{name}]")
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            raise NasbenchError(f"[{name}] lacks the key {key!r}")
    sources = table["sources"]
    if not (isinstance(sources, list) and all(isinstance(s, str) for s in sources)):
        raise NasbenchError(f"[{name}]: sources are a list of texts, not {sources!r}")
    values: dict[str, Any] = {**table, "sources": tuple(sources)}
    try:
        return RooflineDevice(**values)
    except NasbenchError as error:
        raise NasbenchError(f"[{name}]: {error}") from error
