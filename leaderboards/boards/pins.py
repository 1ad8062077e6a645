"""The benchmarks of a board: opened, compared with their pins, pinned anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.boards.manifest import BenchmarkPin, Manifest, parse_manifest
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.fronts.permitted import is_known_whole, permitted
from leaderboards.runner.handed_out import context_for
from nasbench.atomic import atomic_path
from nasbench.benchmark import Benchmark, Specified, benchmark_ids, make
from nasbench.errors import NasbenchError, unknown
from surrogates.proxies.sources import proxy_source
from surrogates.store import is_surrogate_file
from tabular.importers import PublishedTable
from tabular.opened import open_any
from tabular.schema import TableFile, array_digest
from tabular.table import Table

FILES = (".h5", ".npz")


def open_benchmarks(manifest: Manifest) -> list[Benchmark]:
    """Return the benchmarks of a board in its order.

    Raises:
        NasbenchError: One is not there, or does not hold the pinned numbers; both
            digests are named. Or no architecture keeps the limits.
    """
    found = []
    for pin in manifest.benchmarks:
        benchmark = open_unpinned(pin.id, manifest)
        here = pin_of(benchmark, manifest)
        if not pin.digest:
            raise NasbenchError(
                f"{manifest.path}: benchmark {pin.id} has no digest; "
                f"`nasbench board pin {manifest.path}` writes it"
            )
        for what, stated, is_here in (
            ("digest", pin.digest, here.digest),
            ("digest of what else runs read", pin.measured, here.measured),
        ):
            if stated != is_here:
                raise NasbenchError(
                    f"{manifest.path}: benchmark {pin.id} is pinned to the {what} "
                    f"{stated}, and the installed one has {is_here}; if the new "
                    f"numbers are meant, `nasbench board pin {manifest.path}`"
                )
        found.append(benchmark)
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        raise NasbenchError(
            f"{manifest.path}: a benchmark stands twice: {', '.join(names)}"
        )
    for benchmark in found:
        _check_limits(benchmark, manifest)
    return found


def open_unpinned(name: str, manifest: Manifest) -> Benchmark:
    """Return an installed benchmark, or that of a file beside the manifest.

    Raises:
        NasbenchError: There is neither, or the table is partial.
    """
    if not name.endswith(FILES):
        if name not in benchmark_ids():
            known = unknown("benchmark", name, benchmark_ids())
            raise NasbenchError(f"{manifest.path}: {known}; or a file, *.h5 or *.npz")
        return make(name)
    path = manifest.path.parent / name
    if is_surrogate_file(path):
        from surrogates.benchmark import SurrogateBenchmark

        return SurrogateBenchmark.open(path)
    held = open_any(path)
    if isinstance(held, PublishedTable):
        held.check_searchable()
    elif not held.is_complete:
        raise NasbenchError(f"{path} is a partial table; a board needs a whole one")
    return held


def pin_of(benchmark: Benchmark, manifest: Manifest) -> BenchmarkPin:
    """Return the pin that a benchmark fits.

    Raises:
        NasbenchError: The benchmark has no digest, as live training has none.
    """
    if not isinstance(benchmark, Specified):
        raise NasbenchError(
            f"benchmark {benchmark.name} has no digest, so no board of it can be "
            "made again; take a table or a surrogate"
        )
    measured = hashlib.sha256()
    if isinstance(benchmark, Table):
        for name, array in _measured(benchmark, manifest):
            measured.update(f"{name}={array_digest(array)}\n".encode())
    for name, digest in sorted(_inputs(benchmark, manifest).items()):
        measured.update(f"{name}={digest}\n".encode())
    return BenchmarkPin(benchmark.name, benchmark.spec.digest, measured.hexdigest())


def _inputs(benchmark: Benchmark, manifest: Manifest) -> dict[str, str]:
    """Return the digests of what strategies read besides the benchmark, by name."""
    context = context_for(benchmark, manifest.settings, seed=0)
    found: dict[str, str] = {}
    for text in manifest.strategies:
        chosen = ChosenStrategy(text)
        found |= chosen.strategy.inputs(context, **chosen.settings)
    return found


def _measured(table: Table, manifest: Manifest) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield what runs may read of a table, and its content digest leaves out."""
    file = TableFile(table.path)
    for split in ("train", "valid"):
        name = f"measured/cpu_seconds_{split}"
        yield name, file.read(name)
    settings = manifest.settings
    columns = {one.column for one in settings.objectives}
    columns |= {one.column for one in settings.constraints}
    for column in sorted(one for one in columns if ":" in one):
        yield column, _column(table, column)
    if manifest.proxies:
        for proxy, scores in sorted(file.proxies().items()):
            yield f"proxy:{proxy}", scores.score
            yield f"seconds of proxy:{proxy}", scores.seconds


