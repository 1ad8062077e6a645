"""Architectures as points of a sphere, back again, and the way up in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.spaces import Architecture, SearchSpace
from strategies.networks_in_numpy.mlp import Perceptrons
from strategies.networks_in_numpy.predictor import encode
from strategies.networks_in_numpy.weights import Adam, Floats

UNITS = 64
UNLABELLED = 128
LEARNING_RATE = 0.005


class Autoencoder:
    """NAO's three networks: encoder, predictor and decoder, trained together.

    The encoder's output, scaled to length 1, is the embedding; the predictor says
    from it how good an architecture is, the decoder names the option of every
    decision.

    Attributes:
        trade_off: The share of the predictor in the loss; the rest is the decoder's.
        steps: How many steps of training were taken.
    """

    def __init__(
        self, space: SearchSpace, trade_off: float, rng: np.random.Generator
    ) -> None:
        one_hot = sum(space.radices)
        size = 32 + 2 * space.decisions
        self.trade_off = trade_off
        self.steps = 0
        self._radices = space.radices
        self._encoder = Perceptrons((one_hot, UNITS, size), 1, rng)
        self._predictor = Perceptrons((size, UNITS, 1), 1, rng)
        self._decoder = Perceptrons((size, UNITS, one_hot), 1, rng)
        self._networks = (self._encoder, self._predictor, self._decoder)
        self._adams = [
            Adam(len(one.weights.vector), LEARNING_RATE) for one in self._networks
        ]

    def embed(self, features: Floats) -> Floats:
        """Return ``(n, size)`` embeddings of length 1 of ``(n, one-hot)`` features."""
        raw = self._encoder.forward(features[None])[-1][0]
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True))

    def predict(self, embeddings: Floats) -> Floats:
        """Return the ``(n,)`` predicted scores of embeddings."""
        return self._predictor.forward(embeddings[None])[-1][0, :, 0]

    def uphill(self, embeddings: Floats, step: float) -> Floats:
        """Return embeddings a step further up the predictor's gradient, of length 1.

        Gradients are scaled to length 1, so that `step` is about an angle.
        """
        passed = self._predictor.forward(embeddings[None])
        _, slopes = self._predictor.backward(passed, np.ones_like(passed[-1]))
        lengths = np.linalg.norm(slopes[0], axis=1, keepdims=True)
        moved = embeddings + step * slopes[0] / np.maximum(lengths, 1e-12)
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))

    def decode(self, embeddings: Floats) -> list[Architecture]:
        """Return the most likely option of every decision; it need not be valid."""
        logits = self._decoder.forward(embeddings[None])[-1][0]
        parts = np.split(logits, np.cumsum(self._radices)[:-1], axis=1)
        options = np.stack([part.argmax(axis=1) for part in parts], axis=1)
        return [tuple(one) for one in options.tolist()]

    def train(
        self,
        trained: tuple[Floats, Floats],
        unlabelled: Sequence[Floats],
    ) -> None:
        """Take one step of Adam per batch of unlabelled architectures.

        Args:
            trained: ``(n, one-hot)`` features and ``(n,)`` scores of outcomes.
            unlabelled: ``(m, one-hot)`` features of architectures to reconstruct.
        """
        features, scores = trained
        for others in unlabelled:
            everything = np.concatenate((features, others))
            gradients = self.gradients(everything, scores)
            self.steps += 1
            for network, adam, gradient in zip(
                self._networks, self._adams, gradients, strict=True
            ):
                network.weights.vector += adam.step(gradient)

    def gradients(self, features: Floats, scores: Floats) -> tuple[Floats, ...]:
        """Return how encoder, predictor and decoder go down the loss.

        The loss is trade_off x mean squared error of the first ``len(scores)``
        predictions + (1 - trade_off) x mean cross-entropy of the reconstructions,
        summed over decisions.
        """
        known = len(scores)
        passed = self._encoder.forward(features[None])
        lengths = np.linalg.norm(passed[-1], axis=2, keepdims=True)
        embeddings = passed[-1] / lengths
        said = self._predictor.forward(embeddings[:, :known])
        errors = scores[None, :, None] - said[-1]
        of_predictor, by_known = self._predictor.backward(
            said, 2 * self.trade_off / known * errors
        )
        named = self._decoder.forward(embeddings)
        surprise = features - self._probabilities(named[-1][0])
        weight = (1 - self.trade_off) / len(features)
        of_decoder, flow = self._decoder.backward(named, weight * surprise[None])
        flow[:, :known] += by_known
        # Through the scaling to length 1: only what is tangent to the sphere.
        flow -= embeddings * (flow * embeddings).sum(axis=2, keepdims=True)
        of_encoder, _ = self._encoder.backward(passed, flow / lengths)
        return of_encoder, of_predictor, of_decoder

    def _probabilities(self, logits: Floats) -> Floats:
        parts = []
        for part in np.split(logits, np.cumsum(self._radices)[:-1], axis=1):
            weights = np.exp(part - part.max(axis=1, keepdims=True))
            parts.append(weights / weights.sum(axis=1, keepdims=True))
        return np.concatenate(parts, axis=1)


def random_batches(
    space: SearchSpace, count: int, rng: np.random.Generator
) -> list[Floats]:
    """Return `count` batches of random architectures as features, to reconstruct."""
    drawn = [
        [space.sample(rng) for _ in range(UNLABELLED)] for _ in range(min(count, 40))
    ]
    batches = [encode(space, one) for one in drawn]
    return [batches[number % len(batches)] for number in range(count)]
