"""Which strategy a factory builds, as text: to tell whether two files mean the same."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nasbench.given import shown
from nasbench.search import StrategyFactory

PLAIN = (bool, int, float, str, type(None))
"""Settings of these types, and lists of them, are compared by their values."""


def strategy_identity(factory: StrategyFactory) -> str:
    """Return the class and all its settings, as ``LocalSearch(steepest=False)``.

    Defaults stand among the settings, so that a changed default is another strategy.
    Settings that are objects are compared by their type alone. Of a function that
    builds a strategy nothing but its name can be said.
    """
    made: Any = factory
    given: dict[str, Any] = {}
    while isinstance(made, partial):
        placed = {str(place): one for place, one in enumerate(made.args)}
        given = {**placed, **made.keywords, **given}
        made = made.func
    chosen = getattr(made, "settings", None)
    if isinstance(chosen, Mapping) and isinstance(getattr(made, "strategy", 0), type):
        given = {**chosen, **given}  # a `ChosenStrategy`
        made = made.strategy
    settings = {**(_defaults(made) if isinstance(made, type) else {}), **given}
    name = getattr(made, "__qualname__", type(made).__qualname__)
    # A class in a file of the user's has a path as its module, which may move.
    module = Path(str(getattr(made, "__module__", ""))).name
    texts = [f"{key}={_text(value)}" for key, value in settings.items()]
    return f"{module}.{name}({', '.join(texts)})"


def _defaults(strategy: type) -> dict[str, Any]:
    """Return the settings of a class that have defaults."""
    try:
        parameters = inspect.signature(strategy).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _text(value: object) -> str:
    if isinstance(value, PLAIN):
        return shown(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(one) for one in value)}]"
    return f"a {type(value).__qualname__}"
