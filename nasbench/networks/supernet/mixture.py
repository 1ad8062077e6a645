"""Which options of a supernet run, and with what weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from nasbench.spaces import Architecture


@dataclass(frozen=True, eq=False)
class Mixture:
    """One way through a supernet, for a whole forward pass.

    The output of decision d is the sum over its active options of weight times output.
    An option that does not run adds its weight as a number, once for every element:
    that number is 0 wherever weights are one-hot, and what remains is a gradient (the
    device of GDAS, Dong & Yang, CVPR 2019).

    Attributes:
        active: The options that run, ascending, for every decision.
        weights: ``(decisions, largest radix)`` or a sequence of rows; None for weight 1
            for what runs.
        edge_weights: ``(decisions,)`` factors of whole decisions, as the edge
            normalisation of PC-DARTS; None for 1.
    """

    active: tuple[tuple[int, ...], ...]
    weights: Tensor | Sequence[Tensor] | None = None
    edge_weights: Tensor | None = None

    @classmethod
    def path(cls, architecture: Architecture) -> Mixture:
        """Return the mixture that is `architecture`, and nothing of the others."""
        return cls(tuple((option,) for option in architecture))

    @classmethod
    def dense(
        cls,
        weights: Tensor,
        radices: Sequence[int],
        edge_weights: Tensor | None = None,
    ) -> Mixture:
        """Return the mixture in which all options run."""
        active = tuple(tuple(range(radix)) for radix in radices)
        return cls(active, weights, edge_weights)

    @classmethod
    def sampled(cls, weights: Tensor, architecture: Architecture) -> Mixture:
        """Return the mixture in which one option per decision runs, by its weight."""
        return cls(tuple((option,) for option in architecture), weights)

    @property
    def is_path(self) -> bool:
        """Whether one option per decision runs, at weight 1."""
        return self.weights is None and self.edge_weights is None

    def row(self, decision: int) -> Tensor | None:
        """Return the ``(options,)`` weights of a decision; None for 1."""
        return None if self.weights is None else self.weights[decision]
