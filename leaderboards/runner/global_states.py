"""Watches the random generators that all code in a process shares."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from nasbench.errors import NasbenchError

_watched: ContextVar[bool] = ContextVar("_watched", default=False)


@contextmanager
def states_left_alone(who: str, again: Callable[[], object]) -> Iterator[None]:
    """Find out whether a block drew from, or seeded, a global random generator.

    A strategy that does depends on what ran before it in the same process: on the
    number of jobs, and on the order of the runs. To look before and after costs some
    0.1 ms, whatever is in between. Inside a block, further ones do nothing.

    Libraries that are imported in the block may draw while they load. Where any was,
    the block is judged by what `again` does, which imports it no more.

    Args:
        who: The strategy and what it ran on, to begin the message with.
        again: Does the same as the block.

    Raises:
        NasbenchError: A state has changed.
    """
    if _watched.get():
        yield
        return
    modules, before = len(sys.modules), _shared()
    token = _watched.set(True)
    try:
        yield
    finally:
        _watched.reset(token)
    after = {one.library: one.state for one in _shared()}
    changed = [one for one in before if not _equal(one.state, after[one.library])]
    if not changed:
        return
    for one in changed:  # for the caller, and so that the next run is found out too
        one.put_back(one.state)
    if len(sys.modules) > modules:
        again()
        return
    raise NasbenchError(
        f"{who} drew from or seeded the global random state of "
        f"{' and '.join(one.library for one in changed)}: its runs would depend on "
        "what ran before in the same process; draw from self.rng, or from a generator "
        "made of context.seed"
    )


class _Shared(NamedTuple):
    """A generator that all code in a process shares, in the state that it was in."""

    library: str
    state: Any
    put_back: Callable[[Any], object]


def _shared() -> list[_Shared]:
    """Return the generators of Python, of numpy, and of torch where it is loaded."""
    numpys: Any = np.random  # the legacy functions, which strategies must not use
    found = [
        _Shared("random", random.getstate(), random.setstate),
        _Shared("numpy", numpys.get_state(legacy=False), numpys.set_state),
    ]
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found.append(_Shared("torch", torch.get_rng_state(), torch.set_rng_state))
    return found


def _equal(first: Any, second: Any) -> bool:
    """Compare states, arrays and tensors within them as a whole."""
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            _equal(first[name], second[name]) for name in first
        )
    same = first == second
    return bool(same.all() if hasattr(same, "all") else same)
