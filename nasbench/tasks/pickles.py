"""Pickled image batches, read without running what they hold.

A pickle is a program: loading one may import any module and call anything in it, and
data sets are downloaded from strangers. So no global that a file names is looked up.
The few names that numpy arrays need are answered by the stand-ins below, which only
note shape, type and bytes; every other name is an error.
"""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.tasks.image_set import file_bytes
from nasbench.tasks.task import TaskError

TYPES = frozenset(("b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"))
"""Element types without references, in numpy's spelling."""


def read_pickle(file: Path) -> dict[str, Any]:
    """Return a pickled dict of plain values and numpy arrays; keys become strings.

    Both Python 2's files (byte strings are read as Latin 1) and Python 3's are read.

    Raises:
        TaskError: The file is missing or damaged, holds something else, or asks for
            code to be run.
    """
    data = file_bytes(file)
    try:
        value = _plain(_Unpickler(io.BytesIO(data), encoding="latin1").load())
    except _ForbiddenError as error:
        raise TaskError(
            f"{file}: refused: the pickle asks for {error}; only plain containers and "
            "numpy arrays are read, because a pickle can run any code"
        ) from None
    except (
        pickle.UnpicklingError,
        ArithmeticError,
        AttributeError,
        EOFError,
        ImportError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        # What Python raises for a pickle that is cut off or garbled.
        raise TaskError(f"{file}: damaged pickle: {error}; download it again") from None
    if not isinstance(value, dict):
        raise TaskError(f"{file}: holds a {type(value).__name__}, expected a dict")
    return value


class _ForbiddenError(Exception):
    """A global that no array needs."""


class _Name:
    """A callable stand-in; without a ``__dict__``, so that no file can alter it."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., object]) -> None:
        self._call = call

    def __call__(self, *arguments: object) -> object:
        return self._call(*arguments)


class _Type:
    """The stand-in of a numpy dtype."""

    __slots__ = ("_letters", "_order")

    def __init__(self, letters: object, *_: object) -> None:
        if letters not in TYPES:
            raise _ForbiddenError(f"the array type {letters!r}")
        self._letters, self._order = str(letters), "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", ">", "|", "="):
            raise ValueError(f"byte order {state[1]!r}")
        self._order = state[1]

    def resolve(self) -> np.dtype[Any]:
        return np.dtype(self._order + self._letters)


class _Array:
    """The stand-in of an array or a numpy scalar."""

    __slots__ = ("_state",)

    def __init__(self, state: tuple[Any, ...] = ()) -> None:
        self._state = state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state[-4:]  # behind a version number

    def resolve(self) -> Any:
        shape, kind, fortran, raw = self._state
        data = raw.encode("latin1") if isinstance(raw, str) else raw
        if not isinstance(data, bytes | bytearray):
            raise TypeError(f"array data of type {type(data).__name__}")
        dtype = kind.resolve()
        if math.prod(shape) * dtype.itemsize != len(data):
            raise ValueError(f"{len(data)} bytes for a {dtype} array of {shape}")
        flat = np.frombuffer(data, dtype)
        array = flat.reshape(shape, order="F" if fortran else "C")
        return array if array.ndim else array.item()


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(kind: _Type, raw: object) -> _Array:
    return _Array(((), kind, False, raw))


def _from_buffer(raw: object, kind: _Type, shape: object, order: object) -> _Array:
    return _Array((shape, kind, order == "F", raw))


def _encode(text: str, _: object = None) -> bytes:
    return text.encode("latin1")  # how Python 3 writes bytes in protocols 0 to 2


_STAND_INS: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _reconstruct,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
}
for _package in ("numpy.core", "numpy._core"):  # before and since numpy 2
    _STAND_INS[f"{_package}.multiarray", "_reconstruct"] = _reconstruct
    _STAND_INS[f"{_package}.multiarray", "scalar"] = _scalar
    _STAND_INS[f"{_package}.numeric", "_frombuffer"] = _from_buffer


class _Unpickler(pickle.Unpickler):
    """Answer the names of `_STAND_INS` and refuse all others."""

    def find_class(self, module: str, name: str) -> object:
        call = _STAND_INS.get((module, name))
        if call is None:
            raise _ForbiddenError(f"{module}.{name}")
        return _Name(call)


def _plain(value: Any) -> Any:
    """Turn the stand-ins inside containers into arrays, keys into strings."""
    if isinstance(value, _Array):
        return value.resolve()
    if isinstance(value, dict):
        return {
            key.decode("latin1") if isinstance(key, bytes) else str(key): _plain(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
