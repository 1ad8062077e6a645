"""What is known to go wrong in public implementations does not go wrong here."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from specimens import (
    CELL,
    DEAD,
    RICH,
    SOURCE,
    score,
    specimen,
    with_batches,
)
from torch import nn

from nasbench.networks.network import ConstantNetwork
from surrogates.proxies import make_proxy, proxy_names
from surrogates.proxies.examples import example_source
from surrogates.proxies.input_jacobian import input_jacobian, row_correlations
from surrogates.proxies.meco import feature_maps
from surrogates.proxies.nwot import agreement
from surrogates.proxies.proxy import LOG_OF_ZERO
from surrogates.proxies.relu_codes import relu_codes
from surrogates.proxies.scores import score_specimen
from surrogates.proxies.specimen import Batch, SpecimenSource
from surrogates.proxies.synflow import synaptic_flow
from surrogates.proxies.zen import Zen, last_features
from tabular.proxy_columns import COMPLETE, CONSTANT, FAILED

# synflow


def test_synflow_is_in_float64_and_without_batch_norm() -> None:
    """Scale and statistics of batch norm have no effect; signs of weights neither."""
    plain = score("synflow", specimen())
    changed = specimen()
    with torch.no_grad():
        for module in changed.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.fill_(7.0)
                module.running_var.fill_(100.0)
                module.bias.fill_(-3.0)
            elif isinstance(module, nn.Conv2d):
                module.weight.neg_()
    assert score("synflow", changed) == plain


def test_float32_agrees_on_small_networks_and_overflows_in_deep_ones() -> None:
    image = torch.ones(1, 2, 10, 10)
    small = [
        specimen().copy("trial").to(kind) for kind in (torch.float32, torch.double)
    ]
    narrow = synaptic_flow(small[0], image)
    assert narrow == pytest.approx(synaptic_flow(small[1], image.double()), rel=1e-4)

    def deep() -> nn.Module:
        layers = [nn.Conv2d(8, 8, 3, padding=1, bias=False) for _ in range(60)]
        for layer in layers:
            nn.init.constant_(layer.weight, 0.5)
        return nn.Sequential(nn.Conv2d(2, 8, 1), *layers, nn.Flatten(), nn.Linear(8, 2))

    one = torch.ones(1, 2, 1, 1)
    wide = nn.Sequential(*deep())
    for layer in wide:
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 5.0)
    assert not math.isfinite(synaptic_flow(wide, one))
    assert math.isfinite(synaptic_flow(wide.double(), one.double()))


def test_nothing_that_flows_has_a_defined_log() -> None:
    assert score("synflow", specimen(DEAD)) == LOG_OF_ZERO
    still = specimen()
    with torch.no_grad():
        still.network.classifier.weight.zero_()
    assert score("synflow", still) == LOG_OF_ZERO


# ReLU codes: nwot, swap, linear_regions


class Relus(nn.Module):
    """A ReLU called as a module, as a function, as a method, and in place."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.first = nn.Conv2d(2, 3, 3, padding=1)
        self.second = nn.Linear(3, 4)
        self.relu = nn.ReLU(inplace=kind == "in-place module")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        if "module" in self.kind:
            x = self.relu(x)
        elif self.kind == "function":
            x = nn.functional.relu(x)
        elif self.kind == "method":
            x = x.relu()
        else:
            x = torch.relu_(x)
        return self.second(x.mean((2, 3)))


@pytest.mark.parametrize(
    "kind", ["module", "in-place module", "function", "method", "in-place function"]
)
def test_every_kind_of_relu_is_counted(kind: str) -> None:
    torch.manual_seed(0)
    network = Relus(kind)
    images = torch.randn(5, 2, 6, 6)
    expected = (network.first(images) > 0).flatten(1)
    assert torch.equal(relu_codes(network, images), expected)


def test_cells_without_relus_on_dead_branches_and_with_them_score_alike() -> None:
    """A branch that reaches nothing is not built, so its ReLUs cannot count."""
    tidy, dangling = (1, 0, 0, 3, 0, 0), (3, 0, 0, 3, 0, 0)
    assert CELL.canonical((0, 0, 0, 3, 0, 0)) == CELL.canonical(dangling)
    assert score("nwot", specimen(tidy)) == score("nwot", specimen(dangling))


def test_nwot_is_the_log_determinant_of_counted_agreements() -> None:
    given = specimen()
    codes = relu_codes(given.network, given.batches[0].images).numpy()
    kernel = [[float((a == b).sum()) for b in codes] for a in codes]
    sign, expected = np.linalg.slogdet(np.array(kernel))
    assert sign == 1
    assert score("nwot", given) == pytest.approx(expected)


