"""A published table as a benchmark: other people's numbers, under the same protocol."""

from __future__ import annotations

from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from nasbench.errors import unknown
from nasbench.spaces import Architecture, SearchSpace, make_space
from tabular.importers.metric import Metric
from tabular.importers.published_costs import PublishedCosts
from tabular.importers.published_file import COSTS, PublishedContents, read_published
from tabular.schema import TableError
from tabular.table import Key

if TYPE_CHECKING:
    import pandas


class PublishedTable:
    """What others have published of a space; a `Benchmark` and a `Referee`.

    Values are kept per architecture as they were published, so two architectures of
    one class may differ. `evaluate` answers with the mapping's main training alone;
    other trainings, latencies and the like are `metrics` by name. What was not
    published is NaN, and never a guess: the curve between published epochs, and the
    seconds where the file has none.

    Attributes:
        path: Where the file is.
        name: The file's name without its ending.
        mapping: What the numbers are, who made them, under which licence.
        digest: The content digest.
        space: The space.
        epochs: The full budget of the main training.
        seeds: The numbers of its trials; empty where only one number per
            architecture was published.
    """

    def __init__(self, path: Path, contents: PublishedContents, digest: str) -> None:
        self.path = path
        self.name = path.name.removesuffix(".h5")
        self.mapping = contents.mapping
        self.digest = digest
        self.space: SearchSpace = make_space(contents.mapping.space)
        self.epochs = contents.mapping.epochs
        self._contents = contents
        self._row_of = {int(index): row for row, index in enumerate(contents.indices)}
        self._columns: dict[tuple[str, int, int | None], NDArray[np.float64] | None]
        self._columns = {}
        trials = {metric.trial for metric in self._main("accuracy", "validation")}
        self.seeds = tuple(sorted(trial for trial in trials if trial is not None))
        self._evaluations: dict[tuple[Architecture, int, int | None], Evaluation] = {}

    @classmethod
    def open(cls, path: str | Path) -> PublishedTable:
        """Open the file of a published table, read-only and without locks.

        Raises:
            TableError: The file is missing, damaged, or of another kind.
        """
        return cls(Path(path), *read_published(Path(path)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the file anew in the process that unpickles."""
        return PublishedTable.open, (self.path,)

    # What was published

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What the columns hold, of all trainings and targets."""
        return self.mapping.metrics

    @property
    def indices(self) -> NDArray[np.int64]:
        """The ``(rows,) int64`` indices of the architectures, ascending."""
        return self._contents.indices

    def __len__(self) -> int:
        """Return the number of architectures that have a row."""
        return len(self.indices)

    def row(self, architecture: Key) -> int:
        """Return the row of an architecture given as text, tuple or index.

        Raises:
            ArchitectureError: The space does not hold the architecture.
            TableError: The table has no row of it.
        """
        if isinstance(architecture, int | np.integer):
            index = self.space.index(self.space.architecture_at(int(architecture)))
        elif isinstance(architecture, str):
            index = self.space.index(self.space.parse(architecture))
        else:
            index = self.space.index(architecture)
        row = self._row_of.get(index)
        if row is None:
            raise TableError(
                f"{architecture!r} is not in {self.path}, which holds {len(self)} of "
                f"the {self._contents.architectures} architectures of {self.space.name}"
            )
        return row

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return the ``(rows,) float64`` values of a metric; NaN where missing.

        Raises:
            TableError: No metric has that name.
        """
        columns = self._contents.columns
        if metric not in columns:
            raise TableError(f"{unknown('metric', metric, columns)} in {self.path}")
        return columns[metric]

    def to_frame(self) -> pandas.DataFrame:
        """Return one row per architecture: text, index, costs and every metric.

        Columns of metrics are called by their names; units are the stored ones.
        """
        import pandas

        architectures = (
            self.space.format(self.space.architecture_at(int(i))) for i in self.indices
        )
        return pandas.DataFrame(
            {
                "architecture": list(architectures),
                "index": self.indices,
                **self._contents.costs,
                **self._contents.columns,
            }
        )

    # What the runner, the referee and a board ask

    def evaluate(
        self,
        architecture: Key,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what was published of training `architecture`.

        Raises:
            ArchitectureError: The space does not hold the architecture.
            TableError: The table has no row of it, or no number for these epochs or
                this seed.
        """
        last = self.epochs if epochs is None else epochs
        if not isinstance(architecture, tuple):
            index = int(self.indices[self.row(architecture)])
            architecture = self.space.architecture_at(index)
        key = (architecture, last, seed)
        if key not in self._evaluations:
            row = self.row(architecture)
            self._evaluations[key] = self._evaluation(architecture, row, last, seed)
        return self._evaluations[key]

    def _evaluation(
        self, architecture: Architecture, row: int, last: int, seed: int | None
    ) -> Evaluation:
        accuracy = self._accuracy("validation", last, seed)[row].item()
        if accuracy != accuracy:
            raise TableError(
                f"{self.space.format(architecture)} has no validation accuracy in "
                f"{self.path}"
            )
        curve = [nan] * last
        for epoch in self._published_epochs:
            if epoch <= last:
                column = self._column("accuracy", "validation", epoch, seed)
                curve[epoch - 1] = nan if column is None else column.item(row)
        seconds = self._column("seconds", None, last, seed)
        costs = self.cost_model(architecture)
        return Evaluation(
            accuracy,
            tuple(curve),
            nan if seconds is None else seconds.item(row),
            int(last),
            seed,
            Status.COMPLETE,
            costs.parameters,
            costs.flops,
            Measurements(
                {
                    f"{metric.quantity}:{metric.target}": self.values(metric.name).item(
                        row
                    )
                    for metric in self.metrics
                    if metric.quantity in ("latency", "energy")
                }
            ),
        )

    def accuracies(
        self,
        architectures: NDArray[Any],
        split: Split = "validation",
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> NDArray[np.float64]:
        """Return the ``(n,) float64`` accuracies of a batch; NaN where missing.

        Args:
            architectures: ``(n, decisions) uint8`` options, or ``(n,)`` indices.
            split: Whose accuracy.
            epochs: After how many epochs; None for the full budget.
            seed: Of which trial; None for the mean over trials.

        Raises:
            ArchitectureError: An architecture is not in the space.
            TableError: Nothing was published for the split, epochs or seed.
        """
        column = self._accuracy(split, epochs or self.epochs, seed)
        batch = np.asarray(architectures)
        if batch.ndim == 1:
            batch = self.space.architectures_at(batch.tolist())
        wanted = self.space.indices(batch)
        rows = np.minimum(np.searchsorted(self.indices, wanted), len(self) - 1)
        return np.where(self.indices[rows] == wanted, column[rows], np.nan)

    @property
    def is_complete(self) -> bool:
        """Whether every architecture of the space has a row."""
        return len(self) == self._contents.architectures

    def check_searchable(self) -> None:
        """Check that strategies can be run against the table.

        Raises:
            TableError: It publishes no validation accuracy at the full budget, lacks
                that of some architecture, or knows no parameters and FLOPs.
        """
        for seed in (None, *self.seeds):
            column = self._accuracy("validation", self.epochs, seed)
            there = int((~np.isnan(column)).sum())
            if there < self._contents.architectures:
                raise TableError(
                    f"{self.path} has the validation accuracy of {there} of the "
                    f"{self._contents.architectures} architectures of "
                    f"{self.space.name}; strategies need a whole table"
                )
        _ = self.cost_model  # says what is missing

    @cached_property
    def cost_model(self) -> CostModel:
        """Parameters, FLOPs and depth; holds no measured number.

        Raises:
            TableError: They were neither published nor counted.
        """
        costs = self._contents.costs
        if not costs:
            raise TableError(
                f"{self.path} knows no parameters and FLOPs, which a benchmark has to; "
                "import it with a [skeleton], or with columns of both"
            )
        rows = zip(*(costs[name].tolist() for name in COSTS), strict=True)
        each = [StaticCosts(*row) for row in rows]
        return PublishedCosts(self.space, dict(zip(self._row_of, each, strict=True)))

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the published accuracy of the full budget; NaN where there is none."""
        column = self._column("accuracy", split, self.epochs, None)
        return nan if column is None else column.item(self.row(architecture))

    def best_accuracy(self, split: Split) -> float | None:
        """Return the largest accuracy of the full budget; None where none is known."""
        column = self._column("accuracy", split, self.epochs, None)
        if column is None or len(self) < self._contents.architectures:
            return None
        return float(np.nanmax(column))

    @property
    def spec(self) -> BenchmarkSpec:
        """All that decides the numbers; there is no task or recipe of ours."""
        return BenchmarkSpec(
            id=self.name,
            space=self.mapping.space,
            task=self.mapping.task,
            task_fingerprint="",
            recipe="published",
            seeds=self.seeds,
            digest=self.digest,
        )

    @property
    def provenance(self) -> dict[str, str]:
        """When, where, by what command and of what file the table was made."""
        return dict(self._contents.made)

    def __repr__(self) -> str:
        return (
            f"PublishedTable({str(self.path)!r}, {self.space.name}, {len(self)} rows)"
        )

    def _main(self, quantity: str, split: str | None) -> list[Metric]:
        return [
            metric
            for metric in self.metrics
            if (metric.quantity, metric.split) == (quantity, split)
            and not metric.training
        ]

    @cached_property
    def _published_epochs(self) -> list[int]:
        main = self._main("accuracy", "validation")
        return sorted({m.epochs for m in main if m.epochs is not None})

    def _accuracy(
        self, split: Split, epochs: int, seed: int | None
    ) -> NDArray[np.float64]:
        column = self._column("accuracy", split, epochs, seed)
        if column is not None:
            return column
        if seed is not None and seed not in self.seeds:
            raise TableError(
                f"{self.name} has the seeds {list(self.seeds)}, not {seed}"
            )
        known = sorted({m.epochs for m in self._main("accuracy", split) if m.epochs})
        raise TableError(
            f"{self.name} has no {split} accuracy after {epochs} epochs of training"
            + ("" if seed is None else f" in trial {seed}")
            + f"; published are {', '.join(map(str, known)) or 'none'}"
        )

    def _column(
        self, quantity: str, split: str | None, epochs: int, seed: int | None
    ) -> NDArray[np.float64] | None:
        """Return the ``(rows,)`` values of the main training, None if there are none.

        Without a seed: the published mean, else the mean over published trials.
        """
        key = (f"{quantity} {split}", epochs, seed)
        if key not in self._columns:
            fitting = [m for m in self._main(quantity, split) if m.epochs == epochs]
            exact = [m for m in fitting if m.trial == seed]
            chosen = exact or (fitting if seed is None else [])
            self._columns[key] = _mean([self.values(m.name) for m in chosen])
        return self._columns[key]


def _mean(columns: list[NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """Return the mean without NaN, row by row; None of no columns."""
    if not columns:
        return None
    if len(columns) == 1:
        return columns[0]
    stacked = np.stack(columns)
    there = ~np.isnan(stacked)
    total, count = np.where(there, stacked, 0.0).sum(axis=0), there.sum(axis=0)
    mean: NDArray[np.float64] = np.full(len(total), nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
