"""What an architecture is, what it means to train one, what it costs to run one.

`make` opens a benchmark by its versioned id; the subpackages hold the rest. Importing
this package imports neither torch nor pandas.
"""

from nasbench.benchmark import Benchmark, BenchmarkSpec, Evaluation, benchmark_ids, make
from nasbench.errors import NasbenchError

__all__ = [
    "Benchmark",
    "BenchmarkSpec",
    "Evaluation",
    "NasbenchError",
    "benchmark_ids",
    "make",
]
