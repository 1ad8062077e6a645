"""BOHB: the brackets of Hyperband, begun with what a density model proposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.fidelities.bracket import Brackets, Standing, standing
from strategies.fidelities.categorical_kde import CategoricalKde
from strategies.fidelities.deck import Deck
from strategies.fidelities.hyperband import hyperband_plans
from strategies.fidelities.rungs import Eta, chosen_rungs, require_budget
from strategies.settings import Count, InnerShare, Share, Within
from strategies.strategy import Strategy

_FAILED = Standing(float("-inf"), float("-inf"))
_TINY = 1e-32


class Bohb(Strategy):
    """Hyperband whose new architectures come from good and bad kernel densities.

    Falkner, Klein & Hutter, ICML 2018, with the defaults of the authors' hpbandster.
    For every number of epochs the outcomes are split into the best `top_share` and the
    rest (at least decisions + 1 each), a kernel density is fitted to either, and of
    `samples` draws from the good one that is proposed for which good / bad is largest.
    The model is that of the most epochs that have enough outcomes, twice (decisions +
    1); a share `random_share` of the new architectures is random regardless.

    What we changed: bandwidths do not depend on the order of a decision's options
    (`strategies.fidelities.categorical_kde`), and no draw is proposed that is not
    valid, that a limit on a free column forbids, or that was proposed before: with
    repeats, the good density fills with copies of one architecture until its bandwidth
    vanishes, and on NAS-Bench-201 the search ends below random search. hpbandster's
    bandwidth factor of 3 widens continuous kernels alone, so that there is none here.

    Args:
        context: What to search.
        eta: One in how many goes on, and the factor between rungs.
        least_epochs: Fewest epochs of a first rung.
        random_share: Share of random architectures; 1/3. NATS-Bench ran with 0.
        top_share: Share of the outcomes that are good; 15 %.
        samples: Draws among which the best is proposed; 64. NATS-Bench ran with 4.
        least_bandwidth: The smallest bandwidth, 0.001; Ying et al. (NAS-Bench-101)
            ran with 0.3.
        rungs: The epochs of the rungs, up to the full budget, where the benchmark
            holds only some; None for the full budget divided by powers of `eta`.
    """

    several_fidelities: ClassVar[bool] = True

    def __init__(  # noqa: PLR0913 - hpbandster's settings
        self,
        context: SearchContext,
        *,
        eta: Eta = 3,
        least_epochs: Count = 1,
        random_share: Share = 1 / 3,
        top_share: Share = 0.15,
        samples: Annotated[int, Within(1, 10_000)] = 64,
        least_bandwidth: InnerShare = 1e-3,
        rungs: Sequence[Count] | None = None,
    ) -> None:
        super().__init__(context)
        epochs = chosen_rungs(context, eta, least_epochs, rungs)
        plans = hyperband_plans(epochs, eta, "table")
        require_budget("BOHB", context, plans[0].sizes, plans[0].epochs)
        self.random_share = random_share
        self.top_share = top_share
        self.samples = samples
        self.least_bandwidth = least_bandwidth
        self.brackets = Brackets(plans)
        self.deck = Deck(self.space.size)
        self.drawn: set[Architecture] = set()
        self.told: dict[int, list[tuple[Standing, Architecture]]] = {}
        self.densities: tuple[CategoricalKde, CategoricalKde] | None = None

    def ask(self) -> Proposal:
        """Return the next training of the oldest bracket that has one.

        Raises:
            SearchExhausted: The whole space has been trained to the end.
        """
        proposal = self.brackets.ask(self._draw)
        self.deck.note_ask(proposal, self.context.epochs)
        return proposal

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Note the outcome, for the bracket and for the model."""
        outcome = standing(self.context, evaluation)
        self.deck.note_outcome(proposal, evaluation)
        self.brackets.tell(proposal, outcome)
        told = self.told.setdefault(proposal.epochs, [])
        told.append((outcome or _FAILED, proposal.architecture))
        enough = 2 * (self.space.decisions + 1)
        modelled = [epochs for epochs, one in self.told.items() if len(one) >= enough]
        # A model of fewer epochs stays as it is once there is one of more.
        if modelled and proposal.epochs == max(modelled):
            self.densities = self._fit(told)

    def _fit(
        self, told: list[tuple[Standing, Architecture]]
    ) -> tuple[CategoricalKde, CategoricalKde]:
        """Return the densities of the good and of the bad outcomes."""
        ranked = sorted(told, key=lambda one: one[0], reverse=True)
        options = np.array([architecture for _, architecture in ranked], np.uint8)
        fewest = self.space.decisions + 1
        good = max(fewest, int(self.top_share * len(options)))
        good = min(good, len(options) - fewest)
        radices, least = self.space.radices, self.least_bandwidth
        return (
            CategoricalKde(options[:good], radices, least),
            CategoricalKde(options[good:], radices, least),
        )

    def _draw(self) -> Architecture:
        """Return a new architecture, of the model or random."""
        if self.densities is None or self.rng.random() < self.random_share:
            return self._draw_random()
        good, bad = self.densities
        drawn = good.sample(self.samples, self.rng)
        ratio = np.maximum(good.density(drawn), _TINY)
        ratio /= np.maximum(bad.density(drawn), _TINY)
        for place in np.argsort(-ratio, kind="stable"):
            architecture = tuple(drawn[place].tolist())
            if self._is_new(architecture):
                self.deck.taken.add(architecture)
                return architecture
        return self._draw_random()

    def _draw_random(self) -> Architecture:
        drawn = self.deck.draw(self.context, self.rng)
        self.drawn.add(drawn)
        return drawn

    def _is_new(self, architecture: Architecture) -> bool:
        return (
            architecture not in self.drawn
            and architecture not in self.deck.taken
            and self.space.is_valid(architecture)
            and self.context.permits(architecture)
        )
