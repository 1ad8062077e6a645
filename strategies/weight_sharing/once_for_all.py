"""Once-for-All, reduced: train the largest network, then let it shrink step by step."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbench.errors import NasbenchError
from nasbench.networks.cost import count_costs, layer_costs
from nasbench.networks.supernet.elastic_supernet import ElasticSupernet
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Architecture, LayerSpace
from strategies.settings import Count, NotNegative, Share, Within
from strategies.weight_sharing.evolution import Evolution, EvolutionSettings
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights

LARGEST = "largest"
"""The first phase; the others are named by the dimension that becomes elastic."""

DRAWS = 1000
"""Networks that are looked at for one within the budget."""


@dataclass(frozen=True)
class OnceForAllSettings(EvolutionSettings):
    """How the network shrinks, and which part of it is returned.

    Attributes:
        largest_share: Share of the steps in which only the largest network trains; the
            dimensions that the space has share the rest equally.
        networks: Networks drawn per step, once the largest is trained; 1, 2 and 4 for
            kernel, depth and width in the authors' code.
        distillation: Weight of the largest network's soft labels beside the true ones;
            1 there.
        budget: The returned network has at most this share of the FLOPs of the largest.
    """

    largest_share: Share = 0.4
    networks: Count = 2
    distillation: NotNegative = 1.0
    budget: Annotated[float, Within(0, 1, above=True)] = 1.0


class OnceForAll(Method):
    """Train all networks of a space as parts of the largest, by progressive shrinking.

    Cai et al., ICLR 2020: the largest network first; then networks are drawn, at first
    of smaller kernels alone, then shallower ones too, then narrower ones, each taught
    by the labels and by the largest network as it was at the end of its own training.
    Before widths shrink, channels are sorted by importance. The trained supernet serves
    any budget: `best_under` looks for the best part within one, batch-norm statistics
    computed anew for every part.

    Reduced: one cosine over all phases instead of one each; a uniform draw of all
    decisions, the dimensions that are not elastic yet at their largest; evolution by
    estimates instead of by an accuracy predictor.
    """

    Settings: ClassVar[type] = OnceForAllSettings
    settings: OnceForAllSettings

    def __init__(
        self,
        shared: SharedWeights,
        settings: OnceForAllSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shared, settings, rng)
        if not isinstance(shared.supernet, ElasticSupernet):
            raise NasbenchError(f"once-for-all has no supernet of {self.space.name}")
        self.supernet: ElasticSupernet = shared.supernet
        self.layer_space: LayerSpace = self.space  # type: ignore[assignment]
        problem = shared.problem
        skeleton = problem.recipe.skeleton(problem.task.shape, problem.task.classes)
        self._skeleton = skeleton
        layers = [layer for _, layer in self.supernet.largest]
        self._most_flops = layer_costs(layers, skeleton, 1.0).flops
        self._cheapest = self._cheapest_drawn()
        self._checked_budget(settings.budget)
        self._phases = [LARGEST, *self.supernet.dimensions()]
        self._phase = 0
        self._steps = 0
        self.teacher: ElasticSupernet | None = None

    @classmethod
    def form(cls, settings: object) -> SupernetForm:
        """Return a supernet of nested networks."""
        del settings
        return SupernetForm(running_statistics=True, elastic=True)

    @property
    def phase(self) -> str:
        """The dimension that became elastic last; ``largest`` before the first."""
        return self._phases[self._phase]

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train the largest network, or some that are drawn."""
        del valid
        self._go_on()
        if self.teacher is None:
            logits = self.supernet.run(train.images, self.supernet.largest)
            return self.shared.update(functional.cross_entropy(logits, train.labels))
        with torch.no_grad():
            taught = self.teacher.run(train.images, self.teacher.largest).softmax(1)
        elastic = self._phases[1 : self._phase + 1]
        losses = []
        for _ in range(max(1, self.settings.networks)):
            drawn = self.layer_space.sample(self.rng)
            choice = self.supernet.grown(drawn, elastic)
            resolution = self.layer_space.resolution(drawn)
            logits = self.supernet.run(train.images, choice, resolution)
            losses.append(self._loss(logits, train.labels, taught))
        return self.shared.update(torch.stack(losses).mean())

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the best network within the budget that evolution finds."""
        generations = self.settings.generations if last else 0
        return self.best_under(self.settings.budget, rng, generations)

    def best_under(
        self, budget: float, rng: np.random.Generator, generations: int
    ) -> Architecture:
        """Return the best part of the supernet that a budget permits.

        Args:
            budget: Share of the largest network's FLOPs.
            rng: For the evolution.
            generations: Of the evolution, after the first.

        Raises:
            NasbenchError: No network was found within the budget.
        """
        limit = self._checked_budget(budget)
        evolution = Evolution(
            self.space,
            self.settings,
            rng,
            lambda one: self.flops(one) <= limit,
            self._cheapest,
        )
        return evolution.best(self.shared.estimate_path, generations)

    def flops(self, architecture: Architecture) -> int:
        """Return the floating-point operations of one image."""
        return count_costs(self.space, architecture, self._skeleton).flops

    def _checked_budget(self, budget: float) -> float:
        """Return the budget in FLOPs.

        Raises:
            NasbenchError: Nothing keeps it.
        """
        least = self.flops(self._cheapest)
        if not budget * self._most_flops >= least:
            raise NasbenchError(
                f"the budget is {budget:g} of the largest network's FLOPs; the "
                f"smallest of {DRAWS:,} networks has {least / self._most_flops:.3f}"
            )
        return budget * self._most_flops

    def _cheapest_drawn(self) -> Architecture:
        rng = np.random.default_rng(0)
        drawn = [(0,) * self.space.decisions]
        drawn += [self.space.sample(rng) for _ in range(DRAWS - 1)]
        return min(drawn, key=self.flops)

    def _loss(self, logits: Tensor, labels: Tensor, taught: Tensor) -> Tensor:
        soft = functional.cross_entropy(logits, taught)
        hard = functional.cross_entropy(logits, labels)
        return hard + self.settings.distillation * soft

    def _go_on(self) -> None:
        """Enter the phase of this step; each begins when its share of steps is over."""
        total = self.shared.settings.epochs * self.shared.steps
        share = self.settings.largest_share
        later = max(1, len(self._phases) - 1)
        while self._phase + 1 < len(self._phases):
            begins = share + (1 - share) * self._phase / later
            if self._steps < begins * total:
                break
            self._phase += 1
            self._enter(self.phase)
        self._steps += 1

    def _enter(self, phase: str) -> None:
        if self.teacher is None:
            self.teacher = copy.deepcopy(self.supernet).requires_grad_(False)
        if phase == "width":
            self.sort_channels()

    def sort_channels(self) -> None:
        """Put the most important channels first, momentum with them."""
        state = self.shared.optimiser.state
        with torch.no_grad():
            for tensor, dimension, order in self.supernet.channel_orders():
                tensor.copy_(tensor.index_select(dimension, order))
                momentum = state[tensor]["momentum_buffer"] if tensor in state else None
                if momentum is not None:
                    momentum.copy_(momentum.index_select(dimension, order))
