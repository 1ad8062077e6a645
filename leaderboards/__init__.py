"""Who is better, and how sure are we.

`simulate` runs one strategy against one benchmark on a simulated clock, `compare`
many against many; the result is a board, a tidy table. `rank_board` and
`anytime_curves` aggregate it with `statistics`, and `report` writes it down. Importing
this package imports neither pandas nor matplotlib.
"""

from leaderboards.board import compare
from leaderboards.curves import Curves, anytime_curves
from leaderboards.ranking import rank_board
from leaderboards.run import Run
from leaderboards.settings import RunSettings
from leaderboards.simulate import simulate
from leaderboards.tabulate import tabulate

__all__ = [
    "Curves",
    "Run",
    "RunSettings",
    "anytime_curves",
    "compare",
    "rank_board",
    "simulate",
    "tabulate",
]
