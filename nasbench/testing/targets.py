"""The contract of a latency target, as a check function and as a pytest class."""

from __future__ import annotations

import math
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import TypeAlias

from nasbench.errors import NasbenchError
from nasbench.hardware.target import (
    MeasuredTarget,
    ModelledCost,
    SimulatedTarget,
    Target,
)
from nasbench.networks import Skeleton
from nasbench.spaces import Architecture, SearchSpace, make_space
from nasbench.testing.shared_generators import shared_generators
from nasbench.testing.toy_spaces import ToySpace
from nasbench.testing.violations import collect, expect_none

TargetCheck: TypeAlias = Callable[[Target], Iterator[str]]

SPACE = "cell201-mini"
SKELETON = Skeleton(3, 16, 16, 10, 8, 2)
DEAD: Architecture = (0, 0, 0)
"""Nothing but the stem, the reductions and the classifier."""

TOLERANCE = 1.0
"""Beyond this deviation from torch, as a share of the largest output, it is another
network; int8 of untrained networks needs three quarters of it."""


class TargetContract:
    """What every target keeps to; inherit it and supply the fixture `target`.

    A measured target that cannot work here is held to what it says of itself.

    Example:
        ::

            class TestMyTarget(TargetContract):
                @pytest.fixture
                def target(self):
                    return MyTarget("my-target")
    """

    def test_it_says_what_it_is(self, target: Target) -> None:
        """Look at its name, its kind, and at what a measured one adds."""
        expect_none(says_what_it_is(target))

    def test_costs_are_finite_and_not_negative(self, target: Target) -> None:
        """Ask for every architecture of a small space."""
        expect_none(finite_costs(target))

    def test_asking_twice_gives_the_same(self, target: Target) -> None:
        """Ask in another order, and ask a pickled copy."""
        expect_none(same_twice(target))

    def test_equal_functions_cost_the_same(self, target: Target) -> None:
        """Compare the members of every class."""
        expect_none(classes_alike(target))

    def test_more_work_is_no_cheaper(self, target: Target) -> None:
        """Compare with wider networks, larger images, and dead networks."""
        expect_none(more_costs_more(target))

    def test_unknown_spaces_are_refused(self, target: Target) -> None:
        """Ask for an architecture of a space that no target knows."""
        expect_none(refusals(target))

    def test_global_random_states_are_left_alone(self, target: Target) -> None:
        """Look at the states of random, numpy and torch."""
        expect_none(global_states_alone(target))

    def test_what_is_measured_makes_sense(self, target: Target) -> None:
        """Time one network, where the target can work here."""
        expect_none(measured_times(target))


def check_target(target: Target) -> list[str]:
    """Return a sentence for everything in which a target breaks the contract."""
    return collect(TARGET_CHECKS, target)


def says_what_it_is(target: Target) -> Iterator[str]:
    """A target says what it is."""
    if not isinstance(target.name, str) or not target.name.strip():
        yield f"The name is {target.name!r}, no text."
    if not isinstance(target, MeasuredTarget | SimulatedTarget):
        yield "It has neither `cost`, as simulated targets, nor `prepare`."
        return
    kind = "measured" if isinstance(target, MeasuredTarget) else "simulated"
    if target.kind != kind:
        yield f"The kind is {target.kind!r}, and its methods are of a {kind} target."
    if not isinstance(target, MeasuredTarget):
        return
    if target.clock not in ("cpu", "wall"):
        yield f"The clock is {target.clock!r}, neither 'cpu' nor 'wall'."
    if not 0 < target.tolerance <= TOLERANCE:
        yield f"The tolerance is {target.tolerance}, not in (0, {TOLERANCE}]."
    conditions = target.conditions()
    texts = isinstance(conditions, Mapping) and all(
        isinstance(part, str) for pair in conditions.items() for part in pair
    )
    if not texts or dict(target.conditions()) != dict(conditions):
        yield f"The conditions are {conditions!r}, not the same texts at every call."
    reason = target.why_not()
    if reason is not None and (not isinstance(reason, str) or not reason.strip()):
        yield f"why_not is {reason!r}, neither None nor a sentence."


def finite_costs(target: Target) -> Iterator[str]:
    """Costs are finite and not negative."""
    if not isinstance(target, SimulatedTarget):
        return
    space = make_space(SPACE)
    for architecture in space:
        found = target.cost(space, architecture, SKELETON)
        text = space.format(architecture)
        if not isinstance(found, ModelledCost):
            yield f"The cost of {text} is {found!r}, no ModelledCost."
            return
        # A dead cell is a constant, which nothing needs to compute.
        if not (math.isfinite(found.latency_ms) and found.latency_ms >= 0):
            yield f"The latency of {text} is {found.latency_ms} ms."
        if found.energy_mj < 0 or math.isinf(found.energy_mj):
            yield f"The energy of {text} is {found.energy_mj} mJ; NaN is for unknown."


