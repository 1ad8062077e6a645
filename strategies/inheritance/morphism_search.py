"""Hill climbing by network morphisms: grow, train a little, keep the best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from nasbench.networks.network import build_network
from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet
from nasbench.spaces import Architecture, SearchSpace
from nasbench.training.initialisation import initialise
from strategies.checked_fields import check_fields
from strategies.inheritance.morphisms import grown, morph, smallest
from strategies.settings import Count, NotNegative
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


@dataclass(frozen=True)
class MorphismSettings:
    """How many neighbours there are, and how they are trained.

    Attributes:
        neighbours: Networks trained in every epoch, the parent among them; 8 in the
            paper.
        morphisms: Changes from the parent to each of the others; 5 in the paper, whose
            networks have more layers than ours have decisions.
        neighbour_learning_rate: At the start of every epoch; 0.05 in the paper.
        noise: Of copied units; see `layer_morphism.morph_layers`.
    """

    neighbours: Count = 4
    morphisms: Count = 1
    neighbour_learning_rate: NotNegative = 0.05
    noise: NotNegative = 0.01

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class MorphismSearch(Method):
    """Climb from the smallest network by changes that keep its function.

    Elsken, Metzen & Hutter, 2017 (NASH). In every epoch the best network so far and
    copies of it, changed by random morphisms, train on the same batches, their learning
    rate going from its start to 0 along a cosine and restarting with the next epoch
    (17 epochs in the paper); the best by validation images is the next parent. Weights
    are never thrown away, so that the network that is found is trained as well.

    Networks grow and never shrink: where the best stays the parent, or where nothing
    can grow any more, it has ended on a hill. The estimate of a network that was not
    trained is that of fresh cells between the parent's stem and classifier.
    """

    Settings: ClassVar[type] = MorphismSettings
    estimates_any: ClassVar[bool] = False  # there are weights of the climb alone
    settings: MorphismSettings

    def __init__(
        self,
        shared: SharedWeights,
        settings: MorphismSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shared, settings, rng)
        problem = shared.problem
        skeleton = problem.recipe.skeleton(problem.task.shape, problem.task.classes)
        self.family = Family(self.space, skeleton)
        shared.supernet = self.family
        self.parent = smallest(self.space)
        self.family.add(self.parent, fresh_network(self.family, self.parent, rng))
        self._optimisers: dict[Architecture, torch.optim.SGD] = {}
        self._taken = 0

    def begin_epoch(self, epoch: int) -> None:
        """Let the parent have children, but for the first epoch, and restart."""
        children = [] if epoch == 0 else self._children()
        for child in children:
            network = fresh_network(self.family, child, self.rng)
            trained = (self.parent, self.family.network(self.parent))
            morph(self.space, trained, (child, network), self.rng, self.settings.noise)
            self.family.add(child, network)
        self.family.keep([self.parent, *children])
        training = self.shared.settings
        self._optimisers = {
            one: torch.optim.SGD(
                network.parameters(),
                lr=self.settings.neighbour_learning_rate,
                momentum=training.momentum,
                weight_decay=training.weight_decay,
                nesterov=training.momentum > 0,
            )
            for one, network in self.family.members()
        }
        self._taken = 0

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train every neighbour on the batch; return their mean loss."""
        del valid
        progress = self._taken / self.shared.steps
        rate = self.settings.neighbour_learning_rate
        rate *= (1 + math.cos(math.pi * progress)) / 2
        losses = []
        for one, network in self.family.members():
            optimiser = self._optimisers[one]
            optimiser.param_groups[0]["lr"] = rate
            network.train()
            loss = nn.functional.cross_entropy(network(train.images), train.labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), self.shared.settings.clip)
            optimiser.step()
            losses.append(loss.item())
        self._taken += 1
        return float(np.mean(losses))

    def end_epoch(self, valid: Iterator[Batch]) -> None:
        """Make the best network the parent; the parent itself on ties."""
        del valid
        members = [one for one, _ in self.family.members()]
        self.parent = max(members, key=self.shared.estimate_path)

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the parent."""
        del rng, last
        return self.parent

    def _children(self) -> list[Architecture]:
        """Return different architectures, each some random morphisms away."""
        found: list[Architecture] = []
        for _ in range(self.settings.neighbours - 1):
            child = self.parent
            for _ in range(self.settings.morphisms):
                ways = [o for o in grown(self.space, child) if o not in found]
                if ways:
                    child = ways[self.rng.integers(len(ways))]
            if child != self.parent and child not in found:
                found.append(child)
        return found


class Family(Supernet):
    """A few networks side by side, each by its architecture; they share nothing.

    Stands where a supernet would, so that its members are estimated like any path.
    """

    def __init__(self, space: SearchSpace, skeleton: Skeleton) -> None:
        super().__init__(space)
        self.skeleton = skeleton
        self._networks = nn.ModuleDict()

    def add(self, architecture: Architecture, network: nn.Module) -> None:
        """Take a network in."""
        self._networks[_key(architecture)] = network

    def keep(self, architectures: list[Architecture]) -> None:
        """Let go of all networks but these; they stand in this order."""
        kept = {_key(one): self._networks[_key(one)] for one in architectures}
        self._networks = nn.ModuleDict(kept)

    def network(self, architecture: Architecture) -> nn.Module:
        """Return the network of a member."""
        return self._networks[_key(architecture)]

    def members(self) -> list[tuple[Architecture, nn.Module]]:
        """Return all members, in the order in which they are kept."""
        return [
            (tuple(int(o) for o in key.split("-")), network)
            for key, network in self._networks.items()
        ]

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``, of one member in evaluation mode."""
        architecture = tuple(options[0] for options in mixture.active)
        if _key(architecture) in self._networks:
            network = self.network(architecture)
        else:
            network = fresh_network(self, architecture, np.random.default_rng(0))
            self.inherit(network, architecture)
        training = network.training
        network.eval()
        logits: Tensor = network(images)
        network.train(training)
        return logits

    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Copy what has a name and a shape in common with a member, or the first."""
        members = dict(self.members())
        source = members.get(architecture, next(iter(members.values())))
        mine, theirs = source.state_dict(), network.state_dict()
        network.load_state_dict(
            {
                name: mine[name]
                if name in mine and mine[name].shape == value.shape
                else value
                for name, value in theirs.items()
            }
        )


def fresh_network(
    family: Family, architecture: Architecture, rng: np.random.Generator
) -> nn.Module:
    """Return the network of an architecture with first weights."""
    network = build_network(family.space, architecture, family.skeleton)
    initialise(network, rng)
    channels_last = torch.channels_last
    return network.to(memory_format=channels_last)  # type: ignore[no-any-return, call-overload]


def _key(architecture: Architecture) -> str:
    return "-".join(map(str, architecture))
