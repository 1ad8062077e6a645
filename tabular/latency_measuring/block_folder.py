"""Measured blocks of a run that is not finished, kept beside the table.

    TABLE.latency/lock                    held by the run that is writing
    TABLE.latency/networks/               files for runtimes, of the block at work
    TABLE.latency/TARGET/settings.json    what decides the numbers
    TABLE.latency/TARGET/blockN.npz       what was measured of a block

Every file is written in one step and never changed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import TracebackType

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError
from nasbench.hardware.measuring import BlockTimings
from nasbench.working_folder import DAMAGED, WorkingFolder, damage

PARTS = "*/block*.npz"
SETTINGS = "settings.json"

Settings = Mapping[str, str]


def latency_folder_of(table: Path) -> Path:
    """Return the folder of the unfinished measurements of a table."""
    return table.with_name(table.name + ".latency")


class BlockFolder(WorkingFolder):
    """The folder ``TABLE.latency`` of one running command; locked while in use.

    Attributes:
        path: The folder.
    """

    parts = PARTS

    def __init__(self, table: Path) -> None:
        super().__init__(latency_folder_of(table))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop the networks of the block at work, then as any working folder."""
        self.drop_networks()
        super().__exit__(kind, error, traceback)

    def networks(self) -> Path:
        """Return the folder for the files of the block at work; made at need."""
        folder = self.path / "networks"
        folder.mkdir(exist_ok=True)
        return folder

    def drop_networks(self) -> None:
        """Remove the files of a block that is measured."""
        shutil.rmtree(self.path / "networks", ignore_errors=True)

    def claim(self, target: str, settings: Settings) -> None:
        """Say by what settings the blocks of a target are measured.

        Raises:
            NasbenchError: There are blocks that were measured by others.
        """
        folder = self.path / target
        folder.mkdir(exist_ok=True)
        path = folder / SETTINGS
        text = json.dumps(dict(settings), sort_keys=True, indent=1)
        if path.exists() and any(folder.glob("block*.npz")):
            held = _read_settings(path)
            other = [
                f"{key} {held.get(key, 'none')}, not {settings.get(key, 'none')}"
                for key in sorted({*held, *settings})
                if held.get(key) != settings.get(key)
            ]
            if other:
                raise NasbenchError(
                    f"{folder} holds blocks of a run with other settings "
                    f"({'; '.join(other)}); repeat its command, or remove the folder"
                )
            return
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def write(self, target: str, block: int, timings: BlockTimings) -> None:
        """Keep what was measured of a block.

        Raises:
            NasbenchError: The disk does not take it.
        """
        path = self._file(target, block)
        arrays = {each.name: getattr(timings, each.name) for each in fields(timings)}
        arrays["reasons"] = np.array([text.encode() for text in timings.reasons], "S")
        try:
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez(file, **arrays)
        except OSError as error:
            raise NasbenchError(f"cannot write {path}: {error.strerror}") from error

    def read(self, target: str, block: int) -> BlockTimings | None:
        """Return what was measured of a block; None where it is not there yet.

        Raises:
            NasbenchError: The file is damaged.
        """
        path = self._file(target, block)
        if not path.exists():
            return None
        try:
            # numpy alone would leave a damaged file open.
            with path.open("rb") as file, np.load(file) as part:
                held = {each.name: part[each.name] for each in fields(BlockTimings)}
        except DAMAGED as error:
            raise NasbenchError(
                f"{path} is damaged ({damage(error)}); remove it and repeat the command"
            ) from error
        before, after = held.pop("load").tolist()
        reasons = tuple(text.decode() for text in held.pop("reasons").tolist())
        return BlockTimings(**held, reasons=reasons, load=(before, after))

    def remove_target(self, target: str) -> None:
        """Remove the blocks of a target, when they are in the table."""
        shutil.rmtree(self.path / target, ignore_errors=True)

    def _file(self, target: str, block: int) -> Path:
        return self.path / target / f"block{block}.npz"


def _read_settings(path: Path) -> Settings:
    try:
        held: Settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NasbenchError(
            f"{path} is damaged ({error}); remove the folder and measure anew"
        ) from error
    return held
