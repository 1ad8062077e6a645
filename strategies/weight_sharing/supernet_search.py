"""The loop of every weight-sharing search: train, choose, write down."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import numpy as np
import torch

from nasbench.benchmark import Status
from nasbench.spaces import Architecture, make_space
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.named_methods import find_method, make_settings
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.search_request import SearchRequest
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.trace import Setting, Trace, TraceIdentity

__all__ = ["SearchRequest", "identity_of", "samples_of", "search", "single_thread"]

Report = Callable[[int, int, str], None]
"""Is called after every epoch: epochs done, epochs in all, a note."""


@dataclass
class _Record:
    """The rows of a trace while they grow."""

    architectures: list[Architecture] = field(default_factory=list)
    parameters: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = field(
        default_factory=list
    )
    estimates: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)
    selection: list[float] = field(default_factory=list)


def search(
    request: SearchRequest, problem: SearchProblem, report: Report | None = None
) -> Trace:
    """Search with shared weights and return the trace; one thread, equal bits.

    Weights learn from the task's training images and architecture parameters from its
    validation images: the split on which the table's own validation accuracies stand.

    Args:
        request: The method.
        problem: What is searched.
        report: Is told of every epoch.

    Returns:
        The trace. Its status is FAILED, from the epoch on in which it happened, where
        a loss or an architecture parameter is no longer finite.

    Raises:
        NasbenchError: There is no such method or setting, or no such supernet.
    """
    kind = find_method(request.method)
    settings = make_settings(request.method, request.settings)
    *streams, drawn, chosen, sampled = np.random.SeedSequence(problem.seed).spawn(7)
    identity = identity_of(request, problem)
    with single_thread():
        shared = SharedWeights(problem, request.training, kind.form(settings), streams)
        method = kind(shared, settings, np.random.default_rng(drawn))
        record = _Record()
        status = Status.COMPLETE
        choices = np.random.default_rng(chosen)
        for epoch in range(request.training.epochs):
            if not _epoch(method, epoch, record, choices):
                status = Status.FAILED
                break
            if report is not None:
                note = f"{problem.space.format(record.architectures[-1])}"
                report(epoch + 1, request.training.epochs, note)
        count = samples_of(request) if status is Status.COMPLETE else 0
        rng = np.random.default_rng(sampled)
        samples = [problem.space.sample(rng) for _ in range(count)]
        estimates = [shared.estimate_path(one) for one in samples]
    return _trace(identity, status, record, samples, estimates)


def _epoch(
    method: Method, epoch: int, record: _Record, rng: np.random.Generator
) -> bool:
    """Train for one epoch and write it down; return whether all stayed finite."""
    shared = method.shared
    begun = time.thread_time()
    method.begin_epoch(epoch)
    for train, valid in shared.batches(epoch):
        if not math.isfinite(method.step(train, valid)):
            return False
    method.end_epoch(valid)
    spent = time.thread_time() - begun
    parameters = method.parameters()  # for the reader alone, so that it is not charged
    weights_finite = all(bool(p.isfinite().all()) for p in shared.supernet.parameters())
    if not np.isfinite(parameters).all() or not weights_finite:
        return False
    begun = time.thread_time()
    choice = method.choose(rng, epoch + 1 == shared.settings.epochs)
    record.selection.append(time.thread_time() - begun)
    record.architectures.append(choice)
    record.parameters.append(parameters)
    record.estimates.append(shared.estimate_path(choice))
    record.training.append(spent + (record.training[-1] if record.training else 0.0))
    return True


def samples_of(request: SearchRequest) -> int:
    """Return how many random architectures are estimated at the end of a search.

    None by a method whose weights fit only what it trained.

    Raises:
        NasbenchError: There is no such method.
    """
    return request.samples if find_method(request.method).estimates_any else 0


def identity_of(request: SearchRequest, problem: SearchProblem) -> TraceIdentity:
    """Return what a search will be known by, before it is made.

    Raises:
        NasbenchError: There is no such method or setting.
    """
    own: dict[str, Setting] = asdict(make_settings(request.method, request.settings))
    return TraceIdentity(
        space=problem.space.name,
        task=problem.task.name,
        task_fingerprint=problem.task.fingerprint,
        recipe=problem.recipe.fingerprint,
        method=request.method,
        settings={**asdict(request.training), **own},
        seed=problem.seed,
        versions=computed_with(),
    )


def computed_with() -> dict[str, str]:
    """Return the versions and the instruction set that bits depend on."""
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
    }


def _trace(
    identity: TraceIdentity,
    status: Status,
    record: _Record,
    samples: list[Architecture],
    estimates: list[float],
) -> Trace:
    epochs, decisions = len(record.architectures), make_space(identity.space).decisions
    return Trace(
        identity=identity,
        status=status,
        architectures=np.array(record.architectures, np.uint8).reshape(
            epochs, decisions
        ),
        parameters=np.array(record.parameters, np.float32).reshape(epochs, -1)
        if epochs
        else np.empty((0, 0), np.float32),
        estimates=np.array(record.estimates, np.float64),
        training_seconds=np.array(record.training, np.float64),
        selection_seconds=np.array(record.selection, np.float64),
        sampled=np.array(samples, np.uint8).reshape(-1, decisions),
        sampled_estimates=np.array(estimates, np.float64),
    )


@contextmanager
def single_thread() -> Iterator[None]:
    """Compute on one thread: the order of sums, and so the bits, depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
