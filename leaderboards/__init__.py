"""Who is better, and how sure are we.

`simulate` runs one strategy against one benchmark on a simulated clock, `compare`
many against many, in several processes if wanted; the result is a board, a tidy table.
A `Simulation` can be stopped, saved and continued. `rank_board` and `anytime_curves`
aggregate a board with `statistics`, and `report` writes it down. Importing this package
imports neither pandas nor matplotlib.
"""

from leaderboards.board import compare
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.curves import Curves, anytime_curves
from leaderboards.ranking import rank_board
from leaderboards.runner.all_runs import run_all
from leaderboards.runner.run import Run
from leaderboards.runner.saved_run import continue_experiment, continue_run, save_run
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulate import simulate
from leaderboards.runner.simulation import Experiment, Simulation
from leaderboards.tabulate import tabulate

__all__ = [
    "ChosenStrategy",
    "Curves",
    "Experiment",
    "Run",
    "RunSettings",
    "Simulation",
    "anytime_curves",
    "compare",
    "continue_experiment",
    "continue_run",
    "rank_board",
    "run_all",
    "save_run",
    "simulate",
    "tabulate",
]