def _column(table: Table, column: str) -> NDArray[np.float64]:
    """Return the ``(classes,)`` numbers that evaluations carry, NaN where none is."""
    firsts = table.space.architectures_at(table.read("classes/representative").tolist())
    numbers = [table.evaluate(tuple(row)).measured for row in firsts.tolist()]
    array = np.array([one.get(column, np.nan) for one in numbers])
    if np.isnan(array).all():
        raise NasbenchError(
            f"{table.path} has no column {column!r}; `nasbench latency model` or "
            "`nasbench latency measure` writes it"
        )
    return array


def _check_limits(benchmark: Benchmark, manifest: Manifest) -> None:
    """Refuse what no run on a benchmark could be judged by."""
    limits, known = manifest.settings.constraints, is_known_whole(benchmark)
    if limits and known and next(permitted(benchmark, limits), None) is None:
        raise NasbenchError(
            f"{manifest.path}: no architecture of {benchmark.name} keeps the "
            "constraints; loosen them"
        )
    if manifest.proxies and proxy_source(benchmark) is None:
        raise NasbenchError(
            f"{manifest.path}: benchmark {benchmark.name} stores no proxies; score "
            "them by `nasbench proxies score`, or leave out proxies = true"
        )
    if manifest.has_fronts and not known:
        raise NasbenchError(
            f"{manifest.path}: the exact front of {benchmark.name} is not known, so "
            "no hypervolume can be a share of it; take a whole table"
        )


def write_pins(manifest: Manifest) -> Sequence[BenchmarkPin]:
    """Write the digests of the installed benchmarks into the manifest's lines.

    All other lines, comments among them, stay as they are.

    Returns:
        The pins that are new.

    Raises:
        NasbenchError: A benchmark is not installed, its line has a form that is not
            understood, or the file cannot be written.
    """
    content = manifest.path.read_text("utf-8")
    changed = []
    for pin in manifest.benchmarks:
        here = pin_of(open_unpinned(pin.id, manifest), manifest)
        if (here.digest, here.measured) == (pin.digest, pin.measured):
            continue
        content = _with_pin(content, pin.id, here, manifest.path)
        changed.append(BenchmarkPin(pin.id, here.digest, here.measured))
    wanted = {pin.id: pin for pin in changed}
    expected = tuple(wanted.get(pin.id, pin) for pin in manifest.benchmarks)
    if parse_manifest(content, manifest.path).benchmarks != expected:
        raise NasbenchError(
            f"{manifest.path} cannot be pinned line by line; write each benchmark as "
            'ID = "" on a line of its own below [benchmarks]'
        )
    if changed:
        try:
            with atomic_path(manifest.path) as temporary:
                temporary.write_text(content, "utf-8")
        except OSError as error:
            raise NasbenchError(f"cannot write {manifest.path}: {error}") from error
    return changed


def _with_pin(content: str, name: str, pin: BenchmarkPin, path: Path) -> str:
    """Return the manifest with the value of one benchmark replaced."""
    escaped = re.escape(name)
    key = rf"""^(\s*(?:{escaped}|"{escaped}"|'{escaped}')\s*=\s*)"""
    value = r"""("[^"]*"|'[^']*'|\[[^\]]*\])"""
    new = f'[\n  "{pin.digest}",\n  "{pin.measured}",\n]'
    written, count = re.subn(
        key + value, lambda found: found[1] + new, content, flags=re.MULTILINE
    )
    if count != 1:
        raise NasbenchError(
            f'{path}: benchmark {name} needs one line of the form {name} = ""'
        )
    return written
