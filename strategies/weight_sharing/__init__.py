"""Strategies that train a supernet: one set of weights for all architectures.

They are not asked and told: each trains a supernet on a task and leaves a `Trace`,
which the table then judges and `ReplayedSearch` replays through ask and tell. Reading
order: `trace.Trace`; `method.Method`, what a method writes; `darts.Darts`, the first of
them; `supernet_search.search`, the loop. Methods need torch; traces do not.
"""

from strategies.weight_sharing.replayed_search import ReplayedSearch
from strategies.weight_sharing.trace import Trace, TraceIdentity
from strategies.weight_sharing.trace_file import read_traces, write_traces

__all__ = [
    "ReplayedSearch",
    "Trace",
    "TraceIdentity",
    "read_traces",
    "write_traces",
]
