"""Finished portions of a build, kept beside the table until it is whole.

    OUT.build/identity.json         what decides the trials
    OUT.build/seedS-classC.npz      a finished portion: seed S, class C and others
    OUT.build/run-DATE.json         when, where and by what command some were made
    OUT.build/local/                lock and work in progress of this machine

All but ``local`` may be copied or committed at any moment: every file is written in
one step and never changed. A copy goes on where the original was, on any machine with
the same engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from nasbench.atomic import atomic_path
from nasbench.training.trial import Trial
from nasbench.working_folder import WorkingFolder
from tabular.assembly import Trials
from tabular.identity import TableIdentity
from tabular.plan import Shard
from tabular.provenance import Run
from tabular.shard_files import (
    IDENTITY,
    SHARDS,
    BuildError,
    read_identity,
    read_runs,
    read_shards,
    write_shard,
)


def shard_folder_of(out: Path) -> Path:
    """Return the folder of the shards of a table."""
    return out.with_name(out.name + ".build")


class ShardFolder(WorkingFolder):
    """The folder ``OUT.build`` of one running build; locked while it is in use.

    Attributes:
        path: The folder.
        local: The folder in it that is this machine's alone.
    """

    parts = SHARDS
    error = BuildError
    busy = "another build is writing {path}; wait for it, or choose another --out"

    def __init__(self, out: Path, identity: TableIdentity) -> None:
        folder = shard_folder_of(out)
        super().__init__(folder, folder / "local")
        self._identity = identity

    def opened(self) -> None:
        """Refuse shards of other numbers; keep what is local out of git.

        Raises:
            BuildError: The folder belongs to a build of other numbers.
        """
        (self.local / ".gitignore").write_text("*\n", encoding="utf-8")
        self._check_identity()

    def _check_identity(self) -> None:
        started = read_identity(self.path)
        if started is None:
            with atomic_path(self.path / IDENTITY, self.local) as temporary:
                temporary.write_text(self._identity.to_json(), encoding="utf-8")
        elif started != self._identity:
            raise BuildError(
                f"{self.path} belongs to a build with other settings "
                f"({self._identity.difference(started)}); repeat them, choose another "
                "--out, or remove the folder"
            )

    def write(self, shard: Shard, trials: Mapping[int, Trial]) -> None:
        """Keep the trials of a shard; see `write_shard`."""
        write_shard(self.path, self._identity, shard, trials, self.local)

    def write_run(self, run: Run) -> None:
        """Keep the facts of the run that begins.

        Raises:
            BuildError: The disk does not take them.
        """
        path = self.path / f"run-{run['started'].replace(':', '')}-{os.getpid()}.json"
        try:
            with atomic_path(path, self.local) as temporary:
                temporary.write_text(json.dumps(run, sort_keys=True), encoding="utf-8")
        except OSError as error:
            raise BuildError(f"cannot write {path}: {error.strerror}") from error

    def read(self) -> Trials:
        """Return all trials that are kept; see `read_shards`."""
        return read_shards(self.path, self._identity)

    def runs(self) -> list[Run]:
        """Return the runs that filled the folder; see `read_runs`."""
        return read_runs(self.path)
