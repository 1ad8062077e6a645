"""Where the proxy scores of a search come from: a table's columns, or live networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.proxy_source import ProxyAnswer, ProxySource
from nasbench.spaces import Architectures, SearchSpace
from surrogates.proxies.stored import StoredScores
from tabular.schema import TableFile
from tabular.table import Table

if TYPE_CHECKING:
    from surrogates.proxies.specimen import SpecimenSource
    from tabular.importers import PublishedTable


class ScoresByIndex:
    """Scores in arrays, one row per architecture of a space.

    Attributes:
        names: The proxies.
    """

    def __init__(
        self,
        space: SearchSpace,
        scores: Mapping[str, NDArray[np.float64]],
        seconds: Mapping[str, NDArray[np.float64]],
    ) -> None:
        """Take what was computed elsewhere.

        Args:
            space: The space.
            scores: ``(size,)`` per proxy, by index; NaN where none is there.
            seconds: ``(size,)`` CPU seconds per proxy; NaN where they are unknown.

        Raises:
            NasbenchError: An array has another length.
        """
        for name, array in (*scores.items(), *seconds.items()):
            if array.shape != (space.size,):
                raise NasbenchError(
                    f"scores of {name!r} have the shape {array.shape}; {space.name} "
                    f"has {space.size} architectures"
                )
        self.names = tuple(scores)
        self._space = space
        self._scores = dict(scores)
        self._seconds = dict(seconds)

    def __deepcopy__(self, memo: object) -> ScoresByIndex:
        """Return itself: it never changes."""
        del memo
        return self

    def answer(self, architectures: Architectures, names: Sequence[str]) -> ProxyAnswer:
        """Return the scores, by look-up; see `ProxySource`."""
        at = self._space.indices(np.asarray(architectures))
        columns = [self._scores[name][at] for name in names]
        seconds = sum(float(self._seconds[name][at].sum()) for name in names)
        return ProxyAnswer(np.column_stack(columns), seconds)


def proxy_source(benchmark: Benchmark) -> ProxySource | None:
    """Return the proxies that a benchmark stores; None where it stores none.

    Needs no torch.
    """
    if not isinstance(benchmark, Table) or not TableFile(benchmark.path).proxies():
        return None
    stored = StoredScores(benchmark)
    classes = benchmark.space.classes.class_of
    return ScoresByIndex(
        benchmark.space,
        {name: stored.values[classes, k] for k, name in enumerate(stored.names)},
        {name: stored.seconds[classes, k] for k, name in enumerate(stored.names)},
    )


def published_proxies(table: PublishedTable, seconds: float) -> ProxySource:
    """Return the published scores of a space as proxies.

    Args:
        table: An imported table whose metrics are scores, such as
            ``nb201-zero-cost-cifar10``; the proxies are called as its columns are.
        seconds: CPU seconds to charge per score: publishers give none.
    """
    space = table.space
    scores: dict[str, NDArray[np.float64]] = {}
    for metric in table.metrics:
        if metric.quantity == "score":
            scores[metric.column] = np.full(space.size, np.nan)
            scores[metric.column][table.indices] = table.values(metric.name)
    price = np.full(space.size, float(seconds))
    return ScoresByIndex(space, scores, dict.fromkeys(scores, price))


class LiveProxies:
    """Scores that are computed when asked for, with the seconds that they took.

    Scores are equal from run to run, seconds are not: runs whose budget is in seconds
    cannot be repeated bit for bit.

    Attributes:
        names: The proxies.
    """

    def __init__(
        self, source: SpecimenSource, names: Sequence[str], seed: int = 0
    ) -> None:
        """Prepare proxies by name.

        Args:
            source: Makes the untrained networks.
            names: Names that `make_proxy` knows.
            seed: The seed of weights and batches.

        Raises:
            NasbenchError: No proxy has such a name, or torch is missing.
        """
        from surrogates.proxies.named import make_proxy

        self.names = tuple(names)
        self._source = source
        self._seed = seed
        self._proxies: dict[str, Any] = {name: make_proxy(name) for name in names}

    def answer(self, architectures: Architectures, names: Sequence[str]) -> ProxyAnswer:
        """Score untrained networks, one after the other; see `ProxySource`."""
        from surrogates.proxies.scores import score_specimen

        chosen = [self._proxies[name] for name in names]
        rows, seconds = [], 0.0
        for architecture in np.asarray(architectures).tolist():
            specimen = self._source.specimen(tuple(architecture), self._seed)
            scored = score_specimen(chosen, specimen)
            rows.append([one.score for one in scored])
            seconds += sum(one.seconds for one in scored)
        return ProxyAnswer(np.array(rows).reshape(len(rows), len(names)), seconds)
