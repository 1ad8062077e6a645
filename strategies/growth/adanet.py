"""AdaNet: an ensemble that grows by a network as long as that pays for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks import count_costs
from nasbench.spaces import Architecture, SearchSpace, TopologyCell
from nasbench.tasks import Task
from strategies.growth.mixture_weights import MixtureWeights, fit
from strategies.meta_learning.candidate_training import CandidateTraining, sgd
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.supernet_search import single_thread

DRAWS = 10_000
"""Random cells among which one of a depth is looked for."""

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

    rounds: int = 5
    epochs: int = 2
    candidates: int = 1
    complexity: float = 0.01
    price: float = 0.001
    least_gain: float = 0.001

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        for name in ("rounds", "epochs", "candidates"):
            if getattr(self, name) < 1:
                raise NasbenchError(f"{name} is {getattr(self, name)}; take 1 or more")
        for name in ("complexity", "price", "least_gain"):
            if not getattr(self, name) >= 0:
                raise NasbenchError(f"{name} is {getattr(self, name)}; take 0 or more")


@dataclass(frozen=True, eq=False)
class Round:
    """One round of growth.

    Attributes:
        architecture: The network that was taken.
        depth: Operations on the longest path of its cell.
        weights: ``(networks,)`` of the ensemble after the round.
        objective: F after the round, in nats.
        validation_accuracy: Of the ensemble, in [0, 1].
        seconds: CPU seconds of all training and fitting up to and with this round.
    """

    architecture: Architecture
    depth: int
    weights: NDArray[np.float64]
    objective: float
    validation_accuracy: float
    seconds: float


@dataclass(eq=False)
class Growth:
    """An ensemble, and how it grew.

    Its accuracy is that of several networks together and stands in a column of its
    own: no architecture of the space has it, and no table can look it up.

    Attributes:
        status: FAILED where all candidates of a round were lost to a loss that was not
            finite; the rounds before it stand.
        rounds: The rounds that were taken.
        parameters: Learned parameters of all networks with a weight.
        test_accuracy: Of the ensemble at the end, in [0, 1], for the referee; None
            before there is one.
    """

    status: Status = Status.COMPLETE
    rounds: list[Round] = field(default_factory=list)
    parameters: int = 0
    test_accuracy: float | None = None


@dataclass(eq=False)
class _Ensemble:
    """Trained networks with their logits on two splits."""

    architectures: list[Architecture] = field(default_factory=list)
    networks: list[nn.Module] = field(default_factory=list)
    train: list[NDArray[np.float64]] = field(default_factory=list)
    mixture: MixtureWeights | None = None


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
    then the ensemble is done. Networks that stand are frozen.

    Ours are cells drawn at random, trained by themselves as in the authors' library;
    the paper's subnetworks also read the layers of those before them, and are trained
    on what the ensemble gets wrong.

    Raises:
        NasbenchError: The space is no cell: other networks have but one depth.
    """
    if not isinstance(problem.space, TopologyCell):
        raise NasbenchError(
            f"AdaNet grows by depth, and {problem.space.name} has no depths to choose "
            "from; take a cell such as cell201"
        )
    rng = np.random.default_rng(problem.seed)
    growth, ensemble = Growth(), _Ensemble()
    begun = time.thread_time()
    with single_thread():
        training = CandidateTraining(problem)
        for number in range(settings.rounds):
            trained = _candidates(training, ensemble, settings, rng)
            if not trained:
                growth.status = Status.FAILED
                break
            best = min(trained, key=lambda one: _objective(one))
            if ensemble.mixture is not None:
                gain = ensemble.mixture.objective - _objective(best)
                if gain < settings.least_gain:
                    break
            ensemble = best
            seconds = time.thread_time() - begun
            growth.rounds.append(_round(problem, ensemble, seconds))
            if report is not None:
                accuracy = growth.rounds[-1].validation_accuracy
                report(number + 1, settings.rounds, f"{accuracy:.4f}")
        _finish(growth, ensemble, problem)
    return growth


