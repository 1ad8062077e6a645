"""A results folder in the making, beside the one that it replaces."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leaderboards.boards.entrants import Entrant
from nasbench.atomic import atomic_path, why_not_writable
from nasbench.errors import NasbenchError

PROVENANCE = "provenance.json"
NOT_COMPARED = (PROVENANCE,)
"""Files that two runs of a board may write differently."""


class Staging:
    """Collects the files of a board, and then puts them in place of the old ones.

    The old folder stays whole until then. What was collected survives an interruption;
    the next call begins with it.

    Args:
        folder: The results folder.

    Attributes:
        place: Where the files are collected.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder.with_name(f".{folder.name}.unfinished")
        self._replaced = folder.with_name(f".{folder.name}.replaced")
        self._strategies: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        """Make the folder where files are collected."""
        reason = why_not_writable(self.folder.parent)
        if reason is not None:
            raise NasbenchError(f"cannot write the board to {self.folder}: {reason}")
        if not _is_free(self.folder):
            raise NasbenchError(
                f"{self.folder} is there and holds no board; choose another --out"
            )
        if self._replaced.exists() and not self.folder.exists():
            self._replaced.rename(self.folder)  # an interruption between two renames
        self.place.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say why nothing could be written, if that is so."""
        if isinstance(error, OSError):
            raise NasbenchError(
                f"cannot write the board to {self.folder}: {error.strerror or error}"
            ) from error

    def keep(self, entrant: Entrant, inputs: str) -> bool:
        """Take over the files of a strategy, if they were made from equal inputs."""
        for place in (self.place, self.folder):
            known = _provenance(place).get("strategies", {}).get(entrant.name, {})
            if known.get("inputs") != inputs:
                continue
            contents = _whole(place, known.get("files", {}))
            if contents is not None:
                self.add(entrant, contents, known)
                return True
        return False

    def add(
        self, entrant: Entrant, contents: Mapping[str, bytes], facts: Mapping[str, str]
    ) -> None:
        """Write the files of a strategy, and then that they are whole."""
        self.write(contents)
        files = {name: _sha256(content) for name, content in contents.items()}
        self._strategies[entrant.name] = {**facts, "files": files}
        earlier = _provenance(self.place).get("strategies", {})
        self._write_provenance({"strategies": {**earlier, **self._strategies}})

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write files by their paths in the folder, each as a whole."""
        for name, content in contents.items():
            path = self.place / name
            path.parent.mkdir(exist_ok=True)
            with atomic_path(path) as temporary:
                temporary.write_bytes(content)

    def finish(self, facts: Mapping[str, str]) -> None:
        """Put the folder in its place; files of strategies that are gone go too."""
        self._write_provenance({**facts, "strategies": self._strategies})
        stay = {n for one in self._strategies.values() for n in one["files"]}
        for path in (*self.place.glob("runs/*"), *self.place.glob("walks/*")):
            if path.relative_to(self.place).as_posix() not in stay:
                path.unlink()
        shutil.rmtree(self._replaced, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(self._replaced)
        self.place.rename(self.folder)
        shutil.rmtree(self._replaced, ignore_errors=True)

    def _write_provenance(self, facts: Mapping[str, Any]) -> None:
        content = json.dumps(facts, indent=1, sort_keys=True) + "\n"
        self.write({PROVENANCE: content.encode()})


def _is_free(folder: Path) -> bool:
    """Return whether a board may stand there: nothing does, or an older one."""
    if not folder.exists() or (folder / "manifest.toml").exists():
        return True
    return folder.is_dir() and not any(folder.iterdir())


def _provenance(folder: Path) -> dict[str, Any]:
    """Return what is known of how files were made; nothing, where that is damaged."""
    try:
        found = json.loads((folder / PROVENANCE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(folder: Path, files: Mapping[str, str]) -> dict[str, bytes] | None:
    """Return the files, if they are as they were written."""
    try:
        contents = {name: (folder / name).read_bytes() for name in files}
    except OSError:
        return None
    same = all(_sha256(contents[name]) == sha256 for name, sha256 in files.items())
    return contents if same and contents else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