def test_two_equal_images_make_nwots_kernel_singular() -> None:
    def twice(batch: Batch) -> Batch:
        images = batch.images.clone()
        images[1] = images[0]
        return batch._replace(images=images)

    assert score("nwot", with_batches(twice)) == 0
    # A kernel of whole numbers that is not singular never scores below that.
    rng = np.random.default_rng(0)
    for _ in range(50):
        codes = torch.from_numpy(rng.random((4, 6)) < 0.5)
        sign, log = np.linalg.slogdet(agreement(codes).numpy())
        assert sign <= 0 or log > -1e-9 or log < -20


def test_swap_counts_distinct_patterns() -> None:
    given = specimen()
    codes = relu_codes(given.network, given.batches[0].images).numpy()
    assert score("swap", given) == len({tuple(column) for column in codes.T})
    assert score("swap", given) <= 2**12


# Jacobians: jacov, epe_nas


def test_the_jacobian_is_that_of_summed_logits() -> None:
    given = specimen()
    rows = input_jacobian(given)
    images = given.batches[0].images.double()
    network = given.copy("trial").double()
    step = 1e-6
    rng = np.random.default_rng(1)
    for _ in range(10):
        n, c, h, w = (int(rng.integers(size)) for size in images.shape)
        up, down = images.clone(), images.clone()
        up[n, c, h, w] += step
        down[n, c, h, w] -= step
        with torch.no_grad():
            slope = (network(up).sum() - network(down).sum()) / (2 * step)
        found = rows.reshape(images.shape)[n, c, h, w]
        assert float(found) == pytest.approx(float(slope), rel=1e-2, abs=1e-4)


def test_correlations_are_numpys_and_symmetric_with_real_eigenvalues() -> None:
    rows = input_jacobian(specimen())
    found = row_correlations(rows).numpy()
    np.testing.assert_allclose(found, np.corrcoef(rows.numpy()), atol=1e-9)
    values = np.linalg.eigvals(found)
    shifted = np.real(values) + 1e-5
    expected = -(np.log(shifted) + 1 / shifted).sum()
    assert score("jacov", specimen()) == pytest.approx(expected, rel=1e-6)


def test_constant_rows_are_no_nan() -> None:
    rows = torch.tensor([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]).double()
    expected = torch.tensor([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]]).double()
    torch.testing.assert_close(row_correlations(rows), expected)


def test_equal_images_make_jacov_very_bad_and_not_nan() -> None:
    def same(batch: Batch) -> Batch:
        return batch._replace(images=batch.images[:1].repeat(12, 1, 1, 1))

    assert score("jacov", with_batches(same)) == pytest.approx(-11e5, rel=1e-3)
    assert score("jacov", specimen(DEAD)) == pytest.approx(-11e5, rel=1e-3)


def test_epe_nas_is_its_formula_and_a_lone_image_adds_nothing() -> None:
    given = specimen()
    labels = given.batches[0].labels
    rows = input_jacobian(given).numpy()
    expected = 0.0
    for label in range(4):
        own = np.corrcoef(rows[labels.numpy() == label])
        expected += abs(np.log(np.abs(own) + 1e-5).sum())
    assert score("epe_nas", given) == pytest.approx(expected)

    def alone(batch: Batch) -> Batch:
        return batch._replace(labels=torch.arange(12))

    assert score("epe_nas", with_batches(alone)) == pytest.approx(0, abs=1e-3)


def test_epe_nas_with_over_a_hundred_classes_is_a_mean_difference() -> None:
    source = example_source(CELL, images=120)
    given = source.specimen((3, 0, 0, 1, 0, 3), 0)
    labels = torch.arange(120) % 110  # ten classes of two images
    given.batches = tuple(b._replace(labels=labels) for b in given.batches)
    correlations = row_correlations(input_jacobian(given)).numpy()
    means = []
    for label in range(110):
        members = np.flatnonzero(labels.numpy() == label)
        block = np.abs(correlations[np.ix_(members, members)])
        means.append(np.log(block + 1e-5).sum() / len(members))
    pairs = sum(abs(a - b) for i, a in enumerate(means) for b in means[:i])
    assert score("epe_nas", given) == pytest.approx(pairs / 110)


# zen, meco, az_nas


