"""A recorded weight-sharing search, replayed through ask and tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext, SearchExhausted
from strategies.strategy import Strategy
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.trace_file import read_traces

SHIPPED = Path(__file__).parent / "traces"
"""Where trace files that ship are kept."""


class ReplayedSearch(Strategy):
    """Propose what a recorded search found, after the seconds that it took.

    The search is over before the first proposal, so that its whole cost stands before
    the one training of the architecture that it returned; a search that failed proposes
    nothing. The run's seed picks one of the recorded searches; with `searches` above 1
    the next ones follow, each at its own cost, and the referee keeps the best, as users
    of DARTS do.

    Args:
        context: What to search.
        file: A trace file; empty for those that ship.
        method: Only searches of this method; empty where there is one alone.
        searches: How many searches are run one after the other.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        file: str = "",
        method: str = "",
        searches: int = 1,
    ) -> None:
        super().__init__(context)
        traces = chosen_traces(file, method, context)
        if not 1 <= searches <= len(traces):
            raise NasbenchError(
                f"there are {len(traces)} searches of {traces[0].identity.method}; "
                f"searches is {searches}, not 1 to {len(traces)}"
            )
        start = int(self.rng.integers(len(traces)))
        places = [(start + i) % len(traces) for i in range(searches)]
        # Only what is proposed is kept: the state of a strategy is copied and saved.
        self.waiting: list[tuple[Proposal, bool]] = []
        for trace in (traces[place] for place in places):
            self.waiting.append(self._outcome(trace))

    def ask(self) -> Proposal:
        """Return what the next recorded search found.

        Raises:
            SearchExhausted: All have been replayed.
        """
        while self.waiting:
            proposal, failed = self.waiting.pop(0)
            if not failed:
                return proposal
        raise SearchExhausted("all recorded searches have been replayed")

    def _outcome(self, trace: Trace) -> tuple[Proposal, bool]:
        failed = trace.status is Status.FAILED
        found = (0,) * self.space.decisions if failed else trace.found
        proposal = Proposal(found, self.context.epochs, trace.cost_seconds)
        return proposal, failed


def chosen_traces(file: str, method: str, context: SearchContext) -> Sequence[Trace]:
    """Return the searches of one method that fit the benchmark, in their order.

    Args:
        file: A trace file; empty for those that ship.
        method: Name of a method; empty where there is one alone.
        context: Its space, and its benchmark where the runner says which it is.

    Raises:
        NasbenchError: There is none, or no method is named and there are several.
    """
    spec = context.benchmark_spec
    paths = [file] if file else shipped_files()
    here = [trace for path in paths for trace in read_traces(path)]
    here = [trace for trace in here if trace.identity.space == context.space.name]
    # Those of other tasks may stand in the same file.
    here = [trace for trace in here if spec is None or trace.fits(spec)]
    methods = sorted({trace.identity.method for trace in here})
    where, what = file or "what ships", context.space.name if spec is None else spec.id
    if not method and len(methods) > 1:
        raise NasbenchError(
            f"{where} holds searches of {', '.join(methods)}; name one by method"
        )
    traces = [t for t in here if t.identity.method == (method or t.identity.method)]
    if not traces:
        raise NasbenchError(
            f"{where} holds no search of {method or 'any method'} on {what}"
            + (f", only of {', '.join(methods)}" if methods else "")
            + "; record one with `nasbench search`, and name its file"
        )
    return traces


def shipped_files() -> list[str]:
    """Return the paths of the trace files that ship."""
    return sorted(str(path) for path in SHIPPED.glob("*.jsonl*"))
