"""An optimiser with learned parts: Adam, and a small network that corrects it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nasbench.errors import NasbenchError

DECAYS = (0.5, 0.9, 0.99)
"""Of the averaged gradients that the network sees; the second is Adam's own."""

SQUARE_DECAY = 0.999
EPSILON = 1e-8
FEATURES = 9
HIDDEN = 8

SCALARS = 3
"""Learned numbers beside the network: learning rate, weight decay, warm-up."""

SIZE = SCALARS + (FEATURES + 1) * HIDDEN + (HIDDEN + 1) * 2
"""How many numbers are learned in all: 101."""


@dataclass(frozen=True, eq=False)
class Rule:
    """The learned numbers of an optimiser; all zeros are Adam with a cosine.

    Attributes:
        values: ``(101,) float64``.
        learning_rate: Step length where the learned factor is 1.
        weight_decay: The same for decoupled weight decay.
    """

    values: NDArray[np.float64]
    learning_rate: float = 0.003
    weight_decay: float = 5e-4

    def __post_init__(self) -> None:
        """Check the number of values.

        Raises:
            NasbenchError: They are not 101.
        """
        if self.values.shape != (SIZE,):
            raise NasbenchError(
                f"a learned optimiser has {SIZE} numbers, not {self.values.shape}"
            )

    def optimiser(self, weights: Iterable[nn.Parameter]) -> LearnedOptimiser:
        """Return what moves these weights by the rule."""
        return LearnedOptimiser(self, weights)


def untrained(learning_rate: float = 0.003) -> Rule:
    """Return the rule that is Adam with a cosine to 0, as far as it corrects.

    The network's first layer is drawn from a fixed seed, so that its last layer, which
    is zero, has something to learn from.
    """
    values = np.zeros(SIZE)
    first = slice(SCALARS, SCALARS + FEATURES * HIDDEN)
    drawn = np.random.default_rng(0).standard_normal(FEATURES * HIDDEN)
    values[first] = drawn / math.sqrt(FEATURES)
    return Rule(values, learning_rate)


class LearnedOptimiser:
    """Moves every weight by Adam's step, corrected by a network of its own history.

    After Metz et al. (2019, 2022): one tiny perceptron, the same for every weight of
    every tensor of every architecture, reads the gradient, averages of it over 2, 10
    and 100 steps and Adam's own step, all relative to their tensor's root mean square,
    the weight itself, how far training is, and how large the tensor is. It gives a
    direction d and a magnitude m, and the weight moves by

        -rate * schedule * (adam * exp(m) + d).

    With its last layer at zero that is Adam (Kingma & Ba, ICLR 2015) to the last digits
    of rounding, so that what is learned is what it corrects. Learned as well are the
    learning rate, weight decay and a warm-up. Metz et al. learn a rule without such a
    start on thousands of tasks; ours sees minutes.
    """

    def __init__(self, rule: Rule, weights: Iterable[nn.Parameter]) -> None:
        self.rule = rule
        self.weights = list(weights)
        counts = [weight.numel() for weight in self.weights]
        self._tensor = torch.repeat_interleave(
            torch.arange(len(counts)), torch.tensor(counts)
        )
        self._counts = torch.tensor(counts, dtype=torch.float32)
        total = sum(counts)
        self._averages = torch.zeros(len(DECAYS), total)
        self._squares = torch.zeros(total)
        self._taken = 0
        scalars, first, second = np.split(
            rule.values.astype(np.float32), [SCALARS, SCALARS + (FEATURES + 1) * HIDDEN]
        )
        self._rate, self._decay = (
            base * math.exp(float(log))
            for base, log in zip(
                (rule.learning_rate, rule.weight_decay), scalars, strict=False
            )
        )
        self._warm_up = float(scalars[2])
        self._first = torch.from_numpy(first.reshape(FEATURES + 1, HIDDEN))
        self._second = torch.from_numpy(second.reshape(HIDDEN + 1, 2))

    def step(self, progress: float) -> None:
        """Take one step; `progress` is the part of all steps before it, in [0, 1)."""
        with torch.no_grad():
            gradient = torch.cat([_gradient(weight) for weight in self.weights])
            weight = torch.cat([weight.reshape(-1) for weight in self.weights])
            adam = self._remember(gradient)
            features = self._features(gradient, weight, adam, progress)
            hidden = torch.tanh(features @ self._first[:-1] + self._first[-1])
            out = hidden @ self._second[:-1] + self._second[-1]  # (weights, 2)
            change = adam * torch.exp(out[:, 1].clamp(-3, 3)) + out[:, 0]
            rate = self._rate * self._schedule(progress)
            moved = weight * (1 - rate * self._decay) - rate * change
            start = 0
            for tensor in self.weights:
                part = moved[start : start + tensor.numel()]
                tensor.copy_(part.reshape(tensor.shape))
                start += tensor.numel()

    def _remember(self, gradient: Tensor) -> Tensor:
        """Take the gradient into all averages; return Adam's step of length about 1."""
        self._taken += 1
        for average, decay in zip(self._averages, DECAYS, strict=True):
            average.mul_(decay).add_(gradient, alpha=1 - decay)
        self._squares.mul_(SQUARE_DECAY).addcmul_(
            gradient, gradient, value=1 - SQUARE_DECAY
        )
        mean = self._averages[1] / (1 - DECAYS[1] ** self._taken)
        square = self._squares / (1 - SQUARE_DECAY**self._taken)
        return mean / (square.sqrt() + EPSILON)

    def _features(
        self, gradient: Tensor, weight: Tensor, adam: Tensor, progress: float
    ) -> Tensor:
        """Return ``(weights, 9)``: five directions, the weight, three of the time."""
        relative = [
            self._relative(values) for values in (gradient, *self._averages, weight)
        ]
        spread = self._counts.log()[self._tensor] / 10
        flat = torch.ones_like(weight)
        return torch.stack(
            (
                *relative,
                adam.clamp(-5, 5),
                flat * progress,
                flat * math.exp(-self._taken / 10),
                spread,
            ),
            1,
        )

    def _relative(self, values: Tensor) -> Tensor:
        """Return values over the root mean square of their tensor, at most 5."""
        sums = torch.zeros(len(self._counts)).index_add_(0, self._tensor, values**2)
        root = (sums / self._counts).sqrt() + EPSILON
        return (values / root[self._tensor]).clamp(-5, 5)

    def _schedule(self, progress: float) -> float:
        """Return the cosine, times a warm-up of 20 steps where one is learned."""
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return cosine * math.exp(self._warm_up * math.exp(-self._taken / 20))


def _gradient(weight: nn.Parameter) -> Tensor:
    if weight.grad is None:
        return torch.zeros(weight.numel())
    return weight.grad.reshape(-1)
