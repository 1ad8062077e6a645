"""Finished portions of a build as files: a few kB each, written in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.training.trial import SPLITS, Trial
from nasbench.working_folder import DAMAGED, damage
from tabular.assembly import Trials
from tabular.identity import TableIdentity
from tabular.plan import Shard
from tabular.provenance import Run

IDENTITY = "identity.json"
SHARDS = "seed*.npz"
RUNS = "run-*.json"
"""The names of the files in a folder of shards."""

TRAINED_AGAIN = "remove it, and the same command trains it again"
"""What a build does about a damaged shard."""

ARRAYS = ("correct", "loss", "cpu_seconds", "wall_seconds")


class BuildError(NasbenchError):
    """Report why a build cannot start or go on."""


def write_shard(
    folder: Path,
    identity: TableIdentity,
    shard: Shard,
    trials: Mapping[int, Trial],
    scratch: Path,
) -> None:
    """Write the trials of a shard, one for each of its classes.

    Args:
        folder: Where the file is to stand.
        identity: What decided the trials.
        shard: The portion.
        trials: Its trials by class.
        scratch: Where the file is written first.

    Raises:
        BuildError: The disk does not take it.
    """
    ordered = [trials[number] for number in shard.classes]
    path = folder / f"seed{shard.seed}-class{shard.classes[0]}.npz"
    header = {
        "identity": identity.fingerprint,
        "seed": shard.seed,
        "classes": shard.classes,
        "status": [trial.status for trial in ordered],
        "epochs_done": [trial.epochs_done for trial in ordered],
    }
    arrays: dict[str, Any] = {
        name: np.stack([getattr(trial, name) for trial in ordered]) for name in ARRAYS
    }
    try:
        with atomic_path(path, scratch) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, header=json.dumps(header), **arrays)
    except OSError as error:
        raise BuildError(f"cannot write {path}: {error.strerror}") from error


def read_identity(folder: Path) -> TableIdentity | None:
    """Return what decided the trials in a folder; None where it holds none.

    Raises:
        NasbenchError: The file that says so is damaged.
    """
    path = folder / IDENTITY
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BuildError(f"{path} cannot be read: {error}") from error
    try:
        return TableIdentity.from_json(text)
    except NasbenchError as error:
        raise BuildError(
            f"{path} is damaged ({error}); remove it, and the command of the build "
            "writes it anew"
        ) from error


def read_shards(
    folder: Path, identity: TableIdentity, remedy: str = TRAINED_AGAIN
) -> Trials:
    """Return all trials in a folder, by (class, seed).

    Args:
        folder: The folder.
        identity: What decided its trials.
        remedy: What to do about a damaged file; ends the error.

    Raises:
        BuildError: A file is damaged or belongs to another build.
    """
    trials: Trials = {}
    for path in sorted(folder.glob(SHARDS)):
        try:
            trials |= _read_shard(path, identity)
        except DAMAGED as error:
            raise BuildError(
                f"{path} is damaged ({damage(error)}); {remedy}"
            ) from error
    return trials


def _read_shard(path: Path, identity: TableIdentity) -> Trials:
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        header = json.loads(str(file["header"]))
        arrays = {name: file[name] for name in ARRAYS}
    if header["identity"] != identity.fingerprint:
        raise ValueError("it belongs to a build with other settings")
    expected = (len(header["classes"]), len(SPLITS), identity.recipe.epochs)
    if any(array.shape != expected for array in arrays.values()):
        raise ValueError(f"not all its arrays have the shape {expected}")
    return {
        (number, header["seed"]): Trial(
            Status(header["status"][row]),
            header["epochs_done"][row],
            *(arrays[name][row] for name in ARRAYS),
        )
        for row, number in enumerate(header["classes"])
    }


def read_runs(folder: Path) -> list[Run]:
    """Return the runs that filled a folder, the first one first.

    Raises:
        BuildError: A file is damaged.
    """
    found: list[Run] = []
    for path in sorted(folder.glob(RUNS)):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            found.append({str(key): str(value) for key, value in values.items()})
        except (OSError, ValueError, AttributeError) as error:
            raise BuildError(f"{path} is damaged ({error}); remove it") from error
    return found
