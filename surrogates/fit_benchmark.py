"""From a trained sample to a benchmark of the whole space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbench.benchmark import Benchmark, CostModel, Specified
from nasbench.errors import NasbenchError
from nasbench.spaces import SearchSpace, TopologyCell
from nasbench.spaces.cell101 import Cell101
from surrogates.benchmark import BenchmarkParts, SurrogateBenchmark
from surrogates.encodings import Encoding, as_encoding
from surrogates.modelled_costs import with_targets
from surrogates.models import make_model
from surrogates.multi_fidelity import MultiFidelity
from surrogates.observations import Observations
from surrogates.runtime import fit_runtime
from surrogates.surrogate import Surrogate
from surrogates.trial_noise import TrialNoise

if TYPE_CHECKING:
    from surrogates.latency.timed import TimedArchitectures

CELL_ENCODING = "canonical-one-hot+canonical-path+graph"
"""Best on NAS-Bench-201 at every number of samples; see docs/surrogates.md."""

VERTEX_ENCODING = "graph"
"""Best on NAS-Bench-101's cells at every number of samples; see docs/encodings.md."""


@dataclass(frozen=True)
class FitSettings:
    """How the parts of a surrogate benchmark are fitted.

    Attributes:
        encoding: The encoding, or its name; None for the best known of the space.
        model: Family of the model of accuracies.
        seed: The only source of randomness.
        settings: Fields of the model that differ from its defaults.
    """

    encoding: str | Encoding | None = None
    model: str = "xgboost"
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the seed.

        Raises:
            NasbenchError: It is negative.
        """
        if self.seed < 0:
            raise NasbenchError(f"the seed of a fit is 0 or more, not {self.seed}")

    def encoding_of(self, space: SearchSpace) -> Encoding:
        """Return the encoding, unfitted.

        Raises:
            NasbenchError: Its name is not known.
        """
        return as_encoding(self.encoding or default_encoding(space))

    def surrogate(self, observations: Observations) -> Surrogate:
        """Return an unfitted surrogate of accuracies.

        Raises:
            NasbenchError: The encoding or the model is not known, or not defined.
        """
        space = observations.space
        model = make_model(self.model, {"seed": self.seed, **self.settings})
        return Surrogate(space, self.encoding_of(space), model)


def default_encoding(space: object) -> str:
    """Return the name of the best encoding that we know of a space."""
    if isinstance(space, TopologyCell):
        return CELL_ENCODING
    return VERTEX_ENCODING if isinstance(space, Cell101) else "one-hot"


def fit_benchmark(
    name: str,
    observations: Observations,
    costs: CostModel,
    settings: FitSettings | None = None,
    facts: dict[str, Any] | None = None,
) -> SurrogateBenchmark:
    """Fit all parts of a surrogate benchmark.

    Args:
        name: What it is called.
        observations: What was trained.
        costs: Parameters, FLOPs and depth of any architecture of the space; counts in
            a skeleton get the simulated targets that ship beside them.
        settings: Encoding, model, seed.
        facts: What a reader has to know; see `facts_of`.

    Raises:
        NasbenchError: There are too few samples, or the encoding is not defined.
    """
    chosen = settings or FitSettings()
    known, final = observations, observations.validation
    validation = chosen.surrogate(known).fit(known.architectures, final)
    test = seconds = curves = None
    tested = np.flatnonzero(np.isfinite(known.test))
    if len(tested) > len(known) / 2:
        test = chosen.surrogate(known)
        test.fit(known.architectures[tested], known.test[tested])
    timed = np.flatnonzero(np.isfinite(known.seconds) & (known.seconds > 0))
    if len(timed) > len(known) / 2:
        seconds = fit_runtime(
            known.space,
            chosen.encoding_of(known.space),
            known.architectures[timed],
            known.seconds[timed],
            chosen.seed,
        )
    epochs = known.curves.shape[1]
    if epochs > 1 and np.isfinite(known.curves[:, :-1]).any():
        rows = validation.encoding.encode(known.space, known.architectures)
        curves = MultiFidelity(epochs, chosen.seed).fit(rows, known.curves)
    parts = BenchmarkParts(
        validation=validation,
        test=test,
        seconds=seconds,
        curves=curves,
        noise=TrialNoise.fit(known.trials),
        costs=with_targets(costs),
        trained=known.architectures,
        facts=facts or {},
    )
    return SurrogateBenchmark(name, epochs, parts)


def predict_latencies(
    benchmark: SurrogateBenchmark, timed: Sequence[TimedArchitectures], seed: int = 0
) -> SurrogateBenchmark:
    """Return the benchmark with predictors of what was measured on some networks.

    Its evaluations have ``latency:TARGET`` then, and its facts say what that is worth.
    Targets that were not measured, or on too few networks, are passed over; simulated
    ones are computed anyway.

    Args:
        benchmark: The benchmark; it is left as it is.
        timed: What was measured, of the same space.
        seed: Of the predictors.

    Raises:
        NasbenchError: The targets are of another space.
    """
    # Imported when asked for: fitting accuracies does not need it.
    from surrogates.latency.stored_latency import fit_measured

    other = {one.features.space.name for one in timed} - {benchmark.space.name}
    if other:
        raise NasbenchError(
            f"{benchmark.name} is of {benchmark.space.name}; latencies of "
            f"{', '.join(sorted(other))} do not fit"
        )
    latencies = fit_measured(timed, default_encoding(benchmark.space), seed)
    said = {f"latency:{one.target}": one.sentence() for one in latencies}
    parts = replace(
        benchmark.parts,
        latencies=latencies,
        facts={**benchmark.parts.facts, **said},
    )
    return SurrogateBenchmark(benchmark.name, benchmark.epochs, parts)


def facts_of(source: Benchmark, sampling: str) -> dict[str, Any]:
    """Return where the samples come from, for the header.

    Args:
        source: What trained them.
        sampling: How they were chosen, in words.

    Raises:
        NasbenchError: `sampling` is empty.
    """
    if not sampling:
        raise NasbenchError("say how the architectures were chosen; sampling is empty")
    facts: dict[str, Any] = {"source": source.name, "sampling": sampling}
    if isinstance(source, Specified):
        spec = source.spec
        facts |= {
            "task": spec.task,
            "task_fingerprint": spec.task_fingerprint,
            "recipe": spec.recipe,
            "source_digest": spec.digest,
        }
    return facts
