"""Boards by name: the manifests that the project publishes, and where results are."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

from nasbench.errors import NasbenchError, unknown

MANIFESTS = "manifests"
RESULTS = "results"
OF_COMPARE = (".csv", ".html", ".png")
"""How files end that ``nasbench compare --out`` writes."""


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
        NasbenchError: As `manifest_of`; or the path is a folder without a manifest, or
            a file in one, as ``nasbench compare --out`` writes.
    """
    path = Path(board)
    if (path / "manifest.toml").is_file():
        return path
    written = path.is_file() and path.suffix in OF_COMPARE
    folder = path.parent if written else path
    if folder.is_dir() and board not in board_names():
        if (folder / "manifest.toml").is_file():
            raise NasbenchError(
                f"{path} is a file of the results of a board; give their folder, "
                f"{folder}"
            )
        raise NasbenchError(
            f"the folder {folder} has no manifest.toml, so it holds no results of a "
            "board; `nasbench compare --out` writes a page of its own, index.html"
        )
    manifest = manifest_of(board)
    beside = manifest.absolute().parent
    beside = beside.parent if beside.name == MANIFESTS else manifest.parent
    return beside / RESULTS / manifest.stem


def command_name(folder: Path) -> str:
    """Return how commands name the board whose results are in a folder.

    That is its name where the project publishes it, else the file of its manifest,
    which stands beside the folder ``results``.
    """
    name = folder.resolve().name
    published = _package() / MANIFESTS / f"{name}.toml"
    if name in board_names() and (
        folder.resolve() == (_package() / RESULTS / name).resolve()
        or (folder / "manifest.toml").read_bytes() == published.read_bytes()
    ):
        return name
    return shlex.quote(f"{name}.toml")


def _package() -> Path:
    return Path(str(files("leaderboards")))
