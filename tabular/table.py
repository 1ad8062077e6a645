"""A table: open it, ask it, slice it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import (
    BenchmarkSpec,
    CostModel,
    Evaluation,
    Measurements,
    Split,
    StaticCosts,
    Status,
)
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, ArchitectureError, SearchSpace, make_space
from tabular.cost_columns import CostColumns
from tabular.entry import Entry
from tabular.identity import TableIdentity
from tabular.latency_columns import LatencyColumns, columns_of, measured_by_class
from tabular.schema import COMPLETE, MISSING, TableError, TableFile
from tabular.trial_columns import TrialColumns

if TYPE_CHECKING:
    import pandas

Key = str | int | Sequence[int]
"""An architecture as text, as index (mixed radix), or as a tuple of options."""


class Table:
    """Every architecture of a space, trained once; a `Benchmark` and a `Referee`.

    Trials are stored per class of architectures that are the same function; a query
    by any member finds its class.

    Attributes:
        path: Where the file is.
        name: The file's name without its ending; the id of a table that ships.
        identity: Task, recipe and engine of all trials.
        seeds: The seeds of the trials.
        digest: The content digest.
        space: The space.
        epochs: The full budget of one training.
    """

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self.path = file.path
        self.name = file.path.name.removesuffix(".h5")
        self.identity: TableIdentity = file.identity
        self.seeds = file.seeds
        self.digest = file.digest
        self.space: SearchSpace = make_space(file.identity.space)
        self._class_of = file.read("classes/class_of")
        if self._class_of.shape != (self.space.size,):
            raise TableError(
                f"{self.path} is damaged: classes of {len(self._class_of)} "
                f"architectures, but {self.space.name} has {self.space.size}"
            )
        self.epochs = file.identity.recipe.epochs
        self._trials = TrialColumns(file)
        self._columns = {None: 0} | {seed: 1 + i for i, seed in enumerate(file.seeds)}
        self._class_of_key: dict[str | Architecture, int] = {}
        self._evaluations: dict[tuple[int, int], Evaluation] = {}
        self._gathered: dict[tuple[Split, int, int | None], NDArray[np.float64]] = {}

    @classmethod
    def open(cls, path: str | Path) -> Table:
        """Open a table file, read-only and without locks.

        Raises:
            TableError: The file is missing, damaged, or no table.
        """
        return cls(TableFile(Path(path)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the file anew in the process that unpickles."""
        return Table.open, (self.path,)

    # What the table knows of one architecture

    def class_number(self, architecture: Key) -> int:
        """Return the class of an architecture given as text, tuple or index.

        Raises:
            ArchitectureError: The space does not hold the architecture.
        """
        # Texts and tuples are remembered; other keys may equal what they are not.
        if isinstance(architecture, str | tuple):
            known = self._class_of_key.get(architecture)
            if known is not None:
                return known
        if isinstance(architecture, int | np.integer):
            checked = self.space.architecture_at(int(architecture))
        elif isinstance(architecture, str):
            checked = self.space.parse(architecture)
        else:
            checked = self.space.check(architecture)
        # As `space.index`, but for the check, which has been made.
        index = sum(map(mul, checked, self.space.strides))
        number = int(self._class_of[index])
        key = architecture if isinstance(architecture, str) else checked
        self._class_of_key[key] = number
        return number

    def __getitem__(self, architecture: Key) -> Entry:
        """Return all that is stored of an architecture (text, tuple or index).

        Raises:
            ArchitectureError: The space does not hold the architecture.
            TableError: The table is partial and does not hold it.
        """
        number = self.class_number(architecture)
        if self._trials.status.item(number, 0) == MISSING:
            raise self._missing(architecture)
        return Entry(self, number)

    def __len__(self) -> int:
        """Return the number of classes that hold at least one trial."""
        return int((self._trials.status[:, 0] != MISSING).sum())

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what training `architecture` showed; see `nasbench.Benchmark`.

        With ``seed=None`` accuracies are means over the seeds whose training
        succeeded, seconds over all that were trained; the evaluation is FAILED where
        none succeeded. Evaluations of the full budget are kept: they never change,
        and strategies ask for the same ones again and again.

        Raises:
            ArchitectureError: The space does not hold the architecture.
            TableError: The trial is not in the table, or epochs or seed are not.
        """
        number = self.class_number(architecture)
        if epochs is not None and epochs != self.epochs:
            return self._evaluation(architecture, number, epochs, seed)
        key = (number, self._column(seed))
        if key not in self._evaluations:
            self._evaluations[key] = self._evaluation(
                architecture, number, self.epochs, seed
            )
        return self._evaluations[key]

    def _evaluation(
        self, architecture: Architecture, number: int, last: int, seed: int | None
    ) -> Evaluation:
        column = self._column(seed)
        if last not in range(1, self.epochs + 1):
            raise TableError(f"{self.name} has epochs 1 to {self.epochs}, not {last}")
        last = int(last)  # of numpy's integers, and of whole floats
        trials = self._trials
        status = trials.status.item(number, column)
        if status == MISSING:
            raise self._missing(architecture, seed)
        curve: tuple[float, ...] = ()
        if status == COMPLETE:
            curve = tuple(trials.validation[number, column, :last].tolist())
        return Evaluation(
            curve[-1] if curve else None,
            curve,
            trials.seconds.item(number, column, last - 1),
            last,
            self.seeds[column - 1] if column else None,
            Status.COMPLETE if curve else Status.FAILED,
            self._parameters.item(number),
            self._flops.item(number),
            self._measured[number],
        )

    # Many architectures at once

    def accuracies(
        self,
        architectures: NDArray[Any],
        split: Split = "validation",
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> NDArray[np.float64]:
        """Return the accuracies of a batch.

        Args:
            architectures: ``(n, decisions) uint8`` options, or ``(n,)`` indices.
            split: Whose accuracy.
            epochs: After how many epochs; None for the full budget.
            seed: Of which trial; None for the mean over seeds.

        Returns:
            ``(n,) float64`` accuracies in [0, 1]; NaN where a training failed or the
            table is partial.

        Raises:
            ArchitectureError: An architecture is not in the space.
            TableError: The epochs or the seed are not in the table.
        """
        batch = np.asarray(architectures)
        if batch.size == 0:
            return np.empty(0)
        if batch.ndim == 1:
            indices = batch
            if batch.dtype.kind not in "ui":
                raise ArchitectureError(f"indices are integers, not {batch.dtype}")
            if not (batch.min() >= 0 and batch.max() < self.space.size):
                raise ArchitectureError(
                    f"indices of {self.space.name} go from 0 to {self.space.size - 1}; "
                    f"given {batch.min()} to {batch.max()}"
                )
        else:
            indices = self.space.indices(batch)
        last = self.epochs if epochs is None else epochs
        if last not in range(1, self.epochs + 1):
            raise TableError(f"{self.name} has epochs 1 to {self.epochs}, not {epochs}")
        key = (split, last, seed)
        if key not in self._gathered:
            per_class = self._trials.accuracy(split)[:, self._column(seed), last - 1]
            # Combinations that are not valid have class -1: the NaN at the end.
            self._gathered[key] = np.append(per_class, np.nan)[self._class_of]
        return self._gathered[key].take(indices)

    def to_frame(self) -> pandas.DataFrame:
        """Return one row per class: text, costs, accuracies and seconds.

        Accuracies are means over seeds after full training, ``*_seed_sd`` their
        standard deviations over seeds (NaN for a single one); seconds are CPU
        seconds of one whole training. Latencies and energies follow under the names
        of their columns, as in ``latency:x86-ort-fp32``; NaN where none is there.
        """
        import pandas

        members = np.bincount(self._class_of[self._class_of >= 0])
        frame = pandas.DataFrame(
            {
                "architecture": [
                    self.space.format(self.space.architecture_at(int(index)))
                    for index in self._file.read("classes/representative")
                ],
                "index": self._file.read("classes/representative"),
                "members": members,
                "parameters": self._parameters,
                "flops": self._flops,
                "depth": self._file.read("costs/depth"),
                "trials": (self._trials.status[:, 1:] == COMPLETE).sum(axis=1),
            }
        )
        for split in get_args(Split):
            frame[f"{split}_accuracy"] = self._trials.accuracy(split)[:, 0, -1]
            frame[f"{split}_accuracy_seed_sd"] = self._trials.seed_sd(split)
        frame["cpu_seconds"] = self._trials.seconds[:, 0, -1]
        for column, values in columns_of(self.latencies).items():
            frame[column] = values
        return frame[frame["trials"] > 0].reset_index(drop=True)

    # What the runner, the referee and a board ask

    @property
    def is_complete(self) -> bool:
        """Whether every class has a trial of every seed."""
        there, wanted = self.trials
        return there == wanted

    @cached_property
    def trials(self) -> tuple[int, int]:
        """How many trials the table holds, and how many a whole one would."""
        status = self._trials.status[:, 1:]
        return int((status != MISSING).sum()), status.size

    @cached_property
    def cost_model(self) -> CostModel:
        """Parameters, FLOPs, depth, and simulated targets; no measured number."""
        simulated = {n: c for n, c in self.latencies.items() if c.kind == "simulated"}
        costs = zip(
            self._parameters.tolist(),
            self._flops.tolist(),
            self._file.read("costs/depth").tolist(),
            measured_by_class(simulated, len(self._trials.status)),
            strict=True,
        )
        each = [StaticCosts(*values) for values in costs]
        return CostColumns(self.space, self._class_of, each)

    @cached_property
    def latencies(self) -> Mapping[str, LatencyColumns]:
        """What every target says of every class, by its name; often there are none."""
        return self._file.latencies()

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the accuracy after full training, mean over seeds; NaN if none."""
        return self._trials.accuracy(split).item(self.class_number(architecture), 0, -1)

    def best_accuracy(self, split: Split) -> float:
        """Return the largest mean accuracy of all architectures in the table."""
        return float(np.nanmax(self._trials.accuracy(split)[:, 0, -1]))

    def seed_sd(self, split: Split) -> float:
        """Return the pooled standard deviation between seeds; 0 for a single seed."""
        sds = self._trials.seed_sd(split)
        known = sds[~np.isnan(sds)]
        return float(np.sqrt(np.mean(known**2))) if len(known) else 0.0

    @property
    def spec(self) -> BenchmarkSpec:
        """All that decides the numbers."""
        return BenchmarkSpec(
            id=self.name,
            space=self.identity.space,
            task=self.identity.task,
            task_fingerprint=self.identity.task_fingerprint,
            recipe=self.identity.recipe.fingerprint,
            seeds=self.seeds,
            digest=self.digest,
        )

    def read(self, name: str) -> NDArray[Any]:
        """Return a dataset of the file by its name in `tabular.schema`."""
        return self._file.read(name)

    @property
    def provenance(self) -> dict[str, str]:
        """When, where and by what command the table was made."""
        return dict(self._file.provenance)

    def __repr__(self) -> str:
        return f"Table({str(self.path)!r}, {self.space.name}, {len(self)} classes)"

    @cached_property
    def _parameters(self) -> NDArray[np.int64]:
        return self._file.read("costs/parameters")

    @cached_property
    def _flops(self) -> NDArray[np.int64]:
        return self._file.read("costs/flops")

    @cached_property
    def _measured(self) -> list[Measurements]:
        return measured_by_class(self.latencies, len(self._trials.status))

    def _column(self, seed: int | None) -> int:
        try:
            return self._columns[seed]
        except (KeyError, TypeError):
            raise TableError(
                f"{self.name} has the seeds {list(self.seeds)}, not {seed}"
            ) from None

    def _missing(self, architecture: Key, seed: int | None = None) -> NasbenchError:
        trial = "" if seed is None else f" with seed {seed}"
        return TableError(
            f"{architecture!r}{trial} is not in {self.path}, a partial table: "
            f"{len(self)} of {len(self._trials.status)} classes, "
            f"{self.trials[0]} of {self.trials[1]} trials"
        )
