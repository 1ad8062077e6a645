"""Our proxies keep the contract that third parties' are held to; it catches sinners."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.testing.proxies import ProxyContract, check_proxy
from surrogates.proxies import CLASSICAL, Needs, Proxy, make_proxy, proxy_names
from surrogates.proxies.examples import example_source
from surrogates.proxies.specimen import Specimen

SOURCE = example_source()


@pytest.fixture(autouse=True, scope="module")
def _every_warning_of_torch():
    """Torch gives some warnings once per process; here they fail every time."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


class TestShippedProxies(ProxyContract):
    @pytest.fixture(params=proxy_names())
    def proxy(self, request):
        return make_proxy(request.param)

    @pytest.fixture
    def source(self):
        return SOURCE


class Sinner(Proxy):
    name = "sinner"
    summary = "breaks one rule"
    needs = Needs(images=True, labels=True, mode="train", weights="trial")

    def __init__(self, sin: str) -> None:
        self.sin = sin
        self.calls = 0

    def score(self, specimen: Specimen) -> float:
        self.calls += 1
        network, images = specimen.network, specimen.batches[0].images
        if self.sin == "running statistics":
            network.train()(images)
        elif self.sin == "weights":
            with torch.no_grad():
                next(network.parameters()).add_(1)
        elif self.sin == "gradient":
            network(images).sum().backward()
        elif self.sin == "hook":
            network.register_forward_hook(lambda *given: None)
        elif self.sin == "images":
            images.add_(1)
        elif self.sin == "infinite":
            return float("inf")
        elif self.sin == "memory":
            return float(self.calls)
        elif self.sin == "global":
            return float(np.random.random())
        elif self.sin == "mode":
            return float(network.training)
        return 1.0


def test_the_check_says_nothing_of_a_proxy_without_sin() -> None:
    assert check_proxy(Sinner("none"), SOURCE) == []


@pytest.mark.parametrize(
    "sin, said",
    [
        ("running statistics", "weights or buffers"),
        ("weights", "weights or buffers"),
        ("gradient", "the gradients"),
        ("hook", "the hooks"),
        ("images", "the batches"),
        ("infinite", "no finite float"),
        ("memory", "second score"),
        ("global", "global random state"),
        ("mode", "eval mode"),
    ],
)
def test_the_check_says_what_is_violated(sin: str, said: str) -> None:
    assert any(said in sentence for sentence in check_proxy(Sinner(sin), SOURCE))


def test_a_proxy_that_hides_its_needs_is_caught() -> None:
    class Hidden(Proxy):
        name = "hidden"
        summary = "reads labels and does not say so"
        needs = Needs(images=True)

        def score(self, specimen: Specimen) -> float:
            labels = specimen.batches[0].labels
            return float((labels * torch.arange(len(labels))).sum())

    assert any("`needs`" in sentence for sentence in check_proxy(Hidden(), SOURCE))


def test_names_lead_to_proxies_of_that_name() -> None:
    for name in proxy_names():
        assert make_proxy(name).name == name
    assert set(CLASSICAL) <= set(proxy_names())
    assert len(CLASSICAL) == 13


def test_an_unknown_name_names_near_matches() -> None:
    with pytest.raises(NasbenchError, match=r"unknown proxy 'synflo'.*'synflow'"):
        make_proxy("synflo")


def test_the_networks_are_those_of_the_trainings() -> None:
    from nasbench.networks import Skeleton
    from nasbench.networks.network import build_network
    from nasbench.training.initialisation import initialise

    space = make_space("cell201-mini")
    architecture = (3, 1, 2)
    network = build_network(space, architecture, Skeleton(2, 10, 10, 4, 4, 1))
    weights, _, _ = np.random.SeedSequence(1).spawn(3)
    initialise(network, np.random.default_rng(weights))
    specimen = SOURCE.specimen(architecture, 1)
    pairs = zip(network.parameters(), specimen.network.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_seconds_of_a_score_hold_what_it_shares_with_others() -> None:
    specimen = SOURCE.specimen((3, 1, 3), 0)
    first = specimen.timed(make_proxy("snip").score)
    second = specimen.timed(make_proxy("grad_norm").score)
    assert second[1] > 0.5 * first[1]  # although the gradients were there already
    alone = SOURCE.specimen((3, 1, 3), 0)
    assert alone.timed(make_proxy("grad_norm").score)[0] == second[0]


def test_too_few_images_are_said(digits) -> None:
    from surrogates.proxies.specimen import first_batches

    with pytest.raises(NasbenchError, match="has 100 training images"):
        first_batches(digits.cut(train=100), [0], 64)
    with pytest.raises(NasbenchError, match="at least 2 images, not 1"):
        first_batches(digits, [0], 1)
    with pytest.raises(NasbenchError, match="no batches of seed 7"):
        SOURCE.specimen((0, 0, 0), 7)
