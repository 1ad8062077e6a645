"""All that decides a run, checked before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from leaderboards.runner.settings import RunSettings
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.given import shown, whole_number
from nasbench.proxy_source import ProxySource
from nasbench.search import StrategyFactory


@dataclass(frozen=True)
class Experiment:
    """All that decides a run.

    Attributes:
        factory: Builds the strategy from its context.
        benchmark: What answers.
        settings: The budget, and how it is spent.
        seed: Any integer that is not negative.
        name: What the strategy is called; empty takes the factory's name.
        proxies: Scores of untrained networks that the strategy may buy.
    """

    factory: StrategyFactory
    benchmark: Benchmark
    settings: RunSettings
    seed: int
    name: str = ""
    proxies: ProxySource | None = None

    def __post_init__(self) -> None:
        """Check everything that was given, and name what has no name.

        Raises:
            NasbenchError: The factory, the benchmark or the settings are none, or the
                seed is no whole number, 0 or more.
        """
        check_factory(self.factory)
        check_benchmark(self.benchmark)
        if not isinstance(self.settings, RunSettings):
            raise NasbenchError(
                f"the settings of a run are RunSettings, as in RunSettings(Budget(100))"
                f", not {shown(self.settings)}"
            )
        seed = whole_number("the seed of a run is 0 or more", self.seed, 0)
        object.__setattr__(self, "seed", seed)
        if not isinstance(self.name, str):
            raise NasbenchError(
                f"the name of a strategy is a text, not {shown(self.name)}"
            )
        object.__setattr__(self, "name", self.name or _name_of(self.factory))

    @property
    def who(self) -> str:
        """Which strategy on which benchmark, for messages."""
        return f"strategy {self.name!r} on {self.benchmark.name}"


def check_factory(factory: object) -> None:
    """Refuse what builds no strategy.

    Raises:
        NasbenchError: It cannot be called, as a name cannot.
    """
    if not callable(factory):
        hint = ""
        if isinstance(factory, str):
            hint = (
                f"; strategies.find_strategy({factory!r}) returns the class of a name"
            )
        raise NasbenchError(
            "a strategy is given as its class, or a partial of it with settings, not "
            f"as {shown(factory)}{hint}"
        )


def check_benchmark(benchmark: object) -> None:
    """Refuse what is no benchmark.

    Raises:
        NasbenchError: It has no `evaluate`, as an id has none.
    """
    if isinstance(benchmark, type) or not callable(
        getattr(benchmark, "evaluate", None)
    ):
        hint = ""
        if isinstance(benchmark, str):
            hint = f"; nasbench.make({benchmark!r}) opens the one of an id"
        raise NasbenchError(
            "a benchmark is an object with evaluate(), such as a table, not "
            f"{shown(benchmark)}{hint}"
        )


def _name_of(factory: StrategyFactory) -> str:
    made: object = factory
    while isinstance(made, partial):
        made = made.func
    return str(getattr(made, "__name__", type(made).__name__))
