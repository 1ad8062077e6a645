"""The median rule: stop what falls behind half of the others."""

from __future__ import annotations

from statistics import fmean, median
from typing import Annotated, Literal, TypeAlias

from nasbench.search import SearchContext, StrategyFactory
from nasbench.spaces import Architecture
from strategies.settings import MOST, Count, Within
from strategies.stopping.early_stopping import Curve, EarlyStopping

Against: TypeAlias = Literal["means", "values"]


class MedianStopping(EarlyStopping):
    """Stop a training whose best so far is below the median of the others' means.

    Golovin et al., "Google Vizier", KDD 2017, section 3.2: at epoch e, the best
    accuracy of the training up to e against the median, over other trainings, of
    their mean accuracy up to e (``against="means"``). Where curves rise steeply the
    means lie far below, and little is stopped; ``against="values"`` takes the median
    of the accuracies at e, as Optuna's MedianPruner does, and stops about half.

    Others are all that are over and have come to e, also those that were stopped
    there; would only full trainings count, the median would be one of survivors.

    Where curves rise and do not cross, the best architecture is never stopped: at any
    epoch it lies above every other curve, and so above their means.

    Args:
        context: What to search.
        inner: The strategy that proposes: its class, a partial of it, or its name,
            settings in parentheses.
        grace_epochs: No training is stopped before; None for a quarter of the epochs.
        min_peers: Others that the median takes at least.
        against: ``"means"`` or ``"values"``.
        step: Epochs between two checks; None for a tenth of the full budget.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        inner: StrategyFactory | str = "evolution",
        grace_epochs: Annotated[int, Within(0, MOST)] | None = None,
        min_peers: Count = 5,
        against: Against = "means",
        step: Count | None = None,
    ) -> None:
        super().__init__(context, inner, step)
        grace = -(-context.epochs // 4) if grace_epochs is None else grace_epochs
        self.against = against
        self.grace_epochs = grace
        self.min_peers = min_peers
        # By epoch, what every training that is over had shown there.
        self.peers: dict[int, list[float]] = {}

    def should_stop(self, architecture: Architecture, curve: Curve) -> bool:
        """Return whether the best so far is below the median of the others."""
        del architecture  # all are judged alike
        epoch = max(curve)
        peers = self.peers.get(epoch, [])
        if epoch < self.grace_epochs or len(peers) < self.min_peers:
            return False
        return max(curve.values()) < median(peers)

    def note_end(self, architecture: Architecture, curve: Curve, stopped: bool) -> None:
        """Add what was shown at every epoch that was reached."""
        del architecture, stopped  # all are peers
        seen: list[float] = []
        for epoch, accuracy in curve.items():
            seen.append(accuracy)
            shown = fmean(seen) if self.against == "means" else accuracy
            self.peers.setdefault(epoch, []).append(shown)
