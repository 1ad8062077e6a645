"""What decides the proxy scores of a table."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nasbench.errors import NasbenchError
from surrogates.proxies.named import make_proxy, proxy_names
from surrogates.proxies.proxy import Proxy
from tabular.table import Table

MOST_SEEDS = 1000
"""Far more than anyone scores; a slip of the hand beyond would fill the memory."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class ScoreRequest:
    """What to score.

    Attributes:
        proxies: Names of proxies; none stands for all that are installed.
        seeds: How many seeds of first weights and batches: 0, 1, ...
        batch_size: Images per batch.
        replace: Whether to score anew what the table holds by other settings.
    """

    proxies: tuple[str, ...] = ()
    seeds: int = 3
    batch_size: int = 64
    replace: bool = False

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            NasbenchError: There is no seed, or there are too many.
        """
        if self.seeds < 1:
            raise NasbenchError(f"proxies need at least 1 seed, not {self.seeds}")
        if self.seeds > MOST_SEEDS:
            raise NasbenchError(
                f"proxies take at most {MOST_SEEDS:,} seeds, not {self.seeds:,}"
            )

    def make(self) -> list[Proxy]:
        """Return the proxies.

        Raises:
            NasbenchError: A name is unknown, stands twice, or cannot name a dataset.
        """
        names = self.proxies or tuple(proxy_names())
        for name in names:
            if not _NAME.fullmatch(name):
                raise NasbenchError(
                    f"proxy name {name!r} cannot stand in a table; use letters, "
                    "digits, _, . and -"
                )
        if len(set(names)) != len(names):
            raise NasbenchError(f"a proxy is named twice in {', '.join(names)}")
        return [make_proxy(name) for name in names]


def settings_of(proxy: Proxy, table: Table, batch_size: int) -> dict[str, str]:
    """Return everything but the seeds that decides a proxy's scores, as texts."""
    import numpy as np
    import torch

    return {
        "proxy": f"{type(proxy).__module__}:{type(proxy).__qualname__}",
        "needs": json.dumps(asdict(proxy.needs), sort_keys=True),
        "batch_size": str(batch_size),
        "task_fingerprint": table.identity.task_fingerprint,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
    }


def to_score(
    proxies: Sequence[Proxy], table: Table, request: ScoreRequest
) -> list[Proxy]:
    """Return the proxies that the table does not hold by the same settings.

    Raises:
        NasbenchError: It holds one by other settings, and that is not to be replaced.
    """
    from tabular.schema import TableFile

    stored = TableFile(table.path).proxies()
    seeds = tuple(range(request.seeds))
    missing = []
    for proxy in proxies:
        wanted = settings_of(proxy, table, request.batch_size)
        wanted["seeds"] = str(seeds)
        known = stored.get(proxy.name)
        if known is None:
            missing.append(proxy)
            continue
        held = {**known.provenance, "seeds": str(known.seeds)}
        other = [key for key, value in wanted.items() if held.get(key) != value]
        if other and not request.replace:
            said = ", ".join(f"{key} {held.get(key)}" for key in other)
            raise NasbenchError(
                f"{table.path} holds proxy {proxy.name} by other settings ({said}); "
                "repeat those, or score it anew with --replace"
            )
        if other:
            missing.append(proxy)
    return missing
