"""Strategies by name: installed ones, and classes in a file of the user's."""

from __future__ import annotations

import inspect
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from nasbench.errors import NasbenchError, unknown
from strategies.strategy import Strategy

ENTRY_POINTS = "nasbench.strategies"
"""Entry points of this group are subclasses of `Strategy`, ours and third parties'."""

FILE_FORM = "path/to/file.py:ClassName"


def strategy_names() -> list[str]:
    """Return the names of all strategies that are installed."""
    return sorted(entry_points(group=ENTRY_POINTS).names)


def find_strategy(name: str) -> type[Strategy]:
    """Return the strategy class called `name`.

    Args:
        name: A name out of `strategy_names`, or ``path/to/file.py:ClassName``, which
            runs the file anew at every call.

    Raises:
        NasbenchError: No strategy has that name; near matches are named. Or the file
            is not there, cannot be run, or has no such subclass of `Strategy`.
    """
    path, colon, class_name = name.rpartition(":")
    if colon:
        found = getattr(_run(Path(path)), class_name, None)
        if found is None:
            raise NasbenchError(f"{path} has no class {class_name!r}")
    elif name.endswith(".py"):
        raise NasbenchError(f"{name} names a file but no class; write {FILE_FORM}")
    else:
        entries = list(entry_points(group=ENTRY_POINTS, name=name))
        if not entries:
            known = unknown("strategy", name, strategy_names())
            raise NasbenchError(f"{known}; or {FILE_FORM}")
        found = entries[0].load()
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise NasbenchError(f"{name} is no subclass of strategies.Strategy: {found!r}")
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise NasbenchError(f"{name} is abstract; it has to define {missing}")
    return found


def _run(path: Path) -> ModuleType:
    """Run a Python file as a module of its own, named by its path."""
    if not path.is_file():
        raise NasbenchError(f"no file {str(path)!r}; write a strategy as {FILE_FORM}")
    module = ModuleType(str(path.resolve()))
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    try:
        exec(compile(path.read_bytes(), path, "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise NasbenchError(f"{path} cannot be run: {reason}") from error
    return module
