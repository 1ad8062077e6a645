"""SMASH's reading of an architecture: what every operation reads and writes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nasbench.networks.supernet.supernet import Supernet
from nasbench.spaces import Architecture, SearchSpace
from strategies.hypernetworks.generated_supernet import (
    WIDTH,
    Slot,
    SlotEncoder,
    slots_of,
)


class MemoryBankEncoder(SlotEncoder):
    """Give every convolution a vector from the whole one-hot code and its own place.

    Brock, Lim, Ritchie & Weston, ICLR 2018. There a layer reads memory banks and writes
    to others, and a binary tensor over banks and layers is what the hypernetwork sees.
    A node of a cell is a bank, an edge reads one and writes another: the tensor (bank
    read, bank written, operation) is the one-hot code of the edges. For the layers of a
    chain it is that of the blocks. A small perceptron takes the place of their
    convolutional hypernetwork.

    Members of a class may be given different weights: dead edges are read as well.
    """

    def __init__(self, space: SearchSpace, supernet: Supernet) -> None:
        super().__init__()
        self.space = space
        places = 1 + max(slot.place for slot in slots_of(supernet))
        self.sizes = (sum(space.radices), space.decisions, places)
        self.read = nn.Sequential(
            nn.Linear(sum(self.sizes), 2 * WIDTH),
            nn.ReLU(),
            nn.Linear(2 * WIDTH, WIDTH),
        )

    def forward(self, architecture: Architecture, slots: list[Slot]) -> Tensor:
        """Return ``(slots, WIDTH)``."""
        code, decisions, places = self.sizes
        rows = torch.zeros(len(slots), code + decisions + places)
        start = 0
        for option, radix in zip(architecture, self.space.radices, strict=True):
            rows[:, start + option] = 1
            start += radix
        for row, slot in zip(rows, slots, strict=True):
            row[code + slot.decision] = 1
            row[code + decisions + slot.place] = 1
        vectors: Tensor = self.read(rows)
        return vectors
