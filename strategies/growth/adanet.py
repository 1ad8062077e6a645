"""AdaNet: an ensemble that grows by a network as long as that pays for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nasbench.networks import count_costs
from nasbench.spaces import Architecture
from nasbench.tasks import Task
from strategies.checked_fields import check_fields
from strategies.growth.depths import depth_of, draw_of_depth, least_depth
from strategies.growth.growth import Ending, Growth, Round
from strategies.growth.mixture_weights import MixtureWeights, fit
from strategies.meta_learning.candidate_training import CandidateTraining, sgd
from strategies.settings import Count, NotNegative
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.supernet_search import computed_with, single_thread
from strategies.weight_sharing.trace import TraceIdentity

EVALUATION_BATCH = 500


@dataclass(frozen=True)
class AdaNetSettings:
    """How an ensemble grows.

    Attributes:
        rounds: Networks of the ensemble, at most.
        epochs: Passes over the training images of every candidate.
        candidates: Candidates of either depth in a round; 1 in the paper.
        complexity: lambda, the price of a network's complexity, the square root of its
            depth.
        price: beta, the price of any network.
        least_gain: A round that lowers the objective by less is the last.
    """

    rounds: Count = 5
    epochs: Count = 2
    candidates: Count = 1
    complexity: NotNegative = 0.01
    price: NotNegative = 0.001
    least_gain: NotNegative = 0.001

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


@dataclass(frozen=True, eq=False)
class _Member:
    """A trained network, which stays as it is.

    Attributes:
        logits: ``(n, classes) float64`` by split, as far as they were asked for.
    """

    architecture: Architecture
    depth: int
    network: nn.Module
    logits: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def on(self, task: Task, split: str) -> NDArray[np.float64]:
        """Return the ``(n, classes)`` logits of a split; computed once."""
        if split not in self.logits:
            self.logits[split] = logits_of(self.network, task, split)
        return self.logits[split]


@dataclass(frozen=True, eq=False)
class _Ensemble:
    """Trained networks, their weights, and what these reach."""

    members: tuple[_Member, ...] = ()
    mixture: MixtureWeights = field(
        default_factory=lambda: MixtureWeights(np.empty(0), float("inf"))
    )


def grow(
    problem: SearchProblem,
    settings: AdaNetSettings,
    report: Callable[[int, int, str], None] | None = None,
) -> Growth:
    """Grow an ensemble on a problem; equal seeds give equal bits.

    Cortes et al., ICML 2017. In every round candidates are trained, some as deep as the
    deepest network so far and some deeper by one; for each the mixture weights of all
    networks are fitted anew to F on the training images (`mixture_weights.objective`),
    and the one with the lowest F stays, unless F falls by less than `least_gain`:
    then the ensemble is done. Networks that stand are frozen. The first are as shallow
    as the space has them; where all are equally deep, as in a chain, all are drawn from
    one family.

    Ours are networks drawn at random, trained by themselves as in the authors' library;
    the paper's subnetworks also read the layers of those before them, and are trained
    on what the ensemble gets wrong.

    Raises:
        NasbenchError: The space says of no depth, or has no networks.
    """
    identity = identity_of(problem, settings)
    rng = np.random.default_rng(problem.seed)
    ensemble, rounds, spent = _Ensemble(), list[Round](), 0.0
    ended: Ending = "rounds"
    with single_thread():
        training = CandidateTraining(problem)
        shallowest = least_depth(problem.space)
        for number in range(settings.rounds):
            begun = time.thread_time()
            deepest = max((m.depth for m in ensemble.members), default=shallowest)
            trained = _candidates(training, ensemble, settings, deepest, rng)
            best = min(trained, key=lambda one: one.mixture.objective, default=None)
            spent += time.thread_time() - begun
            if best is None:
                ended = "failed"
                break
            if number:
                gain = ensemble.mixture.objective - best.mixture.objective
                if gain < settings.least_gain:
                    ended = "gain"
                    break
            ensemble = best
            rounds.append(_round(problem, ensemble, spent))
            if report is not None:
                accuracy = rounds[-1].validation_accuracy
                report(number + 1, settings.rounds, f"{accuracy:.4f}")
    return Growth(identity, ended, tuple(rounds))


def identity_of(problem: SearchProblem, settings: AdaNetSettings) -> TraceIdentity:
    """Return what a growth will be known by, before it is made."""
    return TraceIdentity(
        space=problem.space.name,
        task=problem.task.name,
        task_fingerprint=problem.task.fingerprint,
        recipe=problem.recipe.fingerprint,
        method="adanet",
        settings=asdict(settings),
        seed=problem.seed,
        versions=computed_with(),
    )


def _candidates(
    training: CandidateTraining,
    ensemble: _Ensemble,
    settings: AdaNetSettings,
    deepest: int,
    rng: np.random.Generator,
) -> list[_Ensemble]:
    """Return the ensemble with each of the round's candidates that could be trained."""
    found = []
    for depth in (deepest, deepest + 1):
        for _ in range(settings.candidates):
            architecture = draw_of_depth(training.problem.space, depth, rng)
            seed = int(rng.integers(2**31))
            if architecture is None:
                continue
            member = _trained(training, architecture, seed, settings.epochs)
            if member is not None:
                labels = training.problem.task.train.labels
                found.append(_with(ensemble, member, labels, settings))
    return found


