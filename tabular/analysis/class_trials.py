"""What an analysis reads of a table: arrays with one row per trained class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Split
from nasbench.training.trial import SPLITS
from tabular.schema import COMPLETE, FAILED, MISSING, TableError
from tabular.table import Table
from tabular.trial_columns import ROWS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassTrials:
    """The classes of a table that have at least one complete training.

    Attributes:
        classes: ``(n,) int64``, their numbers in the table.
        representatives: ``(n,) int64``, the smallest architecture index of each.
        members: ``(n,) int64``, how many architectures each has.
        parameters: ``(n,) int64``, learned parameters.
        flops: ``(n,) int64``, floating-point operations per image.
        validation: ``(n, seeds, epochs)`` accuracy in [0, 1]; NaN where a training
            is missing or failed.
        test: ``(n, seeds, epochs)``, likewise.
        search_seconds: ``(n,)``, CPU seconds of training and validation, mean over
            the trainings of a class.
        seconds: ``(trials,)``, CPU seconds of every training that was tried, in the
            whole table, with validation and testing.
        wall_seconds: ``(trials,)``, likewise by the clock on the wall.
        failed: Trainings of the whole table that failed.
    """

    classes: NDArray[np.int64]
    representatives: NDArray[np.int64]
    members: NDArray[np.int64]
    parameters: NDArray[np.int64]
    flops: NDArray[np.int64]
    validation: Floats
    test: Floats
    search_seconds: Floats
    seconds: Floats
    wall_seconds: Floats
    failed: int

    @classmethod
    def of(cls, table: Table) -> ClassTrials:
        """Read them.

        Raises:
            TableError: No training of the table is complete.
        """
        status = table.read("trials/status")
        complete, tried = status == COMPLETE, status != MISSING
        classes = np.flatnonzero(complete.any(axis=1))
        if not len(classes):
            raise TableError(f"{table.path} holds no complete training to analyse")
        class_of = table.read("classes/class_of")
        members = np.bincount(class_of[class_of >= 0], minlength=len(status))
        spent, waited = (
            {
                split: table.read(f"measured/{kind}_seconds_{split}").sum(
                    axis=2, dtype=float
                )
                for split in SPLITS
            }
            for kind in ("cpu", "wall")
        )
        search = np.where(tried, spent["train"] + spent["valid"], 0.0)
        counted = tried[classes].sum(axis=1)
        return cls(
            classes=classes,
            representatives=table.read("classes/representative")[classes],
            members=members[classes],
            parameters=table.read("costs/parameters")[classes],
            flops=table.read("costs/flops")[classes],
            validation=_accuracy(table, "validation", complete)[classes],
            test=_accuracy(table, "test", complete)[classes],
            search_seconds=search[classes].sum(axis=1) / counted,
            seconds=sum(spent.values(), start=np.zeros(status.shape))[tried],
            wall_seconds=sum(waited.values(), start=np.zeros(status.shape))[tried],
            failed=int((status == FAILED).sum()),
        )

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """``(n,) bool``: whether the output depends on the input.

        The network of a dead architecture is a constant: it costs no FLOPs, and all
        others have at least a classifier that does.
        """
        return self.flops > 0

    def accuracy(self, split: Split) -> Floats:
        """Return ``(n, seeds, epochs)`` accuracy in [0, 1] of a split."""
        return self.validation if split == "validation" else self.test

    def mean_curves(self, split: Split) -> Floats:
        """Return ``(n, epochs)`` accuracy, mean over the seeds that are there."""
        return mean_over_seeds(self.accuracy(split))

    def mean(self, split: Split) -> Floats:
        """Return ``(n,)`` accuracy after full training, mean over seeds."""
        return self.mean_curves(split)[:, -1]


def mean_over_seeds(accuracy: Floats) -> Floats:
    """Return the mean over axis 1 without NaN, to twelve decimals.

    Accuracies are counts over images: without the rounding, equal sums of counts
    could differ in the last bit, and ties would be none.
    """
    return np.asarray(np.round(np.nanmean(accuracy, axis=1), 12))


def _accuracy(table: Table, split: Split, complete: NDArray[np.bool_]) -> Floats:
    row = ROWS[split]
    images = table.identity.images[SPLITS.index(row)]
    accuracy: Floats = table.read(f"trials/correct_{row}") / images
    return np.where(complete[:, :, None], accuracy, np.nan)
