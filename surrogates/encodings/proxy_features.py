"""The zero-cost proxies of a table as features."""

from __future__ import annotations

from collections.abc import Sequence

from surrogates.encodings.feature_table import FeatureTable
from surrogates.proxies.stored import StoredScores
from tabular.table import Table


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
