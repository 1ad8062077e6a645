"""What a column of a published table means: quantity, unit, split, training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from nasbench.benchmark import Split
from nasbench.errors import NasbenchError, unknown

Quantity: TypeAlias = Literal[
    "accuracy",
    "loss",
    "seconds",
    "latency",
    "energy",
    "memory",
    "parameters",
    "flops",
    "score",
]
"""What is measured; ``score`` is any number without a unit, such as a proxy."""

UNITS: dict[Quantity, dict[str, float]] = {
    "accuracy": {"fraction": 1.0, "%": 0.01},
    "loss": {"nats": 1.0, "bits": math.log(2)},
    "seconds": {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0},
    "latency": {"ms": 1.0, "us": 1e-3, "s": 1e3},
    "energy": {"mJ": 1.0, "uJ": 1e-3, "J": 1e3},
    "memory": {"bytes": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "MB": 1e6},
    "parameters": {"1": 1.0, "k": 1e3, "M": 1e6},
    # A multiplication with its addition, one MAC, is two FLOPs.
    "flops": {"1": 1.0, "M": 1e6, "G": 1e9, "MACs": 2.0, "MMACs": 2e6, "GMACs": 2e9},
    "score": {"1": 1.0},
}
"""Units that a column may have, and what one of them is in the unit that is stored;
that is the first of each line."""

OF_TRAINING = ("accuracy", "loss", "seconds")
OF_SPLIT = ("accuracy", "loss")
OF_TARGET = ("latency", "energy", "memory")


@dataclass(frozen=True)
class Metric:
    """One column of a published table.

    Attributes:
        column: Its heading in the file.
        quantity: What it holds.
        unit: Its unit in the file, one of `UNITS` for the quantity.
        split: Whose accuracy or loss.
        epochs: After how many epochs of training; for accuracy, loss and seconds.
        training: Which training, where a table publishes several: ``""`` is the one
            that the benchmark answers with. Numbers of another training are kept
            under its name and never become points of the main one's curve.
        trial: Number of the trial, or None for a mean over trials, or for the only
            trial of a table that publishes one.
        target: What latency, energy or memory was measured on.
        missing: Texts that stand for "no value" besides an empty cell.
        name: What it is called; by default made of all the above.
    """

    column: str
    quantity: Quantity
    unit: str
    split: Split | None = None
    epochs: int | None = None
    training: str = ""
    trial: int | None = None
    target: str = ""
    missing: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        """Check that the parts fit, and make the name.

        Raises:
            NasbenchError: A part is missing, unknown, or out of place.
        """
        self._check_kind()
        self._check_place("split", self.split is not None, OF_SPLIT)
        self._check_place("epochs", self.epochs is not None, OF_TRAINING)
        self._check_place("target", bool(self.target), OF_TARGET)
        if self.split is not None and self.split not in get_args(Split):
            raise self._wrong(unknown("split", self.split, get_args(Split)))
        if self.epochs is not None and not self.epochs >= 1:
            raise self._wrong(f"epochs is 1 or more, not {self.epochs}")
        if self.training and self.quantity not in OF_TRAINING:
            raise self._wrong(f"a {self.quantity} belongs to no training")
        name = self.name or self._made_name()
        if not all(part.isprintable() and part for part in (name, self.column)):
            raise self._wrong("column and name are printable and not empty")
        if "/" in name:
            raise self._wrong(f"a name has no slash, as {name!r} has")
        object.__setattr__(self, "name", name)

    @property
    def stored_unit(self) -> str:
        """The unit in which values are kept."""
        return next(iter(UNITS[self.quantity]))

    @property
    def factor(self) -> float:
        """What one unit of the file is in the stored unit."""
        return UNITS[self.quantity][self.unit]

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value that the stored unit allows."""
        if self.quantity == "accuracy":
            return 0.0, 1.0
        return (-math.inf if self.quantity == "score" else 0.0), math.inf

    def _made_name(self) -> str:
        parts = [self.split, self.quantity, self.target]
        if self.quantity == "score":
            parts.append(self.column)
        if self.epochs is not None:
            parts.append(f"{self.epochs} epochs")
        if self.training:
            parts.append(f"of {self.training}")
        if self.trial is not None:
            parts.append(f"trial {self.trial}")
        return " ".join(part for part in parts if part)

    def _check_kind(self) -> None:
        if self.quantity not in UNITS:
            raise self._wrong(unknown("quantity", self.quantity, UNITS))
        if self.unit not in UNITS[self.quantity]:
            raise self._wrong(unknown("unit", self.unit, UNITS[self.quantity]))

    def _check_place(self, key: str, given: bool, belongs: tuple[str, ...]) -> None:
        needed = self.quantity in belongs
        if given != needed:
            verb = "needs" if needed else "has no"
            raise self._wrong(f"a metric of {self.quantity} {verb} {key!r}")

    def _wrong(self, reason: str) -> NasbenchError:
        return NasbenchError(f"metric of column {self.column!r}: {reason}")
