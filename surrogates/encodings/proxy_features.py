"""The zero-cost proxies of a table as features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError, unknown
from surrogates.encodings.feature_table import FeatureTable
from surrogates.proxies.stored import StoredScores
from tabular.importers import PublishedTable
from tabular.table import Table


def features_of(
    benchmark: Benchmark, names: Sequence[str] | None = None
) -> FeatureTable:
    """Return the proxy scores of a table of ours, or of a published one.

    Raises:
        NasbenchError: It holds none, or not one that is named.
    """
    if isinstance(benchmark, Table):
        return proxy_features(benchmark, names)
    if isinstance(benchmark, PublishedTable):
        return published_features(benchmark, names)
    raise NasbenchError(
        f"{benchmark.name} holds no proxies: it is no table; name one that does"
    )


def proxy_features(table: Table, names: Sequence[str] | None = None) -> FeatureTable:
    """Return the proxy scores that a table holds, mean over seeds, as an encoding.

    Args:
        table: A table that `nasbench proxies score` has written scores into.
        names: Which proxies; None for all.

    Raises:
        NasbenchError: The table holds none, or not one that is named.
    """
    scores = StoredScores(table, names)
    return FeatureTable(table.space, scores.names, scores.values)


def published_features(
    table: PublishedTable, names: Sequence[str] | None = None
) -> FeatureTable:
    """Return the scores of a published table, mean over the members of a class.

    Members of a class are the same network, so that their scores differ by the luck of
    the first weights alone, if at all. Where no member has a finite score there is a
    gap.

    Args:
        table: An imported table whose metrics are scores.
        names: Which; the names of its columns; None for all.

    Raises:
        NasbenchError: The table holds no scores, or not one that is named.
    """
    held = {m.column: m.name for m in table.metrics if m.quantity == "score"}
    if not held:
        raise NasbenchError(f"{table.path} holds no scores of proxies")
    for name in names or ():
        if name not in held:
            raise NasbenchError(f"{table.path}: {unknown('proxy', name, held)}")
    chosen = tuple(names or held)
    numbers = table.space.classes.class_of[table.indices]
    count = len(table.space.classes)
    columns = []
    for name in chosen:
        values = table.values(held[name])
        there = np.isfinite(values)
        total = np.bincount(numbers[there], values[there], count)
        known = np.bincount(numbers[there], minlength=count)
        mean = np.full(count, np.nan)
        np.divide(total, known, out=mean, where=known > 0)
        columns.append(mean)
    return FeatureTable(table.space, chosen, np.column_stack(columns))
