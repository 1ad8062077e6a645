"""Transfer: begin with what other tables have taught.

`Source` is what was trained elsewhere, validation accuracies alone; the files beside
it each hold one way to use it.
"""

from strategies.transfer.portfolio import Portfolio
from strategies.transfer.rank_weighted_ensemble import RankWeightedEnsemble
from strategies.transfer.source import Source
from strategies.transfer.warm_start import WarmStart

__all__ = ["Portfolio", "RankWeightedEnsemble", "Source", "WarmStart"]
