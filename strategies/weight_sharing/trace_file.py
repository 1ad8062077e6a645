"""Trace files: JSON, one line for every search; files are joined by appending them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.atomic import atomic_path
from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from strategies.weight_sharing.trace import Trace, TraceIdentity

FORMAT = "nasbench-trace-1"
"""Stands in every line; whatever changes the meaning of a line changes it."""

GZIP = b"\x1f\x8b"
DIGITS = 6
"""Significant digits of seconds, which are measured and carry noise beyond."""


def write_traces(traces: Sequence[Trace], path: Path) -> None:
    """Write searches to a file, which is whole or not there; ``.gz`` compresses it.

    Raises:
        NasbenchError: The file cannot be written.
    """
    text = "".join(json.dumps(_plain(trace)) + "\n" for trace in traces)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise NasbenchError(f"cannot write {path}: {error.strerror}") from error


def read_traces(path: str | Path) -> list[Trace]:
    """Read all searches of a file, in their order.

    Raises:
        NasbenchError: The file is missing, damaged, or holds no traces.
    """
    try:
        data = Path(path).read_bytes()
        text = (gzip.decompress(data) if data[:2] == GZIP else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NasbenchError(f"cannot read traces from {path}: {reason}") from error
    traces = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            traces.append(_trace(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise NasbenchError(
                f"{path}, line {number}: no trace ({reason})"
            ) from error
        except NasbenchError as error:
            raise NasbenchError(f"{path}, line {number}: {error}") from error
    if not traces:
        raise NasbenchError(f"{path} holds no traces")
    return traces


def _plain(trace: Trace) -> dict[str, Any]:
    """Return what JSON can hold; architectures as their indices in the space."""
    space = make_space(trace.identity.space)
    return {
        "format": FORMAT,
        **asdict(trace.identity),
        "status": trace.status.value,
        "architectures": [space.index(row) for row in trace.architectures.tolist()],
        "parameters": [[_short(v) for v in row] for row in trace.parameters],
        "estimates": trace.estimates.tolist(),
        "training_seconds": [_seconds(v) for v in trace.training_seconds],
        "selection_seconds": [_seconds(v) for v in trace.selection_seconds],
        "sampled": [space.index(row) for row in trace.sampled.tolist()],
        "sampled_estimates": trace.sampled_estimates.tolist(),
    }


def _short(value: np.float32) -> float:
    """Return the float of fewest digits that reads back as the same float32."""
    return float(str(value))


def _seconds(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _trace(fields: dict[str, Any]) -> Trace:
    if fields.pop("format") != FORMAT:
        raise ValueError(f"the format is not {FORMAT}")
    names = TraceIdentity.__dataclass_fields__
    identity = TraceIdentity(**{name: fields[name] for name in names})
    for name in ("space", "task", "task_fingerprint", "recipe", "method"):
        if not isinstance(fields[name], str):
            raise ValueError(f"{name} is {fields[name]}, not a text")
    space = make_space(identity.space)
    epochs = len(fields["architectures"])

    def architectures(name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        rows = [space.architecture_at(index) for index in fields[name]]
        return np.array(rows, np.uint8).reshape(-1, space.decisions)

    def numbers(name: str, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        values = np.array(fields[name], np.float64)
        if values.shape != (count,) or not np.isfinite(values).all():
            raise ValueError(f"{name} are not {count} finite numbers")
        return values

    return Trace(
        identity=identity,
        status=Status(fields["status"]),
        architectures=architectures("architectures"),
        parameters=np.array(fields["parameters"], np.float32).reshape(epochs, -1)
        if epochs
        else np.empty((0, 0), np.float32),
        estimates=numbers("estimates", epochs),
        training_seconds=numbers("training_seconds", epochs),
        selection_seconds=numbers("selection_seconds", epochs),
        sampled=architectures("sampled"),
        sampled_estimates=numbers("sampled_estimates", len(fields["sampled"])),
    )
