"""Finished portions of a build, kept beside the table until it is whole."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from nasbench.training.trial import Trial
from tabular.identity import TableIdentity
from tabular.plan import Shard

SHARDS = "seed*.npz"
"""The names of finished shards."""

ARRAYS = ("correct", "loss", "cpu_seconds", "wall_seconds")


class BuildError(NasbenchError):
    """Report why a build cannot start or go on."""


class ShardFolder:
    """The folder ``OUT.build`` of one running build; locked while it is in use.

    Every file in it is written in one step, so that a crash loses no finished shard
    and leaves no half one. The lock is the operating system's and ends with the
    process, however it ends.

    Attributes:
        path: The folder.
    """

    def __init__(self, out: Path, identity: TableIdentity) -> None:
        self.path = out.with_name(out.name + ".build")
        self._identity = identity
        self._lock: IO[str] | None = None

    def __enter__(self) -> ShardFolder:
        """Create and lock the folder.

        Raises:
            BuildError: Another build uses it, it belongs to a build of other numbers,
                or it cannot be written.
        """
        try:
            self._acquire()
            self._check_identity()
        except BlockingIOError:
            self._release()
            raise BuildError(
                f"another build is writing {self.path}; wait for it, or choose "
                "another --out"
            ) from None
        except OSError as error:
            self._release()
            raise BuildError(f"cannot write {self.path}: {error.strerror}") from error
        except NasbenchError:
            self._release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lock; shards stay, a folder without any goes."""
        if self.path.exists() and not any(self.path.glob(SHARDS)):
            self.remove()
        self._release()

    def _acquire(self) -> None:
        """Lock the folder; BlockingIOError if it is locked already."""
        path = self.path / "lock"
        while True:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = path.open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A build that ended just now may have removed what we have locked.
            if path.exists() and os.path.samestat(
                path.stat(), os.fstat(self._lock.fileno())
            ):
                return
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _check_identity(self) -> None:
        path = self.path / "identity.json"
        if not path.exists():
            with atomic_path(path) as temporary:
                temporary.write_text(self._identity.to_json(), encoding="utf-8")
            return
        started = TableIdentity.from_json(path.read_text(encoding="utf-8"))
        if started != self._identity:
            raise BuildError(
                f"{self.path} belongs to a build with other settings "
                f"({self._identity.difference(started)}); repeat them, choose another "
                "--out, or remove the folder"
            )

    def keep_settings(self, task: Task, recipe: Recipe) -> Path:
        """Write the pickled task and recipe for worker processes; return the file."""
        path = self.path / "settings.pickle"
        with atomic_path(path) as temporary:
            temporary.write_bytes(pickle.dumps((task, recipe)))
        return path

    def write(self, shard: Shard, trials: Mapping[int, Trial]) -> None:
        """Keep the trials of a shard, one for each of its classes.

        Raises:
            BuildError: The disk does not take them.
        """
        ordered = [trials[number] for number in shard.classes]
        path = self.path / f"seed{shard.seed}-class{shard.classes[0]}.npz"
        header = {
            "identity": self._identity.fingerprint,
            "seed": shard.seed,
            "classes": shard.classes,
            "status": [trial.status for trial in ordered],
            "epochs_done": [trial.epochs_done for trial in ordered],
        }
        arrays: dict[str, Any] = {
            name: np.stack([getattr(trial, name) for trial in ordered])
            for name in ARRAYS
        }
        try:
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, header=json.dumps(header), **arrays)
        except OSError as error:
            raise BuildError(f"cannot write {path}: {error.strerror}") from error

    def read(self) -> dict[tuple[int, int], Trial]:
        """Return all trials that are kept, by (class, seed).

        Raises:
            BuildError: A file is damaged or belongs to another build.
        """
        trials: dict[tuple[int, int], Trial] = {}
        for path in sorted(self.path.glob(SHARDS)):
            try:
                trials |= self._read_shard(path)
            except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
                raise BuildError(
                    f"{path} is damaged ({error}); remove it, and the same command "
                    "trains it again"
                ) from error
        return trials

    def _read_shard(self, path: Path) -> dict[tuple[int, int], Trial]:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            arrays = {name: file[name] for name in ARRAYS}
        if header["identity"] != self._identity.fingerprint:
            raise ValueError("it belongs to a build with other settings")
        return {
            (number, header["seed"]): Trial(
                Status(header["status"][row]),
                header["epochs_done"][row],
                *(arrays[name][row] for name in ARRAYS),
            )
            for row, number in enumerate(header["classes"])
        }

    def remove(self) -> None:
        """Remove the folder, when its trials are in the table."""
        shutil.rmtree(self.path)
