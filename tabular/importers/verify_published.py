"""Whether the file of a published table is what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbench.spaces import SearchSpace, make_space
from tabular.importers.csv_rows import PublishedRows
from tabular.importers.published_costs import costs_of_rows
from tabular.importers.published_file import PublishedContents, read_published
from tabular.verify import Finding


def verify_published(path: Path) -> list[Finding]:
    """Check a published table against itself and against the code.

    There is no retraining it: its recipe is not ours.

    Raises:
        TableError: The file cannot be read as a published table at all.
    """
    contents, stated = read_published(path)
    digest = contents.digest()
    space = make_space(contents.mapping.space)
    return [
        Finding("digest", digest == stated, digest),
        _check_architectures(contents, space),
        _check_ranges(contents),
        _check_costs(contents, space),
    ]


def _check_architectures(contents: PublishedContents, space: SearchSpace) -> Finding:
    indices = contents.indices
    ascending = len(indices) > 0 and bool((np.diff(indices) > 0).all())
    inside = ascending and indices[0] >= 0 and indices[-1] < space.size
    detail = f"{len(indices):,} of {contents.architectures:,}"
    if not inside:
        detail = f"indices are not ascending in 0 to {space.size - 1}"
    elif len(indices) < contents.architectures:
        detail += " (a partial table)"
    return Finding("architectures", inside, detail)


def _check_ranges(contents: PublishedContents) -> Finding:
    wrong = []
    for metric in contents.mapping.metrics:
        values = contents.columns[metric.name]
        low, high = metric.limits
        there = values[~np.isnan(values)]
        if not (np.isfinite(there) & (low <= there) & (there <= high)).all():
            wrong.append(f"{metric.name} outside {low:g} to {high:g}")
    return Finding("ranges", not wrong, "; ".join(wrong) or f"{_counted(contents)}")


def _check_costs(contents: PublishedContents, space: SearchSpace) -> Finding:
    if not contents.costs:
        return Finding("costs", True, "none are known")
    rows = PublishedRows(contents.indices, dict(contents.columns))
    expected = costs_of_rows(rows, contents.mapping, space)
    same = set(expected) == set(contents.costs) and all(
        np.array_equal(expected[name], contents.costs[name]) for name in expected
    )
    source = "closed form" if contents.mapping.skeleton else "published columns"
    detail = f"parameters, FLOPs and depth, {source}"
    return Finding("costs", same, detail if same else f"not those of the {source}")


def _counted(contents: PublishedContents) -> str:
    missing = sum(int(np.isnan(c).sum()) for c in contents.columns.values())
    return f"{len(contents.columns)} metrics, {missing:,} values missing"
