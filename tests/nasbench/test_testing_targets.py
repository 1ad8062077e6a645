"""The target contract holds for our simulated targets and finds every broken one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from nasbench.hardware.named import make_target, target_names
from nasbench.hardware.target import ModelledCost, Timing
from nasbench.networks import Skeleton
from nasbench.testing.targets import TargetContract, check_target

SIMULATED = [name for name in target_names() if name.startswith("sim-")]


class TestSimulatedTargets(TargetContract):
    @pytest.fixture(params=SIMULATED)
    def target(self, request):
        return make_target(request.param)


@pytest.mark.slow
class TestMeasuredTargets(TargetContract):
    @pytest.fixture(params=sorted(set(target_names()) - set(SIMULATED)))
    def target(self, request):
        target = make_target(request.param)
        if target.why_not() is not None:
            pytest.skip(target.why_not())
        return target


class Sound:
    """Ours, under another name."""

    name = "mine"
    kind = "simulated"

    def cost(self, space, architecture, skeleton: Skeleton):
        return make_target(SIMULATED[0]).cost(space, architecture, skeleton)


class Nameless(Sound):
    name = ""


class CallsItselfMeasured(Sound):
    kind = "measured"


class Negative(Sound):
    def cost(self, *given):
        return ModelledCost(-1.0, 0.0)


class Unknown(Sound):
    def cost(self, *given):
        return ModelledCost(float("nan"), 0.0)


class NegativeEnergy(Sound):
    def cost(self, *given):
        return replace(super().cost(*given), energy_mj=-1.0)


class Bare(Sound):
    def cost(self, *given):
        return 3.0


class CountsUp(Sound):
    asked = 0

    def cost(self, *given):
        self.asked += 1
        found = super().cost(*given)
        return replace(found, latency_ms=found.latency_ms + self.asked)


class CountsDeadEdges(Sound):
    def cost(self, space, architecture, skeleton):
        found = super().cost(space, architecture, skeleton)
        extra = sum(1 for option in architecture if option)
        return replace(found, latency_ms=found.latency_ms + extra)


class LikesWideNetworks(Sound):
    def cost(self, space, architecture, skeleton):
        found = super().cost(space, architecture, skeleton)
        return replace(found, latency_ms=found.latency_ms / skeleton.channels**4)


class LikesWork(Sound):
    def cost(self, space, architecture, skeleton):
        found = super().cost(space, architecture, skeleton)
        return replace(found, latency_ms=1 / (1 + found.latency_ms))


class TakesAnything(Sound):
    def cost(self, space, architecture, skeleton):
        if space.name == "cell201-mini":
            return super().cost(space, architecture, skeleton)
        return ModelledCost(1.0, 0.0)


class CrashesOnOtherSpaces(Sound):
    def cost(self, space, architecture, skeleton):
        if space.name != "cell201-mini":
            raise KeyError(space.name)
        return super().cost(space, architecture, skeleton)


class DrawsGlobally(Sound):
    def cost(self, *given):
        random.random()
        return super().cost(*given)


class Measured:
    """A measured target that cannot work anywhere."""

    name, kind, clock, tolerance = "far", "measured", "wall", 0.01

    def why_not(self):
        return "it is far away"

    def conditions(self):
        return {"batch": "1"}

    def prepare(self, specimen):
        raise AssertionError("it cannot work here")


class WorksHere(Measured):
    deviation = 0.0
    timing = Timing(1.0, 1.0, 0.9, 1.2, 0.8)

    def why_not(self):
        return None

    def prepare(self, specimen):
        return self

    def time_visit(self, warm_up, runs):
        return self.timing


class OutOfOrder(WorksHere):
    timing = Timing(1.0, 1.0, 1.1, 1.2, 0.8)


class TakesNoTime(WorksHere):
    timing = Timing(0.0, 0.0, 0.0, 0.0, 0.0)


class Deviates(WorksHere):
    deviation = 0.5


class NoClock(Measured):
    clock = "sundial"


class Tolerates(Measured):
    tolerance = 2.0


class NumbersAsConditions(Measured):
    def conditions(self):
        return {"batch": 1}


class NoSentence(Measured):
    def why_not(self):
        return True


BROKEN = {
    Nameless: "The name is '', no text.",
    CallsItselfMeasured: "The kind is 'measured', and its methods are of a simulated",
    Negative: "is -1.0 ms.",
    Unknown: "is nan ms.",
    NegativeEnergy: "is -1.0 mJ; NaN is for unknown.",
    Bare: "is 3.0, no ModelledCost.",
    CountsUp: "the second time.",
    CountsDeadEdges: "are one function and cost",
    LikesWideNetworks: "with four times the channels",
    LikesWork: "less than a dead cell",
    TakesAnything: "which has no network, costs ModelledCost",
    CrashesOnOtherSpaces: "refused with a NasbenchError. Instead, KeyError",
    DrawsGlobally: "The global random state of random changed.",
    OutOfOrder: "The quantiles are out of order",
    TakesNoTime: "The latency is 0.0 ms.",
    Deviates: "The outputs deviate by 0.5, the tolerance is 0.01",
    NoClock: "The clock is 'sundial'",
    Tolerates: "The tolerance is 2.0, not in (0, 1.0].",
    NumbersAsConditions: "not the same texts at every call",
    NoSentence: "why_not is True, neither None nor a sentence.",
}


@pytest.mark.parametrize("sound", [Sound, Measured, WorksHere])
def test_a_sound_target_breaks_nothing(sound):
    assert check_target(sound()) == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_target_is_found_and_told_why(broken):
    assert any(BROKEN[broken] in sentence for sentence in check_target(broken()))


def test_what_is_no_target_at_all_is_said():
    class Nothing:
        name, kind = "nothing", "simulated"

    assert "neither `cost`" in check_target(Nothing())[0]
