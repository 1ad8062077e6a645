"""Pickles of published latencies, as HW-NAS-Bench has them; nothing in them is run."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from nasbench.errors import unknown
from tabular.schema import TableError

PICKLE = b"\x80"
"""The first byte of a pickle of protocol 2 or newer."""

SPACE = "nasbench201"
"""The part of HW-NAS-Bench's file that is about cells."""

NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
"""The kinds of numpy's scalars that are read."""

Columns: TypeAlias = dict[str, list[float]]


def columns_of_pickle(content: bytes, path: Path, task: str) -> Columns:
    """Return the lists of numbers that a pickle holds of one data set, by their names.

    The layout is that of HW-NAS-Bench (Li et al., ICLR 2021): a dictionary of spaces,
    of data sets, of lists in the order of NAS-Bench-201's official index. The outer
    levels may be missing. A pickle is a program; this reader knows containers, numbers
    and texts alone, and refuses whatever would call anything else.

    Args:
        content: The file.
        path: Its name, for errors.
        task: The data set: its name without hyphens, in any case.

    Raises:
        TableError: The pickle is damaged, asks for a class or a function, or holds no
            such lists.
    """
    try:
        held = _Plain(io.BytesIO(content)).load()
    except TableError as error:
        raise TableError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise TableError(f"{path} is a damaged pickle: {reason}") from error
    if isinstance(held, dict) and SPACE in held:
        held = held[SPACE]
    names = list(held) if isinstance(held, dict) else []
    if isinstance(held, dict) and any(isinstance(v, dict) for v in held.values()):
        found = [name for name in names if _plain(str(name)) == _plain(task)]
        if not found:
            known = [str(name) for name in names]
            raise TableError(f"{path}: {unknown('data set', task, known)}")
        held = held[found[0]]
    return _columns(held, path)


def text_of_columns(columns: Columns, index: str, path: Path) -> str:
    """Return columns as CSV text, with the number of the row under `index`.

    Raises:
        TableError: The columns are of several lengths.
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise TableError(
            f"{path} holds lists of {', '.join(map(str, sorted(lengths)))} numbers; "
            "all columns of a table are of one length"
        )
    lines = [",".join([index, *columns])]
    rows = zip(*columns.values(), strict=True)
    lines += [
        ",".join([str(number), *map(repr, row)]) for number, row in enumerate(rows)
    ]
    return "\n".join(lines) + "\n"


def _columns(held: object, path: Path) -> Columns:
    columns = {}
    for name, values in held.items() if isinstance(held, dict) else ():
        numeric = isinstance(values, list | tuple) and all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in values
        )
        # Other lists, as of configurations, are no columns.
        if numeric and values and "," not in str(name):
            columns[str(name)] = [float(value) for value in values]
    if not columns:
        raise TableError(
            f"{path} holds no lists of numbers; a pickle of latencies is a dictionary "
            "of data sets, and each a dictionary of lists"
        )
    return columns


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


class _Plain(pickle.Unpickler):
    """Reads what needs no code; numpy's numbers are decoded here, not by numpy."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return one of the few stand-ins; refuse all else.

        Raises:
            TableError: The pickle asks for something else.
        """
        stand_in = _STAND_INS.get((module_name.replace("_core", "core"), global_name))
        if stand_in is None:
            raise TableError(
                f"the pickle asks for {module_name}.{global_name}; only plain "
                "containers and numbers are read, and nothing is run"
            )
        if isinstance(stand_in, type):
            return stand_in

        # A function of its own: a pickle can set attributes of what it is given.
        def called(*arguments: Any) -> Any:
            return stand_in(*arguments)

        return called

    def persistent_load(self, pid: Any) -> Any:
        """Refuse references to the outside.

        Raises:
            TableError: Always.
        """
        raise TableError(f"the pickle refers to {pid!r} outside of itself")


class _Kind:
    """Stands in for numpy's dtype: the name and the order of its bytes."""

    def __init__(self, name: str, *_: object) -> None:
        if name not in NUMBERS:
            raise TableError(f"the pickle holds numpy numbers of the kind {name!r}")
        self.name = name
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = "<" if state[1] == "|" else state[1]
        if self.order not in ("<", ">", "="):
            raise TableError(f"the pickle holds numbers in the order {self.order!r}")


def _scalar(kind: _Kind, data: bytes) -> float:
    return float(np.frombuffer(data, np.dtype(kind.order + kind.name))[0])


def _encode(text: str, encoding: str) -> bytes:
    """Return bytes, which protocol 2 writes as text."""
    if encoding not in ("latin1", "latin-1"):
        raise TableError(f"the pickle holds bytes as text in {encoding!r}")
    return text.encode("latin-1")


_STAND_INS: Mapping[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Kind,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
}
