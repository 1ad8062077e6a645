"""fisher: how much the loss feels the channels of every layer."""

from __future__ import annotations

from surrogates.proxies.loss_gradients import loss_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class Fisher(Proxy):
    """The sum over channels of half the mean squared ``activation * gradient``.

    Theis et al., 2018; Turner et al., ICLR 2020; as a proxy, Abdelfattah et al., ICLR
    2021. The products are summed over the pixels before they are squared. The released
    code gives a channel's value to each of its weights before it sums, which
    multiplies it by the fan-in; so do we.
    """

    name = "fisher"
    summary = "sum over channels of (activation * gradient)^2 / 2, times fan-in"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum."""
        found = loss_gradients(specimen)
        total = 0.0
        layers = zip(
            found.weights, found.activations, found.activation_gradients, strict=True
        )
        for weight, activation, gradient in layers:
            products = activation * gradient  # (n, channels, ...)
            by_channel = products.flatten(2).sum(2) if products.ndim > 2 else products
            fan_in = weight[0].numel()
            total += float(by_channel.square().mean(0).sum()) / 2 * fan_in
        return total
