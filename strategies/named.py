"""Strategies by name: installed ones, and classes in a file of the user's."""

from __future__ import annotations

import inspect
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from nasbench.errors import NasbenchError, unknown
from strategies.settings import required_settings
from strategies.strategy import Strategy

ENTRY_POINTS = "nasbench.strategies"
"""Entry points of this group are subclasses of `Strategy`, ours and third parties'."""

FILE_FORM = "path/to/file.py:ClassName"


def strategy_names() -> list[str]:
    """Return the names of all strategies that are installed."""
    return sorted(entry_points(group=ENTRY_POINTS).names)


def self_contained_names() -> list[str]:
    """Return the names of those that take any benchmark, and no settings.

    Others need to be given benchmarks to learn from, or replay what was recorded.
    """
    classes = {name: find_strategy(name) for name in strategy_names()}
    return [
        name
        for name, one in classes.items()
        if not one.recorded and not required_settings(one)
    ]


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
    if colon or name.endswith(".py"):
        module = _run(Path(path if colon else name))
        found = getattr(module, class_name, None) if colon else None
        if found is None:
            raise NasbenchError(_no_class(module, class_name if colon else ""))
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
        raise NasbenchError(
            f"class {name} is no strategy yet: it has to define {missing}, as "
            "strategies.Strategy says"
        )
    return found


def _no_class(module: ModuleType, class_name: str) -> str:
    """Return what to say of a name without a class, or with one that is not there."""
    own = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
    ]
    has = f"it has {', '.join(own)}" if own else "it has no subclass of Strategy"
    if class_name:
        return f"{module.__file__} has no class {class_name!r}; {has}"
    return f"{module.__file__} is a file without a class; write {FILE_FORM}; {has}"


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
        raise NasbenchError(_why_not_run(path, error)) from error
    return module


def _why_not_run(path: Path, error: BaseException) -> str:
    """Return the error of a file with the last line of the file that led to it."""
    own = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    reason, line = str(error), own[-1] if own else None
    if isinstance(error, SyntaxError) and error.filename == str(path):
        reason, line = error.msg, error.lineno
    where = "" if line is None else f" (line {line})"
    told = f"{path} cannot be run{where}: {type(error).__name__}: {reason}"
    return " ".join(told.split())
