"""A search space as a ConfigSpace, for the tools that read those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbench.spaces import Architecture, SearchSpace
from strategies.adapters.extras import require

if TYPE_CHECKING:
    from ConfigSpace import Configuration, ConfigurationSpace

INVALID_HINT = "nasbench: combinations that the space calls invalid are not excluded"


def to_config_space(space: SearchSpace, seed: int | None = None) -> ConfigurationSpace:
    """Return `space` as a ConfigSpace (Lindauer et al., 2019), ready for SMAC.

    Every decision becomes a categorical hyperparameter ``decision 000`` whose choices
    are its options' integers; one without a choice becomes a constant. A validity rule
    is a function, which ConfigSpace cannot hold: of a space with one, ask `is_valid`
    of what `from_configuration` returns. The names of the options are in `meta`.

    Args:
        space: Any space.
        seed: Seeds the sampling of the result.

    Raises:
        NasbenchError: ConfigSpace is not installed.
    """
    library = require("ConfigSpace")
    parameters = [
        library.CategoricalHyperparameter(
            decision_name(number),
            list(range(len(options))),
            meta={"options": list(options)},
        )
        if len(options) > 1
        else library.Constant(decision_name(number), 0, meta={"options": list(options)})
        for number, options in enumerate(space.choices)
    ]
    free = type(space).is_valid is SearchSpace.is_valid
    made: ConfigurationSpace = library.ConfigurationSpace(
        name=space.name, seed=seed, meta={} if free else {"validity": INVALID_HINT}
    )
    made.add(parameters)
    return made


def from_configuration(
    space: SearchSpace, configuration: Configuration
) -> Architecture:
    """Return the options that a configuration of `to_config_space` takes.

    Whether they make a valid architecture is left to ``space.is_valid``.
    """
    return tuple(int(configuration[decision_name(n)]) for n in range(space.decisions))


def to_configuration(
    config_space: ConfigurationSpace, architecture: Architecture
) -> Configuration:
    """Return the configuration of an architecture."""
    configuration: Configuration = require("ConfigSpace").Configuration(
        config_space,
        values={decision_name(n): option for n, option in enumerate(architecture)},
    )
    return configuration


def decision_name(number: int) -> str:
    """Return the name of a decision's hyperparameter; names sort as the decisions."""
    return f"decision {number:03}"
