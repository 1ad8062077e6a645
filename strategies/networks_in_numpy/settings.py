"""The checks that strategies with networks share."""

from __future__ import annotations

import math

from nasbench.errors import NasbenchError


def check_policy(learning_rate: float, entropy: float, hidden: int) -> None:
    """Check the settings of a policy that is a network.

    Raises:
        NasbenchError: One of them is out of its range.
    """
    if not 0 < learning_rate < math.inf:
        raise NasbenchError(f"a learning rate is positive, not {learning_rate}")
    if not 0 <= entropy < math.inf:
        raise NasbenchError(f"the weight of the entropy is 0 or more, not {entropy}")
    check_at_least(1, hidden=hidden)


def check_at_least(smallest: int, **counts: int) -> None:
    """Check that counts, given by their names, are large enough.

    Raises:
        NasbenchError: One of them is smaller than `smallest`.
    """
    for name, count in counts.items():
        if count < smallest:
            raise NasbenchError(f"{name} is at least {smallest}, not {count}")
