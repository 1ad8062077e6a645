"""How a block of networks is measured: in rounds over all of them, again where noisy.

One network after another, thirty runs each, would turn any drift of the machine (its
clock rate, its neighbours) into a difference between networks. Rounds over all networks
of a block turn it into a difference between rounds, which is stored as noise.

A round visits every network several times, for some runs each. What slows a machine
down lasts longer than one visit, and nothing makes it faster than it is; so the round
keeps the quietest visit of each network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.hardware.processor import load_average
from nasbench.hardware.specimen import Specimen
from nasbench.hardware.target import MeasuredTarget, Prepared, RejectedError, Timing

Watch = Callable[[int, bool], None]
"""Called before a network is prepared or timed: its position in the block, and whether
this is a step of those that `steps` counts."""

Rounds = NDArray[np.float64]


@dataclass(frozen=True)
class Procedure:
    """How often to run what.

    Attributes:
        rounds: Rounds over all networks of a block.
        visits: Visits of a round to every network; the one with the smallest median
            counts.
        warm_up: Runs of a network that are not timed, in every visit.
        runs: Runs that are timed, in every visit.
        noisy: Networks whose rounds differ by more than this share of their median
            are measured again.
        again: How many times at most.
        seed: Seeds weights, noise and the order of networks in every visit.
    """

    rounds: int = 4
    visits: int = 10
    warm_up: int = 3
    runs: int = 10
    noisy: float = 0.1
    again: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            NasbenchError: One is out of range.
        """
        least = {
            "rounds": 1,
            "visits": 1,
            "warm_up": 0,
            "runs": 1,
            "again": 0,
            "seed": 0,
        }
        for name, limit in least.items():
            if getattr(self, name) < limit:
                raise NasbenchError(
                    f"{name} is {limit} or more, not {getattr(self, name)}"
                )
        if not self.noisy > 0:
            raise NasbenchError(f"noisy is a share above 0, not {self.noisy}")

    def steps(self, networks: int) -> int:
        """Return how many steps a block has, without what is measured again."""
        return networks * (1 + self.rounds * self.visits)


@dataclass(frozen=True, eq=False)
class BlockTimings:
    """What was measured of the networks of a block.

    Attributes:
        cpu_ms: ``(n, rounds) float64`` medians of CPU time; NaN where rejected.
        wall_ms: ``(n, rounds) float64`` medians of wall time.
        p10_ms: ``(n, rounds) float64`` of the target's clock.
        p90_ms: ``(n, rounds) float64`` of the target's clock.
        deviation: ``(n,) float64`` from torch's outputs, as a share.
        again: ``(n,) int64``, how many times a network was measured again.
        reasons: Why a network was rejected; empty where it was not.
        load: Load average before the first round and after the last.
    """

    cpu_ms: Rounds
    wall_ms: Rounds
    p10_ms: Rounds
    p90_ms: Rounds
    deviation: Rounds
    again: NDArray[np.int64]
    reasons: tuple[str, ...]
    load: tuple[float, float]


@dataclass(frozen=True)
class _Ready:
    target: MeasuredTarget
    procedure: Procedure
    networks: Mapping[int, Prepared]
    watch: Watch
    rng: np.random.Generator
    times: dict[int, list[Timing]] = field(default_factory=dict)

    def measure(self, positions: Sequence[int], counted: bool) -> dict[int, float]:
        """Measure some networks in rounds; return the spread of each.

        Of two measurements of a network the one with the smaller spread is kept.
        """
        found: dict[int, list[Timing]] = {position: [] for position in positions}
        for _ in range(self.procedure.rounds):
            for position, timing in self.measure_round(positions, counted).items():
                found[position].append(timing)
        for position, timings in found.items():
            before = self.times.get(position)
            if before is None or self.spread(timings) < self.spread(before):
                self.times[position] = timings
        return {p: self.spread(self.times[p]) for p in positions}

    def measure_round(
        self, positions: Sequence[int], counted: bool
    ) -> dict[int, Timing]:
        """Visit all networks some times; return the quietest visit of each.

        Each turn has an order of its own, so that no network always follows the same
        one.
        """
        clock = self.target.clock
        quietest: dict[int, Timing] = {}
        for _ in range(self.procedure.visits):
            for position in self.rng.permutation(positions).tolist():
                self.watch(position, counted)
                timing = self.networks[position].time_visit(
                    self.procedure.warm_up, self.procedure.runs
                )
                best = quietest.get(position)
                if best is None or timing.latency_ms(clock) < best.latency_ms(clock):
                    quietest[position] = timing
        return quietest

    def spread(self, timings: Sequence[Timing]) -> float:
        """Return (largest - smallest round) / median."""
        values = [each.latency_ms(self.target.clock) for each in timings]
        middle = float(np.median(values))
        return (max(values) - min(values)) / middle if middle > 0 else 0.0


def measure_block(
    target: MeasuredTarget,
    specimens: Mapping[int, Specimen],
    procedure: Procedure,
    watch: Watch,
    load: Callable[[], float] = load_average,
) -> BlockTimings:
    """Prepare all networks of a block, then measure them in rounds.

    Args:
        target: What measures; in this process.
        specimens: The networks, by positions 0, 1, ...; some may be left out.
        procedure: How often to run what.
        watch: Is told of every step.
        load: Reads the load average.

    Returns:
        Rows for the positions from 0 to the largest.
    """
    networks: dict[int, Prepared] = {}
    reasons = {}
    for position, specimen in specimens.items():
        watch(position, True)
        try:
            networks[position] = target.prepare(specimen)
        except RejectedError as error:
            reasons[position] = " ".join(str(error).split())
        specimen.forget()
    rng = np.random.default_rng(procedure.seed)
    ready = _Ready(target, procedure, networks, watch, rng)
    again: dict[int, int] = {}
    before = load()
    spreads = ready.measure(list(networks), counted=True)
    for _ in range(procedure.again):
        noisy = [p for p, spread in spreads.items() if spread > procedure.noisy]
        if not noisy:
            break
        again |= {position: again.get(position, 0) + 1 for position in noisy}
        spreads |= ready.measure(noisy, counted=False)
    rows = max(specimens, default=-1) + 1
    return _gathered(rows, ready, (reasons, again), (before, load()))


def _gathered(
    rows: int,
    ready: _Ready,
    notes: tuple[Mapping[int, str], Mapping[int, int]],
    load: tuple[float, float],
) -> BlockTimings:
    reasons, again = notes
    rounds = ready.procedure.rounds

    def column(name: str) -> Rounds:
        values = np.full((rows, rounds), np.nan)
        for position, timings in ready.times.items():
            values[position] = [getattr(each, name) for each in timings]
        return values

    deviation = np.full(rows, np.nan)
    for position, network in ready.networks.items():
        deviation[position] = network.deviation
    return BlockTimings(
        cpu_ms=column("cpu_ms"),
        wall_ms=column("wall_ms"),
        p10_ms=column("p10_ms"),
        p90_ms=column("p90_ms"),
        deviation=deviation,
        again=np.array([again.get(p, 0) for p in range(rows)], np.int64),
        reasons=tuple(reasons.get(p, "") for p in range(rows)),
        load=load,
    )
