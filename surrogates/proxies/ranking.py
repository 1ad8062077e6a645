"""How well proxies order the trained accuracies of a table, beside the baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Split
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, SearchSpace, TopologyCell
from nasbench.spaces.operations import NONE
from surrogates.proxies.ensemble import AZ_NAS, log_rank_sum
from surrogates.proxies.named import BASELINES
from surrogates.proxies.stored import stored_proxies
from tabular.proxy_columns import ProxyColumns
from tabular.table import Table

BEST_SHARE = 0.3

FREE = {"params": "parameters", "flops": "flops", "depth": "depth"}
"""Baselines that every table holds, and their columns under ``costs/``."""


@dataclass(frozen=True)
class Correlation:
    """Rank correlations of one score with the final accuracy.

    Attributes:
        spearman: Spearman's rho, in [-1, 1]; NaN where the score is constant.
        kendall: Kendall's tau-b, in [-1, 1]; NaN where the score is constant.
        count: Architectures or classes of the set.
    """

    spearman: float
    kendall: float
    count: int


@dataclass(frozen=True)
class Ranked:
    """A proxy, and how well it orders every set.

    Attributes:
        proxy: Its name.
        baseline: Whether it is one of the baselines.
        seconds: CPU seconds of one score, median; 0 for the baselines.
        between_seeds: Mean Spearman correlation between two seeds of the proxy; NaN
            with one seed, or where the score does not depend on it.
        correlations: By the name of the set; see `sets_of`.
    """

    proxy: str
    baseline: bool
    seconds: float
    between_seeds: float
    correlations: dict[str, Correlation]


def rank_proxies(table: Table, split: Split = "test") -> list[Ranked]:
    """Return the baselines, then every proxy that the table holds.

    The accuracy is that after full training, mean over the table's seeds; a score is
    the mean over the proxy's seeds. Signs are kept: all scores are meant to grow with
    accuracy.

    Raises:
        NasbenchError: The table holds no proxies, or too few trained classes.
    """
    stored = stored_proxies(table)
    scores: dict[str, NDArray[np.float64]] = {
        name: table.read(f"costs/{column}").astype(np.float64)
        for name, column in FREE.items()
    }
    others = {name: held for name, held in stored.items() if name not in FREE}
    scores |= {name: held.mean() for name, held in others.items()}
    if set(AZ_NAS) <= set(scores):
        scores["az_nas"] = log_rank_sum(
            np.column_stack([scores[name] for name in AZ_NAS])
        )
    accuracy = _accuracies(table, split)
    sets = sets_of(table.space, accuracy)
    return [
        Ranked(
            proxy=name,
            baseline=name in BASELINES,
            seconds=_seconds(name, stored),
            between_seeds=_between_seeds(others[name]) if name in others else np.nan,
            correlations={
                title: correlation(values[members], accuracy[members])
                for title, members in sets.items()
            },
        )
        for name, values in scores.items()
    ]


def sets_of(
    space: SearchSpace, accuracy: NDArray[np.float64]
) -> dict[str, NDArray[np.int64]]:
    """Return the sets that correlations are stated for, as arrays of classes.

    ``classes`` has every trained class once; ``best 30 %`` those of the highest
    accuracy. For cells, ``architectures`` has every class as often as it has members,
    as literature counts, and ``no dangling edges`` the members whose every edge lies on
    a path from input to output: 9,445 of NAS-Bench-201's cells.

    Args:
        space: The space.
        accuracy: ``(classes,)``; NaN where nothing was trained.

    Raises:
        NasbenchError: Fewer than three classes were trained.
    """
    trained = np.flatnonzero(np.isfinite(accuracy))
    if len(trained) < 3:
        raise NasbenchError(
            f"rank correlations need at least 3 trained classes, not {len(trained)}"
        )
    best = trained[np.argsort(-accuracy[trained], kind="stable")]
    sets = {
        "classes": trained,
        "best 30 %": best[: max(3, round(BEST_SHARE * len(best)))],
    }
    if isinstance(space, TopologyCell):
        class_of = space.classes.class_of.astype(np.int64)
        known = np.isfinite(accuracy)[class_of]
        tidy = np.array([not has_dangling_edge(space, cell) for cell in space])
        sets["architectures"] = class_of[known]
        sets["no dangling edges"] = class_of[known & tidy]
    return sets


def has_dangling_edge(space: TopologyCell, cell: Architecture) -> bool:
    """Return whether an edge other than ``none`` is on no path from input to output."""
    edges = [
        edge
        for edge, option in zip(space.edges, cell, strict=True)
        if space.operations[option] != NONE
    ]
    fed, read = {0}, {space.nodes - 1}
    for source, target in edges:  # in the order of their targets
        if source in fed:
            fed.add(target)
    for source, target in sorted(edges, reverse=True):
        if target in read:
            read.add(source)
    return any(source not in fed or target not in read for source, target in edges)


def correlation(
    scores: NDArray[np.float64], accuracy: NDArray[np.float64]
) -> Correlation:
    """Return the rank correlations; architectures without a score are left out."""
    from scipy.stats import kendalltau, spearmanr

    there = np.isfinite(scores)
    scores, accuracy = scores[there], accuracy[there]
    constant = len(scores) < 2 or np.ptp(scores) == 0 or np.ptp(accuracy) == 0
    if constant:
        return Correlation(np.nan, np.nan, len(scores))
    return Correlation(
        float(spearmanr(scores, accuracy).statistic),
        float(kendalltau(scores, accuracy).statistic),
        len(scores),
    )


def _accuracies(table: Table, split: Split) -> NDArray[np.float64]:
    return table.accuracies(table.read("classes/representative"), split)


def _seconds(name: str, stored: dict[str, ProxyColumns]) -> float:
    if name == "az_nas":  # its parts share one pass
        return float(np.median(stored[AZ_NAS[0]].seconds))
    return float(np.median(stored[name].seconds)) if name in stored else 0.0


def _between_seeds(held: ProxyColumns) -> float:
    return float(np.mean([*_pairs(held)])) if len(held.seeds) > 1 else np.nan


def _pairs(held: ProxyColumns) -> Iterator[float]:
    for second in range(1, len(held.seeds)):
        for first in range(second):
            yield correlation(held.score[:, first], held.score[:, second]).spearman
