"""The statistics of boards: pure functions of one array of runs over time.

`curves_of` reads a board into `RunCurves`, ``(strategies, seeds, benchmarks, times)``;
everything else takes that, and a generator where it draws. `docs/statistics.md` says
what each number means and when it misleads.
"""

from leaderboards.measures.aggregates import (
    benchmark_aggregates,
    over_seeds,
    pooled_aggregates,
    stratified_aggregates,
)
from leaderboards.measures.claim import Claim
from leaderboards.measures.critical_difference import (
    Diagram,
    critical_difference_diagram,
)
from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.friedman import Friedman, friedman_test, nemenyi_distance
from leaderboards.measures.improvement import (
    improvement_matrix,
    probability_of_improvement,
)
from leaderboards.measures.pairwise import Comparisons, compare_on
from leaderboards.measures.performance_profiles import cost_profile, score_profile
from leaderboards.measures.ranks import mean_ranks, rank_by_mean, ranks_by_benchmark
from leaderboards.measures.resampling import mean_of_runs
from leaderboards.measures.run_curves import RunCurves, first_regrets
from leaderboards.measures.running_time import (
    HittingTimes,
    expected_running_time,
    hitting_times,
)
from leaderboards.measures.sequential import SequentialCheck, sequential_check
from leaderboards.measures.step_functions import curves_of, on_grid
from leaderboards.measures.study_power import power, seeds_needed
from leaderboards.measures.target_ecdf import TARGETS, restart_ecdf, target_ecdf
from leaderboards.measures.verdict import Verdict

__all__ = [
    "CONFIDENCE",
    "REPLICATES",
    "TARGETS",
    "Claim",
    "Comparisons",
    "Diagram",
    "Estimate",
    "Friedman",
    "HittingTimes",
    "RunCurves",
    "SequentialCheck",
    "Verdict",
    "benchmark_aggregates",
    "compare_on",
    "cost_profile",
    "critical_difference_diagram",
    "curves_of",
    "expected_running_time",
    "first_regrets",
    "friedman_test",
    "hitting_times",
    "improvement_matrix",
    "mean_of_runs",
    "mean_ranks",
    "nemenyi_distance",
    "on_grid",
    "over_seeds",
    "pooled_aggregates",
    "power",
    "probability_of_improvement",
    "rank_by_mean",
    "ranks_by_benchmark",
    "restart_ecdf",
    "score_profile",
    "seeds_needed",
    "sequential_check",
    "stratified_aggregates",
    "target_ecdf",
]
