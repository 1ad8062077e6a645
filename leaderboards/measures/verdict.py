"""What a test says, or why it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan


@dataclass(frozen=True)
class Verdict:
    """The outcome of one test.

    Attributes:
        test: Its name.
        statistic: NaN where the test says nothing.
        p_value: In [0, 1]; NaN where the test says nothing.
        reason: Why it says nothing; empty where it does.
    """

    test: str
    statistic: float
    p_value: float
    reason: str = ""

    @classmethod
    def without(cls, test: str, reason: str) -> Verdict:
        """Return the verdict of a test that cannot say anything."""
        return cls(test, nan, nan, reason)

    def rejects(self, level: float) -> bool:
        """Return whether the null hypothesis falls at a level; never without a p."""
        return not isnan(self.p_value) and self.p_value <= level
