"""Which runs of a board replay one recorded search, and what that leaves unknown.

A board says it by a column ``search``: the seed of the first run of the same strategy
on the same benchmark that replays the same search; a run that searches itself has its
own seed. Where no run replays another's search the column is absent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures.repeats import LEAST_SEARCHES, Searches
from leaderboards.measures.step_functions import SEARCH

if TYPE_CHECKING:
    import pandas as pd


def first_of_each(keys: Sequence[Hashable], seeds: Sequence[int]) -> list[int]:
    """Return for every run the seed of the first run with the same key.

    Args:
        keys: Equal for runs of one search.
        seeds: Of the runs, ascending.
    """
    first: dict[Hashable, int] = {}
    return [first.setdefault(key, seed) for key, seed in zip(keys, seeds, strict=True)]


def searches_of(final: pd.DataFrame, strategies: int) -> Searches | None:
    """Return the positions of first runs, ``(strategies, n)``; None without a column.

    Args:
        final: One row per run of one benchmark, by strategy and by seed.
        strategies: How many.
    """
    if SEARCH not in final:
        return None
    seeds = final["seed"].to_numpy(np.int64).reshape(strategies, -1)
    given = final[SEARCH].to_numpy(np.int64).reshape(strategies, -1)
    rows = zip(seeds, given, strict=True)
    return np.array([np.searchsorted(one, first) for one, first in rows])


def told_repeats(board: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for strategies whose runs repeat recorded searches.

    Args:
        board: A board; nothing is said of one without the column ``search``.
    """
    if SEARCH not in board:
        return
    keys = ["benchmark", "strategy"]
    counted = board.groupby(keys, sort=False, observed=True)[["seed", SEARCH]].nunique()
    repeated = counted[counted[SEARCH] < counted["seed"]].reset_index()
    same = repeated.groupby(["benchmark", "seed", SEARCH], sort=False, observed=True)
    for _, rows in same:
        benchmark, runs = str(rows["benchmark"].iloc[0]), int(rows["seed"].iloc[0])
        searches = int(rows[SEARCH].iloc[0])
        names = list(map(str, rows["strategy"]))
        told = f"{runs} runs{' of each' if len(names) > 1 else ''} replay {searches} "
        told += "recorded search" if searches == 1 else "recorded searches"
        yield f"{', '.join(names)} on {benchmark}: {told}; {_unknown(searches)}"


def _unknown(searches: int) -> str:
    if searches == 1:
        return "how others would end is unknown: there is no interval and no test"
    told = "intervals are over the searches"
    return told if searches >= LEAST_SEARCHES else f"{told}, and nothing is tested"
