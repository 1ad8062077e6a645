"""Surrogate files: a JSON header and arrays in one ``.npz``, never a pickle."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.format import read_array
from numpy.typing import NDArray

from nasbench.atomic import atomic_path
from nasbench.errors import NasbenchError

FORMAT = "nasbench-surrogate"
VERSION = 1
HEADER = "header.json"

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""Named arrays; a slash in a name makes a group."""


class SurrogateError(NasbenchError):
    """Report a surrogate file that is missing, damaged, or of another kind."""


def write_surrogate(
    path: Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, Any]
) -> str:
    """Write a surrogate file in one step; equal contents give equal bytes.

    Args:
        path: Where to.
        kind: What it holds: ``model``, ``surrogate``, ``benchmark`` or ``sample``.
        header: What JSON can say.
        arrays: The numbers.

    Returns:
        The SHA-256 over header and arrays, which the file states.

    Raises:
        SurrogateError: The file cannot be written there.
    """
    stated = {"format": FORMAT, "version": VERSION, "kind": kind, **header}
    digest = _digest(stated, arrays)
    text = json.dumps({**stated, "sha256": digest}, sort_keys=True, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as file:
            _add(file, HEADER, text.encode())
            for name in sorted(arrays):
                memory = io.BytesIO()
                np.save(memory, np.asarray(arrays[name], order="C"), allow_pickle=False)
                _add(file, f"{name}.npy", memory.getvalue())
    except OSError as error:
        reason = error.strerror or error
        raise SurrogateError(f"cannot write surrogate {path}: {reason}") from error
    return digest


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed date: the time of writing is no part of the contents.
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, content)


def read_surrogate(path: Path, kind: str) -> tuple[dict[str, Any], Arrays]:
    """Read what `write_surrogate` wrote.

    Returns:
        The header, with its ``sha256``, and the arrays.

    Raises:
        SurrogateError: The file is missing, damaged, or no such surrogate.
    """
    try:
        with zipfile.ZipFile(path) as file:
            header = json.loads(file.read(HEADER))
            arrays = {
                # Not numpy.load, which takes other formats for pickles, and says how
                # to read those.
                name.removesuffix(".npy"): read_array(
                    io.BytesIO(file.read(name)), allow_pickle=False
                )
                for name in file.namelist()
                if name != HEADER
            }
    except FileNotFoundError as error:
        raise SurrogateError(f"no surrogate at {path}") from error
    except KeyError as error:
        raise SurrogateError(f"{path} is no {FORMAT}: it has no {HEADER}") from error
    except zipfile.BadZipFile as error:
        raise SurrogateError(
            f"{path} is no surrogate, or damaged; expected a file that `nasbench "
            "surrogate fit` wrote"
        ) from error
    except (OSError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split())
        raise SurrogateError(f"{path} is no surrogate, or damaged: {reason}") from error
    _check(path, kind, header, arrays)
    return header, arrays


def _check(path: Path, kind: str, header: object, arrays: Arrays) -> None:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise SurrogateError(f"{path} is a zip file, but no {FORMAT}")
    if header.get("version") != VERSION:
        raise SurrogateError(
            f"{path} has version {header.get('version')}; this release reads {VERSION}"
        )
    stated = {key: value for key, value in header.items() if key != "sha256"}
    if _digest(stated, arrays) != header.get("sha256"):
        raise SurrogateError(f"{path} is damaged: its contents do not match its digest")
    if header.get("kind") != kind:
        raise SurrogateError(f"{path} holds a {header.get('kind')}, not a {kind}")


def is_surrogate_file(path: Path) -> bool:
    """Return whether the first bytes are those of a zip file, as ours is."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def kind_of(path: Path) -> str | None:
    """Return what a file says that it holds; None where it is no file of ours."""
    try:
        with zipfile.ZipFile(path) as file:
            header = json.loads(file.read(HEADER))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    known = isinstance(header, dict) and header.get("format") == FORMAT
    return str(header.get("kind")) if known else None


def grouped(arrays: Arrays, group: str) -> Arrays:
    """Return the arrays below a group, by their names within it."""
    start = f"{group}/"
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}


def into_group(group: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return arrays with the name of a group before theirs."""
    return {f"{group}/{name}": array for name, array in arrays.items()}


def _digest(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    total = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        plain = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
        total.update(f"{name}:{plain.dtype.str}{plain.shape}".encode())
        total.update(plain.tobytes())
    return total.hexdigest()
