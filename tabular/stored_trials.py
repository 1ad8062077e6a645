"""Trials as the arrays of a table, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Status
from nasbench.training.trial import SPLITS, Trial
from tabular.schema import COMPLETE, FAILED, MISSING
from tabular.table import Table

STATUS_CODES = {Status.COMPLETE: COMPLETE, Status.FAILED: FAILED}
ARRAYS = {
    "correct": "trials/correct_",
    "loss": "trials/loss_",
    "cpu_seconds": "measured/cpu_seconds_",
    "wall_seconds": "measured/wall_seconds_",
}
"""The arrays of a trial and where their rows stand in a table file."""


def stored_trials(table: Table) -> dict[tuple[int, int], Trial]:
    """Return the trials of a table by (class, seed); missing ones are left out."""
    status = table.read("trials/status")
    done = table.read("trials/epochs_done")
    names = {code: name for name, code in STATUS_CODES.items()}
    stacked = {
        field: np.stack([table.read(prefix + split) for split in SPLITS], axis=2)
        for field, prefix in ARRAYS.items()
    }  # each (classes, seeds, 3, epochs)
    return {
        (int(number), table.seeds[column]): Trial(
            names[int(status[number, column])],
            int(done[number, column]),
            *(stacked[field][number, column] for field in ARRAYS),
        )
        for number, column in np.argwhere(status != MISSING)
    }


def trial_arrays(
    trials: Mapping[tuple[int, int], Trial],
    classes: int,
    seeds: Sequence[int],
    epochs: int,
) -> dict[str, NDArray[Any]]:
    """Return the datasets under ``trials/`` and ``measured/`` of a table file."""
    shape = (classes, len(seeds), len(SPLITS), epochs)
    status = np.full(shape[:2], MISSING, np.uint8)
    done = np.zeros(shape[:2], np.int32)
    stacked: dict[str, NDArray[Any]] = {
        field: np.zeros(shape, np.int32 if field == "correct" else np.float32)
        for field in ARRAYS
    }
    for (number, seed), trial in trials.items():
        at = (number, seeds.index(seed))
        status[at] = STATUS_CODES[trial.status]
        done[at] = trial.epochs_done
        for field, values in stacked.items():
            values[at] = getattr(trial, field)
    return {
        "trials/status": status,
        "trials/epochs_done": done,
        **{
            prefix + split: stacked[field][:, :, row]
            for field, prefix in ARRAYS.items()
            for row, split in enumerate(SPLITS)
        },
    }
