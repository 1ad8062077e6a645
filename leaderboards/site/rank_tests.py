"""Ranks across benchmarks: their means, and what the tests over them say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures import (
    Diagram,
    RunCurves,
    critical_difference_diagram,
    mean_ranks,
    ranks_by_benchmark,
)
from leaderboards.measures.estimate import Estimate, Floats
from leaderboards.measures.verdict import Verdict
from leaderboards.site.scopes import BOOTSTRAP_SEED

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class RankTests:
    """What several benchmarks say together.

    Attributes:
        strategies: Names, the best mean rank first.
        benchmarks: Names.
        means: ``(k,)`` mean ranks over the benchmarks.
        ranks: ``(k, b) float64``.
        nemenyi: The diagram by Nemenyi's test.
        wilcoxon: That by Wilcoxon's tests with Holm's correction.
    """

    strategies: tuple[str, ...]
    benchmarks: tuple[str, ...]
    means: Estimate
    ranks: Floats
    nemenyi: Diagram
    wilcoxon: Diagram


def rank_tests(curves: RunCurves) -> RankTests | None:
    """Return the tests of a board; None where it has one benchmark only."""
    if len(curves.benchmarks) < 2:
        return None
    nemenyi = critical_difference_diagram(curves, "nemenyi", level=LEVEL)
    wilcoxon = critical_difference_diagram(curves, "wilcoxon-holm", level=LEVEL)
    order = [curves.strategy_index(name) for name in nemenyi.strategies]
    means = mean_ranks(curves, np.random.default_rng(BOOTSTRAP_SEED))
    return RankTests(
        nemenyi.strategies,
        curves.benchmarks,
        Estimate(means.value[order], means.low[order], means.high[order]),
        ranks_by_benchmark(curves)[order],
        nemenyi,
        wilcoxon,
    )


def told_tests(tests: RankTests | None) -> tuple[tuple[str, str], ...]:
    """Return the tests with their numbers in words, or why there are none."""
    if tests is None:
        return (
            (
                "Across benchmarks",
                "This board has one benchmark. Mean ranks, Friedman's, Nemenyi's and "
                "Wilcoxon's tests compare strategies across benchmarks, and its runs "
                "from many seeds are no substitute for them: there are no such numbers "
                "here. Over the seeds of the one benchmark strategies are compared "
                "pair by pair.",
            ),
        )
    k, b = tests.ranks.shape
    overall = tests.nemenyi.friedman
    if overall.iman_davenport.reason:
        return (
            (
                "Across benchmarks",
                f"{k} strategies on {b} benchmarks. Friedman's test has no p-value: "
                f"{overall.iman_davenport.reason}. So neither Nemenyi's nor Wilcoxon's "
                "test tells any two apart.",
            ),
        )
    degrees = (k - 1, (k - 1) * (b - 1))
    return (
        ("Compared", f"{k} strategies by their mean over seeds on {b} benchmarks"),
        ("Friedman, chi-square", _words(overall.chi_square, f"{k - 1} degrees")),
        (
            "Friedman, F of Iman and Davenport",
            _words(overall.iman_davenport, f"{degrees[0]} and {degrees[1]} degrees"),
        ),
        ("Nemenyi, critical difference", _distance(tests)),
        ("Not told apart by Nemenyi", _groups(tests.nemenyi)),
        ("Not told apart by Wilcoxon with Holm", _groups(tests.wilcoxon)),
    )


def ranks_frame(tests: RankTests) -> pd.DataFrame:
    """Return one row per strategy: the mean rank, and its rank on every benchmark."""
    import pandas as pd

    by_benchmark = zip(tests.benchmarks, tests.ranks.T, strict=True)
    columns = {
        "strategy": tests.strategies,
        "mean_rank": tests.means.value,
        "mean_rank_low": tests.means.low,
        "mean_rank_high": tests.means.high,
        **{f"rank:{name}": ranks for name, ranks in by_benchmark},
    }
    return pd.DataFrame(columns)


def verdicts_frame(tests: RankTests) -> pd.DataFrame:
    """Return one row per test: statistic, p-value, groups, and why it says nothing."""
    import pandas as pd

    overall = tests.nemenyi.friedman
    rows: list[tuple[str, float, float, str, str]] = [
        (one.test, one.statistic, one.p_value, "", one.reason)
        for one in (overall.chi_square, overall.iman_davenport)
    ]
    for name, shown in (
        ("Nemenyi", tests.nemenyi),
        ("Wilcoxon-Holm", tests.wilcoxon),
    ):
        groups = "; ".join(" = ".join(group) for group in shown.groups)
        rows.append((name, shown.distance, float("nan"), groups, shown.reason))
    columns = ["test", "statistic", "p_value", "not_told_apart", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _words(verdict: Verdict, degrees: str) -> str:
    if verdict.reason:
        return f"no p-value: {verdict.reason}"
    p_value = f"p = {verdict.p_value:.2g}" if verdict.p_value >= 1e-4 else "p < 0.0001"
    return f"{verdict.statistic:.2f} with {degrees} of freedom, {p_value}"


def _distance(tests: RankTests) -> str:
    distance = tests.nemenyi.distance
    told = f"{distance:.2f} in mean rank at {100 * LEVEL:.0f} %"
    if tests.nemenyi.reason:
        return f"{told}; not read here, because Friedman's test does not reject"
    return told


def _groups(shown: Diagram) -> str:
    if shown.reason and not shown.groups:
        return f"nothing is tested: {shown.reason}"
    if not shown.groups:
        return "none; all pairs are told apart"
    told = "; ".join(", ".join(group) for group in shown.groups)
    return f"{told}. {shown.reason}" if shown.reason else told
