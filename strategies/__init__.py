"""How to search: one strategy per file, each an algorithm that can be read.

Reading order: `Strategy` is what they have in common; `RandomSearch` is what every
other has to beat; `LocalSearch` walks; `RegularizedEvolution` and `GeneticAlgorithm`
keep a population; `Reinforce` learns a policy. `find_strategy` finds one by name, also
in a file of your own. Only the methods in `strategies.weight_sharing`, which train
networks themselves, need torch.
"""

from strategies.enumerating.random_search import (
    RandomSearch,
    RandomSearchWithReplacement,
)
from strategies.evolution.genetic_algorithm import GeneticAlgorithm
from strategies.evolution.regularized_evolution import RegularizedEvolution
from strategies.local.local_search import LocalSearch
from strategies.named import find_strategy, self_contained_names, strategy_names
from strategies.reinforcement.reinforce import Reinforce
from strategies.strategy import Strategy

__all__ = [
    "GeneticAlgorithm",
    "LocalSearch",
    "RandomSearch",
    "RandomSearchWithReplacement",
    "RegularizedEvolution",
    "Reinforce",
    "Strategy",
    "find_strategy",
    "self_contained_names",
    "strategy_names",
]
