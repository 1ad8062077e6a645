"""Boards by name: the manifests that the project publishes, and where results are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from nasbench.errors import NasbenchError, unknown

MANIFESTS = "manifests"
RESULTS = "results"


def board_names() -> list[str]:
    """Return the names of the boards that the project publishes."""
    folder = _package() / MANIFESTS
    return sorted(path.stem for path in folder.glob("*.toml"))


def manifest_of(board: str) -> Path:
    """Return the manifest of a published board, or the file that a path names.

    Raises:
        NasbenchError: There is neither; near matches are named.
    """
    if board.endswith(".toml") or "/" in board:
        return Path(board)
    if board not in board_names():
        known = unknown("board", board, board_names())
        raise NasbenchError(f"{known}; or the path of a manifest, *.toml")
    return _package() / MANIFESTS / f"{board}.toml"


def results_of(board: str) -> Path:
    """Return the results folder of a board: by its name, manifest, or own path.

    The results of a manifest stand in a folder ``results`` beside it; beside the
    folder of the manifest, where that is called ``manifests``.

    Raises:
        NasbenchError: As `manifest_of`.
    """
    path = Path(board)
    if (path / "manifest.toml").is_file():
        return path
    manifest = manifest_of(board)
    beside = manifest.absolute().parent
    beside = beside.parent if beside.name == MANIFESTS else manifest.parent
    return beside / RESULTS / manifest.stem


def _package() -> Path:
    return Path(str(files("leaderboards")))
