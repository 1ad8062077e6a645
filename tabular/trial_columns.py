"""The trials of a table as accuracies and seconds, with the mean over seeds."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Split
from nasbench.errors import NasbenchError, unknown
from nasbench.training.trial import SPLITS
from tabular.schema import COMPLETE, MISSING, TableFile

ROWS: dict[Split, str] = {"validation": "valid", "test": "test"}


class TrialColumns:
    """Arrays over (classes, columns, epochs); read from the file when first asked.

    Column 0 is the mean over the seeds, column 1 + i the trial of seed i.
    """

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._accuracies: dict[Split, NDArray[np.float64]] = {}

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """``(classes, 1 + seeds) uint8``; the mean is complete if any trial is."""
        status = self._file.read("trials/status")
        some = (status == COMPLETE).any(axis=1)
        mean = np.where(some, COMPLETE, status.max(axis=1))
        return np.column_stack((mean, status)).astype(np.uint8)

    @cached_property
    def validation(self) -> NDArray[np.float64]:
        """``(classes, 1 + seeds, epochs)`` validation accuracy in [0, 1]."""
        return self.accuracy("validation")

    def accuracy(self, split: Split) -> NDArray[np.float64]:
        """Return ``(classes, 1 + seeds, epochs)`` accuracy in [0, 1].

        NaN stands for trials that are missing or failed; the mean leaves them out.
        """
        if split not in ROWS:
            raise NasbenchError(unknown("split", str(split), ROWS))
        if split not in self._accuracies:
            row = ROWS[split]
            images = self._file.identity.images[SPLITS.index(row)]
            values = self._file.read(f"trials/correct_{row}") / images
            there = self.status[:, 1:] == COMPLETE
            values[~there] = np.nan
            self._accuracies[split] = _with_mean(values, there)
        return self._accuracies[split]

    def seed_sd(self, split: Split) -> NDArray[np.float64]:
        """Return ``(classes,)`` standard deviations over seeds of the final accuracy.

        With n - 1 in the denominator; NaN below two complete trials.
        """
        accuracy = self.accuracy(split)[:, :, -1]
        there = self.status[:, 1:] == COMPLETE
        deviations = np.where(there, accuracy[:, 1:] - accuracy[:, :1], 0.0)
        freedom = there.sum(axis=1) - 1
        variance = (deviations**2).sum(axis=1) / np.maximum(freedom, 1)
        return np.where(freedom > 0, np.sqrt(variance), np.nan)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """``(classes, 1 + seeds, epochs)`` CPU seconds from the start to an epoch.

        Training and validation; testing is no cost of a search. A failed trial has
        cost what it spent until then.
        """
        spent = sum(
            self._file.read(f"measured/cpu_seconds_{row}").astype(np.float64)
            for row in ("train", "valid")
        )
        tried = self.status[:, 1:] != MISSING
        return _with_mean(np.cumsum(spent, axis=2), tried)


def _with_mean(
    values: NDArray[np.float64], there: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Put the mean over the trials that are `there` before them on axis 1."""
    total = np.where(there[:, :, None], values, 0.0).sum(axis=1)
    count = there.sum(axis=1)[:, None]
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.concatenate((mean[:, None], values), axis=1)
