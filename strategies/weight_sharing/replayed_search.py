"""A recorded weight-sharing search, replayed through ask and tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from nasbench.benchmark import Status, benchmark_ids
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext, SearchExhausted
from strategies.strategy import Strategy
from strategies.weight_sharing.trace import Trace, by_settings
from strategies.weight_sharing.trace_file import read_traces, traces_digest

SHIPPED = Path(__file__).parent / "traces"
"""Where trace files that ship are kept."""

DEFAULT_TASK = "digits"
"""What `nasbench search` takes unless told."""


class ReplayedSearch(Strategy):
    """Propose what a recorded search found, after the seconds that it took.

    The search is over before the first proposal, so that its whole cost stands before
    the one training of the architecture that it returned; a search that failed proposes
    nothing. The recorded searches stand in the order of their seeds; the number of the
    run, modulo theirs, picks one, so that as many runs as there are searches take each
    once. (The seed is a hash: picked by it, some would be taken twice and others
    never.) With `searches` above 1 the next ones follow, each at its own cost, and the
    referee keeps the best, as users of DARTS do.

    Args:
        context: What to search.
        file: A trace file; empty for those that ship.
        method: Only searches of this method; empty where there is one alone.
        searches: How many searches are run one after the other.
    """

    deterministic = True
    recorded: ClassVar[bool] = True

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
        places = [(context.run + i) % len(traces) for i in range(searches)]
        # Only what is proposed is kept: the state of a strategy is copied and saved.
        self.waiting: list[tuple[Proposal, bool]] = []
        for trace in (traces[place] for place in places):
            self.waiting.append(self._outcome(trace))

    @classmethod
    def recordings(cls, context: SearchContext, **settings: Any) -> Sequence[Trace]:
        """Return the searches that runs would replay in turn.

        Args:
            context: What would be searched.
            settings: As the constructor takes them.

        Raises:
            NasbenchError: There is none.
        """
        return chosen_traces(
            settings.get("file", ""), settings.get("method", ""), context
        )

    @classmethod
    def inputs(cls, context: SearchContext, **settings: Any) -> Mapping[str, str]:
        """Return the digest of the searches that would be replayed."""
        traces = cls.recordings(context, **settings)
        return {f"searches of {traces[0].identity.method}": traces_digest(traces)}

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
    """Return the searches of one method that fit the benchmark, in order of seed.

    Args:
        file: A trace file; empty for those that ship.
        method: Name of a method; empty where there is one alone.
        context: Its space, and its benchmark where the runner says which it is.

    Raises:
        NasbenchError: There is none, or no method is named and there are several.
    """
    there = read_traces(file) if file else shipped_traces()
    here = [trace for trace in there if _fits(trace, context, bool(file))]
    methods = sorted({trace.identity.method for trace in here})
    where = file or "what ships"
    if not method and len(methods) > 1:
        raise NasbenchError(
            f"{where} holds searches of {', '.join(methods)}; name one by method"
        )
    traces = [t for t in here if t.identity.method == (method or t.identity.method)]
    if not traces:
        elsewhere = {
            _what(trace, context)
            for trace in there
            if method in ("", trace.identity.method)
        }
        only = f", only of {', '.join(methods)}" if methods else ""
        if elsewhere:
            only = f", only on {', '.join(sorted(elsewhere))}"
        raise NasbenchError(
            f"{where} holds no search of {method or 'any method'} on "
            f"{_name(context)}{only}; {_how(method or 'darts', context)}"
        )
    kinds = by_settings(traces)
    if len(kinds) > 1:
        raise NasbenchError(
            f"{where} holds searches of {traces[0].identity.method} by different "
            f"settings ({'; '.join(kinds)}), which are no runs of one strategy; put "
            "each kind in a file of its own"
        )
    return sorted(traces, key=lambda trace: trace.identity.seed)


def _fits(trace: Trace, context: SearchContext, named: bool) -> bool:
    """Return whether a search was made on the benchmark of `context`.

    Where it has no spec, the user who names a file vouches for task and recipe.
    """
    if trace.identity.space != context.space.name:
        return False
    spec = context.benchmark_spec
    return named if spec is None else trace.fits(spec)


def _what(trace: Trace, context: SearchContext) -> str:
    """Return on what a search was made, in words that tell it from the context's."""
    spec = context.benchmark_spec
    if spec is None:
        return f"{trace.identity.space} on {trace.identity.task}"
    return trace.identity.differs(spec)


def _name(context: SearchContext) -> str:
    spec = context.benchmark_spec
    return context.space.name if spec is None else spec.id


def _how(method: str, context: SearchContext) -> str:
    """Return how to record and replay a search of one's own."""
    spec, option, name = context.benchmark_spec, "--space", _name(context)
    if spec is not None:
        # The path of a table that is not installed is not known here.
        name = spec.id if spec.id in benchmark_ids() else "TABLE"
        option = "--table"
        if spec.task != DEFAULT_TASK:
            option = f"--task {spec.task} --table"
    return (
        f"record one with `nasbench search {method} {option} {name} --out "
        f'{method}.jsonl` and take "{method}(file={method}.jsonl)"'
    )


def shipped_traces() -> Sequence[Trace]:
    """Return all searches that ship."""
    return _read_all(tuple(sorted(str(path) for path in SHIPPED.glob("*.jsonl*"))))


@cache
def _read_all(files: tuple[str, ...]) -> tuple[Trace, ...]:
    """Read files once per process: every run of a board asks for them."""
    return tuple(trace for file in files for trace in read_traces(file))
