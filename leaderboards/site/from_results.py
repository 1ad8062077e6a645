"""The page of a board that `nasbench board run` made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboards.boards.entrants import Entrant
from leaderboards.boards.pins import FILES, open_unpinned
from leaderboards.boards.published import command_name
from leaderboards.boards.results import Results, read_part
from leaderboards.report import wording
from leaderboards.report.facts import BenchmarkFacts
from leaderboards.site.content import Pairs, SiteBoard
from leaderboards.site.ensemble_view import ensembles_of
from nasbench.benchmark import Benchmark, Specified
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd

BESIDE = ("manifest.toml", "benchmarks.csv", "environment.json")
"""Files of the results that are put beside the page as they are."""


def site_of_results(results: Results, manifest_file: Path | None = None) -> SiteBoard:
    """Return what the page of a board shows.

    Benchmarks that are not found here, or hold other numbers than the board's, have no
    explorer; the sources on the page say so.

    Args:
        results: What was found on the board.
        manifest_file: The manifest, beside which tables and surrogates of one's own
            are; by default NAME.toml beside the folder ``results``.
    """
    manifest = results.manifest
    if manifest_file is None:
        above = results.folder.resolve().parent.parent
        manifest_file = above / f"{results.name}.toml"
    opened, problems = _opened(results, manifest_file)
    return SiteBoard(
        title=manifest.title,
        board=results.board,
        walks=_walks(results, opened),
        unit=manifest.settings.budget.unit,
        facts=_facts(results, opened),
        benchmarks=opened,
        rules=tuple(
            wording.rules(manifest.settings, manifest.seeds, manifest.metrics[0])
        ),
        sources=(*_sources(results), *problems),
        files={name: read_part(results.folder, name) for name in BESIDE},
        metric=manifest.metrics[0],
        baseline=manifest.baseline,
        objectives=manifest.settings.objectives,
        constraints=manifest.settings.constraints,
        fronts=_fronts(results),
        ensembles={} if manifest.has_fronts else ensembles_of(results.board, opened),
    )


def _opened(
    results: Results, manifest_file: Path
) -> tuple[dict[str, Benchmark], Pairs]:
    """Return the benchmarks with the board's numbers, and why others are missing."""
    stated = dict(
        zip(results.benchmarks["benchmark"], results.benchmarks["digest"], strict=True)
    )
    opened: dict[str, Benchmark] = {}
    problems = []
    beside = replace(results.manifest, path=manifest_file)
    for pin in results.manifest.benchmarks:
        try:
            benchmark = open_unpinned(pin.id, beside)
        except NasbenchError:
            is_file = pin.id.endswith(FILES)
            missing = "not beside the manifest" if is_file else "not installed"
            problems.append((pin.id, f"{missing} where this page was written"))
            continue
        digest = benchmark.spec.digest if isinstance(benchmark, Specified) else ""
        if digest == stated.get(benchmark.name):
            opened[benchmark.name] = benchmark
        else:
            text = f"the one found here has other numbers (digest {digest})"
            problems.append((pin.id, text))
    return opened, tuple(problems)


def _facts(
    results: Results, opened: Mapping[str, Benchmark]
) -> tuple[BenchmarkFacts, ...]:
    found = []
    for row in results.benchmarks.to_dict("records"):
        name = str(row["benchmark"])
        benchmark = opened.get(name)
        spec = benchmark.spec if isinstance(benchmark, Specified) else None
        best = {
            split: float(row[f"best_{split}_accuracy"])
            for split in ("validation", "test")
        }
        known = {
            split: value if value == value else None for split, value in best.items()
        }
        found.append(
            BenchmarkFacts(
                name=name,
                space=str(row["space"]),
                combinations=int(row["size"]),
                epochs=int(row["epochs"]),
                seeds=len(str(row["seeds"]).split()),
                best_validation_accuracy=known["validation"],
                best_test_accuracy=known["test"],
                task=spec.task if spec else None,
                digest=str(row["digest"]),
                limited=bool(results.manifest.settings.constraints),
            )
        )
    return tuple(found)


def _walks(results: Results, opened: Mapping[str, Benchmark]) -> pd.DataFrame:
    """Return the walks on the opened benchmarks, architectures as text."""
    walks = results.walks[results.walks["benchmark"].isin(list(opened))]
    texts = []
    known: dict[tuple[str, int], str] = {}
    for name, index in zip(walks["benchmark"], walks["architecture"], strict=True):
        key = (str(name), int(index))
        if key not in known:
            space = opened[key[0]].space
            known[key] = space.format(space.architecture_at(key[1]))
        texts.append(known[key])
    return walks.assign(architecture=texts)


def _fronts(results: Results) -> pd.DataFrame | None:
    if not results.manifest.has_fronts:
        return None
    texts = results.architectures.set_index(["benchmark", "architecture"])["text"]
    keys = zip(results.fronts["benchmark"], results.fronts["architecture"], strict=True)
    return results.fronts.assign(architecture=[texts[key] for key in keys])


def _sources(results: Results) -> Pairs:
    """Return where the numbers of a board come from."""
    manifest = read_part(results.folder, "manifest.toml")
    submitted = [
        (f"Strategy {one.name}", _submitted(one))
        for one in results.entrants
        if one.is_submitted
    ]
    about = results.manifest.about.strip()
    name = command_name(results.folder)
    return (
        *((("About", " ".join(about.split())),) if about else ()),
        ("Results made by", f"nasbench board run {name}"),
        ("Checked by", f"nasbench board verify {name}"),
        ("Ranking in a terminal", f"nasbench board show {name}"),
        ("Page written by", f"nasbench report {name} -o site"),
        ("Manifest", "manifest.toml"),
        ("SHA-256 of the manifest", hashlib.sha256(manifest).hexdigest()),
        ("Benchmarks, with digests", "benchmarks.csv"),
        ("Versions", "environment.json"),
        ("Ranking", "csv/ranking.csv"),
        ("Steps of all incumbents", "csv/board.csv"),
        *submitted,
    )


def _submitted(one: Entrant) -> str:
    if one.file is not None:
        return f"submitted as a file, SHA-256 {one.sha256}"
    return (
        f"submitted as {one.text} of {one.distribution}, SHA-256 of its module "
        f"{one.sha256}"
    )
