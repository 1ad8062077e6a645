"""A supernet whose options hold no weights: another network writes them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nasbench.networks.skeleton import Skeleton
from nasbench.networks.supernet.building import build_supernet
from nasbench.networks.supernet.cell_supernet import CellOfEdges, CellSupernet
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet
from nasbench.spaces import Architecture, SearchSpace

WIDTH = 32
"""Length of the vector from which the weights of one convolution are written."""


@dataclass(frozen=True)
class Slot:
    """One convolution of the supernet that is written anew for every architecture.

    Attributes:
        decision: The decision whose option it is.
        option: The option.
        place: Its number among the cells; 0 in chains.
        name: Name of its weight in the supernet.
        shape: Shape of that weight, ``(out, in, k, k)``.
    """

    decision: int
    option: int
    place: int
    name: str
    shape: tuple[int, int, int, int]


class SlotEncoder(nn.Module):
    """Reads an architecture, and gives a vector for each of its convolutions."""

    @abstractmethod
    def forward(self, architecture: Architecture, slots: list[Slot]) -> Tensor:
        """Return ``(slots, WIDTH)``, what the weights are written from."""


class WeightDecoder(nn.Module):
    """Writes the kernels of one size from vectors; the widest is cut to what is needed.

    One linear layer for all convolutions of a kernel size, as wide as the widest of
    them; a narrow one takes the first filters and channels of what is written (the
    cropping of GHN-2, Knyazev et al., NeurIPS 2021). What is written is scaled to the
    deviation 1/sqrt(fan-in), so that activations start as those of a fresh network.
    """

    def __init__(self, slots: list[Slot]) -> None:
        super().__init__()
        self.kernel = slots[0].shape[-1]
        self.out = max(slot.shape[0] for slot in slots)
        self.source = max(slot.shape[1] for slot in slots)
        self.hidden = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh())
        self.write = nn.Linear(WIDTH, self.out * self.source * self.kernel**2)

    def forward(self, vectors: Tensor, slots: list[Slot]) -> list[Tensor]:
        """Return a weight of its shape for every slot."""
        shape = (-1, self.out, self.source, self.kernel, self.kernel)
        written = self.write(self.hidden(vectors)).reshape(shape)
        return [
            _scaled(one[: slot.shape[0], : slot.shape[1]])
            for one, slot in zip(written, slots, strict=True)
        ]


def _scaled(weight: Tensor) -> Tensor:
    fan_in = weight[0].numel()
    scaled: Tensor = weight / (weight.std() * fan_in**0.5 + 1e-8)
    return scaled


class GeneratedSupernet(Supernet):
    """A supernet in which every option's convolution is written, path by path.

    Stem, reductions, head and classifier have weights of their own and are shared by
    all architectures, as the parts outside the searched ones are in SMASH.

    Attributes:
        frame: The supernet that runs what is written.
        encoder: Reads architectures.
        decoders: One for each kernel size.
        slots: All convolutions that are written.
    """

    def __init__(
        self, space: SearchSpace, skeleton: Skeleton, encoder: SlotEncoder
    ) -> None:
        super().__init__(space)
        self.frame = build_supernet(space, skeleton)
        self.slots = slots_of(self.frame)
        self.encoder = encoder
        kernels = sorted({slot.shape[-1] for slot in self.slots})
        self.decoders = nn.ModuleDict(
            {
                str(kernel): WeightDecoder(
                    [slot for slot in self.slots if slot.shape[-1] == kernel]
                )
                for kernel in kernels
            }
        )
        written = {slot.name for slot in self.slots}
        for name, weight in self.frame.named_parameters():
            weight.requires_grad_(name not in written)

    def learned(self) -> list[nn.Parameter]:
        """Return what training moves: the frame's own weights and the writers'."""
        return [weight for weight in self.parameters() if weight.requires_grad]

    def written(self, architecture: Architecture) -> dict[str, Tensor]:
        """Return the weights of an architecture by their names in the frame."""
        used = [s for s in self.slots if architecture[s.decision] == s.option]
        if not used:
            return {}
        vectors = self.encoder(architecture, used)
        weights: dict[str, Tensor] = {}
        for kernel, decoder in self.decoders.items():
            rows = [i for i, s in enumerate(used) if str(s.shape[-1]) == kernel]
            if rows:
                mine = [used[i] for i in rows]
                made = decoder(vectors[rows], mine)
                weights |= {s.name: w for s, w in zip(mine, made, strict=True)}
        return weights

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Return the logits, ``(batch, classes)``, of a path."""
        architecture = tuple(options[0] for options in mixture.active)
        weights = self.written(architecture)
        call = torch.func.functional_call
        logits: Tensor = call(self.frame, weights, (images, mixture))
        return logits

    def inherit(self, network: nn.Module, architecture: Architecture) -> None:
        """Write the weights of an architecture into its network.

        Raises:
            NasbenchError: It is another network.
        """
        own = dict(self.frame.named_parameters())
        with torch.no_grad():
            for name, weight in self.written(architecture).items():
                own[name].copy_(weight)
        self.frame.inherit(network, architecture)


def slots_of(supernet: Supernet) -> list[Slot]:
    """Return every convolution of every option, in the order of the modules."""
    if isinstance(supernet, CellSupernet):
        cells = [
            (f"body.{i}.edges", part.edges)
            for i, part in enumerate(supernet.body)
            if isinstance(part, CellOfEdges)
        ]
    else:
        cells = [("layers", supernet.layers)]  # type: ignore[list-item]
    found = []
    for place, (path, decisions) in enumerate(cells):
        for decision, mixed in enumerate(decisions):
            for option, module in enumerate(mixed.options):  # type: ignore[arg-type]
                for name, part in module.named_modules():
                    if isinstance(part, nn.Conv2d):
                        full = f"{path}.{decision}.options.{option}.{name}.weight"
                        shape: tuple[int, int, int, int] = tuple(part.weight.shape)  # type: ignore[assignment]
                        found.append(Slot(decision, option, place, full, shape))
    return found
