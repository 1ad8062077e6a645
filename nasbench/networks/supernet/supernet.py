"""The supernet of a space: what all supernets have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Architecture, SearchSpace


@dataclass(frozen=True)
class SupernetForm:
    """How a supernet differs from the plain one.

    Attributes:
        running_statistics: Whether batch norm keeps averages for evaluation. Without
            them it takes the statistics of the batch at hand, always: averages over
            many architectures fit none of them.
        partial: One of so many channels goes through the options, the others pass by
            (PC-DARTS, Xu et al., ICLR 2020); 1 for all.
        elastic: Whether the options of a layer share their weights, the small ones
            being parts of the large ones (Once-for-All, Cai et al., ICLR 2020); such a
            supernet keeps running statistics.
    """

    running_statistics: bool = False
    partial: int = 1
    elastic: bool = False


PLAIN = SupernetForm()


class Supernet(nn.Module, ABC):
    """A network of all options of all decisions; a `Mixture` says what runs.

    Attributes:
        space: The space whose architectures it holds.
    """

    def __init__(self, space: SearchSpace) -> None:
        super().__init__()
        self.space = space

    @abstractmethod
    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``."""

    @abstractmethod
    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Copy the shared weights into the network of `architecture`.

        Args:
            network: What `nasbench.networks.network.build_network` returns for it, in
                the supernet's skeleton.
            architecture: Of the supernet's space.

        Raises:
            NasbenchError: The weights have other shapes than the network's.
        """


def without_running_statistics(module: nn.Module) -> None:
    """Make every batch norm in `module` take the statistics of the batch, always."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.track_running_stats = False
            part.running_mean = part.running_var = part.num_batches_tracked = None


def copy_state(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters and statistics that both have; `source` may have fewer.

    Raises:
        NasbenchError: Two of one name have different shapes, or `target` has not all.
    """
    try:
        unknown = target.load_state_dict(source.state_dict(), strict=False)[1]
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise NasbenchError(f"the supernet's weights do not fit: {reason}") from error
    if unknown:
        raise NasbenchError(f"the network has no {', '.join(unknown)}")


def constant_logits(head: nn.Module, classifier: nn.Module, features: int) -> Tensor:
    """Return the ``(classes,)`` logits of features that are all zero."""
    training = head.training
    head.eval()
    with torch.no_grad():
        zeros = torch.zeros(2, features, 1, 1)
        logits: Tensor = classifier(head(zeros).mean((2, 3)))[0]
    head.train(training)
    return logits
