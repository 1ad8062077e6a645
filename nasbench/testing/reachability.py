"""What a piece of Python can get at from the objects that it was given."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from types import FunctionType, ModuleType

import numpy as np


def reachable(root: object) -> list[object]:
    """Return every object to which references lead from `root`, itself included.

    Attributes, slots, items, closures, default arguments, the owners of bound methods,
    the base of an array view and the target of a weak reference are followed. Modules
    and their global variables are not: they can be imported from anywhere, so they are
    no one's gift, and every function refers to one.

    Example:
        ``any(found is table for found in reachable(strategy))`` is whether a strategy
        can get at a table.
    """
    # None stands there for a module whose import is blocked.
    modules = [module for module in list(sys.modules.values()) if module is not None]
    ignored = {id(vars(module)) for module in modules}
    seen: dict[int, object] = {}
    open_ends = [root]
    while open_ends:
        found = open_ends.pop()
        if id(found) in seen or id(found) in ignored or isinstance(found, ModuleType):
            continue
        seen[id(found)] = found
        open_ends.extend(_referents(found))
    return list(seen.values())


def _referents(found: object) -> Iterator[object]:
    if isinstance(found, FunctionType):
        # A module that is not in sys.modules any more still hangs on its functions.
        hidden = found.__globals__
        yield from (one for one in gc.get_referents(found) if one is not hidden)
        return
    if type(found) in weakref.ProxyTypes:
        # A proxy hands out the methods of its target.
        yield getattr(found.__repr__, "__self__", None)
        return
    yield from gc.get_referents(found)
    # What the garbage collector is not told of.
    if isinstance(found, np.ndarray):
        yield found.base
        if found.dtype.hasobject:
            yield from found.ravel().tolist()
    elif isinstance(found, weakref.ref):
        yield found()
