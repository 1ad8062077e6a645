"""What ``nasbench compare`` refuses before anything is run."""

from __future__ import annotations

from pathlib import Path

from leaderboards import RunSettings
from leaderboards.fronts.objective_text import constraint_text
from leaderboards.fronts.permitted import is_known_whole, permitted
from nasbench.atomic import why_not_writable
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError


def check_out(out: Path | None) -> None:
    """Refuse a folder that cannot be written.

    Raises:
        NasbenchError: It cannot, or it is the current folder.
    """
    if out is None:
        return
    # The parser makes "." of an empty word as well; a board needs its own folder.
    if out == Path():
        raise NasbenchError("--out is the current folder; give one for the board")
    reason = why_not_writable(out)
    if reason is not None:
        raise NasbenchError(f"cannot write the board to {out}: {reason}")


def check_columns(benchmark: Benchmark, settings: RunSettings) -> None:
    """Refuse measured columns that the benchmark does not have.

    Raises:
        NasbenchError: It lacks one; those of the same family are named.
    """
    wanted = [one.column for one in settings.objectives]
    wanted += [one.column for one in settings.constraints]
    measured = [column for column in wanted if ":" in column]
    if not measured or not is_known_whole(benchmark):
        return
    known = sorted(benchmark.evaluate(next(iter(benchmark.space))).measured)
    for column in measured:
        if column not in known:
            family = column.partition(":")[0]
            there = [one for one in known if one.startswith(f"{family}:")]
            has = (
                f"it has {', '.join(there)}" if there else f"it has no {family} at all"
            )
            more = "; `nasbench latency` adds targets" if family != "accuracy" else ""
            raise NasbenchError(f"{benchmark.name} does not have {column}; {has}{more}")


def check_limits(benchmark: Benchmark, settings: RunSettings) -> None:
    """Refuse limits that nothing keeps, where that can be looked up.

    Raises:
        NasbenchError: No architecture keeps them.
    """
    limits = settings.constraints
    if not limits or not is_known_whole(benchmark):
        return
    if next(permitted(benchmark, limits), None) is None:
        texts = ", ".join(constraint_text(limit) for limit in limits)
        raise NasbenchError(
            f"no architecture of {benchmark.name} keeps the limits {texts}; loosen them"
        )
