"""Trials kept in a text file while they are made: one line each, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture
from nasbench.training.trial import Trial

FIELDS: dict[str, DTypeLike] = {
    "correct": np.int32,
    "loss": np.float32,
    "cpu_seconds": np.float32,
    "wall_seconds": np.float32,
}
"""The arrays of a trial and their types."""


class LoggedTrial(NamedTuple):
    """A trial, and what was trained from which seed."""

    architecture: Architecture
    seed: int
    trial: Trial


class TrialLog:
    """A file of trials of one identity, JSON lines, to which lines are only added.

    The first line says what decides the numbers, every other line holds one trial. A
    line is on the disk before `append` returns; the line that a kill has cut short is
    dropped when the file is next opened.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, identity: str) -> None:
        """Open the file, or begin it.

        Args:
            path: Where it is, or will be.
            identity: What decides the numbers, as one JSON object.

        Raises:
            NasbenchError: The file belongs to other numbers, is damaged, or cannot be
                written.
        """
        self.path = path
        try:
            text = path.read_bytes() if path.exists() else b""
            whole = text[: text.rfind(b"\n") + 1]
            if len(whole) < len(text):
                os.truncate(path, len(whole))
            self._lines = whole.decode().splitlines()
            if not self._lines:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._write(identity)
        except (OSError, UnicodeDecodeError) as error:
            raise NasbenchError(f"cannot keep trials in {path}: {error}") from error
        if self._lines and json.loads(self._lines[0]) != json.loads(identity):
            raise NasbenchError(
                f"{path} holds trials of other numbers (space, task, recipe or engine "
                "differ); choose another --out, or remove it"
            )

    def append(self, architecture: Architecture, seed: int, trial: Trial) -> None:
        """Add a trial."""
        values = {
            "architecture": architecture,
            "seed": seed,
            "status": trial.status.value,
            "epochs": trial.epochs_done,
            **{name: getattr(trial, name).tolist() for name in FIELDS},
        }
        self._write(json.dumps(values))

    def __iter__(self) -> Iterator[LoggedTrial]:
        """Yield the trials that were there when the file was opened, in their order.

        Raises:
            NasbenchError: A line is no trial.
        """
        return _trials(self.path, self._lines)

    @staticmethod
    def read(path: Path) -> Iterator[LoggedTrial]:
        """Yield the trials of a finished file, whatever their identity.

        Raises:
            NasbenchError: The file is missing, or a line is no trial.
        """
        try:
            lines = path.read_text().splitlines()
        except OSError as error:
            raise NasbenchError(f"no trials at {path}: {error.strerror}") from error
        return _trials(path, lines)

    def _write(self, line: str) -> None:
        with self.path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def _trials(path: Path, lines: list[str]) -> Iterator[LoggedTrial]:
    for number, line in enumerate(lines[1:], start=2):
        try:
            yield _read(line)
        except (ValueError, KeyError, TypeError) as error:
            raise NasbenchError(
                f"{path} is damaged at line {number}: {error}"
            ) from error


def _read(line: str) -> LoggedTrial:
    values = json.loads(line)
    arrays: list[NDArray[Any]] = [
        np.array(values[name], kind) for name, kind in FIELDS.items()
    ]
    trial = Trial(Status(values["status"]), int(values["epochs"]), *arrays)
    return LoggedTrial(tuple(values["architecture"]), int(values["seed"]), trial)
