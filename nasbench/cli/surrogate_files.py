"""Files that ``nasbench surrogate`` reads and writes, and what they say they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbench.atomic import why_not_writable
from nasbench.benchmark import benchmark_ids, make
from nasbench.cli.options import open_known
from nasbench.errors import NasbenchError
from surrogates.store import is_surrogate_file, kind_of, read_surrogate
from tabular.verify import Finding

if TYPE_CHECKING:
    from surrogates.benchmark import SurrogateBenchmark
    from surrogates.source import Source

BENCHMARK = "benchmark"
"""What the file of a surrogate benchmark says that it holds."""


def is_surrogate(name: str) -> bool:
    """Return whether a file or an id is that of a surrogate, not of a table."""
    if Path(name).exists() or name not in benchmark_ids():
        return is_surrogate_file(Path(name))
    from surrogates.benchmark import SurrogateBenchmark

    return isinstance(make(name), SurrogateBenchmark)


def open_source(name: str) -> Source:
    """Return what is known of a table, a benchmark or a sample.

    Raises:
        NasbenchError: There is none, or it is a surrogate: its predictions are no
            trainings.
    """
    from surrogates.source import Source, is_sample_file

    if is_sample_file(Path(name)):
        return Source.of_sample(Path(name))
    if is_surrogate(name):
        held = open_surrogate(name)
        source = held.parts.facts.get("source", "TABLE")
        raise NasbenchError(
            f"{name} is a surrogate, whose predictions are no trainings to learn from "
            f"or to score on; give the table or the sample that it was fitted to "
            f"({source}), or score it by `nasbench surrogate evaluate TABLE "
            f"--surrogate {name}`"
        )
    return Source.of_benchmark(open_known(name))


def open_surrogate(name: str) -> SurrogateBenchmark:
    """Open a surrogate benchmark by the path of its file or by its id.

    Raises:
        NasbenchError: It is missing, damaged, or a table.
    """
    from surrogates.benchmark import SurrogateBenchmark

    known = name in benchmark_ids() and not Path(name).exists()
    held = make(name) if known else SurrogateBenchmark.open(name)
    if not isinstance(held, SurrogateBenchmark):
        raise NasbenchError(f"{name} is a table; ask it by `nasbench query`")
    return held


def surrogate_digest(name: str) -> str:
    """Return the SHA-256 that a surrogate or a sample states, checked anew.

    Raises:
        NasbenchError: It is damaged, or no such file.
    """
    if not Path(name).exists():
        return open_surrogate(name).digest
    header, _ = read_surrogate(Path(name), kind_of(Path(name)) or BENCHMARK)
    return str(header["sha256"])


def surrogate_findings(name: str) -> list[Finding]:
    """Return what a surrogate or a sample is, where its digest is right.

    Raises:
        NasbenchError: It is damaged, or no such file.
    """
    digest = Finding("digest", True, surrogate_digest(name))
    kind = kind_of(Path(name)) if Path(name).exists() else BENCHMARK
    if kind != BENCHMARK:
        return [digest, Finding("kind", True, f"a {kind}")]
    held = open_surrogate(name)
    trained, part = held.parts.trained, held.parts.validation
    said = part.predict(trained)
    finite = bool(np.isfinite(said).all())
    detail = (
        f"{said.min():.4f} to {said.max():.4f}" if finite else "some are not finite"
    )
    what = f"{part.model.family}, {part.encoding.name}, of {held.space.name}"
    return [
        digest,
        Finding("kind", True, f"a surrogate: {what}"),
        Finding("predictions", finite, f"of the {len(trained):,} fitted: {detail}"),
    ]


def check_out(path: Path, ending: str = "") -> None:
    """Refuse a file that cannot be written.

    Raises:
        NasbenchError: It cannot, or has another ending than a surrogate's.
    """
    if not path.name.endswith(ending):
        raise NasbenchError(
            f"a surrogate is a file FILE{ending}; --out {path} has another ending"
        )
    reason = why_not_writable(path.parent)
    if path.is_dir():
        reason = "it is a folder"
    elif path.exists() and not path.is_file():
        reason = "it is no ordinary file"  # a device would be replaced by one
    if reason is not None:
        raise NasbenchError(f"cannot write {path}: {reason}")
