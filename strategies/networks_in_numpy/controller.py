"""An LSTM that decides one thing after another, and judges what is decided so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architecture
from strategies.networks_in_numpy.weights import Floats, Weights

Options = NDArray[np.int64]
"""``(n, decisions) int64``: a batch of architectures."""

INITIAL_RANGE = 0.1
"""Weights start uniform in plus or minus this (Zoph & Le 2017 have 0.08)."""


@dataclass(frozen=True)
class Reading:
    """What a controller says about a batch of architectures, decision by decision.

    Attributes:
        options: ``(n, decisions)``: the architectures.
        log_probabilities: ``(decisions, n, largest radix)``: of every option, given
            the decisions before; -inf where a decision has fewer options.
        values: ``(decisions, n)``: the value of what was decided before.
        inputs: ``(decisions, n, embedding)``: what the LSTM was fed.
        gates: ``(decisions, n, 4 * hidden)``: its gates, in the order input, forget,
            output, candidate.
        cells: ``(decisions + 1, n, hidden)``: its cells, before and after.
        hidden: ``(decisions + 1, n, hidden)``: its outputs, before and after.
    """

    options: Options
    log_probabilities: Floats
    values: Floats
    inputs: Floats
    gates: Floats
    cells: Floats
    hidden: Floats

    def taken(self) -> Floats:
        """Return the ``(decisions, n)`` log-probabilities of the options taken."""
        places = self.options.T[:, :, None]
        return np.take_along_axis(self.log_probabilities, places, axis=2)[:, :, 0]


class Controller:
    """The recurrent policy of Zoph & Le (ICLR 2017), with a value beside each softmax.

    Before every decision the LSTM reads an embedding of the option taken last; a
    softmax of that decision's own draws the next option, and a linear unit estimates
    the reward to come. Decisions may have different numbers of options.

    Attributes:
        weights: All that is learned.
    """

    def __init__(
        self, radices: Sequence[int], hidden: int, rng: np.random.Generator
    ) -> None:
        self.radices = tuple(radices)
        self.hidden = hidden
        decisions, largest = len(self.radices), max(self.radices)
        # Row 0 is read before the first decision.
        self._offsets = np.cumsum((1, *self.radices[:-1]))
        exists = np.arange(largest) < np.array(self.radices)[:, None]
        self._missing = np.where(exists, 0.0, -np.inf)[:, None]
        embedding = max(1, hidden // 2)
        self.weights = Weights(
            {
                "embedding": (1 + sum(self.radices), embedding),
                "from_input": (embedding, 4 * hidden),
                "from_hidden": (hidden, 4 * hidden),
                "gate_bias": (4 * hidden,),
                "heads": (decisions, hidden, largest),
                "head_bias": (decisions, 1, largest),
                "value": (hidden,),
                "value_bias": (1,),
            }
        )
        size = len(self.weights.vector)
        self.weights.vector[:] = rng.uniform(-INITIAL_RANGE, INITIAL_RANGE, size)
        arrays = self.weights.arrays()
        for name in ("gate_bias", "head_bias", "value", "value_bias"):
            arrays[name][:] = 0

    def draw(self, rng: np.random.Generator) -> Architecture:
        """Draw an architecture; whether it is valid is for the caller to see."""
        arrays = self.weights.arrays()
        hidden = cell = np.zeros((1, self.hidden))
        drawn: list[int] = []
        row = 0
        # The argmax of logits plus Gumbel noise is a draw from their softmax.
        noise = rng.gumbel(size=(len(self.radices), max(self.radices)))
        for decision, radix in enumerate(self.radices):
            read = arrays["embedding"][row] @ arrays["from_input"]
            _, cell, hidden = _advance(arrays, read, cell, hidden)
            logits = hidden[0] @ arrays["heads"][decision]
            logits += arrays["head_bias"][decision, 0] + noise[decision]
            drawn.append(int(logits[:radix].argmax()))
            row = self._offsets[decision] + drawn[-1]
        return tuple(drawn)

    def read(self, architectures: Sequence[Architecture] | Options) -> Reading:
        """Return the probabilities and values along a batch of architectures."""
        arrays = self.weights.arrays()
        options = np.asarray(architectures, np.int64)
        count, decisions = options.shape
        inputs = arrays["embedding"][self._rows(options)]
        read = inputs @ arrays["from_input"]
        gates = np.empty((decisions, count, 4 * self.hidden))
        cells = np.zeros((decisions + 1, count, self.hidden))
        hidden = np.zeros_like(cells)
        for t in range(decisions):
            gates[t], cells[t + 1], hidden[t + 1] = _advance(
                arrays, read[t], cells[t], hidden[t]
            )
        logits = hidden[1:] @ arrays["heads"] + arrays["head_bias"] + self._missing
        logits -= logits.max(axis=2, keepdims=True)
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
        values = hidden[1:] @ arrays["value"] + arrays["value_bias"]
        return Reading(options, log_probabilities, values, inputs, gates, cells, hidden)

    def gradient(
        self, reading: Reading, by_logits: Floats, by_values: Floats
    ) -> Floats:
        """Return the gradient by the weights, ``(size,)``, out of those by outputs.

        Args:
            reading: What `read` returned, the weights being the same since.
            by_logits: ``(decisions, n, largest radix)``.
            by_values: ``(decisions, n)``.
        """
        arrays, summed = self.weights.arrays(), self.weights.zeros()
        into = summed.arrays()
        outputs = reading.hidden[1:]
        into["heads"][:] = outputs.swapaxes(1, 2) @ by_logits
        into["head_bias"][:] = by_logits.sum(axis=1, keepdims=True)
        into["value"][:] = np.tensordot(by_values, outputs, 2)
        into["value_bias"][:] = by_values.sum()
        by_hidden = by_logits @ arrays["heads"].swapaxes(1, 2)
        by_hidden += by_values[:, :, None] * arrays["value"]
        by_sums = self._through_time(reading, by_hidden, arrays["from_hidden"])
        flat = by_sums.reshape(-1, by_sums.shape[-1])
        before = reading.hidden[:-1].reshape(-1, self.hidden)
        into["from_hidden"][:] = before.T @ flat
        inputs = reading.inputs.reshape(len(flat), -1)
        into["from_input"][:] = inputs.T @ flat
        into["gate_bias"][:] = flat.sum(axis=0)
        np.add.at(
            into["embedding"],
            self._rows(reading.options).ravel(),
            flat @ arrays["from_input"].T,
        )
        return summed.vector

    def _rows(self, options: Options) -> Options:
        """Return the ``(decisions, n)`` rows of the embedding that are read."""
        rows = np.zeros(options.T.shape, np.int64)
        rows[1:] = options.T[:-1] + self._offsets[:-1, None]
        return rows

    def _through_time(
        self, reading: Reading, by_hidden: Floats, from_hidden: Floats
    ) -> Floats:
        """Return the gradients by the sums that go into the gates, last to first."""
        by_sums = np.empty_like(reading.gates)
        later_hidden = later_cell = np.zeros_like(reading.hidden[0])
        for t in reversed(range(len(by_sums))):
            enter, keep, show, new = np.split(reading.gates[t], 4, axis=1)
            squashed = np.tanh(reading.cells[t + 1])
            flow = by_hidden[t] + later_hidden
            by_cell = later_cell + flow * show * (1 - squashed**2)
            by_sums[t] = np.concatenate(
                (
                    by_cell * new * enter * (1 - enter),
                    by_cell * reading.cells[t] * keep * (1 - keep),
                    flow * squashed * show * (1 - show),
                    by_cell * enter * (1 - new**2),
                ),
                axis=1,
            )
            later_cell = by_cell * keep
            later_hidden = by_sums[t] @ from_hidden.T
        return by_sums


def _advance(
    arrays: dict[str, Floats], read: Floats, cell: Floats, hidden: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return gates, cell and output of the LSTM after one more input."""
    sums = hidden @ arrays["from_hidden"]
    sums += read
    sums += arrays["gate_bias"]
    size = hidden.shape[1]
    # The logistic function of x is (1 + tanh(x / 2)) / 2, which cannot overflow.
    sums[:, : 3 * size] *= 0.5
    gates = np.tanh(sums)
    gates[:, : 3 * size] *= 0.5
    gates[:, : 3 * size] += 0.5
    enter, keep = gates[:, :size], gates[:, size : 2 * size]
    show, new = gates[:, 2 * size : 3 * size], gates[:, 3 * size :]
    later = keep * cell + enter * new
    return gates, later, show * np.tanh(later)


def policy_gradient(reading: Reading, advantages: Floats, entropy: float) -> Floats:
    """Return the gradient of the policy's objective by the logits.

    The objective is the sum over decisions and architectures of
    advantage x log-probability + `entropy` x entropy of the softmax, the advantages
    ``(decisions, n)`` being held fixed.
    """
    probabilities = np.exp(reading.log_probabilities)
    gradient = -probabilities
    places = reading.options.T[:, :, None]
    taken = np.take_along_axis(gradient, places, axis=2)
    np.put_along_axis(gradient, places, taken + 1, axis=2)
    gradient *= advantages[:, :, None]
    if entropy:
        logs = np.where(probabilities > 0, reading.log_probabilities, 0.0)
        of_row = -(probabilities * logs).sum(axis=2, keepdims=True)
        gradient -= entropy * probabilities * (logs + of_row)
    return gradient
