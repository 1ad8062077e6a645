"""Stop trainings that diverge or oscillate."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from nasbench.search import SearchContext, StrategyFactory
from nasbench.spaces import Architecture
from strategies.settings import MOST, Count, Within
from strategies.stopping.early_stopping import Curve, EarlyStopping

Fall: TypeAlias = Annotated[float, Within(0, 1000, above=True)]
"""Of accuracies in [0, 1]; what no curve can fall by switches a rule off."""


class InstabilityStopping(EarlyStopping):
    """Stop a training whose curve has fallen and stays down, or swings to and fro.

    The definitions are ours; practice looks for the same by eye. Over the last
    `window` epochs, a training

    - *diverges* if all of them lie more than `drop` below the best before them;
    - *oscillates* if the falls among them sum to more than `swing`.

    Falls are what a rising curve does not have, so that no rising curve is ever
    stopped, however slow; a broken training costs `window` epochs and not the rest.
    No other training is looked at. Benchmarks that show only the last accuracy of a
    training, and no curve, stop nothing.

    Args:
        context: What to search.
        inner: The strategy that proposes: its class, a partial of it, or its name,
            settings in parentheses.
        window: Epochs that are looked at, 2 or more.
        drop: Fall that is divergence, accuracy in [0, 1].
        swing: Sum of falls that is oscillation, accuracy in [0, 1].
        step: Epochs between two checks; None for a tenth of the full budget.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        inner: StrategyFactory | str = "evolution",
        window: Annotated[int, Within(2, MOST)] = 3,
        drop: Fall = 0.1,
        swing: Fall = 0.2,
        step: Count | None = None,
    ) -> None:
        super().__init__(context, inner, step)
        self.window = window
        self.drop = drop
        self.swing = swing

    def should_stop(self, architecture: Architecture, curve: Curve) -> bool:
        """Return whether the end of the curve diverges or oscillates."""
        del architecture  # all are judged alike
        values = list(curve.values())
        before, last = values[: -self.window], values[-self.window :]
        if not before:
            return False
        diverges = max(last) < max(before) - self.drop
        pairs = zip([before[-1], *last], last, strict=False)
        falls = sum(max(earlier - later, 0.0) for earlier, later in pairs)
        return diverges or falls > self.swing

    def note_end(self, architecture: Architecture, curve: Curve, stopped: bool) -> None:
        """Learn nothing: every training is judged by itself."""
