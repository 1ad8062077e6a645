"""The random generators that all code in a process shares."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np


class SharedGenerator(NamedTuple):
    """A random generator that all code in the process shares."""

    library: str
    get_state: Callable[[], Any]
    set_state: Callable[[Any], Any]
    seed: Callable[[int], Any]


def shared_generators() -> Iterator[SharedGenerator]:
    """Yield those of Python, of numpy, and of torch where it is loaded."""
    yield SharedGenerator("random", random.getstate, random.setstate, random.seed)
    numpys = np.random  # the legacy functions, which strategies must not use
    yield SharedGenerator("numpy", numpys.get_state, numpys.set_state, numpys.seed)
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        yield SharedGenerator(
            "torch",
            # Not the tensor, whose pickle differs from time to time.
            lambda: torch.get_rng_state().tolist(),
            lambda state: torch.set_rng_state(torch.tensor(state, dtype=torch.uint8)),
            torch.manual_seed,
        )
