"""Stop what, by the look of its curve, will hardly become the best."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from nasbench.errors import NasbenchError, unknown
from nasbench.search import SearchContext, StrategyFactory
from nasbench.spaces import Architecture
from strategies.settings import Count, InnerShare
from strategies.stopping.early_stopping import Curve, EarlyStopping
from surrogates.learning_curves import FAMILIES, SHORTEST, extrapolate

LEAST_DEVIATION = 0.002
"""A fit through few epochs has next to no residual, and is not that sure."""


class ExtrapolationStopping(EarlyStopping):
    """Stop a training whose end will hardly beat the best full training.

    Domhan, Springenberg & Hutter, IJCAI 2015: stop where P(final > best) < 5 %. They
    sample eleven families of curves by Markov chains; here one family is fitted by
    least squares (`surrogates.learning_curves`), and the final accuracy is normal
    around its end. The variance is that of the fit's residuals, plus the mean squared
    error of earlier predictions from the same epoch, of trainings that then went to
    the end: so the rule learns by how much it errs on this benchmark.

    Not stopped are trainings whose fit failed, those that are better already, and
    those that are nowhere below what the best had shown at the same epoch. So where
    curves do not cross, the best architecture is never stopped.

    Args:
        context: What to search.
        inner: The strategy that proposes: its class, a partial of it, or its name,
            settings in parentheses.
        chance: Smallest probability to become the best that is worth going on.
        family: The family of curves, one of `surrogates.learning_curves.FAMILIES`.
        step: Epochs between two checks; None for a tenth of the full budget.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        inner: StrategyFactory | str = "evolution",
        chance: InnerShare = 0.05,
        family: str = "pow3",
        step: Count | None = None,
    ) -> None:
        super().__init__(context, inner, step)
        if family not in FAMILIES:
            raise NasbenchError(unknown("curve family", family, FAMILIES))
        self.chance = chance
        self.family = family
        self.best: Curve = {}
        # What was predicted of trainings under way, by epoch; and the squared errors.
        self.predicted: dict[Architecture, dict[int, float]] = {}
        self.squares: dict[int, list[float]] = {}

    def should_stop(self, architecture: Architecture, curve: Curve) -> bool:
        """Return whether the chance to become the best is too small."""
        epoch = max(curve)
        # A fit takes the epochs from the first on without a gap.
        if epoch < SHORTEST or len(curve) < epoch:
            return False
        fit = extrapolate(
            np.array([list(curve.values())]), self.context.epochs, self.family
        )
        if not fit.converged[0]:
            return False
        final = float(fit.final[0])
        self.predicted.setdefault(architecture, {})[epoch] = final
        if not self._is_behind(curve):
            return False
        squares = self.squares.get(epoch, [0.0])
        variance = float(fit.residual[0]) ** 2 + sum(squares) / len(squares)
        deviation = max(math.sqrt(variance), LEAST_DEVIATION)
        beyond = (max(self.best.values()) - final) / deviation
        return 0.5 * math.erfc(beyond / math.sqrt(2)) < self.chance

    def note_end(self, architecture: Architecture, curve: Curve, stopped: bool) -> None:
        """Compare the end with what was predicted; keep the best curve."""
        predicted = self.predicted.pop(architecture, {})
        if stopped or max(curve) < self.context.epochs:
            return
        last = curve[self.context.epochs]
        for epoch, final in predicted.items():
            self.squares.setdefault(epoch, []).append((final - last) ** 2)
        if not self.best or last > self.best[self.context.epochs]:
            self.best = curve

    def _is_behind(self, curve: Curve) -> bool:
        """Return whether the best full training was better somewhere up to here."""
        if not self.best or max(curve.values()) > self.best[self.context.epochs]:
            return False
        return any(value < self.best.get(epoch, 2.0) for epoch, value in curve.items())
