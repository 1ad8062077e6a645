"""Contracts of the extension points, as tests to inherit and as check functions.

For every kind of thing that a third party can add there is a class of tests, of which
a test suite inherits, and a function that returns a sentence for everything that is
wrong: `StrategyContract` and `check_strategy`, `SpaceContract` and `check_space`,
`SurrogateContract` and `check_surrogate`, `ProxyContract` and `check_proxy`,
`TargetContract` and `check_target` (in `nasbench.testing.targets`).
`ToyBenchmark` is something to search without a table, on `ToySpace` or any other small
space; `play` is the smallest runner; `reachable` finds what an object leads to.

Only the contract classes are meant for pytest, and nothing in here imports it.
"""

from nasbench.testing.play import context_of, play
from nasbench.testing.proxies import ProxyContract, check_proxy
from nasbench.testing.reachability import reachable
from nasbench.testing.spaces import SpaceContract, check_space
from nasbench.testing.strategies import StrategyContract, check_strategy
from nasbench.testing.surrogates import SurrogateContract, check_surrogate
from nasbench.testing.toy_benchmark import ToyBenchmark
from nasbench.testing.toy_spaces import ConstrainedToySpace, ToySpace
from nasbench.testing.violations import ContractViolation

__all__ = [
    "ConstrainedToySpace",
    "ContractViolation",
    "ProxyContract",
    "SpaceContract",
    "StrategyContract",
    "SurrogateContract",
    "ToyBenchmark",
    "ToySpace",
    "check_proxy",
    "check_space",
    "check_strategy",
    "check_surrogate",
    "context_of",
    "play",
    "reachable",
]
