"""``nasbench latency score``: how well latencies are predicted from few of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from nasbench.cli.options import Whole, table_path
from nasbench.cli.terminal import output, print_columns, progress_bar
from nasbench.errors import NasbenchError
from tabular.opened import open_any

if TYPE_CHECKING:
    from surrogates.latency.protocol import LatencyProtocol, PredictorScore
    from surrogates.latency.timed import TimedArchitectures


HEADINGS = (
    "target",
    "predictor",
    "learned from",
    "graph",
    "tau",
    "median error",
    "within 5 %",
    "within 10 %",
    "repeats: tau, within 10 %",
)


@Parameter(name="*")
@dataclass(frozen=True)
class ScoreOptions:
    """How predictors are scored.

    Attributes:
        predictor: Names of predictors; may be repeated; all where none is given.
        size: Measurements to learn from; may be repeated; 10, 50, 200 and 900.
        splits: How often it is done, with other draws.
        graph: Which graph the target runs: pruned, reaching, whole, or auto.
        apart: Test no other writing of a function that was learned from.
        markdown: Print a table for a document.
    """

    predictor: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    size: Annotated[tuple[Whole, ...], Parameter(negative=())] = ()
    splits: Whole = 3
    graph: str = "auto"
    apart: Annotated[bool, Parameter(negative=())] = False
    markdown: Annotated[bool, Parameter(negative=())] = False

    def protocol(self) -> LatencyProtocol:
        """Return the protocol.

        Raises:
            NasbenchError: A number is not positive, or a name is not known.
        """
        from surrogates.latency.predictor import check_names
        from surrogates.latency.protocol import SIZES, LatencyProtocol

        if self.splits < 1 or any(size < 5 for size in self.size):
            raise NasbenchError(
                f"--splits is 1 or more and --size 5 or more; given {self.splits} and "
                f"{', '.join(map(str, self.size)) or 'no size'}"
            )
        return LatencyProtocol(
            predictors=self.predictor,
            sizes=self.size or SIZES,
            splits=self.splits,
            graph=check_names(self.predictor, self.graph),
            apart=self.apart,
        )


def score_command(
    table: str,
    /,
    *,
    target: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    options: ScoreOptions | None = None,
) -> None:
    """Score latency predictors on the latencies of a table, beside repeat ceilings.

    Args:
        table: A table with latencies, or a published one.
        target: Which targets; may be repeated; all where none is given.
        options: How they are scored.
    """
    from surrogates.latency.protocol import score_predictors
    from surrogates.latency.timed import timed_targets

    chosen = options or ScoreOptions()
    rules = chosen.protocol()
    held = open_any(table_path(table))
    timed = [one for name in target or (None,) for one in timed_targets(held, name)]
    rows: list[tuple[TimedArchitectures, PredictorScore]] = []
    with progress_bar("targets") as step:
        for number, one in enumerate(timed):
            step(number, len(timed), one.target)
            rows += [(one, score) for score in score_predictors(one, rules)]
        step(len(timed), len(timed), "")
    lines = [_line(one, score) for one, score in rows]
    if not chosen.markdown:
        print_columns(HEADINGS, lines, numbers_from=2)
        return
    for line in (HEADINGS, ["---"] * len(HEADINGS), *lines):
        output.print("| " + " | ".join(line) + " |")


def _line(timed: TimedArchitectures, found: PredictorScore) -> list[str]:
    scores, ceiling = found.scores, timed.ceiling
    graph = Counter(found.graphs).most_common(1)[0][0]
    repeats = "-"
    if ceiling is not None:
        repeats = f"{ceiling.kendall:.3f}, {100 * ceiling.within_10:.0f} %"
    return [
        found.target,
        found.predictor,
        str(found.size),
        graph,
        f"{scores.kendall:.3f}",
        f"{100 * scores.median_error:.1f} %",
        f"{100 * scores.within_5:.1f} %",
        f"{100 * scores.within_10:.1f} %",
        repeats,
    ]
