"""The contract of a zero-cost proxy, as a check function and as a pytest class."""

from __future__ import annotations

import math
import pickle
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np

from nasbench.spaces import Architecture, SearchSpace
from nasbench.testing.violations import collect, expect_none

SEEDS = (0, 1)


class ScoringProxy(Protocol):
    """What is checked: a `surrogates.proxies.Proxy`.

    Attributes:
        name: Its name.
        needs: Says whether it reads ``images`` and ``labels``, and whether it is
            ``deterministic``.
    """

    name: Any
    needs: Any

    def score(self, specimen: Any) -> float:
        """Return the score of a specimen."""


class Source(Protocol):
    """What makes specimens: a `surrogates.proxies.specimen.SpecimenSource`."""

    @property
    def space(self) -> SearchSpace:
        """The space; a small one, since its first and last architectures are tried."""

    def specimen(self, architecture: Architecture, seed: int) -> Any:
        """Return a new specimen; seeds 0 and 1 are asked for."""


Subject: TypeAlias = tuple[ScoringProxy, Source]
ProxyCheck: TypeAlias = Callable[[Subject], Iterator[str]]


class ProxyContract:
    """What every proxy keeps to; inherit it, supply `proxy` and `source` fixtures.

    Example:
        ::

            class TestMyProxy(ProxyContract):
                @pytest.fixture
                def proxy(self):
                    return MyProxy()

                @pytest.fixture
                def source(self):
                    return example_source()
    """

    def test_scores_are_finite_numbers(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Score architectures with and without a path from input to output."""
        expect_none(finite_scores((proxy, source)))

    def test_scoring_twice_gives_the_same(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Score one specimen twice, and an equal one."""
        expect_none(same_twice((proxy, source)))

    def test_the_specimen_is_left_as_it_was(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Compare weights, buffers, modes, gradients, hooks and batches."""
        expect_none(specimen_unchanged((proxy, source)))

    def test_the_mode_that_the_network_is_in_does_not_matter(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Score in eval mode with frozen weights."""
        expect_none(any_mode((proxy, source)))

    def test_members_of_a_class_score_the_same(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Score two members of every class that is met."""
        expect_none(classes_alike((proxy, source)))

    def test_what_is_not_needed_has_no_effect(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Change images, labels and the seed."""
        expect_none(stated_needs((proxy, source)))

    def test_global_random_states_are_left_alone(
        self, proxy: ScoringProxy, source: Source
    ) -> None:
        """Look at the states of random, numpy and torch."""
        expect_none(global_states_alone((proxy, source)))


def check_proxy(proxy: ScoringProxy, source: Source) -> list[str]:
    """Return a sentence for everything in which a proxy breaks the contract.

    Args:
        proxy: The proxy.
        source: What makes specimens; `surrogates.proxies.examples.example_source`
            makes a small one.
    """
    return collect(PROXY_CHECKS, (proxy, source))


def finite_scores(subject: Subject) -> Iterator[str]:
    """Scores are finite numbers."""
    proxy, source = subject
    for architecture in _some(source.space):
        value = proxy.score(source.specimen(architecture, 0))
        if not (isinstance(value, float) and math.isfinite(value)):
            text = source.space.format(architecture)
            yield f"The score of {text} is {value!r}, no finite float."


def same_twice(subject: Subject) -> Iterator[str]:
    """Scoring twice gives the same."""
    proxy, source = subject
    architecture = _some(source.space)[-1]
    specimen = source.specimen(architecture, 0)
    first, second = proxy.score(specimen), proxy.score(specimen)
    if first != second:
        yield f"The second score of one specimen is {second!r}, the first {first!r}."
    equal = proxy.score(source.specimen(architecture, 0))
    if first != equal:
        yield f"An equal specimen scores {equal!r}, not {first!r}."


def specimen_unchanged(subject: Subject) -> Iterator[str]:
    """The specimen is left as it was."""
    proxy, source = subject
    for architecture in (_some(source.space)[0], _some(source.space)[-1]):
        specimen = source.specimen(architecture, 0)
        before = _facts(specimen)
        proxy.score(specimen)
        after = _facts(specimen)
        for fact, value in before.items():
            if after[fact] != value:
                yield f"Scoring changes {fact}."


def any_mode(subject: Subject) -> Iterator[str]:
    """The mode that the network is in does not matter."""
    proxy, source = subject
    architecture = _some(source.space)[-1]
    expected = proxy.score(source.specimen(architecture, 0))
    specimen = source.specimen(architecture, 0)
    specimen.network.eval().requires_grad_(False)
    found = proxy.score(specimen)
    if found != expected:
        yield f"In eval mode with frozen weights the score is {found}, not {expected}."
    if specimen.network.training:
        yield "A network in eval mode is left in train mode."


def classes_alike(subject: Subject) -> Iterator[str]:
    """Members of a class score the same."""
    proxy, source = subject
    space = source.space
    for architecture in _some(space):
        same = space.canonical(architecture)
        others = (other for other in space if space.canonical(other) == same)
        scores = {
            proxy.score(source.specimen(member, 0))
            for member, _ in zip(others, range(2), strict=False)
        }
        if len(scores) > 1:
            text = space.format(architecture)
            yield f"Members of the class of {text} score {sorted(scores)}."


def stated_needs(subject: Subject) -> Iterator[str]:
    """What is not needed has no effect."""
    proxy, source = subject
    architecture = _some(source.space)[-1]
    expected = proxy.score(source.specimen(architecture, 0))
    altered = source.specimen(architecture, 0)
    if not proxy.needs.labels:
        altered.batches = tuple(
            each._replace(labels=each.labels.flip(0)) for each in altered.batches
        )
    if not proxy.needs.images:
        altered.batches = tuple(
            each._replace(images=each.images * 2 + 1) for each in altered.batches
        )
    if proxy.score(altered) != expected:
        yield "Images or labels matter, and `needs` says that they do not."
    if proxy.needs.deterministic:
        other = proxy.score(source.specimen(architecture, 1))
        if other != expected:
            yield "The seed matters, and `needs` says that nothing is drawn."


def global_states_alone(subject: Subject) -> Iterator[str]:
    """Global random states are left alone."""
    proxy, source = subject
    specimen = source.specimen(_some(source.space)[-1], 0)
    before = _global_states()
    proxy.score(specimen)
    if _global_states() != before:
        yield "A global random state changed: draw from `specimen.rng`."


PROXY_CHECKS: tuple[ProxyCheck, ...] = (
    finite_scores,
    same_twice,
    specimen_unchanged,
    any_mode,
    classes_alike,
    stated_needs,
    global_states_alone,
)


def _some(space: SearchSpace) -> list[Architecture]:
    """Return architectures: the first of the space, some between, the last."""
    places = np.linspace(0, space.size - 1, 7).astype(int)
    return [space.architecture_at(int(place)) for place in places]


def _facts(specimen: Any) -> dict[str, Any]:
    network = specimen.network
    modules = list(network.modules())
    return {
        "weights or buffers": [
            (name, value.detach().numpy().tobytes())
            for name, value in network.state_dict().items()
        ],
        "the modules": [(id(module), type(module)) for module in modules],
        "the modes": [module.training for module in modules],
        "requires_grad": [weight.requires_grad for weight in network.parameters()],
        "the gradients": [weight.grad is None for weight in network.parameters()],
        "the hooks": [
            len(module._forward_hooks) + len(module._backward_hooks)
            for module in modules
        ],
        "the forward methods": ["forward" in vars(module) for module in modules],
        "the batches": [
            (each.images.numpy().tobytes(), each.labels.numpy().tobytes())
            for each in specimen.batches
        ],
        "the images' gradients": [
            (each.images.requires_grad, each.images.grad is None)
            for each in specimen.batches
        ],
    }


def _global_states() -> list[bytes]:
    states: list[Any] = [random.getstate(), np.random.get_state()]  # noqa: NPY002 - only looked at
    torch = sys.modules.get("torch")
    if torch is not None:
        states.append(torch.get_rng_state().numpy())
    return [pickle.dumps(state) for state in states]
