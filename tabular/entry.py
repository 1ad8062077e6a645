"""All that a table holds of one architecture, test accuracy included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbench.benchmark import Split
from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architecture
from nasbench.training.trial import SPLITS
from tabular.schema import COMPLETE

if TYPE_CHECKING:
    import pandas

    from tabular.table import Table


@dataclass(frozen=True, eq=False)
class Entry:
    """One class of a table, as ``table[architecture]`` returns it.

    Attributes:
        table: The table.
        class_number: The class.
    """

    table: Table
    class_number: int

    @property
    def representative(self) -> Architecture:
        """The architecture of the class with the smallest index."""
        index = self.table.read("classes/representative")[self.class_number]
        return self.table.space.architecture_at(int(index))

    @property
    def members(self) -> int:
        """How many architectures are this function."""
        return int((self.table.read("classes/class_of") == self.class_number).sum())

    @property
    def parameters(self) -> int:
        """Number of learned parameters."""
        return int(self.table.read("costs/parameters")[self.class_number])

    @property
    def flops(self) -> int:
        """Floating-point operations per image, two for a multiply-add."""
        return int(self.table.read("costs/flops")[self.class_number])

    @property
    def depth(self) -> int:
        """Operations on the longest path of the cell."""
        return int(self.table.read("costs/depth")[self.class_number])

    def accuracy(self, split: Split) -> float:
        """Return the accuracy after full training, mean over seeds; NaN if none."""
        return self.table.mean_accuracy(self.representative, split)

    def latency_ms(self, target: str) -> float:
        """Return the milliseconds of one batch, median over rounds; NaN if none.

        Raises:
            NasbenchError: The table holds no such target; near matches are named.
        """
        held = self.table.latencies
        if target not in held:
            raise NasbenchError(f"{unknown('target', target, held)} in this table")
        return held[target].median_ms().item(self.class_number)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds whose training came to its end."""
        status = self.table.read("trials/status")[self.class_number]
        return tuple(
            seed
            for seed, value in zip(self.table.seeds, status, strict=True)
            if value == COMPLETE
        )

    def curves(self) -> pandas.DataFrame:
        """Return the learning curves of all seeds, one row per seed and epoch.

        Columns: seed, epoch (from 1), then for train, validation and test
        ``*_accuracy`` in [0, 1], ``*_loss`` in nats and ``*_cpu_seconds``. Training
        values are gathered while the weights move. Epochs that were not trained, or
        not to their end, have no row.
        """
        import pandas

        done = self.table.read("trials/epochs_done")[self.class_number]
        seeds = np.repeat(self.table.seeds, done)
        epochs = np.concatenate([np.arange(1, count + 1) for count in done])
        mask = np.arange(self.table.epochs) < done[:, None]  # (seeds, epochs)
        columns = {"seed": seeds, "epoch": epochs}
        for split, images in zip(SPLITS, self.table.identity.images, strict=True):
            name = "validation" if split == "valid" else split
            correct = self.table.read(f"trials/correct_{split}")[self.class_number]
            columns[f"{name}_accuracy"] = correct[mask] / images
            loss = self.table.read(f"trials/loss_{split}")[self.class_number]
            columns[f"{name}_loss"] = loss[mask]
            seconds = self.table.read(f"measured/cpu_seconds_{split}")
            columns[f"{name}_cpu_seconds"] = seconds[self.class_number][mask]
        return pandas.DataFrame(columns)
