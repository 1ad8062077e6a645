"""Which ReLUs are on: what nwot, swap and linear_regions read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import undisturbed

RELUS = (torch.ops.aten.relu.default, torch.ops.aten.relu_.default)


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own gap
    """Sees every ReLU that is computed, by a module, a function or in place."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.codes: list[Tensor] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        del types
        result = func(*args, **(kwargs or {}))
        if func in RELUS:
            self.codes.append((result > 0).flatten(1))
        return result


def relu_codes(network: nn.Module, images: Tensor) -> Tensor:
    """Return ``(n, units) bool``: which outputs of all ReLUs are above 0.

    Hooks on modules would miss the ReLUs that are called as functions, so the calls
    themselves are watched. Batch norm is in train mode. Without a ReLU there are no
    units. ReLUs on dead branches cannot count: our networks are built from the pruned
    graph and have none.
    """
    watch = _Watch()
    with undisturbed(network, train=True), torch.no_grad(), watch:
        network(images)
    if not watch.codes:
        return torch.zeros(len(images), 0, dtype=torch.bool)
    return torch.cat(watch.codes, 1)


def batch_codes(specimen: Specimen) -> Tensor:
    """Return the codes of the specimen's first batch, computed once."""
    return specimen.shared(
        "relu codes", lambda given: relu_codes(given.network, given.batches[0].images)
    )
