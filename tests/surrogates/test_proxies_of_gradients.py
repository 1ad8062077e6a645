"""Proxies of gradients against their formulas, and what goes wrong with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from specimens import (
    DEAD,
    of_network,
    score,
    specimen,
    with_batches,
)
from torch import nn

from surrogates.proxies.specimen import Batch, Specimen

# Gradients


def naive_gradients(given: Specimen, batch: int = 0) -> list[tuple]:
    network = given.copy("trial")
    images, labels = given.batches[batch]
    nn.functional.cross_entropy(network(images), labels).backward()
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    return [(layer.weight.detach(), layer.weight.grad) for layer in layers]


def test_gradient_proxies_are_sums_over_weights_of_layers() -> None:
    pairs = naive_gradients(specimen())
    given = specimen()
    norms = sum(float(g.norm()) for _, g in pairs)
    assert score("grad_norm", given) == pytest.approx(norms, rel=1e-5)
    together = math.sqrt(sum(float(g.norm()) ** 2 for _, g in pairs))
    assert score("grad_norm", given) > 1.5 * together  # not the norm of all
    products = [w * g for w, g in pairs]
    snip = sum(float(p.abs().sum()) for p in products)
    assert score("snip", given) == pytest.approx(snip, rel=1e-5)
    plain = sum(float(p.double().sum()) for p in products)
    assert score("plain", given) == pytest.approx(plain, rel=1e-3, abs=1e-6)
    l2 = sum(float(w.norm()) for w, _ in pairs)
    assert score("l2_norm", given) == pytest.approx(l2)


def test_snip_is_the_gradient_of_a_mask() -> None:
    given = specimen((1, 0, 0, 3, 0, 1))
    network = given.copy("trial")
    masks = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            masks[f"{name}.weight"] = torch.ones_like(module.weight, requires_grad=True)
    weights = dict(network.named_parameters())
    masked = {name: weights[name].detach() * mask for name, mask in masks.items()}
    images, labels = given.batches[0]
    logits = torch.func.functional_call(network, masked, (images,))
    loss = nn.functional.cross_entropy(logits, labels)
    gradients = torch.autograd.grad(loss, list(masks.values()))
    expected = sum(float(g.abs().sum()) for g in gradients)
    assert score("snip", given) == pytest.approx(expected, rel=1e-5)


def test_grasp_is_a_hessian_vector_product() -> None:
    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x.mean((2, 3)))

    torch.manual_seed(1)
    network = Tiny()
    given = of_network(network)
    images, labels = (specimen().batches[0].images, specimen().batches[0].labels % 2)
    given.batches = (Batch(images, labels),) * 2

    def loss(flat: torch.Tensor) -> torch.Tensor:
        logits = images.mean((2, 3)).double() @ flat.reshape(2, 2).T
        return nn.functional.cross_entropy(logits, labels)

    weights = network.layer.weight.detach().double().flatten().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss(weights), weights)
    hessian = torch.autograd.functional.hessian(loss, weights)
    expected = -float((weights * (hessian @ gradient)).sum().detach())
    assert score("grasp", given) == pytest.approx(expected, rel=1e-4)


def test_fisher_survives_relus_in_place_and_counts_channels_by_fan_in() -> None:
    class Net(nn.Module):
        def __init__(self, inplace: bool) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(inplace=inplace)
            )
            self.classifier = nn.Linear(3, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.classifier(self.body(x).mean((2, 3)))

    torch.manual_seed(2)
    plain = Net(False)
    in_place = Net(True)
    in_place.load_state_dict(plain.state_dict())
    found = [score("fisher", of_network(net)) for net in (plain, in_place)]
    assert found[0] == pytest.approx(found[1])

    images, labels = specimen().batches[0]
    activation = plain.body[0](images).detach().requires_grad_(True)
    pooled = activation.relu().mean((2, 3))
    logits = plain.classifier(pooled).detach().requires_grad_(True)
    nn.functional.cross_entropy(logits, labels).backward()
    plain.classifier(pooled).backward(logits.grad)
    first = (activation * activation.grad).sum((2, 3)).square().mean(0).sum() / 2
    last = (logits * logits.grad).square().mean(0).sum() / 2
    expected = float(first.detach()) * (2 * 9) + float(last.detach()) * 3
    assert found[0] == pytest.approx(expected, rel=1e-4)


def test_zico_has_fresh_gradients_for_every_batch() -> None:
    given = specimen()
    pairs = [naive_gradients(given, batch) for batch in (0, 1)]
    expected = 0.0
    for (_, one), (_, two) in zip(*pairs, strict=True):
        both = np.stack([one.numpy(), two.numpy()]).astype(np.float64)
        deviation, mean = both.std(0), np.abs(both).mean(0)
        there = deviation > 0
        expected += np.log((mean[there] / deviation[there]).sum())
    assert score("zico", given) == pytest.approx(expected, rel=1e-3)


def test_zico_of_two_equal_batches_is_zero() -> None:
    """Gradients that add up would be g and 2g, whose deviation is not 0."""
    given = specimen()
    given.batches = (given.batches[0], given.batches[0])
    assert score("zico", given) == 0


def per_sample(given: Specimen, name: str) -> list[np.ndarray]:
    """Gradients image by image, in a loop: ``(n, weights)`` of every layer."""
    images, labels = given.batches[0]
    network = given.copy("kaiming" if name == "ntk_condition" else "trial").eval()
    weights = [
        m.weight for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)
    ]
    rows = []
    for image, label in zip(images, labels, strict=True):
        logits = network(image[None])
        total = (
            logits.sum()
            if name == "ntk_condition"
            else nn.functional.cross_entropy(logits, label[None])
        )
        gradients = torch.autograd.grad(total, weights)
        rows.append([g.double().numpy().ravel() for g in gradients])
    return [np.stack(layer) for layer in zip(*rows, strict=True)]


def test_gradsign_adds_the_signs_of_single_images() -> None:
    given = specimen()
    layers = per_sample(given, "gradsign")
    expected = sum(np.abs(np.sign(layer).sum(0)).sum() for layer in layers)
    # Gradients of about 0 may have either sign.
    assert score("gradsign", given) == pytest.approx(expected, rel=0.01)


def test_the_tangent_kernel_is_that_of_single_images() -> None:
    given = specimen()
    kernel = sum(layer @ layer.T for layer in per_sample(given, "ntk_condition"))
    values = np.linalg.eigvalsh(kernel)
    expected = -math.log(values[-1] / values[0])
    assert score("ntk_condition", given) == pytest.approx(expected, rel=1e-2)


def test_a_singular_tangent_kernel_has_a_defined_condition() -> None:
    def same(batch: Batch) -> Batch:
        return batch._replace(images=batch.images[:1].repeat(12, 1, 1, 1))

    worst = math.log(np.finfo(np.float64).eps)
    assert score("ntk_condition", specimen(DEAD)) == pytest.approx(worst)
    found = score("ntk_condition", with_batches(same))
    assert worst - 1e-9 <= found < -25


def test_gradients_of_single_images_hold_for_strides_groups_and_repeats() -> None:
    from surrogates.proxies.per_sample import per_sample_gradients

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2)
            self.again = nn.Conv2d(4, 4, 3, padding=1, groups=4)
            self.last = nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.again(self.again(self.one(x)).relu())
            return self.last(x.mean((2, 3)))

    torch.manual_seed(0)
    network = Odd().double()
    images = torch.randn(5, 2, 9, 8).double()
    found = per_sample_gradients(network, images, lambda y: y.square().sum())
    weights = [network.one.weight, network.again.weight, network.last.weight]
    by_image = [
        torch.autograd.grad(network(image[None]).square().sum(), weights)
        for image in images
    ]
    for layer, expected in zip(found, zip(*by_image, strict=True), strict=True):
        torch.testing.assert_close(layer, torch.stack(expected).flatten(1))
