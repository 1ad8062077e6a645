"""The file of a surrogate benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from surrogates.benchmark import BenchmarkParts
from surrogates.multi_fidelity import MultiFidelity
from surrogates.store import (
    Arrays,
    SurrogateError,
    grouped,
    into_group,
    read_surrogate,
    write_surrogate,
)
from surrogates.stored_costs import pack_costs, unpack_costs
from surrogates.surrogate import Surrogate
from surrogates.trial_noise import TrialNoise

if TYPE_CHECKING:
    from surrogates.latency.stored_latency import StoredLatency

KIND = "benchmark"
PREDICTED = ("validation", "test", "seconds")


def write_benchmark(path: Path, epochs: int, parts: BenchmarkParts) -> str:
    """Write it in one step; return the digest.

    Raises:
        NasbenchError: The file cannot be written, or costs cannot be stored.
    """
    described, costs = pack_costs(parts.validation.space, parts.costs)
    header: dict[str, Any] = {
        "epochs": epochs,
        "facts": parts.facts,
        "costs": described,
    }
    arrays: Arrays = {"trained": parts.trained, **into_group("costs", costs)}
    for name in PREDICTED:
        part: Surrogate | None = getattr(parts, name)
        header[name] = None if part is None else part.describe()
        if part is not None:
            arrays |= into_group(name, part.arrays())
    header["curves"] = None if parts.curves is None else parts.curves.describe()
    if parts.curves is not None:
        arrays |= into_group("curves", parts.curves.arrays())
    header["noise"] = "predictive" if parts.noise is None else "seeds"
    if parts.noise is not None:
        arrays |= into_group("noise", parts.noise.arrays())
    if parts.latencies:
        header["latencies"] = [one.describe() for one in parts.latencies]
        for one in parts.latencies:
            arrays |= into_group(f"latency-{one.target}", one.surrogate.arrays())
    return write_surrogate(path, KIND, header, arrays)


def _latencies(header: dict[str, Any], arrays: Arrays) -> tuple[StoredLatency, ...]:
    if "latencies" not in header:
        return ()
    # Imported when there are some: other surrogates need numpy alone.
    from surrogates.latency.stored_latency import StoredLatency

    return tuple(
        StoredLatency.rebuild(one, grouped(arrays, f"latency-{one['target']}"))
        for one in header["latencies"]
    )


def read_benchmark(path: Path) -> tuple[str, int, BenchmarkParts, str]:
    """Return name, epochs, parts and digest.

    Raises:
        SurrogateError: The file is missing, damaged, or of another kind.
    """
    header, arrays = read_surrogate(path, KIND)
    try:
        predicted = {
            name: None
            if header[name] is None
            else Surrogate.rebuild(header[name], grouped(arrays, name))
            for name in PREDICTED
        }
        curves = None
        if header["curves"] is not None:
            curves = MultiFidelity.rebuild(header["curves"], grouped(arrays, "curves"))
        noise = None
        if header["noise"] == "seeds":
            noise = TrialNoise.restore(grouped(arrays, "noise"))
        validation = predicted["validation"]
        if validation is None:
            raise SurrogateError(f"{path} predicts no validation accuracy")
        parts = BenchmarkParts(
            validation=validation,
            test=predicted["test"],
            seconds=predicted["seconds"],
            curves=curves,
            noise=noise,
            costs=unpack_costs(
                validation.space, header["costs"], grouped(arrays, "costs")
            ),
            trained=arrays["trained"],
            facts=header["facts"],
            latencies=_latencies(header, arrays),
        )
    except (KeyError, TypeError) as error:
        raise SurrogateError(f"{path} is damaged: it lacks {error}") from error
    return (
        path.name.removesuffix(".npz"),
        int(header["epochs"]),
        parts,
        header["sha256"],
    )
