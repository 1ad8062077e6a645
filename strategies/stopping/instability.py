"""Stop trainings that diverge or oscillate."""

from __future__ import annotations

from nasbench.errors import NasbenchError
from nasbench.search import SearchContext, StrategyFactory
from nasbench.spaces import Architecture
from strategies.stopping.early_stopping import Curve, EarlyStopping


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
        inner: The strategy that proposes: its class, a partial of it, or its name.
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
        window: int = 3,
        drop: float = 0.1,
        swing: float = 0.2,
        step: int | None = None,
    ) -> None:
        super().__init__(context, inner, step)
        if window < 2 or not (drop > 0 and swing > 0):
            raise NasbenchError(
                "the window takes 2 or more epochs, and drop and swing are positive, "
                f"not {window}, {drop} and {swing}"
            )
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