def _trained(
    training: CandidateTraining, architecture: Architecture, seed: int, epochs: int
) -> _Member | None:
    """Return a trained network; None where a loss was not finite."""
    problem = training.problem
    depth = depth_of(problem.space, architecture)
    network = training.network(architecture, seed)
    steps = epochs * training.steps
    make = sgd(problem.recipe.learning_rate, problem.recipe.weight_decay)
    losses = training.losses(network, make, seed, steps)
    member = _Member(architecture, depth, network)
    if len(losses) < steps or not np.isfinite(member.on(problem.task, "train")).all():
        return None
    return member


def _with(
    ensemble: _Ensemble,
    member: _Member,
    labels: NDArray[np.int64],
    settings: AdaNetSettings,
) -> _Ensemble:
    """Return the ensemble with one network more and all weights fitted anew."""
    members = (*ensemble.members, member)
    depths = [one.depth for one in members]
    penalties = settings.complexity * np.sqrt(depths) + settings.price
    first = np.append(ensemble.mixture.weights, 0.0) if ensemble.members else None
    logits = np.array([one.logits["train"] for one in members])
    return _Ensemble(members, fit(logits, labels, penalties, first))


def logits_of(network: nn.Module, task: Task, split: str) -> NDArray[np.float64]:
    """Return the ``(n, classes)`` logits of all images of a split."""
    images = torch.from_numpy(task.normalised(split))
    network.eval()
    with torch.inference_mode():
        parts = [
            network(images[start : start + EVALUATION_BATCH])
            for start in range(0, len(images), EVALUATION_BATCH)
        ]
    return torch.cat(parts).double().numpy()


def _round(problem: SearchProblem, ensemble: _Ensemble, seconds: float) -> Round:
    """Write down an ensemble; what is computed here is for the referee, not charged."""
    last, weights = ensemble.members[-1], ensemble.mixture.weights
    task, recipe = problem.task, problem.recipe
    skeleton = recipe.skeleton(task.shape, task.classes)
    used = [one for one, w in zip(ensemble.members, weights, strict=True) if w != 0]
    return Round(
        architecture=last.architecture,
        depth=last.depth,
        weights=weights,
        objective=ensemble.mixture.objective,
        parameters=sum(
            count_costs(problem.space, one.architecture, skeleton).parameters
            for one in used
        ),
        validation_accuracy=_accuracy(ensemble, task, "valid"),
        test_accuracy=_accuracy(ensemble, task, "test"),
        seconds=seconds,
    )


def _accuracy(ensemble: _Ensemble, task: Task, split: str) -> float:
    """Return the accuracy in [0, 1] of the weighted sum of logits."""
    labels = getattr(task, split).labels
    total = np.zeros((len(labels), task.classes))
    for one, weight in zip(ensemble.members, ensemble.mixture.weights, strict=True):
        if weight != 0:
            total += weight * one.on(task, split)
    return float((total.argmax(1) == labels).mean())