def same_twice(target: Target) -> Iterator[str]:
    """Asking twice gives the same."""
    if not isinstance(target, SimulatedTarget):
        return
    space = make_space(SPACE)
    copied = pickle.loads(pickle.dumps(target))
    expected = {each: _cost(target, space, each) for each in space}
    for architecture in reversed(list(space)):
        for who, asked in (("the second time", target), ("of a pickled copy", copied)):
            found = _cost(asked, space, architecture)
            if not _equal(found, expected[architecture]):
                text = space.format(architecture)
                yield f"{text} costs {expected[architecture]}, and {found} {who}."
                return


def classes_alike(target: Target) -> Iterator[str]:
    """Members of a class cost the same."""
    if not isinstance(target, SimulatedTarget):
        return
    space = make_space(SPACE)
    first: dict[object, Architecture] = {}
    for architecture in space:
        member = first.setdefault(space.canonical(architecture), architecture)
        one, other = (_cost(target, space, each) for each in (member, architecture))
        if not _equal(one, other):
            yield (
                f"{space.format(member)} and {space.format(architecture)} are one "
                f"function and cost {one} and {other}: build the pruned network."
            )
            return


def more_costs_more(target: Target) -> Iterator[str]:
    """More work is no cheaper."""
    if not isinstance(target, SimulatedTarget):
        return
    space = make_space(SPACE)
    dead = _cost(target, space, DEAD)[0]
    larger = {
        "four times the channels": replace(SKELETON, channels=4 * SKELETON.channels),
        "twice the image's height and width": replace(
            SKELETON, height=2 * SKELETON.height, width=2 * SKELETON.width
        ),
    }
    for architecture in space:
        text = space.format(architecture)
        latency = _cost(target, space, architecture)[0]
        if latency < dead:
            yield f"{text} takes {latency} ms, less than a dead cell: {dead} ms."
            return
        for what, skeleton in larger.items():
            longer = _cost(target, space, architecture, skeleton)[0]
            if longer < latency:
                yield f"{text} takes {latency} ms, and with {what} {longer} ms."
                return


def refusals(target: Target) -> Iterator[str]:
    """Unknown spaces are refused with a NasbenchError."""
    if not isinstance(target, SimulatedTarget):
        return
    space = ToySpace((2, 3))
    try:
        found = target.cost(space, (0, 1), SKELETON)
    except NasbenchError:
        return
    yield f"An architecture of {space.name}, which has no network, costs {found}."


def global_states_alone(target: Target) -> Iterator[str]:
    """Global random states are left alone."""
    if not isinstance(target, SimulatedTarget):
        return
    space = make_space(SPACE)
    for watched in shared_generators():
        before = pickle.dumps(watched.get_state())
        target.cost(space, (1, 2, 3), SKELETON)
        if pickle.dumps(watched.get_state()) != before:
            yield f"The global random state of {watched.library} changed."


def measured_times(target: Target) -> Iterator[str]:
    """What is measured makes sense."""
    if not isinstance(target, MeasuredTarget) or target.why_not() is not None:
        return
    from nasbench.hardware.specimen import Specimen, noise_images

    space = make_space(SPACE)
    with tempfile.TemporaryDirectory() as folder:
        specimen = Specimen(
            space, (1, 2, 3), SKELETON, noise_images(SKELETON), Path(folder)
        )
        prepared = target.prepare(specimen)
        if not 0 <= prepared.deviation <= target.tolerance:
            yield (
                f"The outputs deviate by {prepared.deviation}, the tolerance is "
                f"{target.tolerance}: refuse the network with a RejectedError."
            )
        timing = prepared.time_visit(1, 5)
    latency = timing.latency_ms(target.clock)
    if not (math.isfinite(latency) and latency > 0):
        yield f"The latency is {latency} ms."
    if not timing.min_ms <= timing.p10_ms <= latency <= timing.p90_ms:
        yield f"The quantiles are out of order: {timing}."


TARGET_CHECKS: tuple[TargetCheck, ...] = (
    says_what_it_is,
    finite_costs,
    same_twice,
    classes_alike,
    more_costs_more,
    refusals,
    global_states_alone,
    measured_times,
)


def _cost(
    target: SimulatedTarget,
    space: SearchSpace,
    architecture: Architecture,
    skeleton: Skeleton = SKELETON,
) -> tuple[float, ...]:
    """Return latency in ms and energy in mJ."""
    return astuple(target.cost(space, architecture, skeleton))


def _equal(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Compare costs; unknown energies are equal."""
    pairs = zip(one, other, strict=True)
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in pairs)