def _candidates(
    training: CandidateTraining,
    ensemble: _Ensemble,
    settings: AdaNetSettings,
    rng: np.random.Generator,
) -> list[_Ensemble]:
    """Return the ensemble with each of the round's candidates that could be trained."""
    problem = training.problem
    recipe, space = problem.recipe, problem.space
    deepest = max((_depth(space, a) for a in ensemble.architectures), default=1)
    found = []
    for depth in (deepest, deepest + 1):
        for _ in range(settings.candidates):
            architecture = draw_of_depth(space, depth, rng)
            seed = int(rng.integers(2**31))
            if architecture is None:
                continue
            network = training.network(architecture, seed)
            steps = settings.epochs * training.steps
            make = sgd(recipe.learning_rate, recipe.weight_decay)
            losses = training.losses(network, make, seed, steps)
            logits = logits_of(network, problem.task, "train")
            if len(losses) == steps and np.isfinite(logits).all():
                found.append(
                    _with(ensemble, (architecture, network, logits), problem, settings)
                )
    return found


def _with(
    ensemble: _Ensemble,
    member: tuple[Architecture, nn.Module, NDArray[np.float64]],
    problem: SearchProblem,
    settings: AdaNetSettings,
) -> _Ensemble:
    """Return the ensemble with one network more and all weights fitted anew."""
    architecture, network, logits = member
    made = _Ensemble(
        [*ensemble.architectures, architecture],
        [*ensemble.networks, network],
        [*ensemble.train, logits],
    )
    depths = [_depth(problem.space, one) for one in made.architectures]
    penalties = settings.complexity * np.sqrt(depths) + settings.price
    first = None
    if ensemble.mixture is not None:
        first = np.append(ensemble.mixture.weights, 0.0)
    labels = problem.task.train.labels
    made.mixture = fit(np.array(made.train), labels, penalties, first)
    return made


def draw_of_depth(
    space: SearchSpace, depth: int, rng: np.random.Generator
) -> Architecture | None:
    """Return a random architecture of this depth, or None where none turns up."""
    for _ in range(DRAWS):
        architecture = space.sample(rng)
        if _depth(space, architecture) == depth:
            return architecture
    return None


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


def ensemble_accuracy(
    networks: Sequence[nn.Module],
    weights: NDArray[np.float64],
    task: Task,
    split: str,
) -> float:
    """Return the accuracy in [0, 1] of a weighted sum of logits."""
    used = [(n, w) for n, w in zip(networks, weights, strict=True) if w != 0]
    labels = getattr(task, split).labels
    total = np.zeros((len(labels), task.classes))
    for network, weight in used:
        total += weight * logits_of(network, task, split)
    return float((total.argmax(1) == labels).mean())


def _depth(space: SearchSpace, architecture: Architecture) -> int:
    depth: int = space.graph(architecture).depth  # type: ignore[attr-defined]
    return depth


def _objective(ensemble: _Ensemble) -> float:
    return float("inf") if ensemble.mixture is None else ensemble.mixture.objective


def _round(problem: SearchProblem, ensemble: _Ensemble, seconds: float) -> Round:
    weights = _weights(ensemble)
    return Round(
        architecture=ensemble.architectures[-1],
        depth=_depth(problem.space, ensemble.architectures[-1]),
        weights=weights,
        objective=_objective(ensemble),
        validation_accuracy=ensemble_accuracy(
            ensemble.networks, weights, problem.task, "valid"
        ),
        seconds=seconds,
    )


def _finish(growth: Growth, ensemble: _Ensemble, problem: SearchProblem) -> None:
    """Count the parameters, and let the referee look at the test images once."""
    if not ensemble.networks:
        return
    weights = _weights(ensemble)
    task = problem.task
    skeleton = problem.recipe.skeleton(task.shape, task.classes)
    growth.parameters = sum(
        count_costs(problem.space, one, skeleton).parameters
        for one, weight in zip(ensemble.architectures, weights, strict=True)
        if weight != 0
    )
    growth.test_accuracy = ensemble_accuracy(ensemble.networks, weights, task, "test")


def _weights(ensemble: _Ensemble) -> NDArray[np.float64]:
    return np.empty(0) if ensemble.mixture is None else ensemble.mixture.weights
