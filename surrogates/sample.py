"""What was trained of a space that is too large for a table, and who asked for it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks.cost import SkeletonCosts
from nasbench.spaces import Architectures, make_space
from nasbench.training.trial import SPLITS, Trial
from nasbench.training.trial_log import FIELDS, LoggedTrial
from surrogates.observations import Floats, Observations
from surrogates.store import SurrogateError, read_surrogate, write_surrogate
from tabular.identity import TableIdentity

KIND = "sample"


@dataclass(frozen=True, eq=False)
class Repeats:
    """Second trials, from another seed, of some architectures of a sample; m of them.

    Attributes:
        rows: ``(m,) int64``, which architectures.
        arrays: By name as in `nasbench.training.trial.Trial`: ``(m, 3, epochs)``.
    """

    rows: NDArray[np.int64]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Sample:
    """Trained architectures of one space, one trial each; n of them.

    Attributes:
        identity: What decides the numbers: space, task, recipe, engine.
        seed: The seed of all trials.
        architectures: ``(n, decisions) uint8``, each function once.
        origins: ``(n,)`` which run asked for it first, as in ``evolution-2``.
        failed: ``(n,) bool``, whose training failed.
        arrays: By name as in `nasbench.training.trial.Trial`: ``(n, 3, epochs)``.
        provenance: When, where and by what command.
        repeats: Second trials, which measure the noise; None where there are none.
    """

    identity: TableIdentity
    seed: int
    architectures: Architectures
    origins: NDArray[np.str_]
    failed: NDArray[np.bool_]
    arrays: Mapping[str, NDArray[Any]]
    provenance: Mapping[str, str]
    repeats: Repeats | None = None

    def __len__(self) -> int:
        """Return the number of architectures."""
        return len(self.architectures)

    @classmethod
    def of(
        cls,
        identity: TableIdentity,
        runs: Mapping[str, Iterable[LoggedTrial]],
        provenance: Mapping[str, str],
    ) -> Self:
        """Join the trials of several runs; of one function the first is kept.

        Raises:
            NasbenchError: There is no trial, or the trials have several seeds.
        """
        space = make_space(identity.space)
        first: dict[Hashable, tuple[str, LoggedTrial]] = {}
        for origin, trials in runs.items():
            for logged in trials:
                first.setdefault(space.canonical(logged.architecture), (origin, logged))
        kept = list(first.values())
        seeds = {logged.seed for _, logged in kept}
        if len(seeds) != 1:
            raise NasbenchError(
                f"a sample holds trials of one seed; given are those of {sorted(seeds)}"
            )
        trials_kept = [logged.trial for _, logged in kept]
        return cls(
            identity=identity,
            seed=seeds.pop(),
            architectures=np.array([one.architecture for _, one in kept], np.uint8),
            origins=np.array([origin for origin, _ in kept], np.str_),
            failed=np.array([one.status is Status.FAILED for one in trials_kept]),
            arrays=_stacked(trials_kept),
            provenance=provenance,
        )

    def spread(self, count: int) -> NDArray[np.int64]:
        """Return up to `count` rows, evenly over the ranks of validation accuracy.

        Failed trainings are not among them.
        """
        good = np.flatnonzero(~self.failed)
        final = self.arrays["correct"][good, SPLITS.index("valid"), -1]
        ordered = good[np.argsort(final, kind="stable")]
        places = np.linspace(0, len(ordered) - 1, min(count, len(ordered)))
        return np.asarray(ordered[np.unique(places.round().astype(np.int64))])

    def with_repeats(self, trials: Iterable[LoggedTrial]) -> Self:
        """Return the sample with second trials of some of its architectures.

        Those that failed are left out, and so are architectures that it does not hold.
        """
        row_of = {tuple(each): i for i, each in enumerate(self.architectures.tolist())}
        kept = {
            row_of[logged.architecture]: logged.trial
            for logged in trials
            if logged.architecture in row_of
            and logged.trial.status is not Status.FAILED
        }
        if not kept:
            return self
        rows = np.array(sorted(kept), np.int64)
        arrays = _stacked([kept[row] for row in rows.tolist()])
        return replace(self, repeats=Repeats(rows, arrays))

    def observations(self) -> Observations:
        """Return them as what surrogates are fitted to; failed trainings are left out.

        The origin of an observation is the strategy, without the number of its run.
        """
        good = np.flatnonzero(~self.failed)
        accuracy = self._accuracies()[good]  # (g, seeds, 3, epochs)
        mean: Floats = np.nanmean(accuracy, axis=1)
        trials: Floats = accuracy[:, :, SPLITS.index("valid")]
        seconds = self.arrays["cpu_seconds"][good][:, :2].sum(axis=1)
        return Observations(
            space=make_space(self.identity.space),
            architectures=self.architectures[good],
            trials=trials,
            curves=mean[:, SPLITS.index("valid")],
            test=mean[:, SPLITS.index("test"), -1],
            seconds=seconds.mean(axis=1),
            origins=np.array(
                [origin.rpartition("-")[0] for origin in self.origins[good]], np.str_
            ),
        )

    def _accuracies(self) -> Floats:
        """Return ``(n, seeds, 3, epochs)``, NaN where there was no second trial."""
        images = np.array(self.identity.images)[None, :, None]
        first: Floats = self.arrays["correct"] / images
        if self.repeats is None:
            return first[:, None]
        second = np.full_like(first, np.nan)
        second[self.repeats.rows] = self.repeats.arrays["correct"] / images
        return np.stack([first, second], axis=1)

    def costs(self) -> SkeletonCosts:
        """Return parameters, FLOPs and depth of any architecture of the space."""
        skeleton = self.identity.recipe.skeleton(
            self.identity.image_shape, self.identity.classes
        )
        return SkeletonCosts(make_space(self.identity.space), skeleton)

    def facts(self, name: str) -> dict[str, Any]:
        """Return where observations of it come from, for a surrogate's header."""
        counted = np.unique(self.observations().origins, return_counts=True)
        origins = {str(who): int(n) for who, n in zip(*counted, strict=True)}
        return {
            "source": name,
            "sampling": ", ".join(f"{n} by {who}" for who, n in origins.items()),
            "task": self.identity.task,
            "task_source": self.identity.task_source,
            "task_fingerprint": self.identity.task_fingerprint,
            "recipe": self.identity.recipe.fingerprint,
            "second_trials": 0 if self.repeats is None else len(self.repeats.rows),
            "engine": json.loads(self.identity.engine.to_json()),
        }

    def save(self, path: Path) -> str:
        """Write the sample in one step; return the digest of the file.

        Raises:
            SurrogateError: The file cannot be written there.
        """
        header = {
            "identity": json.loads(self.identity.to_json()),
            "seed": self.seed,
            "provenance": dict(self.provenance),
        }
        arrays = {
            "architectures": self.architectures,
            "origins": self.origins,
            "failed": self.failed,
            **self.arrays,
        }
        if self.repeats is not None:
            arrays["repeat_rows"] = self.repeats.rows
            arrays |= {f"repeat_{n}": a for n, a in self.repeats.arrays.items()}
        return write_surrogate(path, KIND, header, arrays)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            SurrogateError: The file is missing, damaged, or no sample.
        """
        header, arrays = read_surrogate(path, KIND)
        try:
            return cls(
                identity=TableIdentity.from_json(json.dumps(header["identity"])),
                seed=int(header["seed"]),
                architectures=arrays["architectures"],
                origins=arrays["origins"],
                failed=arrays["failed"],
                arrays={name: arrays[name] for name in FIELDS},
                provenance=header["provenance"],
                repeats=_repeats(arrays),
            )
        except KeyError as error:
            raise SurrogateError(f"{path} is damaged: it lacks {error}") from error


def _stacked(trials: Sequence[Trial]) -> dict[str, NDArray[Any]]:
    return {name: np.stack([getattr(one, name) for one in trials]) for name in FIELDS}


def _repeats(arrays: Mapping[str, NDArray[Any]]) -> Repeats | None:
    if "repeat_rows" not in arrays:
        return None
    named = {name: arrays[f"repeat_{name}"] for name in FIELDS}
    return Repeats(arrays["repeat_rows"], named)
