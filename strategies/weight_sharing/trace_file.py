"""Trace files: JSON, one line for every search; files are joined by appending them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nasbench.benchmark import Status
from nasbench.spaces import make_space
from strategies.weight_sharing.record_fields import (
    Fields,
    check_format,
    read_architectures,
    read_identity,
    read_numbers,
    short_seconds,
)
from strategies.weight_sharing.record_lines import alone, read_lines, write_lines
from strategies.weight_sharing.trace import Trace

FORMAT = "nasbench-trace-1"
"""Stands in every line; whatever changes the meaning of a line changes it."""


def write_traces(traces: Sequence[Trace], path: Path) -> None:
    """Write searches to a file, which is whole or not there; ``.gz`` compresses it.

    Raises:
        NasbenchError: The file cannot be written.
    """
    write_lines([_plain(trace) for trace in traces], path)


def read_traces(path: str | Path) -> list[Trace]:
    """Read all searches of a file, in their order.

    Raises:
        NasbenchError: The file is missing, damaged, or holds no traces.
    """
    return read_lines(path, _trace, "trace")


def add_trace(trace: Trace, path: Path) -> None:
    """Add a search to a file, in the place of one with the same identity.

    Several processes may add to one file.

    Raises:
        NasbenchError: The file is damaged, or cannot be written.
    """
    with alone(path):
        traces = read_traces(path) if path.exists() else []
        others = [one for one in traces if one.identity != trace.identity]
        write_traces([*others, trace], path)


def traces_digest(traces: Sequence[Trace]) -> str:
    """Return the SHA-256 of searches in their order, whatever file holds them."""
    digest = hashlib.sha256()
    for trace in traces:
        digest.update(json.dumps(_plain(trace), sort_keys=True).encode())
    return digest.hexdigest()


def _plain(trace: Trace) -> Fields:
    """Return what JSON can hold; architectures as their indices in the space."""
    space = make_space(trace.identity.space)
    return {
        "format": FORMAT,
        **asdict(trace.identity),
        "status": trace.status.value,
        "architectures": [space.index(row) for row in trace.architectures.tolist()],
        "parameters": [[_short(v) for v in row] for row in trace.parameters],
        "estimates": trace.estimates.tolist(),
        "training_seconds": [short_seconds(v) for v in trace.training_seconds],
        "selection_seconds": [short_seconds(v) for v in trace.selection_seconds],
        "sampled": [space.index(row) for row in trace.sampled.tolist()],
        "sampled_estimates": trace.sampled_estimates.tolist(),
    }


def _short(value: np.float32) -> float:
    """Return the float of fewest digits that reads back as the same float32."""
    return float(str(value))


def _trace(fields: Fields) -> Trace:
    check_format(fields, FORMAT)
    identity = read_identity(fields)
    space = make_space(identity.space)
    status = Status(fields["status"])
    architectures = read_architectures(fields, "architectures", space)
    epochs = len(architectures)
    if status is Status.COMPLETE and not epochs:
        raise ValueError("a complete search of no epochs")
    sampled = read_architectures(fields, "sampled", space)
    parameters = np.empty((0, 0), np.float32)
    if epochs:
        parameters = np.array(fields["parameters"], np.float32).reshape(epochs, -1)
    if not np.isfinite(parameters).all():
        raise ValueError("parameters are not all finite")
    return Trace(
        identity=identity,
        status=status,
        architectures=architectures,
        parameters=parameters,
        estimates=read_numbers(fields, "estimates", epochs, most=1),
        training_seconds=read_numbers(fields, "training_seconds", epochs),
        selection_seconds=read_numbers(fields, "selection_seconds", epochs),
        sampled=sampled,
        sampled_estimates=read_numbers(
            fields, "sampled_estimates", len(sampled), most=1
        ),
    )