def test_zen_repeats_and_takes_the_variance_of_its_batch() -> None:
    given = specimen()
    assert Zen().score(given) == Zen().score(given)
    network = given.copy("normal")
    first = given.normal("zen input", given.batches[0].images.shape)
    second = first + 0.01 * given.normal("zen noise", first.shape)
    inputs = []
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(lambda m, x, y: inputs.append(x[0]))
    before_average = []
    network.head.register_forward_hook(lambda m, x, y: before_average.append(y))
    with torch.no_grad():
        network(first)
        variances = [x.var((0, 2, 3), unbiased=False).mean() for x in inputs]
        network(second)
    change = (before_average[0] - before_average[1]).abs().sum((1, 2, 3)).mean()
    expected = float(change.log()) + sum(float(v.sqrt().log()) for v in variances)
    assert Zen().score(given) == pytest.approx(expected, rel=1e-5)
    assert Zen(released=True).score(given) != pytest.approx(expected, rel=1e-2)


def test_the_last_features_are_those_before_the_average() -> None:
    network = specimen().copy("normal")
    images = torch.randn(3, 2, 10, 10)
    assert last_features(network, images).shape == (3, 16, 3, 3)


def test_meco_counts_every_layer_once() -> None:
    given = specimen()
    maps = feature_maps(given.network, torch.randn(1, 2, 16, 16))
    kinds = nn.Conv2d | nn.BatchNorm2d | nn.ReLU | nn.AvgPool2d
    modules = [m for m in given.network.modules() if isinstance(m, kinds)]
    assert len(maps) == len(modules)


def test_az_nas_has_odd_image_sizes_and_a_defined_worst() -> None:
    for name in ("az_expressivity", "az_progressivity", "az_trainability"):
        assert score(name, specimen(DEAD)) <= score(name, specimen())  # 10, 5, 3 pixels
    assert score("az_trainability", specimen()) <= 0


# All of them


def test_dead_cells_have_a_defined_value_and_a_status_of_their_own() -> None:
    proxies = [make_proxy(name) for name in proxy_names()]
    assert isinstance(specimen(DEAD).network, ConstantNetwork)
    for found in score_specimen(proxies, specimen(DEAD)):
        assert found.status == CONSTANT
        assert math.isfinite(found.score)
        assert found.score != -1
    assert {s.status for s in score_specimen(proxies, specimen())} == {COMPLETE}


def test_a_score_that_is_no_number_is_failed_and_nan() -> None:
    broken = specimen()
    with torch.no_grad():
        broken.network.classifier.weight.fill_(math.inf)
    found = score_specimen([make_proxy("snip"), make_proxy("params")], broken)
    assert found[0].status == FAILED
    assert math.isnan(found[0].score)
    assert found[1].status == COMPLETE


@pytest.mark.parametrize(
    "name", ["nwot", "jacov", "epe_nas", "grad_norm", "snip", "swap", "zico"]
)
def test_the_order_of_a_batch_does_not_matter(name: str) -> None:
    def shuffled(batch: Batch) -> Batch:
        order = torch.from_numpy(np.random.default_rng(3).permutation(12))
        return Batch(batch.images[order], batch.labels[order])

    expected = score(name, specimen())
    assert score(name, with_batches(shuffled)) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("name", ["nwot", "jacov", "swap", "synflow", "zen", "params"])
def test_labels_do_not_matter_to_what_needs_none(name: str) -> None:
    def relabelled(batch: Batch) -> Batch:
        return batch._replace(labels=(batch.labels + 1) % 4)

    assert score(name, with_batches(relabelled)) == score(name, specimen())


@pytest.mark.parametrize("name", ["grad_norm", "snip", "fisher", "grasp", "epe_nas"])
def test_labels_matter_to_what_needs_them(name: str) -> None:
    def mixed(batch: Batch) -> Batch:
        return batch._replace(labels=batch.labels.roll(1))

    assert score(name, with_batches(mixed)) != score(name, specimen())


def test_scores_do_not_depend_on_which_other_proxies_ran() -> None:
    names = proxy_names()
    together = score_specimen([make_proxy(name) for name in names], specimen())
    backwards = score_specimen([make_proxy(n) for n in reversed(names)], specimen())
    assert [s.score for s in together] == [s.score for s in reversed(backwards)]


def test_params_and_flops_are_the_closed_form() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        given = specimen(CELL.sample(rng))
        counted = sum(weight.numel() for weight in given.network.parameters())
        assert score("params", given) == counted == given.costs.parameters
        assert score("flops", given) == given.costs.flops
        assert score("depth", given) == given.costs.depth


def test_a_source_may_be_shown_anything() -> None:
    source = SpecimenSource(CELL, SOURCE.skeleton, SOURCE.shown)
    assert score("snip", source.specimen(RICH, 0)) == score("snip", specimen())
