"""Learns an optimiser from trainings of source architectures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architecture
from strategies.checked_fields import check_fields
from strategies.meta_learning.candidate_training import CandidateTraining
from strategies.meta_learning.learned_optimiser import (
    SCALARS,
    SIZE,
    Rule,
    untrained,
)
from strategies.settings import Count, Positive

FAILED_LOSS = 10.0
"""Stands for the loss of a training that did not stay finite; chance is 2.3."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class MetaTrainingSettings:
    """How the rule is learned.

    Attributes:
        iterations: Steps of the rule; each trains ``2 * pairs`` networks.
        pairs: Antithetic pairs of an iteration.
        steps: Length of each training.
        deviation: Of what is added to the learned numbers to see what it does.
        meta_rate: Step length of the rule's own Adam.
        learning_rate: Of Adam, from which the rule starts.
    """

    iterations: Count = 40
    pairs: Count = 4
    steps: Count = 60
    deviation: Positive = 0.05
    meta_rate: Positive = 0.02
    learning_rate: Positive = 0.003

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


@dataclass(frozen=True, eq=False)
class MetaTraining:
    """What meta-training leaves behind.

    Attributes:
        rule: The learned rule.
        losses: ``(iterations,)`` mean meta-losses, before each step.
    """

    rule: Rule
    losses: Values


def meta_train(
    training: CandidateTraining,
    sources: Sequence[Architecture],
    settings: MetaTrainingSettings,
    seed: int,
    report: Callable[[int, float], None] | None = None,
) -> MetaTraining:
    """Learn a rule from source architectures, by evolution strategies.

    The meta-loss of a rule is the mean training loss over the last third of a short
    training. Its gradient by the rule is estimated as in Salimans et al. (2017) from
    antithetic pairs, whose two trainings see the same network and images; Metz et al.
    (2019) explain why backpropagation through the training is no help. Adam follows the
    estimate.

    Args:
        training: Trains the candidates.
        sources: Each pair trains a random one of them.
        settings: How the rule is learned.
        seed: The source of all randomness.
        report: Is told each iteration and its mean meta-loss.
    """
    rng = np.random.default_rng(seed)
    rule = untrained(settings.learning_rate)
    ascent = _Adam(settings.meta_rate)
    history = []
    for iteration in range(settings.iterations):
        gradient, losses = np.zeros(SIZE), []
        for _ in range(settings.pairs):
            noise = rng.standard_normal(SIZE)
            source = sources[int(rng.integers(len(sources)))]
            start = int(rng.integers(2**31))
            pair = [
                meta_loss(
                    training,
                    source,
                    replace(rule, values=rule.values + sign * _scale(settings) * noise),
                    (start, settings.steps),
                )
                for sign in (1, -1)
            ]
            gradient += (pair[0] - pair[1]) / 2 * noise / _scale(settings)
            losses += pair
        values = rule.values - ascent.step(gradient / settings.pairs)
        rule = replace(rule, values=values)
        history.append(float(np.mean(losses)))
        if report is not None:
            report(iteration, history[-1])
    return MetaTraining(rule, np.array(history))


def meta_loss(
    training: CandidateTraining,
    architecture: Architecture,
    rule: Rule,
    start: tuple[int, int],
) -> float:
    """Return the mean loss over the last third of a training by a rule.

    Args:
        training: Trains.
        architecture: What is trained.
        rule: The optimiser.
        start: Seed of weights and images, and the number of steps.
    """
    seed, steps = start
    network = training.network(architecture, seed)
    losses = training.losses(network, rule.optimiser, seed, steps)
    if len(losses) < steps:
        return FAILED_LOSS
    return float(min(losses[2 * steps // 3 :].mean(), FAILED_LOSS))


def _scale(settings: MetaTrainingSettings) -> Values:
    """Return the deviations: wider for the learned scalars, which are logarithms."""
    scale = np.full(SIZE, settings.deviation)
    scale[:SCALARS] *= 2
    return scale


class _Adam:
    """Adam with decay rates 0.9 and 0.99, on one array."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._mean, self._square, self._taken = np.zeros(SIZE), np.zeros(SIZE), 0

    def step(self, gradient: Values) -> Values:
        """Return what is to be subtracted."""
        self._taken += 1
        self._mean = 0.9 * self._mean + 0.1 * gradient
        self._square = 0.99 * self._square + 0.01 * gradient**2
        mean = self._mean / (1 - 0.9**self._taken)
        square = self._square / (1 - 0.99**self._taken)
        return np.asarray(self._rate * mean / (np.sqrt(square) + 1e-8))
