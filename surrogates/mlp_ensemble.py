"""A few small neural networks, trained side by side with numpy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from surrogates.held_out_error import missing_variance
from surrogates.model import Floats, Model, Rows
from surrogates.store import Arrays
from surrogates.targets import TargetKind

MOMENTS = (0.9, 0.999, 1e-8)
"""Adam's decay rates and its epsilon (Kingma & Ba, ICLR 2015)."""


@dataclass(eq=False)
class MLPEnsemble(Model):
    """Averaged multilayer perceptrons (Lakshminarayanan et al., NeurIPS 2017).

    All members are one stack of matrices, so that a step is a few batched products;
    nothing but numpy is needed. Every member leaves out its own share of the samples:
    the error there, at the best epoch, estimates the noise.

    Attributes:
        members: How many networks.
        width: Hidden units of each of the two layers.
        epochs: Passes over the samples.
        learning_rate: Adam's first step; it falls to zero along a cosine.
        weight_decay: Decoupled, as in AdamW.
        batch: Samples of a step.
        held_out: Share of the samples that a member does not see.
    """

    family: ClassVar[str] = "mlp-ensemble"

    seed: int = 0
    target: TargetKind = "log-error"
    members: int = 5
    width: int = 64
    epochs: int = 150
    learning_rate: float = 0.005
    weight_decay: float = 0.01
    batch: int = 32
    held_out: float = 0.1

    def learn(self, rows: Rows, scores: Floats) -> Arrays:
        """Train all members at once."""
        rng = np.random.default_rng(self.seed)
        shift, scale = rows.mean(axis=0), rows.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        inputs = ((rows - shift) / scale).astype(np.float64)
        count = len(rows)
        left_out = max(1, round(self.held_out * count))
        orders = np.stack([rng.permutation(count) for _ in range(self.members)])
        out, seen = orders[:, :left_out], orders[:, left_out:]
        layers = self._initial(inputs.shape[1], rng)
        layers = self._train(layers, inputs, scores, seen, rng)
        said = _forward(layers, inputs[out])[-1][:, :, 0]
        residuals = (scores[out] - said).ravel()
        spread = _forward(layers, inputs[None])[-1][:, :, 0].std(axis=0)
        return {
            **layers,
            "shift": shift,
            "scale": scale,
            "added_variance": np.array(missing_variance(residuals, spread)),
        }

    def infer(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the mean over members, and their spread with the held-out error."""
        learned = self.learned()
        inputs = ((rows - learned["shift"]) / learned["scale"]).astype(np.float64)
        mean, variance = np.empty(len(rows)), np.empty(len(rows))
        step = 4096
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            said = _forward(learned, inputs[None, part])[-1][:, :, 0]
            mean[part], variance[part] = said.mean(axis=0), said.var(axis=0)
        return mean, np.sqrt(variance + float(learned["added_variance"]))

    def _initial(self, features: int, rng: np.random.Generator) -> Arrays:
        """Return weights after He et al. (ICCV 2015), biases of zero."""
        sizes = (features, self.width, self.width, 1)
        layers: Arrays = {}
        for number, (before, after) in enumerate(pairwise(sizes)):
            spread = np.sqrt(2 / before)
            layers[f"weight{number}"] = rng.normal(
                0, spread, (self.members, before, after)
            )
            layers[f"bias{number}"] = np.zeros((self.members, 1, after))
        return layers

    def _train(
        self,
        layers: Arrays,
        inputs: Floats,
        scores: Floats,
        seen: np.ndarray[tuple[int, int], np.dtype[np.int64]],
        rng: np.random.Generator,
    ) -> Arrays:
        """Run AdamW over shuffled batches; every member has its own order."""
        first = {name: np.zeros_like(array) for name, array in layers.items()}
        second = {name: np.zeros_like(array) for name, array in layers.items()}
        batch = min(self.batch, seen.shape[1])
        steps = self.epochs * max(1, seen.shape[1] // batch)
        step = 0
        for _ in range(self.epochs):
            order = rng.permuted(seen, axis=1)
            for start in range(0, seen.shape[1] - batch + 1, batch):
                chosen = order[:, start : start + batch]
                gradients = _gradients(layers, inputs[chosen], scores[chosen])
                step += 1
                rate = self.learning_rate * 0.5 * (1 + np.cos(np.pi * step / steps))
                for name, gradient in gradients.items():
                    fast, slow, epsilon = MOMENTS
                    first[name] = fast * first[name] + (1 - fast) * gradient
                    second[name] = slow * second[name] + (1 - slow) * gradient**2
                    size = np.sqrt(second[name] / (1 - slow**step)) + epsilon
                    decay = self.weight_decay if name.startswith("weight") else 0.0
                    layers[name] = layers[name] - rate * (
                        first[name] / (1 - fast**step) / size + decay * layers[name]
                    )
        return layers


def _forward(layers: Arrays, inputs: Floats) -> list[Floats]:
    """Return the activations ``(members, n, units)`` of every layer."""
    activations = [inputs]
    for number in range(3):
        summed = activations[-1] @ layers[f"weight{number}"] + layers[f"bias{number}"]
        activations.append(np.maximum(summed, 0.0) if number < 2 else summed)
    return activations


def _gradients(layers: Arrays, inputs: Floats, scores: Floats) -> Arrays:
    """Return the gradients of half the mean squared error, member by member."""
    activations = _forward(layers, inputs)
    flow = (activations[-1] - scores[:, :, None]) / scores.shape[1]
    gradients: Arrays = {}
    for number in (2, 1, 0):
        before = activations[number]
        gradients[f"weight{number}"] = before.swapaxes(1, 2) @ flow
        gradients[f"bias{number}"] = flow.sum(axis=1, keepdims=True)
        if number:
            flow = (flow @ layers[f"weight{number}"].swapaxes(1, 2)) * (before > 0)
    return gradients
