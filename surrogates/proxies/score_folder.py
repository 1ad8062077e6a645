"""Scores of a run that is not finished, kept beside the table.

    TABLE.proxies/settings.json       what decides the scores
    TABLE.proxies/classesA-B.npz      finished scores of the classes A to B - 1
    TABLE.proxies/lock                held by the run that is writing

Every file is written in one step and never changed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from nasbench.working_folder import DAMAGED, WorkingFolder, damage
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


class ScoreFolder(WorkingFolder):
    """The folder ``TABLE.proxies`` of one running command; locked while in use.

    Attributes:
        path: The folder.
    """

    parts = PARTS

    def __init__(self, table: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(score_folder_of(table))
        self._settings = json.dumps(settings, sort_keys=True)

    def opened(self) -> None:
        """Refuse scores of other settings.

        Raises:
            NasbenchError: The folder holds some.
        """
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
            except DAMAGED as error:
                raise NasbenchError(
                    f"{path} is damaged ({damage(error)}); remove it and repeat the "
                    "command"
                ) from error
        return scores
