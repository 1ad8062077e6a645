"""A strategy with settings as users write it: ``evolution(population_size=10)``."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from nasbench.errors import NasbenchError
from nasbench.search import AskTell, SearchContext
from strategies.named import find_strategy
from strategies.settings import check_settings
from strategies.settings_text import split_settings
from strategies.strategy import Strategy


class ChosenStrategy:
    """Builds a strategy by its name and settings; unlike a lambda, it can be pickled.

    Args:
        text: A name of `strategies.find_strategy`, or one with settings in
            parentheses, as `strategies.settings_text` reads them.

    Attributes:
        text: What was given.
        name: The name without the settings.
        settings: Keyword arguments of the class.

    Raises:
        NasbenchError: The text has another form, the strategy or a setting is not
            known, or a setting is missing, of a wrong type or out of its range; what
            is allowed is named.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.name, self.settings = split_settings(self.text)
        check_settings(f"strategy {self.name}", self.strategy, self.settings)

    @cached_property
    def strategy(self) -> type[Strategy]:
        """The class."""
        return find_strategy(self.name)

    @property
    def slow(self) -> bool:
        """Whether the class says that it is."""
        return bool(getattr(self.strategy, "slow", False))

    @property
    def recorded(self) -> bool:
        """Whether the class replays what was recorded on certain benchmarks."""
        return self.strategy.recorded

    @property
    def several_objectives(self) -> bool:
        """Whether the class can optimise several objectives at once."""
        return self.strategy.several_objectives

    def __call__(self, context: SearchContext) -> AskTell:
        """Return a new strategy.

        Raises:
            NasbenchError: The class forgets to call the constructor of `Strategy`, or
                it refuses the context.
        """
        built = self.strategy(context, **self.settings)
        if not hasattr(built, "rng"):
            raise NasbenchError(
                f"{self.name} does not call super().__init__(context) in its __init__; "
                "add it as the first line"
            )
        return built

    def __reduce__(self) -> tuple[Any, ...]:
        """Find the class anew in the process that unpickles."""
        return ChosenStrategy, (self.text,)

    def __repr__(self) -> str:
        return f"ChosenStrategy({self.text!r})"
