"""Trials put together: all that a table file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.networks import count_costs
from nasbench.spaces import SearchSpace
from nasbench.training.trial import Trial
from tabular.identity import TableIdentity
from tabular.schema import TableContents
from tabular.stored_trials import trial_arrays

Trials: TypeAlias = dict[tuple[int, int], Trial]
"""Trials by (class, seed)."""


def table_contents(
    space: SearchSpace,
    identity: TableIdentity,
    trials: Trials,
    provenance: Mapping[str, str],
) -> TableContents:
    """Return a table of trials, with the classes and the costs of the space.

    Args:
        space: The space.
        identity: What decided the trials.
        trials: All trials that the table is to hold; their seeds are its seeds.
        provenance: When, where and by what commands.
    """
    classes = space.classes
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    costs = [
        count_costs(space, space.architecture_at(int(index)), skeleton)
        for index in classes.representatives
    ]
    seeds = tuple(sorted({seed for _, seed in trials}))
    arrays: dict[str, NDArray[Any]] = {
        "classes/class_of": classes.class_of,
        "classes/representative": classes.representatives,
        **{
            f"costs/{name}": np.array([getattr(cost, name) for cost in costs], np.int64)
            for name in ("parameters", "flops", "depth")
        },
        **trial_arrays(trials, len(classes), seeds, identity.recipe.epochs),
    }
    return TableContents(identity, seeds, arrays, provenance)
