"""The proxy scores that a table holds, for models and for strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architecture
from tabular.proxy_columns import ProxyColumns
from tabular.schema import TableFile
from tabular.table import Table


def stored_proxies(
    table: Table, names: Sequence[str] | None = None
) -> dict[str, ProxyColumns]:
    """Return the columns of proxies by name.

    Args:
        table: The table.
        names: Which; None for all that it holds.

    Raises:
        NasbenchError: The table holds none, or not one that is named.
    """
    held = TableFile(table.path).proxies()
    if not held:
        raise NasbenchError(
            f"{table.path} holds no proxies; score them with `nasbench proxies score`"
        )
    for name in names or ():
        if name not in held:
            known = unknown("proxy", name, held)
            raise NasbenchError(f"{table.path}: {known}")
    return {name: held[name] for name in names or sorted(held)}


class StoredScores:
    """Scores of architectures by look-up, mean over seeds; needs no torch.

    Attributes:
        names: The proxies.
        values: ``(classes, proxies) float64``; NaN where no score is there.
        seconds: ``(classes, proxies) float64`` CPU seconds of one score, mean over
            seeds.
    """

    def __init__(self, table: Table, names: Sequence[str] | None = None) -> None:
        columns = stored_proxies(table, names)
        self.names = tuple(columns)
        self.values: NDArray[np.float64] = np.column_stack(
            [each.mean() for each in columns.values()]
        )
        self.seconds: NDArray[np.float64] = np.column_stack(
            [each.seconds.astype(np.float64).mean(axis=1) for each in columns.values()]
        )
        self._class_number = table.class_number

    def __deepcopy__(self, memo: object) -> StoredScores:
        """Return itself: it never changes, and a strategy's state need not copy it."""
        del memo
        return self

    def __call__(self, architecture: Architecture) -> NDArray[np.float64]:
        """Return the ``(proxies,)`` scores of an architecture."""
        row: NDArray[np.float64] = self.values[self._class_number(architecture)]
        return row

    def cost_seconds(self, architecture: Architecture) -> float:
        """Return the CPU seconds that these scores of an architecture cost."""
        return float(self.seconds[self._class_number(architecture)].sum())
