"""Scores of a run that is not finished, kept beside the table.

    TABLE.proxies/settings.json       what decides the scores
    TABLE.proxies/classesA-B.npz      finished scores of the classes A to B - 1
    TABLE.proxies/lock                held by the run that is writing

Every file is written in one step and never changed.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from tabular.proxy_columns import ProxyColumns

PARTS = "classes*.npz"
SETTINGS = "settings.json"

Scores = dict[int, NDArray[np.float64]]
"""By class: ``(3, proxies, seeds)`` scores, seconds and statuses."""


def remove_finished(table: Path, proxies: Mapping[str, ProxyColumns]) -> None:
    """Remove a folder whose scores are all in the table.

    A run that is killed after it wrote the table leaves one behind.

    Args:
        table: The table file.
        proxies: What it holds.
    """
    folder = score_folder_of(table)
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        seeds, wanted = settings["seeds"], settings["proxies"]
    except (OSError, ValueError, KeyError):
        return  # none there, or not ours to judge: the next run says so
    there = all(
        name in proxies
        and proxies[name].seeds == tuple(range(seeds))
        and stated.items() <= proxies[name].provenance.items()
        for name, stated in wanted.items()
    )
    if there:
        shutil.rmtree(folder, ignore_errors=True)


def score_folder_of(table: Path) -> Path:
    """Return the folder of the unfinished scores of a table."""
    return table.with_name(table.name + ".proxies")


class ScoreFolder:
    """The folder ``TABLE.proxies`` of one running command; locked while in use.

    Attributes:
        path: The folder.
    """

    def __init__(self, table: Path, settings: Mapping[str, Any]) -> None:
        self.path = score_folder_of(table)
        self._settings = json.dumps(settings, sort_keys=True)
        self._lock: IO[str] | None = None

    def __enter__(self) -> ScoreFolder:
        """Create and lock the folder.

        Raises:
            NasbenchError: Another run uses it, or has left scores by other settings,
                or it cannot be written.
        """
        try:
            self.path.mkdir(exist_ok=True)
            self._lock = (self.path / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._check_settings()
        except BlockingIOError:
            self._release()
            raise NasbenchError(
                f"another run is writing {self.path}; wait for it"
            ) from None
        except OSError as error:
            self._release()
            raise NasbenchError(
                f"cannot write {self.path}: {error.strerror}"
            ) from error
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
        """Release the lock; finished scores stay, a folder without any goes."""
        if self.path.exists() and not any(self.path.glob(PARTS)):
            self.remove()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _check_settings(self) -> None:
        path = self.path / SETTINGS
        if path.exists() and path.read_text(encoding="utf-8") != self._settings:
            if any(self.path.glob(PARTS)):
                raise NasbenchError(
                    f"{self.path} holds scores of a run with other settings; repeat "
                    "its command, or remove the folder"
                )
            path.unlink()
        if not path.exists():
            with atomic_path(path) as temporary:
                temporary.write_text(self._settings, encoding="utf-8")

    def write(self, scores: Scores) -> None:
        """Keep the scores of some classes.

        Raises:
            NasbenchError: The disk does not take them.
        """
        classes = sorted(scores)
        path = self.path / f"classes{classes[0]}-{classes[-1] + 1}.npz"
        try:
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez(file, classes=classes, values=[scores[c] for c in classes])
        except OSError as error:
            raise NasbenchError(f"cannot write {path}: {error.strerror}") from error

    def read(self) -> Scores:
        """Return all scores that are kept.

        Raises:
            NasbenchError: A file is damaged.
        """
        scores: Scores = {}
        for path in sorted(self.path.glob(PARTS)):
            try:
                # numpy alone would leave a damaged file open.
                with path.open("rb") as file, np.load(file) as part:
                    classes, values = part["classes"].tolist(), part["values"]
                scores |= dict(zip(classes, values, strict=True))
            except (
                OSError,
                EOFError,
                ValueError,
                KeyError,
                zipfile.BadZipFile,
            ) as error:
                raise NasbenchError(
                    f"{path} is damaged ({error}); remove it and repeat the command"
                ) from error
        return scores

    def remove(self) -> None:
        """Remove the folder, when its scores are in the table."""
        shutil.rmtree(self.path)
