"""Random architectures without repeats, until all were drawn; then once more."""

from __future__ import annotations

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture


class Deck:
    """Draws new architectures for strategies that give up on most of them.

    An architecture that was given up on comes again when the whole space has been
    drawn, so that no early mistake is for ever; one that was trained to the end does
    not. What the limits on free columns forbid is passed over.

    Attributes:
        finished: What was trained to the end, or is being, and what failed.
        taken: What somebody else than the deck began; it comes again with the rest.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.order = LazyShuffle(size)
        self.finished: set[Architecture] = set()
        self.taken: set[Architecture] = set()

    def draw(self, context: SearchContext, rng: np.random.Generator) -> Architecture:
        """Return a random architecture.

        Raises:
            SearchExhausted: All that is permitted was trained to the end.
        """
        for _ in range(2):
            while True:
                drawn = draw_architecture(self.order, context.space, rng)
                if drawn is None:
                    break
                passed_over = drawn in self.finished or drawn in self.taken
                if not passed_over and context.permits(drawn):
                    return drawn
            # The rest of this pass, then all of the next: nothing is overlooked.
            self.order = LazyShuffle(self.size)
            self.taken = set()
        raise SearchExhausted(
            f"all of {context.space.name} that is permitted was trained to the end"
        )

    def note_ask(self, proposal: Proposal, full: int) -> None:
        """Note a training that was asked for; `full` epochs are the end of one."""
        if proposal.epochs == full:
            self.finished.add(proposal.architecture)

    def note_outcome(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Note an outcome: what failed once is not trained again."""
        if evaluation.validation_accuracy is None:
            self.finished.add(proposal.architecture)
