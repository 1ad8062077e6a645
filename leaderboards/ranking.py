"""Who is better on a board, and how sure are we."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leaderboards.columns import RANKING, SEARCHES
from leaderboards.measures.aggregates import stratified_aggregates
from leaderboards.measures.estimate import REPLICATES, Estimate
from leaderboards.measures.improvement import probability_of_improvement
from leaderboards.measures.ranks import rank_by_mean
from leaderboards.measures.repeats import Searches, count_searches, repeat_positions
from leaderboards.quantity import quantity_of
from leaderboards.searches import searches_of
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "random"

_Columns: TypeAlias = dict[str, NDArray[np.float64]]


def rank_board(
    board: pd.DataFrame,
    rng: np.random.Generator,
    baseline: str = BASELINE,
    replicates: int = REPLICATES,
) -> pd.DataFrame:
    """Return the ranking of a board's strategies by what they ended with.

    Args:
        board: What `compare` returns.
        rng: Draws the bootstrap replicates.
        baseline: The strategy that all others are compared with.
        replicates: Bootstrap replicates of every interval.

    Returns:
        One row per strategy, by benchmark and rank; the columns are
        `leaderboards.columns.RANKING`; where runs replay recorded searches, also
        `leaderboards.columns.SEARCHES`. Then bounds are over distinct searches, NaN
        where there is one.

    Raises:
        NasbenchError: The strategies of a benchmark do not have the same seeds, or
            nothing is known to rank by.
    """
    import pandas as pd

    keys = ["benchmark", "strategy", "seed"]
    final = board.groupby(keys, sort=False, observed=True).tail(1)
    rankings = [
        _rank_one(rows, rng, baseline, replicates)
        for _, rows in final.groupby("benchmark", sort=False, observed=True)
    ]
    if not rankings:
        raise NasbenchError("a ranking needs a board with rows; this one is empty")
    return pd.concat(rankings, ignore_index=True)


def _rank_one(
    final: pd.DataFrame, rng: np.random.Generator, baseline: str, replicates: int
) -> pd.DataFrame:
    """Rank the strategies of one benchmark by the last rows of their runs."""
    import pandas as pd

    names, final = _rectangular(final)
    count = len(final) // len(names)

    def runs(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(values, np.float64).reshape(len(names), count)

    searches = searches_of(final, len(names))
    # Every figure comes from the same resampled runs, so that they fit together.
    draws = int(rng.integers(2**63))
    quantity = quantity_of(final)
    samples = 100 * runs(quantity.fractions)
    columns: dict[str, object] = {
        "benchmark": str(final["benchmark"].iloc[0]),
        "strategy": names,
        "seeds": count,
        "evaluations": runs(final["evaluations"].to_numpy()).mean(axis=1),
        "ranked_by": quantity.name,
        "baseline": baseline,
        **_bounds("rank", rank_by_mean(samples, rng, replicates, searches=searches)),
        **_aggregates("ranked_points", samples, draws, replicates, searches),
        **_improvement(names, samples, rng, (baseline, replicates), searches),
    }
    for split in ("test", "validation"):
        regrets = 100 * runs(final[f"{split}_regret"].to_numpy())
        name = f"{split}_regret_points"
        columns |= _aggregates(name, regrets, draws, replicates, searches)
    ranking = pd.DataFrame({column.name: columns[column.name] for column in RANKING})
    if searches is not None:
        place = list(ranking.columns).index("seeds") + 1
        ranking.insert(place, SEARCHES.name, count_searches(searches))
    return ranking.astype({"seeds": "int64"}).sort_values("rank", kind="stable")


def _rectangular(final: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Return the strategies, and their last rows by strategy and seed."""
    seeds = {
        str(name): tuple(sorted(rows["seed"]))
        for name, rows in final.groupby("strategy", sort=False, observed=True)
    }
    names = list(seeds)
    for name in names:
        if seeds[name] != seeds[names[0]]:
            raise NasbenchError(
                f"strategies {names[0]!r} and {name!r} ran from other seeds on "
                f"{final['benchmark'].iloc[0]!r}: {len(seeds[names[0]])} and "
                f"{len(seeds[name])} of them; a ranking compares equal seeds"
            )
    position = final["strategy"].astype(str).map(names.index)
    order = np.lexsort((final["seed"].to_numpy(), position.to_numpy()))
    return names, final.iloc[order]


def _improvement(
    names: list[str],
    samples: NDArray[np.float64],
    rng: np.random.Generator,
    against: tuple[str, int],
    searches: Searches | None,
) -> _Columns:
    """Return the chances to beat the baseline; the baseline itself has none."""
    table = np.full((3, len(names)), np.nan)
    baseline, replicates = against
    if baseline in names:
        place = names.index(baseline)
        rivals = samples[place]
        for i, name in enumerate(names):
            if name != baseline:
                outcome = probability_of_improvement(
                    samples[i],
                    rivals,
                    rng,
                    replicates,
                    searches=_of_two(searches, i, place),
                )
                table[:, i] = outcome.value, outcome.low, outcome.high
    return _bounds("improvement", Estimate(*table))


def _of_two(
    searches: Searches | None, first: int, second: int
) -> tuple[Searches, Searches] | None:
    """Return the searches of two strategies; None where neither replays."""
    if searches is None or not repeat_positions(searches[[first, second]]):
        return None
    return searches[first], searches[second]


def _aggregates(
    name: str,
    samples: NDArray[np.float64],
    draws: int,
    replicates: int,
    searches: Searches | None,
) -> _Columns:
    """Return mean, median and IQM over ``(k, n)`` runs, under names that begin so."""
    rng = np.random.default_rng(draws)
    columns: _Columns = {}
    known = stratified_aggregates(samples.T[:, None], rng, replicates)
    for i in repeat_positions(searches):
        assert searches is not None
        own = stratified_aggregates(
            samples[i][:, None],
            np.random.default_rng(draws),
            replicates,
            searches=searches[i][:, None],
        )
        for aggregate, outcome in known.items():
            outcome.low[i], outcome.high[i] = own[aggregate].low, own[aggregate].high
    for aggregate, outcome in known.items():
        columns |= _bounds(f"{name}_{aggregate}", outcome)
    return columns


def _bounds(name: str, outcome: Estimate) -> _Columns:
    return {
        name: outcome.value,
        f"{name}_low": outcome.low,
        f"{name}_high": outcome.high,
    }
