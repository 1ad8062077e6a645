"""az_nas: expressivity, progressivity and trainability of the blocks' features."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import undisturbed

NEEDS = Needs(mode="train", weights="kaiming", dtype="float32")
TINY = 1e-8
SMALLEST_GAIN = 1e-6


@dataclass(frozen=True, eq=False)
class Blocks:
    """What the blocks of a network do with standard normal images.

    Attributes:
        entropies: Of every block's output, the entropy of the normalised variances
            along its principal components, in nats.
        gains: Of every block but the first, the largest singular value of its mean
            Jacobian, from one random cotangent.
    """

    entropies: list[float]
    gains: list[float]


class Expressivity(Proxy):
    """The sum over blocks of the entropy of their features.

    Lee & Ham, CVPR 2024 (AZ-NAS). AZ-NAS itself is no score of a network: it sums the
    logs of relative ranks, within a set of networks, of these three proxies and of
    FLOPs; `surrogates.proxies.ensemble` does that.
    """

    name = "az_expressivity"
    summary = "AZ-NAS: sum over blocks of the entropy of features"
    needs = NEEDS

    def score(self, specimen: Specimen) -> float:
        """Return the sum, in nats; 0 without blocks."""
        return sum(blocks(specimen).entropies, 0.0)


class Progressivity(Proxy):
    """The least gain in entropy from one block to the next; see `Expressivity`."""

    name = "az_progressivity"
    summary = "AZ-NAS: least gain of entropy from block to block"
    needs = NEEDS

    def score(self, specimen: Specimen) -> float:
        """Return the least difference, in nats; `WORST` without blocks."""
        entropies = blocks(specimen).entropies
        gains = (after - before for before, after in pairwise(entropies))
        return min(gains, default=WORST)


class Trainability(Proxy):
    """How near the blocks' Jacobians are to keeping lengths; see `Expressivity`."""

    name = "az_trainability"
    summary = "AZ-NAS: mean of -s - 1/s + 2 over the blocks' largest gains s"
    needs = NEEDS

    def score(self, specimen: Specimen) -> float:
        """Return the mean, at most 0; a gain of 0 without blocks."""
        gains = blocks(specimen).gains or [0.0]
        return sum(-s - 1 / (s + SMALLEST_GAIN) + 2 for s in gains) / len(gains)


WORST = -1e6
"""The progressivity of a network without blocks: below that of every other."""


def blocks(specimen: Specimen) -> Blocks:
    """Return what the specimen's blocks do, computed once."""
    return specimen.shared("blocks", _blocks)


def _blocks(specimen: Specimen) -> Blocks:
    network = specimen.copy("kaiming")
    if not any(True for _ in network.children()):
        return Blocks([], [])
    body = getattr(network, "body", None)
    stem = getattr(network, "stem", None)
    if not isinstance(body, nn.Sequential) or not isinstance(stem, nn.Module):
        raise NasbenchError(
            f"AZ-NAS needs a network with a stem and a body of blocks in a row; "
            f"{type(network).__name__} has none"
        )
    images = specimen.normal("az_nas", specimen.batches[0].images.shape)
    with undisturbed(network, train=True), torch.enable_grad():
        features = [stem(images)]
        for block in body:
            features.append(block(features[-1]))
        gains = [
            _gain(specimen, number, before, after)
            for number, (before, after) in enumerate(pairwise(features))
        ]
    return Blocks([_entropy(feature.detach()) for feature in features], gains)


def _entropy(features: Tensor) -> float:
    """Return the entropy of the spectrum of ``(n, channels, height, width)``."""
    pixels = features.movedim(1, -1).flatten(0, 2).double()  # (places, channels)
    centred = pixels - pixels.mean(0)
    values = torch.linalg.eigvalsh(centred.T @ centred / len(pixels)).clamp(min=0)
    total = float(values.sum())
    if total == 0:
        return 0.0
    shares = values / total
    return -float((shares * (shares + TINY).log()).sum())


def _gain(specimen: Specimen, number: int, before: Tensor, after: Tensor) -> float:
    """Return the largest singular value between a block's input and output."""
    signs = specimen.normal(f"az_nas cotangent {number}", after.shape).sign()
    (back,) = torch.autograd.grad(after, before, signs, retain_graph=True)
    if back.shape[2:] != after.shape[2:]:
        # Neighbouring pixels become channels; odd sizes get a margin of zeros.
        step = -(-back.shape[2] // after.shape[2])
        height, width = (step * size for size in after.shape[2:])
        margin = (0, width - back.shape[3], 0, height - back.shape[2])
        padded = nn.functional.pad(back, margin)
        back = nn.functional.pixel_unshuffle(padded, step)
    rows, columns = (t.movedim(1, -1).flatten(0, 2).double() for t in (back, signs))
    return float(torch.linalg.matrix_norm(rows.T @ columns / len(rows), 2))
