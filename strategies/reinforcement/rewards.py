"""What a policy is rewarded with, and the average that a reward is compared with."""

from __future__ import annotations

import math

from nasbench.errors import NasbenchError


class Rewards:
    """Turns scores into rewards, and knows how they spread.

    A failed training, or one that breaks a constraint, is rewarded with the lowest
    reward seen so far.

    Attributes:
        lowest: The lowest reward; infinite before the first.
        count: How many rewards were taken.
        mean: Their mean.
    """

    def __init__(self) -> None:
        self.lowest = math.inf
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of the rewards taken so far; 0 below two."""
        return math.sqrt(self._squares / self.count) if self.count else 0.0

    def reward(self, score: float) -> float | None:
        """Return the reward of a score; None while there were nothing but failures."""
        if score > -math.inf:
            self.lowest = min(self.lowest, score)
        return None if self.lowest == math.inf else max(score, self.lowest)

    def take(self, reward: float) -> None:
        """Count a reward in (Welford, Technometrics 1962)."""
        self.count += 1
        before = reward - self.mean
        self.mean += before / self.count
        self._squares += before * (reward - self.mean)


class MovingAverage:
    """An exponential moving average, corrected for its start.

    It is a weighted sum of what was taken over the sum of the weights, so that the
    average of a constant is the constant from the first on.

    Attributes:
        momentum: The weight of the past, in [0, 1).
    """

    def __init__(self, momentum: float) -> None:
        if not 0 <= momentum < 1:
            raise NasbenchError(f"a momentum is in [0, 1), not {momentum}")
        self.momentum = momentum
        self._sum = 0.0
        self._weight = 0.0

    @property
    def value(self) -> float | None:
        """The average; None before the first number."""
        return self._sum / self._weight if self._weight > 0 else None

    def take(self, number: float) -> None:
        """Count a number in."""
        self._sum = self.momentum * self._sum + (1 - self.momentum) * number
        self._weight = self.momentum * self._weight + (1 - self.momentum)
